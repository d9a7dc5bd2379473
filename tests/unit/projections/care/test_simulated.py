"""What the simulated hospital says is enough to know who treats whom."""

from __future__ import annotations

from collections import Counter, defaultdict
from datetime import UTC, datetime, timedelta
from itertools import takewhile

from lianyi.messagelog.message import NewMessage
from lianyi.projections.care import hl7, rules
from lianyi.projections.care.model import MERGE, Encounter, Part, Saying, State
from lianyi.simulate.story import StorySettings, tell

from .saying import ZONE, logged

DAYS = 4.0


def encounters() -> list[Encounter]:
    """Every encounter of some days, as all systems together tell of it."""
    told: dict[tuple[str, str], list[Saying]] = defaultdict(list)
    lines = takewhile(lambda line: line.at_seconds < DAYS * 86400, tell(StorySettings()))
    for line in lines:
        message = NewMessage(1, f"hl7v2 {line.kind}", line.body, "gb18030")
        if not hl7.wants(message.kind):
            continue
        now = datetime(2026, 3, 2, tzinfo=UTC) + timedelta(seconds=line.at_seconds)
        for saying in hl7.read(logged(message, line.number + 1, received_at=now), ZONE):
            if saying.event != MERGE:
                told[saying.person, saying.visit].append(saying)
    return [found for one in told.values() if (found := rules.fold(one))]


def test_every_stay_has_its_ward_its_doctor_and_its_end() -> None:
    found = encounters()
    states = Counter((one.category, one.state) for one in found)
    assert states["I", State.ENDED] > 20
    assert states["I", State.OPEN] > 5
    assert states["", State.CANCELLED] > 0
    assert states["O", State.OPEN] > 100
    for one in found:
        if one.state in (State.OPEN, State.ENDED):
            parts = {by.part for by in one.treating}
            assert one.stays
            assert Part.ATTENDING in parts
    assert any(len(one.stays) > 1 for one in found), "somebody was transferred"
    assert any(by.part is Part.ORDERING for one in found for by in one.treating)
    assert all(one.until is None for one in found if one.category == "I" and not one.ended_at)
