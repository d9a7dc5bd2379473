"""LDAP against a real OpenLDAP server: who is let in, who is not, and what cannot be injected."""

from __future__ import annotations

import asyncio
import os
import subprocess
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from benchmarks.ports import free_port
from hypothesis import given
from hypothesis import strategies as st
from sansldap import FilterAnd, FilterEquality
from structlog.testing import capture_logs
from tests.peers.authority import Authority
from tests.peers.slapd import BASE, PASSWORD, PROGRAM, READER, READER_PASSWORD, Slapd

from lianyi.base.clock import SteppedClock
from lianyi.base.sensitive import Sensitive
from lianyi.security.providers.files import LdapFile
from lianyi.security.providers.ldap import LdapProvider, ad_reason
from lianyi.security.providers.ldap_filter import escape_dn, fill
from lianyi.security.providers.ldap_wire import BrokenTalk, open_wire
from lianyi.security.providers.problems import SignInRefused, SignInUnavailable

ROOT = Path(__file__).parents[4]
NOW = datetime(2026, 3, 1, 8, 0, tzinfo=UTC)
ODD = "odd, (x) *\\y"


@pytest.fixture(scope="module")
def slapd() -> Iterator[Slapd]:
    if not PROGRAM.exists() and os.geteuid() == 0:
        subprocess.run([ROOT / "tools" / "need_slapd.sh"], check=False, timeout=300)
    if not PROGRAM.exists():
        pytest.skip("there is no OpenLDAP server here: tools/need_slapd.sh installs it")
    with tempfile.TemporaryDirectory(prefix="lianyi-slapd-") as folder:
        server = Slapd(Path(folder))
        server.start()
        try:
            yield server
        finally:
            server.stop()


@pytest.fixture
def secret_file(tmp_path: Path) -> Path:
    path = tmp_path / "reader"
    path.write_text(READER_PASSWORD + "\n")
    return path


@pytest.fixture
def keys(slapd: Slapd, secret_file: Path) -> dict[str, Any]:
    """What a file of the directory says."""
    return {
        "provider": "directory",
        "kind": "ldap",
        "title": {"zh": "院内目录", "en": "Directory"},
        "servers": [slapd.tls],
        "ca_file": slapd.authority.ca_file,
        "base": BASE,
        "bind_as": READER,
        "bind_password_file": secret_file,
    }


def provider_of(keys: dict[str, Any], **changed: object) -> LdapProvider:
    return LdapProvider(LdapFile.model_validate(keys | changed), SteppedClock(NOW))


def secret(text: str) -> Sensitive[str]:
    return Sensitive(text)


# -- who is let in


@pytest.mark.parametrize("way", ["tls", "plain"])
async def test_who_knows_the_password_is_told_apart(
    keys: dict[str, Any], slapd: Slapd, way: str
) -> None:
    provider = provider_of(keys, servers=[getattr(slapd, way)])

    found = await provider.verify(" lin ", secret(PASSWORD))

    assert (found.user_name, found.display_name, found.email) == (
        "lin",
        "林医生",
        "lin@hospital.test",
    )
    assert len(found.subject) == 36, "entryUUID"
    assert found.groups == (f"cn=laboratory,ou=groups,{BASE}",)
    assert found.authenticated_at == NOW
    assert found.factors == ("pwd",)


async def test_the_groups_can_be_searched(keys: dict[str, Any]) -> None:
    provider = provider_of(
        keys, group_base=f"ou=groups,{BASE}", group_name="cn", groups="departmentNumber"
    )
    assert (await provider.verify("lin", secret(PASSWORD))).groups == ("laboratory",)
    assert (await provider.verify(ODD, secret(f"{PASSWORD}-odd"))).groups == ("odd",)


async def test_a_direct_bind_needs_no_account_that_searches(keys: dict[str, Any]) -> None:
    provider = provider_of(
        keys,
        mode="direct",
        bind_name=f"uid={{name}},ou=people,{BASE}",
        bind_as="",
        bind_password_file=None,
    )
    assert (await provider.verify("lin", secret(PASSWORD))).user_name == "lin"
    assert (await provider.verify(ODD, secret(f"{PASSWORD}-odd"))).user_name == ODD
    with pytest.raises(SignInRefused):
        await provider.verify("lin", secret("wrong"))


# -- who is not


@pytest.mark.parametrize("mode", ["search", "direct"])
@pytest.mark.parametrize(
    ("name", "password"),
    [
        ("lin", "wrong"),
        ("lin", f"{PASSWORD}-wei"),
        ("nobody", PASSWORD),
        ("nobody", "wrong"),
        ("", PASSWORD),
        ("  ", PASSWORD),
        ("lin\x00", PASSWORD),
        ("lin\n", "wrong"),
        ("l" * 300, PASSWORD),
        ("lin", "p" * 2000),
    ],
)
async def test_everybody_else_hears_the_same(
    keys: dict[str, Any], mode: str, name: str, password: str
) -> None:
    provider = provider_of(keys, mode=mode, bind_name=f"uid={{name}},ou=people,{BASE}")

    with capture_logs() as logs, pytest.raises(SignInRefused) as refusal:
        await provider.verify(name, secret(password))

    assert refusal.value.text("en") == SignInRefused(where="directory").text("en")
    told = repr(logs)
    assert logs
    assert not name.strip() or name.strip() not in told.replace("no usable name", "")
    assert password not in told.replace("wrong password", "")


@pytest.mark.parametrize("mode", ["search", "direct"])
async def test_an_empty_password_is_refused_although_the_server_takes_it_for_anonymous(
    keys: dict[str, Any], slapd: Slapd, mode: str
) -> None:
    provider = provider_of(keys, mode=mode, bind_name=f"uid={{name}},ou=people,{BASE}")
    with pytest.raises(SignInRefused):
        await provider.verify("lin", secret(""))
    wire = await open_wire(slapd.plain, None, start_tls=False)
    try:
        with pytest.raises(ValueError, match="unauthenticated"):
            await wire.bind(f"uid=lin,ou=people,{BASE}", "")
    finally:
        wire.close()


async def test_a_name_of_two_entries_belongs_to_nobody(keys: dict[str, Any]) -> None:
    with pytest.raises(SignInRefused):
        await provider_of(keys).verify("twin", secret(PASSWORD))


async def test_an_entry_without_the_wanted_subject_is_refused(keys: dict[str, Any]) -> None:
    with pytest.raises(SignInRefused):
        await provider_of(keys, subject="employeeNumber").verify("lin", secret(PASSWORD))


# -- what cannot be injected


@pytest.mark.parametrize(
    "name",
    [
        "*",
        "l*",
        "lin)(objectClass=*",
        "*)(uid=*))(|(uid=*",
        "lin)(|(userPassword=*",
        "lin\\2a",
        "lin,ou=people",
        "lin+cn=林 一",
        "{dn}",
    ],
)
@pytest.mark.parametrize("mode", ["search", "direct"])
async def test_a_name_never_becomes_syntax(keys: dict[str, Any], name: str, mode: str) -> None:
    provider = provider_of(keys, mode=mode, bind_name=f"uid={{name}},ou=people,{BASE}")
    with pytest.raises(SignInRefused):
        await provider.verify(name, secret(PASSWORD))


@given(name=st.text())
def test_whatever_is_typed_is_one_value_of_the_filter(name: str) -> None:
    found = fill(
        "(&(objectClass=person)(uid={name}))", {"name": name.encode("utf-8", "ignore").decode()}
    )
    assert isinstance(found, FilterAnd)
    assert len(found.filters) == 2
    assert found.filters[1] == FilterEquality("uid", name.encode("utf-8", "ignore"))


@pytest.mark.parametrize(
    ("value", "escaped"),
    [
        ("lin", "lin"),
        ("a,b+c", "a\\,b\\+c"),
        ('"<>;=\\', '\\"\\<\\>\\;\\=\\\\'),
        (" a ", "\\ a\\ "),
        (" ", "\\ "),
        ("#a", "\\#a"),
        ("a\x00b", "a\\00b"),
        ("林", "林"),
    ],
)
def test_a_value_within_a_dn_is_escaped(value: str, escaped: str) -> None:
    assert escape_dn(value) == escaped


@pytest.mark.parametrize("name", ["lin@evil.test", "H\\lin", "cn=lin", "a b"])
async def test_a_name_that_is_no_dn_must_be_plain(keys: dict[str, Any], name: str) -> None:
    provider = provider_of(keys, mode="direct", bind_name="{name}@hospital.test")
    with capture_logs() as logs, pytest.raises(SignInRefused):
        await provider.verify(name, secret(PASSWORD))
    assert logs[0]["reason"] == "no usable name"


# -- which server, and whom it may be


async def test_the_next_server_is_asked_when_one_does_not_answer(
    keys: dict[str, Any], slapd: Slapd
) -> None:
    servers = [f"ldaps://localhost:{free_port()}", slapd.tls]
    found = await provider_of(keys, servers=servers).verify("lin", secret(PASSWORD))
    assert found.user_name == "lin"


async def test_a_wrong_password_is_tried_once(keys: dict[str, Any], slapd: Slapd) -> None:
    """Trying it with each server would lock the account so many times faster."""
    with capture_logs() as logs, pytest.raises(SignInRefused):
        await provider_of(keys, servers=[slapd.tls, slapd.tls]).verify("lin", secret("wrong"))
    assert len(logs) == 1


async def test_a_server_of_another_authority_is_not_believed(
    keys: dict[str, Any], slapd: Slapd, tmp_path: Path
) -> None:
    stranger = Authority(tmp_path, "stranger")
    for server in (slapd.tls, slapd.plain):
        provider = provider_of(keys, servers=[server], ca_file=stranger.ca_file)
        with capture_logs() as logs, pytest.raises(SignInUnavailable):
            await provider.verify("lin", secret(PASSWORD))
        assert "certificate does not count" in logs[0]["reason"]


async def test_a_server_under_another_name_is_not_believed(
    keys: dict[str, Any], slapd: Slapd
) -> None:
    server = f"ldaps://127.0.0.2:{slapd.tls_port}"
    with capture_logs() as logs, pytest.raises(SignInUnavailable):
        await provider_of(keys, servers=[server]).verify("lin", secret(PASSWORD))
    assert "certificate does not count" in logs[0]["reason"]


async def test_a_wrong_password_of_ours_is_our_fault_not_the_persons(
    keys: dict[str, Any], secret_file: Path
) -> None:
    secret_file.write_text("wrong")
    with pytest.raises(SignInUnavailable):
        await provider_of(keys).verify("lin", secret(PASSWORD))


@asynccontextmanager
async def talking(
    talk: Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]],
) -> AsyncIterator[int]:
    """Give the port of a server that is gone only when its talks have ended."""
    talks: list[asyncio.Task[Any] | None] = []

    async def tracked(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        talks.append(asyncio.current_task())
        await talk(reader, writer)
        writer.close()
        with suppress(OSError):
            await writer.wait_closed()

    async with await asyncio.start_server(tracked, "127.0.0.1", 0) as server:
        yield server.sockets[0].getsockname()[1]
        await asyncio.gather(*filter(None, talks), return_exceptions=True)


async def test_a_silent_server_costs_its_time_limit_and_nobody_else_waits(
    keys: dict[str, Any],
) -> None:
    async def hold(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()

    loop = asyncio.get_running_loop()
    async with talking(hold) as port:
        provider = provider_of(keys, servers=[f"ldap://localhost:{port}"], timeout_seconds=0.5)
        began = loop.time()
        asking = asyncio.create_task(provider.verify("lin", secret(PASSWORD)))
        turns = 0
        while not asking.done():
            await asyncio.sleep(0.01)
            turns += 1
        with pytest.raises(SignInUnavailable):
            await asking
    assert loop.time() - began > 0.4
    assert turns >= 3, "others had their turns while it waited"


@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.1 400 Bad Request\r\n\r\n",
        b"\x30\x84\x7f\xff\xff\xff",
        b"\x30\x80\x00\x00",
        b"\x30\x02\x02\x01",
        b"",
    ],
)
async def test_a_server_that_speaks_something_else_is_left(
    keys: dict[str, Any], answer: bytes
) -> None:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(10)
        writer.write(answer)

    async with talking(serve) as port:
        wire = await open_wire(f"ldap://127.0.0.1:{port}", None, start_tls=False)
        try:
            with pytest.raises((BrokenTalk, ConnectionError)):
                await wire.bind("cn=a", "b")
        finally:
            wire.close()


async def test_what_is_slipped_in_behind_start_tls_is_not_believed(keys: dict[str, Any]) -> None:
    """A man in the middle adds an answer in plain text: it meets the handshake (CVE-2011-0411)."""
    accepted = bytes.fromhex("300c02010178070a010004000400")
    bind_ok = bytes.fromhex("300c02010161070a010004000400")

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(1000)
        writer.write(accepted + bind_ok)
        await writer.drain()
        await reader.read(1000)

    async with talking(serve) as port:
        provider = provider_of(keys, servers=[f"ldap://localhost:{port}"], timeout_seconds=2)
        with capture_logs() as logs, pytest.raises(SignInUnavailable):
            await provider.verify("lin", secret(PASSWORD))
    assert "reason" in logs[0]


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        (
            "80090308: LdapErr: DSID-0C090447, comment: 52e, data 52e, v3839",
            "wrong password",
        ),
        (
            "80090308: LdapErr: DSID-0C090447, comment: 775, data 775, v3839",
            "account locked",
        ),
        (
            "80090308: LdapErr: DSID-0C090447, comment: 999, data 999, v3839",
            "data 999",
        ),
        ("", ""),
    ],
)
def test_the_log_says_what_an_ad_server_means(said: str, reason: str) -> None:
    assert ad_reason(said) == reason
