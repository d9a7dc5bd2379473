r"""No value of a field becomes a field, a segment or a message of its own.

HL7 v2.5.1, 2.7 (escape sequences) and MLLP release 1, 2.3: what separates is written ``\F\``, and a
byte that frames cannot travel at all.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree
from tests.unit.channels.channel_files import HEAD, compiled, destination

from lianyi.base.errors import LianyiError
from lianyi.channels.attempt import attempt
from lianyi.channels.compiled import CompiledChannel
from lianyi.channels.delivering import Outcome
from lianyi.connectors.connector import CannotCarry
from lianyi.connectors.mllp.framing import END, START, Deframer
from lianyi.connectors.registry import build_sender
from lianyi.formats import hl7v2

from .corpora import EVERY, OVERLONG, sayable

AT = datetime(2026, 3, 2, tzinfo=UTC)
MARKS = ["|^~\\&", "|^~\\&#", "$%@!*", "|~^\\&", "!&~\\^"]
CODECS = {"UNICODE UTF-8": "utf-8", "GB 18030-2000": "gb18030"}


def message(marks: str = "|^~\\&", codec: str = "UNICODE UTF-8") -> bytes:
    """A message with marks of its own; PID-5 is to be attacked."""
    f, c = marks[0], marks[1]
    lines = [
        f"MSH{marks}{f}A{f}B{f}C{f}D{f}2026{f}{f}ADT{c}A01{f}1{f}P{f}2.5.1{f * 6}{codec}",
        f.join(["PID", "1", "", f"P1{c}{c}{c}H1", "", "name"]),
        f.join(["PV1", "1", "I"]),
    ]  # fmt: skip
    return ("\r".join(lines) + "\r").encode()


def outline(body: bytes, codec: str = "utf-8") -> list[tuple[str, int]]:
    """Return the segments and how many fields each has."""
    text = body.decode(codec)
    return [(line[:3], line.count(text[3])) for line in text.rstrip("\r").split("\r")]


@pytest.mark.parametrize("marks", MARKS)
@pytest.mark.parametrize("codec", CODECS)
def test_a_written_text_comes_back_and_separates_nothing(marks: str, codec: str) -> None:
    before = outline(message(marks, codec), CODECS[codec])
    for text in [*EVERY, *marks, f"x\rPID{marks[0]}9", f"{START.decode()}x{END.decode()}"]:
        parsed = hl7v2.parse(message(marks, codec))
        try:
            parsed.set("PID-5.1", text)
            body = parsed.encode()
        except hl7v2.CannotEncode:
            assert any("\ud800" <= c <= "\udfff" for c in text), text
            continue
        assert outline(body, CODECS[codec]) == before, text
        assert hl7v2.parse(body).get("PID-5.1") == text


@given(
    text=st.text(max_size=40),
    marks=st.sampled_from(MARKS),
    path=st.sampled_from(
        ["PID-5", "PID-5.2", "PID-3.4.2", "PV1-99", "MSH-10", "ZZZ-1", "PID-5(3)"]
    ),
)
def test_no_text_at_any_path_makes_a_segment(text: str, marks: str, path: str) -> None:
    parsed = hl7v2.parse(message(marks))
    try:
        parsed.set(path, text)
        body = parsed.encode()
    except LianyiError:
        return
    names = [name for name, _ in outline(body)]
    assert names == ["MSH", "PID", "PV1", *(["ZZZ"] if path == "ZZZ-1" else [])]
    assert START not in body
    assert END not in body


STEPS = {
    "set from a path": "set: {{ PV1-3: '{{PID-5}}' }}",
    "set into a header": "set: {{ MSH-10: '{{PID-5}}' }}",
    "a segment of a site": "set: {{ ZPI-1: '{{PID-5}}' }}",
    "copy": "copy: {{ from: PID-5, to: PV1-3 }}",
}


@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize("text", EVERY)
def test_no_step_makes_a_segment_of_a_text(step: str, text: str) -> None:
    parsed = hl7v2.parse(message())
    parsed.set("PID-5", sayable(text))
    body = parsed.encode()
    wanted = STEPS[step].replace("{{", "{").replace("}}", "}")
    head = HEAD.replace("gb18030", "utf-8")
    channel = compiled(destination(f"[{{ {wanted} }}]"), head=head)
    (out,) = channel.destinations[0].transform(channel.open(body, received_at=AT))
    expected = ["MSH", "PID", "PV1", *(["ZPI"] if "ZPI" in wanted else [])]
    assert [name for name, _ in outline(out.body)] == expected
    where = next(p for p in ("PV1-3", "MSH-10", "ZPI-1") if p in wanted)
    assert hl7v2.parse(out.body).get(where) == parsed.get("PID-5")


TEMPLATES = {
    "json": '{{"name": "{PID-5}", "last": "1"}',
    "xml": "<p><name a='{PID-5}'>{PID-5}</name><last/></p>",
}


def templated(format_: str) -> CompiledChannel:
    """Return a channel whose messages become a template."""
    step = {"template": {"text": TEMPLATES[format_], "format": format_}}
    return compiled(
        "destinations:\n  - name: emr\n    connector: http\n"
        f"    address: http://emr.hospital.internal/in\n    transform: [{json.dumps(step)}]\n",
        head=HEAD.replace("gb18030", "utf-8"),
    )


@pytest.mark.parametrize("format_", TEMPLATES)
def test_no_text_leaves_its_place_in_a_template(format_: str) -> None:
    channel = templated(format_)
    for text in EVERY:
        parsed = hl7v2.parse(message())
        parsed.set("PID-5", sayable(text))
        received = channel.open(parsed.encode(), received_at=AT)
        (out,) = channel.destinations[0].transform(received)
        if format_ == "json":
            assert json.loads(out.body) == {"name": parsed.get("PID-5"), "last": "1"}
        else:
            root = etree.fromstring(out.body, etree.XMLParser(resolve_entities=False))
            assert [one.tag for one in root] == ["name", "last"], text
            assert len(root[0]) == 0, text
            assert set(root[0].keys()) == {"a"}, text


@pytest.mark.parametrize("text", EVERY)
@pytest.mark.parametrize("marks", MARKS[:3])
def test_no_acknowledgment_repeats_a_segment(text: str, marks: str) -> None:
    """What a sender calls itself and its message stands in the answer, as its field only."""
    parsed = hl7v2.parse(message(marks))
    for path in ("MSH-3", "MSH-4", "MSH-10", "MSH-9.2"):
        parsed.set(path, sayable(text))
    header = hl7v2.read_header(parsed.encode())
    error = hl7v2.WrongCharset(where=text, codec=text, declared=text)
    for version in ("2.3", "2.5.1"):
        answer = hl7v2.acknowledge(
            header._replace(version=version), code="AE", at=AT, control_id="1", error=error
        )
        read = hl7v2.parse(answer)
        assert [one.name for one in read.segments()] == ["MSH", "MSA", "ERR"][
            : len(read.segments())
        ]
        assert read.get("MSA-2") == parsed.get("MSH-10")


@pytest.mark.parametrize("inside", [START, END, b"\x1c", END + START + b"MSH|^~\\&|FORGED\r"])
async def test_no_byte_of_a_message_frames_another(inside: bytes) -> None:
    """It may come by HTTP, as a file or as a repair; over MLLP it does not go out."""
    sender = build_sender("mllp", {"address": "127.0.0.1:1"})
    body = message() + b"NTE|1||" + inside + b"\r"
    with pytest.raises(CannotCarry):
        await sender.send(body, attributes={}, timeout_seconds=1)
    channel = compiled(destination(), head=HEAD.replace("gb18030", "utf-8"))
    (part,) = channel.destinations[0].transform(channel.open(body, received_at=AT))
    done = await attempt(
        [part], sender, channel.destinations[0],
        message=SimpleNamespace(position="1-1", received_at=AT), where="sample/emr",  # type: ignore[arg-type]
    )  # fmt: skip
    assert (done.outcome, type(done.failure)) == (Outcome.CANNOT_TRANSFORM, CannotCarry)


@pytest.mark.parametrize("text", EVERY)
def test_one_frame_is_one_message(text: str) -> None:
    parsed = hl7v2.parse(message())
    parsed.set("PID-5", sayable(text))
    stream = START + parsed.encode() + END
    assert Deframer(size_limit_bytes=100_000).feed(stream * 2) == [parsed.encode()] * 2


@pytest.mark.parametrize("bad", OVERLONG)
def test_bytes_that_are_no_text_are_never_guessed(bad: bytes) -> None:
    body = message().replace(b"name", b"x" + bad + b"y")
    with pytest.raises(hl7v2.WrongCharset):
        hl7v2.parse(body, forced_codec="utf-8").get("PID-5")
