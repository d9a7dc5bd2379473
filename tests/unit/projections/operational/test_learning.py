"""Operations data follow the log: the same log gives the same, byte for byte."""

from __future__ import annotations

import itertools
from random import Random
from typing import Any

from lianyi.base.database import connect
from lianyi.messagelog.erase import erase
from lianyi.messagelog.message import NewMessage
from lianyi.messagelog.postgres_leases import Connection
from lianyi.projections import projection_store
from lianyi.projections.operational import store
from lianyi.projections.operational.follow import Operational
from lianyi.projections.operational.star import star
from lianyi.projections.projection import Heard
from lianyi.projections.rebuilding import rebuild

from .conftest import House
from .saying import OTHER, ZONE, adt, charge, fold_all, instant, logged, ordered, reported, said
from .test_folding import EVENTS

STORY = [
    adt("A01", "2 8", began="2 8", ward="W1"),
    ordered("2 9", priority="S"),
    adt("A02", "3 10", ward="W2"),
    charge("3 11", "12.30", number="C1"),
    charge("4 11", "12.30", number="C1", type_="CD"),
    adt("A01", "2 9", number="V2", patient="P2", ward="W1", began="2 9"),
    adt("A11", "2 10", number="V2", patient="P2", ward="W1"),
    adt("A03", "6 9", ward="W2", ended="6 9", how="1"),
    adt("A01", "7 9", number="V3", patient="P3", ward="W2", began="7 9"),
]
REPORT = [reported("2 11", ("NM", "HH")), reported("2 12", ("NM", "N"), status="C")]


class OneShard:
    """A log that has one shard only."""

    def __init__(self, log: Any, shard: int) -> None:
        self._log = log
        self._shard = shard

    def __getattr__(self, name: str) -> Any:
        return getattr(self._log, name)

    async def shards(self) -> list[int]:
        return [self._shard]


async def test_what_the_messages_say_is_what_the_rows_hold(house: House) -> None:
    await house.append(1, *STORY)
    await house.append(2, *REPORT)
    await house.learn()
    first, third = await house.rows("encounter")
    assert (first["encounter"], first["class"], first["stay_days"]) == ("H1/YY^V1", "inpatient", 4)
    assert (first["admitting"], first["discharging"], first["disposition"]) == ("W1", "W2", "home")
    assert first["patient"] == "P1^HIS"
    assert (third["encounter"], "discharged_at" in third) == ("H1/YY^V3", False)
    assert [row["amount_fen"] for row in await house.rows("charge")] == [1230, -1230]
    (report,) = await house.rows("result")
    assert report["ordered_at"] == instant("2 9")
    assert report["reported_at"] == instant("2 11")
    assert (report["urgent"], report["ordering"], report["corrected"]) == (True, "内科", True)
    beds = [(row["ward"], row["at"], row["beds_occupied"]) for row in await house.rows("ward_day")]
    assert beds == [
        ("W1", instant("2"), 1),
        *(("W1", instant(str(day)), 0) for day in (3, 4, 5, 6)),
        *(("W2", instant(str(day)), 1) for day in (3, 4, 5)),
        ("W2", instant("6"), 0),
    ]


async def test_a_rebuild_gives_the_same_byte_for_byte(house: House) -> None:
    await house.append(1, *STORY)
    await house.append(2, *REPORT)
    await house.learn()
    before = await house.digest()
    result = await rebuild(
        lambda: connect(house.dsn), house.log, Operational(ZONE), clock=house.clock
    )
    assert result.before == result.after == before == await house.digest()


async def test_shards_in_any_order_mean_the_same(house: House) -> None:
    """The report comes before its order, the discharge before the admission."""
    await house.append(3, *STORY[2:5], STORY[6])
    await house.append(1, *STORY[:2], STORY[5], *STORY[7:])
    await house.append(2, *REPORT)
    digests = []
    for shards in itertools.permutations([1, 2, 3]):
        for shard in shards:
            await house.learn(OneShard(house.log, shard))
        digests.append(await house.digest())
        await house.drop()
    assert all(one == digests[0] for one in digests)


async def test_what_two_hospitals_say_under_one_number_is_never_one_row(house: House) -> None:
    await house.append(1, *STORY)
    await house.append(2, *REPORT)
    await house.learn()
    alone = await house.rows("encounter"), await house.rows("result")
    others = [one._replace(channel=OTHER) for one in STORY[1:6]]
    await house.append(1, *others)
    await house.learn()
    both = await house.rows("encounter"), await house.rows("result")
    assert [[row for row in rows if row["_channel"] != OTHER] for rows in both] == list(alone)
    assert "H2/YY^V2" in {row["encounter"] for row in both[0]}
    assert "H2/YY^C1" in {row["charge"] for row in await house.rows("charge")}


async def test_a_channel_that_moves_to_another_hospital_takes_its_past_along(house: House) -> None:
    await house.append(1, *STORY[:5])
    await house.append(2, *REPORT)
    await house.learn()
    assert (await house.rows("result"))[0]["ordered_at"] == instant("2 9")
    await house.pool.execute("UPDATE messagelog.channel SET organisation = 'H2' WHERE channel = 1")
    await house.append(1, *STORY[5:])
    await house.learn()
    assert {row["encounter"][:3] for row in await house.rows("encounter")} == {"H2/"}
    assert {row["ward_day"][:3] for row in await house.rows("ward_day")} == {"H2/"}
    (report,) = await house.rows("result")
    assert report["result"].startswith("H1/")
    assert "ordered_at" not in report, "the order is another hospital's now"
    before = await house.digest()
    result = await rebuild(
        lambda: connect(house.dsn), house.log, Operational(ZONE), clock=house.clock
    )
    assert result.after == before


async def test_what_is_sent_twice_changes_no_row(house: House) -> None:
    await house.append(1, *STORY)
    await house.learn()
    before = await house.digest()
    await house.append(1, *STORY)
    await house.learn()
    after = await house.digest()
    assert {name for name in after if after[name] != before[name]} == {"statement"}


async def test_a_message_that_cannot_be_counted_is_set_aside_with_its_reason(house: House) -> None:
    nameless = adt("A01", "2 8", number="")
    odd = charge("2 9", "1.005")
    unreadable = NewMessage(1, "hl7v2 ADT^A01", b"MSH", "utf-8", "HIS")
    positions = await house.append(1, nameless, odd, unreadable, *STORY)
    await house.learn()
    rows = await projection_store.list_set_aside(house.pool, await house.live())
    codes = {one.position: one.error["code"] for one in rows}
    assert codes == dict(zip(positions, ["LY-2420", "LY-2422", "LY-1203"], strict=False))
    assert len(await house.rows("encounter")) == 2


async def test_what_was_erased_is_as_if_it_had_never_been_said(house: House) -> None:
    await house.append(1, *STORY[:-1])
    await house.learn()
    before = await house.digest()
    (position,) = await house.append(1, STORY[-1])
    await house.learn()
    assert await house.digest() != before
    connection = await connect(house.dsn)
    await erase(house.log, connection, position, reason="right", actor="t", clock=house.clock)
    await connection.close()
    await house.learn()
    assert await house.digest() == before


async def test_any_cut_into_shards_and_batches_means_what_a_plain_fold_tells(house: House) -> None:
    """Learned in shuffled batches, some twice, rows are those of a fold of everything at once."""
    plain = fold_all(said(*EVENTS), "H1")
    expected = {
        fact: {row.known_as: row.columns for row in rows.values()} for fact, rows in plain.items()
    }
    beds = []
    for seed in range(4):
        chance = Random(seed)
        told = [(1 + number % 3, one) for number, one in enumerate(EVENTS)]
        told += [(4, one) for one in chance.sample(EVENTS, 4)]
        chance.shuffle(told)
        projection, schema = Operational(ZONE), f"operational_{900 + seed}"
        async with house.pool.acquire() as connection, connection.transaction():
            await projection.create(connection, schema)
            number = 0
            while told:
                size = chance.randint(1, 6)
                batch, told = told[:size], told[size:]
                heard = []
                for shard, one in batch:
                    number += 1
                    message = logged(one, number, shard=shard)
                    heard.append(Heard(message, projection.read(message), None))
                await projection.learn(connection, schema, heard, revision=number)
            found = await shown(connection, schema)
            beds.append(found.pop(store.CENSUS))
            assert found == expected, seed
    assert beds[0]
    assert all(one == beds[0] for one in beds)


async def shown(connection: Connection, schema: str) -> dict[str, dict[str, dict[str, Any]]]:
    """What is said in every row, by fact and key."""
    found: dict[str, dict[str, dict[str, Any]]] = {}
    for fact in (*store.FACTS, store.CENSUS):
        rows = await connection.fetch(f"SELECT * FROM {schema}.star_{fact}")
        found[fact] = {
            row[star()[fact].key]: {
                name: value
                for name, value in row.items()
                if value is not None and not name.startswith("_") and name != star()[fact].key
            }
            for row in rows
        }
    return found


async def test_the_doors_read_what_is_newer_than_the_files_and_nothing_else(house: House) -> None:
    await house.append(1, *STORY)
    await house.learn()
    schema = (await house.live()).schema
    async with house.pool.acquire() as connection, connection.transaction():
        await connection.execute("SET LOCAL ROLE lianyi_doors")
        assert len(await connection.fetch(f"SELECT * FROM {schema}.fresh_encounter(0)")) == 2
        assert await connection.fetch(f"SELECT * FROM {schema}.fresh_encounter(1)") == []
        for table in ("statement", "stay", "star_encounter", "star_charge", "gone"):
            assert not await connection.fetchval(
                "SELECT has_table_privilege('lianyi_doors', $1, 'SELECT')", f"{schema}.{table}"
            )
