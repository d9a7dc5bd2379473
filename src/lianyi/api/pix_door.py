"""Answers PIX and PDQ queries over MLLP: who asks, may he, and what comes back.

What :mod:`~lianyi.api.guard` is to HTTP. A peer is known by the certificate that it shows, or by
how it calls itself and where it sends from; it asks as a service account, so that account's roles,
scope, purpose and masks hold. Each query, answered or refused, is an act before its answer leaves.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import NamedTuple
from zoneinfo import ZoneInfo

import asyncpg
import structlog
from fastapi import FastAPI

from lianyi.api.guard import Gatekeeper, judge
from lianyi.api.operations import Operation
from lianyi.api.pix_settings import IdentitySettings, QueryPeer
from lianyi.base.clock import Clock, IdSource
from lianyi.base.errors import Category, LianyiError, Unforeseen
from lianyi.connectors.connector import Answer, Arrival, Reply
from lianyi.connectors.mllp.source import MllpSource
from lianyi.formats import hl7v2
from lianyi.projections.identity.pix.answer import Answering, code_of
from lianyi.projections.identity.pix.problems import UnknownPeer
from lianyi.projections.identity.pix.question import (
    BY_EVENT,
    CANCEL,
    Ask,
    Question,
    read_question,
    unclear,
)
from lianyi.projections.identity.pix.service import NotFound, PixService
from lianyi.security import account_store
from lianyi.security.access import Seen, acting, current, seen
from lianyi.security.acts import ALLOWED, FAILED, REFUSED, act
from lianyi.security.model import Access, Actor
from lianyi.security.trail import Trail

ANSWERED_AT_ONCE = 8
"""So many queries are worked on at the same time; the others wait on their connections."""
TOLD_MAX = 100
OPERATIONS: Mapping[Ask, Operation] = {
    ask: Operation(name, "MLLP", f"QBP^{ask.value[0]}", "identity.read")
    for ask, name in (
        (Ask.IDENTIFIERS, "query_identifiers"),
        (Ask.PERSONS, "query_persons"),
        (Ask.PERSONS_AND_VISITS, "query_persons_and_visits"),
    )
}

log = structlog.get_logger(__name__)


class Said(NamedTuple):
    """An answer, and what came of the query for the trail: its result, its code, its error."""

    body: bytes
    result: str
    code: str
    error: str = ""


class PixDoor:
    """The listening socket for queries."""

    def __init__(
        self,
        service: PixService,
        pool: asyncpg.Pool,
        *,
        settings: IdentitySettings,
        keeper: Gatekeeper,
        trail: Trail,
        clock: Clock,
        ids: IdSource,
    ) -> None:
        """Answer by what the service finds; :meth:`start` listens.

        Args:
            service: answers queries.
            pool: of the database; as the doors see it.
            settings: with ``query_listen``.
            keeper: knows accounts, and counts who knocks in vain.
            trail: keeps what was asked.
            clock: tells the time of refusals.
            ids: gives control ids.
        """
        self._service = service
        self._pool = pool
        self._settings = settings
        self._keeper = keeper
        self._trail = trail
        self._clock = clock
        self._ids = ids
        self._source = MllpSource(settings.listening(), self._receive, _trouble)
        self._working: set[asyncio.Task[None]] = set()
        self._room = asyncio.Semaphore(ANSWERED_AT_ONCE)

    @property
    def address(self) -> str:
        """``host:port``; the real port once started."""
        return self._source.address

    async def start(self) -> None:
        """Begin to listen.

        Raises:
            AddressInUse: the address cannot be had.
            TlsUnusable: a certificate, key or CA file cannot be used.
        """
        await self._source.start()
        log.info("pix.listening", address=self.address)

    async def stop(self) -> None:
        """Take no more queries, let those that are worked on be answered, close."""
        await self._source.stop()
        for task in self._working:
            task.cancel()
        await asyncio.gather(*self._working, return_exceptions=True)

    def _receive(self, arrival: Arrival, reply: Reply) -> None:
        task = asyncio.create_task(self._reply(arrival, reply), name="pix query")
        self._working.add(task)
        task.add_done_callback(self._working.discard)

    async def _reply(self, arrival: Arrival, reply: Reply) -> None:
        async with self._room:
            reply(Answer(await self._answer(arrival)))

    async def _answer(self, arrival: Arrival) -> bytes:
        codec = self._settings.query_default_codec
        try:
            header = hl7v2.read_header(arrival.body, default_codec=codec)
        except LianyiError as failure:
            return hl7v2.acknowledge(
                None, code="AR", at=self._clock.now(), control_id=self._control(), error=failure
            )
        answering = self._service.answering(header, self._control())
        address = arrival.peer.rpartition(":")[0]
        try:
            return await self._serve(arrival, header, answering, address)
        except LianyiError as failure:  # nothing is told that was not written down
            return answering.failed(_kind(header), [failure], code="AR")
        except Exception as error:  # noqa: BLE001 - the outermost loop over queries
            log.warning("pix.failed", kind=type(error).__name__)
            unforeseen = Unforeseen(where="query", why=type(error).__name__)
            return answering.failed(_kind(header), [unforeseen])

    async def _serve(
        self, arrival: Arrival, header: hl7v2.Header, answering: Answering, address: str
    ) -> bytes:
        certificate = arrival.attributes.get("certificate_subject", "")
        actor = await self._who(header, address, certificate)
        ask = BY_EVENT.get(header.event)
        if actor is None:
            self._keeper.let_try(address)
            self._keeper.count(address)
            refusal = UnknownPeer(where="MSH-3")
            said = Said(b"", REFUSED, "AR", refusal.code)
            access = Access(current().actor, "", _operation(ask), current().purpose, address)
            named = f"{header.sending_application}|{header.sending_facility}"[:TOLD_MAX]
            await self._write(access, header, {"sender": named}, said, Seen())
            return answering.failed(_kind(header), [refusal], code="AR")
        if header.event == CANCEL:  # a continuation says itself where it goes on: nothing is kept
            return answering.accepted("ACK^J01^ACK")
        if ask is None:
            wrong = unclear("MSH-9", "it is no query that is known", "不是可识别的查询")
            return answering.failed(_kind(header), [wrong], code="AR")
        operation = OPERATIONS[ask]
        access = Access(actor, operation.permission, operation.name, actor.purpose, address)
        with acting(access), seen() as found:
            asked, said = await self._ask(actor, operation, ask, arrival.body, answering)
            await self._write(access, header, asked, said, found)
        return said.body

    async def _who(self, header: hl7v2.Header, address: str, certificate: str) -> Actor | None:
        """Return as whom a peer asks; None: nobody knows it, or its account may not enter."""
        peer = known_peer(self._settings.query_peers, header, address, certificate)
        account = await account_store.find_account(self._pool, peer.account) if peer else None
        if peer is None or account is None:
            return None
        if account.state != "active" or account.kind != "service":
            return None
        proof = "certificate" if peer.certificate else "network"
        return await self._keeper.signing_in.actor_of(account, [proof])

    async def _ask(
        self, actor: Actor, operation: Operation, ask: Ask, body: bytes, answering: Answering
    ) -> tuple[dict[str, str], Said]:
        """Return what was asked, for the trail, and what is answered."""
        kind = ask.value[1]
        asked: dict[str, str] = {}
        tag = echo = ""
        try:
            judge(actor, operation)
        except LianyiError as refusal:
            told = answering.failed(kind, [refusal])
            return asked, Said(told, REFUSED, "AE", refusal.code)
        try:
            message = hl7v2.parse(body, default_codec=self._settings.query_default_codec)
            tag = message.get("QPD-2")[:TOLD_MAX]
            echo = message.delimiters.field.join((message.fields_of("QPD") or [[""]])[0])
            question = read_question(message, self._service.names)
            asked = about(question)
            found = await self._service.find(question)
            told = answering.found(question, found)
            return asked, Said(told, ALLOWED, "OK" if found.persons else "NF")
        except NotFound as missing:
            told = answering.failed(kind, missing.errors, tag=tag, echo=echo)
            return asked, Said(told, FAILED, "AE", missing.errors[0].code)
        except LianyiError as failure:
            told = answering.failed(kind, [failure], tag=tag, echo=echo)
            result = REFUSED if failure.category is Category.FORBIDDEN else FAILED
            return asked, Said(told, result, code_of([failure]), failure.code)

    async def _write(
        self,
        access: Access,
        header: hl7v2.Header,
        asked: Mapping[str, str],
        said: Said,
        found: Seen,
    ) -> None:
        """Write a query down; it returns when that is durable."""
        facts = {
            "operation": access.operation,
            "method": "MLLP",
            "path": header.event[:TOLD_MAX],
            "query": asked,
            "result": said.result,
            "status": said.code,
            "code": said.error,
            "factors": access.actor.factors,
        }
        await asyncio.gather(
            *(
                self._trail.write(
                    act(
                        f"access.{access.operation}",
                        facts,
                        channel=channel,
                        whose=whose,
                        by=access,
                    )
                )
                for channel, whose in found.by_channel().items()
            )
        )

    def _control(self) -> str:
        return self._ids.new_id().hex[:20].upper()


def pix_door(app: FastAPI, settings: IdentitySettings, *, clock: Clock, ids: IdSource) -> PixDoor:
    """Return the door of a house whose other doors are put together already."""
    state = app.state
    service = PixService(
        state.identity,
        state.care,
        clock,
        zone=ZoneInfo(state.settings.timezone),
        oids=settings.domains,
    )
    return PixDoor(
        service,
        state.pool,
        settings=settings,
        keeper=state.keeper,
        trail=state.trail,
        clock=clock,
        ids=ids,
    )


def known_peer(
    peers: tuple[QueryPeer, ...], header: hl7v2.Header, address: str, certificate: str
) -> QueryPeer | None:
    """Return the system that asks: by name and address, and by its certificate where it has one.

    Args:
        peers: of the settings.
        header: of the query.
        address: from where it came.
        certificate: subject of the certificate that was shown; empty: none was.
    """
    mark = header.encoding_characters[0]
    named = tuple(
        text.partition(mark)[0] for text in (header.sending_application, header.sending_facility)
    )
    for peer in peers:
        if (peer.application, peer.facility) != named or not peer.is_at(address):
            continue
        if peer.certificate in ("", certificate):
            return peer
    return None


def about(question: Question) -> dict[str, str]:
    """Return what was asked for, for the trail: identifiers, and of all else only what it was."""
    if question.ask is Ask.IDENTIFIERS:
        source, value = question.patient
        told = {"patient": f"{value}^{source}"[:TOLD_MAX]}
    else:
        told = {"parameters": " ".join(sorted(question.wanted))}
    return told | ({"domains": " ".join(question.domains)[:TOLD_MAX]} if question.domains else {})


def _operation(ask: Ask | None) -> str:
    return OPERATIONS[ask].name if ask else "unknown"


def _kind(header: hl7v2.Header) -> str:
    """Return MSH-9 of an answer: that of the query, else a plain acknowledgment."""
    ask = BY_EVENT.get(header.event)
    if ask is not None:
        return ask.value[1]
    trigger = header.event.partition("^")[2]
    return f"ACK^{trigger}^ACK" if trigger else "ACK"


def _trouble(failure: LianyiError) -> None:
    log.warning("pix.trouble", code=failure.code, where=failure.where)
