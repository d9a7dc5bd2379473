"""What ADT says about an encounter. Pure.

Sources:
    HL7 v2.5.1, chapter 3: A01 to A08, A11 to A13; PID, PV1, DG1 (6.5.2), IN1 (6.5.6).
"""

from __future__ import annotations

import re
from datetime import date, datetime
from typing import Final

from lianyi.projections.clinical.hl7v2.grouping import Care
from lianyi.projections.clinical.hl7v2.segments import NOTHING, Segment
from lianyi.projections.operational.hl7v2.context import (
    Context,
    only_said,
    practitioner,
    visit_of,
)
from lianyi.projections.operational.problems import NotOfAnEncounter
from lianyi.projections.operational.statements import BORN_ON, DEPARTMENT, Value

EVENTS: Final = frozenset(
    "A01 A02 A03 A04 A05 A06 A07 A08 A11 A12 A13".split()  # noqa: SIM905
)
FOR_A_BED: Final = frozenset({"inpatient", "day_case", "observation"})
"""Classes that are admitted; the others are registered."""
_TAKES_BACK: Final = frozenset({"A11", "A12"})
_DIED: Final = "died"
_DIAGNOSES: Final = frozenset({"F", "W", ""})
"""DG1-6: final, working, unsaid; what a patient is admitted with (A) is not what she had."""
_DAY: Final = re.compile(r"(\d{4})(\d\d)(\d\d)", re.ASCII)


def read(care: Care, event: str, at: Context) -> None:
    """State what a message says about the encounter of one patient.

    Raises:
        NotOfAnEncounter: it does not say which encounter, or whose.
    """
    pv1 = visit_of(care)
    key = at.encounter(care)
    if not key:
        if event in ("A04", "A05", "A08") and pv1.text(2) in ("", "N"):
            return  # it is about the patient alone
        raise NotOfAnEncounter(where="PV1-19", why="it has no number", why_zh="没有就诊号")
    patient = at.patient(care.pid)
    if patient is None:
        raise NotOfAnEncounter(where="PID-3", why="it names no patient", why_zh="没有患者标识")
    said: dict[str, Value] = {}
    if event not in _TAKES_BACK:
        said = {"patient": patient, **_always(care, pv1, at), **_of_event(event, pv1, at)}
    at.state("encounter", key, said, event=event, pv1=NOTHING if event in _TAKES_BACK else pv1)


def _always(care: Care, pv1: Segment, at: Context) -> dict[str, Value]:
    """Return what every message repeats of an encounter."""
    codes, pid = at.codes, care.pid
    insured = care.first("IN1")
    said = only_said(
        **{
            "class": codes.of("class", pv1.text(2)),
            "sex": codes.of("sex", pid.text(8)),
            "payer": codes.of("payer", pv1.text(20), insured.text(2), insured.text(15)),
            "from_where": codes.of("from_where", pv1.text(14)),
            "doctor": practitioner(pv1, 7),
            "main_diagnosis": _main_diagnosis(care),
            BORN_ON: _day(pid.text(7)),
            DEPARTMENT: at.department(pv1),
        }
    )
    for column, segment, number in (("doctor", pv1, 7), ("payer", pv1, 20), ("sex", pid, 8)):
        if segment.is_null(number):
            said[column] = None
    if pid.text(30) in ("Y", "N"):
        said[_DIED] = pid.text(30) == "Y"
    return said


def _of_event(event: str, pv1: Segment, at: Context) -> dict[str, Value]:
    """Return what the event itself brings about."""
    began, ended = at.past(at.instant(pv1, 44)), at.past(at.instant(pv1, 45))
    department = at.department(pv1)
    if event == "A13":
        return {"discharged_at": None, "discharging": None, "disposition": None}
    if event == "A05":
        return {}
    if event == "A07":
        said: dict[str, Value] = {"admitted_at": None, "admitting": None}
        return said | _ended(pv1, ended, at)
    if event == "A06":
        return {
            "admitted_at": began or at.occurred_at,
            "discharged_at": ended,
            **only_said(admitting=department),
        }
    said = {}
    if event in ("A01", "A04"):
        said = _began(pv1, began or at.occurred_at, department, event, at)
        said["discharged_at"] = ended
    elif began is not None:
        said = _began(pv1, began, None, event, at)
    if event == "A03":
        said["discharged_at"] = ended or at.occurred_at
        said |= only_said(discharging=department)
    return said | _ended(pv1, ended, at)


def _began(
    pv1: Segment, began: datetime, department: str | None, event: str, at: Context
) -> dict[str, Value]:
    """Return when an encounter began, as what its class calls it; of an unknown one, the event."""
    class_ = at.codes.of("class", pv1.text(2))
    if class_ in FOR_A_BED or (class_ is None and event == "A01"):
        return only_said(admitted_at=began, admitting=department)
    if class_ is None and event != "A04":
        return {}
    return only_said(registered_at=began, registering=department)


def _ended(pv1: Segment, ended: datetime | None, at: Context) -> dict[str, Value]:
    return only_said(discharged_at=ended, disposition=at.codes.of("disposition", pv1.text(36)))


def _main_diagnosis(care: Care) -> str | None:
    """Return the main diagnosis: of priority 1 (DG1-15), else the first; final ones first."""
    found = [one.segment for one in care.singles if one.segment.name == "DG1"]
    told = [one for one in found if one.text(6) in _DIAGNOSES and one.text(3)]
    told.sort(key=lambda one: (one.text(6) != "F", one.text(15) != "1"))
    return told[0].text(3) if told else None


def _day(text: str) -> date | None:
    found = _DAY.match(text)
    try:
        return date(*(int(one) for one in found.groups())) if found else None
    except ValueError:
        return None
