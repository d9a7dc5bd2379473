"""Definitions by their hash: what the file says today, and all that was ever signed."""

from __future__ import annotations

from lianyi.applications.indicators.model import Indicator, definition, definition_hash
from lianyi.applications.indicators.publishing import published_store as store
from lianyi.applications.indicators.publishing.model import Definition
from lianyi.applications.indicators.publishing.problems import NoSuchCaliber


async def defined_by(
    ask: store.Asks, indicator: Indicator, hashed: str, *, where: str
) -> Definition:
    """Return what a hash stands for, ready to be counted.

    Args:
        ask: the database.
        indicator: as its file says.
        hashed: SHA-256 of a definition, in hexadecimal.
        where: which one it is, for the failure.

    Raises:
        NoSuchCaliber: no such definition is known, or it counts nothing.
    """
    of_file = {definition_hash(indicator, one): one for one in indicator.calibers}
    if hashed in of_file:
        said = definition(indicator, of_file[hashed])
    else:
        said = dict((await store.definitions(ask, [hashed])).get(hashed) or {})
    if not said.get("numerator"):
        raise NoSuchCaliber(where=where)
    return Definition.of(said)
