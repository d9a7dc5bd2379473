"""A folder of messages is found by name or content and sent as it is."""

from __future__ import annotations

import os
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lianyi.simulate.corpus import (
    Replayed,
    cut,
    find_messages,
    read_answers,
    replay_corpus,
    summarise,
)
from lianyi.simulate.errors import UnknownTarget
from lianyi.simulate.wire import frame

from .peers import ack, bare_mllp

FIRST = b"MSH|^~\\&|A|B|C|D|20260101||ADT^A01|1|P|2.5\rPID|1||4711\r"
SECOND = FIRST.replace(b"|1|P", b"|2|P")
CRLF = FIRST.replace(b"\r", b"\r\n")
SHARED = Path(os.environ.get("LIANYI_SHARED", Path(__file__).parents[4] / "shared"))


@pytest.mark.parametrize(
    ("content", "bodies"),
    [
        (FIRST, [FIRST]),
        (FIRST + SECOND, [FIRST, SECOND]),
        (
            FIRST.replace(b"\r", b"\r\n") + b"\r\n" + SECOND,
            [FIRST.replace(b"\r", b"\r\n") + b"\r\n", SECOND],
        ),
        (b"\xef\xbb\xbf" + FIRST + SECOND, [b"\xef\xbb\xbf" + FIRST, SECOND]),
        (b"recorded today\n" + FIRST, [b"recorded today\n" + FIRST]),
        (frame(FIRST) + b"\r\n" + frame(SECOND), [FIRST, SECOND]),
        (b"FHS|^~\\&\rBHS|^~\\&\r" + FIRST + SECOND + b"BTS|2\rFTS|1\r", None),
        (b"EVN|A01\r", [b"EVN|A01\r"]),
        (b"", []),
    ],
    ids=["one", "two", "crlf", "bom", "noise", "framed", "batch", "no MSH", "empty"],
)
def test_a_file_is_cut_where_messages_begin(content: bytes, bodies: list[bytes] | None) -> None:
    assert cut(content) == ([content] if bodies is None else bodies)


@given(st.lists(st.binary().filter(lambda b: b"\x0b" not in b), max_size=5))
def test_cutting_loses_no_byte(parts: list[bytes]) -> None:
    content = b"\rMSH|^~\\&|".join(parts)
    assert b"".join(cut(content)) == content


def test_files_are_found_by_name_or_by_content(tmp_path: Path) -> None:
    below = tmp_path / "vendor" / "a"
    below.mkdir(parents=True)
    (below / "one.HL7").write_bytes(FIRST)
    (below / "stream.out").write_bytes(FIRST + SECOND)
    (below / "recorded").write_bytes(frame(FIRST))
    (tmp_path / "broken.hl7").write_bytes(b"EVN|A01\r")
    (tmp_path / "notes.txt").write_text("ACK is an acknowledgment; MSH means header")
    (tmp_path / "data.json").write_text('{"a": "MSH|"}')
    (tmp_path / ".hidden.hl7").write_bytes(FIRST)
    (tmp_path / "outside.hl7").symlink_to("/etc/hostname")

    found = {file.name: len(file.bodies) for file in find_messages(tmp_path)}

    assert found == {
        "broken.hl7": 1,
        "vendor/a/one.HL7": 1,
        "vendor/a/recorded": 1,
        "vendor/a/stream.out": 2,
    }


async def test_everything_found_is_sent_unchanged_and_the_answers_are_told(tmp_path: Path) -> None:
    (tmp_path / "a.hl7").write_bytes(FIRST + SECOND)
    (tmp_path / "b.hl7").write_bytes(b"EVN|A01\r")
    (tmp_path / "c.hl7").write_bytes(b"")

    def answer(message: bytes, n: int) -> bytes:
        if message.startswith(b"MSH"):
            return frame(ack(message))
        refusal = b"ERR||MSH^1|101|E||||no MSH segment\r"
        return frame(ack(FIRST, b"AE").replace(b"\r", b"\r" + refusal).replace(refusal, b"", 1))

    async with bare_mllp(answer) as (port, received):
        rows = [row async for row in replay_corpus(tmp_path, f"mllp://127.0.0.1:{port}")]

    assert received == [FIRST, SECOND, b"EVN|A01\r"]
    assert rows == [
        Replayed("a.hl7", 2, {"AA": 2}, []),
        Replayed("b.hl7", 1, {"AE": 1}, ["no MSH segment"]),
        Replayed("c.hl7", 0, {}, ["the file is empty; nothing was sent"]),
    ]
    assert summarise(rows).splitlines()[-1].split() == ["3", "files", "3", "AA×2", "AE×1"]


async def test_silence_is_a_row_too(tmp_path: Path) -> None:
    (tmp_path / "a.hl7").write_bytes(FIRST)
    async with bare_mllp(lambda message, n: None) as (port, received):
        rows = [row async for row in replay_corpus(tmp_path, f"mllp://127.0.0.1:{port}")]

    assert len(received) == 3
    assert rows == [Replayed("a.hl7", 1, {"": 1}, ["the peer closed the connection"])]


async def test_a_corpus_goes_over_mllp_only(tmp_path: Path) -> None:
    with pytest.raises(UnknownTarget):
        _ = [row async for row in replay_corpus(tmp_path, "http://127.0.0.1:1")]


def test_every_acknowledgment_of_a_batch_is_read() -> None:
    answer = ack(FIRST) + ack(SECOND, b"AE") + b"ERR||PID^1|101|E||||PID-3 is empty\r"
    assert read_answers(answer) == [("AA", ""), ("AE", "PID-3 is empty")]


@pytest.mark.skipif(not (SHARED / "data/hl7v2").is_dir(), reason="no shared corpus here")
def test_the_shared_corpus_is_found_whole() -> None:
    files = list(find_messages(SHARED / "data/hl7v2"))

    by_suffix = Counter(Path(file.name).suffix.lower() for file in files)
    print(f"{len(files)} files, {sum(len(f.bodies) for f in files)} messages, {dict(by_suffix)}")
    assert len(files) >= 390
    assert sum(len(file.bodies) for file in files) >= 1000
    for file in files:
        content = (SHARED / "data/hl7v2" / file.name).read_bytes()
        assert all(body in content for body in file.bodies)
        assert b"".join(file.bodies) == content or b"\x0b" in content
