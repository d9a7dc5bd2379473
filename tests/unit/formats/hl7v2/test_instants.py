"""Times as HL7 v2 writes them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lianyi.formats.hl7v2 import parse
from lianyi.formats.hl7v2.instants import instant_of, recorded_at

ZONE = ZoneInfo("Asia/Shanghai")
RECEIVED = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("20260302080000", datetime(2026, 3, 2, 0, 0, tzinfo=UTC)),
        ("202603020830", datetime(2026, 3, 2, 0, 30, tzinfo=UTC)),
        ("20260302", datetime(2026, 3, 1, 16, 0, tzinfo=UTC)),
        ("20260302080000.1234+0000", datetime(2026, 3, 2, 8, 0, tzinfo=UTC)),
        ("2026030208-0530", datetime(2026, 3, 2, 13, 30, tzinfo=UTC)),
        ("202603", None), ("2026", None), ("", None), ("20261302", None), ("00010101", None),
        ("20260302250000", None), ("20260302080000+9900", None), ("２０２６０３０２", None),
    ],
)  # fmt: skip
def test_times_are_read_in_the_zone_of_the_hospital(text: str, found: datetime | None) -> None:
    assert instant_of(text, ZONE) == found


@given(st.text(alphabet="0123456789+-.", max_size=24))
def test_no_text_breaks_the_reading_of_times(text: str) -> None:
    found = instant_of(text, ZONE)
    assert found is None or found.utcoffset() == timedelta(0)


@pytest.mark.parametrize(
    ("evn", "msh", "found"),
    [
        ("20260302100000", "20260302110000", datetime(2026, 3, 2, 2, 0, tzinfo=UTC)),
        ("", "20260302110000", datetime(2026, 3, 2, 3, 0, tzinfo=UTC)),
        ("", "", RECEIVED),
        ("20990101", "", RECEIVED),
    ],
)
def test_what_a_message_says_was_recorded_before_it_came(
    evn: str, msh: str, found: datetime
) -> None:
    body = f"MSH|^~\\&|HIS|H1|||{msh}||ADT^A08|1|P|2.5\rEVN||{evn}\r"
    assert recorded_at(parse(body.encode()), ZONE, received_at=RECEIVED) == found
