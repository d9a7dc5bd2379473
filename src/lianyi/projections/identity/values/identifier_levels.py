"""Two identifiers, compared.

The check digit finds every single wrong digit and every swap of neighbours, so two *valid* and
different numbers of the same kind are never one number typed wrongly: a veto. Only where one of
them is not valid can they be one.

Source:
    ISO 7064:2003 MOD 11-2: detects all single substitutions and all single transpositions.
"""

from __future__ import annotations

from enum import IntEnum
from typing import Final

from lianyi.projections.identity.registration import IdKind
from lianyi.projections.identity.values.identifiers import IdValue


class IdLevel(IntEnum):
    """How two identifiers stand to each other; higher is nearer."""

    CONFLICT = -1
    """Both valid, both lifelong, and different: two persons, a veto."""
    INCOMPARABLE = 0
    """Another kind, another issuer, a placeholder, nothing."""
    DIFFERENT = 1
    """Different, but of a kind that is renewed, or one of them cannot be right."""
    TRANSPOSED = 2
    """Two neighbouring digits swapped, and at least one of the numbers is not valid."""
    TYPO = 3
    """One digit off, missing or doubled, and at least one of the numbers is not valid."""
    SAME_BODY = 4
    """The same number in two forms: 15 and 18 digits, renewed permit, passport without letter."""
    EQUAL = 5


_LIFELONG: Final = (IdKind.CITIZEN, IdKind.RESIDENCE_PERMIT, IdKind.FOREIGNER_RESIDENCE)
"""Kinds of which a person has one for life and whose check digit proves what was typed."""
WITHOUT_ISSUER: Final = (
    *_LIFELONG,
    IdKind.HOME_RETURN_PERMIT,
    IdKind.TAIWAN_PERMIT,
    IdKind.MILITARY,
    IdKind.BIRTH_CERTIFICATE,
)
"""One issuer in the whole country, whatever a sender writes there."""
_NEEDS_AN_ISSUER: Final = (IdKind.HOSPITAL_CARD, IdKind.BRACELET, IdKind.OTHER, IdKind.UNSAID)
"""Counted anew by everybody who issues them."""


def comparable(a: IdValue, b: IdValue) -> bool:
    """Whether the two are of one kind and one issuer, and neither is a placeholder."""
    kind = a.kind
    if kind is not b.kind or a.placeholder or b.placeholder or not a.text or not b.text:
        return False
    if kind in WITHOUT_ISSUER:
        return True
    if kind in _NEEDS_AN_ISSUER:
        return bool(a.issuer) and a.issuer == b.issuer
    return not (a.issuer and b.issuer) or a.issuer == b.issuer


def is_one_edit(a: str, b: str) -> bool:
    """Whether one of two different texts is the other with one character replaced, or one more."""
    half = len(a) // 2
    if len(a) == len(b):
        if a[:half] != b[:half] and a[half:] != b[half:]:
            return False  # nearly always, and four times as fast as counting
        return sum(map(str.__ne__, a, b)) == 1
    if len(a) > len(b):
        a, b = b, a
    if len(b) - len(a) != 1:
        return False
    at = next((i for i, c in enumerate(a) if c != b[i]), len(a))
    return a[at:] == b[at + 1 :]


def is_swap(a: str, b: str) -> bool:
    """Two neighbouring characters swapped. The two are different."""
    if len(a) != len(b):
        return False
    apart = [i for i in range(len(a)) if a[i] != b[i]]
    return (
        len(apart) == 2
        and apart[1] == apart[0] + 1
        and a[apart[0]] == b[apart[1]]
        and (a[apart[1]] == b[apart[0]])
    )


def compare_ids(a: IdValue, b: IdValue) -> IdLevel:
    """Say how two identifiers stand to each other. Symmetric."""
    if not comparable(a, b):
        return IdLevel.INCOMPARABLE
    if a.text == b.text:
        return IdLevel.EQUAL
    if a.body == b.body:
        both_checked = a.valid is not None and b.valid is not None
        if both_checked and len(a.text) == len(b.text):
            return IdLevel.TYPO  # only the check character differs
        return IdLevel.SAME_BODY
    if a.valid and b.valid and a.kind in _LIFELONG:
        return IdLevel.CONFLICT
    left, right = (a.text, b.text) if len(a.text) != 15 != len(b.text) else (a.body, b.body)
    if is_one_edit(left, right):
        return IdLevel.TYPO
    if is_swap(left, right):
        return IdLevel.TRANSPOSED
    return IdLevel.DIFFERENT


def are_issued_apart(a: IdValue, b: IdValue) -> bool:
    """Whether two numbers that differ by one digit were surely not made out one after the other.

    Papers of twins and families are, and differ in the last digit or the one before. Where another
    digit differs, or one is missing, it was typed wrong. Symmetric.
    """
    x, y = a.body, b.body
    return len(x) != len(y) or x[-2:] == y[-2:]
