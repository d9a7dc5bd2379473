"""What FHIR says of search, and what a hospital's own parameters say besides."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import Final

from lianyi.formats.fhir.definitions import Definitions, SearchParameter
from lianyi.messagelog.postgres_leases import Connection
from lianyi.projections.clinical.parameters import parameter_store
from lianyi.projections.clinical.parameters.parameter_store import Row
from lianyi.projections.clinical.parameters.problems import ParameterIncomplete

_ABSENT: Final = None


class Parameters(dict[str, SearchParameter]):
    """The parameters of a type; to ask for one that is being indexed is refused."""

    def __init__(self, known: Iterable[tuple[str, SearchParameter]], own: Iterable[Row]) -> None:
        """Know those of FHIR and of one's own."""
        super().__init__(known)
        self._building = {row.code: row for row in own if row.state == "building"}
        self.update((row.code, row.parameter) for row in own if row.state == "complete")

    def get(self, code: str, default: SearchParameter | None = _ABSENT) -> SearchParameter | None:  # type: ignore[override]
        """Return a parameter, None where there is none.

        Raises:
            ParameterIncomplete: it is being indexed.
        """
        row = self._building.get(code)
        if row is not None:
            raise ParameterIncomplete(
                where=f"{row.type}.{code}", done=row.done, total=max(row.total, row.done)
            )
        return super().get(code, default)


async def known_in(connection: Connection, schema: str, definitions: Definitions) -> Definitions:
    """Return definitions with the parameters of one's own that a version indexes.

    Args:
        connection: in a transaction.
        schema: of the version.
        definitions: of FHIR.
    """
    by_type: dict[str, list[Row]] = defaultdict(list)
    for row in await parameter_store.list_indexed(connection, schema):
        by_type[row.type].append(row)
    if not by_type:
        return definitions
    return definitions.extended(
        {
            type_: Parameters(definitions.search_parameters(type_).items(), rows)
            for type_, rows in by_type.items()
        }
    )
