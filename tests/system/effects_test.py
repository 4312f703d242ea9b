"""What is done outside for accepted transactions: never lost, never doubled, whatever is killed."""

from __future__ import annotations

import json
import random
import re
import threading
import time
from collections import Counter
from typing import Any, Protocol

from support.check import check, equal, eventually
from support.exports import exported_rows
from support.hooks import Hooks, Told
from support.http_client import Api, Unanswered
from support.program import Till
from support.shop import Command, make_sales, make_shop, money, send_all
from support.world import World

TENANT = "acme"
DELIVERY_TIMEOUT_S = 180.0
SALES, SALES_FULL = 1_500, 20_000
BATCH = 25
KILLS, KILLS_FULL = 12, 60
# Deliveries that the effect may have in flight when it is killed.
IN_FLIGHT_MOST = 32


Settings = dict[str, dict[str, Any]]


def configure(till: Till, sections: Settings) -> None:
    """The default file has all sections already, with nothing in them."""
    path = till.data / "till.toml"
    text = path.read_text()
    for section, values in sections.items():
        lines = "".join(f"{name} = {json.dumps(value)}\n" for name, value in values.items())
        text = re.sub(rf"^\[{section}\][^\n]*\n", f"[{section}]\n{lines}", text, count=1, flags=re.M)
    path.write_text(text)


class Desk:
    """A trading shop whose server may be killed."""

    def __init__(self, world: World, services: str, more: Settings | None = None, **effects: Any) -> None:
        self.till = world.till(services)
        configure(self.till, {"effects": {"allow_private_addresses": True} | effects} | (more or {}))
        self.till.start()
        self.key = self.till.add_tenant(TENANT)
        self.shop = make_shop(allow_stores=1, deny_stores=0, terminals=1, products=4, opening_units=100)
        send_all(self.api(), self.shop.setup())
        self.sequences: dict[str, int] = {}

    def api(self) -> Api:
        return Api(self.till.url, self.key)

    def register(self, url: str, *events: str) -> dict[str, Any]:
        answer = self.api().request("POST", "/v1/webhook-endpoints", {"url": url, "events": list(events)},
                                    {"Idempotency-Key": f"register {url} {events}"})
        equal(answer.status, 201, f"an endpoint is registered ({answer})")
        return dict(answer.json)

    def command(self, path: str, body: dict[str, Any], key: str, method: str = "POST") -> Any:
        answer = self.api().request(method, path, body, {"Idempotency-Key": key})
        equal(answer.status, 201, f"{method} {path} ({answer})")
        return answer.json

    def sell(self, draw: random.Random, count: int) -> list[str]:
        sales = make_sales(self.shop, draw, count, sequences=self.sequences)
        send_all(self.api(), sales)
        return [sale.key for sale in sales]

    def send_whatever_happens(self, sales: list[Command]) -> None:
        """A batch is sent again until it was answered, to whichever server runs by then."""
        for first in range(0, len(sales), BATCH):
            part = sales[first:first + BATCH]
            while True:
                try:
                    send_all(self.api(), part)
                    break
                except (Unanswered, OSError):
                    time.sleep(0.05)

    def effect(self, name: str = "webhooks") -> dict[str, Any]:
        return next(dict(one) for one in self.till.ask("effects", "list") if one["effect"] == name)


def told_sales(told: list[Told]) -> Counter[str]:
    return Counter(one.json["data"]["stream"]["id"] for one in told if one.json["type"] == "SaleCompleted")


def check_once(hooks: Hooks, path: str, sales: list[str], secret: str) -> int:
    """Every sale under one id, signed; the number of raw repeats."""
    eventually(lambda: len(told_sales(hooks.told(path))) >= len(sales), DELIVERY_TIMEOUT_S,
               f"{len(sales)} sales are told to {path}", every_s=0.5)
    told = hooks.told(path)
    by_sale: dict[str, set[str]] = {}
    for one in told:
        check(one.is_signed_with(secret), f"{one} is signed")
        by_sale.setdefault(one.json["data"]["stream"]["id"], set()).add(one.id)
    equal(sorted(by_sale), sorted(sales), f"sales that {path} was told")
    twice = [sale for sale, ids in by_sale.items() if len(ids) != 1]
    equal(twice, [], "sales under two ids")
    return len(told) - len(sales)


class Victim(Protocol):
    def kill(self) -> None: ...
    def start(self) -> None: ...


def kill_at_random(world: World, victims: dict[str, Victim], kills: int, over: threading.Event) -> Counter[str]:
    """Kills one of them, waits, starts it again, until the work is over; the main thread's, since it starts children."""
    draw = world.draw("kills")
    killed: Counter[str] = Counter()
    next_ones: list[str] = []
    while sum(killed.values()) < kills or not over.is_set():
        # Each of them in every round.
        next_ones = next_ones or draw.sample(sorted(victims), len(victims))
        name = next_ones.pop()
        killed[name] += 1
        victims[name].kill()
        time.sleep(draw.uniform(0.0, 0.5))
        victims[name].start()
        time.sleep(draw.uniform(0.1, 0.8))
    return killed


def settle(desk: Desk, name: str) -> int:
    """All was tried; what a receiver that was away has made dead letters of is redriven. How many those were."""
    redriven = 0
    while True:
        eventually(lambda: desk.effect(name)["lag"] == 0 and desk.effect(name)["waiting"] == 0, DELIVERY_TIMEOUT_S,
                   f"{name} has tried all", every_s=0.5)
        letters = desk.till.ask("dead-letters", "redrive", "--effect", name, "--reason", "it is back")["deliveries"]
        if letters == 0:
            return redriven
        redriven += int(letters)


def test_mails_webhooks_and_exports_arrive_once_whatever_is_killed(world: World) -> None:
    nats, hooks, mails = world.nats(), world.hooks(), world.mail_server()
    exports = world.folder / "exports"
    exports.mkdir()
    desk = Desk(world, nats.services(), {
        "mail": {"url": mails.url, "from": "shop@till.example", "starttls": "none"},
        "export": {"directory": str(exports), "interval_seconds": 1}}, time_scale=0.0001)
    endpoint = desk.register(f"{hooks.url}/sales", "SaleCompleted")
    desk.command("/v1/customers", {"customer_id": "ann", "name": "Ann", "email": "ann@home.example",
                                   "receipts_by_mail": True}, "ann")
    sales = make_sales(desk.shop, world.draw("sales"), SALES_FULL if world.full else SALES)
    for sale in sales:
        sale.body["customer_id"] = "ann"
    over = threading.Event()

    def sell() -> None:
        desk.send_whatever_happens(sales)
        over.set()

    seller = threading.Thread(target=sell)
    seller.start()
    victims: dict[str, Victim] = {"nats": nats, "hooks": hooks, "mail": mails, "till": desk.till}
    killed = kill_at_random(world, victims, KILLS_FULL if world.full else KILLS, over)
    seller.join()
    redriven = {name: settle(desk, name) for name in ("webhooks", "receipts")}
    keys = [sale.key for sale in sales]
    hook_repeats = check_once(hooks, "/sales", keys, endpoint["secret"])
    eventually(lambda: len({mail["message_id"] for mail in mails.taken()}) >= len(sales), DELIVERY_TIMEOUT_S,
               "a mail a sale", every_s=0.5)
    taken = mails.taken()
    equal(len({mail["message_id"] for mail in taken}), len(sales), "mails by their id")
    equal({address for mail in taken for address in mail["rcpt"]}, {"ann@home.example"}, "who got mails")
    mail_repeats = len(taken) - len(sales)
    position = desk.till.ask("log", "head")["position"]
    eventually(lambda: desk.till.ask("export", "verify")["position"] == position, DELIVERY_TIMEOUT_S,
               "everything is exported", every_s=0.5)
    rows = exported_rows(exports)
    equal(len({row["id"] for row in rows}), len(rows), "rows of the export by their id")
    equal(sorted(row["stream_id"] for row in rows if row["event"] == "SaleCompleted"), sorted(keys), "exported sales")
    world.note(f"{len(sales)} sales, killed {dict(killed)}, redriven {redriven}, repeats: {hook_repeats} webhooks, "
               f"{mail_repeats} mails, 0 rows")
    bound = sum(killed.values()) * IN_FLIGHT_MOST
    check(hook_repeats <= bound and mail_repeats <= bound, f"{hook_repeats} and {mail_repeats} repeats, bound {bound}")


def test_webhooks_arrive_once_when_jetstream_is_deleted(world: World) -> None:
    nats = world.nats()
    hooks = world.hooks()
    desk = Desk(world, nats.services(), time_scale=0.001)
    endpoint = desk.register(f"{hooks.url}/sales", "SaleCompleted")
    draw = world.draw()
    hooks.behave("/sales", delay_s=0.01)
    sales = desk.sell(draw, 300)
    eventually(lambda: len(hooks.told("/sales")) > 50, DELIVERY_TIMEOUT_S, "deliveries are under way")
    nats.kill()
    nats.wipe()
    sales += desk.sell(draw, 300)
    nats.start()
    sales += desk.sell(draw, 100)
    repeats = check_once(hooks, "/sales", sales, endpoint["secret"])
    equal(repeats, 0, "repeats, since till itself did not die")


def test_a_failing_receiver_holds_nobody_up_and_gets_all_in_order_when_it_is_mended(world: World) -> None:
    nats = world.nats()
    hooks = world.hooks()
    desk = Desk(world, nats.services(), time_scale=0.000001)
    good = desk.register(f"{hooks.url}/good", "SaleCompleted")
    bad = desk.register(f"{hooks.url}/bad", "SaleCompleted")
    hooks.behave("/bad", status=500)
    sales = desk.sell(world.draw(), 60)
    equal(check_once(hooks, "/good", sales, good["secret"]), 0, "repeats at the good receiver")
    eventually(lambda: desk.effect()["dead"] == len(sales), DELIVERY_TIMEOUT_S, "the others are dead letters")
    listed = desk.till.run("dead-letters", "list", "--effect", "webhooks", "--target", bad["id"])
    equal(len(listed.output.splitlines()), len(sales), "dead letters in the list")
    check("HTTP status 500" in listed.output, "a dead letter says why")
    admin = Api(desk.till.url, desk.till.add_key(TENANT, "admin"))
    shown = admin.get("/v1/dead-letters", limit="7").json
    equal((len(shown["dead_letters"]), shown["has_more"]), (7, True), "dead letters of the tenant")
    letter = shown["dead_letters"][0]
    equal((letter["attempts"], letter["target"]), (10, bad["id"]), "the first dead letter")
    desk.till.ask("tenant", "add", "other")
    other = Api(desk.till.url, desk.till.add_key("other", "admin"))
    equal(other.get("/v1/dead-letters").json["dead_letters"], [], "dead letters of another tenant")
    equal(other.get(f"/v1/dead-letters/{letter['dead_letter_id']}").status, 404, "one of another tenant")
    equal(admin.get(f"/v1/dead-letters/{letter['dead_letter_id']}").json["event_id"], letter["event_id"], "one of its own")
    dry = desk.till.ask("dead-letters", "redrive", "--target", bad["id"], "--dry-run")
    equal(dry["deliveries"], len(sales), "what a dry run would redrive")
    hooks.behave("/bad", status=200)
    desk.till.ask("dead-letters", "redrive", "--target", bad["id"], "--rate", "1000", "--reason", "mended")
    equal(check_once(hooks, "/bad", sales, bad["secret"]), 0, "repeats at the mended receiver")
    equal([one.json["data"]["stream"]["id"] for one in hooks.told("/bad")], sales, "order at the mended receiver")
    tried = desk.api().get(f"/v1/webhook-endpoints/{bad['id']}/deliveries", limit="200").json["deliveries"]
    equal(tried[0]["outcome"], "DONE", "the latest attempt")
    again = hooks.told("/bad")[3]
    desk.command(f"/v1/webhook-endpoints/{bad['id']}/resend", {"event_id": again.id}, "resend")
    eventually(lambda: len(hooks.told("/bad")) == len(sales) + 1, DELIVERY_TIMEOUT_S, "an event is sent once more")
    equal(hooks.told("/bad")[-1].id, again.id, "its id")


def test_a_receiver_that_is_gone_is_disabled(world: World) -> None:
    nats = world.nats()
    hooks = world.hooks()
    desk = Desk(world, nats.services(), time_scale=0.000001)
    endpoint = desk.register(f"{hooks.url}/gone", "SaleCompleted")
    hooks.behave("/gone", status=410)
    desk.sell(world.draw(), 1)

    def state() -> dict[str, Any]:
        head = desk.till.ask("log", "head")["position"]
        return dict(desk.api().get("/v1/webhook-endpoints", head).json["endpoints"][0])

    eventually(lambda: not state()["enabled"], DELIVERY_TIMEOUT_S, "the endpoint is disabled")
    check("410" in state()["disabled_reason"], "the endpoint says why")
    equal(state()["id"], endpoint["id"], "the endpoint")


def test_replay_sends_what_is_missing(world: World) -> None:
    nats = world.nats()
    hooks = world.hooks()
    desk = Desk(world, "", time_scale=0.001)
    endpoint = desk.register(f"{hooks.url}/sales", "SaleCompleted")
    before = desk.sell(world.draw(), 40)
    desk.till.stop()
    desk.till.use_services(nats.services())
    desk.till.start()
    after = desk.sell(world.draw("after"), 20)
    equal(check_once(hooks, "/sales", after, endpoint["secret"]), 0, "repeats")
    dry = desk.till.ask("effects", "replay", "webhooks", "--from", "1", "--dry-run")
    equal((dry["deliveries"], dry["known"]), (len(before), len(after)), "what a dry run would send")
    equal(len(dry["examples"]), len(before), "what it names")
    told = desk.till.ask("effects", "replay", "webhooks", "--from", "1", "--reason", "the stream came later")
    equal(told["deliveries"], len(before), "what is sent")
    equal(check_once(hooks, "/sales", before + after, endpoint["secret"]), 0, "repeats")
    done = desk.till.ask("effects", "replay", "webhooks", "--from", "1", "--reason", "once more")
    equal(done["deliveries"], 0, "what is missing after it")
    whole = desk.till.ask("effects", "replay", "webhooks", "--from", "1", "--ignore-ledger", "--dry-run")
    equal(whole["deliveries"], len(before) + len(after), "what there is in all")


def test_a_paused_effect_waits(world: World) -> None:
    nats = world.nats()
    hooks = world.hooks()
    desk = Desk(world, nats.services(), time_scale=0.001)
    endpoint = desk.register(f"{hooks.url}/sales", "SaleCompleted")
    desk.till.ask("effects", "pause", "webhooks", "--reason", "a test")
    eventually(lambda: desk.effect()["state"] == "paused", DELIVERY_TIMEOUT_S, "the effect is paused")
    sales = desk.sell(world.draw(), 10)
    desk.till.kill()
    desk.till.start()
    time.sleep(1)
    equal(hooks.told("/sales"), [], "what a paused effect sends")
    desk.till.ask("effects", "resume", "webhooks", "--reason", "the test is over")
    check_once(hooks, "/sales", sales, endpoint["secret"])
    actions = [record for record in desk.till.records() if record.get("tenant") == "_server"]
    equal(len(actions), 2, "actions in the log")


def test_an_erased_person_gets_no_mail(world: World) -> None:
    nats, mails = world.nats(), world.mail_server()
    desk = Desk(world, nats.services(), {"mail": {"url": mails.url, "from": "shop@till.example", "starttls": "none"}})
    for name in ("ann", "bob"):
        desk.command("/v1/customers", {"customer_id": name, "name": name, "email": f"{name}@home.example",
                                       "receipts_by_mail": True}, name)
    desk.till.ask("effects", "pause", "receipts", "--reason", "the erasure comes first")
    sales = make_sales(desk.shop, world.draw(), 2)
    for sale, customer in zip(sales, ("ann", "bob"), strict=True):
        sale.body["customer_id"] = customer
    send_all(desk.api(), sales)
    desk.command("/v1/customers/ann/erase", {"legal_basis": "CONSENT_WITHDRAWN"}, "erase")
    desk.till.ask("effects", "resume", "receipts", "--reason", "it is done")
    eventually(lambda: desk.effect("receipts")["lag"] == 0, DELIVERY_TIMEOUT_S, "receipts are sent")
    equal([mail["rcpt"] for mail in mails.taken()], [["bob@home.example"]], "who got a mail")
    equal(desk.effect("receipts")["erased"], 1, "mails that ended as erased")


def test_workers_share_the_work(world: World) -> None:
    nats, hooks = world.nats(), world.hooks()
    desk = Desk(world, nats.services(), run_here=False)
    endpoint = desk.register(f"{hooks.url}/sales", "SaleCompleted")
    hooks.behave("/sales", delay_s=0.02)
    workers = [desk.till.worker("effects", "run", "--only", "webhooks") for _ in range(2)]
    sales = desk.sell(world.draw(), 200)
    eventually(lambda: len(hooks.told("/sales")) > 50, DELIVERY_TIMEOUT_S, "workers deliver")
    workers[0].kill()
    workers[0].wait(60)
    repeats = check_once(hooks, "/sales", sales, endpoint["secret"])
    check(repeats <= IN_FLIGHT_MOST, f"{repeats} repeats after one worker was killed")
    workers[1].terminate()
    equal(workers[1].wait(60), 0, "exit status of a worker that is stopped")


def test_the_card_gateway_captures_once_whatever_it_does(world: World) -> None:
    nats, gateway = world.nats(), world.card_gateway()
    desk = Desk(world, nats.services(), {"gateway": {"url": gateway.url}}, time_scale=0.01)
    desk.command("/v1/stores/store-1/policy", {
        "stock": "ALLOW_NEGATIVE", "time_zone": "UTC", "business_day_cutoff_hour": 0, "card_gateway": "GATEWAY"},
        "policy", method="PUT")
    amounts = {"approved": 1000, "declined": 1013, "late": 1017, "lost": 1019, "twice": 1023}
    for name, amount in amounts.items():
        desk.command("/v1/card-payments", {
            "payment_id": name, "store_id": "store-1", "terminal_id": "store-1-t1", "requested": money(amount),
            "approved": money(amount), "expires_at": "2039-01-01T00:00:00Z", "reference": f"auth {name}",
            "last4": "4242"}, f"authorize {name}")
        desk.command(f"/v1/payments/{name}/capture", {}, f"capture {name}")

    def outcome(name: str) -> str:
        answer = desk.api().get(f"/v1/payments/{name}", desk.till.ask("log", "head")["position"])
        equal(answer.status, 200, f"a payment ({answer})")
        return str(answer.json["gateway_requests"][0]["outcome"])

    for name in amounts:
        eventually(lambda: outcome(name) != "PENDING", DELIVERY_TIMEOUT_S, f"the gateway answers {name}")
        equal(outcome(name), "DECLINED" if name == "declined" else "APPROVED", f"outcome of {name}")
    asked = gateway.asked()
    equal(Counter(one.key for one in asked if one.first), Counter(f"{TENANT}:{name}:CAPTURE:1" for name in amounts),
          "keys that the gateway acted on")
    check(len(asked) > len(amounts), "a lost answer is asked for again")
