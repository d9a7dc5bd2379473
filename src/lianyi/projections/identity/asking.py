"""Who may be meant: one question to the database, and the likeliest record of each person.

The desk asks while somebody types, so this is short: the version in force, its model and all who
share a key come with one statement, by the version and the model that were known the last time.
Where it turns out that one of them is another now, it is asked again.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import NamedTuple

import asyncpg

from lianyi.messagelog.postgres_leases import Connection
from lianyi.projections.identity import read_store
from lianyi.projections.identity.blocking import blocking_keys
from lianyi.projections.identity.follow import NAME
from lianyi.projections.identity.ids import record_id
from lianyi.projections.identity.matching import Matching, have_a_mark_of, unpacked
from lianyi.projections.identity.read_store import CandidateRow
from lianyi.projections.identity.reading import Reading
from lianyi.projections.identity.registration import Registration
from lianyi.projections.identity.scoring import Score
from lianyi.projections.identity.traits import Traits, read_registration


class Found(NamedTuple):
    """A record that may be of the person who is asked about."""

    person: int
    record: int
    traits: Traits
    score: Score


class Asking(Reading):
    """Says who may be meant."""

    async def meant(self, said: Registration) -> tuple[Matching, Traits, list[Found]]:
        """Return the model in force, what was read, and who may be meant.

        Raises:
            ProjectionNotReady: nothing has been learned yet.
        """
        known = self._matching
        if known is not None and not self._sensitive:
            at, schema, matching = known
            traits = self._read(said, matching)
            async with self._pool.acquire() as connection:
                try:
                    now = await read_store.candidates_now(
                        connection, NAME, schema, blocking_keys(traits)
                    )
                except (asyncpg.UndefinedTableError, asyncpg.UndefinedFunctionError):
                    now = None  # the version that was in force is no more
            if now is not None and now[:2] == (schema, at):
                return matching, traits, likeliest(matching, traits, said, now.rows)
        async with self.reading() as (connection, schema):
            traits, found = await self.likely(connection, schema, said)
            return await self.matching(connection, schema), traits, found

    async def likely(
        self, connection: Connection, schema: str, said: Registration
    ) -> tuple[Traits, list[Found]]:
        """Return what was read, and of each person who may be meant the likeliest record."""
        matching = await self.matching(connection, schema)
        traits = self._read(said, matching)
        rows = await read_store.candidates(connection, schema, blocking_keys(traits))
        if not self._sensitive:
            return traits, likeliest(matching, traits, said, rows)
        told = await self.unveiled(connection, schema, rows)
        return traits, likeliest(
            matching, traits, said, (row for row, _ in told), {row.record: one for row, one in told}
        )

    def _read(self, said: Registration, matching: Matching) -> Traits:
        return read_registration(said, matching.learned, today=self._clock.now().date())


def likeliest(
    matching: Matching,
    traits: Traits,
    said: Registration,
    rows: Iterable[CandidateRow],
    told: Mapping[int, Traits] = MappingProxyType({}),
) -> list[Found]:
    """Return of each person the likeliest record that may be meant, the likeliest person first.

    Args:
        matching: the model in force.
        traits: what is asked.
        said: the same, as it was said; its own record is left out.
        rows: records that share a key.
        told: by record what of it may be compared, where that is not all.
    """
    own = record_id(*said.key)
    tells = matching.scorer.marks_tell
    best: dict[int, Found] = {}
    for row in rows:
        if row.record == own or (tells and not have_a_mark_of(traits, row.traits)):
            continue
        other = told.get(row.record) or unpacked(row.traits)
        score = matching.judge(traits, other)
        if score is None:
            continue
        found = Found(row.person, row.record, other, score)
        known = best.get(row.person)
        if known is None or _likelier(found) < _likelier(known):
            best[row.person] = found
    return sorted(best.values(), key=_likelier)


def _likelier(one: Found) -> tuple[int, float, int]:
    return -one.score.lane, -one.score.bits, one.record
