"""A real MariaDB server of another system: the Debian package, in a temporary folder."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import time
from pathlib import Path

from benchmarks.ports import free_port
from tests.peers.authority import Authority

ACCOUNT = "nobody"
PASSWORD = "a reader's, of this test only"
CONFIG = """
[mariadbd]
datadir={data}
socket={folder}/socket
pid-file={folder}/pid
log-error={folder}/log
port={port}
bind-address=127.0.0.1
skip-name-resolve
innodb-flush-log-at-trx-commit=0
innodb-buffer-pool-size=32M
{more}
"""


def program(name: str) -> str:
    """The path of a program of MariaDB."""
    found = shutil.which(name) or shutil.which(name, path="/usr/sbin:/usr/local/sbin")
    assert found, f"there is no {name}: run tools/prepare_tests.sh"
    return found


class MariadbPeer:
    """The server, with TLS where there is an authority.

    Its owner is ``root`` over the socket; ``reader`` may read, ``writer`` write.
    """

    def __init__(self, folder: Path, *, authority: Authority | None = None) -> None:
        self.folder = folder
        self.port = free_port()
        self._root = os.geteuid() == 0
        self._process: subprocess.Popen[bytes] | None = None
        self._config = folder / "my.cnf"
        data = folder / "data"
        more = ""
        files = authority.issue() if authority else ()
        for key, file in zip(("ssl-cert", "ssl-key"), files, strict=False):
            more += f"{key}={file}\n"
            if self._root:
                os.chown(file, pwd.getpwnam(ACCOUNT).pw_uid, -1)
        self._config.write_text(CONFIG.format(data=data, folder=folder, port=self.port, more=more))
        if self._root:
            owner = pwd.getpwnam(ACCOUNT)
            os.chown(folder, owner.pw_uid, owner.pw_gid)
        subprocess.run(
            [
                program("mariadb-install-db"),
                f"--defaults-file={self._config}",
                "--auth-root-authentication-method=normal",
                "--skip-test-db",
                f"--datadir={data}",
                *self._account(),
            ],
            check=True,
            capture_output=True,
            timeout=120,
        )

    def start(self) -> None:
        """Start it; return when it answers."""
        self._process = subprocess.Popen(
            [program("mariadbd"), f"--defaults-file={self._config}", *self._account()],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        for _ in range(600):
            if self._client("SELECT 1").returncode == 0:
                return
            assert self._process.poll() is None, (self.folder / "log").read_text()[-2000:]
            time.sleep(0.05)
        raise AssertionError("MariaDB does not answer")

    def stop(self) -> None:
        """Stop it at once, as a power cut would."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def sql(self, statements: str, database: str = "") -> None:
        """Run statements as the owner."""
        done = self._client(statements, database)
        assert done.returncode == 0, done.stderr.decode()

    def make(self, database: str) -> None:
        """Make a database anew, which ``reader`` may read and ``writer`` also write."""
        self.sql(
            f"""
            DROP DATABASE IF EXISTS {database};
            CREATE DATABASE {database} CHARACTER SET utf8mb4;
            CREATE USER IF NOT EXISTS reader@'127.0.0.1' IDENTIFIED BY "{PASSWORD}";
            CREATE USER IF NOT EXISTS writer@'127.0.0.1' IDENTIFIED BY "{PASSWORD}";
            GRANT SELECT ON {database}.* TO reader@'127.0.0.1';
            GRANT SELECT, INSERT, UPDATE, DELETE ON {database}.* TO writer@'127.0.0.1';
            """
        )

    def _client(self, statements: str, database: str = "") -> subprocess.CompletedProcess[bytes]:
        command = [program("mariadb"), "--no-defaults", f"--socket={self.folder}/socket"]
        return subprocess.run(
            [*command, "--user=root", "--default-character-set=utf8mb4", *filter(None, [database])],
            input=statements.encode(),
            capture_output=True,
            timeout=60,
            check=False,
        )

    def _account(self) -> list[str]:
        return [f"--user={ACCOUNT}"] if self._root else []
