"""A real PostgreSQL server of the hospital, with TLS: the Debian package, a temporary folder."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
from pathlib import Path

from benchmarks.ports import free_port
from tests.peers.authority import Authority

ACCOUNT = "nobody"
HBA = """
hostssl all lianyi 127.0.0.0/8 cert
hostssl all owner 127.0.0.0/8 trust
"""


def programs() -> Path | None:
    """The folder of initdb and postgres, the newest; None when none is installed."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda p: p.parts[-3])
    return found[-1].parent if found else None


class PostgresPeer:
    """The server. It takes TLS only, and from ``lianyi`` a certificate of the authority."""

    def __init__(self, folder: Path, authority: Authority) -> None:
        bin_dir = programs()
        assert bin_dir
        self.port = free_port()
        self._bin, self._data = bin_dir, folder / "pg"
        self._data.mkdir()
        shutil.copy(authority.ca_file, self._data / "ca.pem")
        for name, file in zip(("server.pem", "server.key"), authority.issue(), strict=True):
            shutil.copy(file, self._data / name)
        self._own()

    def start(self) -> None:
        self._run("initdb", "-D", str(self._data / "db"), "-U", "owner", "-A", "trust", "-N")
        (self._data / "db" / "pg_hba.conf").write_text(HBA, encoding="ascii")
        options = {
            "port": self.port,
            "listen_addresses": "127.0.0.1,127.0.0.2",
            "unix_socket_directories": "",
            "ssl": "on",
            "ssl_cert_file": self._data / "server.pem",
            "ssl_key_file": self._data / "server.key",
            "ssl_ca_file": self._data / "ca.pem",
            "fsync": "off",
        }
        text = " ".join(f"-c {name}='{value}'" for name, value in options.items())
        self._run("pg_ctl", "-D", str(self._data / "db"), "-w", "-o", text, "-l",
                  str(self._data / "log"), "start")  # fmt: skip

    def stop(self) -> None:
        self._run("pg_ctl", "-D", str(self._data / "db"), "-m", "immediate", "stop")

    def _run(self, program: str, *arguments: str) -> None:
        subprocess.run(
            [self._bin / program, *arguments],
            user=ACCOUNT if os.geteuid() == 0 else None,
            cwd=self._data,
            env={"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8"},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            check=True,
            timeout=60,
        )

    def _own(self) -> None:
        (self._data / "server.key").chmod(0o600)
        if os.geteuid() == 0:
            who = pwd.getpwnam(ACCOUNT)
            for path in (self._data, *self._data.iterdir()):
                os.chown(path, who.pw_uid, who.pw_gid)
