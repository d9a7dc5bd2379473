"""What happens in the hospital, in order of time: one endless story for each seed.

Every patient's story is planned as a whole when he arrives, from the seed and his number alone,
and the stories are merged by time. So each of the four systems, a process of its own, can tell
the same story to itself and say aloud only its own lines; nothing has to be agreed between them.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta, timezone
from itertools import count
from random import Random

from lianyi.simulate import departments, his
from lianyi.simulate.catalogue import (
    CLINICS,
    DIAGNOSES,
    DOCTORS,
    DRUGS,
    EXAMINATIONS,
    FACILITY,
    PANELS,
    WARDS,
)
from lianyi.simulate.people import invent_person, registered_twice
from lianyi.simulate.segments import header, instant, segment
from lianyi.simulate.stay import Draft, Stay

SYSTEMS = ("his", "lis", "ris", "emr")
CHINA = timezone(timedelta(hours=8))
CODECS = {"his": "utf-8", "lis": "gb18030", "ris": "gbk", "emr": "utf-8"}


@dataclass(frozen=True, slots=True)
class StorySettings:
    """What a story follows from. The same settings give the same bytes.

    Attributes:
        seed: any whole number.
        begins_at: local time of the first arrival.
        patients_per_hour: mean arrivals, in hours of the story.
        batch_every_hours: how often the EMR files its batch, in hours of the story.
    """

    seed: int = 1
    begins_at: datetime = datetime(2026, 3, 2, 7, 30, tzinfo=CHINA)
    patients_per_hour: float = 12.0
    batch_every_hours: float = 24.0


@dataclass(frozen=True, slots=True)
class Line:
    """One thing that one system says.

    Attributes:
        number: its place in the story, from 0, over all systems.
        system: who says it: ``his``, ``lis``, ``ris``, ``emr``.
        kind: trigger event such as ``ADT^A01``, ``nursing`` (JSON) or ``batch`` (a file).
        patient: record number; empty for a batch.
        control_id: MSH-10, unique in the story; for a batch and JSON the line's own name.
        at_seconds: since the story began, in seconds of the story; never decreases.
        body: the bytes, in the codec of that system.
    """

    number: int
    system: str
    kind: str
    patient: str
    control_id: str
    at_seconds: float
    body: bytes


def tell(settings: StorySettings) -> Iterator[Line]:
    """Tell the story, line by line, without end."""
    numbers = count()
    nightly: list[str] = []
    batch_after = timedelta(hours=settings.batch_every_hours)
    batch_at = settings.begins_at + batch_after
    for draft in _happenings(settings):
        while draft.at >= batch_at:
            if nightly:
                yield _batch_line(nightly, next(numbers), batch_at, settings)
                nightly = []
            batch_at += batch_after
        number = next(numbers)
        control_id = f"{draft.system.upper()}{settings.begins_at:%y%m%d%H%M}{number:07d}"
        text = _with_header(draft, control_id)
        if draft.batched:
            nightly.append(text)
            continue
        yield Line(
            number=number,
            system=draft.system,
            kind=draft.kind,
            patient=draft.patient,
            control_id=control_id,
            at_seconds=(draft.at - settings.begins_at).total_seconds(),
            body=text.encode(CODECS[draft.system], errors="replace"),
        )


def plan_patient(number: int, arrives_at: datetime, settings: StorySettings) -> list[Draft]:
    """Return everything that will be said about one patient, in order of time."""
    chance = Random(f"story {settings.seed} {number}")  # noqa: S311 - a story, not a secret
    person = invent_person(settings.seed, number, settings.begins_at.date())
    stay = Stay(
        person=person,
        encounter=f"{arrives_at:%Y%m%d}{number:06d}",
        ward=None,
        bed=0,
        clinic=chance.choice(CLINICS),
        doctor=chance.choice(DOCTORS),
        diagnosis=chance.choice(DIAGNOSES),
        began_at=arrives_at,
    )
    plot = _Plot(chance, arrives_at, person.record_number)
    if chance.random() < 0.04:
        _arrive_twice(plot, stay)
    else:
        plot.add(his.admission(stay, "A28", plot.at, chance))
    plot.wait(2, 10)
    plot.add(his.admission(stay, "A04", plot.at, chance))
    plot.wait(5, 20)
    plot.add(his.charge(stay, "GH01", "普通门诊挂号费", 1000, plot.at, nightly=False))
    _examine(plot, stay, panels=1, examinations=int(chance.random() < 0.3))
    if chance.random() < 0.45:
        plot.wait(30, 120)
        _stay_in(plot, stay)
    return sorted(plot.drafts, key=lambda draft: draft.at)


class _Plot:
    """The drafts of one patient while they are being planned, and where in time we are."""

    def __init__(self, chance: Random, at: datetime, record_number: str) -> None:
        self.chance = chance
        self.at = at
        self.drafts: list[Draft] = []
        self._record_number = record_number
        self._orders = count(1)

    def wait(self, least_minutes: float, most_minutes: float) -> None:
        seconds = self.chance.uniform(least_minutes * 60, most_minutes * 60)
        self.at += timedelta(seconds=round(seconds))

    def later(self, least_minutes: float, most_minutes: float) -> datetime:
        seconds = self.chance.uniform(least_minutes * 60, most_minutes * 60)
        return self.at + timedelta(seconds=round(seconds))

    def add(self, draft: Draft) -> None:
        self.drafts.append(draft)

    def new_order(self) -> str:
        return f"{self._record_number}{next(self._orders):03d}"


def _arrive_twice(plot: _Plot, stay: Stay) -> None:
    twin = registered_twice(stay.person)
    plot.add(his.admission(replace(stay, person=twin), "A28", plot.at, plot.chance))
    plot.wait(10, 40)
    plot.add(his.admission(stay, "A28", plot.at, plot.chance))
    plot.add(his.merge(stay, twin, plot.later(1, 3)))
    plot.wait(3, 4)


def _examine(plot: _Plot, stay: Stay, *, panels: int, examinations: int) -> None:
    """Order from laboratory and imaging; what they answer comes later by itself."""
    chance = plot.chance
    for panel in chance.sample(PANELS, panels):
        order = plot.new_order()
        plot.wait(1, 3)
        plot.add(his.laboratory_order(stay, panel, order, plot.at))
        released = plot.later(35, 150)
        plot.add(departments.laboratory_result(stay, panel, order, released, chance, status="F"))
        if chance.random() < 0.04:
            corrected = released + timedelta(minutes=chance.randrange(10, 90))
            plot.add(
                departments.laboratory_result(stay, panel, order, corrected, chance, status="C")
            )
        fee = his.charge(stay, panel.code, panel.name, panel.fee_fen, plot.at, nightly=False)
        plot.add(fee)
    for examination in chance.sample(EXAMINATIONS, examinations):
        order = plot.new_order()
        plot.wait(1, 3)
        plot.add(his.imaging_order(stay, examination, order, plot.at))
        plot.add(departments.booking(stay, examination, order, plot.later(3, 15)))
        reported = plot.later(90, 300)
        plot.add(departments.imaging_report(stay, examination, order, reported, chance))


def _stay_in(plot: _Plot, outpatient: Stay) -> None:
    """Admit, treat for eight hours to three days, discharge; sometimes call it off."""
    chance = plot.chance
    ward = chance.choice(WARDS)
    stay = replace(
        outpatient,
        ward=ward,
        bed=chance.randrange(1, ward.beds + 1),
        encounter=f"ZY{outpatient.encounter}",
        began_at=plot.at,
    )
    plot.add(his.admission(stay, "A01", plot.at, chance))
    if chance.random() < 0.04:
        plot.wait(5, 30)
        plot.add(his.admission(stay, "A11", plot.at, chance))
        return
    if chance.random() < 0.3:
        plot.wait(5, 15)
        plot.add(his.admission(stay, "A08", plot.at, chance))
    documents = count(1)
    _write(plot, stay, 0, next(documents))
    _examine(plot, stay, panels=chance.randrange(1, 4), examinations=int(chance.random() < 0.5))
    _write(plot, stay, 1, next(documents))
    for turn in range(chance.choice((2, 3, 6, 9))):
        stay = _care(plot, stay, turn)
    plot.wait(20, 120)
    _write(plot, stay, 4, next(documents))
    plot.add(his.admission(stay, "A03", plot.later(5, 30), chance))


def _care(plot: _Plot, stay: Stay, turn: int) -> Stay:
    """Four to eight hours on the ward; return the stay, perhaps in another bed."""
    chance = plot.chance
    plot.wait(240, 480)
    plot.add(departments.vital_signs(stay, plot.at, chance))
    plot.add(departments.nursing_event(stay, plot.later(1, 5), chance))
    drug = chance.choice(DRUGS)
    plot.wait(2, 10)
    plot.add(his.drug_order(stay, drug, plot.new_order(), plot.at))
    plot.add(his.charge(stay, drug.code, drug.name, drug.fee_fen, plot.at, nightly=False))
    plot.add(his.charge(stay, "CL01", "一次性输液器", 350, plot.at, nightly=True))
    if turn and chance.random() < 0.25:
        _examine(plot, stay, panels=1, examinations=0)
    if chance.random() < 0.12:
        order = plot.new_order()
        plot.add(departments.culture(stay, order, plot.later(60, 180), chance))
    if chance.random() < 0.2:
        ward = chance.choice(WARDS)
        moved = replace(
            stay, ward=ward, bed=chance.randrange(1, ward.beds + 1), before=stay.location
        )
        plot.wait(5, 20)
        plot.add(his.admission(moved, "A02", plot.at, chance))
        return moved
    return stay


def _write(plot: _Plot, stay: Stay, place: int, number: int) -> None:
    plot.add(departments.document(stay, place, f"{stay.encounter}-{number}", plot.later(10, 60)))


def _happenings(settings: StorySettings) -> Iterator[Draft]:
    """Merge the stories of all patients by time."""
    chance = Random(f"arrivals {settings.seed}")  # noqa: S311 - a story, not a secret
    arrives_at = settings.begins_at
    waiting: list[tuple[datetime, int, int, Draft]] = []
    for number in count():
        for place, draft in enumerate(plan_patient(number, arrives_at, settings)):
            heapq.heappush(waiting, (draft.at, number, place, draft))
        gap = chance.expovariate(settings.patients_per_hour / 3600)
        arrives_at += timedelta(seconds=1 + round(gap))
        while waiting and waiting[0][0] < arrives_at:
            yield heapq.heappop(waiting)[3]


def _with_header(draft: Draft, control_id: str) -> str:
    if draft.kind == "nursing":
        return draft.segments[0]
    msh = header(
        system=draft.system,
        control_id=control_id,
        at=draft.at,
        kind=draft.kind,
    )
    return "".join(f"{line}\r" for line in (msh, *draft.segments))


def _batch_line(texts: list[str], number: int, at: datetime, settings: StorySettings) -> Line:
    """Return the file of one night: FHS, BHS, the messages, BTS with their count, FTS."""
    name = f"EMR{settings.begins_at:%y%m%d%H%M}B{number:06d}"
    encoding = "^~\\&"
    sender = {2: encoding, 3: "EMR", 4: FACILITY, 5: "ESB", 6: FACILITY, 7: instant(at), 11: name}
    opening = f"FHS|{segment('MSH', sender)[4:]}\rBHS|{segment('MSH', sender)[4:]}\r"
    closing = f"BTS|{len(texts)}\rFTS|1\r"
    return Line(
        number=number,
        system="emr",
        kind="batch",
        patient="",
        control_id=name,
        at_seconds=(at - settings.begins_at).total_seconds(),
        body=(opening + "".join(texts) + closing).encode(CODECS["emr"]),
    )
