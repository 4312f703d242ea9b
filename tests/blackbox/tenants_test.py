"""What one tenant does, another cannot see."""

from support.case import ContractTest
from support.client import Api, fresh_key
from support.shop import Item, Shop
from support.world import world


class Isolation(ContractTest):
    other: Api

    @classmethod
    def setUpClass(cls) -> None:
        cli = world().cli()
        if not cli:
            return
        cls.tenant = f"t-{world().seed}".lower()
        cli.json("tenant", "add", cls.tenant)
        cls.other = Api(world().up["url"], cli.add_key(cls.tenant, "admin"))
        cls.shop = Shop.open(world())
        cls.sku = cls.shop.product()
        cls.sale = cls.shop.sell(cls.shop.terminal(), [Item(cls.sku)])

    def setUp(self) -> None:
        self.cli()

    def test_sale_is_not_found(self) -> None:
        self.problem(self.other.read(f"/v1/sales/{self.sale['sale_id']}", self.shop.last.position), 404)

    def test_answer_is_that_of_a_sale_that_is_not_there(self) -> None:
        here, nowhere = (self.other.read(f"/v1/sales/{sale}").json for sale in (self.sale["sale_id"], "none-at-all"))
        self.assertEqual({k: v for k, v in here.items() if k != "instance"},
                         {k: v for k, v in nowhere.items() if k != "instance"})

    def test_customer_is_not_found(self) -> None:
        customer = self.world.unique("customer")
        made = self.api().command("POST", "/v1/customers", {"customer_id": customer, "name": "Ada"})
        self.problem(self.other.read(f"/v1/customers/{customer}", made.position), 404)

    def test_stock_is_not_seen(self) -> None:
        self.shop.receive(self.sku, "7")
        view = self.ok(self.other.read("/v1/inventory/availability", store_id=self.shop.store_id, sku=self.sku))
        self.assertEqual([item["on_hand"] for item in view["items"]], ["0"])

    def test_store_is_not_there(self) -> None:
        answer = self.other.command("PUT", f"/v1/stores/{self.shop.store_id}/terminals/x", {})
        self.problem(answer, 404)

    def test_sale_cannot_be_voided(self) -> None:
        self.problem(self.other.command("POST", f"/v1/sales/{self.sale['sale_id']}/void", {"reason": "a"}), 404)

    def test_dashboard_is_empty(self) -> None:
        view = self.ok(self.other.read("/v1/dashboards/tenant", self.shop.last.position,
                                       business_date=str(self.shop.day)))
        self.assertEqual((view["sales"], view["top_products"]), (0, []))

    def test_store_dashboard_is_empty(self) -> None:
        answer = self.other.read(f"/v1/dashboards/stores/{self.shop.store_id}", business_date=str(self.shop.day))
        self.assertEqual(answer.json.get("sales", 0), 0, str(answer))

    def test_report_is_empty(self) -> None:
        report = self.ok(self.other.read("/v1/reports/sales", self.shop.last.position, **{
            "from": str(self.shop.day), "to": str(self.shop.day), "group_by": "store"}))
        self.assertEqual(report["rows"], [])

    def test_idempotency_keys_are_apart(self) -> None:
        key, store = fresh_key(), self.world.unique("store")
        self.accepted(self.api().command("PUT", f"/v1/stores/{store}", {"name": "Ours"}, key=key))
        answer = self.other.command("PUT", f"/v1/stores/{store}", {"name": "Theirs"}, key=key)
        self.accepted(answer, store_id=store)
        self.assertNotIn("idempotent-replayed", answer.headers)

    def test_ids_are_apart(self) -> None:
        shop = Shop.open(self.world)
        terminal, sku = shop.terminal(), shop.product()
        sale = shop.sell(terminal, [Item(sku)])
        store = f"/v1/stores/{shop.store_id}"
        for path, body in ((store, {"name": "Theirs"}), (f"{store}/terminals/{terminal.terminal_id}", {}),
                           (f"{store}/policy", {"stock": "ALLOW_NEGATIVE", "time_zone": "UTC"}),
                           (f"/v1/catalog/products/{sku}", {"name": "Theirs", "category": "c", "tax_code": "A",
                                                            "unit_price": {"amount": 1, "currency": "USD"}})):
            self.accepted(self.other.command("PUT", path, body))
        self.accepted(shop.send(sale, api=self.other), sale_id=sale["sale_id"])

    def test_stats_name_both(self) -> None:
        names = {tenant["tenant"] for tenant in self.cli().json("log", "stats")["tenants"]}
        self.assertLessEqual({self.tenant, self.world.up["tenant"]}, names)

    def test_revoked_key_is_refused(self) -> None:
        cli = self.cli()
        made = cli.json("key", "add", "--tenant", self.tenant, "--scope", "manager")
        api = Api(self.world.up["url"], made["key"])
        self.problem(api.read("/v1/sales/none"), 404)
        self.assertEqual(cli.run("key", "revoke", "--tenant", self.tenant, made["key_id"]).status, 0)
        self.problem(api.read("/v1/sales/none"), 401)

    def test_key_of_a_deleted_tenant_says_so(self) -> None:
        cli, name = self.cli(), f"gone-{self.world.seed}".lower()
        cli.json("tenant", "add", name)
        made = cli.json("key", "add", "--tenant", name, "--scope", "manager")
        revoked = cli.json("key", "add", "--tenant", name, "--scope", "manager")
        self.assertEqual(cli.run("key", "revoke", "--tenant", name, revoked["key_id"]).status, 0)
        api = Api(self.world.up["url"], made["key"])
        self.problem(api.read("/v1/sales/none"), 404)
        self.assertEqual(cli.run("tenant", "delete", name, "--confirm", name).status, 0)
        self.problem(api.read("/v1/sales/none"), 403, "TENANT_DELETED")
        self.problem(api.command("PUT", "/v1/stores/s1", {"name": "x"}), 403, "TENANT_DELETED")
        self.problem(Api(self.world.up["url"], revoked["key"]).read("/v1/sales/none"), 401)
