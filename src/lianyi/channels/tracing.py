"""What happened to a message: its whole story.

The story is told from receipts and exceptions. What a destination is sent is not kept anywhere; it
is computed again from the definition in force now, which is also what a resend would send.
"""

from __future__ import annotations

import asyncio
import base64
import codecs
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import orjson

from lianyi.base.errors import LianyiError
from lianyi.base.telemetry import trace_context
from lianyi.channels import standing as rules
from lianyi.channels.compiled import CompiledChannel, compile_channel
from lianyi.channels.dissecting import Explained, explain, explain_apart
from lianyi.channels.examples import check_text
from lianyi.channels.functions import FunctionHost
from lianyi.channels.listing import delivery_marks, entry_of, row_of
from lianyi.channels.loading import load_channel
from lianyi.channels.read_store import (
    ChannelRecord,
    DestinationRecord,
    ExceptionRecord,
    ReadStore,
    ReceiptRecord,
)
from lianyi.channels.views import (
    Attempt,
    AttemptOutcome,
    CheckResult,
    DeliveryMark,
    DeliveryTrace,
    ExampleResult,
    MessageTrace,
    Note,
    Outgoing,
    problem_of,
)
from lianyi.messagelog.message import LogMessage, Position
from lianyi.messagelog.postgres import PostgresLog

ATTEMPTS_MAX = 500
CAUSES_MAX = 200
COMPILED_MAX = 32

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
        self._timezone = ZoneInfo(timezone)
        self._installation = installation
        self._shown_bytes_max = shown_bytes_max
        self._functions = FunctionHost()
        self._compiled: OrderedDict[tuple[int, int], CompiledChannel] = OrderedDict()

    async def trace(
        self,
        message: LogMessage,
        *,
        channel: ChannelRecord | None,
        destinations: Sequence[DestinationRecord],
    ) -> MessageTrace:
        """Return everything that is known about a message."""
        position = message.position
        entry = entry_of(message)
        marks = (await delivery_marks(self._store, [entry], destinations))[position]
        exceptions = {one.destination: one for one in await self._store.exceptions_of([position])}
        receipts = await self._store.receipts(
            position, since=message.received_at, limit=ATTEMPTS_MAX
        )
        explained = Explained([], [], {})
        compiled = await self._definition_in_force(channel) if channel else None
        if compiled and not message.tombstone and len(message.body) <= self._shown_bytes_max:
            names = {one.destination: one.name for one in destinations}
            repaired = await self._repaired(exceptions, names)
            explained = await asyncio.to_thread(explain, compiled, message, repaired)
            for destination in compiled.destinations:
                if destination.needs_functions:
                    explained.outgoing[destination.name] = await explain_apart(
                        compiled, destination, message, repaired, self._functions
                    )
        judged_by = channel and await self._store.definition_at(channel.channel, position.number)
        text, encoded = shown_body(message, self._shown_bytes_max)
        ids = trace_context(position.shard, position.number, installation=self._installation)
        return MessageTrace(
            **vars(row_of(entry, channel.name if channel else None, marks)),
            codec=message.codec,
            body_text=text,
            body_base64=encoded,
            truncated=len(message.body) > self._shown_bytes_max,
            tombstone=message.tombstone,
            tree=explained.tree,
            findings=explained.findings,
            definition_version=judged_by.version if judged_by else None,
            chain_hex=message.chain.hex(),
            causes=[str(one) for one in await self._store.causes(position, limit=CAUSES_MAX)],
            trace_id=f"{ids.trace_id:032x}",
            destinations=[
                delivery_trace(
                    mark,
                    exceptions.get(mark.destination_id) or exceptions.get(-message.channel),
                    [one for one in receipts if one.destination == mark.destination_id],
                    explained.outgoing.get(mark.destination, []),
                )
                for mark in marks
            ],
        )

    async def _definition_in_force(self, channel: ChannelRecord) -> CompiledChannel | None:
        known = self._compiled.get((channel.channel, channel.version))
        if known:
            return known
        definition = await self._store.definition(channel.channel, channel.version)
        if definition is None:
            return None
        try:
            compiled = await asyncio.to_thread(self._compile, definition.yaml, channel.name)
        except LianyiError:
            return None  # a table that it uses is broken now; the channel's card says so
        self._compiled[channel.channel, channel.version] = compiled
        while len(self._compiled) > COMPILED_MAX:
            self._compiled.popitem(last=False)
        return compiled

    def _compile(self, text: str, name: str) -> CompiledChannel:
        definition = load_channel(text, name, self._content_dir)
        return compile_channel(definition, self._content_dir, timezone=self._timezone)

    async def keys_of(
        self, body: bytes, *, channel: ChannelRecord | None, codec: str
    ) -> Sequence[str] | None:
        """Return what a message of a channel is found by; None when its body cannot be read."""
        compiled = await self._definition_in_force(channel) if channel else None
        if compiled is None:
            return None
        content = compiled.open(body, codec=codec)
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


def shown_body(message: LogMessage, bytes_max: int) -> tuple[str | None, str | None]:
    """Return the beginning of a body as text, or in base64 where it is no text."""
    begin = message.body[:bytes_max]
    if message.codec:
        try:
            reader = codecs.getincrementaldecoder(message.codec)(errors="replace")
        except LookupError:
            pass
        else:
            return reader.decode(begin, final=len(begin) == len(message.body)), None
    return None, base64.b64encode(begin).decode()


def delivery_trace(
    mark: DeliveryMark,
    exception: ExceptionRecord | None,
    receipts: Sequence[ReceiptRecord],
    outgoing: list[Outgoing],
) -> DeliveryTrace:
    """Return one delivery; ``exception`` is its own row or that of the gate."""
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
        outgoing=outgoing,
        attempts=[attempt_of(receipt) for receipt in receipts],
    )


def attempt_of(receipt: ReceiptRecord) -> Attempt:
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
        millis=receipt.millis,
        outcome=_OUTCOMES[receipt.outcome],
        answer=answer,
        problem=problem,
        replay=receipt.replay,
    )
