"""A channel ready to run: filters, gate and steps as closures, no schema left at run time.

A :class:`CompiledChannel` never changes; a new version of the definition makes a new one. One
:class:`Content` is opened for each message and shared by all destinations.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from lianyi.base.errors import LianyiError
from lianyi.channels.content import NOWHERE, Content, Hl7Content, Test
from lianyi.channels.definition import Channel, Destination, Filter, OrderPath
from lianyi.channels.differences import Change, differences
from lianyi.channels.functions import FunctionHost
from lianyi.channels.gate import Finding, compile_gate
from lianyi.channels.library import Library
from lianyi.channels.problems import first_of
from lianyi.channels.reading import Place, Report
from lianyi.channels.routing import both, check_path, compile_filter
from lianyi.channels.steps import (
    CallStep,
    CompiledStep,
    StepCompiler,
    content_class,
    run,
    run_step,
)
from lianyi.connectors.registry import CONNECTORS
from lianyi.messagelog.message import Gate

CHINA = ZoneInfo("Asia/Shanghai")

ADDRESS_KEYS = ("address", "folder")
"""What connectors call the thing that ``address`` says."""


class Outgoing(NamedTuple):
    """One message on its way out.

    Attributes:
        body: the bytes, without transport framing.
        control_id: the sender's own; after a split ``<id>-<n>``.
        content_type: for wires that say it.
        codec: Python codec of the body where it is text; empty when nobody knows.
    """

    body: bytes
    control_id: str
    content_type: str
    codec: str = ""


class CompiledDestination:
    """One destination of a channel.

    Attributes:
        definition: as written, for retry, breaker and lanes.
        name: unique in the channel.
        connector_settings: what ``build_sender`` is told.
        needs_functions: whether a step calls a function, so that ``transform_apart`` is needed.
        wants: whether the message goes here (the channel's filter and its own).
        order_key: messages with the same key go out in the order they came; "" needs no order.
            Both take a :class:`Content` and raise LianyiError when it cannot be read.
    """

    __slots__ = (
        "_steps",
        "connector_settings",
        "definition",
        "name",
        "needs_functions",
        "order_key",
        "wants",
    )

    def __init__(
        self,
        definition: Destination,
        wants: Test,
        order_key: Callable[[Content], str],
        steps: Sequence[CompiledStep],
    ) -> None:
        self.definition = definition
        self.name = definition.name
        self.connector_settings: dict[str, Any] = connector_settings(definition)
        self.wants = wants
        self.order_key = order_key
        self.needs_functions = any(isinstance(step, CallStep) for step in steps)
        self._steps = tuple(steps)

    def transform(self, content: Content) -> list[Outgoing]:
        """Return what goes out; the very bytes received when there are no steps.

        Raises:
            NeedsFunctions: a step calls a function; use :meth:`transform_apart`.
            LianyiError: the steps cannot be done with this message. Park it.
        """
        if not self._steps:
            return [Outgoing(content.body, content.control_id, content.content_type, content.codec)]
        return [outgoing(draft) for draft in run(self._steps, content)]

    async def transform_apart(self, content: Content, functions: FunctionHost) -> list[Outgoing]:
        """Do the same, with functions running in ``functions``.

        Raises:
            LianyiError: the steps cannot be done, or a function failed (category INVALID: park),
                or no function can be run at all (UNAVAILABLE: try again).
        """
        if not self.needs_functions:
            return self.transform(content)
        drafts = [content.copy()]
        for step in self._steps:
            if isinstance(step, CallStep):
                drafts = [
                    await functions.call(step.function, step.call, draft)
                    if step.when is None or step.when(draft)
                    else draft
                    for draft in drafts
                ]
            else:
                drafts = run_step(step, drafts)
        return [outgoing(draft) for draft in drafts]

    def changes(self, content: Content, sent: Outgoing) -> tuple[Change, ...]:
        """Return where what goes out differs from what came in, for people to look at.

        Args:
            content: what came in.
            sent: one of what ``transform`` returned for it.
        """
        return differences(
            content, sent.body, content_type=sent.content_type, codec=sent.codec or "utf-8"
        )


def connector_settings(destination: Destination) -> dict[str, Any]:
    """Return what the connector of a destination is told, its address under the name it uses."""
    return told_connector(destination.connector, destination.settings, destination.address)


def told_connector(name: str, settings: Mapping[str, Any], address: object) -> dict[str, Any]:
    """Return settings with the address, if there is one, under the name the connector uses."""
    kind = CONNECTORS.get(name)
    told = dict(settings)
    if address and kind is not None:
        known = kind.sender_settings.model_fields
        told[next((key for key in ADDRESS_KEYS if key in known), "address")] = address
    return told


def outgoing(draft: Content) -> Outgoing:
    """Return a finished message as it goes out."""
    return Outgoing(draft.encode(), draft.control_id, draft.content_type, draft.codec)


class CompiledChannel:
    """One version of a channel.

    Attributes:
        definition: as written.
        destinations: in the order of the definition, those disabled left out.
        digest: 32 bytes; differs when the definition or a table, step list or function that
            it uses does.
        used: the shared files it uses, below the content folder.
    """

    __slots__ = (
        "_codec",
        "_forced",
        "_judge",
        "_kind",
        "_places",
        "definition",
        "destinations",
        "digest",
        "used",
    )

    def __init__(
        self,
        definition: Channel,
        destinations: Sequence[CompiledDestination],
        judge: Callable[[Content], tuple[Gate, tuple[Finding, ...]]],
        library: Library,
    ) -> None:
        self.definition = definition
        self.destinations = tuple(destinations)
        self.used = tuple(sorted(library.taken))
        self.digest = _digest(definition, library)
        self._judge = judge
        self._places = NOWHERE if definition.identify == NOWHERE else definition.identify
        self._kind = content_class(definition.format)
        self._codec = definition.source.default_codec
        self._forced = definition.source.forced_codec

    def open(
        self,
        body: bytes,
        *,
        codec: str = "",
        received_at: datetime | None = None,
        kind: str = "",
        sender: str = "",
        keys: Sequence[str] | None = None,
    ) -> Content:
        """Return a message as filters and steps see it. Nothing is parsed yet, nothing raised.

        Args:
            body: the bytes as received.
            codec: Python codec of the bytes when the log knows it; empty: find out.
            received_at: when it came; templates may tell it.
            kind: as in the log, ``hl7v2 ADT^A01``; with it, filters by event need no parsing.
            sender: as in the log, ``HIS|HOSP1``; likewise.
            keys: as in the log; with them, ordering by patient needs no parsing.
        """
        content = self._kind(
            body,
            codec=codec or ("" if self._kind is Hl7Content else self._forced),
            received_at=received_at,
            places=self._places,
            kind=kind,
            sender=sender,
            keys=keys,
        )
        if isinstance(content, Hl7Content):
            content.default_codec = self._codec
            content.forced_codec = self._forced
        return content

    def judge(self, content: Content) -> tuple[Gate, tuple[Finding, ...]]:
        """Return what the validation gate says, and why. Never raises."""
        return self._judge(content)

    def destination(self, name: str) -> CompiledDestination | None:
        """Return the destination of a name; None when there is none (or it is disabled)."""
        return next((found for found in self.destinations if found.name == name), None)


def _digest(definition: Channel, library: Library) -> bytes:
    digest = hashlib.sha256(definition.model_dump_json(by_alias=True).encode())
    for name, held in sorted(library.taken.items()):
        digest.update(name.encode() + b"\0" + hashlib.sha256(held).digest())
    return digest.digest()


def compile_channel(
    definition: Channel, content: Path | Library | None, *, timezone: ZoneInfo = CHINA
) -> CompiledChannel:
    """Make a channel ready to run.

    Args:
        definition: what ``load_channel`` returned.
        content: where ``tables``, ``steps`` and ``functions`` lie; None: nowhere.
        timezone: of the site, in which templates tell the time.

    Raises:
        BadChannel: a table, step list, function, path or expression cannot be used.
    """
    report = Report(definition.channel)
    compiled = compile_into(definition, content, report, timezone=timezone)
    if report.problems:
        raise first_of(report.problems)
    return compiled


def compile_into(
    definition: Channel,
    content: Path | Library | None,
    report: Report,
    *,
    timezone: ZoneInfo = CHINA,
) -> CompiledChannel:
    """Compile as :func:`compile_channel`, but note what is wrong in ``report``."""
    library = content if isinstance(content, Library) else Library(content)
    compile_one = _DestinationCompiler(definition, library, report, timezone)
    _check_identify(definition, report)
    for name, steps in definition.steps.items():
        compile_one.steps(definition).compile(steps, ("steps", name))
    destinations = [
        compile_one(destination, ("destinations", n))
        for n, destination in enumerate(definition.destinations)
    ]
    judge = compile_gate(definition.gate, format_=definition.format, library=library, report=report)
    enabled = [found for found in destinations if found.definition.enabled]
    return CompiledChannel(definition, enabled, judge, library)


def _check_identify(definition: Channel, report: Report) -> None:
    for key, path in definition.identify:
        if path:
            try:
                check_path(definition.format, path)
            except LianyiError as error:
                report.note(error, ("identify", key))


class _DestinationCompiler:
    """Compiles the destinations of one channel, whose filter they share."""

    def __init__(
        self, channel: Channel, library: Library, report: Report, timezone: ZoneInfo
    ) -> None:
        self._channel = channel
        self._library = library
        self._report = report
        self._timezone = timezone
        self._common = self._filter(channel.filter, ("filter",))

    def _filter(self, wanted: Filter, place: Place) -> Test:
        return compile_filter(
            wanted, format_=self._channel.format, report=self._report, place=place
        )

    def steps(self, channel: Channel) -> StepCompiler:
        """Return a compiler for one list of steps."""
        return StepCompiler(
            format=channel.format,
            own=channel.steps,
            library=self._library,
            timezone=self._timezone,
            report=self._report,
        )

    def __call__(self, destination: Destination, place: Place) -> CompiledDestination:
        own = self._filter(destination.filter, (*place, "filter"))
        steps = self.steps(self._channel).compile(destination.transform, (*place, "transform"))
        order = self._order(destination, place)
        return CompiledDestination(destination, both(self._common, own), order, steps)

    def _order(self, destination: Destination, place: Place) -> Callable[[Content], str]:
        order_by = destination.order_by
        if isinstance(order_by, OrderPath):
            path = order_by.path
            try:
                check_path(self._channel.format, path)
            except LianyiError as error:
                self._report.note(error, (*place, "order_by", "path"))
            return lambda content: content.get(path)
        if order_by == "none" or self._channel.format == "raw":
            return lambda content: ""
        letter = {"patient": "p", "encounter": "e", "order": "o"}[order_by]
        return lambda content: content.key(letter)
