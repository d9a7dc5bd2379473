"""Making a cluster, and writing its configuration before every start."""

from __future__ import annotations

import os
import secrets
import shutil
import sys
from collections.abc import Mapping
from pathlib import Path

from lianyi.base.embedded.failures import OtherVersion, PostgresDidNotStart
from lianyi.base.embedded.home import Home, sync_folder
from lianyi.base.embedded.processes import finished, start_process

ADMIN = "postgres"  # may do everything; used to set up and to back up
OWNER = "lianyi"  # owns the database and is no superuser; everything else uses it
DOORS = "lianyi_doors"  # what the owner becomes where people are served: it sees only their rows

DURABLE = {"fsync": "on", "full_page_writes": "on", "synchronous_commit": "on"}

# Nothing that a statement or a value is part of may reach the log: an ERROR says "invalid input:
# <the value>", a DETAIL says "key (<the value>) exists". So the log holds what the server says
# about itself (LOG, FATAL, PANIC), in one line each.
QUIET = {
    "log_min_messages": "log",
    "log_min_error_statement": "panic",
    "log_error_verbosity": "terse",
    "log_parameter_max_length": "0",
    "log_parameter_max_length_on_error": "0",
    "log_statement": "none",
    "log_startup_progress_interval": "1s",
    "log_line_prefix": "%m [%p] ",
    "logging_collector": "off",
}

DEFAULTS = {
    "checkpoint_timeout": "5min",
    "cluster_name": "lianyi",
    "datestyle": "ISO",
    "jit": "off",
    "listen_addresses": "",
    "log_timezone": "UTC",
    "max_connections": "60",
    "max_wal_size": "1GB",
    "password_encryption": "scram-sha-256",
    "shared_buffers": "128MB",
    "timezone": "UTC",
    "unix_socket_permissions": "0700",
    "wal_compression": "on",
}

# The password has 256 random bits: stretching it adds nothing but milliseconds to each connection.
SCRAM = {"scram_iterations": "1"}

ACCESS = """\
# Written at every start. Only the unix socket is open, and only with a password.
local all all scram-sha-256
local replication all scram-sha-256
"""


async def make_cluster(home: Home, binaries: Path) -> None:
    """Make an empty cluster: UTF-8, checksums, sorted by code point.

    It is made beside its place and moved there when it is on the disk, so a cluster is never half.

    Raises:
        PostgresDidNotStart: initdb failed; ``why`` is its last line.
    """
    for left in home.folder.glob("unfinished-*"):  # an earlier initdb was killed; never used
        shutil.rmtree(left, ignore_errors=True)
    unfinished = home.folder / f"unfinished-{secrets.token_hex(4)}"
    password = secrets.token_urlsafe(32)
    home.write(home.passwords, "".join(f"*:*:*:{role}:{password}\n" for role in (ADMIN, OWNER)))
    initial = home.folder / "password.initial"
    home.write(initial, password + "\n")
    begins_at = home.log.stat().st_size if home.log.exists() else 0
    try:
        with os.fdopen(home.open_log(), "ab") as output:
            process = start_process(_initdb(binaries, unfinished, initial), home.account, output)
        code = await finished(process)
    except OSError as error:
        raise PostgresDidNotStart(
            where=str(binaries / "initdb"), why=str(error), log=str(home.log)
        ) from error
    finally:
        initial.unlink(missing_ok=True)
    if code != 0:
        why = next((s for s in home.log_tail(begins_at) if "error" in s), f"exit code {code}")
        raise PostgresDidNotStart(where=str(home.cluster), why=why, log=str(home.log))
    unfinished.rename(home.cluster)
    sync_folder(home.folder)


def _initdb(binaries: Path, cluster: Path, password_file: Path) -> list[str | Path]:
    options = SCRAM | {"password_encryption": "scram-sha-256"}
    return [
        binaries / "initdb",
        f"--pgdata={cluster}",
        f"--username={ADMIN}",
        f"--pwfile={password_file}",
        "--auth=scram-sha-256",
        "--encoding=UTF8",
        "--locale=C",
        "--locale-provider=builtin",
        "--builtin-locale=C.UTF-8",
        "--data-checksums",
        "--no-instructions",
        *(["--sync-method=syncfs"] if sys.platform == "linux" else []),
        *(f"--set={key}={value}" for key, value in options.items()),
    ]


def check_version(home: Home, version: int) -> None:
    """Refuse a cluster of another major version.

    Raises:
        OtherVersion: the programs cannot read it.
    """
    found = (home.cluster / "PG_VERSION").read_text(encoding="ascii").strip()
    if found != str(version):
        raise OtherVersion(where=str(home.cluster), found=found, running=version)


def configure(home: Home, socket_folder: Path, extra: Mapping[str, str]) -> None:
    """Write the whole configuration; what was changed by hand in these files is gone.

    Args:
        home: whose cluster.
        socket_folder: where to listen.
        extra: settings that win over ours, e.g. ``{"shared_buffers": "1GB"}``.
    """
    settings = DEFAULTS | SCRAM | DURABLE | QUIET
    settings |= {"unix_socket_directories": str(socket_folder)} | dict(extra)
    lines = [f"{key} = {_quoted(value)}\n" for key, value in sorted(settings.items())]
    text = "# Written at every start from the settings of the platform.\n" + "".join(lines)
    home.write(home.cluster / "postgresql.conf", text)
    home.write(home.cluster / "pg_hba.conf", ACCESS)


def _quoted(value: str) -> str:
    escaped = value.replace("\\", "\\\\").replace("'", "''").replace("\n", "\\n")
    return f"'{escaped}'"
