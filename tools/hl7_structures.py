"""Writes the HL7 v2 structure tables of ``lianyi.formats.hl7v2`` from the package hl7apy (MIT).

Run by hand when hl7apy brings a new version; the result is checked in::

    python tools/hl7_structures.py src/lianyi/formats/hl7v2/structures

Only facts are taken over: which segments, fields and components there are, in which order, how
often, of which datatype, with which code table. One gzipped JSON file for each version:

    messages, groups: name -> [kind, [[child, min, max], ...]]; a child in lower case is a group
    segments, datatypes: name -> [[min, max, datatype, name, table], ...]
    tables: number -> codes
    events: "ADT^A04" -> "ADT_A01"
"""

from __future__ import annotations

import gzip
import importlib
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

VERSIONS = (
    "2.1",
    "2.2",
    "2.3",
    "2.3.1",
    "2.4",
    "2.5",
    "2.5.1",
    "2.6",
    "2.7",
    "2.8",
    "2.8.1",
    "2.8.2",
)
SEGMENT_NAME_LENGTH = 3

# Tables that other bodies or sites fill, or that have a check of their own (OBX-2, MSH-9, MSH-12).
OPEN_TABLES = {"0203", "0396", "0399", "0125", "0003", "0076", "0354", "0104"}

# Fields that hl7apy 1.3.5 calls required, and the standard optional or conditional.
NOT_REQUIRED = {
    ("2.3", "ORC", 7),
    ("2.3", "OBR", 27),
    ("2.3.1", "OBX", 4),
    ("2.7", "OBX", 2),
    ("2.7", "OBX", 4),
}

# HL7 table 0354: the structure that several trigger events share, from v2.3 on.
SHARED = {
    "ADT_A01": "A01 A04 A08 A13",
    "ADT_A05": "A05 A14 A28 A31",
    "ADT_A06": "A06 A07",
    "ADT_A09": "A09 A10 A11 A12",
    "ADT_A12": "A12",
    "ADT_A21": "A21 A22 A23 A25 A26 A27 A29 A32 A33",
    "ADT_A30": "A30 A34 A35 A36 A46 A47 A48 A49",
    "ADT_A39": "A39 A40 A41 A42",
    "ADT_A43": "A43 A44",
    "ADT_A50": "A50 A51",
    "ADT_A52": "A52 A53",
    "ADT_A54": "A54 A55",
    "ADT_A61": "A61 A62",
    "CRM_C01": "C01 C02 C03 C04 C05 C06 C07 C08",
    "CSU_C09": "C09 C10 C11 C12",
    "LSU_U12": "U12 U13",
    "MDM_T01": "T01 T03 T05 T07 T09 T11",
    "MDM_T02": "T02 T04 T06 T08 T10",
    "ORU_R30": "R30 R31 R32",
    "PEX_P07": "P07 P08",
    "PGL_PC6": "PC6 PC7 PC8",
    "PMU_B01": "B01 B02",
    "PMU_B04": "B04 B05 B06",
    "PPG_PCG": "PCG PCH PCJ",
    "PPP_PCB": "PCB PCC PCD",
    "PPR_PC1": "PC1 PC2 PC3",
    "QBP_Q21": "Q21 Q22 Q23 Q24 Q25",
    "RDE_O11": "O11 O25",
    "RRE_O12": "O12 O26",
    "RSP_K21": "K21 K22 K24",
    "REF_I12": "I12 I13 I14 I15",
    "RPA_I08": "I08 I09 I10 I11",
    "RQA_I08": "I08 I09 I10 I11",
    "RQC_I05": "I05 I06",
    "RQI_I01": "I01 I02 I03",
    "RRI_I12": "I12 I13 I14 I15",
    "SIU_S12": "S12 S13 S14 S15 S16 S17 S18 S19 S20 S21 S22 S23 S24 S26 S27",
    "SRM_S01": "S01 S02 S03 S04 S05 S06 S07 S08 S09 S10 S11",
    "SRR_S01": "S01 S02 S03 S04 S05 S06 S07 S08 S09 S10 S11",
}


def main(folder: Path) -> None:
    """Write the tables of every version into a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    for version in VERSIONS:
        tables = structures_of(version)
        text = json.dumps(tables, separators=(",", ":"), sort_keys=True).encode()
        target = folder / f"{version}.json.gz"
        target.write_bytes(gzip.compress(text, mtime=0))
        sys.stdout.write(f"{target.name}: {len(tables['messages'])} messages\n")


def structures_of(version: str) -> dict[str, Any]:
    """Return the tables of one version in our form."""
    elements = importlib.import_module(f"hl7apy.v{version.replace('.', '_')}").ELEMENTS
    groups: dict[str, Any] = {}
    messages = {
        name: _node(reference, groups) for name, reference in sorted(elements["Message"].items())
    }
    datatypes: dict[str, Any] = {}
    for name, parts in elements["Datatypes_Structs"].items():
        datatypes[name] = _numbered(parts)
    segments = {
        name: _numbered(_fields(reference))
        for name, reference in elements["Segment"].items()
        if len(name) == SEGMENT_NAME_LENGTH
    }
    for other, name, number in NOT_REQUIRED:
        if other == version:
            segments[name][number - 1][0] = 0
    return {
        "messages": messages,
        "groups": groups,
        "segments": segments,
        "datatypes": datatypes,
        "tables": {
            name.removeprefix("HL7"): sorted(codes)
            for name, (_, codes) in elements.get("Table", {}).items()
            if name.startswith("HL7") and name.removeprefix("HL7") not in OPEN_TABLES
            if not any("..." in code for code in codes)
        },
        "events": {
            f"{structure[:3]}^{event}": structure
            for structure, events in SHARED.items()
            for event in events.split()
            if structure in messages and f"{structure[:3]}_{event}" not in messages
        },
    }


def _node(reference: Sequence[Any], groups: dict[str, Any]) -> list[Any]:
    kind, children = reference[0], reference[1]
    listed = []
    for name, inner, (least, most), level in children:
        if level == "GRP":
            groups[name.lower()] = _node(inner, groups)
            name = name.lower()
        listed.append([name, least, most])
    return [kind, listed]


def _fields(reference: Sequence[Any]) -> Sequence[Any]:
    """Return the fields of a segment, of which hl7apy 1.3.5 knows none for some of v2.7.

    In ORO of v2.1 it forgot a comma, so that the only field is not in a list.
    """
    fields = reference[1] if len(reference) > 1 else []
    return [fields] if fields and isinstance(fields[0], str) else fields


def _numbered(parts: Sequence[Any]) -> list[list[Any]]:
    """Return the parts in their places; hl7apy leaves out some that are withdrawn."""
    placed: list[list[Any]] = []
    for name, reference, (least, most), _ in parts:
        number = int(name.rsplit("_", 1)[1])
        placed += [[0, 0, "WD", "", ""] for _ in range(number - 1 - len(placed))]
        placed.append([least, most, *_kind(reference)])
    return placed


def _kind(reference: Sequence[Any]) -> list[str]:
    """Return datatype, name in words and table of a field or component."""
    datatype, name, table = reference[2], reference[-3], reference[-2]
    words = " ".join((name or "").replace("_", " ").split()).capitalize()
    return [datatype or "ST", words, (table or "").removeprefix("HL7")]


if __name__ == "__main__":
    main(Path(sys.argv[1]))
