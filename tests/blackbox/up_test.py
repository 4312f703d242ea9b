"""Starting: what up.json says and which ports are open to whom."""

import pathlib
import stat
from urllib.parse import urlsplit

from support.case import ContractTest
from support.client import Api


def listening(port: int) -> set[str]:
    """Local IPv4 addresses, in the kernel's hexadecimal form, at which a port is listened to."""
    lines = pathlib.Path("/proc/net/tcp").read_text().splitlines()[1:]
    rows = (line.split() for line in lines)
    return {row[1].split(":")[0] for row in rows if row[3] == "0A" and int(row[1].split(":")[1], 16) == port}


class UpJson(ContractTest):
    def test_has_every_field(self) -> None:
        expected = {"url", "tenant", "store_id", "terminal_id", "keys", "mysql", "nats_url", "admin_url", "pid"}
        self.assertLessEqual(expected, set(self.world.up))

    def test_has_every_key(self) -> None:
        self.assertEqual({"terminal", "manager", "reporting", "admin"}, set(self.world.up["keys"]))

    def test_has_every_field_of_mysql(self) -> None:
        self.assertLessEqual({"socket", "port", "database", "user", "password"}, set(self.world.up["mysql"]))
        self.assertEqual(self.world.up["mysql"]["database"], "till")

    def test_is_readable_by_its_owner_only(self) -> None:
        self.assertEqual(stat.S_IMODE((self.world.data / "up.json").stat().st_mode), 0o600)

    def test_names_the_url_of_the_ready_line(self) -> None:
        if not self.world.server:
            self.skipTest("the server was started by somebody else")
        self.assertEqual(self.world.ready_url, self.world.up["url"])

    def test_names_the_process(self) -> None:
        self.assertTrue(pathlib.Path(f"/proc/{self.world.up['pid']}").exists())
        if self.world.server:
            self.assertEqual(self.world.up["pid"], self.world.server.process.pid)

    def test_mysql_socket_path_is_short_enough(self) -> None:
        self.assertLessEqual(len(self.world.up["mysql"]["socket"].encode()), 107)

    def test_socket_of_the_operator_is_private(self) -> None:
        mode = (self.world.data / "till.sock").stat().st_mode
        self.assertTrue(stat.S_ISSOCK(mode))
        self.assertEqual(stat.S_IMODE(mode), 0o600)

    def test_no_file_with_secrets_is_open_to_others(self) -> None:
        secrets = [*self.world.up["keys"].values(), self.world.up["mysql"]["password"]]
        for path in self.world.data.iterdir():
            if not path.is_file() or not stat.S_IMODE(path.stat().st_mode) & 0o077:
                continue
            text = path.read_text(errors="replace")
            self.assertFalse([s for s in secrets if s in text], f"{path.name} shows a secret to others")


class Ports(ContractTest):
    def test_tenants_are_served_on_loopback(self) -> None:
        self.assertEqual(listening(urlsplit(self.world.up["url"]).port or 0), {"0100007F"})

    def test_metrics_listen_apart(self) -> None:
        self.assertNotEqual(self.world.up["admin_url"], self.world.up["url"])
        self.assertEqual(self.api().send("GET", "/metrics").status, 404)

    def test_admin_port_serves_no_tenant(self) -> None:
        admin = Api(self.world.up["admin_url"], self.world.up["keys"]["admin"])
        self.assertEqual(admin.read("/v1/dashboards/tenant").status, 404)

    def test_operator_routes_are_not_public(self) -> None:
        for path in ("/operator/tenants", "/operator/keys", "/console"):
            with self.subTest(path):
                self.assertEqual(self.api("admin").send("GET", path).status, 404)


class Service(ContractTest):
    def test_livez(self) -> None:
        self.assertEqual(Api(self.world.up["url"], None).send("GET", "/livez").status, 200)

    def test_readyz(self) -> None:
        self.assertEqual(Api(self.world.up["url"], None).send("GET", "/readyz").status, 200)

    def test_docs_load_in_a_browser(self) -> None:
        answer = Api(self.world.up["url"], None).send("GET", "/docs")
        self.assertEqual(answer.status, 200)
        self.assertTrue(answer.headers["content-type"].startswith("text/html"))
        page = answer.body.decode()
        for word in ("RingUpSale", "/v1/sales", "Idempotency-Key"):
            self.assertIn(word, page)

    def test_docs_need_no_other_site(self) -> None:
        page = Api(self.world.up["url"], None).send("GET", "/docs").body.decode()
        for fetched in ('src="http', "src='http", '<link rel="stylesheet" href="http', "@import"):
            self.assertNotIn(fetched, page)


