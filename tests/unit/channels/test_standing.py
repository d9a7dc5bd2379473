"""How deliveries and destinations stand, decided from what was read."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lianyi.channels.read_store import (
    ChannelRecord,
    DestinationRecord,
    ExceptionRecord,
    Pile,
    ReaderRecord,
)
from lianyi.channels.standing import (
    Standing,
    channel_card,
    delivery_state,
    destination_card,
    layout_of,
    overview,
    per_minute,
    shown_state,
)
from lianyi.channels.wanting import Depth

NOW = datetime(2026, 3, 2, 8, 0, 30, tzinfo=UTC)
MINUTE = NOW.replace(second=0)


def exception(state: str, destination: int = 1) -> ExceptionRecord:
    return ExceptionRecord(
        destination, 1, 5, 1, "", state, 0, None, NOW, None, None, None, None, None, None
    )


@pytest.mark.parametrize(
    ("gate", "at_gate", "own", "delivered", "position", "expected"),
    [
        (0, None, None, None, 4, "queued"),
        (0, None, None, None, 5, "filtered"),
        (0, None, None, True, 4, "delivered"),  # a lane was faster than the low watermark
        (0, None, None, False, 4, "queued"),  # only replayed
        (0, None, None, False, 5, "delivered"),
        (0, None, "parked", True, 5, "parked"),
        (0, None, "resend", None, 5, "waiting"),
        (0, None, "delivered", None, 5, "delivered"),
        (2, None, None, None, 9, "held"),
        (2, "parked", None, None, 9, "held"),
        (2, "resend", None, None, 9, "held"),
        (2, "dismissed", None, None, 9, "dismissed"),
        (2, "delivered", None, None, 9, "filtered"),
        (2, "delivered", "resend", None, 9, "waiting"),
        (2, "delivered", None, True, 9, "delivered"),
    ],
)
def test_a_delivery_stands_as_rows_and_positions_say(
    gate: int,
    at_gate: str | None,
    own: str | None,
    delivered: bool | None,
    position: int,
    expected: str,
) -> None:
    found = delivery_state(
        number=5,
        gate=gate,
        gate_exception=exception(at_gate, -1) if at_gate else None,
        exception=exception(own) if own else None,
        delivered=delivered,
        position=position,
    )
    assert found == expected


@pytest.mark.parametrize(
    ("wanted", "position", "expected"),
    [(False, 4, "filtered"), (True, 4, "queued"), (None, 4, "queued"), (True, 5, "filtered")],
)
def test_what_the_filter_will_drop_does_not_queue(
    wanted: bool | None,
    position: int,
    expected: str,
) -> None:
    found = delivery_state(
        number=5,
        gate=0,
        gate_exception=None,
        exception=None,
        delivered=None,
        position=position,
        wanted=wanted,
    )
    assert found == expected


def test_the_gate_holds_where_a_destination_parks() -> None:
    assert shown_state(exception("parked", -1)) == "held"
    assert shown_state(exception("parked", 1)) == "parked"
    assert shown_state(exception("dismissed", -1)) == "dismissed"


@given(counted=st.lists(st.integers(0, 50), min_size=1, max_size=60), now=st.integers(0, 50))
def test_minutes_add_up_to_what_was_counted(counted: list[int], now: int) -> None:
    """Counts of the last minutes, one after another, come out as they went in."""
    total, tallies = 1000, [(MINUTE - timedelta(hours=9), {"received": 1000})]
    start = MINUTE - timedelta(minutes=len(counted))
    for ahead, count in enumerate(counted):
        total += count
        tallies.append((start + timedelta(minutes=ahead), {"received": total}))

    series = per_minute(tallies, "received", current=total + now, now=NOW)

    assert len(series) == 60
    expected = [*counted, now][-60:]
    assert series[-len(expected) :] == expected
    assert sum(series) == sum(expected)


@given(
    minutes=st.lists(st.integers(0, 200), unique=True, max_size=30).map(sorted),
    steps=st.lists(st.integers(-5, 50), min_size=30, max_size=30),
)
def test_missing_minutes_and_counts_begun_anew_never_show_as_less_than_nothing(
    minutes: list[int], steps: list[int]
) -> None:
    total, tallies = 0, []
    for ago, step in zip(reversed(minutes), steps, strict=False):
        total = max(0, total + step)
        tallies.append((MINUTE - timedelta(minutes=ago), {"received": total}))
    series = per_minute(tallies, "received", current=total, now=NOW)
    assert len(series) == 60
    assert all(count >= 0 for count in series)


LAB = ChannelRecord(1, "lab", 1, 1, "running", None, {})
ADT = ChannelRecord(2, "adt", 1, 1, "running", None, {})
EMR = DestinationRecord(7, 1, "emr", "running", False, {})


def standing(*channels: ChannelRecord, **readers: ReaderRecord) -> Standing:
    return Standing(
        now=NOW,
        channels=channels,
        destinations=[EMR],
        readers={name.replace("_", ":"): reader for name, reader in readers.items()},
        piles={},
        ends={1: 100},
        layouts={},
        tallies={},
        depths={},
    )


def said(**state: object) -> DestinationRecord:
    return EMR._replace(state={"updated_at": NOW.isoformat(), **state})


def test_what_a_process_said_long_ago_is_not_believed() -> None:
    old = said(state="flowing", updated_at=(NOW - timedelta(seconds=11)).isoformat())
    card = destination_card(standing(LAB), LAB, old)
    assert card.state == "down"
    assert card.problem is not None
    assert card.problem.code == "LY-1612"
    fresh = destination_card(standing(LAB), LAB, said(state="flowing"))
    assert (fresh.state, fresh.problem) == ("flowing", None)


@pytest.mark.parametrize(
    ("state", "code"),
    [("slow", "LY-1617"), ("overloaded", "LY-1618"), ("poison", "LY-1615"), ("down", "LY-1614")],
)
def test_each_cause_has_its_words(state: str, code: str) -> None:
    card = destination_card(standing(LAB), LAB, said(state=state))
    assert card.state == state
    assert card.problem is not None
    assert card.problem.code == code
    assert "{" not in card.problem.zh.why + card.problem.en.why


def test_a_process_of_another_release_cannot_break_the_card() -> None:
    card = destination_card(standing(LAB), LAB, said(state="dreaming", breaker="ajar", error={}))
    assert (card.state, card.breaker, card.last_error) == ("idle", "closed", None)


@pytest.mark.parametrize("definition", [None, "text", [], {}, {"source": None}])
def test_a_definition_without_the_usual_lines_gives_an_empty_layout(definition: object) -> None:
    assert layout_of(definition).destinations == {}


@pytest.mark.parametrize(
    "source",
    [
        {"connector": "files", "folder": "exchange/in"},
        {"connector": "files", "settings": {"folder": "exchange/in"}},
    ],
)
def test_a_card_shows_the_folder_of_a_source_and_of_a_destination(source: object) -> None:
    layout = layout_of({"source": source, "destinations": [{"name": "region", **dict(source)}]})  # type: ignore[call-overload]
    assert layout.address == "exchange/in"
    assert layout.destinations == {"region": ("files", "exchange/in")}


RETIRED = LAB._replace(version=0)
GONE = {"updated_at": (NOW - timedelta(days=9)).isoformat(), "state": "down", "running": False}


def test_a_channel_whose_file_is_gone_raises_no_alarm() -> None:
    channel = RETIRED._replace(source_state=GONE)
    done = standing(channel, destination_7=ReaderRecord(100, {}))._replace(
        destinations=[EMR._replace(state=GONE)]
    )
    card = channel_card(done, channel)
    (destination,) = card.destinations
    assert (card.state, card.problem) == ("retired", None)
    assert (destination.state, destination.problem) == ("stopped", None)
    found = overview(done, rates=(0, 0))
    assert (found.status, found.problems) == ("ok", [])


@pytest.mark.parametrize(
    ("position", "piles", "code"),
    [
        (90, {}, "LY-1612"),
        (100, {(7, "waiting"): Pile(1, NOW)}, "LY-1612"),
    ],
)
def test_what_a_retired_channel_still_has_to_deliver_raises_its_alarm(
    position: int, piles: dict[tuple[int, str], Pile], code: str
) -> None:
    left = standing(RETIRED, destination_7=ReaderRecord(position, {}))._replace(
        piles=piles,
        destinations=[EMR._replace(state=GONE)],
        depths={7: Depth(100 - position, exact=True)},
    )
    found = overview(left, rates=(0, 0))
    assert [problem.code for problem in found.problems] == [code]


def test_a_new_channel_whose_file_is_bad_stays_an_alarm() -> None:
    bad = RETIRED._replace(problem={"code": "LY-1401", "where": "lab.yaml", "facts": {}})
    card = channel_card(standing(bad), bad)
    assert card.state == "faulty"
    assert card.problem is not None
    assert card.problem.code == "LY-1401"
    assert overview(standing(bad), rates=(0, 0)).status == "down"
