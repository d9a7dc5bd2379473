"""The lines of an export, page by page: what stood at its instant, as far as whoever asked sees it.

Source:
    HL7 FHIR Bulk Data Access 2.0, "Bulk Data Output File".
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple
from urllib.parse import parse_qsl
from zoneinfo import ZoneInfo

from lianyi.formats.fhir import json_text
from lianyi.formats.fhir.definitions import r4
from lianyi.messagelog.postgres_leases import Connection
from lianyi.projections.clinical.bulk import past_store
from lianyi.projections.clinical.bulk.asking import Asked
from lianyi.projections.clinical.bulk.past import holds, past, reaches_further
from lianyi.projections.clinical.bulk.past_store import LAST, Wanted
from lianyi.projections.clinical.bulk.problems import not_offered
from lianyi.projections.clinical.ids import resource_number
from lianyi.projections.clinical.persons import patients_of_person
from lianyi.projections.clinical.presenting import Presenter
from lianyi.projections.clinical.problems import NoSuchResource
from lianyi.projections.clinical.read_store import Kept
from lianyi.projections.clinical.resources import patients_of, read_reference
from lianyi.projections.clinical.search import scoping
from lianyi.projections.clinical.search.compiling import Compiler
from lianyi.projections.clinical.search.conditions import Node, some
from lianyi.projections.clinical.search.parameters import Criterion
from lianyi.projections.clinical.search.query import QueryReader
from lianyi.projections.clinical.search.terminology import DefinedTerminology
from lianyi.projections.clinical.search.trimming import trimmed
from lianyi.projections.identity import read_store as index
from lianyi.security.access import current, shows
from lianyi.security.privacy.service import Privacy

PAGE = 1000
PATIENTS_TOGETHER = 50


class Lines(NamedTuple):
    """Some lines of a file.

    Attributes:
        text: NDJSON.
        number: of the lines.
        until: number behind which it goes on; None: there is no more.
    """

    text: bytes
    number: int
    until: int | None


class Filter(NamedTuple):
    """What a resource of a type must fulfil.

    Attributes:
        node: the condition.
        criteria: that it was made of.
    """

    node: Node
    criteria: tuple[Criterion, ...]


class Gatherer:
    """Gathers what is exported."""

    def __init__(self, privacy: Privacy, zone: ZoneInfo, *, base: str) -> None:
        """Gather as searches find and reads show.

        Args:
            privacy: decides how patients are seen.
            zone: of dates that say none.
            base: address of the doors, without a slash at the end.
        """
        self._privacy = privacy
        self._presenter = Presenter(privacy)
        self._zone = zone
        self._base = base

    def filter_of(self, asked: Asked, type_: str, *, at: datetime) -> Filter | None:
        """Return what a resource of a type must fulfil; None: nothing.

        Args:
            asked: what the export is asked for.
            type_: of the resources.
            at: the instant of the export.

        Raises:
            UnreadableSearch, UnknownParameter, NotOffered: a search cannot be answered.
            ExportNotOffered: it says something of other resources than those that are exported.
        """
        queries = asked.filters.get(type_)
        if not queries:
            return None
        reader = QueryReader(r4())
        compiler = Compiler(
            r4(), DefinedTerminology(r4()), zone=self._zone, now=at, base=self._base
        )
        nodes: list[Node] = []
        criteria: list[Criterion] = []
        for one in queries:
            query = reader.read((type_,), parse_qsl(one, keep_blank_values=True), strict=True)
            nodes.append(compiler.search(query.types, query.criteria))
            criteria += query.criteria
        node = some(*nodes)
        if reaches_further(node):
            raise not_offered(
                "_typeFilter",
                "a filter speaks of the resource itself: no chains, _has or _list",
                "过滤条件只能针对资源本身，不支持链式检索、_has 和 _list",
            )
        return Filter(node, tuple(criteria))

    async def patients(
        self, connection: Connection, schema: str, asked: Asked, *, at: datetime
    ) -> list[int] | None:
        """Return the numbers of the Patients that an export is about; None: everybody.

        Whoever is named is meant with all records of the same person.

        Raises:
            NoSuchResource: the group is not there, or is not seen as a whole.
        """
        if asked.level == "group":
            ids = await self._members(connection, schema, asked.group, at)
            if asked.patients:
                ids = [one for one in ids if one in set(asked.patients)]
        elif asked.patients:
            ids = list(asked.patients)
        else:
            return None
        found: dict[int, None] = {}
        for id_ in ids:
            found |= dict.fromkeys(await patients_of_person(connection, schema, id_))
        return list(found)

    async def _members(
        self, connection: Connection, schema: str, group: str, at: datetime
    ) -> list[str]:
        kept = await past_store.group_at(connection, schema, resource_number("Group", group), at)
        if kept is None:
            raise NoSuchResource(where="Group")
        (body,) = await self._presenter.show(connection, schema, [kept], whole=True)
        if body is None:
            raise NoSuchResource(where="Group")
        return members_of(json_text.read(body), at=at)

    async def resources(
        self, connection: Connection, schema: str, asked: Asked, wanted: Wanted, *, after: int
    ) -> Lines:
        """Return the next resources of a type.

        Args:
            connection: in a transaction.
            schema: of the version in force.
            asked: what the export is asked for.
            wanted: what of a type is wanted.
            after: where the lines before ended.
        """
        found = self.filter_of(asked, wanted.type, at=wanted.as_of)
        node = found.node if found else None
        page = await past_store.page(
            connection, schema, wanted._replace(node=node), after=after, limit=PAGE
        )
        changed = [one for row in page.changed if (one := self._judged(row, wanted, node))]
        rows = sorted([*page.rows, *changed], key=lambda row: row.rid)
        untouched = whole = False
        if found and not self._shows_whole():
            whole = scoping.tells_of_others(found.criteria)
            untouched = scoping.tells(found.criteria)
        bodies = await self._presenter.show(connection, schema, rows, whole=whole)
        names = asked.elements_of(wanted.type)
        lines = [
            trimmed(body, r4(), summary="false", elements=names)
            for row, body in zip(rows, bodies, strict=True)
            if body is not None and (not untouched or body == row.body)
        ]
        text = b"".join(line + b"\n" for line in lines)
        return Lines(text, len(lines), page.until if page.until < LAST else None)

    def _judged(self, row: Kept, wanted: Wanted, node: Node | None) -> Kept | None:
        """Return a version of the past with whom it is about; None: it is not wanted."""
        resource = json_text.read(row.body)
        patients = patients_of(resource)
        row = row._replace(patient=resource_number("Patient", patients[0]) if patients else None)
        if wanted.patients is not None:
            if row.patient not in wanted.patients:
                return None
        elif wanted.about_patients and row.patient is None:
            return None
        if node is None:
            return row
        version = past(row.rid, row.updated_at, resource, zone=self._zone)
        return row if holds(node, version) else None

    def _shows_whole(self) -> bool:
        """Tell whether whatever is shown is shown whole, for the purpose of the export."""
        rule = self._privacy.classification.purposes[current().purpose]
        return rule.levels.everything and not rule.needs_relation and not rule.needs_consent

    async def deleted(
        self, connection: Connection, schema: str, wanted: Wanted, *, after: int
    ) -> Lines:
        """Return the next deletions, each as a Bundle that does it again; see :meth:`resources`."""
        found = await past_store.gone(connection, schema, wanted, after=after, limit=PAGE)
        of = await index.channels(connection, {row.channel for row in found})
        access = current()
        lines = []
        for row in found:
            owner = of.get(row.channel)
            if access.sees(owner.organisation if owner else ""):
                shows(row.channel, ())
                lines.append(_deletion(f"{row.type}/{row.id}"))
        until = found[-1].rid if len(found) == PAGE else None
        return Lines(b"".join(lines), len(lines), until)


def _deletion(name: str) -> bytes:
    bundle = {
        "resourceType": "Bundle",
        "type": "transaction",
        "entry": [{"request": {"method": "DELETE", "url": name}}],
    }
    return json_text.write(bundle) + b"\n"


def members_of(group: Any, *, at: datetime) -> list[str]:  # noqa: ANN401 - JSON
    """Return the ids of the Patients that are members of a Group.

    Raises:
        ExportNotOffered: it says what its members are like, not who they are.
    """
    if group.get("actual") is False:
        raise not_offered(
            "Group",
            "the group describes its members and names none",
            "该 Group 为描述性（actual=false），未列出成员",
        )
    found: dict[str, None] = {}
    for member in group.get("member") or []:
        leads = read_reference(str((member.get("entity") or {}).get("reference") or ""))
        if leads is None or leads.type != "Patient" or member.get("inactive") is True:
            continue
        if _is_over(member.get("period") or {}, at):
            continue
        found[leads.id] = None
    return list(found)


def _is_over(period: Any, at: datetime) -> bool:  # noqa: ANN401 - JSON
    """Tell whether a period has ended, by the day at least."""
    end = str(period.get("end") or "")
    return len(end) >= 10 and end[:10] < at.date().isoformat()


def chunks(patients: Sequence[int] | None) -> list[Sequence[int] | None]:
    """Return Patients in parts that are asked for together; everybody is one part."""
    if patients is None:
        return [None]
    return [
        patients[first : first + PATIENTS_TOGETHER]
        for first in range(0, len(patients), PATIENTS_TOGETHER)
    ]
