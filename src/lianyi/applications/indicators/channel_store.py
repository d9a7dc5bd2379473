"""By which channel a hospital's data come: the trail of a look belongs to whoever sees that one."""

from __future__ import annotations

from collections.abc import Collection

from lianyi.security.account_store import Asks


async def channels_of(ask: Asks, hospitals: Collection[str]) -> dict[str, int]:
    """Return for each hospital the first of its channels that whoever asks sees."""
    if not hospitals:
        return {}
    rows = await ask.fetch(
        "SELECT c.organisation, min(c.channel) FROM messagelog.channel AS c"
        " WHERE c.organisation = ANY ($1::text[])"
        " AND c.channel = ANY ((SELECT messagelog.visible_channels())::integer[])"
        " GROUP BY c.organisation",
        list(hospitals),
    )
    return {row[0]: row[1] for row in rows}
