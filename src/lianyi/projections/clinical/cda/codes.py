"""What codes and numbers of clinical documents mean, as the tables say. Pure.

Codes are kept as they are sent: a table gives the URI of a coding system whose OID is known, and
the codes of FHIR that an element must have.

Sources:
    HL7 OID registry; HL7 v3 vocabulary; C-CDA on FHIR (facts). Each row of ``tables/*.csv`` says
    which.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from importlib.resources import files
from typing import Final

from lianyi.projections.clinical.hl7v2 import codes as v2
from lianyi.projections.identity.systems import system_of

TABLES: Final = "lianyi.projections.clinical.cda"
_V2_TABLE: Final = re.compile(r"2\.16\.840\.1\.113883\.12\.(\d{1,4})", re.ASCII)
_UUID: Final = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}", re.ASCII)


def rows_of(name: str) -> Iterator[dict[str, str]]:
    """Give the rows of a table."""
    with (files(TABLES) / "tables" / name).open(encoding="utf-8") as lines:
        yield from csv.DictReader(lines)


@lru_cache(maxsize=1)
def _uris() -> Mapping[str, str]:
    return {row["oid"]: row["uri"] for row in rows_of("oids.csv")}


@lru_cache(maxsize=1)
def code_maps() -> Mapping[str, Mapping[str, str]]:
    """Return the code maps by name."""
    found: dict[str, dict[str, str]] = {}
    for row in rows_of("codes.csv"):
        found.setdefault(row["map"], {})[row["code"]] = row["target"]
    return found


def target_of(codes: str, said: str) -> str:
    """Return what a code is mapped to; empty where the map does not know it."""
    return code_maps()[codes].get(said, "")


def is_uuid(root: str) -> bool:
    """Tell whether the root of an identifier is a UUID."""
    return _UUID.fullmatch(root) is not None


def uri_of(root: str) -> str:
    """Return the URI of a coding system, or of an authority, that a document names by its OID."""
    if known := _uris().get(root):
        return known
    if table := _V2_TABLE.fullmatch(root):
        return f"{v2.V2}{table[1].zfill(4)}"
    if is_uuid(root):
        return f"urn:uuid:{root.lower()}"
    return system_of(root.strip())


def system_in(oid: str, name: str, source: str) -> str:
    """Return the URI of the coding system of a code; empty where nobody names one.

    Args:
        oid: ``codeSystem``.
        name: ``codeSystemName``.
        source: the sender, after whom his own systems are called.
    """
    return uri_of(oid) if oid else v2.system_named(name, "", source)
