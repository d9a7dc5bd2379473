"""The doors over HTTPS: who may come in with which certificate, and what a token is bound to."""

from __future__ import annotations

import asyncio
import re
import shutil
import ssl
import subprocess
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from benchmarks.ports import free_port
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from tests.peers.authority import Authority

import lianyi.api.https
from lianyi.api.https import DoorsServer, https_context
from lianyi.api.settings import HttpsSettings
from lianyi.connectors.tls import TlsUnusable
from lianyi.security.client_certificates import read_shown, thumbprint

from .outside import API, OpenHouse, open_house

GRANT = {"grant_type": "client_credentials", "client_id": "pacs"}
Shows = tuple[Path, Path] | None


class Hospital:
    """An authority, files of the doors, and clients that show certificates."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.authority = Authority(folder, "hospital")
        self.stranger = Authority(folder, "stranger")
        self.certificate, self.key = self.authority.issue("localhost")
        self.own = self.authority.self_signed("own")
        self.single = folder / "single.pem"
        shutil.copy(self.own[0], self.single)
        self.settings = HttpsSettings(
            certificate_file=self.certificate,
            key_file=self.key,
            client_ca_file=self.authority.ca_file,
            client_certificates_file=self.single,
        )

    def trust(self, shows: Shows = None, *, newest: ssl.TLSVersion | None = None) -> ssl.SSLContext:
        context = ssl.create_default_context(cafile=self.authority.ca_file)
        if newest:
            context.maximum_version = newest
        if shows:
            context.load_cert_chain(*shows)
        return context

    @asynccontextmanager
    async def client(
        self, house: OpenHouse, shows: Shows = None
    ) -> AsyncIterator[httpx.AsyncClient]:
        async with httpx.AsyncClient(
            base_url=house.address, verify=self.trust(shows), trust_env=False
        ) as client:
            yield client


@pytest.fixture
def hospital(tmp_path: Path) -> Hospital:
    return Hospital(tmp_path)


@pytest.fixture
async def house(
    database: str, tmp_path: Path, hospital: Hospital, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[OpenHouse]:
    monkeypatch.setattr(lianyi.api.https, "LOOK_SECONDS", 0.05)
    async with open_house(
        database, tmp_path, free_port(), https=hospital.settings, trust=hospital.trust()
    ) as found:
        for name in ("pacs", "lis"):
            wanted = {"name": name, "display_name": name.upper(), "kind": "service"}
            await found.ask("POST", "/accounts", json=wanted)
        role = {"role": "integration-watcher", "organisation": "*", "reason": "接口"}
        await found.ask("POST", "/accounts/pacs/roles", json=role)
        yield found


async def bind(house: OpenHouse, *wanted: dict[str, str], status: int = 200) -> Any:
    path = "/accounts/pacs/certificates"
    return await house.ask("PUT", path, json={"certificates": list(wanted)}, status=status)


async def token(client: httpx.AsyncClient) -> httpx.Response:
    return await client.post("/oauth/token", data=GRANT)


async def channels(client: httpx.AsyncClient, shown: str) -> int:
    answer = await client.get(f"{API}/channels", headers={"Authorization": f"Bearer {shown}"})
    return answer.status_code


async def until(holds: Callable[[], Any]) -> None:
    """Wait until something holds; a test that never sees it ends with the time limit."""
    async with asyncio.timeout(20):
        while not await holds():
            await asyncio.sleep(0.02)


async def test_browsers_are_told_to_come_by_https_only(house: OpenHouse) -> None:
    answer = await house.admin.get("/healthz")

    assert answer.headers["strict-transport-security"] == f"max-age={365 * 86400}"


@pytest.mark.parametrize("by", ["subject", "public key", "pem"])
async def test_a_registered_certificate_gives_a_token_that_only_it_can_use(
    house: OpenHouse, hospital: Hospital, by: str
) -> None:
    shows = hospital.authority.issue("pacs") if by == "subject" else hospital.own
    shown = read_shown(shows[0].read_text())
    assert shown is not None
    wanted = {
        "subject": {"subject": "CN=pacs"},
        "public key": {"public_key_sha256": shown.public_key.upper()},
        "pem": {"pem": shows[0].read_text()},
    }[by]
    await bind(house, wanted)
    other = hospital.authority.issue("lis")

    async with hospital.client(house, shows) as pacs:
        given = (await token(pacs)).json()
        assert await channels(pacs, given["access_token"]) == 200
        told = await pacs.post(
            "/oauth/introspect", data={"client_id": "pacs", "token": given["access_token"]}
        )
        assert told.json()["cnf"] == {"x5t#S256": thumbprint(shown.digest)}
    for without in (None, other):
        async with hospital.client(house, without) as thief:
            assert await channels(thief, given["access_token"]) == 401
    (kept,) = await house.ask("GET", "/accounts/pacs/certificates")
    assert kept["seen_at"] is not None
    assert kept["expires_at"][:19] == shown.expires_at.isoformat()[:19]
    assert [one["method"] for one in await house.acts("token.given")] == ["certificate"]


async def test_a_certificate_that_is_nobodys_gives_no_token(
    house: OpenHouse, hospital: Hospital
) -> None:
    await bind(house, {"subject": "CN=pacs"})

    async with hospital.client(house, hospital.authority.issue("lis")) as lis:
        answer = await token(lis)
    async with hospital.client(house) as nobody:
        nothing = await token(nobody)

    assert (answer.status_code, answer.json()["error"]) == (401, "invalid_client")
    assert (nothing.status_code, nothing.json()["error"]) == (401, "invalid_client")
    whys = [one["why"] for one in await house.acts("token.refused")]
    assert whys == ["unknown certificate", "no key and no assertion"]


async def test_a_certificate_of_another_system_cannot_be_registered(house: OpenHouse) -> None:
    await bind(house, {"subject": "CN=pacs"})

    wanted = {"certificates": [{"subject": "CN=pacs"}]}
    failure = await house.ask("PUT", "/accounts/lis/certificates", json=wanted, status=409)

    assert failure["error"]["code"] == "LY-1821"


@pytest.mark.parametrize(
    "wanted",
    [
        {},
        {"subject": "CN=a", "public_key_sha256": "0" * 64},
        {"subject": "no name"},
        {"public_key_sha256": "0" * 63},
        {"pem": "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----"},
    ],
)
async def test_what_names_no_certificate_is_refused(
    house: OpenHouse, wanted: dict[str, str]
) -> None:
    assert (await bind(house, wanted, status=422))["error"]["code"] == "LY-1820"
    assert await house.ask("GET", "/accounts/pacs/certificates") == []


async def test_a_removed_registration_ends_the_tokens(house: OpenHouse, hospital: Hospital) -> None:
    await bind(house, {"subject": "CN=pacs"})
    async with hospital.client(house, hospital.authority.issue("pacs")) as pacs:
        shown = (await token(pacs)).json()["access_token"]
        assert await channels(pacs, shown) == 200

        await bind(house)

        assert await channels(pacs, shown) == 401
        assert (await token(pacs)).status_code == 401


@pytest.mark.parametrize("shows", ["a stranger's", "an expired one", "a self-signed one"])
async def test_a_certificate_that_does_not_count_ends_the_handshake(
    house: OpenHouse, hospital: Hospital, shows: str
) -> None:
    files = {
        "a stranger's": lambda: hospital.stranger.issue("pacs"),
        "an expired one": lambda: hospital.authority.issue("pacs", expired=True),
        "a self-signed one": lambda: hospital.authority.self_signed("pacs"),
    }[shows]()
    async with hospital.client(house, files) as client:
        with pytest.raises(httpx.TransportError):
            await client.get("/healthz")


@pytest.mark.parametrize("newest", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
async def test_a_certificate_taken_out_of_the_file_opens_nothing_any_more(
    house: OpenHouse, hospital: Hospital, newest: ssl.TLSVersion
) -> None:
    await bind(house, {"pem": hospital.own[0].read_text()})
    trust = hospital.trust(hospital.own, newest=newest)
    async with httpx.AsyncClient(base_url=house.address, verify=trust, trust_env=False) as pacs:
        assert (await token(pacs)).status_code == 200

        other = hospital.authority.self_signed("other")
        shutil.copy(other[0], hospital.single)

        async def is_refused() -> bool:
            try:
                return (await token(pacs)).status_code != 200
            except httpx.TransportError:
                return True

        await until(is_refused)  # the connection that stood is closed, too
        with pytest.raises(httpx.TransportError):
            await token(pacs)


async def test_a_session_is_not_resumed_after_its_certificate_was_taken_out(
    house: OpenHouse, hospital: Hospital
) -> None:
    port = int(house.address.rpartition(":")[2])
    context = hospital.trust(hospital.own, newest=ssl.TLSVersion.TLSv1_2)

    def handshake(session: ssl.SSLSession | None) -> tuple[bool, ssl.SSLSession | None]:
        import socket

        with (
            socket.create_connection(("127.0.0.1", port)) as plain,
            context.wrap_socket(plain, server_hostname="localhost", session=session) as secured,
        ):
            secured.sendall(
                b"GET /healthz HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n"
            )
            secured.recv(100)
            return bool(secured.session_reused), secured.session

    _, session = await asyncio.to_thread(handshake, None)
    resumed, _ = await asyncio.to_thread(handshake, session)
    assert resumed

    shutil.copy(hospital.authority.self_signed("other")[0], hospital.single)

    async def is_refused() -> bool:
        try:
            await asyncio.to_thread(handshake, session)
        except ssl.SSLError:
            return True
        return False

    await until(is_refused)


async def test_new_files_of_the_doors_serve_without_a_restart(
    house: OpenHouse, hospital: Hospital
) -> None:
    port = int(house.address.rpartition(":")[2])

    def serial() -> int:
        pem = ssl.get_server_certificate(("127.0.0.1", port))
        return x509.load_pem_x509_certificate(pem.encode()).serial_number

    before = await asyncio.to_thread(serial)
    whole = hospital.key.read_bytes()
    hospital.key.write_bytes(b"half a k")
    await asyncio.sleep(0.2)
    assert await asyncio.to_thread(serial) == before
    hospital.key.write_bytes(whole)

    hospital.authority.issue("localhost")

    async def is_new() -> bool:
        return await asyncio.to_thread(serial) != before

    await until(is_new)
    assert (await house.admin.get("/healthz")).status_code == 200


def test_an_authority_is_not_taken_for_a_single_system(hospital: Hospital) -> None:
    boss = hospital.authority.self_signed("boss", is_authority=True)
    shutil.copy(boss[0], hospital.single)

    with pytest.raises(TlsUnusable, match="boss is an authority"):
        https_context(hospital.settings)


def test_files_that_do_not_fit_are_told_at_the_start(hospital: Hospital) -> None:
    _, other = hospital.authority.issue("other")
    settings = hospital.settings.model_copy(update={"key_file": other})

    with pytest.raises(TlsUnusable):
        DoorsServer(None, settings)


@pytest.mark.parametrize(
    "wrong",
    [
        {"certificate_file": "a.pem"},
        {"client_ca_file": "a.pem"},
        {"trusted_proxies": ("0.0.0.0/0",)},
        {"trusted_proxies": ("*",)},
    ],
)
def test_settings_that_would_be_unsafe_are_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError):
        HttpsSettings(**wrong)


async def test_no_old_protocol_and_no_weak_suite_is_offered(house: OpenHouse) -> None:
    if not shutil.which("sslscan"):
        pytest.skip("sslscan is not installed: tools/prepare_tests.sh")
    target = house.address.removeprefix("https://")
    done = await asyncio.to_thread(
        subprocess.run,
        ["sslscan", "--no-colour", target],
        capture_output=True,
        text=True,
        timeout=100,
    )

    found = dict(re.findall(r"^(SSLv2|SSLv3|TLSv1\.\d)\s+(enabled|disabled)", done.stdout, re.M))
    assert found == {
        "SSLv2": "disabled",
        "SSLv3": "disabled",
        "TLSv1.0": "disabled",
        "TLSv1.1": "disabled",
        "TLSv1.2": "enabled",
        "TLSv1.3": "enabled",
    }
    suites = re.findall(
        r"^(?:Preferred|Accepted)\s+TLSv1\.\d\s+\d+ bits\s+(\S+)", done.stdout, re.M
    )
    assert len(suites) > 4
    assert [one for one in suites if not re.search("GCM|CHACHA20", one)] == []
    assert [one for one in suites if not re.match("TLS_|ECDHE-", one)] == []
    assert "not vulnerable to heartbleed" in done.stdout
    assert "Compression" in done.stdout
    assert "TLS Compression enabled" not in done.stdout


# --- a proxy in front -----------------------------------------------------------------------------


@asynccontextmanager
async def behind(database: str, folder: Path, *proxies: str) -> AsyncIterator[OpenHouse]:
    async with open_house(
        database, folder, free_port(), https=HttpsSettings(trusted_proxies=proxies)
    ) as found:
        yield found


async def addresses_of_refusals(house: OpenHouse, **headers: str) -> list[str]:
    """Try a sign-in and return the addresses that the trail tells."""
    names = {name.replace("_", "-"): value for name, value in headers.items()}
    wrong = {"name": "nobody", "password": "wrong-Passw0rd"}
    await house.admin.post(f"{API}/session", json=wrong, headers={**names, "Authorization": ""})
    return [one["address"] for one in await house.acts("session.refused")]


async def test_what_a_named_proxy_says_of_a_client_counts(database: str, tmp_path: Path) -> None:
    async with behind(database, tmp_path, "127.0.0.1", "10.9.0.0/24") as house:
        said = {"x_forwarded_for": "6.6.6.6, 10.1.2.3, 10.9.0.7", "x_forwarded_proto": "https"}
        assert await addresses_of_refusals(house, **said) == ["10.1.2.3"]
        answer = await house.admin.get("/healthz", headers={"x-forwarded-proto": "https"})
        assert "strict-transport-security" in answer.headers


async def test_what_anybody_else_says_of_himself_does_not(database: str, tmp_path: Path) -> None:
    async with behind(database, tmp_path, "10.9.0.7") as house:
        said = {"x_forwarded_for": "10.1.2.3", "x_forwarded_proto": "https"}
        assert await addresses_of_refusals(house, **said) == ["127.0.0.1"]
        answer = await house.admin.get("/healthz", headers={"x-forwarded-proto": "https"})
        assert "strict-transport-security" not in answer.headers


async def test_a_certificate_in_a_header_counts_from_a_named_proxy_only(
    database: str, tmp_path: Path, hospital: Hospital
) -> None:
    import base64

    own = x509.load_pem_x509_certificate(hospital.own[0].read_bytes())
    header = {"client-cert": f":{base64.b64encode(own.public_bytes(Encoding.DER)).decode()}:"}
    for proxy, status in (("127.0.0.1", 200), ("10.9.0.7", 401)):
        async with behind(database, tmp_path, proxy) as house:
            if status == 200:
                wanted = {"name": "pacs", "display_name": "PACS", "kind": "service"}
                await house.ask("POST", "/accounts", json=wanted)
                role = {"role": "integration-watcher", "organisation": "*", "reason": "接口"}
                await house.ask("POST", "/accounts/pacs/roles", json=role)
                await bind(house, {"pem": hospital.own[0].read_text()})
            async with httpx.AsyncClient(base_url=house.address, trust_env=False) as client:
                answer = await client.post("/oauth/token", data=GRANT, headers=header)
            assert answer.status_code == status, answer.text


async def test_nobody_comes_around_the_proxy() -> None:
    from starlette.applications import Starlette
    from starlette.responses import PlainTextResponse
    from starlette.routing import Route

    from lianyi.api.proxies import TrustedProxies

    inner = Starlette(routes=[Route("/", lambda _: PlainTextResponse("in"))])
    app = TrustedProxies(inner, https=HttpsSettings(trusted_proxies=("10.9.0.7",)))
    for peer, status in (("10.9.0.7", 200), ("127.0.0.1", 200), ("10.9.0.8", 403)):
        transport = httpx.ASGITransport(app, client=(peer, 1))
        async with httpx.AsyncClient(transport=transport, base_url="http://h") as client:
            assert (await client.get("/")).status_code == status
