"""Nobody makes the platform knock at a door of its own machine or its cloud (CWE-918)."""

from __future__ import annotations

import asyncio
import ipaddress
import socket
from collections.abc import AsyncIterator, Iterator
from typing import Any

import httpx
import pytest
from tests.peers.web import Web, serving

from lianyi.base.outgoing import (
    AddressRefused,
    Outgoing,
    OutgoingSettings,
    connect_tcp,
    outgoing,
    outgoing_of_settings,
    set_outgoing,
)
from lianyi.connectors.connector import Unreachable
from lianyi.connectors.registry import build_sender
from lianyi.security.providers.asking import Asker, make_client
from lianyi.security.providers.files import OidcFile, read_provider
from lianyi.security.providers.ldap_wire import open_wire
from lianyi.security.providers.problems import SignInUnavailable

CLOSED = Outgoing(OutgoingSettings())
OPEN = Outgoing(OutgoingSettings(loopback=True))

METADATA = [
    "169.254.169.254", "169.254.170.2", "100.100.100.200", "192.0.0.192", "168.63.129.16",
    "fe80::1", "fd00:ec2::254", "fd20:ce::254", "::ffff:169.254.169.254", "64:ff9b::a9fe:a9fe",
    "2002:a9fe:a9fe::", "::169.254.169.254", "0.0.0.0", "0.1.2.3", "::", "224.0.0.1", "ff02::1",
    "255.255.255.255", "::ffff:0.0.0.0",
]  # fmt: skip
HERE = ["127.0.0.1", "127.1.2.3", "::1", "::ffff:127.0.0.1", "64:ff9b::7f00:1", "2002:7f00:1::"]
HOSPITAL = ["10.1.2.3", "172.16.0.9", "192.168.1.1", "100.64.0.1", "8.8.8.8", "fd12:3456::1",
            "2001:db8::1", "2002:0a01:0203::"]  # fmt: skip


@pytest.mark.parametrize("text", METADATA)
def test_what_no_receiver_lives_at_is_never_allowed(text: str) -> None:
    address = ipaddress.ip_address(text)
    assert not CLOSED.allows(address)
    assert not OPEN.allows(address)
    everything = OutgoingSettings(loopback=True, only=("0.0.0.0/0", "::/0"))
    assert not Outgoing(everything).allows(address)


@pytest.mark.parametrize("text", HERE)
def test_this_machine_is_allowed_where_the_setting_says_so(text: str) -> None:
    assert not CLOSED.allows(ipaddress.ip_address(text))
    assert OPEN.allows(ipaddress.ip_address(text))


@pytest.mark.parametrize("text", HOSPITAL)
def test_the_networks_of_a_hospital_are_allowed(text: str) -> None:
    assert CLOSED.allows(ipaddress.ip_address(text))


def test_a_hospital_narrows_it_to_its_networks() -> None:
    rule = Outgoing(OutgoingSettings(only=("10.0.0.0/8",), refused=("10.9.0.0/16",)))
    wanted = {
        "10.1.1.1": True,
        "10.9.1.1": False,
        "192.168.1.1": False,
        "fd12::1": False,
        "::ffff:10.1.1.1": True,
        "::ffff:10.9.0.1": False,
    }
    assert {text: rule.allows(ipaddress.ip_address(text)) for text in wanted} == wanted


def test_a_network_that_is_none_stops_the_start() -> None:
    with pytest.raises(ValueError, match="has host bits set"):
        OutgoingSettings(only=("10.0.0.1/8",))


@pytest.fixture
def closed() -> Iterator[None]:
    """A process whose settings do not let it connect to this machine."""
    set_outgoing(OutgoingSettings())
    yield
    set_outgoing(OutgoingSettings(loopback=True))


@pytest.fixture
async def web() -> AsyncIterator[Web]:
    async with serving(lambda asked: (200, b"{}")) as web:
        yield web


SPELLINGS = ["127.0.0.1", "localhost", "0x7f000001", "2130706433", "127.1", "0177.0.0.1",
             "[::ffff:127.0.0.1]", "0"]  # fmt: skip


@pytest.mark.parametrize("host", SPELLINGS)
async def test_no_channel_reaches_this_machine_however_it_is_written(
    closed: None, web: Web, host: str
) -> None:
    senders = [
        build_sender("http", {"address": f"http://{host}:{web.port}/in"}),
        build_sender("mllp", {"address": f"{host}:{web.port}"}),
    ]
    for sender in senders:
        with pytest.raises(Unreachable) as caught:
            await sender.send(b"MSH|", attributes={}, timeout_seconds=5)
        assert "[outgoing]" in str(caught.value)
    assert web.asked == []


def oidc(address: str) -> OidcFile:
    file = read_provider(
        "provider: x\nkind: oidc\ntitle: {zh: x, en: x}\nclient_id: x\n"
        f"issuer: {address}\nredirect_uri: https://lianyi.test/back\n",
        "x.yaml",
    )
    assert isinstance(file, OidcFile)
    return file


async def test_no_way_to_sign_in_reaches_this_machine(closed: None, web: Web) -> None:
    client = make_client(oidc("http://localhost:1"))
    asker = Asker("x", client)
    for host in ("127.0.0.1", "localhost"):
        with pytest.raises(SignInUnavailable) as caught:
            await asker.ask("GET", f"http://{host}:{web.port}/")
        assert "[outgoing]" in caught.value.reason
        with pytest.raises(AddressRefused):
            await open_wire(f"ldap://{host}:{web.port}", None, start_tls=False)
    await client.aclose()
    assert web.asked == []


async def test_what_lianyi_toml_itself_names_may_be_this_machine(closed: None, web: Web) -> None:
    (await connect_tcp("127.0.0.1", web.port, rule=outgoing_of_settings())).close()
    with pytest.raises(AddressRefused):
        await connect_tcp("127.0.0.1", web.port)
    with pytest.raises(AddressRefused):
        await connect_tcp("169.254.169.254", 80, rule=outgoing_of_settings())


async def test_nobody_is_followed_elsewhere(web: Web) -> None:
    async with serving(
        lambda asked: (302, b"", {"location": f"{web.url}/elsewhere"})
    ) as redirecting:
        sender = build_sender("http", {"address": f"{redirecting.url}/in"})
        answer = await sender.send(b"x", attributes={}, timeout_seconds=5)
        assert answer.category is not None
        await sender.close()
        async with make_client(oidc(redirecting.url)) as client:
            status, _ = await Asker("x", client).ask("GET", redirecting.url)
        assert status == 302
    assert web.asked == []


async def test_the_address_that_was_looked_at_is_the_one_that_is_connected_to(
    closed: None, web: Web, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A name server that says something harmless first and this machine afterwards (rebinding)."""
    loop = asyncio.get_running_loop()
    asked: list[str] = []

    async def changing(host: str, port: int, **_: Any) -> list[Any]:
        asked.append(host)
        address = "192.0.2.1" if len(asked) == 1 else "127.0.0.1"
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port))]

    connected: list[str] = []

    async def connecting(plain: socket.socket, address: tuple[str, int]) -> None:
        connected.append(address[0])
        raise ConnectionRefusedError

    monkeypatch.setattr(loop, "getaddrinfo", changing)
    monkeypatch.setattr(loop, "sock_connect", connecting)
    with pytest.raises(ConnectionRefusedError):
        await connect_tcp("rebind.test", web.port)
    assert (asked, connected) == (["rebind.test"], ["192.0.2.1"])
    with pytest.raises(AddressRefused):
        await connect_tcp("rebind.test", web.port)
    assert connected == ["192.0.2.1"]


async def test_of_several_addresses_only_the_allowed_ones_are_tried(closed: None) -> None:
    def answer(address: str) -> Any:
        return (socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, 80))

    found = outgoing().allowed([answer("169.254.169.254"), answer("10.0.0.1"), answer("127.0.0.1")])
    assert found == [answer("10.0.0.1")]
    with pytest.raises(AddressRefused):
        outgoing().allowed([answer("169.254.169.254")])


async def test_httpx_is_given_the_address_and_the_name_for_the_certificate(
    web: Web, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[httpx.Request] = []
    real = httpx.AsyncHTTPTransport.handle_async_request

    async def watch(self: Any, request: httpx.Request) -> httpx.Response:
        told.append(request)
        return await real(self, request)

    monkeypatch.setattr(httpx.AsyncHTTPTransport, "handle_async_request", watch)
    async with make_client(oidc("http://localhost:1")) as client:
        await Asker("x", client).ask("GET", f"http://localhost:{web.port}/path?q=1")
    assert told[-1].url.host in {"127.0.0.1", "::1"}
    assert told[-1].extensions["sni_hostname"] == "localhost"
    assert web.asked[0].headers["host"] == f"localhost:{web.port}"
    assert web.asked[0].query == {"q": "1"}
