"""``$document``: a Composition and what it is put together from, as one Bundle that stands alone.

It is made when somebody asks and not kept, so it says what stands and what he may see. What belongs
to another patient is not taken in, whoever refers to it.

Source:
    HL7 FHIR R4, 3.3 Documents; Composition/$document.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final
from uuid import NAMESPACE_URL, uuid5

from lianyi.projections.clinical import answering, read_store
from lianyi.projections.clinical.everything import referred_by, shown_of
from lianyi.projections.clinical.persons import for_app
from lianyi.projections.clinical.problems import NoSuchResource, NotOffered
from lianyi.projections.clinical.reading import Reading, Shown
from lianyi.projections.clinical.resources import instant

STEPS: Final = 3
"""So far from the Composition references are followed: a section, a report, its results."""
PARTS_MAX: Final = 2_000
"""No document is larger: what is nearer to the Composition comes first."""


def check_not_persisted(query: Sequence[tuple[str, str]]) -> None:
    """Do nothing unless the document is to be kept.

    Raises:
        NotOffered: it is.
    """
    if ("persist", "true") in query:
        raise NotOffered(
            where="persist",
            why="a document is made when it is asked for; POST it as a Bundle to keep it",
            why_zh="文书在请求时生成；如需保存，请将其作为 Bundle 提交",
        )


async def document(reading: Reading, id_: str) -> list[Shown]:
    """Return a Composition and what it is put together from, the Composition first.

    Raises:
        NoSuchResource: no such Composition is known that may be seen.
    """
    async with reading.reading() as (connection, schema):
        kept = await read_store.find(connection, schema, "Composition", id_)
        if kept is None or kept.deleted or not await for_app(connection, schema, [kept]):
            raise NoSuchResource(where="Composition")
        parts = await shown_of(reading, connection, schema, [kept])
        if not parts:
            raise NoSuchResource(where="Composition")
        newest: Sequence[Shown] = parts
        for _ in range(STEPS):
            known = {part.kept.rid for part in parts}
            rids = sorted(set(referred_by(newest, ())) - known)[: PARTS_MAX - len(parts)]
            rows = [
                row
                for row in await read_store.list_kept(connection, schema, rids)
                if row.patient in (None, kept.patient)
            ]
            newest = await shown_of(reading, connection, schema, rows)
            parts = [*parts, *newest]
            if not newest:
                break
        return parts


def bundle_of(parts: Sequence[Shown], *, base: str) -> bytes:
    """Return a document as a Bundle.

    The same versions make the same bytes: its identifier and time are those of what is in it.
    """
    named = [f"{base}/{one.kept.type}/{one.kept.id}" for one in parts]
    versions = [
        f"{name}/_history/{one.kept.version}" for name, one in zip(named, parts, strict=True)
    ]
    head = {
        "resourceType": "Bundle",
        "identifier": {
            "system": "urn:ietf:rfc:3986",
            "value": uuid5(NAMESPACE_URL, " ".join(versions)).urn,
        },
        "type": "document",
        "timestamp": instant(max(one.kept.updated_at for one in parts)),
    }
    entries = [({"fullUrl": name}, one.body) for name, one in zip(named, parts, strict=True)]
    return answering.with_entries(head, entries)
