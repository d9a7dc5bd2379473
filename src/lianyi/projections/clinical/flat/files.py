"""Files in ``content/clinical/views`` as views that can be run. No database.

Each file is a ViewDefinition; its ``name``, or else the name of the file, is what it is called.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Final, NamedTuple

from lianyi.base.errors import LianyiError
from lianyi.formats.fhir import json_text
from lianyi.formats.fhir.definitions import r4
from lianyi.formats.fhir.flattening import UnusableView, View, read
from lianyi.formats.fhir.flattening.definition import NAME

FOLDER: Final = ("clinical", "views")
"""In the content folder."""
FILES_MAX: Final = 500
FILE_BYTES_MAX: Final = 200_000
OURS: Final = "lianyi_"
"""What the columns begin with that say which resource a row is of."""


class UnusableFile(NamedTuple):
    """A file that cannot be used, and why."""

    file: str
    problem: LianyiError


class Folder(NamedTuple):
    """What the folder holds: views by name, and what cannot be used."""

    views: Mapping[str, View]
    refused: Sequence[UnusableFile]


def read_folder(content_dir: Path) -> Folder:
    """Read every file; of two views of one name the first, by file, counts."""
    folder = content_dir.joinpath(*FOLDER)
    views: dict[str, View] = {}
    refused: list[UnusableFile] = []
    for number, path in enumerate(sorted(folder.glob("*.json")) if folder.is_dir() else []):
        try:
            if number >= FILES_MAX:
                raise unusable(path.name, f"there are more than {FILES_MAX} files", "文件过多")
            view = read_file(path)
            if view.name in views:
                raise unusable(path.name, "another file has its name", "与另一文件同名")
            views[view.name] = view
        except LianyiError as problem:
            refused.append(UnusableFile(path.name, problem))
    return Folder(views, refused)


def read_file(path: Path) -> View:
    """Read one file.

    Raises:
        UnusableView: it cannot be used.
    """
    try:
        if path.stat().st_size > FILE_BYTES_MAX:
            raise unusable(path.name, "it is too long", "文件过大")
        said: dict[str, Any] = json_text.read(path.read_bytes())
    except OSError as error:
        kind = type(error).__name__
        raise unusable(path.name, kind, kind) from error
    except UnusableView:
        raise
    except LianyiError as error:
        raise unusable(path.name, "it is no JSON", "不是 JSON") from error
    return usable(said, path.name, name=path.stem)


def usable(said: Mapping[str, Any], where: str, *, name: str = "") -> View:
    """Return a view that says a name of its own, and no column that is ours.

    Args:
        said: its JSON.
        where: what it is called in errors.
        name: of one that says none.

    Raises:
        UnusableView: it cannot be used.
    """
    view = read(said, r4(), where=where)
    name = view.name or name
    if not NAME.fullmatch(name):
        raise unusable(f"{where} name", "it has no name", "没有名称")
    if any(column.name.startswith(OURS) for column in view.columns):
        raise unusable(
            f"{where} select", f"a column begins with {OURS}", f"列名不能以 {OURS} 开头"
        )  # fmt: skip
    return replace(view, name=name)


def unusable(where: str, why: str, why_zh: str) -> UnusableView:
    """Return why a view cannot be used."""
    return UnusableView(where=where, why=why, why_zh=why_zh)
