"""A data folder of its own, with no server on it: init, configuration, repair, and documents of what is done offline."""

import os
import pathlib
import shutil
import signal
import socket
import subprocess
import time
from typing import Any

from support.case import ContractTest
from support.cli import Result
from support.client import Api

START_TIMEOUT_S = 60.0


class FolderTest(ContractTest):
    def setUp(self) -> None:
        self.data = self.world.scratch / self.world.unique("folder")

    def run_in(self, *arguments: str) -> Result:
        return self.cli().run(*arguments, data=self.data)

    def document(self, *arguments: str) -> Any:
        """Exactly one document on stdout."""
        result = self.run_in(*arguments, "--output", "json")
        self.assertEqual(result.status, 0, str(result))
        return result.json

    def init(self) -> None:
        self.assertEqual(self.run_in("init").status, 0)

    def configure(self, text: str) -> None:
        (self.data / "till.toml").write_text(text)


class LostFiles(FolderTest):
    def test_what_is_not_derivable_is_not_made_anew_in_silence(self) -> None:
        self.init()
        self.document("tenant", "add", "acme")
        for name in ("secrets/master", "secrets/persons", "keys/persons.keys"):
            kept = self.data / name
            aside = self.data / "aside"
            kept.rename(aside)
            refused = self.run_in("tenant", "add", "other")
            self.assertNotEqual(refused.status, 0, name)
            self.assertIn(name, refused.err)
            self.assertFalse(kept.exists(), name)
            aside.rename(kept)
        self.document("tenant", "add", "other")


class Documents(FolderTest):
    def test_init_escapes_its_path(self) -> None:
        self.data = self.world.scratch / (self.world.unique("a") + '"quoted\\name"')
        made = self.document("init")
        self.assertEqual(made["data"], str(self.data))
        self.assertTrue(made["log_id"])

    def test_tenant_and_key_without_a_server(self) -> None:
        self.init()
        self.assertEqual(self.document("tenant", "add", "acme")["tenant"], "acme")
        made = self.document("key", "add", "--tenant", "acme", "--scope", "manager")
        self.assertIn(made["key_id"], str(self.document("key", "list", "--tenant", "acme")))

    def test_rebuild_without_a_server(self) -> None:
        self.init()
        self.document("tenant", "add", "acme")
        view = self.document("views", "list")[0]["view"]
        self.assertEqual(self.document("views", "rebuild", view)["state"], "done")

    def test_stdout_is_the_documents_while_a_store_has_something_to_say(self) -> None:
        self.init()
        self.document("tenant", "add", "acme")
        shutil.rmtree(self.data / "books")
        self.document("log", "stats")


class Modes(FolderTest):
    def test_others_see_nothing_whatever_the_umask(self) -> None:
        before = os.umask(0)
        try:
            self.init()
            self.document("tenant", "add", "acme")
        finally:
            os.umask(before)
        self.assertEqual(self.data.stat().st_mode & 0o777 & ~0o711, 0)
        for path in self.data.iterdir():
            if path.is_dir():
                with self.subTest(path.name):
                    self.assertEqual(path.stat().st_mode & 0o777, 0o700)


class Repair(FolderTest):
    def test_nothing_to_repair(self) -> None:
        self.init()
        self.document("tenant", "add", "acme")
        self.assertEqual(self.document("log", "repair"), {"cut": False, "kept": 2})
        self.assertEqual(self.run_in("log", "repair").out, "")

    def test_a_loss_is_accepted(self) -> None:
        self.init()
        for tenant in ("one", "two", "three"):
            self.document("tenant", "add", tenant)
        before = self.document("log", "head")
        done = self.document("log", "repair", "--accept-loss", "--keep", "3", "--reason", "a test")
        self.assertEqual(done, {"cut": True, "kept": 3})
        after = self.document("log", "head")
        self.assertEqual((after["epoch"], after["head"]), (before["epoch"] + 1, 4))
        self.assertEqual(self.run_in("log", "verify").status, 0)
        self.document("tenant", "add", "three")  # what was cut is free again
        self.assertNotEqual(self.run_in("tenant", "add", "two").status, 0)


class Configuration(FolderTest):
    def setUp(self) -> None:
        super().setUp()
        self.init()

    def check(self, text: str, *arguments: str) -> Result:
        self.configure(text)
        return self.run_in("serve", "--check-config", *arguments)

    def refused(self, text: str, word: str, *arguments: str) -> None:
        result = self.check(text, *arguments)
        self.assertEqual(result.status, 2, str(result))
        self.assertIn(word, result.err)
        # What the check refuses does not start either.
        self.assertEqual(self.run_in("serve", *arguments).status, 2)

    def certificate(self, name: str) -> tuple[pathlib.Path, pathlib.Path]:
        if not shutil.which("openssl"):
            self.skipTest("the openssl program is not installed")
        key, certificate = self.data / f"{name}.key", self.data / f"{name}.crt"
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1",
                        "-nodes", "-subj", "/CN=till", "-keyout", str(key), "-out", str(certificate)],
                       check=True, capture_output=True)
        return certificate, key

    def test_what_init_wrote_is_valid(self) -> None:
        self.assertTrue(self.document("serve", "--check-config")["valid"])

    def test_words_that_are_no_address(self) -> None:
        for text in ('[http]\naddress = "localhost"\n', '[http]\naddress = "127.0.0.1.9"\n',
                     '[admin]\naddress = "localhost"\n'):
            with self.subTest(text):
                self.refused(text, "address")

    def test_unknown_key_names_its_line(self) -> None:
        self.refused("[http]\n\nprot = 1\n", "line 3")

    def test_open_address_needs_tls_or_a_proxy(self) -> None:
        self.refused('[http]\naddress = "0.0.0.0"\n', "behind_proxy")
        self.assertEqual(self.check('[http]\naddress = "0.0.0.0"\nbehind_proxy = true\n').status, 0)

    def test_metrics_stay_on_this_machine(self) -> None:
        self.refused('[http]\nbehind_proxy = true\n[admin]\naddress = "0.0.0.0"\n', "admin.address")

    def test_tls_files_are_read(self) -> None:
        certificate, key = self.certificate("one")
        _, other = self.certificate("other")

        def tls(certificate: object, key: object) -> str:
            return f'[http]\ntls_certificate_file = "{certificate}"\ntls_key_file = "{key}"\n'

        self.assertEqual(self.check(tls(certificate, key)).status, 0)
        self.refused(tls(self.data / "missing", key), "certificate")
        self.refused(tls(certificate, self.data / "missing"), "key")
        self.refused(tls(certificate, other), "key")
        self.refused(f'[http]\ntls_certificate_file = "{certificate}"\n', "go together")

    def test_a_database_needs_a_user(self) -> None:
        self.refused('[mysql]\npassword = "secret"\n', "mysql.user")
        self.refused('[mysql]\nhost = "127.0.0.1"\n', "mysql.user")
        self.assertEqual(self.check('[mysql]\nhost = "127.0.0.1"\nuser = "till"\n').status, 0)

    def test_missing_services_file(self) -> None:
        self.refused("", "services", "--services", str(self.data / "services-missing.toml"))


class Stopping(FolderTest):
    def test_a_signal_ends_a_start_at_once(self) -> None:
        self.init()
        secrets = self.data / "secrets"
        secrets.mkdir(mode=0o700)
        os.mkfifo(secrets / "master", 0o600)  # the start waits for what nobody writes
        with open(self.data / "serve.stderr", "wb") as errors:
            process = subprocess.Popen([str(self.cli().binary), "--data", str(self.data), "serve", "--port", "0"],
                                       stdin=subprocess.DEVNULL, stdout=errors, stderr=errors, start_new_session=True)
        try:
            deadline = time.monotonic() + START_TIMEOUT_S
            while not (self.data / "books" / "CURRENT").exists() and time.monotonic() < deadline:
                time.sleep(0.01)
            process.send_signal(signal.SIGTERM)
            self.assertEqual(process.wait(START_TIMEOUT_S), 128 + signal.SIGTERM)
        finally:
            process.kill()


class BehindProxy(FolderTest):
    def test_serves_on_every_address(self) -> None:
        self.init()
        self.configure('[http]\naddress = "0.0.0.0"\nport = 0\nbehind_proxy = true\n')
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        with open(self.data / "serve.stderr", "wb") as errors:
            process = subprocess.Popen([str(self.cli().binary), "--data", str(self.data), "serve", "--port", str(port)],
                                       stdin=subprocess.DEVNULL, stdout=errors, stderr=errors, start_new_session=True)
        try:
            deadline = time.monotonic() + START_TIMEOUT_S
            while True:
                try:
                    # Another loopback address than the default one.
                    ready = Api(f"http://127.0.0.2:{port}", None).send("GET", "/readyz").status == 200
                except OSError:
                    ready = False
                if ready or time.monotonic() > deadline or process.poll() is not None:
                    break
                time.sleep(0.05)
            self.assertTrue(ready, (self.data / "serve.stderr").read_text())
        finally:
            process.send_signal(signal.SIGTERM)
            self.assertEqual(process.wait(START_TIMEOUT_S), 0)
