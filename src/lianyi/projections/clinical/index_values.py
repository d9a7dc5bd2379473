"""How values that are searched for become the numbers of the table ``hashed``. Pure.

Whoever writes the index and whoever asks it use the same functions. One value is kept under every
form in which it may be asked for, so that a question is one comparison:

- a token under ``system|code``, ``code``, ``system|`` and, without a system, ``|code``;
- a reference under its type and id, which is the number of what it leads to; its url, its
  identifier as a token;
- a quantity under its unit: any, ``system|code``, ``code``.

Codes and identifiers are compared without case (3.1.1.4.10: "when in doubt"), systems with it.

Source:
    HL7 FHIR R4, 3.1.1.4.10 (token), 3.1.1.4.12 (reference), 3.1.1.4.11 (quantity).
"""

from __future__ import annotations

import unicodedata
from datetime import timedelta
from typing import Final

from lianyi.projections.clinical.ids import hashed, resource_number

ANY_UNIT: Final = 0
"""``unit`` of a number, and of a quantity whatever its unit is."""
PLAIN: Final = 0
"""``key`` of a text or span that is no part of a composite."""
LATITUDE: Final = hashed("latitude")
LONGITUDE: Final = hashed("longitude")
"""``unit`` of the two numbers of a place."""
USUAL_UNITS: Final = ("http://unitsofmeasure.org", "")
"""Systems of units that are asked for by name, so that a unit of theirs needs no row more."""
PRESENT: Final = 1
"""``v`` of a value that nothing can be asked of, but whether there is one."""
TEXT_MAX: Final = 500
"""So many characters of a text can be searched."""
SHORT: Final = timedelta(days=1)
"""A span that lasts no longer, alone under its parameter, stands under ``p``; all others under
``-p``. So of what stands under ``p`` it is known where it begins when it is known where it ends,
and whatever is said of the dates of a resource is said of one row."""


def token_both(system: str, code: str) -> int:
    """Return the number of ``system|code``; with an empty system that of ``|code``."""
    return hashed("both", system, code.casefold())


def token_code(code: str) -> int:
    """Return the number of ``code``, whatever its system."""
    return hashed("code", code.casefold())


def token_system(system: str) -> int:
    """Return the number of ``system|``, whatever the code."""
    return hashed("system", system)


def of_type(system: str, code: str, value: str) -> int:
    """Return the number of an identifier asked for with ``:of-type``."""
    return hashed("of-type", system, code.casefold(), value.casefold())


def reference(type_: str, id_: str) -> int:
    """Return the number of a reference to a resource of ours: that of the resource."""
    return resource_number(type_, id_)


def url(address: str) -> int:
    """Return the number of a uri, of a reference elsewhere, or of a canonical without version."""
    return hashed("url", address)


def url_version(address: str, version: str) -> int:
    """Return the number of a canonical with its version."""
    return hashed("url-version", address, version)


def identifier_both(system: str, value: str) -> int:
    """Return the number of a reference by identifier: ``:identifier=system|value``."""
    return hashed("identifier-both", system, value.casefold())


def identifier_value(value: str) -> int:
    """Return the number of a reference by identifier: ``:identifier=value``."""
    return hashed("identifier-value", value.casefold())


def unit_both(system: str, code: str) -> int:
    """Return the number of a unit: ``system|code``."""
    return hashed("unit-both", system, code)


def unit_code(code: str) -> int:
    """Return the number of a unit that is written so, or has the code in an unusual system."""
    return hashed("unit-code", code)


def any_unit_called(code: str) -> list[int]:
    """Return the numbers of the units that are asked for as ``||code``, one row for each unit."""
    return [*(unit_both(system, code) for system in USUAL_UNITS), unit_code(code)]


def together(*numbers: int) -> int:
    """Return the number of the parts of a composite, each in one of its forms, in order."""
    return hashed("together", *map(str, numbers))


def plain_text(text: str) -> str:
    """Return a text as strings are compared: without case, accents and width.

    Source:
        HL7 FHIR R4, 3.1.1.4.8: case-insensitive, accents and other diacritical marks ignored.
    """
    if text.isascii():
        return " ".join(text.lower().split())[:TEXT_MAX]
    apart = unicodedata.normalize("NFKD", text.casefold())
    bare = "".join(one for one in apart if not unicodedata.combining(one))
    return " ".join(unicodedata.normalize("NFKC", bare).split())[:TEXT_MAX]
