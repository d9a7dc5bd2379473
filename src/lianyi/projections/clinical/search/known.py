"""All that a search means, as far as whoever asks may know of it: of what is not paged."""

from __future__ import annotations

from typing import Final

from lianyi.messagelog.postgres_leases import Connection
from lianyi.projections.clinical import read_store
from lianyi.projections.clinical.read_store import Kept
from lianyi.projections.clinical.search import search_store
from lianyi.projections.clinical.search.conditions import Node
from lianyi.projections.clinical.search.problems import TooCostly
from lianyi.projections.clinical.search.query import Query
from lianyi.projections.clinical.search.service import COUNTED_MAX, Eyes, SearchService

KNOWN_MAX: Final = 10_000
"""So many are looked at for one answer, where nothing can be hidden of any of them."""


class Knowing(SearchService):
    """Finds all of something at once."""

    async def known(
        self, connection: Connection, schema: str, query: Query, node: Node
    ) -> list[Kept]:
        """Return everything that a condition means and whoever asks may know to be meant.

        Args:
            connection: in a transaction.
            schema: of the version.
            query: what was asked: it says what must be seen of a resource to know of it.
            node: what it means.

        Raises:
            TooCostly: it is more than is looked at for one answer.
        """
        rids = await self.known_rids(
            connection, schema, query, node, most=KNOWN_MAX, of_hidden=KNOWN_MAX
        )
        return await read_store.list_kept(connection, schema, rids)

    async def known_rids(
        self,
        connection: Connection,
        schema: str,
        query: Query,
        node: Node,
        *,
        most: int,
        of_hidden: int = COUNTED_MAX,
    ) -> list[int]:
        """Return the numbers of the same; see :meth:`known`.

        Args:
            connection: as there.
            schema: as there.
            query: as there.
            node: as there.
            most: so many at most.
            of_hidden: so many where something may be hidden of them, and each is looked at.
        """
        hides_nothing = self._hides_nothing()
        most = most if hides_nothing else of_hidden
        search = await search_store.driven(connection, schema, node)
        rids = await search_store.matching(connection, schema, search, limit=most + 1)
        if len(rids) > most:
            raise TooCostly(
                where="search",
                why=f"it finds more than {most} resources, all of which must be looked at",
                why_zh=f"命中的资源超过 {most} 个，须全部核对",
            )
        if hides_nothing:
            return rids
        rows = await read_store.list_kept(connection, schema, rids)
        eyes = Eyes(connection, schema, self.presenter, await self._guard(connection, query))
        return [row.rid for row in await eyes.known(rows)]
