"""A private MariaDB in a folder of its own."""

from __future__ import annotations

import os
import pathlib
import shutil
import signal
import socket
import subprocess

from support.check import Failed, Skipped, eventually
from support.child import Child, free_port

START_TIMEOUT_S = 90.0
INSTALL_TIMEOUT_S = 180.0
PASSWORD = "a-password-of-this-test"
USER = "till"


def as_root() -> list[str]:
    return ["--user=root"] if os.geteuid() == 0 else []


def make_template(folder: pathlib.Path) -> pathlib.Path:
    """A fresh database that each server copies. Skipped where MariaDB is not installed."""
    for program in ("mariadbd", "mariadb-install-db"):
        if not shutil.which(program):
            raise Skipped(f"{program} is not installed")
    template = folder / "mariadb-template"
    if not template.exists():
        made = subprocess.run(["mariadb-install-db", "--no-defaults", "--force", "--auth-root-authentication-method=normal",
                               "--skip-test-db", f"--datadir={template}", f"--tmpdir={folder}",
                               *as_root()],
                              capture_output=True, text=True, timeout=INSTALL_TIMEOUT_S, check=False)
        if made.returncode != 0:
            raise Failed(f"mariadb-install-db: {made.stdout}{made.stderr}")
    return template


class MariaDb:
    def __init__(self, template: pathlib.Path, folder: pathlib.Path) -> None:
        self.folder = folder
        self.port = free_port()
        shutil.copytree(template, folder / "data")
        (folder / "tmp").mkdir()  # a server that starts deletes the temporary tables of others in the same folder
        self._access = folder / "client.cnf"
        self._access.write_text(f"[client]\nuser={USER}\npassword={PASSWORD}\n")
        self._access.chmod(0o600)
        (folder / "init.sql").write_text(
            "CREATE DATABASE IF NOT EXISTS till CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;\n"
            f"CREATE USER IF NOT EXISTS '{USER}'@'127.0.0.1' IDENTIFIED BY '{PASSWORD}';\n"
            f"GRANT ALL PRIVILEGES ON till.* TO '{USER}'@'127.0.0.1';\n")
        self.start()

    def start(self) -> None:
        self._child = Child(["mariadbd", "--no-defaults", f"--datadir={self.folder}/data",
                             f"--tmpdir={self.folder}/tmp", f"--socket={self.folder}/s",
                             f"--port={self.port}", "--bind-address=127.0.0.1",
                             f"--init-file={self.folder}/init.sql", f"--pid-file={self.folder}/pid",
                             "--skip-name-resolve", "--character-set-server=utf8mb4", "--local-infile=1",
                             "--performance-schema=OFF", "--innodb-buffer-pool-size=128M", *as_root()],
                            self.folder / "log")
        eventually(self._greets, START_TIMEOUT_S, f"MariaDB starts; see {self.folder}/log")

    def _greets(self) -> bool:
        if not self._child.running:
            raise Failed(f"MariaDB ended: {(self.folder / 'log').read_text(errors='replace')[-1500:]}")
        try:
            with socket.create_connection(("127.0.0.1", self.port), timeout=2) as connection:
                return bool(connection.recv(1))
        except OSError:
            return False

    def stop(self) -> None:
        self._child.end(signal.SIGTERM)

    def kill(self) -> None:
        self._child.end(signal.SIGKILL)

    def close(self) -> None:
        self._child.close()

    def services(self) -> str:
        return (f'[mysql]\nhost = "127.0.0.1"\nport = {self.port}\ndatabase = "till"\n'
                f'user = "{USER}"\npassword = "{PASSWORD}"\n')

    def text(self, sql: str) -> str:
        """One line a row, columns between tabs, NULL as `NULL`. Skipped where the client is not installed."""
        if not shutil.which("mariadb"):
            raise Skipped("the client `mariadb` is not installed")
        done = subprocess.run(["mariadb", f"--defaults-file={self._access}", "--host=127.0.0.1", f"--port={self.port}",
                               "--batch", "--skip-column-names", "till"],
                              input=sql, capture_output=True, text=True, timeout=300, check=False)
        if done.returncode != 0:
            raise Failed(f"SQL failed: {done.stderr.strip()} in {sql[:300]}")
        return done.stdout

    def query(self, sql: str) -> list[list[str]]:
        return [line.split("\t") for line in self.text(sql).splitlines()]
