"""What happened to a message: its row in a list, and its whole story.

The story is told from receipts and exceptions. What a destination is sent is not kept anywhere; it
is computed again from the definition in force now, which is also what a resend would send.
"""

from __future__ import annotations

import asyncio
import base64
import codecs
from collections import OrderedDict
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from itertools import groupby, pairwise
from pathlib import Path
from typing import Any, NamedTuple, cast
from zoneinfo import ZoneInfo

import orjson

from lianyi.base.errors import LianyiError
from lianyi.base.telemetry import trace_context
from lianyi.channels import standing as rules
from lianyi.channels.compiled import CompiledChannel, CompiledDestination, compile_channel
from lianyi.channels.compiled import Outgoing as Sent
from lianyi.channels.content import Content, Hl7Content
from lianyi.channels.examples import check_text
from lianyi.channels.functions import FunctionHost
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
    DeliveryState,
    DeliveryTrace,
    Difference,
    ExampleResult,
    FindingView,
    GateName,
    Key,
    KeyKind,
    MessageRow,
    MessageTrace,
    Note,
    Outgoing,
    TreeNode,
    problem_of,
)
from lianyi.messagelog.message import LogMessage, Position
from lianyi.messagelog.postgres import Entry, PostgresLog

NEIGHBOURS = 256
"""Numbers so close together are asked for in one walk through the index of receipts."""

ATTEMPTS_MAX = 500
CAUSES_MAX = 200
COMPILED_MAX = 32
OUTGOING_MAX = 50

_GATES: tuple[GateName, ...] = ("accept", "warn", "hold")
_OUTCOMES: tuple[AttemptOutcome, ...] = ("delivered", "refused", "no_answer", "cannot_transform")
_KEYS: dict[str, KeyKind] = {
    "p": "patient",
    "e": "encounter",
    "o": "order",
    "a": "accession",
    "c": "control",
}


def keys_of(written: Sequence[str]) -> list[Key]:
    """Return the keys of a message as the API shows them."""
    keys = []
    for key in written:
        kind = _KEYS.get(key[:1])
        if kind is None:
            continue
        value, caret, authority = key[2:].rpartition("^") if key[0] == "p" else (key[2:], "", "")
        value = value if caret else key[2:]
        keys.append(Key(kind=kind, value=value, authority=authority or None if caret else None))
    return keys


def row_of(entry: Entry, channel: str | None, marks: list[DeliveryMark]) -> MessageRow:
    """Return a message as the API lists it."""
    return MessageRow(
        position=str(entry.position),
        received_at=entry.received_at,
        channel=channel,
        kind=entry.kind,
        sender=entry.sender,
        control_id=next((key[2:] for key in entry.keys if key[:1] == "c"), None),
        keys=keys_of(entry.keys),
        size_bytes=entry.size_bytes,
        gate=_GATES[entry.gate],
        caused_by=str(entry.caused_by) if entry.caused_by else None,
        deliveries=marks,
    )


def entry_of(message: LogMessage) -> Entry:
    """Return a message without its body."""
    return Entry(
        shard=message.shard,
        number=message.number,
        received_at=message.received_at,
        channel=message.channel,
        kind=message.kind,
        codec=message.codec,
        sender=message.sender,
        keys=tuple(message.keys),
        gate=message.gate,
        caused_by=message.caused_by,
        size_bytes=len(message.body),
        tombstone=message.tombstone,
    )


def runs_of(numbers: Iterable[int]) -> list[tuple[int, int]]:
    """Return runs of numbers that lie close together, as first and last of each."""
    ordered = sorted(set(numbers))
    if not ordered:
        return []
    cuts = [at + 1 for at, (low, high) in enumerate(pairwise(ordered)) if high - low > NEIGHBOURS]
    edges = [0, *cuts, len(ordered)]
    return [(ordered[begin], ordered[end - 1]) for begin, end in pairwise(edges)]


async def delivery_marks(
    store: ReadStore, entries: Sequence[Entry], destinations: Iterable[DestinationRecord]
) -> dict[Position, list[DeliveryMark]]:
    """Return how messages fare with the destinations of their channels.

    A retired destination is named only where a message has an exception with it.
    """
    if not entries:
        return {}
    readers = await store.readers()
    delivered: dict[tuple[int, int, int], bool] = {}
    for shard, group in groupby(sorted(entries, key=lambda one: one.shard), lambda one: one.shard):
        of_shard = list(group)
        found = await store.delivered(
            shard,
            runs_of(entry.number for entry in of_shard),
            since=min(entry.received_at for entry in of_shard),
        )
        delivered |= {(to, shard, number): live for (to, number), live in found.items()}
    exceptions = {
        (one.destination, one.shard, one.number): one
        for one in await store.exceptions_of([entry.position for entry in entries])
    }
    by_channel: dict[int, list[DestinationRecord]] = {}
    for destination in destinations:
        by_channel.setdefault(destination.channel, []).append(destination)
    return {
        entry.position: [
            DeliveryMark(
                destination=one.name,
                destination_id=one.destination,
                state=_state(entry, one, exceptions, delivered, readers),
            )
            for one in by_channel.get(entry.channel, ())
            if not one.retired or (one.destination, *entry.position) in exceptions
        ]
        for entry in entries
    }


def _state(
    entry: Entry,
    destination: DestinationRecord,
    exceptions: Mapping[tuple[int, int, int], ExceptionRecord],
    delivered: Mapping[tuple[int, int, int], bool],
    readers: Mapping[str, Any],
) -> DeliveryState:
    at = (destination.destination, entry.shard, entry.number)
    reader = readers.get(f"destination:{destination.destination}")
    return rules.delivery_state(
        number=entry.number,
        gate=entry.gate,
        gate_exception=exceptions.get((-entry.channel, entry.shard, entry.number)),
        exception=exceptions.get(at),
        delivered=delivered.get(at),
        position=reader.position if reader else 0,
    )


class Explained(NamedTuple):
    """What the definition in force makes of a message."""

    tree: list[TreeNode]
    findings: list[FindingView]
    outgoing: dict[str, list[Outgoing]]


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
                    explained.outgoing[destination.name] = await self._apart(
                        compiled, destination, message, repaired
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

    async def _apart(
        self,
        compiled: CompiledChannel,
        destination: CompiledDestination,
        message: LogMessage,
        repaired: Mapping[str, bytes],
    ) -> list[Outgoing]:
        """Return what goes to a destination whose steps call functions."""
        content = _open(compiled, message)
        with suppress(LianyiError):  # not transformable; the attempts say why
            sent = _to_send(compiled, destination, content, message, repaired)
            if destination.wants(sent):
                parts = await destination.transform_apart(sent, self._functions)
                return _outgoing(destination, content, parts, message)
        return []

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
        answer = str(record.get("facts", {}).get("answer", ""))
    return Attempt(
        at=receipt.at,
        millis=receipt.millis,
        outcome=_OUTCOMES[receipt.outcome],
        answer=answer,
        problem=problem,
        replay=receipt.replay,
    )


def explain(
    compiled: CompiledChannel, message: LogMessage, repaired: Mapping[str, bytes]
) -> Explained:
    """Return what a definition makes of a message; parses, so run it in a thread.

    Destinations whose steps call functions are left out.

    Args:
        compiled: the channel.
        message: as received.
        repaired: what people made of it, by destination, "" for all; only for what goes out.
    """
    content = _open(compiled, message)
    _, findings = compiled.judge(content)
    shown = [
        FindingView(
            severity=found.severity, path=found.path, zh=found.text("zh"), en=found.text("en")
        )
        for found in findings
    ]
    tree: list[TreeNode] = []
    if isinstance(content, Hl7Content):
        with suppress(LianyiError):  # it cannot be read; the findings say why
            tree = tree_of(content)
    outgoing: dict[str, list[Outgoing]] = {}
    for destination in compiled.destinations:
        if not destination.needs_functions:
            with suppress(LianyiError):  # not transformable; the attempts say why
                sent = _to_send(compiled, destination, content, message, repaired)
                if destination.wants(sent):
                    parts = destination.transform(sent)
                    outgoing[destination.name] = _outgoing(destination, content, parts, message)
    return Explained(tree, shown, outgoing)


def _open(compiled: CompiledChannel, message: LogMessage) -> Content:
    return compiled.open(
        message.body, codec=message.codec, received_at=message.received_at, keys=message.keys
    )


def _to_send(
    compiled: CompiledChannel,
    destination: CompiledDestination,
    content: Content,
    message: LogMessage,
    repaired: Mapping[str, bytes],
) -> Content:
    """Return the message that a destination gets: as received, or as a person repaired it."""
    body = repaired.get(destination.name, repaired.get(""))
    if body is None:
        return content
    return compiled.open(body, codec=message.codec, received_at=message.received_at)


def _outgoing(
    destination: CompiledDestination, content: Content, parts: Sequence[Sent], message: LogMessage
) -> list[Outgoing]:
    return [
        Outgoing(
            body_text=part.body.decode(message.codec or "utf-8", errors="replace"),
            diff=[
                Difference(path=one.path, before=one.before, after=one.after)
                for one in destination.changes(content, part)
            ],
        )
        for part in parts[:OUTGOING_MAX]
    ]


def tree_of(content: Hl7Content) -> list[TreeNode]:
    """Return an HL7 v2 message as a tree: segments, fields, repetitions, components."""
    from lianyi.formats.hl7v2.tree import tree  # its tables cost memory; only who asks pays

    return [
        TreeNode(
            path=segment["path"],
            name_zh=segment["name_zh"],
            name_en=segment["name_en"],
            value=None,
            children=[_field(field) for field in segment["fields"]],
        )
        for segment in tree(content.message)
    ]


def _field(field: Mapping[str, Any]) -> TreeNode:
    repetitions = [_part(one) for one in field["repetitions"]]
    alone = repetitions[0] if len(repetitions) == 1 else None
    return TreeNode(
        path=field["path"],
        name_zh=field["name_zh"],
        name_en=field["name_en"],
        value=alone.value if alone else None,
        children=alone.children if alone else repetitions,
    )


def _part(part: Mapping[str, Any]) -> TreeNode:
    children = part.get("components") or part.get("subcomponents") or []
    return TreeNode(
        path=part["path"],
        name_zh="",
        name_en=part.get("name_en", ""),
        value=None if children else part.get("text"),
        children=[_part(cast("Mapping[str, Any]", child)) for child in children],
    )
