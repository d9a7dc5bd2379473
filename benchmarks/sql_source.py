"""How fast rows of another system's database become messages, and what that costs us.

    python -m benchmarks.sql_source [--rows 50000]

A table of twelve columns in a PostgreSQL and a MariaDB of their own on this machine, read whole
and by watermark in batches of 1,000 rows, by a receiver that replies at once. Rows a second of the
clock, and milliseconds of our own processor time for 1,000 rows. Prints one JSON object.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import shutil
import tempfile
import time
from pathlib import Path
from typing import Any

import asyncpg
from tests.peers.mariadb import PASSWORD, MariadbPeer

from lianyi.base.embedded import PostgresServer
from lianyi.base.rows import header_of
from lianyi.connectors.connector import Answer, Arrival, Reply
from lianyi.connectors.sql import SqlSource, SqlSourceSettings

COLUMNS = """
    id bigint PRIMARY KEY, updated_at timestamp, patient varchar(20), visit varchar(20),
    dept varchar(20), item varchar(40), name varchar(100), price decimal(18,4),
    amount decimal(12,2), total decimal(18,2), doctor varchar(20), note varchar(200)
"""
VALUES = """
    n, timestamp '2026-03-02 08:00:00' + {each}, concat('P', n), concat('V', n), 'D01',
    concat('F', n), '一次性使用输液器带针', 12.3456, 2, 24.69, 'U001', NULL
"""


async def read(settings: dict[str, Any], mode: dict[str, Any], rows: int) -> dict[str, float]:
    """Read a table until all rows were given."""
    done, given = asyncio.Event(), 0

    def receive(arrival: Arrival, reply: Reply) -> None:
        nonlocal given
        given += header_of(arrival.body.partition(b"\n")[0]).rows
        reply(Answer())
        if given >= rows:
            done.set()

    table = {"name": "fee", "key": "id", "every_seconds": 3600, **mode}
    told = SqlSourceSettings.model_validate({**settings, "system": "his", "tables": [table]})
    source = SqlSource(told, receive, lambda trouble: print(trouble.text()))
    began, cpu = time.perf_counter(), time.process_time()
    await source.start()
    await done.wait()
    seconds, cpu = time.perf_counter() - began, time.process_time() - cpu
    await source.stop(grace_seconds=0)
    return {
        "rows_per_second": round(rows / seconds),
        "cpu_ms_per_1000_rows": round(1e6 * cpu / rows, 1),
    }


async def both_ways(settings: dict[str, Any], rows: int) -> dict[str, dict[str, float]]:
    """Read a table whole, then by watermark."""
    return {
        "full": await read(settings, {"mode": "full"}, rows),
        "incremental": await read(
            settings, {"mode": "incremental", "watermark": "updated_at"}, rows
        ),
    }


async def postgresql(folder: Path, rows: int) -> dict[str, dict[str, float]]:
    """Measure against a PostgreSQL."""
    server = PostgresServer(folder / "data")
    await server.start()
    try:
        connection = await asyncpg.connect(server.admin_dsn)
        values = VALUES.format(each="n * interval '1 millisecond'")
        await connection.execute(
            f"CREATE ROLE reader LOGIN PASSWORD 'reader'; CREATE TABLE fee ({COLUMNS});"
            f"INSERT INTO fee SELECT {values}"
            f" FROM generate_series(1, {rows}) AS n; CREATE INDEX ON fee (updated_at, id);"
            "ANALYZE fee; GRANT SELECT ON fee TO reader"
        )
        database = await connection.fetchval("SELECT current_database()")
        sockets = await connection.fetchval("SHOW unix_socket_directories")
        await connection.close()
        password = folder / "password"
        password.write_text("reader\n")
        told = {
            "kind": "postgresql", "host": sockets, "database": database, "account": "reader",
            "password_file": password,
        }  # fmt: skip
        return await both_ways(told, rows)
    finally:
        await server.stop()


async def mariadb(folder: Path, rows: int) -> dict[str, dict[str, float]]:
    """Measure against a MariaDB."""
    peer = MariadbPeer(folder)
    peer.start()
    try:
        peer.make("his")
        values = VALUES.format(each="INTERVAL n * 1000 MICROSECOND")
        peer.sql(
            f"CREATE TABLE fee ({COLUMNS});"
            f"INSERT INTO fee SELECT {values} FROM (SELECT seq AS n FROM seq_1_to_{rows}) AS s;"
            "CREATE INDEX by_time ON fee (updated_at, id); ANALYZE TABLE fee",
            "his",
        )
        password = folder / "password"
        password.write_text(PASSWORD + "\n")
        told = {
            "kind": "mariadb", "host": "127.0.0.1", "port": peer.port, "database": "his",
            "account": "reader", "password_file": password,
        }  # fmt: skip
        return await both_ways(told, rows)
    finally:
        peer.stop()


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=50_000)
    rows = parser.parse_args().rows
    found = {}
    for measure in (postgresql, mariadb):
        folder = Path(tempfile.mkdtemp(prefix="lianyi-"))
        folder.chmod(0o711)
        try:
            found[measure.__name__] = asyncio.run(measure(folder, rows))
        finally:
            shutil.rmtree(folder)
    print(json.dumps(found, indent=2))


if __name__ == "__main__":
    main()
