"""kill -9 at random moments under load: nothing answered is lost, nothing is doubled, every answer stays the same."""

from __future__ import annotations

import random
import shutil
import subprocess
import time

from support.audit import Audit
from support.cashier import ROUTES
from support.check import check, equal, equal_maps
from support.crowd import Crowd
from support.http_client import Api
from support.journal import Journal
from support.log_fold import LogFold
from support.program import Till
from support.shop import Shop, decimal_of, e5_of, make_shop, ring_up, send_all
from support.stream import check_stream
from support.totals import check_dashboards, check_reports
from support.world import World

TENANT = "acme"
ROUNDS, ROUNDS_FULL = 10, 200
PACE_FULL_S = 0.04  # keeps the log of a long run small enough to audit
LOAD_S = (0.3, 1.5)
VIEWS = ("read_cache", "reporting")
REPLAYS_MOST = 300


def kill_round(till: Till, crowd: Crowd, draw: random.Random, rebuild: str) -> None:
    """Load, a rebuild where one is named, SIGKILL, start."""
    crowd.open()
    pause = draw.uniform(*LOAD_S)
    job: subprocess.Popen[bytes] | None = None
    if rebuild:
        time.sleep(pause * 0.5)
        job = till.launch("views", "rebuild", rebuild)
        pause *= 0.7
    time.sleep(pause)
    check(till.running, f"the server ended by itself: {till.tail()}")
    crowd.check_alive()
    till.kill()
    crowd.close()
    if job:
        job.wait(60)
    till.start()


def check_stock(api: Api, shop: Shop, log: LogFold, at_least: str) -> None:
    for store in shop.stores:
        answer = api.get("/v1/inventory/availability", at_least, store_id=store.id, sku=[p.sku for p in shop.products])
        equal(answer.status, 200, f"availability ({answer})")
        equal_maps({item["sku"]: item["on_hand"] for item in answer.json["items"]},
                   {p.sku: decimal_of(log.stock[TENANT, store.id, p.sku]) for p in shop.products},
                   f"availability in {store.id}")


def check_replays(api: Api, journal: Journal, draw: random.Random) -> None:
    """Old keys get their first answers, byte for byte."""
    entries = [entry for entry in journal.entries if any(a.raw is not None for a in entry.accepted)]
    for entry in draw.sample(entries, min(len(entries), REPLAYS_MOST)):
        command = entry.command
        answer = api.request("POST", ROUTES[command.name](command.body), command.body, {"Idempotency-Key": command.key})
        first = next(attempt.raw for attempt in entry.accepted if attempt.raw is not None)
        equal((answer.status, answer.body), (201, first), f"replay of {command}")
        check(answer.replayed or entry.again_of, f"not called a replay: {command}")


def check_rules(api: Api, shop: Shop, log: LogFold) -> None:
    """The books behind the rules: each terminal's next sequence, and a sale of more than there is in DENY stores."""
    for store in shop.stores:
        for terminal in store.terminals:
            changes = log.sequence_changes[TENANT, terminal]
            expected = (changes[-1].value if changes else 0) + 1
            body = ring_up(f"probe-{terminal}", store, terminal, expected + 5, [(shop.products[0], 1)])
            answer = api.request("POST", "/v1/sales", body, {"Idempotency-Key": body["sale_id"]})
            equal((answer.json["code"], answer.json.get("expected")), ("TERMINAL_SEQUENCE_GAP", expected),
                  f"sequence of {terminal}")
            if store.policy == "DENY":
                product = shop.products[0]
                too_much = e5_of(decimal_of(log.stock[TENANT, store.id, product.sku])) // 100_000 + 1
                body = ring_up(f"probe-{terminal}", store, terminal, expected, [(product, too_much)])
                answer = api.request("POST", "/v1/sales", body, {"Idempotency-Key": body["sale_id"]})
                equal(answer.json.get("code"), "INSUFFICIENT_STOCK", f"{too_much} of {product.sku} in {store.id}")


def test_kill_9_under_load(world: World) -> None:
    """Also row 8 of section 5.3 of the catalogue: what was answered is durable before anything follows from it."""
    draw = world.draw()
    database, nats = world.mariadb(), world.nats()
    till = world.till(database.services() + nats.services())
    till.start()
    key = till.add_tenant(TENANT)
    reader = till.add_key(TENANT, "reporting")
    shop = make_shop(allow_stores=2, deny_stores=2, terminals=2, products=12, opening_units=60)
    setup = Api(till.url, key)
    send_all(setup, shop.setup())
    setup.close()

    crowd = Crowd(till, shop, key, draw, PACE_FULL_S if world.full else 0.0)
    log = LogFold()
    rounds = ROUNDS_FULL if world.full else ROUNDS
    for number in range(rounds):
        rebuild = VIEWS[number // 3 % 2] if number % 3 == 2 else ""
        kill_round(till, crowd, draw, rebuild)
        log.extend(till.records(log.head + 1))
    crowd.open()
    time.sleep(LOAD_S[0])
    crowd.finish()

    whole = LogFold()
    whole.extend(till.records())
    equal(whole.records[:log.head], log.records, "records that were seen before a later crash")
    audit = Audit(crowd.journal, whole, TENANT)
    audit.run()
    lost = sum(entry.unanswered for entry in crowd.journal.entries)
    world.note(f"{rounds} kills, {whole.head} records, {lost} answers lost; " + ", ".join(
        f"{count} {code}" for code, count in audit.codes.most_common()))

    till.verify(*VIEWS)
    till.wait_caught_up("relay")
    check_stream(nats.url, whole)
    head = till.ask("log", "head")["position"]
    check_answers(till, key, reader, shop, crowd, whole, head, draw)

    till.stop()
    shutil.rmtree(till.data / "books")
    till.start()
    equal(till.ask("log", "head")["position"], head, "head after the books were folded anew")
    check_answers(till, key, reader, shop, crowd, whole, head, draw)
    till.kill()
    shutil.rmtree(till.data / "books")
    till.start()
    check_answers(till, key, reader, shop, crowd, whole, head, draw)
    till.verify(*VIEWS)


def check_answers(till: Till, key: str, reader: str, shop: Shop, crowd: Crowd, log: LogFold, head: str,
                  draw: random.Random) -> None:
    api, reports = Api(till.url, key), Api(till.url, reader)
    check_stock(api, shop, log, head)
    check_replays(api, crowd.journal, draw)
    check_rules(api, shop, log)
    check_dashboards(reports, log.totals[TENANT], head)
    check_reports(reports, log.totals[TENANT], head)
    equal(till.ask("log", "head")["position"], head, "nothing of this was recorded")
    api.close()
    reports.close()
