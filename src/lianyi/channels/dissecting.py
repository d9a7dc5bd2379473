"""What a channel's definition makes of a message: its tree, what is wrong, what goes out."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import suppress
from typing import Any, NamedTuple, cast

from lianyi.base.errors import LianyiError
from lianyi.channels.compiled import CompiledChannel, CompiledDestination
from lianyi.channels.compiled import Outgoing as Sent
from lianyi.channels.content import Content, Hl7Content
from lianyi.channels.differences import Change
from lianyi.channels.functions import FunctionHost
from lianyi.channels.showing import HIDDEN, guess_codec
from lianyi.channels.views import Difference, FindingView, Outgoing, TreeNode
from lianyi.messagelog.message import LogMessage

OUTGOING_MAX = 50

Hide = Callable[[str], str | None]
"""Returns a text without what is hidden in it; None when it cannot be shown."""


class Judged(NamedTuple):
    """What a definition's gate sees in a message."""

    tree: list[TreeNode]
    findings: list[FindingView]


def judge(compiled: CompiledChannel, message: LogMessage) -> Judged:
    """Return what a definition's gate sees in a message; parses, so run it in a thread."""
    content = _as_received(compiled, message)
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
    return Judged(tree, shown)


def _as_received(compiled: CompiledChannel, message: LogMessage) -> Content:
    """Return a message as the gate saw it, to whom nobody had said its codec.

    Only so it is noticed again that the sender declares a wrong one. A definition that came later
    may be unable to find out what the log knows.
    """
    content = compiled.open(message.body, received_at=message.received_at)
    with suppress(LianyiError):
        content.read()
        return content
    return _open(compiled, message)


def outgoing_of(
    compiled: CompiledChannel,
    destinations: Collection[str],
    message: LogMessage,
    repaired: Mapping[str, bytes],
    hide: Hide | None = None,
) -> dict[str, list[Outgoing]]:
    """Return what goes to some destinations; parses, so run it in a thread.

    Destinations that the definition lacks, and those whose steps call functions, are left out.

    Args:
        compiled: the channel.
        destinations: their names.
        message: as received.
        repaired: what people made of it, by destination, "" for all.
        hide: what is shown of a text; None: all.
    """
    content = _open(compiled, message)
    before = _shown(compiled, content, hide)
    found: dict[str, list[Outgoing]] = {}
    for destination in compiled.destinations:
        if destination.name in destinations and not destination.needs_functions:
            with suppress(LianyiError):  # not transformable; the attempts say why
                sent = _to_send(compiled, destination, content, message, repaired)
                if destination.wants(sent):
                    parts = destination.transform(sent)
                    found[destination.name] = _outgoing(destination, before, parts, hide)
    return found


async def outgoing_apart(
    compiled: CompiledChannel,
    destination: CompiledDestination,
    message: LogMessage,
    repaired: Mapping[str, bytes],
    functions: FunctionHost,
    hide: Hide | None = None,
) -> list[Outgoing]:
    """Return what goes to a destination whose steps call functions; see :func:`outgoing_of`."""
    content = _open(compiled, message)
    with suppress(LianyiError):  # not transformable; the attempts say why
        sent = _to_send(compiled, destination, content, message, repaired)
        if destination.wants(sent):
            parts = await destination.transform_apart(sent, functions)
            return _outgoing(destination, _shown(compiled, content, hide), parts, hide)
    return []


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


def _shown(compiled: CompiledChannel, content: Content, hide: Hide | None) -> Content | None:
    """Return a message as it may be compared; None when it may not."""
    if hide is None:
        return content
    codec = content.codec or guess_codec(content.body) or "utf-8"
    text = hide(content.body.decode(codec, "replace"))
    return None if text is None else compiled.open(text.encode(codec, "replace"), codec=codec)


def _outgoing(
    destination: CompiledDestination,
    before: Content | None,
    parts: Sequence[Sent],
    hide: Hide | None,
) -> list[Outgoing]:
    """Return what goes out; compared is what is shown of it with what is shown of the original."""
    found = []
    for part in parts[:OUTGOING_MAX]:
        codec = part.codec or guess_codec(part.body) or "utf-8"
        sent: str | None = part.body.decode(codec, "replace")
        if hide is not None:
            sent = hide(sent or "")
        changes: Sequence[Change] = ()
        if sent is not None and before is not None:
            shown = part if hide is None else part._replace(body=sent.encode(codec, "replace"))
            changes = destination.changes(before, shown)
        found.append(
            Outgoing(
                body_text=HIDDEN if sent is None else sent,
                diff=[
                    Difference(path=one.path, before=one.before, after=one.after) for one in changes
                ],
            )
        )
    return found


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
