"""What people ask about one patient's record; each use case is one method.

Who the person is, which source records she has and how each is seen is the patient index's to say;
the repository gives what was said under those records. What is shown is gathered when somebody
looks: nothing of it is kept.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from zoneinfo import ZoneInfo

from lianyi.formats.fhir import json_text
from lianyi.messagelog.postgres_leases import Connection
from lianyi.projections.clinical.ids import resource_number
from lianyi.projections.clinical.record import attachments, record_store, strangers, telling
from lianyi.projections.clinical.record.attachments import File
from lianyi.projections.clinical.record.gathering import (
    Asked,
    Line,
    Record,
    joined,
    line_of,
    replaced,
    series_in,
)
from lianyi.projections.clinical.record.items import LASTS
from lianyi.projections.clinical.record.problems import NoSuchItem
from lianyi.projections.clinical.record.record_store import KeptRow
from lianyi.projections.clinical.record.searching import Searching
from lianyi.projections.clinical.record.sections import Section
from lianyi.projections.clinical.record.views import (
    RecordItemDetail,
    RecordItemsPage,
    RecordOverview,
    RecordSection,
    RecordSeries,
)
from lianyi.projections.clinical.record.whose import Owners, Schemas, Whose
from lianyi.projections.identity import read_store as identity_store
from lianyi.projections.identity.read_store import ChannelRow
from lianyi.projections.identity.service import IdentityService
from lianyi.projections.identity.views import PersonPage
from lianyi.projections.masterdata.questions import Questions, organisation_names
from lianyi.projections.problems import ProjectionNotReady
from lianyi.security.access import current
from lianyi.security.privacy.service import Privacy

NEWEST = 12
"""So many lines of a heading at a glance; the rest is asked for, but for allergies."""
DRAWN = 24
"""So many points of a series at a glance."""
SERIES_MAX = 60
_LASTING = frozenset({Section.PROBLEM, Section.MEDICATION, Section.ORDER})


class RecordService:
    """Answers about whole records of patients."""

    def __init__(
        self,
        identity: IdentityService,
        masterdata: Questions,
        *,
        privacy: Privacy,
        zone: ZoneInfo,
    ) -> None:
        """Answer from the versions in force.

        Args:
            identity: says who is one person, and how each source record is seen.
            masterdata: what organisations are called.
            privacy: says how patients are seen whom the index does not know.
            zone: in which days begin and end.
        """
        self._owners = Owners(identity, privacy)
        self._searching = Searching(self._owners)
        self._zone = zone
        self._identity = identity
        self._masterdata = masterdata

    async def find(
        self, text: str, *, born: str = "", sex: str = "", skip: int = 0, limit: int = 20
    ) -> PersonPage:
        """Find patients by whatever is known of them; see ``IdentityService.search``.

        Those whom the index does not know come behind all others, besides the last page of them.
        """
        page = await self._identity.search(text, born=born, sex=sex, skip=skip, limit=limit)
        if page.more or (skip and not page.items):
            return page
        try:
            async with self._owners.reading() as (connection, schemas):
                others = await strangers.find(
                    connection, schemas, self._owners, text, born=born, sex=sex
                )
        except ProjectionNotReady:  # the index is there: the repository has learned nothing yet
            return page
        return PersonPage(items=[*page.items, *others], more=False)

    async def overview(self, person: str) -> RecordOverview:
        """Return a record at a glance.

        Args:
            person: her number in the index, or that of any of her records.

        Raises:
            UnreadableId, NoSuchPerson: it leads to nobody who may be seen.
            ProjectionNotReady: nothing has been learned yet.
        """
        record = await self._gather(person)
        counts: dict[Section, list[Line]] = {one: [] for one in Section}
        for line in record.lines:
            counts[line.item.section].append(line)
        by_code: dict[str, int] = {}
        for line in record.lines:
            if line.channel:
                by_code[line.channel.organisation] = by_code.get(line.channel.organisation, 0) + 1
        names = await organisation_names(self._masterdata, sorted(by_code))
        dated = [line.item.at for line in record.lines if line.item.at]
        series = series_in(record.lines)
        return RecordOverview(
            person=record.person,
            withheld=record.withheld,
            masked=any(not line.is_whole for line in record.lines),
            complete=record.complete,
            first_at=dated[-1] if dated else "",
            last_at=dated[0] if dated else "",
            sections=[
                RecordSection(
                    section=section,
                    count=len(lines),
                    items=[telling.item_view(line) for line in _at_a_glance(section, lines)],
                )
                for section, lines in counts.items()
                if lines
            ],
            series=[telling.series_view(one, last=DRAWN) for one in series[:SERIES_MAX]],
            organisations=telling.organisation_views(by_code, names),
        )

    async def items(self, person: str, asked: Asked, *, skip: int, limit: int) -> RecordItemsPage:
        """Return lines of a record, the newest first; see :meth:`overview` for what is raised."""
        record = await self._gather(person)
        found, unread = await self._searching.found(record.lines, asked._replace(zone=self._zone))
        return RecordItemsPage(
            items=[telling.item_view(line) for line in found[skip : skip + limit]],
            total=len(found),
            more=len(found) > skip + limit,
            unread=unread,
        )

    async def series(self, person: str, keys: Collection[str]) -> list[RecordSeries]:
        """Return series with every point; see :meth:`overview` for what is raised.

        Args:
            person: as in :meth:`overview`.
            keys: of the series; empty: of all vital signs.
        """
        record = await self._gather(person)
        return [
            telling.series_view(one)
            for one in series_in(record.lines)
            if (one.key in keys if keys else one.vital)
        ]

    async def item(self, person: str, type_: str, id_: str) -> RecordItemDetail:
        """Return one item with its versions and the messages that said them.

        Raises:
            NoSuchItem: there is none of this record that may be seen.
        """
        async with self._owners.reading() as (connection, schemas):
            line = await self._find(connection, schemas, person, type_, id_)
            versions = await record_store.versions_of(
                connection, schemas.clinical, resource_number(type_, id_)
            )
            channels = await identity_store.channels(connection, {one.channel for one in versions})
        return telling.detail_view(line, versions if line.is_whole else [], channels)

    async def attachment(self, person: str, type_: str, id_: str, index: int) -> File:
        """Return a file of an item.

        Raises:
            NoSuchItem: there is no such file of this record that may be seen.
        """
        async with self._owners.reading() as (connection, schemas):
            line = await self._find(connection, schemas, person, type_, id_)
            if not line.is_whole:
                raise NoSuchItem(where=f"{type_}/{id_}")
            found = attachments.held_in(line.resource, index)
            if isinstance(found, str):
                row = await record_store.find_resource(
                    connection, schemas.clinical, resource_number("Binary", found)
                )
                found = attachments.of_binary(json_text.read(row.body)) if row else None
            if found is not None and line.whose.hider.hides_all_of(found.words):
                found = None
        if found is None:
            raise NoSuchItem(where=f"{type_}/{id_}/{index}")
        return found

    # --- gathering ------------------------------------------------------------------------------

    async def _gather(self, person: str) -> Record:
        async with self._owners.reading() as (connection, schemas):
            owner = await self._owners.get(connection, schemas, person)
            rows = await record_store.resources_about(connection, schemas.clinical, owner.patients)
            channels = await identity_store.channels(connection, {row.channel for row in rows})
        lines = replaced(joined(_lines(rows, owner.patients, channels)))
        lines.sort(key=lambda line: line.order, reverse=True)
        complete = len(rows) < record_store.RESOURCES_MAX
        return Record(owner.person, owner.withheld, lines, complete)

    async def _find(
        self, connection: Connection, schemas: Schemas, person: str, type_: str, id_: str
    ) -> Line:
        owner = await self._owners.get(connection, schemas, person)
        row = await record_store.find_resource(
            connection, schemas.clinical, resource_number(type_, id_)
        )
        if row is None or row.patient not in owner.patients or (row.type, row.id) != (type_, id_):
            raise NoSuchItem(where=f"{type_}/{id_}")
        beside = await record_store.said_beside(connection, schemas.clinical, row)
        channels = await identity_store.channels(connection, {one.channel for one in beside})
        lines = _lines(beside, owner.patients, channels)
        for line in (*replaced(joined(lines)), *lines):
            if (line.item.type, line.item.id) == (type_, id_):
                return line
        raise NoSuchItem(where=f"{type_}/{id_}")


def _lines(
    rows: Iterable[KeptRow], whose: Mapping[int, Whose], channels: Mapping[int, ChannelRow]
) -> list[Line]:
    """Return the lines of resources that whoever asks may see."""
    found = (line_of(row, whose[row.patient], channels) for row in rows)
    return [line for line in found if line is not None and _may_see(line)]


def _at_a_glance(section: Section, lines: list[Line]) -> list[Line]:
    """Return what is shown of a heading at first: the newest, and before it what is not over.

    An old allergy is as dangerous as a new one, so they are all shown.
    """
    if section is Section.ALLERGY:
        return lines
    if section in _LASTING:
        lines = sorted(lines, key=lambda line: line.item.status not in LASTS)
    return lines[:NEWEST]


def _may_see(line: Line) -> bool:
    """Tell whether whoever asks sees what the channel of a line brings: the first wall."""
    return current().sees(line.channel.organisation if line.channel else "")
