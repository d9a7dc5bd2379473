"""MLLP framing: any cut, any garbage, never more memory than the limit."""

from __future__ import annotations

import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lianyi.connectors.connector import MessageTooLarge
from lianyi.connectors.mllp.framing import (
    END,
    START,
    BytesOutsideFrame,
    Deframer,
    EndInsideFrame,
    StartInsideFrame,
    UnfinishedFrame,
)

LIMIT_BYTES = 200
messages = st.binary(max_size=LIMIT_BYTES).map(
    lambda body: body.replace(b"\x0b", b"").replace(b"\x1c", b"")
)
between_frames = st.text(alphabet="\r\n", max_size=3).map(str.encode)
# Garbage that hits the framing often, not once in a million
garbage = st.lists(
    st.one_of(st.sampled_from([b"\x0b", b"\x1c", b"\r", b"\n", START, END]), st.binary(max_size=30))
).map(b"".join)


def frame(message: bytes) -> bytes:
    return START + message + END


def cut(stream: bytes, data: st.DataObject) -> list[bytes]:
    cuts = sorted(data.draw(st.lists(st.integers(0, len(stream)), max_size=8)))
    return [stream[start:end] for start, end in zip([0, *cuts], [*cuts, len(stream)], strict=True)]


@given(sent=st.lists(st.tuples(between_frames, messages), max_size=5), data=st.data())
def test_messages_survive_any_cut_of_the_stream(
    sent: list[tuple[bytes, bytes]], data: st.DataObject
) -> None:
    stream = b"".join(gap + frame(message) for gap, message in sent)
    deframer = Deframer(size_limit_bytes=LIMIT_BYTES)

    received = [message for chunk in cut(stream, data) for message in deframer.feed(chunk)]

    assert received == [message for _, message in sent]
    assert deframer.broken is None
    assert not deframer.inside_frame


@given(sent=st.lists(messages, max_size=5), cr=st.lists(st.booleans(), min_size=5), data=st.data())
def test_senders_that_omit_the_cr_are_understood_when_told(
    sent: list[bytes], cr: list[bool], data: st.DataObject
) -> None:
    ends = [END if with_cr else b"\x1c" for with_cr in cr]
    stream = b"".join(START + body + end for body, end in zip(sent, ends, strict=False))
    deframer = Deframer(size_limit_bytes=LIMIT_BYTES, end_without_cr=True)

    received = [message for chunk in cut(stream, data) for message in deframer.feed(chunk)]

    assert received == sent


@given(stream=garbage, data=st.data(), end_without_cr=st.booleans())
def test_garbage_never_crashes_and_means_the_same_however_it_is_cut(
    stream: bytes, data: st.DataObject, end_without_cr: bool
) -> None:
    whole = Deframer(size_limit_bytes=20, end_without_cr=end_without_cr)
    pieces = Deframer(size_limit_bytes=20, end_without_cr=end_without_cr)

    expected = whole.feed(stream)
    received = []
    for chunk in cut(stream, data):
        received += pieces.feed(chunk)
        assert pieces.kept_bytes <= 20

    assert received == expected
    assert type(pieces.broken) is type(whole.broken)
    assert all(b"\x0b" not in body and b"\x1c" not in body for body in received)
    assert all(len(body) <= 20 for body in received)


@given(first=messages, junk=garbage)
def test_what_came_whole_before_the_stream_broke_is_kept(first: bytes, junk: bytes) -> None:
    deframer = Deframer(size_limit_bytes=LIMIT_BYTES)

    assert deframer.feed(frame(first) + b"X" + junk) == [first]
    assert isinstance(deframer.broken, BytesOutsideFrame)
    assert deframer.feed(frame(first)) == []


@pytest.mark.parametrize(
    ("stream", "trouble"),
    [
        (b"MSH|no start block", BytesOutsideFrame),
        (b"\x0bMSH|one\x0bMSH|two\x1c\r", StartInsideFrame),
        (b"\x0bMSH|one\x1cMSH|two\x1c\r", EndInsideFrame),
        (b"\x0bMSH|one\x1c\x1c\r", EndInsideFrame),
        (b"\x0bMSH|one\x1c\n", EndInsideFrame),
        (b"\x0b" + b"x" * (LIMIT_BYTES + 1), MessageTooLarge),
        (b"\x0b" + b"x" * (LIMIT_BYTES + 1) + END, MessageTooLarge),
    ],
)
def test_what_could_be_read_in_two_ways_breaks_the_stream(stream: bytes, trouble: type) -> None:
    deframer = Deframer(size_limit_bytes=LIMIT_BYTES)

    assert deframer.feed(stream) == []
    assert type(deframer.broken) is trouble
    assert deframer.kept_bytes == 0


def test_a_message_of_exactly_the_limit_passes() -> None:
    deframer = Deframer(size_limit_bytes=LIMIT_BYTES)

    assert deframer.feed(frame(b"x" * LIMIT_BYTES)) == [b"x" * LIMIT_BYTES]


@pytest.mark.parametrize("half", [b"\x0b", b"\x0bMSH|", b"\x0bMSH|\x1c"])
def test_an_end_in_the_middle_of_a_frame_is_told(half: bytes) -> None:
    deframer = Deframer(size_limit_bytes=LIMIT_BYTES)
    deframer.feed(half)

    deframer.finish()

    assert isinstance(deframer.broken, UnfinishedFrame)


def test_an_end_between_frames_is_no_trouble() -> None:
    deframer = Deframer(size_limit_bytes=LIMIT_BYTES)
    deframer.feed(frame(b"MSH|"))

    deframer.finish()

    assert deframer.broken is None


def test_an_endless_message_costs_no_more_memory_than_the_limit() -> None:
    limit_bytes, chunk = 1_000_000, b"x" * 65_536
    deframer = Deframer(size_limit_bytes=limit_bytes)
    deframer.feed(START)

    tracemalloc.start()
    for _ in range(1600):  # 100 MB
        deframer.feed(chunk)
    _, peak_bytes = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert isinstance(deframer.broken, MessageTooLarge)
    assert peak_bytes < 2.5 * limit_bytes


def test_a_place_in_the_stream_is_counted_over_all_chunks() -> None:
    deframer = Deframer(size_limit_bytes=LIMIT_BYTES)

    for byte in frame(b"12345") + b"?":
        deframer.feed(bytes([byte]))

    assert deframer.broken is not None
    assert deframer.broken.where == "byte 8 of the connection"
