"""Which parameters of one's own are indexed: those of files, and those that were written over REST.

A file comes before a resource, and a resource before another by its id: so what is indexed follows
from what there is, and not from when it came.
"""

from __future__ import annotations

import asyncio
from functools import partial
from pathlib import Path
from typing import Final

from lianyi.formats.fhir import json_text
from lianyi.formats.fhir.definitions import r4
from lianyi.messagelog.postgres_leases import Connection
from lianyi.projections.clinical.definition_store import Definition, list_of_house
from lianyi.projections.clinical.parameters import parameter_store
from lianyi.projections.clinical.parameters.reading import (
    Folder,
    Own,
    gathered,
    read,
    read_folder,
)

TYPE: Final = "SearchParameter"


async def wanted(
    connection: Connection, schema: str, content_dir: Path | None, *, without: str = ""
) -> Folder:
    """Return what is to be indexed, and what cannot be.

    Args:
        connection: to the database, as the platform sees it.
        schema: of the version.
        content_dir: holds the folder of parameters; None: there are no files.
        without: id of a resource that is passed over.
    """
    files = Folder((), ())
    if content_dir is not None:
        files = await asyncio.to_thread(read_folder, content_dir)
    stored = await list_of_house(connection, schema, TYPE)
    return gathered(
        files, [(name_of(one.id), partial(_active, one)) for one in stored if one.id != without]
    )


def name_of(id_: str) -> str:
    """Return what a parameter is called that was written over REST, where others have a file."""
    return f"{TYPE}/{id_}"


def _active(stored: Definition) -> list[Own]:
    said = json_text.read(stored.body)
    return read(said, name_of(stored.id), r4()) if said.get("status") == "active" else []


async def adopt(connection: Connection, schema: str, folder: Folder) -> bool:
    """Begin with what is new, and let go of what is wanted no more; return whether either is.

    Args:
        connection: in a transaction that has locked the version.
        schema: of the version.
        folder: what is wanted.
    """
    rows = {row.p: row for row in await parameter_store.list_all(connection, schema)}
    own = {one.p: one for one in folder.own}
    gone = [row for row in rows.values() if row.state != "gone" and row.p not in own]
    for row in gone:
        await parameter_store.let_go(connection, schema, row.p)
    new = [one for p, one in own.items() if p not in rows or rows[p].state == "gone"]
    for one in new:
        total = await parameter_store.count_of_type(connection, schema, one.type)
        await parameter_store.add(connection, schema, one, state="building", total=total)
    return bool(gone or new)
