"""Administrative sex, from every code that Chinese systems send.

Sources:
    GB/T 2261.1-2003 (0 unknown, 1 male, 2 female, 9 not stated); HL7 v2 table 0001; FHIR
    administrative-gender.
"""

from __future__ import annotations

from enum import IntEnum
from typing import Final, Literal

from lianyi.projections.identity.values.text import digits_of

Sex = Literal["M", "F", ""]
"""Empty when unknown, not stated, ambiguous or unreadable: such a sex says nothing."""

_WORDS: Final[dict[str, Sex]] = {
    **dict.fromkeys(("1", "01", "M", "MALE", "男", "男性", "男婴"), "M"),
    **dict.fromkeys(("2", "02", "F", "FEMALE", "女", "女性", "女婴"), "F"),
}
_GB: Final[dict[Sex, str]] = {"M": "1", "F": "2", "": "0"}
_FHIR: Final[dict[Sex, str]] = {"M": "male", "F": "female", "": "unknown"}


class SexLevel(IntEnum):
    """How two sexes stand to each other."""

    INCOMPARABLE = 0
    DIFFERENT = 1
    EQUAL = 2


def read_sex(said: str) -> Sex:
    """Read a code or a word; whatever is not clearly male or female is empty."""
    found = _WORDS.get(said)
    return found if found is not None else _WORDS.get(digits_of(said), "")


def sex_in_gb(sex: Sex) -> str:
    """Give the code of GB/T 2261.1: ``1 2 0``."""
    return _GB[sex]


def sex_in_fhir(sex: Sex) -> str:
    """Give the code of FHIR administrative-gender."""
    return _FHIR[sex]


def compare_sexes(a: Sex, b: Sex) -> SexLevel:
    """Say how two sexes stand to each other."""
    if not a or not b:
        return SexLevel.INCOMPARABLE
    return SexLevel.EQUAL if a == b else SexLevel.DIFFERENT
