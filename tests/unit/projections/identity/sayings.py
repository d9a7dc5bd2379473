"""Sayings of invented systems about invented people, by hand and by hypothesis."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from tests.unit.projections.identity.people import citizen

from lianyi.projections.identity.folding import Saying, SourceRecord, fold
from lianyi.projections.identity.registration import Flag, Identifier, IdKind, Name, Registration
from lianyi.projections.identity.statements import Registered

unhurried = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
"""The first name read loads dictionaries, and a busy machine is slow."""

START = datetime(2026, 3, 1, 8, tzinfo=UTC)


def at(day: int) -> datetime:
    return START + timedelta(days=day)


def say(
    day: int = 0,
    name: str | Name = "",
    *,
    until: int | None = None,
    cleared: tuple[str, ...] = (),
    record: tuple[str, str] = ("HIS", "1"),
    authority: str | None = None,
    **facts: Any,
) -> Saying:
    """What HIS says of its patient 1 on a day."""
    if name:
        facts["names"] = (name if isinstance(name, Name) else Name(name),)
    said = Registered(Registration(*record, **facts), at(day), "A08", cleared)
    last = at(day if until is None else until)
    return Saying(said, at(day), last, record[0] if authority is None else authority, "adt")


def record(source: str, day: int = 0, name: str | Name = "", **facts: Any) -> SourceRecord:
    """A record of a source of which there is one saying."""
    return fold([say(day, name, record=(source, "1"), **facts)])


NUMBERS = [
    citizen(),
    Identifier(IdKind.CITIZEN, citizen().value, capture="reader", valid_until=date(2030, 1, 1)),
    citizen("19810315", 124),
    Identifier(IdKind.CITIZEN, "990102800315123"),
    Identifier(IdKind.PASSPORT, "E12345678", "CN", valid_until=date(2020, 1, 1)),
    Identifier(IdKind.PASSPORT, "E12345678"),
    Identifier(IdKind.HOSPITAL_CARD, "0001", "A"),
    Identifier(IdKind.HOSPITAL_CARD, "0001", "B", "lost"),
]
NAMES = ["王小明", "王晓明", "李?", "李䶮", "WANG Xiaoming", "王丽之子", "无名氏", "陈静", "陳靜"]
FIELDS = ("names", "sex", "born", "identifiers", "phones", "addresses", "mother", "flags")

registrations = st.builds(
    Registration,
    st.just("HIS"),
    st.just("1"),
    st.lists(
        st.builds(Name, st.sampled_from(NAMES), st.sampled_from(["official", "old", "temp"])),
        max_size=2,
    ).map(tuple),
    st.sampled_from(["", "1", "2", "男", "9"]),
    st.sampled_from(["", "19800315", "1980", "19810315", "19800101", "19000101"]),
    st.lists(st.sampled_from(NUMBERS), max_size=2).map(tuple),
    st.lists(st.sampled_from(["15412987326", "15412987327", "无"]), max_size=2).map(tuple),
    st.lists(st.sampled_from(["云溪市滨江区解放路12号", "云溪市青石区"]), max_size=1).map(tuple),
    st.sampled_from([None, True, False]),
    st.sampled_from([None, 1, 2]),
    st.sampled_from([None, Identifier(IdKind.OTHER, "77", "HIS")]),
    st.sampled_from(["", "王丽"]),
    st.lists(st.sampled_from(Flag), max_size=1).map(tuple),
)


@st.composite
def sayings(draw: st.DrawFn) -> Saying:
    """Anything that a system may say of patient 1, on any of a few days."""
    days = sorted(draw(st.tuples(st.integers(0, 3), st.integers(0, 3))))
    cleared = draw(st.lists(st.sampled_from(FIELDS), max_size=2).map(tuple))
    said = Registered(draw(registrations), at(days[0]), "A08", cleared)
    authority = draw(st.sampled_from(["HIS", "EMR"]))
    return Saying(said, at(days[0]), at(days[1]), authority, "adt")
