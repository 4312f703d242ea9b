"""A real chain's year through the importer, with its tills, taxes and accounts, into every view, to the cent; rebuilt,
rolled back, unchanged."""

from __future__ import annotations

import pathlib
import random
import signal
import time
from typing import Any

from support.check import check, equal, equal_maps, eventually
from support.foodmart import BASKETS, LINES, NET_CENTS, FoodMart, find_data, read_foodmart
from support.http_client import Api
from support.imported import Imported
from support.mariadb import MariaDb
from support.program import Till
from support.shop import make_sales, make_shop, send_all
from support.stream import check_stream_counts
from support.tables import cache_contents, reporting_tables
from support.totals import check_dashboards, check_reports
from support.world import World

TENANT, OTHER = "foodmart", "other"
ROOT = pathlib.Path(__file__).resolve().parents[2]
KILL_AFTER = 14_000  # records: the stores trade
IMPORT_TIMEOUT_S = 600
SAMPLE = 300
OTHER_SALES = 100


def convert_year(world: World, till: Till, data: pathlib.Path, year: FoodMart) -> Imported:
    """The importer's lines, which have to say what the files say."""
    path = world.folder / "year.ndjson"
    told = till.ask("import", "foodmart", "--data-dir", str(data), "--to", str(path))
    lines = Imported(path)
    path.unlink()
    equal((told["commands"], told["tax"]["amount"], told["gift_cards_sold"]["amount"], told["voids"], told["shifts"]),
          (lines.commands.total(), year.tax, lines.cards, lines.commands["VoidSale"], lines.commands["CloseShift"]),
          "what the importer tells of its lines")
    equal((told["returns"], told["returned"]["amount"]),
          (lines.commands["CompleteReturn"], lines.returned.all.total), "what the importer tells of what came back")
    totals = lines.sold
    for group, figures in (("store", year.stores), ("day", year.days), ("product", year.products)):
        equal_maps({key: (one.sales, one.units_e5, one.net) for key, one in totals.by[group].items()},
                   {key: one.row for key, one in figures.items()}, f"lines by {group}")
    equal_maps({key: (one.all.sales, one.all.units_e5, one.all.net) for key, one in totals.boards.items()},
               {key: one.row for key, one in year.boards.items()}, "lines by store and day")
    equal((totals.all.tax, totals.all.total), (year.tax, NET_CENTS + year.tax + lines.cards), "money of the lines")
    return lines


def import_year(till: Till, data: pathlib.Path, key: str) -> None:
    done = till.run("import", "foodmart", "--data-dir", str(data), "--key-file", str(till.key_file(key)),
                    "--url", till.url)
    equal(done.status, 0, f"till import foodmart ({done})")
    told = done.json
    equal((told["sales"], told["lines"], told["amount"]["amount"], told["rejected"]), (BASKETS, LINES, NET_CENTS, 0),
          "what the importer tells")
    equal(told["accepted"], told["commands"], "commands that were accepted")


def kill_importer(till: Till, data: pathlib.Path, key: str) -> None:
    """SIGKILL in the middle of its work."""
    importer = till.launch("import", "foodmart", "--data-dir", str(data), "--key-file", str(till.key_file(key)),
                           "--url", till.url)
    eventually(lambda: till.ask("log", "head")["head"] > KILL_AFTER, IMPORT_TIMEOUT_S, "the import goes on", every_s=0.3)
    importer.send_signal(signal.SIGKILL)
    equal(importer.wait(60), -signal.SIGKILL, "exit status of the importer")


def check_stats(till: Till, lines: Imported) -> None:
    stats = till.ask("log", "stats")
    ours = next(tenant for tenant in stats["tenants"] if tenant["tenant"] == TENANT)
    equal((ours["sales"], ours["net"]), (BASKETS, [{"amount": lines.totals.all.net, "currency": "USD"}]),
          "till log stats")


def check_year_tables(database: MariaDb, year: FoodMart, lines: Imported) -> None:
    """The same by an analyst's own SQL. A voided sale stands there twice, its second row taking the first one back."""
    def by(sql: str) -> dict[str, tuple[int, ...]]:
        return {row[0]: tuple(int(figure) for figure in row[1:]) for row in database.query(sql)}
    back = lines.returned
    where = f"WHERE tenant_id = '{TENANT}' AND kind = 'RETURN'"
    equal_maps(by(f"SELECT store_id, -SUM(units_e5), -SUM(net), -SUM(tax), -SUM(total) FROM f_sale {where} "
                  "GROUP BY store_id"),
               {key: (one.units_e5, one.net, one.tax, one.total) for key, one in back.by["store"].items()},
               "what came back to each store")
    equal(by(f"SELECT 'all', COUNT(*), -SUM(net) FROM f_line {where}"),
          {"all": (lines.commands["CompleteReturn"], back.all.net)}, "f_line of what came back")
    where = f"WHERE tenant_id = '{TENANT}' AND kind <> 'RETURN'"
    standing = f"{where} AND sale_id NOT IN (SELECT sale_id FROM f_sale {where} AND kind = 'VOID')"
    figures = "SUM(IF(kind = 'SALE', 1, -1)), SUM(units_e5), SUM(net)"
    equal_maps(by(f"SELECT store_id, {figures} FROM f_sale {where} GROUP BY store_id"),
               {key: one.row for key, one in year.stores.items()}, "f_sale by store")
    equal_maps(by(f"SELECT business_date, {figures} FROM f_sale {where} GROUP BY business_date"),
               {key: one.row for key, one in year.days.items()}, "f_sale by day")
    equal_maps(by(f"SELECT sku, COUNT(DISTINCT sale_id), SUM(qty_e5), SUM(net) FROM f_line {standing} GROUP BY sku"),
               {key: one.row for key, one in year.products.items()}, "f_line by product")
    equal(by(f"SELECT 'all', COUNT(*), SUM(net) FROM f_line {standing}"), {"all": (LINES, NET_CENTS)}, "f_line")
    equal(by(f"SELECT 'all', SUM(net) FROM f_line {where}"), {"all": (NET_CENTS,)}, "f_line with what was voided")
    equal(by(f"SELECT 'all', SUM(tax) FROM f_tax {where}"), {"all": (year.tax,)}, "f_tax")
    equal(by(f"SELECT 'all', SUM(amount) FROM f_tender {where}"), {"all": (NET_CENTS + year.tax + lines.cards,)},
          "f_tender")


class Contents:
    """All that the views say, to compare before and after."""

    def __init__(self, till: Till, database: MariaDb, api: Api, year: FoodMart, draw: random.Random) -> None:
        self._till, self._database, self._api = till, database, api
        boards = sorted(year.boards)
        self._boards = draw.sample(boards, SAMPLE)
        self._stores, self._skus = sorted(year.stores), sorted(year.products)
        self._sales = [row[0] for row in draw.sample(
            database.query(f"SELECT sale_id FROM f_sale WHERE tenant_id = '{TENANT}' AND kind = 'SALE' "
                           "ORDER BY sale_id"), SAMPLE)]
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

    lines = convert_year(world, till, data, year)
    kill_importer(till, data, key)
    start = time.monotonic()
    import_year(till, data, key)
    world.note(f"import {time.monotonic() - start:.1f} s")
    check_stats(till, lines)
    head = till.ask("log", "head")
    import_year(till, data, key)
    equal(till.ask("log", "head"), head, "head after the same import again")

    api = Api(till.url, key)
    till.verify("read_cache", "reporting")
    check_reports(api, lines.totals, head["position"])
    check_year_tables(database, year, lines)
    check_dashboards(api, lines.totals, head["position"])
    till.wait_caught_up("relay")
    check_stream_counts(nats.url, till.ask("log", "stats"), {
        "SaleCompleted": lines.commands["RingUpSale"] + OTHER_SALES, "SaleVoided": lines.commands["VoidSale"],
        "ReturnStarted": lines.commands["StartReturn"], "ReturnCompleted": lines.commands["CompleteReturn"],
        "ShiftOpened": lines.commands["OpenShift"], "ShiftClosed": lines.commands["CloseShift"]})
    check_rebuilds(world, till, Contents(till, database, api, year, world.draw("sample")))
    api.close()
