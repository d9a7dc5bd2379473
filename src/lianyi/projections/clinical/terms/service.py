"""What codes there are and what they mean; each use case is one method."""

from __future__ import annotations

import asyncpg

from lianyi.base.clock import Clock, IdSource
from lianyi.formats.fhir import json_text
from lianyi.projections.clinical.reading import Reading
from lianyi.projections.clinical.resources import instant
from lianyi.projections.clinical.terms import answers
from lianyi.projections.clinical.terms.answers import Page
from lianyi.projections.clinical.terms.loading import Terms
from lianyi.security.privacy.service import Privacy


class TermsService(Reading):
    """Answers by what FHIR R4 defines, and by what is stored as far as whoever asks sees it."""

    def __init__(
        self, pool: asyncpg.Pool, clock: Clock, ids: IdSource, *, privacy: Privacy, terms: Terms
    ) -> None:
        """Answer by the version in force; see :class:`~..reading.Reading`.

        Args:
            pool: of the database; as the doors see it.
            clock: the time now.
            ids: of expansions.
            privacy: decides how patients are seen; codes are about none.
            terms: knows codes.
        """
        super().__init__(pool, privacy=privacy)
        self._clock = clock
        self._ids = ids
        self._terms = terms

    async def expand(self, url: str, page: Page) -> bytes:
        """Return a value set with its codes; see :func:`.answers.expansion`."""
        async with self.reading() as (connection, schema):
            known = await self._terms.known(connection, schema, value_sets=[url])
        at = instant(self._clock.now())
        return json_text.write(
            answers.expansion(known, url, page, at=at, id_=str(self._ids.new_id()))
        )

    async def validate(self, url: str, system: str, code: str, display: str) -> bytes:
        """Return whether a code is in a value set; see :func:`.answers.validity`."""
        async with self.reading() as (connection, schema):
            known = await self._terms.known(
                connection, schema, value_sets=[url], code_systems=[system] if system else []
            )
        return json_text.write(answers.validity(known, url, system, code, display))

    async def look_up(self, system: str, code: str) -> bytes:
        """Return what a code system says of a code; see :func:`.answers.lookup`."""
        async with self.reading() as (connection, schema):
            known = await self._terms.known(connection, schema, code_systems=[system])
        return json_text.write(answers.lookup(known, system, code))
