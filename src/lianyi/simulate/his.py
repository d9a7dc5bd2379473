"""What the HIS says: registrations, admissions, merges, orders, charges.

Sources:
    HL7 v2.5.1, chapters 3 (ADT), 4 (orders), 6 (charges).
"""

from __future__ import annotations

from datetime import datetime
from random import Random

from lianyi.simulate.catalogue import ALLERGIES, NURSES, Drug, Examination, Panel
from lianyi.simulate.people import Person
from lianyi.simulate.segments import escape, instant, patient, segment, staff
from lianyi.simulate.stay import Draft, Stay, draft, encounter, examination_code


def admission(stay: Stay, event: str, at: datetime, chance: Random) -> Draft:
    """Return an ADT message of the HIS.

    Args:
        stay: the encounter as it is after the event.
        event: one of ``A01 A02 A03 A04 A08 A11 A28``.
        at: when.
        chance: for details such as an allergy.
    """
    event_segment = segment("EVN", {1: event, 2: instant(at), 5: staff(chance.choice(NURSES))})
    ended_at = at if event == "A03" else None
    segments = [event_segment, patient(stay.person), encounter(stay, ended_at=ended_at)]
    if event in ("A01", "A04", "A08"):
        if stay.ward and chance.random() < 0.3:
            code, name, reaction = chance.choice(ALLERGIES)
            segments.append(
                segment("AL1", {1: "1", 2: "DA", 3: f"{code}^{name}^L", 4: "MO", 5: reaction})
            )
        code, name = stay.diagnosis
        segments.append(
            segment("DG1", {1: "1", 3: f"{code}^{name}^ICD10CN", 5: instant(at), 6: "A"})
        )
        segments.append(segment("IN1", {1: "1", 2: "310^职工基本医疗保险^YB", 3: "YX01"}))
    return draft("his", f"ADT^{event}", stay, at, segments)


def merge(stay: Stay, gone: Person, at: datetime) -> Draft:
    """Return ADT^A40: the record number of ``gone`` is merged into this person's."""
    return draft(
        "his",
        "ADT^A40",
        stay,
        at,
        [
            segment("EVN", {1: "A40", 2: instant(at)}),
            patient(stay.person),
            segment("MRG", {1: f"{gone.record_number}^^^HIS^PI", 7: f"{escape(gone.name)}^^^^^^L"}),
        ],
    )


def laboratory_order(stay: Stay, panel: Panel, order: str, at: datetime) -> Draft:
    """Return OML^O21 of the HIS for one panel and its specimen."""
    specimen = f"{panel.specimen[0]}^{panel.specimen[1]}^L"
    return draft(
        "his",
        "OML^O21",
        stay,
        at,
        [
            patient(stay.person),
            encounter(stay),
            segment("ORC", {1: "NW", 2: order, 9: instant(at), 12: staff(stay.doctor)}),
            segment("TQ1", {1: "1", 9: "R"}),
            segment(
                "OBR",
                {1: "1", 2: order, 4: f"{panel.code}^{panel.name}^LIS", 16: staff(stay.doctor)},
            ),
            segment("SPM", {1: "1", 4: specimen}),
        ],
    )


def imaging_order(stay: Stay, examination: Examination, order: str, at: datetime) -> Draft:
    """Return ORM^O01 of the HIS for one examination."""
    return draft(
        "his",
        "ORM^O01",
        stay,
        at,
        [
            patient(stay.person),
            encounter(stay),
            segment("ORC", {1: "NW", 2: order, 9: instant(at), 12: staff(stay.doctor)}),
            segment(
                "OBR", {1: "1", 2: order, 4: examination_code(examination), 16: staff(stay.doctor)}
            ),
        ],
    )


def drug_order(stay: Stay, drug: Drug, order: str, at: datetime) -> Draft:
    """Return ORM^O01 of the HIS for one drug."""
    return draft(
        "his",
        "ORM^O01",
        stay,
        at,
        [
            patient(stay.person),
            encounter(stay),
            segment("ORC", {1: "NW", 2: order, 9: instant(at), 12: staff(stay.doctor)}),
            segment("RXO", {1: f"{drug.code}^{drug.name}^HIS", 2: drug.dose, 4: drug.unit}),
        ],
    )


def charge(stay: Stay, code: str, name: str, fen: int, at: datetime, *, nightly: bool) -> Draft:
    """Return DFT^P03; ``nightly`` as the ward's material costs, which the EMR files at night."""
    yuan = f"{fen // 100}.{fen % 100:02d}"
    return draft(
        "emr" if nightly else "his",
        "DFT^P03",
        stay,
        at,
        [
            segment("EVN", {1: "P03", 2: instant(at)}),
            patient(stay.person, short=nightly),
            encounter(stay),
            segment(
                "FT1",
                {
                    1: "1",
                    4: instant(at),
                    6: "CG",
                    7: f"{code}^{escape(name)}^HIS",
                    10: "1",
                    11: f"{yuan}&CNY",
                },
            ),
        ],
        batched=nightly,
    )
