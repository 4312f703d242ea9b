"""Stopping and starting again; starts that cannot be. Servers and folders of their own, the last ones deep."""

import pathlib
import shutil
import signal
import stat
import subprocess
from typing import Any

from support.case import ContractTest
from support.cli import Cli, Result
from support.client import Answer, Api
from support.server import Server, Stopped
from support.shop import Item, Shop
from support.world import World, load_up, world

REFUSAL_TIMEOUT_S = 30.0
DEEP = 3  # folders of 50 characters: more than a socket's path may have


class TwoLives(ContractTest):
    """The first life of a data folder ends by SIGINT, the second by SIGTERM."""

    first: dict[str, Any]
    second: dict[str, Any]
    ends: list[Stopped]
    modes: list[int]
    sold: Answer
    voided: Answer
    seen_again: Answer
    replayed_again: Answer
    rung_up_again: Answer

    @classmethod
    def setUpClass(cls) -> None:
        shared = world()
        if not shared.server:
            return
        data = shared.scratch.joinpath(*["d" * 50] * DEEP, "data")
        data.parent.mkdir(parents=True)
        binary = shared.cli()
        cls.ends, cls.modes = [], []
        server = Server(data, binary.binary if binary else None)
        try:
            server.wait_ready()
            cls.first = load_up(server.up_json)
            cls.modes = [stat.S_IMODE(path.stat().st_mode) for path in data.glob("demo-keys*")]
            life = World(shared.seed, cls.first, data, None, None, shared.scratch)
            shop = Shop.open(life)
            terminal, sku = shop.terminal(), shop.product()
            sale = shop.ticket(terminal, [Item(sku)])
            cls.sold = shop.send(sale, key=life.unique("key"))
            key = f"key-{shared.seed}-life"
            cls.voided = shop.void(sale["sale_id"], key=key)
            cls.ends.append(server.stop(signal.SIGINT))
            server = Server(data, binary.binary if binary else None)
            server.wait_ready()
            cls.second = load_up(server.up_json)
            api = Api(cls.second["url"], cls.first["keys"]["manager"])
            cls.seen_again = api.read(f"/v1/sales/{sale['sale_id']}", cls.sold.position)
            path = f"/v1/sales/{sale['sale_id']}/void"
            cls.replayed_again = api.command("POST", path, {"reason": "wrong item"}, key=key)
            cls.rung_up_again = shop.send(sale, api=api)
            cls.ends.append(server.stop(signal.SIGTERM))
        finally:
            server.kill()

    def setUp(self) -> None:
        if not self.world.server:
            self.skipTest("a running server is used")

    def test_serves_in_a_deep_folder(self) -> None:
        self.assertEqual(self.sold.status, 201, str(self.sold))

    def test_keys_beside_the_data_are_private(self) -> None:
        self.assertTrue(self.modes)
        self.assertEqual(set(self.modes), {0o600})

    def test_second_start_has_the_same_keys(self) -> None:
        self.assertEqual(self.second["keys"], self.first["keys"])

    def test_second_start_has_the_same_tenant(self) -> None:
        for name in ("tenant", "store_id", "terminal_id"):
            self.assertEqual(self.second[name], self.first[name])

    def test_second_start_finds_its_data(self) -> None:
        self.assertEqual(self.ok(self.seen_again)["state"], "VOIDED")

    def test_second_start_replays_what_the_first_answered(self) -> None:
        self.replayed(self.replayed_again, self.voided)

    def test_second_start_knows_terminal_numbers(self) -> None:
        self.assertEqual(self.rung_up_again.status, 201, str(self.rung_up_again))
        self.assertEqual(self.rung_up_again.json, self.sold.json)

    def test_sigint_and_sigterm_end_with_0(self) -> None:
        self.assertEqual([end.status for end in self.ends], [0, 0])

    def test_no_child_is_left(self) -> None:
        self.assertEqual([end.children for end in self.ends], [[], []])

    def test_up_json_is_removed(self) -> None:
        self.assertEqual([end.up_json_left for end in self.ends], [False, False])


class FailedStarts(ContractTest):
    def folder(self) -> pathlib.Path:
        return self.world.scratch / self.world.unique("folder")

    def made(self) -> tuple[Cli, pathlib.Path]:
        cli, data = self.cli(), self.folder()
        result = cli.run("init", data=data)
        self.assertEqual(result.status, 0, str(result))
        return cli, data

    def test_data_that_is_a_file_is_one_sentence_and_exit_1(self) -> None:
        path = self.folder()
        path.write_text("")
        result = self.cli().run("up", "--port", "0", data=path)
        self.assertEqual(result.status, 1, str(result))
        self.assertEqual(len(result.err.strip().splitlines()), 1, result.err)

    def test_second_server_of_a_folder_is_refused(self) -> None:
        result = self.cli().run("serve", "--port", "0")
        self.assertEqual(result.status, 1, str(result))
        self.assertEqual(len(result.err.strip().splitlines()), 1, result.err)

    def test_port_that_is_no_port_is_usage(self) -> None:
        self.assertEqual(self.cli().run("up", "--port", "99999", data=self.folder()).status, 2)

    def test_init_writes_till_toml(self) -> None:
        _, data = self.made()
        self.assertTrue((data / "till.toml").is_file())

    def test_unknown_key_of_the_configuration_is_refused(self) -> None:
        cli, data = self.made()
        with open(data / "till.toml", "a", encoding="utf-8") as file:
            file.write("\nno_such_setting = 1\n")
        result = cli.run("serve", "--port", "0", data=data)
        self.assertEqual(result.status, 2, str(result))
        self.assertIn("no_such_setting", result.err)

    def test_open_address_without_tls_is_refused(self) -> None:
        cli, data = self.made()
        path = data / "till.toml"
        text = path.read_text()
        self.assertIn("127.0.0.1", text)
        path.write_text(text.replace('# address = "127.0.0.1"', 'address = "0.0.0.0"', 1))
        result = cli.run("serve", "--port", "0", data=data)
        self.assertEqual(result.status, 2, str(result))
        self.assertIn("TLS", result.err)

    def test_missing_log_is_exit_5(self) -> None:
        cli, data = self.made()
        (data / "log").rename(data / "log.away")
        result = cli.run("serve", "--port", "0", data=data)
        self.assertEqual(result.status, 5, str(result))
        self.assertFalse((data / "log").exists(), "a missing log was replaced by a new one")

    def test_log_of_another_history_is_exit_5(self) -> None:
        cli, data = self.made()
        self.assertEqual(cli.run("tenant", "add", "first", data=data).status, 0)
        _, other = self.made()
        (data / "log").rename(data / "log.away")
        (other / "log").rename(data / "log")
        self.refused_with_5(cli, data)

    def test_log_shorter_than_its_views_is_exit_5(self) -> None:
        cli, data = self.made()
        self.assertEqual(cli.run("tenant", "add", "first", data=data).status, 0)
        shutil.copytree(data / "log", data / "log.before")
        self.assertEqual(cli.run("tenant", "add", "second", data=data).status, 0)
        (data / "log").rename(data / "log.away")
        (data / "log.before").rename(data / "log")
        self.refused_with_5(cli, data)

    def refused_with_5(self, cli: Cli, data: pathlib.Path) -> None:
        try:
            result: Result | None = cli.run("serve", "--port", "0", data=data, timeout_s=REFUSAL_TIMEOUT_S)
        except subprocess.TimeoutExpired:
            result = None
        self.assertEqual(result.status if result else "it serves", 5, str(result))

    def test_operator_commands_work_without_a_server(self) -> None:
        cli, data = self.made()
        self.assertEqual(cli.run("tenant", "add", "alone", data=data).status, 0)
        result = cli.run("--output", "json", "log", "stats", data=data)
        self.assertEqual(result.status, 0, str(result))
        self.assertEqual([t["tenant"] for t in result.json["tenants"]], ["alone"])
