"""Damage to the log on disk: found and named, never read over; views of another log are made anew."""

from __future__ import annotations

import pathlib
import random
import re
import shutil

from support.check import check, equal
from support.http_client import Api
from support.log_fold import LogFold
from support.program import Till
from support.shop import Command, Shop, make_sales, make_shop, send_all
from support.totals import check_dashboards, check_reports
from support.world import World

TENANT = "acme"
FAILED, DIFFERENCE, LOG_TROUBLE = 1, 3, 5  # exit codes
SST_FLIPS, WAL_FLIPS = 6, 4
SALES = 1500


def fill(till: Till, shop: Shop, draw: random.Random, sales: int, tenant: str = TENANT, prefix: str = "sale") -> str:
    """Starts the server and sells; it stays up. The manager's key."""
    till.start()
    key = till.add_tenant(tenant)
    api = Api(till.url, key)
    send_all(api, shop.setup() + make_sales(shop, draw, sales, prefix))
    api.close()
    return key


def flip(path: pathlib.Path, draw: random.Random, first: float, last: float) -> str:
    """Turns one byte between two shares of the file's length; says where."""
    content = bytearray(path.read_bytes())
    at = draw.randrange(int(len(content) * first), int(len(content) * last))
    content[at] ^= draw.randrange(1, 256)
    path.write_bytes(content)
    return f"byte {at} of {len(content)} in {path.name}"


def largest(folder: pathlib.Path, pattern: str) -> pathlib.Path:
    return max(folder.glob(pattern), key=lambda path: path.stat().st_size)


def restore(till: Till, saved: pathlib.Path) -> None:
    shutil.rmtree(till.data)
    shutil.copytree(saved, till.data, symlinks=True)


def save(till: Till, world: World, name: str = "saved") -> pathlib.Path:
    saved = world.folder / name
    shutil.copytree(till.data, saved, symlinks=True, ignore=shutil.ignore_patterns("till.sock"))
    return saved


def check_named(till: Till, where: str) -> None:
    """`till log verify` says that the log is bad, and behind which position."""
    done = till.run("log", "verify")
    check(done.status in (DIFFERENCE, LOG_TROUBLE), f"till log verify after a flip of {where}: {done}")
    if done.status == DIFFERENCE:
        told = done.json
        check(not told["ok"] and told["error"] and 0 <= told["verified"] < SALES, f"after a flip of {where}: {done}")
        equal(told["head"], told["verified"], f"last good position after a flip of {where}")
    else:
        check(re.search(r"position \d+", done.errors), f"no position is named after a flip of {where}: {done}")


def test_flipped_byte_in_a_table(world: World) -> None:
    draw = world.draw()
    till = world.till()
    fill(till, make_shop(2, 0, 2, 12, 100), draw, SALES)
    till.stop()
    till.start()  # an opening writes what it read into a table
    till.stop()
    saved = save(till, world)
    for _ in range(SST_FLIPS):
        where = flip(largest(till.data / "log" / "db", "*.sst"), draw, 0.02, 0.6)
        check_named(till, where)
        restore(till, saved)
    equal(till.run("log", "verify").status, 0, "till log verify of the log without damage")


def test_flipped_byte_in_the_write_ahead_log(world: World) -> None:
    draw = world.draw()
    till = world.till()
    fill(till, make_shop(2, 0, 2, 12, 100), draw, SALES)
    till.kill()
    saved = save(till, world)
    for _ in range(WAL_FLIPS):
        where = flip(largest(till.data / "log" / "db", "*.log"), draw, 0.1, 0.8)
        status = till.try_start()
        if status is None:
            check_named(till, where)
            till.kill()
        else:
            equal(status, LOG_TROUBLE, f"exit status of serve after a flip of {where} ({till.tail()})")
        restore(till, saved)
    till.start()
    till.verify("read_cache")


def check_refused(till: Till, what: str) -> None:
    till.server_log.unlink(missing_ok=True)
    equal(till.try_start(), LOG_TROUBLE, f"exit status of serve with {what} ({till.tail()})")
    lines = [line for line in till.tail().splitlines() if line.startswith("till: ")]
    equal(len(lines), 1, f"sentences of serve with {what} ({till.tail()})")
    equal(till.run("log", "head").status, LOG_TROUBLE, f"exit status of till log head with {what}")


def trade(till: Till, key: str, commands: list[Command]) -> None:
    """Starts, sends, and stops in good order."""
    till.start()
    api = Api(till.url, key)
    send_all(api, commands)
    api.close()
    till.stop()


class Histories:
    """A folder at two moments: `older`, then what it is now (`saved`)."""

    def __init__(self, world: World) -> None:
        self.draw = world.draw()
        self.shop = make_shop(2, 0, 2, 12, 100)
        self.till = world.till()
        self.till.start()
        self.key = self.till.add_tenant(TENANT)
        self.till.stop()
        self.sequences: dict[str, int] = {}
        trade(self.till, self.key, self.shop.setup() + self.sales("first"))
        self.older = save(self.till, world, "older")
        self.older_sequences = dict(self.sequences)
        trade(self.till, self.key, self.sales("second"))
        self.saved = save(self.till, world)

    def sales(self, prefix: str, count: int = 200) -> list[Command]:
        return make_sales(self.shop, self.draw, count, prefix, self.sequences)


def test_missing_or_shorter_log(world: World) -> None:
    histories = Histories(world)
    till = histories.till
    shutil.rmtree(till.data / "log" / "db")
    check_refused(till, "a log without its records")
    restore(till, histories.saved)
    shutil.rmtree(till.data / "log")
    shutil.copytree(histories.older / "log", till.data / "log")
    check_refused(till, "an older copy of the log")
    restore(till, histories.saved)
    shutil.rmtree(till.data / "log")
    check_refused(till, "no log")
    (till.data / "log").mkdir()
    check_refused(till, "an empty folder as log")
    restore(till, histories.saved)
    till.start()
    till.verify("read_cache")


def test_forked_log(world: World) -> None:
    """An older copy that traded on by itself has another history under positions that books and cache have seen."""
    histories = Histories(world)
    till = histories.till
    restore(till, histories.older)
    histories.sequences = histories.older_sequences
    trade(till, histories.key, histories.sales("other", 400))
    fork = save(till, world, "fork")
    restore(till, histories.saved)
    shutil.rmtree(till.data / "log")
    shutil.copytree(fork / "log", till.data / "log")
    check_refused(till, "a fork of the log")


def test_foreign_log_under_views(world: World) -> None:
    """No answer comes from what another log left: each is right, or 503 until the view has made itself anew."""
    draw = world.draw()
    database = world.mariadb()
    till = world.till(database.services())
    shop = make_shop(2, 0, 2, 12, 100)
    fill(till, shop, draw, 600, prefix="ours")
    till.verify("read_cache", "reporting")
    till.stop()
    strangers = world.till(name="strangers")
    key = fill(strangers, shop, draw, 300, prefix="theirs")
    strangers.stop()

    saved = save(till, world)
    shutil.rmtree(till.data / "log")
    shutil.copytree(strangers.data / "log", till.data / "log")
    check_refused(till, "the log of another under its books")
    restore(till, saved)
    for part in ("log", "books"):
        shutil.rmtree(till.data / part)
        shutil.copytree(strangers.data / part, till.data / part)
    till.start()
    head = till.ask("log", "head")["position"]
    api = Api(till.url, key)
    till.wait_caught_up("read_cache")
    log = LogFold()
    log.extend(till.records())
    check_dashboards(api, log.totals[TENANT], head)
    answer = api.get("/v1/reports/sales", **{"from": "2020-01-01", "to": "2029-12-31", "group_by": "store"})
    check(answer.status == 503 or answer.json["position"] in log.number_of,
          f"a report answers from the tables of another log: {answer}")
    till.wait_caught_up("reporting")
    equal(till.views()["reporting"]["generation"], 2, "generation of reporting")
    till.verify("read_cache", "reporting")
    check_reports(api, log.totals[TENANT], head)
    terminal = shop.stores[0].terminals[0]
    equal(api.get(f"/v1/sales/ours-{terminal}-1").status, 404, "a sale of the former log")
    equal(api.get(f"/v1/sales/theirs-{terminal}-1").status, 200, "a sale of this log")
    api.close()


def test_sums_that_lie_are_found(world: World) -> None:
    """A sum that readers are shown and that no sale made is a difference; a view that is away is a failure."""
    draw = world.draw()
    database = world.mariadb()
    till = world.till(database.services())
    fill(till, make_shop(2, 0, 2, 12, 100), draw, 300)
    till.verify("read_cache", "reporting")
    database.text("UPDATE g1_agg_store_day SET net = net + 1 LIMIT 1;")
    done = till.run("views", "verify")
    equal(done.status, DIFFERENCE, f"exit status with a sum that lies ({done})")
    fields = [difference["field"] for view in done.json["views"] for difference in view["differences"]]
    equal(fields, ["agg_store_day net"], "what differs")
    till.ask("views", "rebuild", "reporting")
    till.verify("read_cache", "reporting")
    database.stop()
    done = till.run("views", "verify")
    equal(done.status, FAILED, f"exit status with a view that is away ({done})")
