"""What a proposal says would move is what moves, over a real database."""

from __future__ import annotations

import asyncpg
import pytest
from msgspec.structs import replace
from tests.unit.projections.identity.test_linking import (  # noqa: F401 - a fixture
    Index,
    connection,
    heard,
    history,
    index,
)

from lianyi.projections.identity.ids import record_id
from lianyi.projections.identity.matching import Activated
from lianyi.projections.identity.model import shipped_model
from lianyi.projections.identity.traits import LocalDefaults
from lianyi.projections.identity.upkeep import neighbourhood, proposals, shadow, training
from lianyi.projections.identity.upkeep.neighbourhood import Neighbourhood
from lianyi.projections.identity.upkeep.shadow import State

SHIPPED = shipped_model()
PHONES = frozenset({"15400019527"})


def stricter(bits: float, **learned: frozenset[str]) -> Activated:
    """A model that links less, or, below 0, more."""
    model = replace(SHIPPED, name="other", auto_bits=SHIPPED.auto_bits + bits)
    return Activated(model, learned=LocalDefaults(**learned))


async def look(made: Index, **limits: int) -> Neighbourhood:
    async with made.connection.transaction(isolation="repeatable_read", readonly=True):
        return await neighbourhood.load(made.connection, made.schema, **limits)


async def learned_town(connection: asyncpg.Connection, seed: int, count: int = 160) -> Index:  # noqa: F811
    made = await index(connection)
    await made.learn(history(seed, count))
    return made


@pytest.mark.parametrize("seed", [1, 2, 3])
async def test_the_model_in_force_moves_nothing(connection: asyncpg.Connection, seed: int) -> None:  # noqa: F811
    near = await look(await learned_town(connection, seed))
    now = shadow.standing(near)
    assert shadow.judged(near, Activated(SHIPPED)) == now
    told = shadow.compare(near, now, now)
    assert (told.lanes, told.joined, told.split) == ({}, 0, 0)
    assert told.questions_before == told.questions_after > 0


@pytest.mark.parametrize(
    ("seed", "model"),
    [
        (4, stricter(14)),
        (5, stricter(-8, phones=PHONES, dates=frozenset({"19000101"}))),
        (6, stricter(22, phones=PHONES)),
    ],
)
async def test_what_is_told_is_what_putting_it_in_force_does(
    connection: asyncpg.Connection,  # noqa: F811
    seed: int,
    model: Activated,
) -> None:
    made = await learned_town(connection, seed)
    near = await look(made)
    before = await made.digest()
    after = shadow.judged(near, model)
    told = shadow.compare(near, shadow.standing(near), after)
    assert await made.digest() == before  # looking changed nothing
    await made.learn([heard(9000, model, shard=0)])
    then = await look(made)
    assert shadow.standing(then) == after
    assert told.persons_after == await made.count("person")
    assert told.questions_after == await made.count("question")
    if model.model.auto_bits > SHIPPED.auto_bits:
        assert told.split > 0
        assert told.lanes["AUTO>REVIEW"] > 0


async def test_rolling_back_ends_in_the_same_bytes(connection: asyncpg.Connection) -> None:  # noqa: F811
    made = await learned_town(connection, 7)
    before = await made.digest()
    await made.learn([heard(9000, stricter(14, phones=PHONES), shard=0)])
    assert await made.digest() != before
    await made.learn([heard(9001, Activated(SHIPPED), shard=0)])
    assert {**await made.digest(), "model": b""} == {**before, "model": b""}


async def test_of_a_big_index_a_sample_is_judged_with_everybody_it_meets(
    connection: asyncpg.Connection,  # noqa: F811
) -> None:
    made = await learned_town(connection, 8)
    whole, part = await look(made), await look(made, whole_max=60, sample=40)
    assert (whole.whole, part.whole, len(part.focus), len(part.drawn)) == (True, False, 40, 61)
    assert part.focus < set(part.rows)
    model = stricter(14)
    told = shadow.compare(part, shadow.standing(part), shadow.judged(part, model))
    everything = shadow.judged(whole, model).lanes
    focused = {pair: lane for pair, lane in everything.items() if part.focus & set(pair)}
    assert dict(shadow.judged(part, model).lanes) == focused
    assert (told.persons, told.persons_after, told.questions_after) == ((), 0, 0)
    assert told.records == 40


def test_joined_and_split_persons_are_told_together() -> None:
    keys = [("A", f"{n}") for n in range(5)]
    a, b, c, d, e = (record_id(*key) for key in keys)
    rows = {
        record: neighbourhood.Near(record, key, None, None, record, None)  # type: ignore[arg-type]
        for record, key in zip((a, b, c, d, e), keys, strict=True)
    }
    near = Neighbourhood(rows, (), frozenset(rows), True, 5, {}, [], frozenset())
    before = State({(a, b): 3}, {a: a, b: a, c: c, d: d, e: e}, frozenset())
    after = State({(a, b): 2, (b, c): 3}, {a: a, b: b, c: b, d: d, e: e}, frozenset({(a, b)}))
    told = shadow.compare(near, before, after)
    assert (told.joined, told.split, told.questions_after) == (1, 1, 1)
    (moved,) = told.persons
    assert set(moved.records) == {("A", "0"), ("A", "1"), ("A", "2")}
    assert (moved.before, moved.after) == (2, 2)
    assert told.lanes == {"AUTO>REVIEW": 1, "NEW>AUTO": 1}


async def test_a_proposal_of_the_records_of_an_index(
    connection: asyncpg.Connection,  # noqa: F811
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(training, "PAIRS_LEAST", 20)
    monkeypatch.setattr(proposals, "RANDOM_PAIRS", 2_000)
    near = await look(await learned_town(connection, 9, 400))
    made = proposals.make(near, Activated(SHIPPED), lambda: None)
    assert made.lessons.records == made.lessons.drawn == len(near.rows)
    assert 20 < made.lessons.ones < made.lessons.pairs
    assert 0 < made.lessons.known < made.lessons.pairs
    assert made.activated.counts.persons > 0
    assert made == proposals.make(near, Activated(SHIPPED), lambda: None)
    again = proposals.make(near, made.activated, lambda: None)
    assert again.activated.model.name == made.activated.model.name


async def test_what_takes_too_long_is_ended(connection: asyncpg.Connection) -> None:  # noqa: F811
    near = await look(await learned_town(connection, 9, 60))

    def enough() -> None:
        raise TimeoutError

    with pytest.raises(TimeoutError):
        shadow.judged(near, Activated(SHIPPED), go_on=enough)
