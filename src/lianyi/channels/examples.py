"""The examples that travel with a channel, run: in tests, by ``lianyi channel check``, by a button.

An example runs the real channel over its message: gate, filters, steps, functions. Nothing is
recorded and nothing is sent.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from lianyi.base.errors import Language, LianyiError
from lianyi.channels.compiled import (
    CompiledChannel,
    CompiledDestination,
    Outgoing,
    compile_channel,
)
from lianyi.channels.content import Content, Hl7Content
from lianyi.channels.definition import Channel, Example
from lianyi.channels.functions import FunctionHost
from lianyi.channels.loading import read_channel
from lianyi.channels.problems import BadChannel, FailedExample
from lianyi.channels.reading import Report, read_yaml
from lianyi.channels.steps import content_class
from lianyi.formats import hl7v2
from lianyi.formats.hl7v2 import charsets
from lianyi.messagelog.message import Gate

ARRIVED_AT = datetime(2026, 1, 1, tzinfo=UTC)
"""When the messages of examples arrive."""


@dataclass(frozen=True, slots=True)
class ExampleResult:
    """What became of one example.

    Attributes:
        name: the sentence that should hold.
        problems: why it does not; empty when it does.
        where: its place in the file.
    """

    name: str
    problems: tuple[LianyiError, ...]
    where: str = ""

    @property
    def ok(self) -> bool:
        """Whether it holds."""
        return not self.problems

    def detail(self, language: Language = "en") -> str:
        """Return why it does not hold, one line for each reason."""
        return "\n".join(problem.text(language) for problem in self.problems)


@dataclass(frozen=True, slots=True)
class CheckReport:
    """What the check of one channel file found.

    Attributes:
        name: of the file.
        channel: the definition; None when it cannot be read.
        problems: what is wrong with the definition. With any, no example is run.
        examples: what became of each example.
    """

    name: str
    channel: Channel | None
    problems: tuple[LianyiError, ...]
    examples: tuple[ExampleResult, ...]

    @property
    def ok(self) -> bool:
        """Whether the channel can be used and does what its examples say."""
        return not self.problems and all(example.ok for example in self.examples)


def check(path: Path, content_dir: Path | None = None) -> CheckReport:
    """Check a channel file and run its examples; for callers without an event loop.

    Args:
        path: the YAML file.
        content_dir: where ``tables``, ``steps``, ``functions`` lie; default: above ``channels/``.

    Raises:
        OSError: the file cannot be opened.
    """
    text = path.read_text(encoding="utf-8-sig")
    where = content_dir or (path.parent.parent if path.parent.name == "channels" else path.parent)
    return asyncio.run(check_text(text, path.name, where))


async def check_text(text: str, name: str, content_dir: Path | None) -> CheckReport:
    """Check the text of a channel file and run its examples.

    Args:
        text: the YAML.
        name: of the file, for people.
        content_dir: where ``tables``, ``steps``, ``functions`` lie; None: nowhere.
    """
    channel, problems = read_channel(text, name, content_dir)
    if channel is None or problems:
        return CheckReport(name, channel, tuple(problems), ())
    compiled = compile_channel(channel, content_dir)
    functions = FunctionHost()
    try:
        results = await run_examples(compiled, text, name, functions)
    finally:
        await functions.close()
    return CheckReport(name, channel, (), results)


async def run_examples(
    channel: CompiledChannel, text: str, name: str, functions: FunctionHost
) -> tuple[ExampleResult, ...]:
    """Run all examples of a channel, one after another.

    Args:
        channel: the channel, compiled.
        text: the YAML that it was compiled from.
        name: of the file, for people.
        functions: where functions run.
    """
    if not channel.definition.examples:
        return ()
    places = Report(name)
    read_yaml(text, places)
    results = []
    for n, example in enumerate(channel.definition.examples):
        await asyncio.sleep(0)  # others of this process want their turn
        where = places.where(("examples", n))
        results.append(await run_example(channel, example, functions, where=where))
    return tuple(results)


async def run_example(
    channel: CompiledChannel, example: Example, functions: FunctionHost, *, where: str
) -> ExampleResult:
    """Run one example and say what does not hold.

    Args:
        channel: the channel, compiled.
        example: one of its examples.
        functions: where functions run.
        where: the place of the example, for the problems.
    """
    problems: list[LianyiError] = []

    def expect(aspect: str, aspect_zh: str, expected: object, got: object) -> None:
        if expected != got:
            problems.append(
                FailedExample(
                    where=where,
                    aspect=aspect,
                    aspect_zh=aspect_zh,
                    expected=_shown(expected),
                    got=_shown(got),
                )
            )

    try:
        body = example_body(channel.definition, example)
    except LianyiError as error:
        return ExampleResult(example.name, (error,), where)
    content = channel.open(body, received_at=ARRIVED_AT)
    gate, findings = channel.judge(content)
    expect("gate", "校验结果", example.gate, gate.name.lower())
    if example.gate != gate.name.lower() and findings:
        first = findings[0]
        problems[-1].facts["got"] = f"{gate.name.lower()} ({first.path}: {first.text('en')})"
    sent: dict[str, list[Outgoing]] = {}
    parked: dict[str, LianyiError] = {}
    for destination in () if gate is Gate.HOLD else channel.destinations:
        try:
            made = await _deliver(destination, content, functions)
        except LianyiError as error:
            parked[destination.name] = error
        else:
            if made:
                sent[destination.name] = made
    expect("delivered_to", "送达目的端", sorted(example.delivered_to), sorted(sent))
    expect("parked", "待处理目的端", sorted(example.parked), sorted(parked))
    problems += [error for name, error in parked.items() if name not in example.parked]
    for name, wanted in example.expect.items():
        got = sent.get(name, [])
        expect(f"messages to {name}", f"发往 {name} 的消息数", len(wanted), len(got))
        for values, outgoing in zip(wanted, got, strict=False):
            said = _said(outgoing, values, codec=channel.definition.source.default_codec)
            for path, value in values.items():
                expect(f"{name}: {path}", f"{name}：{path}", value, said[path])
    return ExampleResult(example.name, tuple(problems), where)


async def _deliver(
    destination: CompiledDestination, content: Content, functions: FunctionHost
) -> list[Outgoing]:
    """Return what would be sent; nothing when the destination does not want the message."""
    if not destination.wants(content):
        return []
    return await destination.transform_apart(content, functions)


def _said(outgoing: Outgoing, paths: Iterable[str], *, codec: str) -> dict[str, str]:
    """Return what an outgoing message says at paths; a path it cannot have says why."""
    for format_ in ("hl7v2", "json", "xml", "rows", "raw"):
        kind = content_class(format_)
        if kind.content_type == outgoing.content_type:
            break
    content = kind(outgoing.body)
    if isinstance(content, Hl7Content):
        content.default_codec = codec
    said = {}
    for path in paths:
        try:
            said[path] = content.get(path)
        except LianyiError as error:
            said[path] = f"({error.code})"
    return said


def _shown(value: object) -> str:
    if isinstance(value, list):
        return "[" + ", ".join(map(str, value)) + "]"
    return f'"{value}"' if isinstance(value, str) else str(value)


def example_body(channel: Channel, example: Example) -> bytes:
    """Return the message of an example as its sender would send it.

    Raises:
        LianyiError: the example cannot be made into a message of the channel's format.
    """
    if example.message:
        if channel.format != "hl7v2":
            return example.message.encode()
        text = "\r".join(example.message.splitlines()) + "\r"
        return text.encode(_codec(channel, text), "replace")
    if channel.format == "hl7v2":
        return _invented_hl7(channel, example)
    if channel.format == "raw":
        return example.event.encode()
    return _invented(channel, example)


def _codec(channel: Channel, text: str) -> str:
    """Return the codec a sender would use for a message: what it declares, or the default."""
    source = channel.source
    if source.forced_codec:
        return charsets.known_codec(source.forced_codec)
    declared = hl7v2.read_header(text.encode()).charset
    return charsets.codec_declared(declared) or charsets.known_codec(source.default_codec)


def _invented_hl7(channel: Channel, example: Example) -> bytes:
    content = Hl7Content(b"MSH|^~\\&|||||20260101080000||||P|2.5.1\r", codec="utf-8")
    kind, _, trigger = example.event.partition("^")
    content.set("MSH-9.1", kind)
    if trigger:
        content.set("MSH-9.2", trigger)
    content.set("MSH-10", "EXAMPLE")
    content.set("MSH-3", example.sending_application)
    content.set("MSH-4", example.sending_facility)
    for path, value in example.fields.items():
        content.set(path, value)
    text = content.encode().decode("utf-8")
    return text.encode(_codec(channel, text), "replace")


def _invented(channel: Channel, example: Example) -> bytes:
    """Invent a JSON message; XML has no shape that could be guessed."""
    places = channel.identify
    if channel.format in ("xml", "rows") or not places.event:
        raise BadChannel(
            where=f"{channel.channel}: {example.name}",
            why="an example of this channel needs its 'message' written out",
            why_zh="该通道的示例需要写出完整的 message",
        )
    content = content_class(channel.format)(b"{}")
    for path, value in (
        (places.event, example.event),
        (places.sending_application, example.sending_application),
        (places.sending_facility, example.sending_facility),
        *example.fields.items(),
    ):
        if path and value:
            content.set(path, value)
    return content.encode()
