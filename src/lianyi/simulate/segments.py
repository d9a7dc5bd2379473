"""Writing HL7 v2 as the simulated systems do: segments with numbered fields, text escaped.

Nothing here is shared with the platform's own HL7 code, so that the two can judge each other.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime

from lianyi.simulate.catalogue import FACILITY, Staff
from lianyi.simulate.people import Person
from lianyi.simulate.town import CITY, POSTCODE, PROVINCE

_ESCAPES = str.maketrans(
    {"\\": "\\E\\", "|": "\\F\\", "^": "\\S\\", "&": "\\T\\", "~": "\\R\\", "\n": "\\.br\\"}
)


def escape(text: str) -> str:
    """Return free text with the delimiters and line ends escaped."""
    return text.translate(_ESCAPES)


def instant(at: date) -> str:
    """Return ``YYYYMMDDHHMMSS`` for an instant in local time, ``YYYYMMDD`` for a date."""
    return at.strftime("%Y%m%d%H%M%S") if isinstance(at, datetime) else at.strftime("%Y%m%d")


def segment(name: str, fields: Mapping[int, str]) -> str:
    """Return one segment without its end; fields that are not named are empty.

    Args:
        name: three characters; for ``MSH`` field 1 is the separator and not given.
        fields: field number, from 1, to its text, already escaped and delimited.
    """
    last = max(fields, default=0)
    first = 2 if name == "MSH" else 1
    return "|".join([name, *(fields.get(number, "") for number in range(first, last + 1))])


VERSIONS = {"his": "2.5.1", "lis": "2.4", "ris": "2.4", "emr": "2.5.1"}
_STRUCTURES = {
    "ADT^A04": "ADT_A01",
    "ADT^A08": "ADT_A01",
    "ADT^A11": "ADT_A09",
    "ADT^A28": "ADT_A05",
    "ADT^A40": "ADT_A39",
}
"""Message structures (table 0354) that are not called like their trigger event."""


def header(*, system: str, control_id: str, at: datetime, kind: str) -> str:
    """Return the MSH segment as the maker of this system writes it.

    HIS and EMR speak version 2.5.1, the older LIS and RIS 2.4, as found side by side in one
    hospital. The HIS and the RIS stop at the fields they know; the LIS says nothing about its
    character set; the EMR asks for an enhanced acknowledgment (MSH-15 ``AL``, MSH-16 ``NE``).
    """
    structure = _STRUCTURES.get(kind, kind.replace("^", "_"))
    fields = {
        2: "^~\\&",
        3: system.upper(),
        4: FACILITY,
        5: "ESB",
        6: FACILITY,
        7: instant(at),
        9: kind if system == "lis" else f"{kind}^{structure}",
        10: control_id,
        11: "P",
        12: VERSIONS[system],
    }
    if system == "emr":
        fields |= {15: "AL", 16: "NE"}
    if system in ("his", "emr"):
        fields |= {17: "CHN", 18: "UNICODE UTF-8"}
    if system == "ris":
        fields |= {17: "CHN", 18: "GB 18030-2000"}
    return segment("MSH", fields)


def staff(person: Staff) -> str:
    """Return an XCN: identifier, family name, given name."""
    return f"{person.code}^{person.family}^{person.given}"


def patient_name(person: Person) -> str:
    """Return an XPN with the whole name in the first component, as Chinese systems write it."""
    return f"{escape(person.name)}^^^^^^L"


def patient_identifiers(person: Person) -> str:
    """Return PID-3: the HIS's own identifier, then national, insurance and card numbers."""
    ids = [f"{person.record_number}^^^HIS^PI"]
    if person.identity_number:
        ids.append(f"{person.identity_number}^^^PRC^NI")
    ids.append(f"{person.insurance_number}^^^YB^SS")
    if person.card_number:
        ids.append(f"{person.card_number}^^^JKK^HC")
    return "~".join(ids)


def patient(person: Person, *, short: bool = False) -> str:
    """Return the PID segment; ``short`` as departmental systems repeat it."""
    fields = {
        1: "1",
        3: f"{person.record_number}^^^HIS^PI" if short else patient_identifiers(person),
        5: patient_name(person),
        7: instant(person.born_on),
        8: person.sex,
    }
    if not short:
        street = f"{person.address}^^{CITY}{person.district}^{PROVINCE}^{POSTCODE}^CHN^H"
        fields |= {11: street, 13: f"^PRN^CP^^^^{person.phone}"}
    return segment("PID", fields)
