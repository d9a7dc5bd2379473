"""What a code of a sender means: code maps, coding systems and HL7 tables, as the tables say. Pure.

A code that no map knows stays as it was sent. Its system is the one that the sender names; a code
without one belongs to an HL7 table where it is a code of it, and else to the sender himself.

Sources:
    HL7 v2-to-FHIR concept maps (facts; see NOTICE), HL7 tables 0396 and others, GB/T 2261, GB/T
    4761, GB 3304, WS 364, WS/T 500. The rows themselves say which: ``tables/*.csv``.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Final, NamedTuple
from urllib.parse import quote

from lianyi.projections.identity.systems import system_of

TABLES: Final = "lianyi.projections.clinical.hl7v2"
UCUM: Final = "http://unitsofmeasure.org"
V2: Final = "http://terminology.hl7.org/CodeSystem/v2-"
_OWN: Final = "urn:lianyi:codes:"
_NAMED: Final = "urn:lianyi:codesystem:"
_SHORT: Final = {
    "hl7:": "http://terminology.hl7.org/CodeSystem/",
    "sct": "http://snomed.info/sct",
    "dcm": "http://dicom.nema.org/resources/ontology/DCM",
}
_HL7_TABLE: Final = re.compile(r"(?:HL7|V2-|HL7-)0*(\d{1,4})", re.ASCII)
_LOCAL: Final = re.compile(r"(?:L|LOCAL|99[A-Z0-9]{0,6})", re.ASCII)
_OID: Final = re.compile(r"[0-2](\.(0|[1-9]\d*))+", re.ASCII)
_URI: Final = re.compile(r"(?:https?|urn):[!-~]+")


class Target(NamedTuple):
    """What a code is mapped to.

    Attributes:
        code: of FHIR, or of ``system``.
        display: in words; may be empty.
        system: URI; empty for a code of FHIR itself.
        native: whether the code that is mapped is one of an HL7 table.
    """

    code: str
    display: str
    system: str
    native: bool


_SITE: list[Path] = []
"""The folder of the site's own tables, where there is one."""


def use_site(folder: Path | None) -> None:
    """Have the site's own rows read after those of the package; None: no rows of a site."""
    _SITE[:] = [folder] if folder is not None else []
    for remembered in (code_maps, named_systems, hl7_tables, system_named):
        remembered.cache_clear()


def table_files() -> list[Traversable | Path]:
    """Return the files of all tables: of the package by name, then of the site."""
    found: list[Traversable | Path] = []
    for folder in (files(TABLES) / "tables", *_SITE):
        found += sorted(folder.iterdir(), key=lambda one: one.name) if folder.is_dir() else []
    return found


def rows_of(name: str) -> Iterator[dict[str, str]]:
    """Give the rows of a table, those of the site last: they win."""
    for file in table_files():
        if file.name == name:
            with file.open(encoding="utf-8-sig") as lines:
                yield from csv.DictReader(lines)


@lru_cache(maxsize=1)
def code_maps() -> Mapping[str, Mapping[str, Target]]:
    """Return the code maps by name; each has its codes as written and in capitals."""
    found: dict[str, dict[str, Target]] = {}
    for row in rows_of("codes.csv"):
        short = row["system"]
        system = next(
            (short.replace(at, to) for at, to in _SHORT.items() if short.startswith(at)), ""
        )
        if short and not system:
            system = named_systems().get(short.upper(), short)
        native = (row.get("basis") or "").startswith(("v2-", "usage"))
        target = Target(row["target"], row["display"], system, native)
        codes = found.setdefault(row["map"], {})
        codes[row["code"].upper()] = codes[row["code"]] = target
    return found


@lru_cache(maxsize=1)
def named_systems() -> Mapping[str, str]:
    """Return the URIs of coding systems by the names that senders use, in capitals, no blanks."""
    return {row["name"].upper(): row["uri"] for row in rows_of("systems.csv")}


@lru_cache(maxsize=1)
def hl7_tables() -> Mapping[str, frozenset[str]]:
    """Return the codes of HL7 tables by their number, four digits."""
    return {row["table"]: frozenset(row["codes"].split()) for row in rows_of("hl7_tables.csv")}


def target_of(codes: str, said: str) -> Target | None:
    """Return what a code is mapped to; None where the map does not know it."""
    known = code_maps()[codes]
    return known.get(said) or known.get(said.upper())


@lru_cache(maxsize=4096)
def system_named(said: str, oid: str, source: str) -> str:
    """Return the URI of a coding system that the sender names; empty where he names none.

    Args:
        said: CWE.3, as written.
        oid: CWE.14, where there is one.
        source: the sender: his own systems (``L``, ``99...``) are called after him.
    """
    if _OID.fullmatch(oid):
        return f"urn:oid:{oid}"
    name = said.upper().replace(" ", "")
    if not name:
        return ""
    if _LOCAL.fullmatch(name):
        return local_system(source, "" if name == "L" else said)
    if table := _HL7_TABLE.fullmatch(name):
        return f"{V2}{table[1].zfill(4)}"
    if known := named_systems().get(name):
        return known
    if _OID.fullmatch(said) or _URI.fullmatch(said):
        return system_of(said)
    return _NAMED + quote(said, safe="")


def local_system(source: str, within: str = "") -> str:
    """Return the URI of the codes that a sender made himself.

    Args:
        source: the sender.
        within: which of his: a field, ``PV1-14``, or the name that he gives them.
    """
    more = f":{quote(within, safe='')}" if within else ""
    return f"{_OWN}{quote(source, safe='')}{more}"


def is_local(system: str) -> bool:
    """Tell whether the codes of a system are a sender's own."""
    return system.startswith(_OWN)
