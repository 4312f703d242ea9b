"""MariaDB or NATS goes away under load and comes back: sales go on, and what is behind catches up by itself."""

from __future__ import annotations

import time
from collections.abc import Callable

from support.check import check, equal, eventually
from support.crowd import Crowd
from support.http_client import Api
from support.log_fold import LogFold
from support.nats_client import NatsClient
from support.program import Till
from support.shop import make_shop, send_all
from support.stream import STREAM, check_stream
from support.totals import check_dashboards, check_reports
from support.world import World

TENANT = "acme"
AWAY_S = 2.0
UNAVAILABLE_TIMEOUT_S = 30.0
CATCH_UP_TIMEOUT_S = 60.0
REPORT = {"from": "2020-01-01", "to": "2029-12-31", "group_by": "store"}


def open_crowd(world: World, till: Till) -> tuple[Crowd, str]:
    """A trading shop and a key that may read everything."""
    till.start()
    key = till.add_tenant(TENANT)
    shop = make_shop(allow_stores=2, deny_stores=1, terminals=1, products=12, opening_units=200)
    api = Api(till.url, key)
    send_all(api, shop.setup())
    api.close()
    crowd = Crowd(till, shop, key, world.draw())
    crowd.open()
    return crowd, key


def check_trade_goes_on(till: Till, crowd: Crowd, key: str, while_what: str) -> None:
    """Sales are accepted and the read cache answers, also with what was sold a moment ago."""
    before = crowd.journal.count_accepted()
    time.sleep(AWAY_S)
    gained = crowd.journal.count_accepted() - before
    check(gained > 20, f"only {gained} commands were accepted {while_what}")
    crowd.check_alive()
    api = Api(till.url, key)
    head = till.ask("log", "head")["position"]
    answer = api.get("/v1/dashboards/tenant", head)
    equal(answer.status, 200, f"dashboard {while_what} ({answer})")
    answer = api.get("/v1/inventory/availability", head, store_id="store-1", sku="sku-1")
    equal(answer.status, 200, f"availability {while_what} ({answer})")
    equal(api.get("/readyz").status, 200, f"readiness {while_what}")
    api.close()


def report_status(api: Api) -> int:
    return api.get("/v1/reports/sales", **REPORT).status


def test_mariadb_goes_away(world: World) -> None:
    database = world.mariadb()
    till = world.till(database.services())
    crowd, key = open_crowd(world, till)
    reader = Api(till.url, till.add_key(TENANT, "reporting"))
    eventually(lambda: report_status(reader) == 200, CATCH_UP_TIMEOUT_S, "reports answer")
    for name, away in (("SIGTERM", database.stop), ("SIGKILL", database.kill), ("SIGKILL in a rebuild", database.kill)):
        job = till.launch("views", "rebuild", "reporting") if "rebuild" in name else None
        if job:
            time.sleep(0.3)
        away()
        eventually(lambda: report_status(reader) == 503, UNAVAILABLE_TIMEOUT_S, f"reports answer 503 after {name}")
        check_trade_goes_on(till, crowd, key, f"while MariaDB is away after {name}")
        equal(report_status(reader), 503, f"report while MariaDB is away after {name}")
        behind = reader.get("/v1/reports/sales", till.ask("log", "head")["position"], **REPORT)
        equal(behind.json["code"], "VIEW_UNAVAILABLE", f"report at a position while MariaDB is away after {name}")
        database.start()
        eventually(lambda: report_status(reader) == 200, CATCH_UP_TIMEOUT_S, f"reports answer again after {name}")
        if job:
            job.wait(60)
    crowd.finish()
    till.verify("read_cache", "reporting")
    log = LogFold()
    log.extend(till.records())
    head = till.ask("log", "head")["position"]
    check_reports(reader, log.totals[TENANT], head)
    check_dashboards(reader, log.totals[TENANT], head)
    world.note(f"{log.head} records")


def stream_length(url: str) -> int:
    client = NatsClient(url)
    try:
        return client.last_sequence(STREAM)
    except ConnectionError:
        return 0  # JetStream is still starting, or there is no stream yet
    finally:
        client.close()


def test_nats_goes_away(world: World) -> None:
    nats = world.nats()
    till = world.till(nats.services())
    crowd, key = open_crowd(world, till)
    eventually(lambda: stream_length(nats.url) > 100, CATCH_UP_TIMEOUT_S, "the relay publishes")

    def wiped() -> None:
        nats.kill()
        nats.wipe()

    ways: list[tuple[str, Callable[[], None]]] = [("SIGTERM", nats.stop), ("SIGKILL", nats.kill), ("a wipe", wiped)]
    for name, away in ways:
        away()
        check_trade_goes_on(till, crowd, key, f"while NATS is away after {name}")
        before = till.ask("log", "stats")["events"]
        nats.start()
        eventually(lambda: stream_length(nats.url) >= before, CATCH_UP_TIMEOUT_S, f"the relay catches up after {name}",
                   every_s=0.3)
    crowd.finish()
    till.wait_caught_up("relay")
    till.verify("read_cache")
    log = LogFold()
    log.extend(till.records())
    stats = till.ask("log", "stats")
    equal(stats["events"], log.events, "events of `till log stats`")
    check_stream(nats.url, log, stats["log_id"], stats["epoch"])
    world.note(f"{log.head} records, {log.events} messages")
