"""The command line: names, exit codes, one JSON document."""

import json
import pathlib
import subprocess
import time

from support.case import ContractTest
from support.cli import Result
from support.shop import Item, Shop

SUBCOMMANDS = ("init", "serve", "tenant add", "key add", "key list", "key revoke", "apply", "import foodmart", "demo",
               "views list", "views rebuild", "views rollback", "views verify", "log show", "log tail", "log verify",
               "log stats", "log head", "log repair", "relay status", "subscribers add", "subscribers list",
               "subscribers revoke", "subscribers config", "bench", "completion")


class CliTest(ContractTest):
    def setUp(self) -> None:
        self.cli()


class Names(CliTest):
    def test_every_subcommand_has_help(self) -> None:
        for name in SUBCOMMANDS:
            with self.subTest(name):
                result = self.cli().run(*name.split(), "--help")
                self.assertEqual(result.status, 0, str(result))
                self.assertIn(name, result.out)  # not the help of the whole program

    def test_version(self) -> None:
        self.assertEqual(self.cli().run("--version").status, 0)

    def test_completion(self) -> None:
        for shell in ("bash", "zsh"):
            result = self.cli().run("completion", shell)
            self.assertEqual(result.status, 0)
            self.assertIn("till", result.out)


class ExitCodes(CliTest):
    def test_unknown_subcommand_is_usage(self) -> None:
        self.assertEqual(self.cli().run("frobnicate").status, 2)

    def test_no_subcommand_is_usage(self) -> None:
        self.assertEqual(self.cli().run().status, 2)

    def test_unknown_option_is_usage(self) -> None:
        self.assertEqual(self.cli().run("log", "stats", "--frobnicate").status, 2)

    def test_missing_argument_is_usage(self) -> None:
        self.assertEqual(self.cli().run("tenant", "add").status, 2)

    def test_unknown_scope_is_usage(self) -> None:
        result = self.cli().run("key", "add", "--tenant", self.world.up["tenant"], "--scope", "king")
        self.assertEqual(result.status, 2, str(result))

    def test_tenant_twice_has_failed(self) -> None:
        result = self.cli().run("tenant", "add", self.world.up["tenant"])
        self.assertEqual(result.status, 1, str(result))
        self.assertEqual(result.out, "")

    def test_tenant_ids_are_checked(self) -> None:
        for tenant in ("Upper", "under_score", "a" * 33, "ä"):
            with self.subTest(tenant):
                self.assertIn(self.cli().run("tenant", "add", tenant).status, (1, 2))

    def test_folder_without_data_is_not_reachable(self) -> None:
        result = self.cli().run("log", "stats", data=self.world.scratch / "nothing")
        self.assertEqual(result.status, 4, str(result))

    def test_address_without_server_is_not_reachable(self) -> None:
        file = self.world.scratch / self.world.unique("commands")
        file.write_text('{"idempotency_key":"a","command":"UpsertStore","body":{"store_id":"a","name":"A"}}\n')
        key = self.world.scratch / self.world.unique("key")
        key.write_text(self.world.up["keys"]["manager"])
        result = self.cli().run("--url", "http://127.0.0.1:1", "--key-file", str(key), "apply", str(file))
        self.assertEqual(result.status, 4, str(result))

    def test_serve_without_a_log_is_5(self) -> None:
        result = self.cli().run("serve", "--port", "0", data=self.world.scratch / "nothing-either")
        self.assertEqual(result.status, 5, str(result))

    def test_good_log_verifies(self) -> None:
        self.assertEqual(self.cli().run("log", "verify").status, 0)

    def test_job_that_is_none_cannot_be_cancelled(self) -> None:
        self.assertEqual(self.cli().run("views", "cancel", "999999").status, 1)

    def test_rebuild_of_a_view(self) -> None:
        result = self.cli().run("views", "rebuild", "read_cache")
        self.assertEqual(result.status, 0, str(result))
        cancelled = self.cli().run("views", "cancel", "1")
        self.assertEqual(cancelled.status, 0, str(cancelled))

    def test_good_views_verify(self) -> None:
        result = self.cli().run("views", "verify")
        self.assertEqual(result.status, 0, str(result))


class Documents(CliTest):
    def document(self, *arguments: str) -> object:
        result = self.cli().run(*arguments, "--output", "json")
        self.assertEqual(result.status, 0, str(result))
        return json.loads(result.out)

    def test_anywhere_one_document(self) -> None:
        for arguments in (["log", "stats"], ["log", "head"], ["log", "verify"], ["log", "show", "1"], ["log", "tail"],
                          ["views", "list"], ["views", "verify"], ["key", "list", "--tenant", self.world.up["tenant"]],
                          ["relay", "status"], ["completion", "bash"]):
            with self.subTest(" ".join(arguments)):
                self.document(*arguments)

    def test_option_may_stand_first(self) -> None:
        result = self.cli().run("--output", "json", "log", "head")
        self.assertEqual(result.status, 0)
        json.loads(result.out)

    def test_key_add(self) -> None:
        made = self.document("key", "add", "--tenant", self.world.up["tenant"], "--scope", "reporting")
        self.assertLessEqual({"key_id", "key", "tenant", "scope"}, set(made))
        self.assertEqual(made["tenant"], self.world.up["tenant"])
        self.assertIn(made["key_id"], str(self.document("key", "list", "--tenant", self.world.up["tenant"])))

    def test_key_list_shows_no_secret(self) -> None:
        text = json.dumps(self.document("key", "list", "--tenant", self.world.up["tenant"]))
        for key in self.world.up["keys"].values():
            self.assertNotIn(key, text)

    def test_terminal_key_needs_a_terminal(self) -> None:
        result = self.cli().run("key", "add", "--tenant", self.world.up["tenant"], "--scope", "terminal")
        self.assertIn(result.status, (1, 2))

    def test_log_stats(self) -> None:
        stats = self.document("log", "stats")
        self.assertLessEqual({"log_id", "epoch", "head", "chain", "transactions", "events", "tenants"}, set(stats))
        demo = next(t for t in stats["tenants"] if t["tenant"] == self.world.up["tenant"])
        self.assertLessEqual({"tenant", "transactions", "sales", "net"}, set(demo))
        self.assertLessEqual({"amount", "currency"}, set(demo["net"][0]))

    def test_log_stats_count_a_sale(self) -> None:
        shop = Shop.open(self.world)
        terminal, sku = shop.terminal(), shop.product()

        def demo() -> tuple[int, int, int]:
            stats = self.document("log", "stats")
            tenant = next(t for t in stats["tenants"] if t["tenant"] == self.world.up["tenant"])
            usd = sum(m["amount"] for m in tenant["net"] if m["currency"] == "USD")
            return tenant["transactions"], tenant["sales"], usd

        before = demo()
        shop.sell(terminal, [Item(sku, "2", 1000)], tax=1)
        self.assertEqual([b - a for a, b in zip(before, demo())], [1, 1, 2000])

    def test_views_list(self) -> None:
        views = self.document("views", "list")
        self.assertIsInstance(views, list)
        for view in views:
            self.assertLessEqual({"view", "generation", "position", "lag", "state", "digest"}, set(view))

    def test_errors_do_not_go_to_stdout(self) -> None:
        result = self.cli().run("--output", "json", "log", "stats", data=self.world.scratch / "nothing")
        self.assertTrue(result.err)
        if result.out:
            json.loads(result.out)


class Apply(ContractTest):
    def file(self, lines: list[object]) -> pathlib.Path:
        path = self.world.scratch / f"{self.world.unique('commands')}.ndjson"
        path.write_text("".join(json.dumps(line) + "\n" for line in lines))
        return path

    def arguments(self, path: pathlib.Path) -> list[str]:
        key = self.world.scratch / self.world.unique("key")
        key.write_text(self.world.up["keys"]["manager"] + "\n")
        return ["--key-file", str(key), "apply", str(path)]

    def apply(self, path: pathlib.Path, *options: str) -> Result:
        return self.cli().run("--url", self.world.up["url"], *self.arguments(path), *options)

    def line(self, **body: object) -> dict[str, object]:
        return {"idempotency_key": self.world.unique("key"), "command": "UpsertStore", "body": body}

    def test_sends_every_line(self) -> None:
        stores = [self.world.unique("store") for _ in range(20)]
        result = self.apply(self.file([self.line(store_id=store, name="A") for store in stores]))
        self.assertEqual(result.status, 0, str(result))
        for store in (stores[0], stores[-1]):
            self.accepted(self.api().command("PUT", f"/v1/stores/{store}/terminals/{self.world.unique('till')}", {}))

    def test_rejected_lines_go_to_their_file(self) -> None:
        good, bad = self.line(store_id=self.world.unique("store"), name="A"), self.line(store_id="a b", name="A")
        path = self.file([good, bad, dict(good, idempotency_key=self.world.unique("key"))])
        self.apply(path)
        lines = path.with_name(f"{path.name}.rejected.ndjson").read_text().splitlines()
        rejected = [json.loads(line) for line in lines]
        self.assertEqual(len(rejected), 1)
        self.assertIn(bad["idempotency_key"], json.dumps(rejected[0]))
        self.assertIn("VALIDATION_FAILED", json.dumps(rejected[0]))

    def test_again_changes_nothing(self) -> None:
        path = self.file([self.line(store_id=self.world.unique("store"), name="A") for _ in range(5)])
        self.assertEqual(self.apply(path).status, 0)
        before = self.cli().json("log", "stats")["transactions"]
        self.assertEqual(self.apply(path).status, 0)
        self.assertEqual(self.cli().json("log", "stats")["transactions"], before)

    def test_documents(self) -> None:
        path = self.file([self.line(store_id=self.world.unique("store"), name="A") for _ in range(3)])
        done = self.apply(path, "--output", "json")
        self.assertEqual((done.json["accepted"], done.json["rejected"], done.json["resumed_at_line"]), (3, 0, 0))

    def test_address_from_the_environment(self) -> None:
        path = self.file([self.line(store_id=self.world.unique("store"), name="A")])
        self.assertEqual(self.cli().run(*self.arguments(path), TILL_URL=self.world.up["url"]).status, 0)
        self.assertEqual(self.cli().run(*self.arguments(path), TILL_URL="http://127.0.0.1:1").status, 4)
        # What is said beats what is set.
        result = self.cli().run("--url", self.world.up["url"], *self.arguments(path), TILL_URL="http://127.0.0.1:1")
        self.assertEqual(result.status, 0, str(result))

    def interrupted(self, count: int, *first: dict[str, object]) -> tuple[pathlib.Path, list[dict[str, object]]]:
        """A file, with `first` before its own lines, whose sending was killed after some and before the last ones."""
        lines = [*first, *(self.line(store_id=self.world.unique("store"), name="A") for _ in range(count))]
        path = self.file(lines)
        progress = path.with_name(path.name + ".progress")
        process = subprocess.Popen([str(self.cli().binary), "--url", self.world.up["url"], *self.arguments(path),
                                    "--batch", "1"], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                   stderr=subprocess.DEVNULL)
        deadline = time.monotonic() + 60
        while not progress.exists() and process.poll() is None and time.monotonic() < deadline:
            time.sleep(0.005)
        process.kill()
        process.wait()
        self.assertTrue(progress.exists(), "it had ended before it was killed")
        return path, lines

    def test_goes_on_where_it_was_killed(self) -> None:
        path, lines = self.interrupted(3000)
        done = self.apply(path, "--output", "json")
        self.assertEqual(done.status, 0, str(done))
        self.assertGreater(done.json["resumed_at_line"], 0)
        self.assertEqual(done.json["resumed_at_line"] + done.json["accepted"], len(lines))
        for line in (lines[0], lines[-1]):
            store = line["body"]["store_id"]
            self.accepted(self.api().command("PUT", f"/v1/stores/{store}/terminals/{self.world.unique('till')}", {}))

    def test_rejections_before_the_kill_count(self) -> None:
        path, _ = self.interrupted(3000, self.line(store_id="a b", name="A"))
        done = self.apply(path, "--output", "json")
        self.assertEqual(done.status, 1, str(done))
        self.assertGreater(done.json["resumed_at_line"], 0)
        self.assertEqual(done.json["rejected"], 1)
        self.assertEqual(len(path.with_name(f"{path.name}.rejected.ndjson").read_text().splitlines()), 1)

    def test_rejections_that_cannot_be_written_end_the_run(self) -> None:
        path = self.file([self.line(store_id="a b", name="A")])
        path.with_name(f"{path.name}.rejected.ndjson").mkdir()
        done = self.apply(path)
        self.assertEqual(done.status, 1, str(done))
        self.assertIn("cannot write", done.err)

    def test_begins_anew_where_the_lines_are_others(self) -> None:
        path, lines = self.interrupted(3000)
        lines[0] = self.line(store_id=self.world.unique("store"), name="B")
        path.write_text("".join(json.dumps(line) + "\n" for line in lines))
        done = self.apply(path, "--output", "json")
        self.assertEqual((done.json["resumed_at_line"], done.json["accepted"]), (0, len(lines)), str(done))

    def test_begins_anew_where_the_file_was_cut(self) -> None:
        path, lines = self.interrupted(3000)
        path.write_text("".join(json.dumps(line) + "\n" for line in lines[1:2]))
        done = self.apply(path, "--output", "json")
        self.assertEqual((done.json["resumed_at_line"], done.json["accepted"]), (0, 1), str(done))

    def test_without_a_key_file_is_usage(self) -> None:
        result = self.cli().run("--url", self.world.up["url"], "apply", str(self.file([])))
        self.assertEqual(result.status, 2, str(result))
