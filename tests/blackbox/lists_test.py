"""Lists with cursors, products, versions, what is shown whole, and sessions that are kept in use."""

from typing import Any

from support.case import ContractTest
from support.client import money
from support.shop import Item, Shop


class Lists(ContractTest):
    def all_of(self, path: str, name: str, position: str, **parameters: Any) -> list[dict[str, Any]]:
        items, cursor = [], {}
        while True:
            page = self.ok(self.api().read(path, position, **parameters, **cursor))
            items += page[name]
            self.assertEqual(page["has_more"], "next_cursor" in page)
            if not page["has_more"]:
                return items
            cursor = {"cursor": page["next_cursor"]}

    def test_low_stock(self) -> None:
        shop = Shop.open(self.world)
        skus = sorted(shop.product() for _ in range(5))
        for number, sku in enumerate(skus):
            if number > 0:
                shop.receive(sku, str(number))
            shop.last = self.api().command("PUT", f"/v1/stores/{shop.store_id}/stock/{sku}/reorder-point",
                                           {"point": "2"})
            self.accepted(shop.last)
        low = self.all_of("/v1/inventory/low-stock", "items", shop.last.position, store_id=shop.store_id, limit=1)
        self.assertEqual([item["sku"] for item in low], skus[:3])
        self.assertEqual([item["on_hand"] for item in low], ["0", "1", "2"])

    def test_open_shifts_with_their_totals(self) -> None:
        shop = Shop.open(self.world)
        sku, shifts = shop.product(), []
        for _ in range(3):
            terminal, shift = shop.terminal(), self.world.unique("shift")
            self.accepted(self.api().command("POST", "/v1/shifts", {
                "shift_id": shift, "store_id": shop.store_id, "terminal_id": terminal.terminal_id,
                "opening_float": money(100)}))
            shop.sell(terminal, [Item(sku, "1", 250)], shift_id=shift)
            shifts.append(shift)
        found = self.all_of("/v1/shifts", "shifts", shop.last.position, store_id=shop.store_id, state="OPEN", limit=2)
        self.assertEqual([shift["shift_id"] for shift in found], sorted(shifts))
        self.assertEqual([shift["expected_cash"] for shift in found], [money(350)] * 3)

    def test_cursor_of_another_question(self) -> None:
        shop = Shop.open(self.world)
        for _ in range(2):
            shop.product()
        page = self.ok(self.api().read("/v1/catalog/products", limit=1))
        self.problem(self.api().read("/v1/shifts", store_id=shop.store_id, cursor=page["next_cursor"]), 400,
                     "PARAMETER_INVALID", pointer="/cursor")

    def test_product_and_its_version(self) -> None:
        shop = Shop.open(self.world)
        sku = shop.product(price=750)
        path = f"/v1/catalog/products/{sku}"
        body = {"name": "Renamed", "category": "tools", "unit_price": money(750), "tax_code": "A"}
        shop.last = self.api().command("PUT", path, body, headers={"If-Match": '"v1"'})
        self.accepted(shop.last)
        seen = self.api().read(path, shop.last.position)
        self.assertEqual((self.ok(seen)["name"], seen.headers["etag"]), ("Renamed", '"v2"'))
        self.problem(self.api().command("PUT", path, body, headers={"If-Match": '"v1"'}), 412, "PRECONDITION_FAILED")
        self.problem(self.api().command("PUT", path, body | {"expected_version": 1}), 409, "VERSION_MISMATCH")
        self.problem(self.api().command("PUT", path, body | {"expected_version": 1}, headers={"If-Match": '"v2"'}),
                     400, "IF_MATCH_INVALID")

    def test_if_match_on_what_has_no_version(self) -> None:
        shop = Shop.open(self.world)
        sale = shop.ticket(shop.terminal(), [Item(shop.product())])
        answer = self.api().command("POST", "/v1/sales", sale, headers={"If-Match": '"v1"'})
        self.problem(answer, 400, "IF_MATCH_NOT_SUPPORTED")

    def test_a_sale_shows_its_products_whole(self) -> None:
        shop = Shop.open(self.world)
        sale = shop.sell(shop.terminal(), [Item(shop.product(category="toys"))])
        view = self.ok(self.api().read(f"/v1/sales/{sale['sale_id']}", shop.last.position, expand="lines.product"))
        self.assertEqual(view["lines"][0]["product"]["category"], "toys")
        self.problem(self.api().read(f"/v1/sales/{sale['sale_id']}", expand="store"), 400, "PARAMETER_INVALID",
                     pointer="/expand")

    def test_a_dashboard_names_who_sold(self) -> None:
        shop = Shop.open(self.world)
        employee = self.world.unique("employee")
        shop.sell(shop.terminal(), [Item(shop.product(), "2", 300)], employee_id=employee)
        day = self.ok(self.api().read(f"/v1/dashboards/stores/{shop.store_id}", shop.last.position,
                                      business_date=shop.day))
        self.assertEqual(day["employees"], [{"employee_id": employee, "sales": 1, "net": money(600)}])
        self.assertEqual(day["open_shifts"], 0)
        self.assertNotIn("this_hour", day)


class Touch(ContractTest):
    def test_keeps_a_session_in_use(self) -> None:
        up, session, employee = self.world.up, self.world.unique("session"), self.world.unique("employee")
        self.accepted(self.api().command("PUT", f"/v1/employees/{employee}", {"name": "Ann"}))
        started = self.api().command("POST", "/v1/sessions", {
            "session_id": session, "employee_id": employee, "store_id": up["store_id"],
            "terminal_id": up["terminal_id"]})
        self.assertEqual(started.status, 201, started)
        self.ok(self.api().read(f"/v1/sessions/{session}", started.position))
        touched = self.ok(self.api("terminal").send("POST", f"/v1/sessions/{session}/touch"))
        self.assertLess(touched["idle_until"], touched["expires_at"])
        position = self.api().send("GET", f"/v1/sessions/{session}").headers["till-position"]
        for _ in range(50):
            self.ok(self.api("terminal").send("POST", f"/v1/sessions/{session}/touch"))
        self.assertEqual(self.ok(self.api().read(f"/v1/sessions/{session}", position))["status"], "ACTIVE")
        ended = self.api().command("POST", f"/v1/sessions/{session}/end", {})
        answer = self.api("terminal").send("POST", f"/v1/sessions/{session}/touch",
                                           headers={"Till-At-Least": ended.position, "Prefer": "wait=30"})
        self.problem(answer, 409, "SESSION_EXPIRED")
