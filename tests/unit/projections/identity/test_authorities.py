"""One authority under several names: one number is one patient, and no longer without the name."""

from __future__ import annotations

from pathlib import Path
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

import asyncpg
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace
from tests.unit.projections.identity.people import citizen
from tests.unit.projections.identity.test_endpoints import (
    Desk,
    adt,
    desk,
    opened,
    records_of,
)
from tests.unit.projections.identity.test_linking import (
    BEGAN,
    Index,
    connection,
    heard,
    history,
    someone,
    told,
)

from lianyi.base.database import connect
from lianyi.projections.identity.authorities import FILE as FILE_OF_NAMES
from lianyi.projections.identity.authorities import (
    Authorities,
    UnusableAuthorities,
    authorities_in,
    read_authorities,
)
from lianyi.projections.identity.decisions import Decided
from lianyi.projections.identity.follow import Identity
from lianyi.projections.identity.matching import Activated
from lianyi.projections.identity.model import shipped_model
from lianyi.projections.identity.partition import Said
from lianyi.projections.identity.registration import Name, Registration
from lianyi.projections.identity.statements import Registered, Replaced
from lianyi.projections.rebuilding import rebuilding

__all__ = ["connection", "desk"]
ZONE = ZoneInfo("Asia/Shanghai")
FILE = """
authorities:
  - name: A
    also: ["1.2.156.99.1", "urn:oid:1.2.156.99.2", "旧院"]
    why: 2025 年更名
"""
NAMED = read_authorities(FILE, where="authorities.yaml")
BARE: dict[str, Any] = {"identifiers": (), "phones": (), "addresses": (), "born": "", "sex": ""}


async def named_index(
    connection: asyncpg.Connection, schema: str = "identity_1", named: Authorities = NAMED
) -> Index:
    made = Index(connection, schema, Identity(ZONE, authorities=named))
    await made.projection.create(connection, schema)
    return made


def renamed(mrn: str = "1", source: str = "旧院", **more: Any) -> Registration:
    """What a system says that calls the authority otherwise."""
    return replace(someone(), source=source, mrn=mrn, **more)


def test_a_file_says_which_names_are_one_authority_s() -> None:
    assert NAMED.names("旧院") == ("A", "1.2.156.99.1", "1.2.156.99.2", "旧院")
    assert NAMED.own("1.2.156.99.2") == "A"
    assert NAMED.names("B") == ("B",)
    assert NAMED.keys(("旧院", "1"))[:2] == [("旧院", "1"), ("A", "1")]
    assert NAMED.all_of({"旧院", "B"}) == {*NAMED.names("A"), "B"}
    assert NAMED.spread({"A": 2})["旧院"] == 2
    assert not read_authorities(b"", where="x").known


@pytest.mark.parametrize(
    "text",
    [
        "authorities: [{name: A, also: [B]}, {name: C, also: [B]}]",
        "authorities: [{name: A, also: [A]}]",
        "authorities: [{name: '', also: [B]}]",
        "authorities: [{name: A, alias: [B]}]",
        "authorities: {A: B}",
        "- [",
    ],
)
def test_a_file_that_is_wrong_says_where(text: str) -> None:
    with pytest.raises(UnusableAuthorities, match=r"authorities\.yaml"):
        read_authorities(text, where="authorities.yaml")


@given(
    st.lists(
        st.lists(st.text("ABCDEFGH", min_size=1, max_size=2), min_size=1, max_size=4), max_size=5
    )
)
def test_names_are_parted_into_authorities(groups: list[list[str]]) -> None:
    known = {name: group[0] for group in groups for name in group}
    known = {name: own for name, own in known.items() if known.get(own) == own}
    named = Authorities(known)
    for name in known:
        assert name in named.names(name)
        assert all(named.names(other) == named.names(name) for other in named.names(name))
        assert named.names(name)[0] == named.own(name)


async def test_one_number_under_two_names_is_one_patient(connection: asyncpg.Connection) -> None:
    index = await named_index(connection)
    first = someone()
    again = renamed(names=(Name("某人"),), **BARE)
    other = replace(again, mrn="2")
    stranger = replace(again, source="B")
    await index.learn([told(1, first), told(2, again), told(3, other), told(4, stranger)])
    a, b, c, d = await index.person_of(("A", "1"), ("旧院", "1"), ("旧院", "2"), ("B", "1"))
    assert a == b
    assert len({a, c, d}) == 3


async def test_without_the_name_everything_is_as_if_it_had_never_been_there(
    connection: asyncpg.Connection,
) -> None:
    said = [told(1, someone()), told(2, renamed(names=(Name("某人"),), **BARE))]
    before = await named_index(connection, "identity_1", Authorities())
    during = await named_index(connection, "identity_2")
    after = await named_index(connection, "identity_3", Authorities())
    for index in (before, during, after):
        await index.learn(said)
    tables = list(await during.digest())
    async with connection.transaction():
        differ = await during.projection.differences(connection, "identity_1", "identity_2", tables)
    assert {"authority", "record", "person"} <= {one.what for one in differ}
    assert await after.digest() == await before.digest()


async def test_two_valid_numbers_are_two_patients_whatever_the_names_say(
    connection: asyncpg.Connection,
) -> None:
    index = await named_index(connection)
    number = (citizen("19700101"),)
    other = renamed(names=(Name("李建国"),), born="19700101", identifiers=number)
    await index.learn([told(1, someone()), told(2, other)])
    assert len(set(await index.person_of(("A", "1"), ("旧院", "1")))) == 2


async def test_whoever_keeps_two_apart_is_obeyed(connection: asyncpg.Connection) -> None:
    index = await named_index(connection)
    keys = ("A", "1"), ("旧院", "1")
    apart = Decided(Said.NEVER_LINK, (keys,), "x", "two patients")
    said = [told(1, someone()), told(2, renamed(**BARE)), heard(3, apart)]
    await index.learn(said)
    assert len(set(await index.person_of(*keys))) == 2
    again = await named_index(connection, "identity_2")
    await again.learn([said[2], said[1], said[0]])
    assert await again.digest() == await index.digest()


async def test_an_authority_merges_its_patients_under_any_of_its_names(
    connection: asyncpg.Connection,
) -> None:
    index = await named_index(connection)
    merge = Replaced(("旧院", "2"), ("A", "1"), BEGAN, "A40")
    foreign = Replaced(("B", "2"), ("A", "1"), BEGAN, "A40")
    said = [told(1, someone()), told(2, renamed("2", **BARE))]
    done = await index.learn([*said, heard(3, [merge]), heard(4, [foreign])])
    assert [one.failure.code for learned in done for one in learned.set_aside] == ["LY-2131"]
    assert len(set(await index.person_of(("A", "1"), ("旧院", "2")))) == 1


@pytest.mark.parametrize("seed", [1, 2])
async def test_any_order_any_batches_and_another_model_end_in_the_same_bytes(
    connection: asyncpg.Connection, seed: int
) -> None:
    said = history(seed, 100)
    heard_of = [one for each in said if isinstance(each.said, list) for one in each.said]
    known = [one.registration for one in heard_of if isinstance(one, Registered)]
    source = known[0].source
    also = [
        told(1000 + n, replace(one, source="旧院", born="", phones=()))
        for n, one in enumerate(known)
        if one.source == source
    ]
    named = Authorities({source: source, "旧院": source})
    everything = [*said, *also]
    model = heard(5000, Activated(replace(shipped_model(), name="again")), shard=0)
    first = await named_index(connection, "identity_1", named)
    await first.learn([*everything, model])
    Random(seed).shuffle(everything)
    second = await named_index(connection, "identity_2", named)
    await second.learn([model, *everything], batch=17)
    assert await second.digest() == await first.digest()
    linked = await connection.fetchval(
        "SELECT count(*) FROM identity_1.record AS a JOIN identity_1.record AS b"
        " ON a.mrn = b.mrn AND a.source = $1 AND b.source = '旧院' WHERE a.person = b.person",
        source,
    )
    assert linked > 20


async def test_a_rebuild_says_what_the_names_would_change_and_undoes_it(desk: Desk) -> None:
    nobody = {"name": "某人", "born": "", "sex": "", "number": "", "home": "", "phone": ""}
    await desk.hear(adt("1"), adt("1", source="OLD", **nobody))

    async def persons() -> int:
        return len((await desk.get("/persons", q="1"))["items"])

    async def rebuilt() -> set[str]:
        async with rebuilding(
            lambda: connect(desk.house.dsn),
            desk.house.log,
            desk.identity(),
            clock=desk.house.clock,
        ) as run:
            await run.build()
            compared = await run.compare()
            before = await persons()
            await run.switch()
        assert (await persons() == before) is compared.same
        return {one.what for one in compared.differences}

    assert await persons() == 2
    desk.authorities = Authorities({"HIS": "HIS", "OLD": "HIS"})
    assert await rebuilt() >= {"authority", "record", "person"}
    assert await persons() == 1
    desk.authorities = Authorities()
    assert await rebuilt() >= {"authority", "record", "person"}
    assert await persons() == 2
    assert await rebuilt() == set()


async def test_what_is_sensitive_under_one_name_is_so_under_all(
    database: str, tmp_path: Path
) -> None:
    file = tmp_path / "content" / FILE_OF_NAMES
    file.parent.mkdir(parents=True)
    file.write_text("authorities: [{name: PSY, also: [W2]}]", "utf-8")
    async with opened(database, tmp_path, sensitive=["PSY"]) as desk:
        desk.authorities = authorities_in(tmp_path / "content")
        roles = ("identity-steward", "H1"), ("sensitive-records", "H1")
        await desk.people.add("doctor", *roles, organisation="H1")
        await desk.hear(adt("1"), adt("77", source="W2", phone="15400000099"))
        assert records_of(await desk.person("1", who="doctor")) == [("HIS", "1"), ("W2", "77")]
        for who in ("steward", "clerk"):
            assert records_of(await desk.person("1", who=who)) == [("HIS", "1")]
            for said in ("77", "77^W2", "77^PSY", "15400000099"):
                assert (await desk.get("/persons", who, q=said))["items"] == [], said
