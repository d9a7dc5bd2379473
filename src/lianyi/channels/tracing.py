"""What happened to a message: its whole story.

The story is told from receipts and exceptions. What a destination is sent is not kept anywhere; it
is computed again from the definition that the receipt names, and before the first attempt from the
one in force, which is what would be sent.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import orjson

from lianyi.base.errors import LianyiError
from lianyi.base.telemetry import trace_context
from lianyi.channels import standing as rules
from lianyi.channels.compiled import CompiledChannel
from lianyi.channels.dissecting import Hide, Judged, judge, outgoing_apart, outgoing_of
from lianyi.channels.examples import check_text
from lianyi.channels.functions import FunctionHost
from lianyi.channels.listing import delivery_marks, entry_of, row_of
from lianyi.channels.past import Past, PastDefinitions
from lianyi.channels.read_store import (
    ChannelRecord,
    DestinationRecord,
    ExceptionRecord,
    ReadStore,
    ReceiptRecord,
)
from lianyi.channels.showing import guess_codec, shown_body
from lianyi.channels.veiling import hidden
from lianyi.channels.views import (
    Attempt,
    AttemptOutcome,
    CheckResult,
    DeliveryMark,
    DeliveryTrace,
    ExampleResult,
    MessageDataSet,
    MessageTrace,
    Note,
    Outgoing,
    ShownBy,
    problem_of,
)
from lianyi.channels.wanting import wants_message
from lianyi.messagelog.message import LogMessage, Position
from lianyi.messagelog.postgres import PostgresLog
from lianyi.messagelog.search import Entry
from lianyi.security.privacy.hiding import Hider
from lianyi.security.privacy.model import Look
from lianyi.security.privacy.views import look_view

ATTEMPTS_MAX = 500
CAUSES_MAX = 200

_NOTHING_SENT: Mapping[int, tuple[list[Outgoing], ShownBy]] = {}

_TRANSFORMED = frozenset({0, 1, 2})
"""Outcomes after which something had gone out."""

_OUTCOMES: tuple[AttemptOutcome, ...] = ("delivered", "refused", "no_answer", "cannot_transform")


class Tracer:
    """Tells the story of a message."""

    def __init__(
        self,
        store: ReadStore,
        log: PostgresLog,
        *,
        content_dir: Path,
        timezone: str,
        installation: str,
        shown_bytes_max: int,
    ) -> None:
        """Remember where things lie.

        Args:
            store: receipts and exceptions.
            log: the messages.
            content_dir: tables, step lists and functions of the channels.
            timezone: of the site.
            installation: as in the traces, so that their identifiers agree.
            shown_bytes_max: of a body, this much is shown, and no larger one is taken apart.
        """
        self._store = store
        self._log = log
        self._content_dir = content_dir
        self._past = PastDefinitions(store, content_dir, ZoneInfo(timezone))
        self._installation = installation
        self._shown_bytes_max = shown_bytes_max
        self._functions = FunctionHost()
        self._in_force: dict[int, tuple[int, CompiledChannel | None]] = {}

    async def trace(
        self,
        message: LogMessage,
        *,
        channel: ChannelRecord | None,
        destinations: Sequence[DestinationRecord],
        look: Look,
        hider: Hider | None,
        data_set: MessageDataSet | None,
    ) -> MessageTrace:
        """Return everything that is known about a message.

        Its tree and what goes out are without what ``hider`` hides; the rest is as it is.
        """
        position, entry = message.position, entry_of(message)
        marks = await self._marks(message, entry, channel, destinations)
        exceptions = {one.destination: one for one in await self._store.exceptions_of([position])}
        receipts = await self._store.receipts(
            position, since=message.received_at, limit=ATTEMPTS_MAX
        )
        judged_by = channel and await self._store.definition_at(channel.channel, position.number)
        then = await self._past.at(channel, judged_by.version) if channel and judged_by else None
        shown = not message.tombstone and len(message.body) <= self._shown_bytes_max
        sent = _NOTHING_SENT
        judged = await self._judged(then if shown else None, message, hider)
        if channel and shown:
            names = {one.destination: one.name for one in destinations}
            repaired = await self._repaired(exceptions, names)
            hide = hider.body if hider else None
            sent = await self._sent(channel, message, marks, receipts, repaired, hide)
        guessed = None if message.codec or message.tombstone else _guess(message, then)
        versions = {
            one.version: await self._past.of_receipt(channel, one.version) if channel else None
            for one in receipts
        }
        text, encoded = shown_body(message, self._shown_bytes_max, guessed=guessed)
        ids = trace_context(position.shard, position.number, installation=self._installation)
        return MessageTrace(
            **vars(row_of(entry, channel.name if channel else None, marks, data_set)),
            look=look_view(look),
            codec=message.codec,
            codec_guessed=guessed,
            body_text=text,
            body_base64=encoded,
            truncated=len(message.body) > self._shown_bytes_max,
            tombstone=message.tombstone,
            tree=judged.tree,
            findings=judged.findings,
            definition_version=judged_by.version if judged_by else None,
            judged_by=then.by if then and shown else None,
            chain_hex=message.chain.hex(),
            causes=[str(one) for one in await self._store.causes(position, limit=CAUSES_MAX)],
            trace_id=f"{ids.trace_id:032x}",
            destinations=[
                delivery_trace(
                    mark,
                    exceptions.get(mark.destination_id) or exceptions.get(-message.channel),
                    [one for one in receipts if one.destination == mark.destination_id],
                    sent.get(mark.destination_id),
                    versions,
                )
                for mark in marks
            ],
        )

    @staticmethod
    async def _judged(then: Past | None, message: LogMessage, hider: Hider | None) -> Judged:
        """Return what the gate sees in a message, the tree as it is shown."""
        if then is None:
            return Judged([], [])
        judged = await asyncio.to_thread(judge, then.compiled, message)
        if hider is None:
            return judged
        veiled = hidden(message, hider)
        tree = veiled and (await asyncio.to_thread(judge, then.compiled, veiled)).tree
        return Judged(tree or [], judged.findings)

    async def _marks(
        self,
        message: LogMessage,
        entry: Entry,
        channel: ChannelRecord | None,
        destinations: Sequence[DestinationRecord],
    ) -> list[DeliveryMark]:
        """Return how the message fares with each destination."""
        now = await self.in_force(channel) if channel else None

        def wants(_: Entry, one: DestinationRecord) -> bool | None:
            to = now.destination(one.name) if now else None
            return wants_message(now, to, message) if now and to else None

        found = await delivery_marks(self._store, [entry], destinations, wants=wants)
        return found[entry.position]

    async def _sent(
        self,
        channel: ChannelRecord,
        message: LogMessage,
        marks: Sequence[DeliveryMark],
        receipts: Sequence[ReceiptRecord],
        repaired: Mapping[str, bytes],
        hide: Hide | None,
    ) -> Mapping[int, tuple[list[Outgoing], ShownBy]]:
        """Return what went to each destination, and the definition that says so."""
        by_version: dict[int | None, list[DeliveryMark]] = {}
        for mark in marks:
            version = _sent_by(receipts, mark.destination_id)
            by_version.setdefault(version, []).append(mark)
        found: dict[int, tuple[list[Outgoing], ShownBy]] = {}
        for version, of_version in by_version.items():
            if version is None:
                past = await self._past.in_force(channel)
            else:
                past = await self._past.at(channel, await self._past.of_receipt(channel, version))
            if past is None:
                continue
            names = {mark.destination for mark in of_version}
            sent = await asyncio.to_thread(
                outgoing_of, past.compiled, names, message, repaired, hide
            )
            for one in past.compiled.destinations:
                if one.needs_functions and one.name in names:
                    sent[one.name] = await outgoing_apart(
                        past.compiled, one, message, repaired, self._functions, hide
                    )
            for mark in of_version:
                found[mark.destination_id] = sent.get(mark.destination, []), past.by
        return found

    async def in_force(self, channel: ChannelRecord) -> CompiledChannel | None:
        """Return a channel as it delivers now; None when it cannot be compiled here."""
        known = self._in_force.get(channel.channel)
        if known is None or known[0] != channel.version:
            found = await self._past.in_force(channel)
            known = channel.version, found.compiled if found else None
            self._in_force[channel.channel] = known
        return known[1]

    async def codec_of(self, message: LogMessage, *, channel: ChannelRecord | None) -> str | None:
        """Return the codec of a message, guessed where nobody knows it; None when it is no text."""
        if message.codec:
            return message.codec
        return _guess(message, await self._past.in_force(channel) if channel else None)

    async def keys_of(
        self, body: bytes, *, channel: ChannelRecord | None, codec: str
    ) -> Sequence[str] | None:
        """Return what a message of a channel is found by; None when its body cannot be read."""
        now = await self._past.in_force(channel) if channel else None
        if now is None:
            return None
        content = now.compiled.open(body, codec=codec)
        try:
            return (await asyncio.to_thread(content.identity)).keys
        except LianyiError:
            return None

    async def close(self) -> None:
        """End the processes in which functions ran."""
        await self._functions.close()

    async def check(self, text: str, name: str) -> CheckResult:
        """Run the examples that a definition carries.

        Args:
            text: the YAML.
            name: of the channel.
        """
        report = await check_text(text, f"{name}.yaml", self._content_dir)
        return CheckResult(
            ok=report.ok,
            problems=[problem_of(problem) for problem in report.problems],
            examples=[
                ExampleResult(
                    name=one.name,
                    ok=one.ok,
                    detail=None if one.ok else Note(zh=one.detail("zh"), en=one.detail("en")),
                )
                for one in report.examples
            ],
        )

    def file_text(self, name: str) -> str | None:
        """Return the text of a channel's file as it lies in the content folder now."""
        path = self._content_dir / "channels" / f"{name}.yaml"
        try:
            return path.read_text(encoding="utf-8-sig")
        except (OSError, UnicodeDecodeError):
            return None

    async def _repaired(
        self, exceptions: Mapping[int, ExceptionRecord], names: Mapping[int, str]
    ) -> dict[str, bytes]:
        """Return what people made of the message by destination; "" is the gate's, for all."""
        return {
            names.get(one.destination, ""): (
                await self._log.get(Position(one.repaired_shard or 0, one.repaired_number))
            ).body
            for one in exceptions.values()
            if one.repaired_number is not None
        }


def _sent_by(receipts: Sequence[ReceiptRecord], destination: int) -> int | None:
    """Return which version made what last went to a destination; None when nothing went."""
    return next(
        (
            one.version
            for one in reversed(receipts)
            if one.destination == destination and one.outcome in _TRANSFORMED
        ),
        None,
    )


def _guess(message: LogMessage, by: Past | None) -> str | None:
    return guess_codec(message.body, by.compiled.definition.source.default_codec if by else "")


def delivery_trace(
    mark: DeliveryMark,
    exception: ExceptionRecord | None,
    receipts: Sequence[ReceiptRecord],
    sent: tuple[list[Outgoing], ShownBy] | None,
    versions: Mapping[int, int | None],
) -> DeliveryTrace:
    """Return one delivery.

    Args:
        mark: how it fares.
        exception: its own row or that of the gate.
        receipts: of this delivery, the oldest first.
        sent: what goes out, and the definition that says so; None when nobody can tell.
        versions: what receipts call a version, to its number.
    """
    since: datetime | None = exception.since if exception else None
    if since is None and receipts:
        since = receipts[-1].at
    return DeliveryTrace(
        destination=mark.destination,
        destination_id=mark.destination_id,
        state=mark.state,
        since=since,
        order_key=exception.order_key if exception else None,
        due_at=exception.due_at if exception else None,
        error=rules.stored_problem(exception.error) if exception else None,
        decided_by=exception.decided_by if exception else None,
        decided_at=exception.decided_at if exception else None,
        reason=exception.reason if exception else None,
        outgoing=sent[0] if sent else [],
        outgoing_by=sent[1] if sent and sent[0] else None,
        attempts=[attempt_of(one, versions[one.version]) for one in receipts],
    )


def attempt_of(receipt: ReceiptRecord, version: int | None) -> Attempt:
    """Return one attempt. A failed one holds the record of the failure instead of an answer."""
    record: object = None
    if receipt.outcome and receipt.answer.startswith("{"):
        try:
            record = orjson.loads(receipt.answer)
        except orjson.JSONDecodeError:
            record = None
    problem = rules.stored_problem(record)
    answer = receipt.answer
    if problem and isinstance(record, dict):
        answer = str(record.get("told") or record.get("facts", {}).get("answer", ""))
    return Attempt(
        at=receipt.at,
        version=version,
        millis=receipt.millis,
        outcome=_OUTCOMES[receipt.outcome],
        answer=answer,
        problem=problem,
        replay=receipt.replay,
    )
