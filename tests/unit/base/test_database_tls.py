"""TLS with a database of the hospital, against a real server."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import asyncpg
import pytest
from tests.conftest import quick_folder
from tests.peers.authority import Authority
from tests.peers.postgres import PostgresPeer, programs

from lianyi.base.database import (
    DatabaseRefused,
    DatabaseSettings,
    DatabaseUnreachable,
    address_of,
    connect,
    open_pool,
    with_database,
    without_password,
)


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    with quick_folder() as folder:
        yield folder


@pytest.fixture(scope="module")
def authority(folder: Path) -> Authority:
    return Authority(folder, "hospital")


@pytest.fixture(scope="module")
def server(folder: Path, authority: Authority) -> Iterator[PostgresPeer]:
    if programs() is None:
        pytest.skip("PostgreSQL is not installed: tools/prepare_tests.sh")
    peer = PostgresPeer(folder, authority)
    peer.start()
    yield peer
    peer.stop()


@pytest.fixture
async def believed(server: PostgresPeer, authority: Authority) -> dict[str, Any]:
    """Settings with which the database and we believe each other."""
    certificate_file, key_file = authority.issue("lianyi")
    settings = {
        "url": f"postgresql://lianyi@localhost:{server.port}/postgres",
        "ca_file": authority.ca_file,
        "certificate_file": certificate_file,
        "key_file": key_file,
    }
    owner = DatabaseSettings(
        url=f"postgresql://owner@localhost:{server.port}/postgres", ca_file=authority.ca_file
    )
    connection = await connect(address_of(owner))
    try:
        await connection.execute("CREATE ROLE lianyi LOGIN")
    except asyncpg.DuplicateObjectError:
        pass
    finally:
        await connection.close()
    return settings


async def test_both_sides_prove_who_they_are(believed: dict[str, Any]) -> None:
    dsn = address_of(DatabaseSettings(**believed))

    pool = await open_pool(dsn, size_max=1)
    row = await pool.fetchrow(
        "SELECT ssl, version, client_dn FROM pg_stat_ssl WHERE pid = pg_backend_pid()"
    )
    await pool.close()

    assert row is not None
    assert tuple(row) == (True, "TLSv1.3", "/CN=lianyi")


async def test_another_authority_is_not_believed(believed: dict[str, Any], folder: Path) -> None:
    stranger = Authority(folder, "stranger")
    settings = DatabaseSettings(**{**believed, "ca_file": stranger.ca_file})

    with pytest.raises(DatabaseUnreachable, match="certificate verify failed"):
        await connect(address_of(settings))


async def test_another_name_is_not_believed(believed: dict[str, Any]) -> None:
    # A certificate for localhost and 127.0.0.1: 127.0.0.2 is the same machine by another name.
    settings = DatabaseSettings(
        **{**believed, "url": believed["url"].replace("localhost", "127.0.0.2")}
    )

    with pytest.raises(DatabaseUnreachable, match=r"mismatch|match"):
        await connect(address_of(settings))


async def test_without_a_certificate_of_ours_the_server_refuses(
    believed: dict[str, Any],
) -> None:
    settings = DatabaseSettings(url=believed["url"], ca_file=believed["ca_file"])

    with pytest.raises(DatabaseRefused, match="certificate"):
        await connect(address_of(settings))


async def test_a_certificate_for_another_role_is_refused(
    believed: dict[str, Any], authority: Authority
) -> None:
    certificate_file, key_file = authority.issue("other")
    settings = DatabaseSettings(
        **{**believed, "certificate_file": certificate_file, "key_file": key_file}
    )

    with pytest.raises(DatabaseRefused, match="certificate"):
        await connect(address_of(settings))


async def test_a_server_without_tls_is_told_nothing(folder: Path) -> None:
    said: list[bytes] = []
    ended = asyncio.Event()

    async def plain(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        said.append(await reader.readexactly(8))
        writer.write(b"N")  # as PostgreSQL without SSL answers
        said.append(await reader.read())
        writer.close()
        ended.set()

    async with await asyncio.start_server(plain, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        settings = DatabaseSettings(
            url=f"postgresql://lianyi@localhost:{port}/x", ca_file=Authority(folder, "any").ca_file
        )
        with pytest.raises(DatabaseUnreachable, match="rejected ssl"):
            await connect(address_of(settings))
        await asyncio.wait_for(ended.wait(), 20)

    assert said == [bytes.fromhex("0000000804d2162f"), b""]


def test_what_is_shown_of_an_address_tells_nothing_of_keys(tmp_path: Path) -> None:
    password = tmp_path / "password"
    password.write_text("p@ss/word\n", encoding="utf-8")
    settings = DatabaseSettings(
        url="postgresql://lianyi@db.h/lianyi?target_session_attrs=read-write",
        password_file=password,
        ca_file=Path("/etc/lianyi/ca.pem"),
        certificate_file=Path("/etc/lianyi/db.pem"),
        key_file=Path("/etc/lianyi/db.key"),
    )

    dsn = address_of(settings)

    assert dsn == (
        "postgresql://lianyi:p%40ss%2Fword@db.h/lianyi?target_session_attrs=read-write"
        "&sslmode=verify-full&sslrootcert=%2Fetc%2Flianyi%2Fca.pem"
        "&sslcert=%2Fetc%2Flianyi%2Fdb.pem&sslkey=%2Fetc%2Flianyi%2Fdb.key"
    )
    assert without_password(dsn) == "postgresql://lianyi@db.h/lianyi"
    assert with_database(dsn, "other").endswith("db.key")
