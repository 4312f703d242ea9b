"""What partners build on: the description of the events, and NATS users that see one tenant alone."""

from __future__ import annotations

import json
import pathlib
import re
import shutil
import stat
import subprocess
import time
from typing import Any

from support import partners
from support.case import ContractTest
from support.client import Api
from support.nats import Nats
from support.partners import Subscriber
from support.shop import Item, Shop, must
from support.world import world

ROOT = pathlib.Path(__file__).resolve().parents[2]
CATCH_UP_TIMEOUT_S = 60.0
ALL_READ, FEWER_CAME, REFUSED = 0, 3, 4
TRACE = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


def document(path: str) -> str:
    answer = Api(world().up["url"], None).send("GET", path)
    assert answer.status == 200, str(answer)
    return answer.body.decode()


def member_names() -> list[str]:
    """Members of the published Event, as messages are called: sale_completed is SaleCompleted."""
    text = (ROOT / "schemas" / "events.proto").read_text(encoding="utf-8")
    body = text[text.index("message Event {"):].partition("\n}\n")[0]
    members = re.findall(r"^    \w+ (\w+) = \d+;", body, re.M)
    return ["".join(word[:1].upper() + word[1:] for word in member.split("_")) for member in members]


class Description(ContractTest):
    events: dict[str, Any]

    @classmethod
    def setUpClass(cls) -> None:
        cls.events = json.loads(document("/asyncapi.json"))

    def test_is_asyncapi_3(self) -> None:
        self.assertTrue(self.events["asyncapi"].startswith("3."))

    def test_the_parser_finds_nothing(self) -> None:
        if reason := partners.missing():
            self.skipTest(reason)
        file = self.world.scratch / "asyncapi.json"
        file.write_text(json.dumps(self.events), encoding="utf-8")
        done = partners.run("validate_asyncapi.mjs", str(file))
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        seen = json.loads(done.stdout)
        self.assertEqual((seen["channels"], seen["operations"], seen["messages"]), (len(member_names()),) * 3)

    def test_every_event_has_a_channel(self) -> None:
        self.assertEqual(set(self.events["channels"]), set(member_names()))
        for name, channel in self.events["channels"].items():
            with self.subTest(name):
                self.assertRegex(channel["address"], r"^till\.\{tenant\}\.[a-z_]+\." + name + "$")

    def test_subjects_are_those_of_the_stream(self) -> None:
        addresses = {name: channel["address"] for name, channel in self.events["channels"].items()}
        for subject in ("sale.SaleCompleted", "sale.SaleVoided", "stock.StockIssued", "customer.CustomerRegistered"):
            with self.subTest(subject):
                self.assertEqual(addresses[subject.partition(".")[2]], "till.{tenant}." + subject)

    def test_messages_are_received(self) -> None:
        for name, operation in self.events["operations"].items():
            with self.subTest(name):
                self.assertEqual(operation["action"], "receive")

    def test_schema_is_whole(self) -> None:
        compiler = shutil.which("protoc")
        if not compiler:
            self.skipTest("protoc is not installed")
        folder = self.world.scratch / "published"
        folder.mkdir(exist_ok=True)
        (folder / "events.proto").write_text(document("/schemas/events.proto"), encoding="utf-8")
        done = subprocess.run([compiler, f"-I{folder}", f"--descriptor_set_out={folder / 'set'}", "events.proto"],
                              capture_output=True, text=True, check=False)
        self.assertEqual(done.returncode, 0, done.stderr)


class SubscriberTest(ContractTest):
    """Two tenants with a subscriber each."""

    ours: Subscriber
    theirs: Subscriber

    @classmethod
    def setUpClass(cls) -> None:
        cli = world().cli()
        if not cli:
            return
        other = world().unique("p").lower()
        cli.json("tenant", "add", other)
        admin = Api(world().up["url"], cli.add_key(other, "admin"))
        cls.ours, cls.theirs = (Subscriber.of(cli.json("subscribers", "add", tenant, world().unique("erp"), "--new"))
                                for tenant in (world().up["tenant"], other))
        must(admin.command("PUT", "/v1/stores/theirs", {"name": "Theirs"}))

    @classmethod
    def tearDownClass(cls) -> None:
        cli = world().cli()
        if cli and "ours" in cls.__dict__:
            for one in (cls.ours, cls.theirs):
                cli.run("subscribers", "revoke", one.tenant, one.name)

    def setUp(self) -> None:
        self.cli()

    def opened(self, subscriber: Subscriber) -> Nats:
        nats = Nats(subscriber.url)
        self.addCleanup(nats.close)
        return nats

    def waiting(self, subscriber: Subscriber) -> int:
        """What it has still to read, once the relay has published everything."""
        deadline = time.monotonic() + CATCH_UP_TIMEOUT_S
        while self.cli().json("relay", "status")["lag"]:
            self.assertLess(time.monotonic(), deadline, "the relay does not catch up")
            time.sleep(0.05)
        listed = self.cli().json("subscribers", "list")
        return next(one for one in listed if one["user"] == subscriber.user)["waiting"]


class Reading(SubscriberTest):
    def setUp(self) -> None:
        super().setUp()
        if reason := partners.missing():
            self.skipTest(reason)

    def test_reads_what_happens_from_then_on(self) -> None:
        shop = Shop.open(self.world)
        sku = shop.product()
        sale = shop.ticket(shop.terminal(), [Item(sku, "2", 1999)])
        headers = {"Idempotency-Key": self.world.unique("key"), "traceparent": TRACE}
        position = must(shop.api.send("POST", "/v1/sales", sale, headers=headers)).position
        proto = self.world.scratch / "events.proto"
        proto.write_text(document("/schemas/events.proto"), encoding="utf-8")
        read = self.ours.read(self.waiting(self.ours), proto=str(proto))
        self.assertEqual(read.status, ALL_READ, str(read))
        self.assertEqual({line["subject"].split(".")[1] for line in read.lines}, {self.ours.tenant})
        ids = [line["headers"]["ce-id"] for line in read.lines]
        self.assertEqual(len(set(ids)), len(ids))
        sold = next(line for line in read.lines if line["headers"]["ce-tillposition"] == position
                    and line["subject"].endswith(".sale.SaleCompleted"))
        self.assertEqual(sold["event"]["sale_completed"]["sale_id"], sale["sale_id"])
        self.assertEqual(sold["headers"]["traceparent"], TRACE)
        self.check_headers(read.lines)
        again = self.ours.read(1, seconds=2)
        self.assertEqual((again.status, again.lines), (FEWER_CAME, []), "what is acknowledged comes again")

    def check_headers(self, lines: list[dict[str, Any]]) -> None:
        """As /asyncapi.json describes them."""
        described = json.loads(document("/asyncapi.json"))["components"]
        common = described["schemas"]["EventHeaders"]
        for line in lines:
            name = line["subject"].rpartition(".")[2]
            own = described["messages"][name]["headers"]["allOf"][1]["properties"]
            with self.subTest(line["subject"]):
                self.assertLessEqual(set(common["required"]), set(line["headers"]))
                for rules in (common["properties"], own):
                    for header, rule in rules.items():
                        value = line["headers"].get(header, "")
                        if "const" in rule:
                            self.assertEqual(value, rule["const"])
                        if "pattern" in rule:
                            self.assertRegex(value, rule["pattern"])

    def test_a_subject_can_be_listened_to(self) -> None:
        read = self.ours.read(1, seconds=1, live=f"till.{self.ours.tenant}.sale.>")
        self.assertEqual((read.status, read.error), (FEWER_CAME, ""), str(read))

    def test_cannot_listen_to_others(self) -> None:
        for subject in (f"till.{self.theirs.tenant}.>", "till.>", ">", "$JS.>"):
            with self.subTest(subject):
                read = self.ours.read(1, seconds=2, live=subject)
                self.assertEqual((read.status, read.lines), (REFUSED, []), str(read))
                self.assertIn("Permissions Violation", read.error)

    def test_cannot_read_the_consumer_of_another(self) -> None:
        read = self.ours.read(1, seconds=2, consumer=self.theirs.user)
        self.assertEqual((read.status, read.lines), (REFUSED, []), str(read))

    def test_the_other_has_its_own(self) -> None:
        read = self.theirs.read(self.waiting(self.theirs))
        self.assertEqual(read.status, ALL_READ, str(read))
        self.assertIn(f"till.{self.theirs.tenant}.store.StoreUpserted", [line["subject"] for line in read.lines])
        self.assertEqual({line["subject"].split(".")[1] for line in read.lines}, {self.theirs.tenant})


class Fence(SubscriberTest):
    def subjects_of(self, tenant: str) -> set[str]:
        admin = Nats(self.world.up["nats_url"])
        self.addCleanup(admin.close)
        state = admin.ask("STREAM.INFO.TILL", {"subjects_filter": f"till.{tenant}.>"})["state"]
        return set(state.get("subjects") or {})

    def test_nothing_else_can_be_asked(self) -> None:
        user, other = self.ours.user, self.theirs.user
        for request in ("INFO", "STREAM.NAMES", "STREAM.INFO.TILL", "STREAM.PURGE.TILL", "STREAM.DELETE.TILL",
                        "STREAM.MSG.GET.TILL", f"CONSUMER.DELETE.TILL.{user}", f"CONSUMER.INFO.TILL.{other}",
                        f"CONSUMER.MSG.NEXT.TILL.{other}", "CONSUMER.CREATE.TILL", "CONSUMER.NAMES.TILL",
                        f"CONSUMER.DURABLE.CREATE.TILL.{user}", "STREAM.CREATE.OWN"):
            for prefix in ("$JS.API.", "$JS.till.API."):
                with self.subTest(prefix + request), self.assertRaisesRegex(ConnectionError, "Permissions Violation"):
                    self.opened(self.ours).attempt(f"PUB {prefix}{request} 0\r\n")

    def test_nothing_can_be_published(self) -> None:
        for subject in (f"till.{self.ours.tenant}.sale.Forged", f"till.{self.theirs.tenant}.sale.Forged",
                        f"$JS.ACK.TILL.{self.theirs.user}.1.1.1.1.0", "anything"):
            with self.subTest(subject), self.assertRaisesRegex(ConnectionError, "Permissions Violation"):
                self.opened(self.ours).attempt(f"PUB {subject} 0\r\n")

    def test_an_answer_cannot_be_sent_into_the_stream(self) -> None:
        """What may be asked is answered to whoever asks, not to a subject that the stream takes."""
        nats = self.opened(self.ours)
        for tenant in (self.ours.tenant, self.theirs.tenant):
            for request, body in (("CONSUMER.INFO", ""), ("CONSUMER.MSG.NEXT", '{"batch":1,"no_wait":true}')):
                nats.attempt(f"PUB $JS.till.API.{request}.TILL.{self.ours.user} till.{tenant}.sale.Forged {len(body)}"
                             f"\r\n{body}")
        # Answered after those: what they could do has been done.
        nats.attempt(f"PUB $JS.till.API.CONSUMER.INFO.TILL.{self.ours.user} {nats.inbox}.last 0\r\n")
        self.assertTrue(nats.next().subject.endswith(".last"))
        for tenant in (self.ours.tenant, self.theirs.tenant):
            self.assertNotIn(f"till.{tenant}.sale.Forged", self.subjects_of(tenant))
        self.assertEqual(self.cli().json("relay", "status")["state"], "running")

    def test_the_consumer_is_still_there(self) -> None:
        listed = {one["user"]: one for one in self.cli().json("subscribers", "list")}
        for one in (self.ours, self.theirs):
            self.assertIn("waiting", listed[one.user])


class Operating(SubscriberTest):
    def test_password_is_kept_nowhere(self) -> None:
        for path in (self.world.data / "secrets" / "subscribers.json", self.world.data / "nats" / "subscribers.conf"):
            with self.subTest(path.name):
                self.assertEqual(stat.S_IMODE(path.stat().st_mode), 0o600)
                text = path.read_text()
                self.assertIn(self.ours.tenant, text)
                self.assertNotIn(self.ours.password, text)
        self.assertNotIn(self.ours.password, json.dumps(self.cli().json("subscribers", "list")))

    def test_revoked_ones_are_refused(self) -> None:
        told = self.cli().json("subscribers", "add", self.ours.tenant, self.world.unique("shop"))
        gone = Subscriber.of(told)
        connection = self.opened(gone)
        connection.attempt()
        self.assertEqual(self.cli().run("subscribers", "revoke", gone.tenant, gone.name).status, 0)
        self.assertNotIn(gone.user, json.dumps(self.cli().json("subscribers", "list")))
        deadline = time.monotonic() + CATCH_UP_TIMEOUT_S
        with self.assertRaises(ConnectionError):
            while time.monotonic() < deadline:  # nats-server reads its configuration in its own time
                connection.attempt()
        with self.assertRaises(ConnectionError):
            self.opened(gone).attempt()
        self.assertEqual(self.cli().run("subscribers", "revoke", gone.tenant, gone.name).status, 1)

    def test_others_go_on_when_one_comes_and_goes(self) -> None:
        connection, relay = self.opened(self.theirs), Nats(self.world.up["nats_url"])
        self.addCleanup(relay.close)
        told = self.cli().json("subscribers", "add", self.ours.tenant, self.world.unique("more"))
        self.cli().run("subscribers", "revoke", told["tenant"], told["name"])
        connection.attempt()
        relay.attempt()

    def test_wrong_ones_are_refused(self) -> None:
        self.assertEqual(self.cli().run("subscribers", "add", self.ours.tenant, self.ours.name).status, 2)
        self.assertEqual(self.cli().run("subscribers", "add", self.ours.tenant, "under_score").status, 2)
        self.assertEqual(self.cli().run("subscribers", "add", "no-such-tenant", "erp").status, 1)

    def test_configuration_for_another_server(self) -> None:
        text = self.cli().run("subscribers", "config").out
        self.assertIn(f'"{self.ours.user}": {{', text)
        self.assertIn("$JS.API.CONSUMER.MSG.NEXT.TILL.*", text)
        self.assertNotIn(self.ours.password, text)

