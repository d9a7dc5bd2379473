"""Views that can be run: those of files, and those that were written over REST.

A file comes before a resource of its name, and a resource before another by its id.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Final

from lianyi.base.errors import LianyiError
from lianyi.formats.fhir import json_text
from lianyi.formats.fhir.flattening import View
from lianyi.messagelog.postgres_leases import Connection
from lianyi.projections.clinical.definition_store import list_of_house
from lianyi.projections.clinical.flat.files import (
    Folder,
    UnusableFile,
    read_folder,
    unusable,
    usable,
)
from lianyi.projections.clinical.flat.problems import NoSuchView
from lianyi.projections.clinical.writing import Intent

TYPE: Final = "ViewDefinition"


async def views(connection: Connection, schema: str, content_dir: Path) -> Folder:
    """Return every view by its name, and what cannot be used.

    Args:
        connection: to the database, as the platform sees it.
        schema: of the version.
        content_dir: holds the folder of views.
    """
    folder = await asyncio.to_thread(read_folder, content_dir)
    stored = await list_of_house(connection, schema, TYPE)
    return _with(folder, [(one.id, json_text.read(one.body)) for one in stored])


async def view_called(connection: Connection, schema: str, content_dir: Path, name: str) -> View:
    """Return a view by its name, or by the id of its resource.

    Raises:
        NoSuchView: there is none that can be used.
    """
    folder = await asyncio.to_thread(read_folder, content_dir)
    if name in folder.views:
        return folder.views[name]
    stored = [
        (one.id, json_text.read(one.body)) for one in await list_of_house(connection, schema, TYPE)
    ]
    found = _with(folder, stored).views
    said = next((said for id_, said in stored if id_ == name), {})
    view = found.get(name) or found.get(str(said.get("name", "")))
    if view is None:
        raise NoSuchView(where="views")
    return view


async def refused_with(
    connection: Connection, schema: str, content_dir: Path, intent: Intent
) -> Mapping[str, LianyiError]:
    """Return by id what could not be used if a view stood as somebody wants it to, after others."""
    folder = await asyncio.to_thread(read_folder, content_dir)
    stored = await list_of_house(connection, schema, TYPE)
    others = [(one.id, json_text.read(one.body)) for one in stored if one.id != intent.id]
    found = _with(folder, [*others, (intent.id, dict(intent.resource or {}))])
    return {one.file.removeprefix(f"{TYPE}/"): one.problem for one in found.refused}


def _with(folder: Folder, stored: Iterable[tuple[str, dict[str, Any]]]) -> Folder:
    found, refused = dict(folder.views), list(folder.refused)
    for id_, said in stored:
        place = f"{TYPE}/{id_}"
        if said.get("status") == "retired":
            continue
        try:
            view = usable(said, place)
            if view.name in found:
                raise unusable(f"{place} name", "another view has its name", "与另一视图同名")
            found[view.name] = view
        except LianyiError as problem:
            refused.append(UnusableFile(place, problem))
    return Folder(found, refused)
