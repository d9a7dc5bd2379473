"""Which of several values is held true: the rules, and the order in which a field asks them.

A value that a record says is a ``Claim``; equal values, however they are written, are one group.
The rules are asked one after the other, each keeps the claims that come highest, until one group
is left: the rule that left it is the reason, and of that group the claim that comes highest by all
rules is the voice that is quoted.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from typing import Any, Final, Generic, NamedTuple, TypeVar

import msgspec

from lianyi.projections.identity.statements import RecordKey

T = TypeVar("T")


class Rule(StrEnum):
    """Why a value was chosen."""

    ONLY = "only"
    """Nobody says anything else."""
    REAL = "real"
    """A real name over a newborn's, an alias, a placeholder; a number with a right check digit
    over one that has none (15 digits), and both over a wrong one."""
    WHOLE = "whole"
    """No lost character; the whole date."""
    IN_FORCE = "in-force"
    """Not expired, lost or replaced; still in use."""
    VERIFIED = "verified"
    """The issuer of the document confirmed it."""
    READER = "card-reader"
    """A card reader read the document."""
    ID_NUMBER = "id-number"
    """A number with a right check digit says so."""
    RANK = "rank"
    """The hospital trusts this authority more."""
    FREQUENT = "most-frequent"
    """More records say so."""
    NEWEST = "newest"
    SETTLED = "settled"
    """Nothing tells them apart; the order of the values decides, everywhere alike."""


RULE_WORDS: Final[Mapping[Rule, tuple[str, str]]] = {
    Rule.ONLY: ("各源记录一致", "nobody says anything else"),
    Rule.REAL: ("真实值优先于占位值", "a real value over a placeholder"),
    Rule.WHOLE: ("完整值优先", "a whole value over a part of it"),
    Rule.IN_FORCE: ("有效证件优先", "in force over expired, lost or old"),
    Rule.VERIFIED: ("已经发证机关核验", "confirmed by the issuer"),
    Rule.READER: ("由读卡器读取", "read by a card reader"),
    Rule.ID_NUMBER: ("由校验有效的证件号码得出", "said by a valid number"),
    Rule.RANK: ("来源可信度较高", "from a more trusted authority"),
    Rule.FREQUENT: ("多数源记录如此", "said by most records"),
    Rule.NEWEST: ("最近提供", "said last"),
    Rule.SETTLED: ("无从区分，按固定次序取定", "nothing tells them apart; a fixed order"),
}
"""Each rule in Chinese and English."""

ORDER: Final[Mapping[str, tuple[Rule, ...]]] = {
    "name": (Rule.REAL, Rule.WHOLE, Rule.VERIFIED, Rule.READER, Rule.RANK),
    "other_names": (Rule.IN_FORCE, Rule.RANK),
    "sex": (Rule.VERIFIED, Rule.READER, Rule.ID_NUMBER, Rule.RANK),
    "born": (Rule.VERIFIED, Rule.READER, Rule.ID_NUMBER, Rule.WHOLE, Rule.RANK),
    "identifiers": (Rule.REAL, Rule.IN_FORCE, Rule.VERIFIED, Rule.READER, Rule.RANK),
    "mother_name": (Rule.WHOLE, Rule.RANK),
}
"""The rules of a field before ``FREQUENT``, ``NEWEST`` and ``SETTLED``, which every field has."""
OTHERWISE: Final = (Rule.RANK,)
"""The order of all other fields."""


class Claim(NamedTuple):
    """A value that one record says of one field.

    Attributes:
        group: equal for equal values.
        value: as told.
        read: as read; None where nothing has to be asked of it.
        record: who says it.
        authority: see ``folding.FieldValue``.
        said_at: when it was last said (UTC).
        scores: for each rule of the field's ``ORDER``; the highest is kept.
    """

    group: str
    value: Any
    read: Any
    record: RecordKey
    authority: str
    said_at: datetime
    scores: tuple[int, ...]


class Chosen(msgspec.Struct, Generic[T], frozen=True):
    """A value that is held true, and why.

    Attributes:
        value: as the record says it; of sex and date of birth the form that was read.
        source: assigning authority of the record that is quoted.
        mrn: its patient identifier there.
        authority: who said it of that record, where the sender told.
        said_at: when it was last said (UTC).
        rule: what put it before the next value, or ``ONLY``.
    """

    value: T
    source: str
    mrn: str
    authority: str
    said_at: datetime
    rule: Rule


def _highest(claim: Claim) -> tuple[tuple[int, ...], datetime, RecordKey]:
    """What is quoted for a value; of two claims of one record the first, as the record has them."""
    return claim.scores, claim.said_at, claim.record


def _first_of(claims: Sequence[Claim], order: tuple[Rule, ...]) -> tuple[Claim, Rule]:
    """The claim that is quoted for the value that comes first, and the rule that put it there."""
    if len(claims) == 1:
        return claims[0], Rule.ONLY
    if len({claim.group for claim in claims}) == 1:
        return max(claims, key=_highest), Rule.ONLY
    left = claims
    for place, rule in enumerate(order):
        best = max([claim.scores[place] for claim in left])
        left = [claim for claim in left if claim.scores[place] == best]
        if len({claim.group for claim in left}) == 1:
            return max(left, key=_highest), rule
    voices: dict[str, set[RecordKey]] = {}
    for claim in left:
        voices.setdefault(claim.group, set()).add(claim.record)
    most = max(map(len, voices.values()))
    left = [claim for claim in left if len(voices[claim.group]) == most]
    if len({claim.group for claim in left}) == 1:
        return max(left, key=_highest), Rule.FREQUENT
    newest = max(claim.said_at for claim in left)
    left = [claim for claim in left if claim.said_at == newest]
    first = min(claim.group for claim in left)
    rule = Rule.NEWEST if len({claim.group for claim in left}) == 1 else Rule.SETTLED
    return max([claim for claim in left if claim.group == first], key=_highest), rule


def first(claims: Sequence[Claim], field: str) -> tuple[Claim, Rule] | None:
    """Give the claim that is held true; None when nobody claims anything."""
    return _first_of(claims, ORDER.get(field, OTHERWISE)) if claims else None


def ranked(claims: Sequence[Claim], field: str) -> list[tuple[Claim, Rule]]:
    """Give one claim for each value, from the first to the last, and what put it there."""
    if len(claims) == 1:
        return [(claims[0], Rule.ONLY)]
    order, found = ORDER.get(field, OTHERWISE), []
    left = list(claims)
    while left:
        claim, rule = _first_of(left, order)
        found.append((claim, rule))
        left = [other for other in left if other.group != claim.group]
    return found


def chosen(claim: Claim, rule: Rule) -> Chosen[Any]:
    """Give a claim that was chosen as it is told."""
    source, mrn = claim.record
    return Chosen(claim.value, source, mrn, claim.authority, claim.said_at, rule)
