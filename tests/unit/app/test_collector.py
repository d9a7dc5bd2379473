import gc
from pathlib import Path

import pytest

from lianyi.app.process import COLLECT_AFTER_OBJECTS, spare_the_collector
from lianyi.base.clock import SystemClock
from lianyi.channels.compiled import compile_channel
from lianyi.channels.intake import Intake
from lianyi.channels.loading import load_channel
from lianyi.channels.recent import RecentMessages
from lianyi.connectors.connector import Answer, Arrival
from lianyi.messagelog import Position

CHANNEL = """
channel: seldom
description: what a message leaves behind
source: { connector: mllp, port: 6661 }
destinations:
  - { name: emr, connector: mllp, address: "h:1", transform: [ { set: { MSH-5: E } } ] }
"""


@pytest.fixture
def collector():
    before = gc.get_threshold()
    gc.unfreeze()
    gc.disable()
    yield
    gc.set_threshold(*before)
    gc.enable()


def test_what_was_imported_is_frozen_and_the_collector_works_from_then_on(collector):
    spare_the_collector()

    assert gc.get_freeze_count() > 1_000
    assert gc.get_threshold()[0] == COLLECT_AFTER_OBJECTS
    assert gc.isenabled()


class Appender:
    def __init__(self):
        self.waiting = []

    def append(self, message, done):
        self.waiting.append(done)


def test_messages_are_freed_without_the_collector(collector, tmp_path: Path):
    channel = compile_channel(load_channel(CHANNEL, "seldom.yaml", tmp_path), tmp_path)
    appender = Appender()
    intake = Intake(
        channel,
        channel_number=1,
        recent=RecentMessages(1),
        clock=SystemClock(),
        refuses=lambda: None,
        appender=lambda: appender,
    )
    answers: list[Answer] = []

    def one(number: int) -> None:
        body = f"MSH|^~\\&|HIS|H|||20260301||ADT^A01|{number}|P|2.4\rPID|1||{number}^^^H^PI\r"
        intake.receive(Arrival(body.encode(), "peer", {}), answers.append)
        for done in appender.waiting:
            done(Position(1, number), None)
        appender.waiting.clear()
        [destination] = channel.destinations
        destination.transform(channel.open(body.encode()))

    one(1)
    gc.collect()
    gc.disable()
    for number in range(2, 202):
        one(number)

    assert len(answers) == 201
    assert gc.collect() < 20
