"""Definitions of the house as whoever administers it meets them; each use case is one method.

A definition belongs to no hospital: all are searched by it, and each finds its own. So only who may
change master data everywhere writes one, and it is checked in the round in which it is written:
nothing comes between the check and the write.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from lianyi.base.clock import IdSource
from lianyi.base.errors import LianyiError
from lianyi.formats.fhir.definitions import r4
from lianyi.formats.fhir.flattening import UnusableView
from lianyi.messagelog.postgres_leases import Connection
from lianyi.projections.clinical import sending
from lianyi.projections.clinical.definition_store import (
    DEFINITIONS_MAX,
    HOUSE,
    find_of_house,
    list_of_house,
)
from lianyi.projections.clinical.flat import known
from lianyi.projections.clinical.ids import ID
from lianyi.projections.clinical.parameters import adopting
from lianyi.projections.clinical.parameters.problems import UnusableExpression, UnusableParameter
from lianyi.projections.clinical.parameters.reading import gathered, read
from lianyi.projections.clinical.problems import DefinitionElsewhere, NoSuchResource, unreadable
from lianyi.projections.clinical.sending import Conditions, kept
from lianyi.projections.clinical.service import ClinicalService, Written, written_of
from lianyi.projections.clinical.writing import Intent, Wish
from lianyi.security.access import acting, current, platform, require

Resource = Mapping[str, Any]
OPERATION = "definitions"


class DefinitionsService:
    """Writes and reads definitions."""

    def __init__(self, clinical: ClinicalService, ids: IdSource, content_dir: Path) -> None:
        """Write over the repository.

        Args:
            clinical: writes resources.
            ids: names them.
            content_dir: holds those that are files.
        """
        self._clinical = clinical
        self._ids = ids
        self._content_dir = content_dir

    async def put(
        self, type_: str, sent: Resource, conditions: Conditions, *, id_: str = ""
    ) -> Written:
        """Let a definition stand as it was sent.

        Args:
            type_: of the door.
            sent: the resource.
            conditions: which version must stand.
            id_: of the address; empty: the platform chooses one.

        Raises:
            OutsideOfReach: whoever writes may not change master data everywhere.
            UnreadableResource: it is of another type, or has another id.
            UnusableParameter, UnusableExpression, UnusableView: names the element that is wrong.
            DefinitionElsewhere: it is to be written by criteria.
            VersionConflict, TakenId: something else stands there.
        """
        require("", where=type_)
        if conditions.if_none_exist:
            raise DefinitionElsewhere(where="If-None-Exist", type=type_)
        name = id_ or str(self._ids.new_id())
        _check(type_, sent, id_)
        resource = kept(sent, name)
        intent = Intent(
            type_,
            name,
            resource,
            conditions.if_match,
            only_new=conditions.if_none_match == -1 or not id_,
            where=type_,
        )

        async def resolve() -> Sequence[Intent]:
            with acting(platform("masterdata.read", OPERATION)):
                async with self._clinical.reading() as (connection, schema):
                    await self._fits(connection, schema, intent)
            return [intent]

        wish = Wish(
            {HOUSE}, current().actor.name, HOUSE, criteria=frozenset({type_}), resolve=resolve
        )
        return written_of(intent, await self._clinical.write_definition(wish))

    async def delete(self, type_: str, id_: str, conditions: Conditions) -> None:
        """Let a definition be no more, or what was once kept under its type for a hospital.

        Raises:
            OutsideOfReach: whoever deletes may not change master data everywhere.
            VersionConflict: another version stands.
        """
        require("", where=type_)
        intent = Intent(type_, id_, None, conditions.if_match, where=type_)
        whose = await self._clinical.belonging.whose_of([intent])
        wish = Wish(whose.channels, current().actor.name, HOUSE, intents=[intent])
        await self._clinical.write_definition(wish)

    async def read(self, type_: str, id_: str) -> bytes:
        """Return a definition: it says nothing of anybody.

        Raises:
            NoSuchResource: there is none.
        """
        with acting(platform("masterdata.read", OPERATION)):
            async with self._clinical.reading() as (connection, schema):
                found = await find_of_house(connection, schema, type_, id_)
        if found is None:
            raise NoSuchResource(where=f"{type_}/{id_}")
        return found.body

    async def list_all(self, type_: str) -> list[bytes]:
        """Return every definition of a type, by id."""
        with acting(platform("masterdata.read", OPERATION)):
            async with self._clinical.reading() as (connection, schema):
                return [one.body for one in await list_of_house(connection, schema, type_)]

    async def _fits(self, connection: Connection, schema: str, intent: Intent) -> None:
        """Do nothing for a definition that can be used beside all others.

        Raises:
            UnusableParameter, UnusableExpression, UnusableView: it cannot.
        """
        stands = await list_of_house(connection, schema, intent.type)
        assert intent.resource is not None  # noqa: S101 - it is put
        if len(stands) >= DEFINITIONS_MAX and intent.id not in {one.id for one in stands}:
            raise unreadable(
                intent.type,
                f"there are {DEFINITIONS_MAX} already",
                f"已有 {DEFINITIONS_MAX} 个",
            )
        if intent.type == adopting.TYPE:
            name = adopting.name_of(intent.id)
            others = await adopting.wanted(connection, schema, self._content_dir, without=intent.id)
            all_ = gathered(others, [(name, partial(read, intent.resource, name, r4()))])
            refused: Mapping[str, LianyiError] = {one.file: one.problem for one in all_.refused}
        else:
            refused = await known.refused_with(connection, schema, self._content_dir, intent)
            name = intent.id
        if (problem := refused.get(name)) is not None:
            raise _at_element(problem)


def _check(type_: str, sent: Resource, id_: str) -> None:
    """Check what holds for every definition of a type, before anything else is looked at."""
    if sent.get("resourceType") != type_:
        raise unreadable("resourceType", f"it is no {type_}", f"资源不是 {type_}")
    if id_ and (sent.get("id") != id_ or not ID.fullmatch(id_)):
        raise unreadable(
            f"{type_}.id", "the id in the resource is not the one in the address",
            "资源中的 id 与地址中的不一致",
        )  # fmt: skip
    if type_ == adopting.TYPE:
        sending.check(sent)
    elif None in sent.values() or not isinstance(sent.get("meta", {}), Mapping):
        raise unreadable(type_, "an element is null, or meta is no object", "元素为 null 或有误")


def _at_element(problem: LianyiError) -> LianyiError:
    """Return what is wrong with a resource, with the element where it is."""
    if isinstance(problem, UnusableParameter | UnusableExpression):
        where = f"{adopting.TYPE}.{problem.facts.get('element') or 'expression'}"
        return type(problem)(where=where, **problem.facts)
    if isinstance(problem, UnusableView):
        place = problem.where.partition(" ")[2]
        return UnusableView(where=f"{known.TYPE}.{place}".rstrip("."), **problem.facts)
    return problem
