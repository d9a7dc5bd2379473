"""A verdict in words and figures that people and systems read. Pure."""

from __future__ import annotations

from collections.abc import Mapping

from lianyi.base.errors import Category, LianyiError, Told
from lianyi.projections.identity import matching as grains
from lianyi.projections.identity.guards import Lane
from lianyi.projections.identity.ids import shown
from lianyi.projections.identity.matching import Matching
from lianyi.projections.identity.scoring import Score
from lianyi.projections.identity.statements import RecordKey
from lianyi.projections.identity.table_store import QuestionRow
from lianyi.projections.identity.traits import Traits
from lianyi.projections.identity.views import Bilingual, EvidenceView, RecordKeyView, StepView
from lianyi.security.privacy.hiding import Hider

PROBABLE_BITS = 4.0
"""From here on a pair that somebody must decide about is probable, below it possible."""


class UnreadablePlace(LianyiError):
    """The place in a list from which to go on is none of ours."""

    code = "LY-2136"
    category = Category.INVALID
    en = Told("cannot go on from here", "this place in the list is not one", "begin at the start")
    zh = Told("无法从此处继续", "翻页位置无效", "请从头开始")


class Keys:
    """Which records others are, masked where whoever asks sees them masked."""

    def __init__(self, keys: Mapping[int, RecordKey], hiders: Mapping[int, Hider]) -> None:
        self._keys = keys
        self._hiders = hiders
        self._any = next(iter(hiders.values()), None)

    def view(self, record: int) -> RecordKeyView:
        """Show which record; one that may not be seen has its number only."""
        source, mrn = self._keys.get(record, ("", ""))
        hider = self._hiders.get(record, self._any)
        return RecordKeyView(
            id=shown(record), source=source, mrn=hider.identifier(mrn) if hider else mrn
        )


def evidence(
    matching: Matching, one: tuple[Traits, RecordKeyView], other: tuple[Traits, RecordKeyView]
) -> EvidenceView:
    """Explain a pair, step by step; the levels and bits say nothing of the values themselves."""
    found = matching.scorer.explain(one[0], other[0])
    return EvidenceView(
        record=one[1],
        other=other[1],
        lane=found.lane.name,
        bits=found.bits,
        model=found.model,
        guards=[Bilingual(zh=guard.zh, en=guard.en) for guard in found.guards],
        steps=[
            StepView(element=step.element, zh=step.zh, level=step.level, bits=step.bits)
            for step in found.steps
        ],
    )


def grade(score: Score) -> str:
    """Return a verdict as FHIR's match-grade."""
    if score.lane is Lane.AUTO:
        return "certain"
    if score.lane is Lane.REVIEW:
        return "probable" if score.bits >= PROBABLE_BITS else "possible"
    return "certainly-not"


def chance(bits: float) -> float:
    """Return log2 of odds as a probability."""
    return float(1 / (1 + 2.0 ** min(max(-bits, -1000), 1000)))


def bits_of(parts: int) -> float:
    """Return stored bits as bits."""
    return grains.bits_of(parts)


def place(row: QuestionRow) -> str:
    """Return where a list goes on after a question."""
    return f"{row.bits}.{row.p}.{row.q}"


def read_place(text: str) -> tuple[int, int, int] | None:
    """Read what ``place`` wrote; None for the beginning.

    Raises:
        UnreadablePlace: it is none.
    """
    if not text:
        return None
    try:
        bits, p, q = (int(part) for part in text.split("."))
    except ValueError as error:
        raise UnreadablePlace(where="after") from error
    limit = 1 << 63
    if not (-(1 << 31) <= bits < 1 << 31 and -limit <= p < limit and -limit <= q < limit):
        raise UnreadablePlace(where="after")
    return bits, p, q
