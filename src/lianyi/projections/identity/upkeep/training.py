"""What a hospital's own records teach about the weights: a proposal, never a change. Pure.

Pairs that share a blocking key are *lessons*: the levels of each element (``evidence``), counted
by distinct vector. Expectation maximisation finds how often each level comes among pairs about one
person (m); how often it comes among strangers (u) is counted over random pairs. What nobody has to
guess is told: two different valid lifelong numbers are two persons, one valid number beside one
name is one. So families and twins, whose telephone and home agree, cannot teach that two numbers
speak for one person (identity.md: Splink's EM learned exactly that), and pairs that may be twins or
a borrowed card teach nothing at all.

Rails (``Rails``) then hold the proposal near the model that ships, so that training again and again
never creeps: what was seen too seldom stays as shipped, no agreement is rarer among strangers than
shipped, no weight moves further than so many bits or changes its sign, a nearer level never says
less, and another lifelong number never speaks less against one person. Thresholds are people's.

Why not Splink: it is the better tool to explore, but it compares for itself in SQL. Levels that are
known already enter it only as two invented records for each pair; it cannot be told which pairs are
known; version 5.0.0 stops with an error where the chance of a level falls to 0, as it does in our
simulated city; and DuckDB and sqlglot would add 75 MB to every installation. The EM itself is a
page; ``benchmarks/identity_splink.py`` and a test show that both find the same from the same
lessons.

Sources:
    Fellegi and Sunter (1969). Winkler, "Using the EM algorithm for weight computation in the
    Fellegi-Sunter model" (1988). Herzog, Scheuren, Winkler, "Data Quality and Record Linkage
    Techniques" (2007), chapter 9. Pairs that are known beside pairs that are not: Nigam, McCallum,
    Thrun, Mitchell, "Text classification from labeled and unlabeled documents using EM" (2000).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from enum import IntEnum
from hashlib import blake2b
from math import exp, log, log2
from typing import Final, NamedTuple

import msgspec
from msgspec.structs import replace

from lianyi.base.errors import Category, LianyiError, Told
from lianyi.projections.identity.evidence import Evidence, IdProof, compare_registrations
from lianyi.projections.identity.guards import Lane
from lianyi.projections.identity.model import LEVELS, Chances, MatchModel
from lianyi.projections.identity.proofs import is_borrowed
from lianyi.projections.identity.registration import Flag
from lianyi.projections.identity.scoring import PROOF_ELEMENT, Scorer
from lianyi.projections.identity.traits import Traits
from lianyi.projections.identity.values.births import BirthLevel
from lianyi.projections.identity.values.identifier_levels import IdLevel
from lianyi.projections.identity.values.name_levels import NameLevel

ELEMENTS: Final = tuple(LEVELS)
Vector = tuple[int, ...]
"""The level of each of ``ELEMENTS``; 0 where nothing can be compared."""
ROUNDS_MAX: Final = 200
CLOSE_ENOUGH: Final = 1e-6
"""No chance of m moved further in a round: found."""
SMALLEST: Final = 1e-9
LARGEST: Final = 0.9999
LOOK_EVERY: Final = 500
"""After so many pairs it is asked whether to go on."""
PAIRS_LEAST: Final = 200
"""Of one person, and of two: fewer teach nothing."""


class TooLittleToLearn(LianyiError):
    """Too few pairs about one person, or about two, to learn from."""

    code = "LY-2151"
    category = Category.CONFLICT
    en = Told(
        "there are too few records to learn from",
        "{why}",
        "go on with the model in force and train again when more has been learned",
    )
    zh = Told("登记数量太少，无法训练", "{why_zh}", "请继续使用当前模型，待数据更多后再训练")


class Known(IntEnum):
    """What is known of a pair before anything is learned."""

    NOTHING = 0
    ONE = 1
    """One valid lifelong number and one name."""
    TWO = 2
    """Two valid lifelong numbers, or born together in another order."""


class Lesson(NamedTuple):
    """What a pair teaches."""

    vector: Vector
    known: Known


def vector_of(e: Evidence) -> Vector:
    """Return the levels of a pair, by element of the model."""
    number = PROOF_ELEMENT[e.proof]
    levels = {"name": e.name, "birth": e.birth, "sex": e.sex, number: e.identifier}
    levels |= {"phone": e.phone, "address": e.address, "mother": e.mother}
    return tuple([max(int(levels.get(element, 0)), 0) for element in ELEMENTS])


def lesson(a: Traits, b: Traits) -> Lesson | None:
    """Return what a pair teaches, None where it would teach what is not so.

    Nobodies, newborns without a name and test registrations are no lesson; nor is who may be a
    twin (one birthday, nearly one name, no number in common) or may have borrowed a card.
    """
    if _teaches_nothing(a) or _teaches_nothing(b):
        return None
    e = compare_registrations(a, b)
    vector = vector_of(e)
    if e.ids_conflict or e.orders_differ:
        return Lesson(vector, Known.TWO)
    if is_borrowed(e) or _may_be_twins(e):
        return None
    proven = e.proof is IdProof.LIFELONG and e.identifier is IdLevel.EQUAL
    if proven and e.name >= NameLevel.VARIANT:
        return Lesson(vector, Known.ONE)
    return Lesson(vector, Known.NOTHING)


def _teaches_nothing(one: Traits) -> bool:
    return one.is_unknown or one.is_newborn or Flag.TEST in one.flags


def _may_be_twins(e: Evidence) -> bool:
    return (
        e.birth is BirthLevel.EQUAL
        and NameLevel.SURNAME_ONLY <= e.name < NameLevel.VARIANT
        and e.identifier < IdLevel.TRANSPOSED
    )


def random_pairs(traits: Sequence[Traits], wanted: int) -> Iterator[tuple[Traits, Traits]]:
    """Give so many pairs of records at most that nothing brought together.

    Args:
        traits: in an order that says nothing: by record, whose number is a hash.
        wanted: pairs.
    """
    for step in range(1, len(traits) // 2 + 1):
        for at in range(len(traits)):
            if wanted <= 0:
                return
            wanted -= 1
            yield traits[at], traits[(at + step) % len(traits)]


def count_random(
    pairs: Iterable[tuple[Traits, Traits]],
    scorer: Scorer,
    *,
    go_on: Callable[[], None] = lambda: None,
) -> dict[str, list[int]]:
    """Count the levels of random pairs, by element and level.

    Args:
        pairs: see ``random_pairs``.
        scorer: by the model in force; whoever may be one person by it is no stranger. In a small
            town half of the random pairs of one name are.
        go_on: called now and then; what it raises ends the counting.
    """
    found = {element: [0] * _width(element) for element in ELEMENTS}
    for n, (a, b) in enumerate(pairs):
        if n % LOOK_EVERY == 0:
            go_on()
        if _teaches_nothing(a) or _teaches_nothing(b):
            continue
        score = scorer.score(a, b)
        if score.lane < Lane.REVIEW:
            for element, level in zip(ELEMENTS, vector_of(score.evidence), strict=True):
                found[element][level] += 1
    return found


def _width(element: str) -> int:
    return max(level.value for level in LEVELS[element]) + 1


class Estimate(msgspec.Struct, frozen=True):
    """What the lessons say.

    Attributes:
        ones: pairs about one person that are expected among them.
        twos: about two.
        m: chance of each level among the ones, by element and level; place 0 is nothing.
        u: among the twos. They shared a key, so this is no u of strangers.
        seen: expected pairs of the ones, by element and level.
        rounds: until nothing moved.
    """

    ones: float
    twos: float
    m: dict[str, list[float]]
    u: dict[str, list[float]]
    seen: dict[str, list[float]]
    rounds: int


def estimate(
    lessons: Mapping[Lesson, int],
    start: MatchModel,
    *,
    go_on: Callable[[], None] = lambda: None,
) -> Estimate:
    """Find m of each level by expectation maximisation.

    Args:
        lessons: how many pairs taught each.
        start: where to begin.
        go_on: called each round; what it raises ends the search.

    Raises:
        TooLittleToLearn: fewer than ``PAIRS_LEAST`` pairs about one person, or about two.
    """
    counted = [(one.vector, one.known, count) for one, count in sorted(lessons.items())]
    m = {element: _chances(start, element, "m") for element in ELEMENTS}
    u = {element: _chances(start, element, "u") for element in ELEMENTS}
    share, rounds = 0.5, 0
    while True:
        go_on()
        of_one, of_two, ones, twos = _expect(counted, m, u, share)
        rounds += 1
        before, m = m, {element: _normal(of_one[element], m[element]) for element in ELEMENTS}
        u = {element: _normal(of_two[element], u[element]) for element in ELEMENTS}
        share = min(max(ones / max(ones + twos, SMALLEST), SMALLEST), 1 - SMALLEST)
        moved = max(
            abs(now - was)
            for element in ELEMENTS
            for now, was in zip(m[element], before[element], strict=True)
        )
        if moved < CLOSE_ENOUGH or rounds == ROUNDS_MAX:
            break
    if min(ones, twos) < PAIRS_LEAST:
        raise TooLittleToLearn(
            where="model",
            why=f"about {round(ones)} pairs of one person and {round(twos)} of two, of each"
            f" {PAIRS_LEAST} are needed",
            why_zh=f"同一人的登记对约 {round(ones)} 对，不同人的约 {round(twos)} 对，"
            f"各需至少 {PAIRS_LEAST} 对",
        )
    return Estimate(ones, twos, m, u, of_one, rounds)


def _chances(model: MatchModel, element: str, which: str) -> list[float]:
    found = [0.0] * _width(element)
    for name, chances in model.fields[element].items():
        found[LEVELS[element][name].value] = getattr(chances, which)
    return found


def _normal(seen: Sequence[float], before: list[float]) -> list[float]:
    """Return the share of each level of what could be compared."""
    whole = sum(seen[1:])
    if whole <= 0:
        return before
    return [0.0, *(max(one / whole, SMALLEST) for one in seen[1:])]


def _expect(
    counted: Sequence[tuple[Vector, Known, int]],
    m: Mapping[str, Sequence[float]],
    u: Mapping[str, Sequence[float]],
    share: float,
) -> tuple[dict[str, list[float]], dict[str, list[float]], float, float]:
    """Divide each vector's pairs between one person and two; return the levels of both."""
    weights = [
        [0.0, *(log(p) - log(q) for p, q in zip(m[element][1:], u[element][1:], strict=True))]
        for element in ELEMENTS
    ]
    of_one = {element: [0.0] * _width(element) for element in ELEMENTS}
    of_two = {element: [0.0] * _width(element) for element in ELEMENTS}
    ones = twos = 0.0
    prior = log(share) - log(1 - share)
    for vector, known, count in counted:
        if known is Known.NOTHING:
            odds = prior + sum([row[level] for row, level in zip(weights, vector, strict=True)])
            one = count / (1 + exp(min(max(-odds, -700), 700)))
        else:
            one = float(count) if known is Known.ONE else 0.0
        two = count - one
        ones += one
        twos += two
        for element, level in zip(ELEMENTS, vector, strict=True):
            of_one[element][level] += one
            of_two[element][level] += two
    return of_one, of_two, ones, twos


def seen_by_name(found: Estimate) -> dict[str, dict[str, int]]:
    """Return the expected pairs about one person, by element and name of the level."""
    return {
        element: {level.name: round(seen[level.value]) for level in LEVELS[element] if level > 0}
        for element, seen in found.seen.items()
    }


# --- from what was found to what is proposed ------------------------------------------------------


class Rails(msgspec.Struct, frozen=True):
    """How far a proposal may go from the model that ships.

    Attributes:
        seen_least: a level of fewer expected pairs keeps the shipped m, and says no more than
            shipped; of fewer random pairs, the shipped u.
        fall_bits: no agreement says less by more than this.
        rise_bits: none says more by more than this.
        against_bits: no disagreement says more or less by more than this.
        prior_fall_bits: the prior is at most so much lower, never higher: a small town's share of
            pairs is high, but its names are the country's.
    """

    seen_least: int = 30
    fall_bits: float = 4.0
    rise_bits: float = 1.0
    against_bits: float = 2.0
    prior_fall_bits: float = 6.0


USUAL_RAILS: Final = Rails()
_DIGITS: Final = 6


def propose(
    shipped: MatchModel,
    in_force: MatchModel,
    found: Estimate,
    random: Mapping[str, Sequence[int]],
    *,
    share_of_all: float,
    rails: Rails = USUAL_RAILS,
) -> MatchModel:
    """Return a model as the hospital's records would have it, within the rails.

    Args:
        shipped: what the rails are fixed to.
        in_force: whose thresholds, caps and rarities stay as people decided them.
        found: of the lessons.
        random: levels of random pairs, see ``count_random``.
        share_of_all: of all pairs of the hospital, those about one person.
        rails: see there.
    """
    fields = {
        element: _element(shipped, element, found, random[element], rails) for element in ELEMENTS
    }
    low = shipped.prior_bits - rails.prior_fall_bits
    prior = min(max(log2(max(share_of_all, SMALLEST**2)), low), shipped.prior_bits)
    model = replace(in_force, fields=fields, prior_bits=round(prior * 4) / 4)
    content = msgspec.json.encode(replace(model, name=""))
    return replace(model, name=f"own-{blake2b(content, digest_size=4).hexdigest()}")


def _element(
    shipped: MatchModel,
    element: str,
    found: Estimate,
    random: Sequence[int],
    rails: Rails,
) -> dict[str, Chances]:
    compared = sum(random[1:])
    bits: dict[str, float] = {}
    us: dict[str, float] = {}
    said = shipped.fields[element]
    for name, stands in said.items():
        level = LEVELS[element][name].value
        of_one = found.seen[element][level] >= rails.seen_least
        of_two = random[level] >= rails.seen_least
        m = found.m[element][level] if of_one else stands.m
        u = random[level] / compared if of_two else stands.u
        own = log2(stands.m / stands.u)
        us[name] = max(u, stands.u) if own > 0 else u
        bits[name] = _railed(log2(m / us[name]), own, rails)
        if not of_one or (element == "lifelong" and own <= 0):
            bits[name] = min(bits[name], own)
    _never_less_when_nearer(bits, said)
    return {name: _as_chances(bits[name], us[name]) for name in said}


def _railed(bits: float, own: float, rails: Rails) -> float:
    if own > 0:
        return max(min(max(bits, own - rails.fall_bits), own + rails.rise_bits), 0.0)
    return min(min(max(bits, own - rails.against_bits), own + rails.against_bits), 0.0)


def _never_less_when_nearer(bits: dict[str, float], said: Mapping[str, Chances]) -> None:
    """Let no level say more than one that says more as shipped."""
    highest = float("inf")
    for name in sorted(said, key=lambda name: -log2(said[name].m / said[name].u)):
        highest = bits[name] = min(bits[name], highest)


def _as_chances(bits: float, u: float) -> Chances:
    """Return chances of this weight: m is what follows from u, or u from the largest m."""
    u = min(u, LARGEST)
    m = u * 2.0**bits
    if m > LARGEST:
        m, u = LARGEST, LARGEST / 2.0**bits
    return Chances(_rounded(m), _rounded(u))


def _rounded(chance: float) -> float:
    return float(f"{chance:.{_DIGITS}g}")


def count_lessons(
    pairs: Iterable[tuple[Traits, Traits]], *, go_on: Callable[[], None] = lambda: None
) -> Counter[Lesson]:
    """Count what pairs teach; ``go_on`` is called now and then, and may raise."""
    found: Counter[Lesson] = Counter()
    for n, (a, b) in enumerate(pairs):
        if n % LOOK_EVERY == 0:
            go_on()
        one = lesson(a, b)
        if one is not None:
            found[one] += 1
    return found
