"""A sender keeps each message until it has been taken, and repeats the very same bytes."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lianyi.simulate.feed import Feed, FeedSettings, FolderWire, open_wire
from lianyi.simulate.wire import frame, read_header

from .peers import Answer, ack, bare_mllp, chance, receiver, some_lines

QUICK = FeedSettings(timeout_seconds=0.3, retry_seconds=0.0)


async def feed_through(
    answer: Answer, count: int, settings: FeedSettings = QUICK
) -> tuple[Feed, list[bytes], list[str]]:
    journal: list[str] = []
    async with bare_mllp(answer) as (port, received):
        feed = Feed(open_wire(f"mllp://127.0.0.1:{port}"), settings, chance(), journal.append)
        for line in some_lines(count):
            await feed.deliver(line)
        await feed.close()
    return feed, received, journal


async def test_what_is_taken_is_sent_once_and_in_order() -> None:
    feed, received, _ = await feed_through(lambda message, n: frame(ack(message)), 20)

    assert received == [line.body for line in some_lines(20)]
    assert feed.counts == {"sent": 20, "taken": 20}


async def test_after_a_lost_acknowledgment_the_same_bytes_are_sent_again() -> None:
    settings = FeedSettings(lost_ack_share=0.3, timeout_seconds=5, retry_seconds=0)
    feed, received, _ = await feed_through(lambda message, n: frame(ack(message)), 40, settings)

    lost = feed.counts["lost_acks"]
    assert lost > 3
    assert feed.counts == {"sent": 40, "taken": 40, "lost_acks": lost, "repeated": lost}
    assert len(received) == 40 + lost
    once = list(dict.fromkeys(received))
    assert once == [line.body for line in some_lines(40)]


@pytest.mark.parametrize(
    "bad",
    [
        lambda message: None,
        lambda message: b"",
        lambda message: frame(ack(message))[:20],
        lambda message: frame(ack(message, control_id=b"OTHER")),
        lambda message: frame(ack(message, code=b"XX")),
        lambda message: frame(b"not an acknowledgment"),
    ],
    ids=["closes", "silent", "half", "other id", "unknown code", "nonsense"],
)
async def test_without_a_usable_answer_the_message_is_repeated(
    bad: Callable[[bytes], bytes | None],
) -> None:
    def answer(message: bytes, n: int) -> bytes | None:
        return bad(message) if n == 0 else frame(ack(message))

    feed, received, _ = await feed_through(answer, 2)

    first, second = some_lines(2)
    assert received == [first.body, first.body, second.body]
    assert feed.counts == {"sent": 2, "taken": 2, "unanswered": 1, "repeated": 1}


async def test_a_refused_message_is_written_off_and_the_next_one_sent() -> None:
    codes = [b"AE", b"CE", b"CA"]
    feed, received, journal = await feed_through(
        lambda message, n: frame(ack(message, codes[n])), 3
    )

    assert len(received) == 3
    assert feed.counts == {"sent": 3, "taken": 1, "refused": 2}
    assert [json.loads(entry)["code"] for entry in journal] == ["AE", "AE", "AA"]


async def test_a_rejected_message_is_tried_again_later() -> None:
    feed, received, _ = await feed_through(
        lambda message, n: frame(ack(message, b"AR" if n < 3 else b"AA")), 1
    )

    assert len(received) == 4
    assert len(set(received)) == 1
    assert feed.counts == {"sent": 1, "taken": 1, "rejected": 3, "repeated": 3}


@given(st.lists(st.sampled_from(["AA", "AE", "AR", "lost"]), max_size=12))
@settings(max_examples=20, deadline=None)
async def test_every_message_is_settled_exactly_once(script: list[str]) -> None:
    def answer(message: bytes, n: int) -> bytes | None:
        said = script[n] if n < len(script) else "AA"
        return None if said == "lost" else frame(ack(message, said.encode()))

    feed, received, journal = await feed_through(answer, 4)

    settled = [json.loads(entry)["control_id"] for entry in journal]
    assert settled == [line.control_id for line in some_lines(4)]
    assert feed.counts["taken"] + feed.counts["refused"] == feed.counts["sent"] == 4
    assert len(received) == 4 + feed.counts["repeated"]


async def test_http_is_obeyed_like_mllp() -> None:
    lines = some_lines(10, system="ris")
    async with receiver("reject:0.3", "http") as made:
        url = f"http://127.0.0.1:{made.port}/v1/reports"
        feed = Feed(open_wire(url), QUICK, chance())
        for line in lines:
            assert (await feed.deliver(line)).code == "AA"
        await feed.close()

    assert made.ledger.counts["AR"] == feed.counts["rejected"] > 0
    assert made.ledger.counts["AA"] == 10


async def test_a_file_appears_whole_under_its_name(tmp_path: Path) -> None:
    line = some_lines(1)[0]
    folder = tmp_path / "in"

    verdict = await FolderWire(folder).exchange(line)

    assert verdict.code == "AA"
    assert [path.name for path in folder.iterdir()] == [f"{line.control_id}.hl7"]
    assert (folder / f"{line.control_id}.hl7").read_bytes() == line.body


@given(st.binary())
def test_a_header_can_be_asked_of_any_bytes(body: bytes) -> None:
    assert isinstance(read_header(body).control_id, bytes)
    assert isinstance(read_header(b"MSH" + body).control_id, bytes)
