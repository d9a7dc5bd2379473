"""A model as somebody proposes it: what was learned, from how much, and what would move. Pure.

A proposal is an act in the log, so that somebody else can look at it and put it in force.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from typing import Final

import msgspec
import orjson

from lianyi.messagelog.message import LogMessage, NewMessage
from lianyi.projections.identity.counting import Counts, count, sketch
from lianyi.projections.identity.matching import Activated
from lianyi.projections.identity.model import shipped_model
from lianyi.projections.identity.quality import learned_defaults, value_counts
from lianyi.projections.identity.rarity import ValueCounts
from lianyi.projections.identity.registration import Registration
from lianyi.projections.identity.scoring import Scorer
from lianyi.projections.identity.upkeep import shadow, training
from lianyi.projections.identity.upkeep.neighbourhood import Near, Neighbourhood, meeting
from lianyi.projections.identity.upkeep.shadow import Shadow
from lianyi.security.acts import act as written

PROPOSED: Final = "model_proposed"
KIND: Final = f"act identity.{PROPOSED}"
RANDOM_PAIRS: Final = 100_000
COUNTED_MAX: Final = 20_000
"""Of each kind of value so many are kept, the most crowded: a proposal stays some megabytes."""
CELLS: Final = 1 << 20
"""Of the filters that count values; see ``counting``."""

GoOn = Callable[[], None]


class Lessons(msgspec.Struct, frozen=True):
    """What a proposal was learned from.

    Attributes:
        records: the index has, about.
        drawn: of these, values were counted in.
        pairs: taught something.
        ones: of these about one person, as expected.
        known: of these nobody had to guess.
        vectors: distinct lessons.
        strangers: random pairs.
        rounds: of expectation maximisation.
    """

    records: int
    drawn: int
    pairs: int
    ones: float
    known: int
    vectors: int
    strangers: int
    rounds: int


class Proposal(msgspec.Struct, frozen=True):
    """A model that somebody proposes.

    Attributes:
        activated: what would be put in force.
        lessons: see there.
        seen: expected pairs about one person, by element and name of the level.
        shadow: what would move.
    """

    activated: Activated
    lessons: Lessons
    seen: dict[str, dict[str, int]]
    shadow: Shadow


class Proposed(msgspec.Struct, frozen=True):
    """The act: a proposal, and whose it is."""

    proposal: Proposal
    account: str
    actor: str


_decode: Final = msgspec.json.Decoder(Proposed).decode


def proposed(what: Proposal) -> NewMessage:
    """Return the act of a proposal, by whoever acts now."""
    facts = {
        "model": what.activated.model.name,
        "proposal": orjson.loads(msgspec.json.encode(what)),
    }
    return written(f"identity.{PROPOSED}", facts)


def read(message: LogMessage) -> Proposed:
    """Read what ``proposed`` wrote.

    Raises:
        msgspec.MsgspecError: another release wrote it otherwise.
    """
    return _decode(message.body)


def make(near: Neighbourhood, in_force: Activated, go_on: GoOn) -> Proposal:
    """Learn from records, and say what would move.

    Args:
        near: the records.
        in_force: the model now.
        go_on: called now and then; what it raises ends the work.

    Raises:
        TooLittleToLearn: there are too few records.
    """
    counts = _count(near.drawn, go_on)
    learned = learned_defaults(counts)
    persons = _scaled(value_counts(counts), near.records / max(len(near.drawn), 1))
    draft = Activated(in_force.model, persons, learned)
    traits = shadow.read(near, draft)
    pairs = meeting(shadow.keys_of(near, traits), near.focus)
    lessons = training.count_lessons(((traits[a], traits[b]) for a, b in pairs), go_on=go_on)
    shipped = shipped_model()
    found = training.estimate(lessons, shipped, go_on=go_on)
    focus = [traits[record] for record in sorted(near.focus) if near.rows[record].kept is None]
    strangers = training.random_pairs(focus, RANDOM_PAIRS)
    random = training.count_random(strangers, Scorer(in_force.model, persons), go_on=go_on)
    of_each = found.ones / max(len(focus), 1) * (2 if near.whole else 1)
    model = training.propose(
        shipped, in_force.model, found, random, share_of_all=of_each / max(near.records, 2)
    )
    activated = Activated(model, persons, learned)
    after = shadow.judged(near, activated, go_on=go_on)
    return Proposal(
        activated,
        Lessons(
            near.records,
            len(near.drawn),
            sum(lessons.values()),
            round(found.ones, 1),
            sum(n for one, n in lessons.items() if one.known is not training.Known.NOTHING),
            len(lessons),
            sum(random["sex"]),
            found.rounds,
        ),
        training.seen_by_name(found),
        shadow.compare(near, shadow.standing(near), after),
    )


def _count(drawn: Sequence[Near], go_on: GoOn) -> Counts:
    persons: dict[int, list[Registration]] = defaultdict(list)
    for row in drawn:
        if row.kept is None:
            persons[row.person].append(row.said)
    go_on()
    crowd = sketch(persons.values(), cells=CELLS)
    go_on()
    return count(persons.values(), crowd)


def _scaled(counts: ValueCounts, times: float) -> ValueCounts:
    """Return counts of a draw as those of all."""

    def of(found: Mapping[str, int]) -> dict[str, int]:
        return {value: round(n * times) for value, n in list(found.items())[:COUNTED_MAX]}

    return ValueCounts(
        round(counts.persons * times),
        of(counts.phones),
        of(counts.addresses),
        of(counts.identifiers),
        of(counts.names),
    )
