"""What one system says about one person: the record that matching takes.

Everything is kept **as it was sent**: nothing here is trimmed, repaired or judged. Feeds (HL7 v2
PID, FHIR Patient, table rows, the registration API) fill it, ``traits.read_registration`` reads
it, the simulated city invents it. Texts are empty, tuples are empty and options are None where
the sender said nothing.
"""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum

import msgspec


class IdKind(StrEnum):
    """What an identifier is. Two of different kinds are never compared with each other.

    Source:
        WS 364.3-2011 CV02.01.101 (kinds of identity documents); WS 365-2011 (health record
        number); GB 11643-1999; HL7 v2 table 0203.
    """

    UNSAID = ""
    """The sender did not say; ``values.identifiers.read_id`` judges by the shape."""
    CITIZEN = "citizen"
    """居民身份证, also the number on the 户口簿: GB 11643, 18 characters, 15 of old."""
    RESIDENCE_PERMIT = "residence-permit"
    """港澳台居民居住证: GB 11643 with area 810000, 820000 or 830000."""
    HOME_RETURN_PERMIT = "home-return-permit"
    """港澳居民来往内地通行证 (回乡证)."""
    TAIWAN_PERMIT = "taiwan-permit"
    """台湾居民来往大陆通行证 (台胞证)."""
    FOREIGNER_RESIDENCE = "foreigner-residence"
    """外国人永久居留身份证: 15 characters of old, 18 digits since 2023."""
    PASSPORT = "passport"
    MILITARY = "military"
    """军官证, 士兵证, 文职干部证, 警官证."""
    BIRTH_CERTIFICATE = "birth-certificate"
    """出生医学证明编号: a letter and nine digits."""
    HEALTH_CARD = "health-card"
    """居民健康卡."""
    E_HEALTH_CARD = "e-health-card"
    """电子健康卡: its lasting number. The QR token is temporary and never stands here."""
    INSURANCE = "insurance"
    """医保电子凭证 or insurance number."""
    SOCIAL_SECURITY = "social-security"
    """社会保障卡号."""
    HOSPITAL_CARD = "hospital-card"
    """就诊卡: of one hospital, lent and lost."""
    BRACELET = "bracelet"
    """腕带号: of a stay, for newborns the only number there is."""
    OTHER = "other"


class Identifier(msgspec.Struct, frozen=True, gc=False):
    """A number that somebody gave to a person.

    Attributes:
        kind: what it is.
        value: as sent: full-width digits, spaces and lower-case x included.
        issuer: assigning authority, country of a passport; empty where the kind has only one.
        status: as sent (``active``, ``lost``, ``replaced``...).
        valid_until: last day of validity.
        capture: ``reader`` when a card reader read it, ``verified`` when the issuer confirmed it,
            ``typed``, or empty.
        valid_from: first day of validity.
        replaced_by: number of the card that took its place.
    """

    kind: IdKind
    value: str
    issuer: str = ""
    status: str = ""
    valid_until: date | None = None
    capture: str = ""
    valid_from: date | None = None
    replaced_by: str = ""


class Name(msgspec.Struct, frozen=True, gc=False):
    """A name as one system has it.

    Attributes:
        text: decoded, otherwise untouched; surname and given name in the sender's order.
        use: FHIR NameUse: ``official old maiden nickname temp anonymous``; ``phonetic`` for a
            romanised second form.
        lossy: the decoder had to replace something.
        raw: the bytes that were received, where decoding lost something.
        family: the part of ``text`` in letters that the sender calls the family name.
    """

    text: str
    use: str = "official"
    lossy: bool = False
    raw: bytes = b""
    family: str = ""


class Flag(StrEnum):
    """What the sender said about the registration itself."""

    UNKNOWN = "unknown"
    """Identity unknown (PID-31)."""
    NEWBORN = "newborn"
    """Registered as a newborn (admission type or PV1 newborn indicator)."""
    ESTIMATED_BIRTH = "estimated-birth"
    """The date of birth is a guess (PID-32 UD)."""
    ALIAS = "alias"
    """Registered under another name on purpose (PID-32 AL)."""
    DECEASED = "deceased"
    STILLBORN = "stillborn"
    VIP = "vip"
    """Sensitive source; survivorship and masking treat it apart."""
    TEST = "test"
    """Registered by a test, training or interface account."""


class Registration(msgspec.Struct, frozen=True, gc=False):
    """A source record: what one system said last about one of its patients.

    Attributes:
        source: assigning authority of ``mrn``; with it the only key of a source record.
        mrn: patient identifier in that system.
        names: official first; old names, maiden names and romanised forms after it.
        sex: as sent; ``values.sexes.read_sex`` knows HL7, FHIR and GB/T 2261.1.
        born: as sent: ``19800131``, ``1980-01-31``, ``198001``, ``1980``, with or without time.
        identifiers: everything but ``mrn``.
        phones: as sent.
        addresses: as sent, the present one first.
        multiple_birth: one of twins or more (PID-24); None when nobody said.
        birth_order: from 1 (PID-25).
        mother: identifier of the mother (PID-21), with its authority as ``issuer``.
        mother_name: name of the mother (PID-6).
        flags: see ``Flag``.
        received_at: when the log received it (UTC).
    """

    source: str
    mrn: str
    names: tuple[Name, ...] = ()
    sex: str = ""
    born: str = ""
    identifiers: tuple[Identifier, ...] = ()
    phones: tuple[str, ...] = ()
    addresses: tuple[str, ...] = ()
    multiple_birth: bool | None = None
    birth_order: int | None = None
    mother: Identifier | None = None
    mother_name: str = ""
    flags: tuple[Flag, ...] = ()
    received_at: datetime | None = None

    @property
    def key(self) -> tuple[str, str]:
        """``source`` and ``mrn``: a patient identifier is never the value alone."""
        return self.source, self.mrn
