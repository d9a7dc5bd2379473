"""Models, proposals and findings in words and figures that people read. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

from lianyi.projections.identity.ids import record_id
from lianyi.projections.identity.matching import Activated
from lianyi.projections.identity.model import LEVELS, MatchModel, shipped_model, weights
from lianyi.projections.identity.presenting import SeenRecord, key_view
from lianyi.projections.identity.scoring import ELEMENTS_ZH
from lianyi.projections.identity.statements import RecordKey
from lianyi.projections.identity.upkeep.proposals import Proposal
from lianyi.projections.identity.upkeep.shadow import Shadow
from lianyi.projections.identity.upkeep.views import (
    LearnedView,
    LevelView,
    ModelElementView,
    MovedPairView,
    MovedPersonView,
    ShadowView,
    ThresholdView,
)
from lianyi.projections.identity.views import Bilingual, RecordKeyView

Seen = Mapping[int, SeenRecord]
"""Records that may be shown, by number."""

_THRESHOLDS: Final[Mapping[str, Bilingual]] = {
    "prior_bits": Bilingual(zh="先验", en="prior"),
    "auto_bits": Bilingual(zh="自动关联", en="linked without anybody from here on"),
    "review_bits": Bilingual(zh="人工判断", en="shown to a person from here on"),
    "together_bits": Bilingual(zh="两组合并的平均分下限", en="least mean between two groups"),
    "contact_bits_max": Bilingual(
        zh="电话与住址合计上限", en="telephone and address together at most"
    ),
    "anchor_bits": Bilingual(
        zh="电话、住址可作证明的下限", en="least of a telephone or home as proof"
    ),
}


def elements(proposal: Proposal, in_force: MatchModel) -> list[ModelElementView]:
    """Show the weights of a proposal beside those shipped and in force."""
    proposed, shipped = proposal.activated.model, shipped_model()
    found = []
    for element, levels in LEVELS.items():
        three = [weights(model, element) for model in (shipped, in_force, proposed)]
        chances = proposed.fields[element]
        found.append(
            ModelElementView(
                element=element,
                zh=ELEMENTS_ZH[element],
                levels=[
                    LevelView(
                        level=level.name,
                        shipped=three[0][level.value],
                        in_force=three[1][level.value],
                        proposed=three[2][level.value],
                        m=chances[level.name].m,
                        u=chances[level.name].u,
                        seen=proposal.seen.get(element, {}).get(level.name, 0),
                    )
                    for level in levels
                    if level.value > 0
                ],
            )
        )
    return found


def thresholds(proposal: Proposal, in_force: MatchModel) -> list[ThresholdView]:
    """Show the figures of a proposal beside those shipped and in force."""
    return [
        ThresholdView(
            name=name,
            words=words,
            shipped=getattr(shipped_model(), name),
            in_force=getattr(in_force, name),
            proposed=getattr(proposal.activated.model, name),
        )
        for name, words in _THRESHOLDS.items()
    ]


def learned(activated: Activated) -> list[LearnedView]:
    """Show how many values were counted and learned; never which."""
    counts, default = activated.counts, activated.learned
    return [
        LearnedView(kind="phone", shared=len(counts.phones), default=len(default.phones)),
        LearnedView(kind="address", shared=len(counts.addresses), default=len(default.addresses)),
        LearnedView(kind="identifier", shared=len(counts.identifiers), default=len(default.ids)),
        LearnedView(kind="name", shared=len(counts.names), default=len(default.names)),
        LearnedView(kind="birth", shared=0, default=len(default.dates)),
    ]


def records_in(shadow: Shadow) -> set[int]:
    """Return the records that are shown as examples."""
    keys: set[RecordKey] = {key for pair in shadow.pairs for key in (pair.a, pair.b)}
    keys |= {key for person in shadow.persons for key in person.records}
    return {record_id(*key) for key in keys}


def shadow_view(shadow: Shadow, seen: Seen) -> ShadowView:
    """Show what would move; an example with a record that may not be shown is left out."""
    pairs = [(one, keys_view((one.a, one.b), seen)) for one in shadow.pairs]
    persons = [(one, keys_view(one.records, seen)) for one in shadow.persons]
    return ShadowView(
        whole=shadow.whole,
        records=shadow.records,
        lanes=shadow.lanes,
        pairs=[
            MovedPairView(record=keys[0], other=keys[1], before=one.before, after=one.after)
            for one, keys in pairs
            if len(keys) == 2
        ],
        joined=shadow.joined,
        split=shadow.split,
        persons=[
            MovedPersonView(records=keys, before=one.before, after=one.after)
            for one, keys in persons
            if len(keys) == len(one.records)
        ],
        persons_before=shadow.persons_before,
        persons_after=shadow.persons_after,
        questions_before=shadow.questions_before,
        questions_after=shadow.questions_after,
    )


def keys_view(keys: Iterable[RecordKey], seen: Seen) -> list[RecordKeyView]:
    """Show which records, those that may be shown."""
    found = []
    for key in keys:
        record = record_id(*key)
        if record in seen:
            found.append(key_view(key, record, seen[record].hider))
    return found
