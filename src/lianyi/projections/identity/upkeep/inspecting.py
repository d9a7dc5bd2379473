"""How good the data of the index are, for whoever asks: of the records that he may see.

What it costs does not grow with the index: the records of the persons with the smallest numbers are
looked at, ``RECORDS_MAX`` at most. Numbers are hashes, so this is a fair draw of whole persons, the
same every time. In a draw, shares are right and a value that few people share may be missing; all
of them are counted when a model is trained.
"""

from __future__ import annotations

import asyncio
from collections import Counter, defaultdict
from typing import Final

from lianyi.projections.identity import store
from lianyi.projections.identity.counting import Counts, count, sketch
from lianyi.projections.identity.ids import record_id
from lianyi.projections.identity.presenting import SeenRecord
from lianyi.projections.identity.quality import Finding, findings
from lianyi.projections.identity.reading import Reading
from lianyi.projections.identity.registration import Registration
from lianyi.projections.identity.standing import folded_of
from lianyi.projections.identity.table_store import RecordRow
from lianyi.projections.identity.upkeep import store as upkeep_store
from lianyi.projections.identity.upkeep.telling import Seen, keys_view
from lianyi.projections.identity.upkeep.views import QualityFindingView, QualityView
from lianyi.projections.identity.views import Bilingual

RECORDS_MAX: Final = 10_000
OF_EACH_KIND: Final = 20
"""So many shared values of a kind are told, the most crowded."""
CELLS: Final = 1 << 19
_ELEMENT: Final = {
    "shared-phone": "contact",
    "shared-address": "address",
    "shared-number": "national-number",
    "default-birth": "birth",
}
"""What shared values are in the classification of data."""


class Inspector(Reading):
    """Looks at the data."""

    async def quality(self) -> QualityView:
        """Return what is missing, wrong, doubled or shared, by source, with some examples."""
        async with self.reading() as (connection, schema):
            rows = await upkeep_store.records_by_person(connection, schema, limit=RECORDS_MAX + 1)
        whole = len(rows) <= RECORDS_MAX
        if not whole:  # the last person may have more records
            rows = [row for row in rows if row.person != rows[-1].person]
        counts = await asyncio.to_thread(_count, rows)
        told = _told(counts)
        examples = {record_id(*key) for one in told for key in one.examples}
        async with self.reading() as (connection, schema):
            whose = await store.persons_of(connection, schema, examples)
            people = await self.people(connection, schema, set(whose.values()))
        seen = {one.row.record: one for of in people.of.values() for one in of}
        return QualityView(
            records=len(rows),
            persons=counts.persons,
            whole=whole,
            sources=dict(sorted(counts.records.items())),
            findings=[_view(one, seen) for one in told],
        )


def _count(rows: list[RecordRow]) -> Counts:
    persons: dict[int, list[Registration]] = defaultdict(list)
    for row in rows:
        persons[row.person].append(folded_of(row).registration)
    return count(persons.values(), sketch(persons.values(), cells=CELLS))


def _told(counts: Counts) -> list[Finding]:
    told: Counter[tuple[str, str]] = Counter()
    found = []
    for one in findings(counts):
        told[one.kind, one.source] += 1
        if told[one.kind, one.source] <= OF_EACH_KIND:
            found.append(one)
    return found


def _view(one: Finding, seen: Seen) -> QualityFindingView:
    shown = [seen[record] for key in one.examples if (record := record_id(*key)) in seen]
    return QualityFindingView(
        kind=one.kind,
        words=Bilingual(zh=one.zh, en=one.en),
        count=one.count,
        of=one.of,
        source=one.source,
        value=_value(one, shown),
        examples=keys_view(one.examples, seen),
    )


def _value(one: Finding, shown: list[SeenRecord]) -> str:
    """Return a shared value as it may be seen of somebody who has it; of nobody seen, nothing."""
    if not one.value or not shown:
        return ""
    return shown[0].hider.value(_ELEMENT[one.kind], one.value)
