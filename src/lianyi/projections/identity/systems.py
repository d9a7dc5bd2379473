"""Assigning authorities and kinds of numbers as the URIs that FHIR wants. Pure.

An authority that is an OID is ``urn:oid:`` and the OID, one that is a URI already stays as it is,
and any other, ``HIS``, is ``urn:lianyi:authority:HIS``. What ``system_of`` writes is read back by
``authority_from``, so an identifier that was answered can be sent.

Sources:
    HL7 FHIR R4, Identifier.system; RFC 3061 (OIDs as URNs); WS/T 500 (OIDs of numbers of citizens
    and health cards); HL7 v2 table 0203.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final, NamedTuple
from urllib.parse import quote, unquote

from lianyi.projections.identity.registration import IdKind

PERSON_SYSTEM: Final = "urn:lianyi:person"
"""Of our own numbers of persons and records."""
KIND_SYSTEM: Final = "urn:lianyi:identifier-kind"
"""Code system of the kinds of numbers that table 0203 does not have."""
V2_0203: Final = "http://terminology.hl7.org/CodeSystem/v2-0203"

_AUTHORITY: Final = "urn:lianyi:authority:"
_NUMBER: Final = "urn:lianyi:number:"
_OID: Final = re.compile(r"[0-2](\.(0|[1-9]\d*))+", re.ASCII)
_URI: Final = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:[!-~]+")


class Coded(NamedTuple):
    """How a kind of number is written.

    Attributes:
        system: of the number itself.
        code: of its kind; the feeds read it.
        codes: the code system of that.
    """

    system: str
    code: str
    codes: str


def _coded(kind: IdKind, code: str, *, oid: str = "", codes: str = V2_0203) -> Coded:
    return Coded(f"urn:oid:{oid}" if oid else f"{_NUMBER}{kind.value}", code, codes)


KINDS: Final[Mapping[IdKind, Coded]] = {
    IdKind.CITIZEN: _coded(IdKind.CITIZEN, "NNCHN", oid="2.16.156.10011.1.3"),
    IdKind.RESIDENCE_PERMIT: _coded(IdKind.RESIDENCE_PERMIT, "GATJZZ", codes=KIND_SYSTEM),
    IdKind.HOME_RETURN_PERMIT: _coded(IdKind.HOME_RETURN_PERMIT, "HXZ", codes=KIND_SYSTEM),
    IdKind.TAIWAN_PERMIT: _coded(IdKind.TAIWAN_PERMIT, "TBZ", codes=KIND_SYSTEM),
    IdKind.FOREIGNER_RESIDENCE: _coded(IdKind.FOREIGNER_RESIDENCE, "PRC"),
    IdKind.PASSPORT: _coded(IdKind.PASSPORT, "PPN"),
    IdKind.MILITARY: _coded(IdKind.MILITARY, "MI"),
    IdKind.BIRTH_CERTIFICATE: _coded(IdKind.BIRTH_CERTIFICATE, "BCT"),
    IdKind.HEALTH_CARD: _coded(IdKind.HEALTH_CARD, "HC", oid="2.16.156.10011.1.19"),
    IdKind.E_HEALTH_CARD: _coded(IdKind.E_HEALTH_CARD, "EHC", codes=KIND_SYSTEM),
    IdKind.INSURANCE: _coded(IdKind.INSURANCE, "MC"),
    IdKind.SOCIAL_SECURITY: _coded(IdKind.SOCIAL_SECURITY, "SS"),
    IdKind.HOSPITAL_CARD: _coded(IdKind.HOSPITAL_CARD, "JZK", codes=KIND_SYSTEM),
    IdKind.BRACELET: _coded(IdKind.BRACELET, "WD", codes=KIND_SYSTEM),
}
"""Kinds of which a number has a system of its own; OTHER has that of who gave it."""

_KIND_OF: Final = {coded.system: kind for kind, coded in KINDS.items()}


def system_of(authority: str) -> str:
    """Return an assigning authority as a URI; empty stays empty."""
    if not authority:
        return ""
    if _OID.fullmatch(authority):
        return f"urn:oid:{authority}"
    if _URI.fullmatch(authority) and not authority.startswith((_AUTHORITY, "urn:oid:")):
        return authority
    return _AUTHORITY + quote(authority, safe="")


def authority_from(system: str) -> str:
    """Return the assigning authority that a URI means, as HL7 v2 would write it.

    Empty for the system of a kind of number that is no authority's.
    """
    if system.startswith(_NUMBER):
        return ""
    if system.startswith(_AUTHORITY):
        return unquote(system.removeprefix(_AUTHORITY))
    return system.removeprefix("urn:oid:")


def canonical(system: str) -> str:
    """Return the one form of a system in which two can be compared: as it is answered."""
    if system == PERSON_SYSTEM or system in _KIND_OF:
        return system
    return system_of(authority_from(system))


def kind_from(system: str) -> IdKind | None:
    """Return the kind of number that a system is of; None where it is an authority's."""
    return _KIND_OF.get(system)
