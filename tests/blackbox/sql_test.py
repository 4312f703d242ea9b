"""The reporting model as an analyst sees it, through the database's own client."""

import os
import shutil
import subprocess

from support.case import ContractTest
from support.client import money
from support.shop import Item, Shop
from support.world import world

TABLES = ("f_sale", "f_line", "f_tax", "f_tender", "f_stock_move", "projection_offset")


class Analyst(ContractTest):
    @classmethod
    def setUpClass(cls) -> None:
        cls.client = shutil.which("mariadb") or shutil.which("mysql")
        cls.shop = Shop.open(world())
        cls.sku = cls.shop.product()
        till = cls.shop.terminal()
        cls.sale = cls.shop.sell(till, [Item(cls.sku, "2", 1999, 98)], tax=390)
        cls.voided = cls.shop.sell(till, [Item(cls.sku, "1", 1000)], time="13:00:00Z")
        cls.position = cls.shop.void(cls.voided["sale_id"]).position
        day = str(cls.shop.day)
        cls.shop.api.read("/v1/reports/sales", cls.position, **{"from": day, "to": day, "group_by": "day"})

    def run_client(self, statement: str, tcp: bool = False) -> subprocess.CompletedProcess[str]:
        if not self.client:
            self.skipTest("neither mariadb nor mysql is installed")
        mysql = self.world.up["mysql"]
        by_tcp = ["--protocol=TCP", "--host=127.0.0.1", f"--port={mysql['port']}"]
        where = by_tcp if tcp else [f"--socket={mysql['socket']}"]
        command = [self.client, "--no-defaults", *where, f"--user={mysql['user']}", "--batch", "--skip-column-names",
                   mysql["database"], "-e", statement]
        return subprocess.run(command, text=True, capture_output=True, timeout=60, check=False,
                              env=dict(os.environ, MYSQL_PWD=mysql["password"]))

    def rows(self, statement: str, tcp: bool = False) -> list[list[str]]:
        done = self.run_client(statement, tcp)
        self.assertEqual(done.returncode, 0, done.stderr)
        return [line.split("\t") for line in done.stdout.splitlines()]

    def refused(self, statement: str) -> None:
        done = self.run_client(statement)
        self.assertNotEqual(done.returncode, 0, f"{statement} was done")
        self.assertRegex(done.stderr, "denied|read.only|1142|1044|1227")

    def test_every_table_can_be_read(self) -> None:
        for table in TABLES:
            with self.subTest(table):
                self.assertTrue(self.rows(f"SELECT COUNT(*) FROM {table}"))

    def test_by_tcp_too(self) -> None:
        self.assertTrue(self.rows("SELECT COUNT(*) FROM f_sale", tcp=True))

    def test_sale(self) -> None:
        rows = self.rows("SELECT kind, store_id, business_date, currency, gross, discount, net, tax, total "
                         f"FROM f_sale WHERE sale_id = '{self.sale['sale_id']}'")
        self.assertEqual(rows, [["SALE", self.shop.store_id, str(self.shop.day), "USD", "3998", "98", "3900", "390",
                                 "4290"]])

    def test_void_is_a_row_that_takes_back(self) -> None:
        rows = self.rows("SELECT SUM(net), SUM(total), COUNT(*) FROM f_sale "
                         f"WHERE sale_id = '{self.voided['sale_id']}'")
        self.assertEqual(rows, [["0", "0", "2"]])

    def test_line(self) -> None:
        rows = self.rows(f"SELECT sku, qty_e5, net FROM f_line WHERE sale_id = '{self.sale['sale_id']}'")
        self.assertEqual(rows, [[self.sku, "200000", "3900"]])

    def test_tax(self) -> None:
        rows = self.rows(f"SELECT tax_code, taxable, tax FROM f_tax WHERE sale_id = '{self.sale['sale_id']}'")
        self.assertEqual(rows, [["A", "3900", "390"]])

    def test_tender(self) -> None:
        rows = self.rows(f"SELECT tender_type, amount FROM f_tender WHERE sale_id = '{self.sale['sale_id']}'")
        self.assertEqual(rows, [["CASH", "4290"]])

    def test_stock_moves(self) -> None:
        rows = self.rows(f"SELECT kind, qty_e5 FROM f_stock_move WHERE sku = '{self.sku}' ORDER BY position, seq")
        self.assertEqual([kind for kind, _ in rows], ["SALE", "SALE", "VOID"])
        self.assertEqual(sum(int(quantity) for _, quantity in rows), -200000)

    def test_agrees_with_the_report(self) -> None:
        day = str(self.shop.day)
        report = self.ok(self.shop.api.read("/v1/reports/sales", self.position, **{
            "from": day, "to": day, "group_by": "day"}))
        total = self.rows(f"SELECT SUM(net) FROM f_sale WHERE tenant_id = '{self.world.up['tenant']}' "
                          f"AND business_date = '{day}'")
        self.assertEqual(money(int(total[0][0])), report["total"]["net"])

    def test_writing_is_refused(self) -> None:
        for statement in ("INSERT INTO f_sale (tenant_id) VALUES ('x')", "UPDATE f_sale SET net = 0",
                          "DELETE FROM f_sale", "DROP TABLE f_sale", "DROP VIEW f_sale", "CREATE TABLE x (a INT)",
                          "UPDATE projection_offset SET position = 0", "TRUNCATE TABLE f_sale"):
            with self.subTest(statement):
                self.refused(statement)

    def test_wrong_password_is_refused(self) -> None:
        if not self.client:
            self.skipTest("neither mariadb nor mysql is installed")
        mysql = self.world.up["mysql"]
        for user in (mysql["user"], "root", ""):
            with self.subTest(user):
                command = [self.client, "--no-defaults", "--protocol=TCP", "--host=127.0.0.1",
                           f"--port={mysql['port']}", f"--user={user}", "-e", "SELECT 1"]
                done = subprocess.run(command, capture_output=True, env=dict(os.environ, MYSQL_PWD="wrong"), timeout=60,
                                      check=False)
                self.assertNotEqual(done.returncode, 0)
