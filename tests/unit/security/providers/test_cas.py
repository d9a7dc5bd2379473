"""CAS 3.0 against a small server on a real socket, written here after the protocol's examples."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qsl, urlsplit

import pytest
from tests.peers.web import Answer, Asked, Web, serving

from lianyi.base.clock import RandomIds, SteppedClock
from lianyi.base.errors import LianyiError
from lianyi.security.providers.cas import CasProvider
from lianyi.security.providers.files import CasFile
from lianyi.security.providers.problems import SignInExpired, SignInRefused, SignInUnavailable

NOW = datetime(2026, 3, 1, 8, 0, tzinfo=UTC)
SUCCESS = """<cas:serviceResponse xmlns:cas="http://www.yale.edu/tp/cas">
 <cas:authenticationSuccess>
  <cas:user>lin</cas:user>
  <cas:attributes>
   <cas:displayName>林医生</cas:displayName><cas:mail>lin@hospital.test</cas:mail>
   <cas:memberOf>night</cas:memberOf><cas:memberOf>laboratory</cas:memberOf>
  </cas:attributes>
 </cas:authenticationSuccess>
</cas:serviceResponse>"""
FAILURE = """<cas:serviceResponse xmlns:cas="http://www.yale.edu/tp/cas">
 <cas:authenticationFailure code="{code}">no</cas:authenticationFailure>
</cas:serviceResponse>"""


class CasServer:
    """Gives out tickets for services, and validates each once."""

    def __init__(self) -> None:
        self.tickets: dict[str, str] = {}
        self.success: str | None = SUCCESS
        self.status = 200
        self._numbers: Iterator[int] = iter(range(100))

    def ticket(self, login_url: str) -> dict[str, str]:
        """Return the query with which the browser comes back after a sign-in."""
        service = dict(parse_qsl(urlsplit(login_url).query))["service"]
        ticket = f"ST-{next(self._numbers)}-throw-away"
        self.tickets[ticket] = service
        return {**dict(parse_qsl(urlsplit(service).query)), "ticket": ticket}

    def answer(self, asked: Asked) -> Answer:
        assert asked.path == "/cas/p3/serviceValidate"
        known = self.tickets.pop(asked.query["ticket"], None)
        if known is None:
            return self.status, FAILURE.format(code="INVALID_TICKET").encode()
        if known != asked.query["service"]:
            return self.status, FAILURE.format(code="INVALID_SERVICE").encode()
        return self.status, (self.success or "").encode()


@asynccontextmanager
async def cas(
    server: CasServer, **changed: object
) -> AsyncIterator[tuple[CasProvider, Web, SteppedClock]]:
    async with serving(server.answer) as web:
        keys = {
            "provider": "cas",
            "kind": "cas",
            "title": {"zh": "统一认证", "en": "CAS"},
            "server": f"{web.url}/cas",
            "service": "https://lianyi.test/sign-in/cas",
        }
        clock = SteppedClock(NOW)
        provider = CasProvider(CasFile.model_validate(keys | changed), clock, RandomIds())
        yield provider, web, clock
        await provider.close()


async def test_a_person_signs_in() -> None:
    server = CasServer()
    async with cas(server, renew=True) as (provider, web, _):
        redirect = await provider.begin("/messages")
        found = await provider.finish(server.ticket(redirect.url), redirect.kept)
        assert web.asked[0].query["renew"] == "true"
    assert (found.subject, found.user_name, found.display_name) == ("lin", "lin", "林医生")
    assert (found.email, found.groups) == ("lin@hospital.test", ("laboratory", "night"))


async def test_a_ticket_serves_once_in_time_and_for_its_own_sign_in() -> None:
    server = CasServer()
    async with cas(server) as (provider, web, clock):
        redirect, other = await provider.begin("/"), await provider.begin("/")
        answer = server.ticket(redirect.url)
        with pytest.raises(SignInExpired):
            await provider.finish(answer, other.kept)
        with pytest.raises(SignInUnavailable):  # the server says that the service differs
            await provider.finish(
                server.ticket(other.url) | {"state": redirect.kept.key}, redirect.kept
            )
        await provider.finish(answer, redirect.kept)
        with pytest.raises(SignInRefused):
            await provider.finish(answer, redirect.kept)
        clock.advance(timedelta(minutes=11))
        n_asked = len(web.asked)
        with pytest.raises(SignInExpired):
            await provider.finish(server.ticket(redirect.url), redirect.kept)
        with pytest.raises(SignInExpired):
            await provider.finish(answer, replace(redirect.kept, provider="another"))
        assert len(web.asked) == n_asked


@pytest.mark.parametrize("ticket", ["", "PT-1", "ST-" + "x" * 600, "../ST-1"])
async def test_what_is_no_service_ticket_is_not_even_asked_about(ticket: str) -> None:
    async with cas(CasServer()) as (provider, web, _):
        kept = (await provider.begin("/")).kept
        with pytest.raises(SignInRefused):
            await provider.finish({"state": kept.key, "ticket": ticket}, kept)
        assert web.asked == []


async def test_a_ticket_cannot_add_to_the_question() -> None:
    async with cas(CasServer()) as (provider, web, _):
        kept = (await provider.begin("/")).kept
        with pytest.raises(SignInRefused):
            await provider.finish({"state": kept.key, "ticket": "ST-1&service=x#"}, kept)
        assert web.asked[0].query["ticket"] == "ST-1&service=x#"


ENTITIES = '<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/hostname">]>'
BOMB = (
    "<!DOCTYPE a ["
    + "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10 if n else "lol"}">' for n in range(12))
    + "]>"
)


@pytest.mark.parametrize(
    "answer",
    [
        ENTITIES + SUCCESS.replace("lin<", "&x;<"),
        BOMB + SUCCESS.replace("lin<", "&l11;<"),
        "<html/>",
        "no XML",
        "",
        SUCCESS.replace("http://www.yale.edu/tp/cas", "urn:another"),
        SUCCESS.replace("<cas:user>lin</cas:user>", ""),
        "x" * 1_100_000,
    ],
)
async def test_an_answer_that_is_none_lets_nobody_in(answer: str) -> None:
    server = CasServer()
    server.success = answer
    async with cas(server) as (provider, _, _):
        redirect = await provider.begin("/")
        with pytest.raises((SignInRefused, SignInUnavailable)):
            await provider.finish(server.ticket(redirect.url), redirect.kept)


async def test_a_comment_does_not_cut_a_name() -> None:
    server = CasServer()
    server.success = SUCCESS.replace("lin<", "lin<!-- -->.attacker<")
    async with cas(server) as (provider, _, _):
        redirect = await provider.begin("/")
        found = await provider.finish(server.ticket(redirect.url), redirect.kept)
    assert found.user_name == "lin.attacker"


@pytest.mark.parametrize("status", [302, 404, 500])
async def test_a_server_that_fails_is_told_as_that(status: int) -> None:
    server = CasServer()
    server.status = status
    async with cas(server) as (provider, _, _):
        redirect = await provider.begin("/")
        with pytest.raises(SignInUnavailable):
            await provider.finish(server.ticket(redirect.url), redirect.kept)


async def test_looking_asks_about_a_ticket_that_nobody_has() -> None:
    async with cas(CasServer()) as (provider, web, _):
        with pytest.raises(LianyiError) as found:
            await provider.look()
        assert found.type is SignInRefused
        assert web.asked[0].query["ticket"] == "ST-none"
