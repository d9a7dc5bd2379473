"""What LIS, RIS and EMR say: results, bookings, reports, documents, vital signs.

Sources:
    HL7 v2.4 and v2.5.1, chapters 7 (observations), 9 (documents), 10 (scheduling).
"""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from random import Random

from lianyi.simulate.catalogue import (
    ANTIBIOTICS,
    DOCUMENTS,
    FACILITY,
    ORGANISMS,
    TECHNICIANS,
    Examination,
    Panel,
    pick_value,
)
from lianyi.simulate.segments import escape, instant, patient, segment, staff
from lianyi.simulate.stay import Draft, Stay, draft, encounter, examination_code


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
    return draft("lis", "ORU^R01", stay, at, segments)


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
        return draft("lis", "ORU^R01", stay, at, [*segments, segment("OBX", finding)])
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
    return draft("lis", "ORU^R01", stay, at, segments)


def booking(stay: Stay, examination: Examination, order: str, at: datetime) -> Draft:
    """Return SIU^S12 of the RIS: the examination is booked."""
    start = at + timedelta(hours=1)
    technician = staff(TECHNICIANS[0])
    room = f"{examination.modality}^检查室^L"
    timing = f"^^^{instant(start)}^{instant(start + timedelta(minutes=15))}"
    return draft(
        "ris",
        "SIU^S12",
        stay,
        at,
        [
            segment(
                "SCH",
                {
                    1: order,
                    2: f"R{order}",
                    6: "BOOK^预约^L",
                    7: examination_code(examination),
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
            segment("AIS", {1: "1", 2: "A", 3: examination_code(examination), 4: instant(start)}),
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
    return draft(
        "ris",
        "ORU^R01",
        stay,
        at,
        [
            patient(stay.person, short=True),
            encounter(stay),
            segment("ORC", {1: "RE", 2: order, 3: f"R{order}"}),
            _report(order, examination_code(examination), at, "F", "RAD", letter="R"),
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
    signed = stay.doctor.family + stay.doctor.given
    text = f"{title}\n患者{stay.person.name}，入院诊断：{diagnosis}。\n医师：{signed}"
    return draft(
        "emr",
        "MDM^T02",
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
    return draft(
        "emr",
        "ORU^R01",
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
    return draft("emr", "nursing", stay, at, (text,))


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
