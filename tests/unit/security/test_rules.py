"""Decisions about who may do what where, against a slow and simple oracle; circles included."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import asyncpg
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lianyi.base.clock import RandomIds
from lianyi.security import account_store as store
from lianyi.security.account_store import AccountRecord, AssignmentRecord
from lianyi.security.model import EVERYWHERE, Assignment, Purpose, Role
from lianyi.security.permissions import PERMISSIONS
from lianyi.security.rules import (
    below,
    excluded_by,
    explain,
    path_up,
    purpose_of,
    reach_of,
    reach_of_all,
    seeing_roles,
)

NOW = datetime(2026, 3, 2, 8, tzinfo=UTC)
CODES = [f"o{n}" for n in range(12)]
ROLE_NAMES = ["reader", "writer", "blind", "empty"]
ROLES = {
    "reader": Role("reader", "读", "r", frozenset({"messages.read", "overview.read"})),
    "writer": Role("writer", "写", "w", frozenset({"messages.read", "deliveries.decide"})),
    "blind": Role("blind", "盲", "b", frozenset({"accounts.read"})),
    "empty": Role("empty", "空", "e", frozenset()),
}

codes = st.sampled_from(CODES)
trees = st.dictionaries(codes, st.none() | codes | st.just("gone"))
"""Also circles, a code above itself, and parents that are no units."""

instants = st.integers(-3, 3).map(lambda hours: NOW + timedelta(hours=hours))
assignments = st.lists(
    st.builds(
        Assignment,
        assignment=st.uuids(),
        role=st.sampled_from([*ROLE_NAMES, "no-such-role"]),
        organisation=codes | st.just(EVERYWHERE) | st.just("stranger"),
        valid_from=instants,
        valid_until=st.none() | instants,
    ),
    max_size=6,
)


def stands_above(parents: Mapping[str, str | None], high: str, low: str) -> bool:
    """The oracle: go up one step at a time, no more often than there are organisations."""
    here: str | None = low
    for _ in range(len(parents) + 2):
        if here == high:
            return True
        here = parents.get(here) if here else None
    return False


@given(trees, codes)
def test_the_way_up_is_each_organisation_once_and_each_the_parent_of_the_one_before(
    parents: dict[str, str | None], organisation: str
) -> None:
    way = list(path_up(parents, organisation))
    assert way[0] == organisation
    assert len(way) == len(set(way))
    assert all(parents.get(low) == high for low, high in pairwise(way))
    above = parents.get(way[-1])
    assert above is None or above in way, "it ends at a root, or where a circle closes"


@given(trees, codes)
def test_below_are_all_that_it_stands_above(
    parents: dict[str, str | None], organisation: str
) -> None:
    wanted = {code for code in parents if stands_above(parents, organisation, code)}
    assert below(parents, organisation) == wanted | {organisation}


@given(trees)
def test_below_everywhere_is_everywhere(parents: dict[str, str | None]) -> None:
    assert below(parents, EVERYWHERE) == {EVERYWHERE}


def test_deep_trees_and_long_circles_are_walked_without_end_of_stack() -> None:
    deep: dict[str, str | None] = {f"d{n}": f"d{n - 1}" if n else None for n in range(3000)}
    assert len(list(path_up(deep, "d2999"))) == 3000
    assert below(deep, "d2990") == {f"d{n}" for n in range(2990, 3000)}
    circle = {**deep, "d0": "d2999"}
    assert len(list(path_up(circle, "d5"))) == 3000
    assert len(below(circle, "d5")) == 3000


@given(trees, assignments, st.sampled_from(sorted(PERMISSIONS)), codes | st.just(""))
def test_reach_and_explanation_and_oracle_say_the_same(
    parents: dict[str, str | None],
    held: list[Assignment],
    permission: str,
    organisation: str,
) -> None:
    wanted = [
        one
        for one in held
        if one.role in ROLES
        and permission in ROLES[one.role].permissions
        and one.valid_from <= NOW
        and (one.valid_until is None or one.valid_until > NOW)
        and (
            one.organisation == EVERYWHERE
            or (organisation and stands_above(parents, one.organisation, organisation))
        )
    ]
    reach = reach_of(held, ROLES, parents, at=NOW)
    reasons = explain(
        held, ROLES, parents, permission=permission, organisation=organisation, at=NOW
    )
    assert [one.assignment for one in reasons] == wanted
    assert reach.covers(permission, organisation) == bool(wanted)
    for one in reasons:
        if one.assignment.organisation == EVERYWHERE:
            assert one.way[0] == EVERYWHERE
        else:
            assert one.way[0] == one.assignment.organisation
            assert one.way[-1] == organisation


@given(trees, assignments)
def test_reach_names_no_permission_that_no_role_gives(
    parents: dict[str, str | None], held: list[Assignment]
) -> None:
    reach = reach_of(held, ROLES, parents, at=NOW)
    given_ = {p for one in held if one.role in ROLES for p in ROLES[one.role].permissions}
    assert set(reach.of) <= given_
    assert all("" not in where for where in reach.of.values())


@given(trees, assignments, assignments)
def test_another_assignment_never_takes_anything_away(
    parents: dict[str, str | None], some: list[Assignment], more: list[Assignment]
) -> None:
    fewer, wider = (reach_of(held, ROLES, parents, at=NOW) for held in (some, some + more))
    for permission, where in fewer.of.items():
        assert where <= set(wider.organisations(permission))


@given(
    st.dictionaries(
        st.sampled_from(ROLE_NAMES), st.frozensets(st.sampled_from(ROLE_NAMES)), min_size=1
    ),
    st.lists(st.sampled_from([*ROLE_NAMES, "gone"])),
)
def test_exclusion_holds_whichever_of_the_two_says_so(
    excludes: dict[str, frozenset[str]], held: list[str]
) -> None:
    roles = {name: Role(name, "", "", frozenset(), no) for name, no in excludes.items()}
    for role in roles.values():
        other = excluded_by(role, held, roles)
        conflicts = {
            name
            for name in held
            if name != role.name
            and (name in role.excludes or role.name in excludes.get(name, frozenset()))
        }
        assert (other in conflicts) if conflicts else other is None


def test_the_platform_may_do_everything_everywhere() -> None:
    assert all(reach_of_all().covers(permission, "") for permission in PERMISSIONS)


def test_a_purpose_comes_from_the_first_role_that_is_known() -> None:
    roles = {"a": Role("a", "", "", frozenset(), purpose=Purpose.TREATMENT)}
    assert purpose_of(["gone", "a"], roles) is Purpose.TREATMENT
    assert purpose_of(["gone"], roles) is Purpose.OPERATIONS


# ---- the second wall walks the tree apart ------------------------------------------------------


async def put(
    connection: asyncpg.Connection,
    parents: dict[str, str | None],
    people: Sequence[tuple[str, list[Assignment]]],
) -> dict[str, uuid.UUID]:
    """Put a tree and accounts, each with a state and assignments."""
    await store.set_units(connection, parents)
    ids: dict[str, uuid.UUID] = {}
    for number, (state, held) in enumerate(people):
        account, name = RandomIds().new_id(), f"p{number}"
        ids[name] = account
        await store.insert_account(
            connection,
            AccountRecord(account, name, name, "person", "", state, False, 0, None, NOW),
        )
        for one in held:
            await store.insert_assignment(
                connection,
                AssignmentRecord(
                    RandomIds().new_id(), account, one.role, one.organisation, one.valid_from,
                    one.valid_until, "", "",
                ),
            )  # fmt: skip
    return ids


people_of_town = st.lists(
    st.tuples(st.sampled_from(["active", "active", "disabled"]), assignments), max_size=4
)


async def test_the_second_wall_gives_exactly_the_same_organisations(database: str) -> None:
    """What SQL works out for row-level security is what the rules say, for any tree."""
    connection = await asyncpg.connect(database)
    examples: list[tuple[dict[str, str | None], list[tuple[str, list[Assignment]]]]] = []

    @settings(max_examples=150, database=None, suppress_health_check=[HealthCheck.too_slow])
    @given(trees, people_of_town)
    def gather(parents: dict[str, str | None], people: list[tuple[str, list[Assignment]]]) -> None:
        examples.append((parents, people))

    gather()
    seeing = seeing_roles(ROLES)
    assert seeing == ["reader", "writer"]
    for parents, people in examples:
        transaction = connection.transaction()
        await transaction.start()
        ids = await put(connection, parents, people)
        await store.refresh_sight(connection, ROLES, NOW)
        rows = await connection.fetch("SELECT actor, organisation FROM messagelog.sight")
        for number, (state, held) in enumerate(people):
            reach = reach_of(held, ROLES, parents, at=NOW)
            wanted = {
                code
                for permission, where in reach.of.items()
                if PERMISSIONS[permission].sees
                for code in where
            }
            found = {row[1] for row in rows if row[0] == ids[f"p{number}"]}
            assert found == (wanted if state == "active" else set()), (parents, held)
        await transaction.rollback()
    await connection.close()
