"""First the log, then the acknowledgment; a repeat is acknowledged and not stored twice."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from lianyi.base.clock import SteppedClock
from lianyi.base.errors import Category, LianyiError
from lianyi.channels.compiled import compile_channel
from lianyi.channels.failures import DiskNearlyFull
from lianyi.channels.intake import Intake
from lianyi.channels.loading import load_channel
from lianyi.channels.recent import RecentMessages
from lianyi.connectors.connector import Answer, Arrival
from lianyi.formats.hl7v2 import read_acknowledgment
from lianyi.messagelog import Gate, LogUnavailable, NewMessage, Position

CHANNEL = """
channel: desk
description: 挂号处 → 病历
source: {{ connector: mllp, port: 1, acknowledge: {acknowledge} }}
gate:
  answer_on_hold: {on_hold}
  rules: [{{ path: PID-3.1, required: true, otherwise: hold }}]
destinations:
  - {{ name: record, connector: mllp, address: "127.0.0.1:1" }}
examples:
  - name: an admission arrives
    event: ADT^A01
    fields: {{ PID-3.1: "1" }}
    delivered_to: [record]
"""


def body(control_id: str = "M1", *, patient: str = "1", asks: str = "", name: str = "甲") -> bytes:
    ending = f"|||{asks}" if asks else ""
    return (
        f"MSH|^~\\&|D|C|||20260301||ADT^A01|{control_id}|P|2.5{ending}\r"
        f"PID|1||{patient}^^^C||{name}\r"
    ).encode()


class Waiting:
    """An appender whose commits end when the test says so."""

    shard, end, waiting_bytes = 1, 0, 0

    def __init__(self) -> None:
        self.taken: list[tuple[NewMessage, Callable[..., None]]] = []

    def append(self, message: NewMessage, done: Callable[..., None]) -> None:
        self.taken.append((message, done))

    def commit(self) -> None:
        for _, done in self.taken[self.end :]:
            self.end += 1
            done(Position(1, self.end), None)

    def fail(self) -> None:
        failed, self.taken = self.taken[self.end :], self.taken[: self.end]
        for _, done in failed:
            done(None, LogUnavailable(where="shard 1", why="test"))

    async def close(self) -> None:
        """There is nothing to close."""


class Desk:
    """An intake and everything around it."""

    def __init__(self, *, acknowledge: str = "always", on_hold: str = "AE") -> None:
        text = CHANNEL.format(acknowledge=acknowledge, on_hold=on_hold)
        self.recent = RecentMessages(1, 1000)
        self.appender: Waiting | None = Waiting()
        self.refusal: LianyiError | None = None
        self.answers: list[Answer] = []
        self._channel = compile_channel(load_channel(text, "desk.yaml", None), None)
        self.restart()

    def restart(self) -> None:
        self.intake = Intake(
            self._channel,
            channel_number=1,
            recent=self.recent,
            clock=SteppedClock(datetime(2026, 3, 1, tzinfo=UTC)),
            refuses=lambda: self.refusal,
            appender=lambda: self.appender,
        )

    def receive(self, data: bytes) -> None:
        self.intake.receive(Arrival(data, "test"), self.answers.append)

    @property
    def codes(self) -> list[str]:
        return [read_acknowledgment(one.body).code if one.body else "" for one in self.answers]

    @property
    def log(self) -> Waiting:
        assert self.appender is not None
        return self.appender


def test_nothing_is_acknowledged_before_the_commit() -> None:
    desk = Desk()
    desk.receive(body())
    assert desk.answers == []
    desk.log.commit()
    assert desk.codes == ["AA"]


def test_a_repeat_during_the_commit_waits_for_it_and_is_stored_once() -> None:
    desk = Desk()
    desk.receive(body())
    desk.receive(body())
    assert len(desk.log.taken) == 1
    desk.log.commit()
    assert desk.codes == ["AA", "AA"]


def test_a_repeat_after_the_commit_and_after_a_restart_is_stored_once() -> None:
    desk = Desk()
    desk.receive(body())
    desk.log.commit()
    desk.restart()
    desk.receive(body())
    assert desk.codes == ["AA", "AA"]
    assert len(desk.log.taken) == 1
    assert desk.intake.repeated == 1


def test_the_same_id_with_other_bytes_is_another_message() -> None:
    desk = Desk()
    desk.receive(body(name="甲"))
    desk.receive(body(name="乙"))
    desk.log.commit()
    assert len(desk.log.taken) == 2
    assert desk.codes == ["AA", "AA"]


def test_a_failed_commit_is_told_to_all_and_the_next_attempt_is_new() -> None:
    desk = Desk()
    desk.receive(body())
    desk.receive(body())
    desk.log.fail()
    assert desk.codes == ["AR", "AR"]
    desk.receive(body())
    desk.log.commit()
    assert desk.codes == ["AR", "AR", "AA"]


def test_without_an_appender_the_sender_must_keep_it() -> None:
    desk = Desk()
    desk.appender = None
    desk.receive(body())
    assert desk.codes == ["AR"]
    assert desk.answers[0].category is Category.UNAVAILABLE


def test_a_full_disk_says_so_and_stores_nothing() -> None:
    desk = Desk()
    desk.refusal = DiskNearlyFull(where="disk", percent=96)
    desk.receive(body())
    assert desk.codes == ["AR"]
    assert b"LY-1457" in desk.answers[0].body
    assert desk.log.taken == []
    desk.refusal = None
    desk.receive(body())
    desk.log.commit()
    assert desk.codes == ["AR", "AA"]


@pytest.mark.parametrize(("on_hold", "code"), [("AE", "AE"), ("AA", "AA")])
def test_what_is_held_or_unreadable_is_stored_and_answered_as_asked(
    on_hold: str, code: str
) -> None:
    desk = Desk(on_hold=on_hold)
    desk.receive(body(patient=""))
    desk.receive(b"\xff\xfenonsense")
    desk.log.commit()
    assert [message.gate for message, _ in desk.log.taken] == [Gate.HOLD, Gate.HOLD]
    assert [message.body for message, _ in desk.log.taken][1] == b"\xff\xfenonsense"
    assert desk.codes == [code, code]


MODES = [
    # MSH-15|MSH-16, taken, refused, always: as the table 0155 of HL7 v2 says
    ("AL|", "CA", "CR"),
    ("AL|NE", "CA", "CR"),
    ("AL|AL", "CA", "CR"),
    ("NE|AL", "AA", "AR"),
    ("|AL", "AA", "AR"),
    ("ER|NE", "", "CR"),
    ("SU|NE", "CA", ""),
    ("NE|ER", "", "AR"),
    ("NE|SU", "AA", ""),
    ("NE|NE", "", ""),
]


@pytest.mark.parametrize(("asks", "taken", "refused"), MODES)
def test_a_sender_gets_the_answer_that_it_asks_for(asks: str, taken: str, refused: str) -> None:
    desk = Desk(acknowledge="as_asked")
    desk.receive(body(asks=asks))
    desk.log.commit()
    desk.receive(body("M2", asks=asks))
    desk.log.fail()
    assert desk.codes == [taken, refused]


@pytest.mark.parametrize(("asks", "taken", "refused"), MODES)
def test_a_channel_that_always_answers_leaves_nobody_waiting(
    asks: str, taken: str, refused: str
) -> None:
    desk = Desk()
    desk.receive(body(asks=asks))
    desk.log.commit()
    desk.receive(body("M2", asks=asks))
    desk.log.fail()
    assert desk.codes == [taken or "CA", refused or "CR"]


def test_a_batch_is_answered_once_when_all_of_it_is_there() -> None:
    desk = Desk()
    batch = b"BHS|^~\\&|\r" + body("M1") + body("M2") + body("M3") + b"BTS|3\r"
    desk.receive(batch)
    assert len(desk.log.taken) == 3
    assert desk.answers == []
    desk.log.commit()
    assert desk.codes == ["AA"]


def test_a_batch_with_one_bad_message_tells_of_that_one() -> None:
    desk = Desk()
    desk.receive(body("M1") + body("M2", patient="") + body("M3"))
    desk.log.commit()
    assert desk.codes == ["AE"]
    assert len(desk.log.taken) == 3


def test_an_empty_arrival_is_refused() -> None:
    desk = Desk()
    desk.receive(b"")
    assert desk.codes == ["AE"]
    assert desk.log.taken == []
