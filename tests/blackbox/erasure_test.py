"""An erased customer stays erased: over restarts, rebuilds of the views, and with a file of keys from a backup."""

import pathlib
import shutil
import time
from typing import Any

from support.case import ContractTest
from support.cli import Cli, Result
from support.client import Answer, Api
from support.server import Server
from support.shop import Item, Shop
from support.world import World, load_up, world

SLOT = 128  # bytes of a person in the file of keys: state at 4, key at 32 to 63
ERASED = 2
DESTROYED_WITHIN_S = 10.0


def erased_slots(file: pathlib.Path) -> list[bytes]:
    content = file.read_bytes()
    slots = [content[at:at + SLOT] for at in range(SLOT, len(content), SLOT)]
    return [slot for slot in slots if slot[4] == ERASED]


class Erasure(ContractTest):
    """Three lives of a data folder: the erasure, a restart with rebuilt views, one with the keys of before."""

    personal: dict[str, str]
    erased: Answer
    again: Answer
    reads: dict[str, Answer]
    kept: Answer
    registered: Answer
    destroyed: list[int]
    held_by: dict[str, list[str]]
    runs: dict[str, Result]

    @classmethod
    def setUpClass(cls) -> None:
        shared = world()
        binary = shared.cli()
        if not shared.server or not binary:
            return
        data = shared.scratch / "erasure"
        cls.personal = {"name": f"Erased{shared.seed}Name", "email": f"erased-{shared.seed}@example.net",
                        "phone": f"+49 555 {shared.seed}"}
        cls.reads, cls.destroyed, cls.held_by, cls.runs = {}, [], {}, {}
        server = cls.start(data, binary)
        try:
            cls.first_life(shared, server, data)
            server.stop()
            cls.look_for_plain_text("after the erasure", data)
            server = cls.start(data, binary)
            cls.second_life(server, data, binary)
            server.stop()
            cls.look_for_plain_text("after the rebuild", data)
            shutil.copy(shared.scratch / "persons.backup", data / "keys" / "persons.keys")
            server = cls.start(data, binary)
            cls.read(server, "with the keys of before")
            cls.destroyed.append(len(erased_slots(data / "keys" / "persons.keys")))
            server.stop()
            cls.look_for_plain_text("with the keys of before", data)
        finally:
            server.kill()

    @classmethod
    def start(cls, data: pathlib.Path, binary: Cli) -> Server:
        server = Server(data, binary.binary)
        try:
            server.wait_ready()
        except BaseException:
            server.kill()
            raise
        return server

    @classmethod
    def api_of(cls, server: Server) -> Api:
        up = load_up(server.up_json)
        return Api(up["url"], up["keys"]["manager"])

    @classmethod
    def read(cls, server: Server, when: str) -> None:
        cls.reads[when] = cls.api_of(server).read("/v1/customers/gone", cls.erased.position)

    @classmethod
    def first_life(cls, shared: World, server: Server, data: pathlib.Path) -> None:
        api = cls.api_of(server)
        life = World(shared.seed, load_up(server.up_json), data, None, None, shared.scratch)
        shop = Shop.open(life)
        made = api.command("POST", "/v1/customers", {"customer_id": "gone"} | cls.personal)
        assert made.status == 201, str(made)
        assert api.command("POST", "/v1/customers", {"customer_id": "stays", "name": "Eve"}).status == 201
        sale = shop.sell(shop.terminal(), [Item(shop.product())], customer_id="gone")
        shutil.copy(data / "keys" / "persons.keys", shared.scratch / "persons.backup")
        cls.erased = api.command("POST", "/v1/customers/gone/erase", {"legal_basis": "CONSENT_WITHDRAWN"})
        assert cls.erased.status == 201, str(cls.erased)
        cls.again = api.command("POST", "/v1/customers/gone/erase", {"legal_basis": "OBJECTION"})
        cls.read(server, "at once")
        cls.registered = api.command("POST", "/v1/customers", {"customer_id": "gone"} | cls.personal)
        cls.kept = api.read(f"/v1/sales/{sale['sale_id']}", cls.erased.position)
        until = time.monotonic() + DESTROYED_WITHIN_S
        while not erased_slots(data / "keys" / "persons.keys") and time.monotonic() < until:
            time.sleep(0.05)
        cls.destroyed.append(len(erased_slots(data / "keys" / "persons.keys")))

    @classmethod
    def second_life(cls, server: Server, data: pathlib.Path, binary: Cli) -> None:
        cls.read(server, "after a restart")
        for view in ("read_cache", "reporting"):
            cls.runs[f"rebuild of {view}"] = binary.run("views", "rebuild", view, data=data)
        cls.read(server, "after a rebuild")
        cls.runs["log verify"] = binary.run("log", "verify", data=data)
        cls.runs["views verify"] = binary.run("views", "verify", data=data)
        other = cls.api_of(server).read("/v1/customers/stays")
        assert other.json["name"] == "Eve", str(other)

    @classmethod
    def look_for_plain_text(cls, when: str, data: pathlib.Path) -> None:
        found = []
        for path in data.rglob("*"):
            if not path.is_file():
                continue
            content = path.read_bytes()
            found += [f"{path.relative_to(data)}: {value}" for value in cls.personal.values() if value.encode() in content]
        cls.held_by[when] = found

    def setUp(self) -> None:
        if not self.world.server:
            self.skipTest("a running server is used")
        self.cli()

    def test_reads_say_that_the_customer_was_erased(self) -> None:
        self.assertEqual(len(self.reads), 4)
        for when, answer in self.reads.items():
            with self.subTest(when):
                self.problem(answer, 410, "CUSTOMER_ERASED")

    def test_erased_again_gives_the_first_answer(self) -> None:
        self.assertEqual(self.again.status, 201, str(self.again))
        self.assertEqual(self.again.json, self.erased.json)

    def test_does_not_register_again(self) -> None:
        self.problem(self.registered, 410, "CUSTOMER_ERASED")

    def test_sales_stay(self) -> None:
        view: dict[str, Any] = self.ok(self.kept)
        self.assertEqual(view["customer_id"], "gone")

    def test_key_is_destroyed_each_time(self) -> None:
        self.assertEqual(self.destroyed, [1, 1])

    def test_plain_text_is_in_no_file(self) -> None:
        self.assertEqual(self.held_by, {"after the erasure": [], "after the rebuild": [], "with the keys of before": []})

    def test_chain_and_views_still_verify(self) -> None:
        for what, result in self.runs.items():
            with self.subTest(what):
                self.assertEqual(result.status, 0, str(result))
