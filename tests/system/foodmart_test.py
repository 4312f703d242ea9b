"""A real chain's year through the importer, into every view, to the cent; rebuilt, rolled back, unchanged."""

from __future__ import annotations

import pathlib
import random
import signal
import time
from typing import Any

from support.check import check, equal, equal_maps, eventually
from support.foodmart import BASKETS, LINES, NET_CENTS, FoodMart, find_data, read_foodmart
from support.http_client import Api
from support.mariadb import MariaDb
from support.program import Till
from support.shop import e5_of, make_sales, make_shop, send_all
from support.stream import check_stream_counts
from support.tables import cache_contents, reporting_tables
from support.world import World

TENANT, OTHER = "foodmart", "other"
ROOT = pathlib.Path(__file__).resolve().parents[2]
FIRST_DAY, LAST_DAY = "1997-01-01", "1997-12-31"
KILL_AFTER = 4000  # records
SAMPLE = 300
OTHER_SALES = 100
TOP_PRODUCTS = 10


def import_year(till: Till, data: pathlib.Path, key: str) -> None:
    done = till.run("import", "foodmart", "--data-dir", str(data), "--key-file", str(till.key_file(key)),
                    "--url", till.url)
    equal(done.status, 0, f"till import foodmart ({done})")
    told = done.json
    equal((told["sales"], told["lines"], told["amount"]["amount"], told["rejected"]), (BASKETS, LINES, NET_CENTS, 0),
          "what the importer tells")


def kill_importer(till: Till, data: pathlib.Path, key: str) -> None:
    """SIGKILL in the middle of its work."""
    importer = till.launch("import", "foodmart", "--data-dir", str(data), "--key-file", str(till.key_file(key)),
                           "--url", till.url)
    eventually(lambda: till.ask("log", "head")["head"] > KILL_AFTER, 300, "the import goes on", every_s=0.3)
    importer.send_signal(signal.SIGKILL)
    equal(importer.wait(60), -signal.SIGKILL, "exit status of the importer")


def check_stats(till: Till) -> None:
    stats = till.ask("log", "stats")
    ours = next(tenant for tenant in stats["tenants"] if tenant["tenant"] == TENANT)
    equal((ours["sales"], ours["net"]), (BASKETS, [{"amount": NET_CENTS, "currency": "USD"}]), "till log stats")


def check_year_reports(api: Api, year: FoodMart, at_least: str) -> None:
    for group, figures in (("store", year.stores), ("day", year.days), ("product", year.products)):
        answer = api.get("/v1/reports/sales", at_least, **{"from": FIRST_DAY, "to": LAST_DAY, "group_by": group})
        equal(answer.status, 200, f"report by {group} ({answer})")
        report = answer.json
        got = {row["key"]: (row["sales"], e5_of(row["units"]), row["net"]["amount"]) for row in report["rows"]}
        equal_maps(got, {key: one.row for key, one in figures.items()}, f"report by {group}")
        total = report["total"]
        equal((total["sales"], e5_of(total["units"]), total["net"]["amount"], total["total"]["amount"]),
              (*year.all.row, NET_CENTS), f"total of the report by {group}")


def check_year_tables(database: MariaDb, year: FoodMart) -> None:
    """The same by an analyst's own SQL."""
    def by(sql: str) -> dict[str, tuple[int, ...]]:
        return {row[0]: tuple(int(figure) for figure in row[1:]) for row in database.query(sql)}
    where = f"WHERE tenant_id = '{TENANT}'"
    figures = "SUM(units_e5), SUM(net)"
    equal_maps(by(f"SELECT store_id, COUNT(*), {figures} FROM f_sale {where} GROUP BY store_id"),
               {key: one.row for key, one in year.stores.items()}, "f_sale by store")
    equal_maps(by(f"SELECT business_date, COUNT(*), {figures} FROM f_sale {where} GROUP BY business_date"),
               {key: one.row for key, one in year.days.items()}, "f_sale by day")
    equal_maps(by(f"SELECT sku, COUNT(DISTINCT sale_id), SUM(qty_e5), SUM(net) FROM f_line {where} GROUP BY sku"),
               {key: one.row for key, one in year.products.items()}, "f_line by product")
    equal(by(f"SELECT 'all', COUNT(*), SUM(net) FROM f_line {where}"), {"all": (LINES, NET_CENTS)}, "f_line")
    equal(by(f"SELECT 'all', SUM(amount) FROM f_tender {where}"), {"all": (NET_CENTS,)}, "f_tender")


def check_year_dashboards(api: Api, year: FoodMart, at_least: str) -> None:
    for (store, day), board in year.boards.items():
        path = f"/v1/dashboards/stores/{store}" if store else "/v1/dashboards/tenant"
        answer = api.get(path, at_least, business_date=day)
        equal(answer.status, 200, f"{path} on {day} ({answer})")
        got = answer.json
        what = f"dashboard of {store or 'all'} on {day}"
        equal((got["sales"], e5_of(got["units"]), got["net"]["amount"]), board.row, what)
        for part in ("hours", "tenders"):
            amounts = [one["net" if part == "hours" else "amount"]["amount"] for one in got[part]]
            equal(sum(amounts), board.net, f"{what}, {part}")
        sold = year.board_products[store, day]
        top = {one["sku"]: (e5_of(one["units"]), one["net"]["amount"]) for one in got["top_products"]}
        equal(top, {sku: sold[sku].row[1:] for sku in top}, f"{what}, top products")
        best = sorted((one.net for one in sold.values()), reverse=True)[:TOP_PRODUCTS]
        equal(sorted((net for _, net in top.values()), reverse=True), best, f"{what}, nets of the top products")


class Contents:
    """All that the views say, to compare before and after."""

    def __init__(self, till: Till, database: MariaDb, api: Api, year: FoodMart, draw: random.Random) -> None:
        self._till, self._database, self._api = till, database, api
        boards = sorted(year.boards)
        self._boards = draw.sample(boards, SAMPLE)
        self._stores, self._skus = sorted(year.stores), sorted(year.products)
        self._sales = [row[0] for row in draw.sample(
            database.query(f"SELECT sale_id FROM f_sale WHERE tenant_id = '{TENANT}' ORDER BY sale_id"), SAMPLE)]
        self._before = {view: self._read(view) for view in ("read_cache", "reporting")}
        self._digests = self._read_digests()

    def _read(self, view: str) -> dict[str, Any]:
        if view == "reporting":
            return dict(reporting_tables(self._database, self._till))
        return cache_contents(self._api, self._boards, self._stores, self._skus, self._sales)

    def _read_digests(self) -> dict[str, str]:
        return {name: view["digest"] for name, view in self._till.views().items()}

    def check_same(self, view: str, after: str) -> None:
        equal_maps(self._read(view), self._before[view], f"{view} after {after}")
        equal_maps(self._read_digests(), self._digests, f"digests after {after} of {view}")


def timed(till: Till, *words: str) -> float:
    start = time.monotonic()
    till.ask(*words)
    return time.monotonic() - start


def check_rebuilds(world: World, till: Till, contents: Contents) -> None:
    for view in ("read_cache", "reporting"):
        generation = till.views()[view]["generation"]
        took = timed(till, "views", "rebuild", view)
        check(till.views()[view]["generation"] != generation, f"rebuild of {view} made no new generation")
        contents.check_same(view, "a rebuild")
        till.ask("views", "rollback", view)
        equal(till.views()[view]["generation"], generation, f"generation of {view} after a rollback")
        contents.check_same(view, "a rollback")
        one = timed(till, "views", "rebuild", view, "--tenant", OTHER)
        contents.check_same(view, "a rebuild of one tenant")
        world.note(f"rebuild of {view} {took:.1f} s, of one small tenant {one:.1f} s")
    till.verify("read_cache", "reporting")


def test_foodmart_year(world: World) -> None:
    data = find_data(ROOT)
    year = read_foodmart(data)
    database, nats = world.mariadb(), world.nats()
    till = world.till(database.services() + nats.services())
    till.start()
    key, other_key = till.add_tenant(TENANT), till.add_tenant(OTHER)
    shop = make_shop(2, 0, 1, 6, 100)
    other = Api(till.url, other_key)
    send_all(other, shop.setup() + make_sales(shop, world.draw("other"), OTHER_SALES))
    other.close()

    kill_importer(till, data, key)
    start = time.monotonic()
    import_year(till, data, key)
    world.note(f"import {time.monotonic() - start:.1f} s")
    check_stats(till)
    head = till.ask("log", "head")
    import_year(till, data, key)
    equal(till.ask("log", "head"), head, "head after the same import again")

    api = Api(till.url, key)
    till.verify("read_cache", "reporting")
    check_year_reports(api, year, head["position"])
    check_year_tables(database, year)
    check_year_dashboards(api, year, head["position"])
    till.wait_caught_up("relay")
    check_stream_counts(nats.url, till.ask("log", "stats"), {"SaleCompleted": BASKETS + OTHER_SALES})
    check_rebuilds(world, till, Contents(till, database, api, year, world.draw("sample")))
    api.close()
