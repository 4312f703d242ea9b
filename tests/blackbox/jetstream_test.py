"""The stream TILL as a subscriber sees it."""

import datetime

from support import protobuf
from support.case import ContractTest
from support.nats import Message, Nats
from support.shop import Item, Shop
from support.world import world

SALE_COMPLETED, SALE_VOIDED = 60, 61  # members of schemas/events.proto's Event


class Stream(ContractTest):
    messages: dict[str, Message]

    @classmethod
    def setUpClass(cls) -> None:
        """Sells and voids, and collects what comes by up to the last event of the void."""
        up = world().up
        nats = Nats(up["nats_url"])
        cls.addClassCleanup(nats.close)
        cls.nats = nats
        cls.tenant = up["tenant"]
        cls.shop = Shop.open(world())
        cls.sku = cls.shop.product()
        till = cls.shop.terminal()
        cls.before = nats.ask("STREAM.INFO.TILL")["state"]["last_seq"]
        cls.sale = cls.shop.sell(till, [Item(cls.sku, "2", 1999)])
        cls.position = cls.shop.last.position
        cls.void_position = cls.shop.void(cls.sale["sale_id"], "wrong").position
        nats.consume("TILL", f"till.{cls.tenant}.>", cls.before + 1)
        cls.all: list[Message] = []
        last = {f"till.{cls.tenant}.sale.SaleVoided", f"till.{cls.tenant}.stock.StockRestored"}
        while last:
            cls.all.append(nats.next())
            last.discard(cls.all[-1].subject)
        cls.ours = [m for m in cls.all if m.headers.get("ce-tillposition") in (cls.position, cls.void_position)]

    def one(self, name: str) -> Message:
        found = [m for m in self.ours if m.subject.endswith(f".{name}")]
        self.assertEqual(len(found), 1, [m.subject for m in self.ours])
        return found[0]

    def test_subjects(self) -> None:
        self.assertEqual(self.one("SaleCompleted").subject, f"till.{self.tenant}.sale.SaleCompleted")
        self.assertEqual(self.one("SaleVoided").subject, f"till.{self.tenant}.sale.SaleVoided")
        self.assertEqual(self.one("StockIssued").subject, f"till.{self.tenant}.stock.StockIssued")
        self.assertEqual(self.one("StockRestored").subject, f"till.{self.tenant}.stock.StockRestored")

    def test_cloud_events_headers(self) -> None:
        for message in self.ours:
            with self.subTest(message.subject):
                self.assertEqual(message.headers["ce-specversion"], "1.0")
                for name in ("ce-id", "ce-source", "ce-type"):
                    self.assertTrue(message.headers[name])
                datetime.datetime.fromisoformat(message.headers["ce-time"])

    def test_type_names_the_event(self) -> None:
        self.assertTrue(self.one("SaleCompleted").headers["ce-type"].endswith("SaleCompleted"))

    def test_message_ids(self) -> None:
        for message in self.ours:
            with self.subTest(message.subject):
                self.assertRegex(message.headers["nats-msg-id"], r"^[0-9a-f]+\.\d+\.\d+\.\d+$")
        self.assertEqual(len({m.headers["nats-msg-id"] for m in self.all}), len(self.all))

    def test_message_id_names_log_epoch_position_and_index(self) -> None:
        stats = self.cli().json("log", "stats")
        by_position: dict[str, list[str]] = {}
        for message in self.ours:
            log_id, epoch, number, index = message.headers["nats-msg-id"].split(".")
            self.assertEqual((log_id, int(epoch)), (stats["log_id"], stats["epoch"]))
            by_position.setdefault(number, []).append(index)
        for indexes in by_position.values():
            self.assertEqual(indexes, [str(i) for i in range(len(indexes))])
        self.assertEqual(len(by_position), 2)

    def test_events_are_in_the_order_of_the_log(self) -> None:
        ids = [tuple(map(int, m.headers["nats-msg-id"].split(".")[1:])) for m in self.all]
        self.assertEqual(ids, sorted(ids))

    def test_body_is_the_event(self) -> None:
        for name, number in (("SaleCompleted", SALE_COMPLETED), ("SaleVoided", SALE_VOIDED)):
            with self.subTest(name):
                event = dict(protobuf.fields(self.one(name).body))
                self.assertEqual(list(event), [number])
                self.assertEqual(dict(protobuf.fields(event[number]))[1].decode(), self.sale["sale_id"])

    def test_personal_data_is_not_in_clear(self) -> None:
        start = self.nats.ask("STREAM.INFO.TILL")["state"]["last_seq"] + 1
        name = f"Clear{self.world.seed}Text"
        customer = {"customer_id": self.world.unique("customer"), "name": name}
        self.accepted(self.api().command("POST", "/v1/customers", customer))
        reader = Nats(self.world.up["nats_url"])
        self.addCleanup(reader.close)
        reader.consume("TILL", f"till.{self.tenant}.customer.>", start)
        message = reader.next()
        self.assertTrue(message.subject.endswith(".CustomerRegistered"))
        self.assertNotIn(name.encode(), message.body)

    def test_replay_is_not_published_again(self) -> None:
        key, store = self.world.unique("key"), self.world.unique("store")
        for _ in range(3):
            self.api().command("PUT", f"/v1/stores/{store}", {"name": "Once"}, key=key)
        end = self.world.unique("store")
        start = self.nats.ask("STREAM.INFO.TILL")["state"]["first_seq"]
        self.accepted(self.api().command("PUT", f"/v1/stores/{end}", {"name": "End"}))
        reader = Nats(self.world.up["nats_url"])
        self.addCleanup(reader.close)
        reader.consume("TILL", f"till.{self.tenant}.store.StoreUpserted", max(start, self.before))
        bodies = [reader.next().body]
        while end.encode() not in bodies[-1]:
            bodies.append(reader.next().body)
        self.assertEqual(len([body for body in bodies if store.encode() in body]), 1)
