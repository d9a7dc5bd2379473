"""Every kind of message that the simulated systems send, without its MSH.

A :class:`Draft` is what happened and its segments; the story gives it a place in time, a number
and with that its control identifier. HIS and EMR speak version 2.5.1, the older LIS and RIS 2.4,
as found side by side in one hospital.

Sources:
    HL7 v2.4 and v2.5.1, chapters 3 (ADT), 4 (orders), 6 (charges), 7 (observations),
    9 (documents), 10 (scheduling).
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random

from lianyi.simulate.catalogue import (
    ALLERGIES,
    ANTIBIOTICS,
    CLINICS,
    DOCUMENTS,
    FACILITY,
    NURSES,
    ORGANISMS,
    TECHNICIANS,
    Drug,
    Examination,
    Panel,
    Staff,
    Ward,
    pick_value,
)
from lianyi.simulate.people import Person
from lianyi.simulate.segments import escape, instant, patient, segment, staff


@dataclass(frozen=True, slots=True)
class Draft:
    """A message that has no control identifier yet.

    Attributes:
        system: who sends it: ``his``, ``lis``, ``ris``, ``emr``.
        kind: trigger event such as ``ADT^A01``; ``nursing`` for an event in JSON.
        structure: message structure (table 0354); empty for JSON.
        version: of HL7; empty for JSON.
        patient: record number, for counting the order per patient.
        at: when it happened, local time.
        segments: all but MSH; for JSON the one text.
        batched: True where the EMR keeps it for the night batch.
    """

    system: str
    kind: str
    structure: str
    version: str
    patient: str
    at: datetime
    segments: tuple[str, ...]
    batched: bool = False


@dataclass(frozen=True, slots=True)
class Stay:
    """One encounter: who, where, with whom, since when. Changes by ``dataclasses.replace``."""

    person: Person
    encounter: str
    ward: Ward | None
    bed: int
    clinic: tuple[str, str]
    doctor: Staff
    diagnosis: tuple[str, str]
    began_at: datetime
    before: str = ""

    @property
    def location(self) -> str:
        """PV1-3: ward, room, bed, facility."""
        if self.ward is None:
            return f"{self.clinic[0]}^^^{FACILITY}^^^^^{self.clinic[1]}"
        room = f"{(self.bed - 1) // 3 + 1:02d}"
        return f"{self.ward.code}^{room}^{self.bed:02d}^{FACILITY}^^^^^{self.ward.name}"


def encounter(stay: Stay, *, ended_at: datetime | None = None) -> str:
    """Return the PV1 segment."""
    fields = {
        1: "1",
        2: "I" if stay.ward else "O",
        3: stay.location,
        7: staff(stay.doctor),
        10: stay.ward.department if stay.ward else stay.clinic[1],
        19: stay.encounter,
        44: instant(stay.began_at),
    }
    if stay.before:
        fields[6] = stay.before
    if ended_at:
        fields |= {36: "01", 45: instant(ended_at)}
    return segment("PV1", fields)


_STRUCTURES = {
    "A01": "ADT_A01",
    "A02": "ADT_A02",
    "A03": "ADT_A03",
    "A04": "ADT_A01",
    "A08": "ADT_A01",
    "A11": "ADT_A09",
    "A28": "ADT_A05",
}


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
    return _draft("his", f"ADT^{event}", _STRUCTURES[event], "2.5.1", stay, at, segments)


def merge(stay: Stay, gone: Person, at: datetime) -> Draft:
    """Return ADT^A40: the record number of ``gone`` is merged into this person's."""
    return _draft(
        "his",
        "ADT^A40",
        "ADT_A39",
        "2.5.1",
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
    return _draft(
        "his",
        "OML^O21",
        "OML_O21",
        "2.5.1",
        stay,
        at,
        [
            patient(stay.person),
            encounter(stay),
            segment("ORC", {1: "NW", 2: order, 9: instant(at), 12: staff(stay.doctor)}),
            segment("TQ1", {1: "1", 9: "R"}),
            segment(
                "OBR", {1: "1", 2: order, 4: f"{panel.code}^{panel.name}^LIS", 16: _doctor(stay)}
            ),
            segment("SPM", {1: "1", 4: specimen}),
        ],
    )


def imaging_order(stay: Stay, examination: Examination, order: str, at: datetime) -> Draft:
    """Return ORM^O01 of the HIS for one examination."""
    return _draft(
        "his",
        "ORM^O01",
        "ORM_O01",
        "2.5.1",
        stay,
        at,
        [
            patient(stay.person),
            encounter(stay),
            segment("ORC", {1: "NW", 2: order, 9: instant(at), 12: _doctor(stay)}),
            segment("OBR", {1: "1", 2: order, 4: _examination(examination), 16: _doctor(stay)}),
        ],
    )


def drug_order(stay: Stay, drug: Drug, order: str, at: datetime) -> Draft:
    """Return ORM^O01 of the HIS for one drug."""
    return _draft(
        "his",
        "ORM^O01",
        "ORM_O01",
        "2.5.1",
        stay,
        at,
        [
            patient(stay.person),
            encounter(stay),
            segment("ORC", {1: "NW", 2: order, 9: instant(at), 12: _doctor(stay)}),
            segment("RXO", {1: f"{drug.code}^{drug.name}^HIS", 2: drug.dose, 4: drug.unit}),
        ],
    )


def charge(stay: Stay, code: str, name: str, fen: int, at: datetime, *, nightly: bool) -> Draft:
    """Return DFT^P03; ``nightly`` as the ward's material costs, which the EMR files at night."""
    yuan = f"{fen // 100}.{fen % 100:02d}"
    return _draft(
        "emr" if nightly else "his",
        "DFT^P03",
        "DFT_P03",
        "2.5.1",
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


def laboratory_result(
    stay: Stay, panel: Panel, order: str, at: datetime, chance: Random, *, status: str
) -> Draft:
    """Return ORU^R01 of the LIS with one value for each analyte of the panel.

    Args:
        stay: whose.
        panel: what was measured.
        order: placer order number; the accession number follows from it.
        at: when it was released.
        chance: draws the values.
        status: OBR-25 and OBX-11: ``F`` final, ``C`` correction.
    """
    segments = [
        patient(stay.person, short=True),
        encounter(stay),
        segment("ORC", {1: "RE", 2: order, 3: f"L{order}"}),
        _report(order, f"{panel.code}^{panel.name}^LIS", at, status, "LAB", letter="L"),
    ]
    for place, analyte in enumerate(panel.analytes, start=1):
        value, flag = pick_value(analyte, chance)
        segments.append(
            segment(
                "OBX",
                {
                    1: f"{place}",
                    2: "NM",
                    3: f"{analyte.code}^{analyte.name}^LIS",
                    5: value,
                    6: analyte.unit,
                    7: f"{analyte.low:g}-{analyte.high:g}",
                    8: flag,
                    11: status,
                    14: instant(at),
                },
            )
        )
    if status == "C":
        segments.append(segment("NTE", {1: "1", 2: "L", 3: "更正报告，请以本次结果为准"}))
    return _draft("lis", "ORU^R01", "ORU_R01", "2.4", stay, at, segments)


def culture(stay: Stay, order: str, at: datetime, chance: Random) -> Draft:
    """Return ORU^R01 of the LIS: a blood culture, an organism and its susceptibilities."""
    code, name = chance.choice(ORGANISMS)
    segments = [
        patient(stay.person, short=True),
        encounter(stay),
        segment("ORC", {1: "RE", 2: order, 3: f"L{order}"}),
        _report(order, "XPY^血培养及鉴定^LIS", at, "F", "MB", letter="L"),
    ]
    if chance.random() < 0.5:
        finding = {1: "1", 2: "ST", 3: "XPY^血培养^LIS", 5: "培养5天无细菌生长", 11: "F"}
        return _draft(
            "lis", "ORU^R01", "ORU_R01", "2.4", stay, at, [*segments, segment("OBX", finding)]
        )
    growth = {
        1: "1",
        2: "CE",
        3: "XPY^血培养^LIS",
        4: "1",
        5: f"{code}^{name}^LIS",
        8: "A",
        11: "F",
    }
    segments.append(segment("OBX", growth))
    for place, (drug, drug_name) in enumerate(ANTIBIOTICS, start=2):
        mic = 2 ** chance.randrange(-2, 7)
        flag = "S" if mic <= 4 else "I" if mic <= 16 else "R"
        segments.append(
            segment(
                "OBX",
                {
                    1: f"{place}",
                    2: "SN",
                    3: f"{drug}^{drug_name}^LIS",
                    4: "1",
                    5: f"<=^{mic:g}",
                    6: "ug/mL",
                    8: flag,
                    11: "F",
                },
            )
        )
    return _draft("lis", "ORU^R01", "ORU_R01", "2.4", stay, at, segments)


def booking(stay: Stay, examination: Examination, order: str, at: datetime) -> Draft:
    """Return SIU^S12 of the RIS: the examination is booked."""
    start = at + timedelta(hours=1)
    technician = staff(TECHNICIANS[0])
    room = f"{examination.modality}^检查室^L"
    timing = f"^^^{instant(start)}^{instant(start + timedelta(minutes=15))}"
    return _draft(
        "ris",
        "SIU^S12",
        "SIU_S12",
        "2.4",
        stay,
        at,
        [
            segment(
                "SCH",
                {
                    1: order,
                    2: f"R{order}",
                    6: "BOOK^预约^L",
                    7: _examination(examination),
                    9: "15",
                    10: "min",
                    11: timing,
                    16: technician,
                    20: technician,
                    25: "Booked",
                },
            ),
            patient(stay.person, short=True),
            encounter(stay),
            segment("RGS", {1: "1", 2: "A"}),
            segment("AIS", {1: "1", 2: "A", 3: _examination(examination), 4: instant(start)}),
            segment("AIL", {1: "1", 2: "A", 3: f"{examination.room}^^^{FACILITY}", 4: room}),
        ],
    )


def imaging_report(
    stay: Stay, examination: Examination, order: str, at: datetime, chance: Random
) -> Draft:
    """Return ORU^R01 of the RIS with findings and impression as text."""
    abnormal = chance.random() < 0.45
    finding = examination.abnormal if abnormal else examination.normal
    impression = "异常，详见检查所见。" if abnormal else "未见明显异常。"
    texts = (("SEE", "检查所见", finding), ("IMP", "检查提示", impression))
    return _draft(
        "ris",
        "ORU^R01",
        "ORU_R01",
        "2.4",
        stay,
        at,
        [
            patient(stay.person, short=True),
            encounter(stay),
            segment("ORC", {1: "RE", 2: order, 3: f"R{order}"}),
            _report(order, _examination(examination), at, "F", "RAD", letter="R"),
            *(
                segment(
                    "OBX",
                    {
                        1: f"{place}",
                        2: "TX",
                        3: f"{code}^{name}^RIS",
                        5: escape(text),
                        8: "A" if abnormal else "N",
                        11: "F",
                    },
                )
                for place, (code, name, text) in enumerate(texts, start=1)
            ),
        ],
    )


def document(stay: Stay, place: int, number: str, at: datetime) -> Draft:
    """Return MDM^T02 of the EMR: document ``DOCUMENTS[place]`` with its text."""
    code, title = DOCUMENTS[place]
    _, diagnosis = stay.diagnosis
    text = f"{title}\n患者{stay.person.name}，入院诊断：{diagnosis}。\n医师：{_signed(stay.doctor)}"
    return _draft(
        "emr",
        "MDM^T02",
        "MDM_T02",
        "2.5.1",
        stay,
        at,
        [
            segment("EVN", {1: "T02", 2: instant(at)}),
            patient(stay.person, short=True),
            encounter(stay),
            segment(
                "TXA",
                {
                    1: "1",
                    2: code,
                    3: "TX",
                    4: instant(at),
                    9: staff(stay.doctor),
                    12: f"{number}^EMR",
                    17: "LA",
                },
            ),
            segment("OBX", {1: "1", 2: "TX", 3: f"{code}^{title}^EMR", 5: escape(text), 11: "F"}),
        ],
    )


def vital_signs(stay: Stay, at: datetime, chance: Random) -> Draft:
    """Return ORU^R01 of the EMR: temperature, pulse, breathing, pressure, saturation."""
    signs = (
        ("TW", "体温", f"{chance.gauss(36.8, 0.6):.1f}", "Cel"),
        ("MB", "脉搏", f"{chance.gauss(82, 14):.0f}", "/min"),
        ("HX", "呼吸", f"{chance.gauss(18, 3):.0f}", "/min"),
        ("SSY", "收缩压", f"{chance.gauss(128, 18):.0f}", "mm[Hg]"),
        ("SZY", "舒张压", f"{chance.gauss(78, 11):.0f}", "mm[Hg]"),
        ("SPO2", "血氧饱和度", f"{min(100, chance.gauss(97, 2)):.0f}", "%"),
    )
    return _draft(
        "emr",
        "ORU^R01",
        "ORU_R01",
        "2.5.1",
        stay,
        at,
        [
            patient(stay.person, short=True),
            encounter(stay),
            segment("OBR", {1: "1", 4: "VS^生命体征^EMR", 7: instant(at), 25: "F"}),
            *(
                segment(
                    "OBX",
                    {1: f"{place}", 2: "NM", 3: f"{code}^{name}^EMR", 5: value, 6: unit, 11: "F"},
                )
                for place, (code, name, value, unit) in enumerate(signs, start=1)
            ),
        ],
    )


def nursing_event(stay: Stay, at: datetime, chance: Random) -> Draft:
    """Return a nursing assessment of the EMR as JSON: what newer systems post instead of HL7."""
    event = {
        "event": "nursing-assessment",
        "patient": {"value": stay.person.record_number, "authority": "HIS"},
        "encounter": stay.encounter,
        "assessed_at": at.isoformat(),
        "scale": "Braden",
        "score": chance.randrange(10, 24),
        "ward": stay.ward.code if stay.ward else stay.clinic[0],
    }
    text = json.dumps(event, ensure_ascii=False)
    return Draft("emr", "nursing", "", "", stay.person.record_number, at, (text,))


def first_clinic(chance: Random) -> tuple[str, str]:
    """Return the code and name of some outpatient clinic."""
    return chance.choice(CLINICS)


def _draft(
    system: str,
    kind: str,
    structure: str,
    version: str,
    stay: Stay,
    at: datetime,
    segments: Iterable[str],
    *,
    batched: bool = False,
) -> Draft:
    patient_number = stay.person.record_number
    return Draft(system, kind, structure, version, patient_number, at, tuple(segments), batched)


def _report(
    order: str, service: str, at: datetime, status: str, section: str, *, letter: str
) -> str:
    return segment(
        "OBR",
        {
            1: "1",
            2: order,
            3: f"{letter}{order}",
            4: service,
            7: instant(at),
            22: instant(at),
            24: section,
            25: status,
        },
    )


def _examination(examination: Examination) -> str:
    return f"{examination.code}^{examination.name}^RIS"


def _doctor(stay: Stay) -> str:
    return staff(stay.doctor)


def _signed(person: Staff) -> str:
    return person.family + person.given
