"""What the departments and doctors of the history are called, as the HIS tells it in master files.

The tables of the history hold codes; the names of departments come in the dictionary KS_ZD, which a
lake keeps as it is. Master data are told beside it in HL7 v2: organisations in segments ZOG after
MFE, doctors in STF. The doctors are invented, each from his own number. Diagnoses are named by a
CodeSystem of FHIR, as WHO and the clinical version of China call them.

Sources:
    HL7 v2.5.1, chapter 8 (MFI, MFE) and 15 (STF); ``ZOG`` as ``projections/masterdata`` reads it.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from datetime import datetime
from importlib.resources import files
from random import Random
from typing import Any

from lianyi.simulate import catalogue
from lianyi.simulate.history.dictionaries import departments, staff
from lianyi.simulate.people import invent_name
from lianyi.simulate.segments import escape, instant, segment

HOSPITAL = "YX01"
DOCTOR = "1"
"""The kind of staff (RYLB) of a doctor, and the first character of his number."""


def master_files(encounters: int, at: datetime) -> Iterator[tuple[str, bytes]]:
    """Give the files that name what is in a history: name of the file, and one message in UTF-8.

    Args:
        encounters: of the history; by it departments have more doctors or fewer.
        at: when the HIS says it, in local time.
    """
    organisations = [
        (HOSPITAL, catalogue.HOSPITAL),
        *((one.code, one.name) for one in departments()),
    ]
    yield (
        "organisations.hl7",
        _message(
            "Z01",
            at,
            [
                (code, segment("ZOG", {1: escape(code), 2: escape(name)}))
                for code, name in organisations
            ],
        ),
    )
    yield (
        "doctors.hl7",
        _message(
            "M02",
            at,
            [
                (code, segment("STF", {1: escape(code), 3: escape(name)}))
                for code, name in doctors(encounters)
            ],
        ),
    )


def code_system() -> dict[str, Any]:
    """Return the diagnoses of a history with their names, as a house stores them over FHIR."""
    text = files(__package__).joinpath("diagnoses.csv").read_text(encoding="utf-8")
    return {
        "resourceType": "CodeSystem",
        "id": "icd-10-clinical",
        "url": "urn:lianyi:codesystem:icd-10-clinical",
        "name": "Diagnoses",
        "title": "疾病分类与代码（演示用，部分）",
        "status": "active",
        "content": "fragment",
        "concept": [
            {"code": row["code"], "display": row["name"]}
            for row in csv.DictReader(text.splitlines())
        ],
    }


def doctors(encounters: int) -> Iterator[tuple[str, str]]:
    """Give the number and the name of each doctor of a history."""
    for department in departments():
        for number in range(1, staff(DOCTOR, department, encounters) + 1):
            code = f"{DOCTOR}{department.code}{number:04d}"
            chance = Random(int(code))  # noqa: S311 - an invented name
            yield code, invent_name(chance, chance.choice("MF"))[0]


def _message(event: str, at: datetime, entries: list[tuple[str, str]]) -> bytes:
    kind = {"Z01": "MFN^Z01^MFN_Z01", "M02": "MFN^M02^MFN_M02"}[event]
    identifier = {"Z01": "ORG", "M02": "STF"}[event]
    control_id = f"MF{event}{instant(at)}"
    lines = [
        segment(
            "MSH",
            {
                2: "^~\\&", 3: "HIS", 4: HOSPITAL, 7: instant(at), 9: kind, 10: control_id,
                11: "P", 12: "2.5.1", 18: "UNICODE UTF-8",
            },
        ),
        segment("MFI", {1: identifier, 3: "UPD", 6: "NE"}),
    ]  # fmt: skip
    for number, (code, said) in enumerate(entries, start=1):
        lines += [segment("MFE", {1: "MAD", 2: f"{number}", 4: escape(code), 5: "CE"}), said]
    return "".join(f"{line}\r" for line in lines).encode()
