"""Boards: which indicators stand together on a screen, and what a hospital wants to reach.

The product brings :file:`boards/<board>.yaml`; a file ``content/boards/<board>.yaml`` of the
hospital takes its place or adds another.
"""

from __future__ import annotations

import importlib.resources
from collections.abc import Mapping
from functools import cache
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Annotated, Any, Final, Literal

from pydantic import Field

from lianyi.applications.indicators.failures import BadBoard
from lianyi.applications.indicators.model import Part, Title
from lianyi.applications.indicators.screen_files import parse_screen
from lianyi.base.content_files import files_by_name, unknown
from lianyi.base.plain_yaml import plain_yaml
from lianyi.base.settings import Section

FOLDER: Final = "boards"
FIRST: Final = "president"
"""The board that is shown where nobody chooses."""
TILES_MAX: Final = 60


class BoardTile(Section):
    """One indicator on a board.

    Attributes:
        indicator: its code.
        caliber: short name; empty: the first that is counted.
        group: under which heading it stands.
        target: what the hospital wants to reach, in the unit of the indicator; None: nothing.
    """

    indicator: Annotated[str, Field(max_length=20)]
    caliber: Annotated[str, Field(max_length=41)] = ""
    group: Title
    target: float | None = None


class Board(Section):
    """Indicators that stand together.

    Attributes:
        board: its short name, that of its file.
        title: what people call it.
        tiles: in order.
    """

    board: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]{0,40}$")]
    title: Title
    tiles: Annotated[list[BoardTile], Field(min_length=1, max_length=TILES_MAX)]


class NowTile(Section):
    """Something that is counted of today, or of this moment.

    Attributes:
        tile: its short name.
        name: what people call it.
        when: ``today`` counts rows whose time lies in it; ``now`` all that ever began.
        part: what is counted.
    """

    tile: str
    name: Title
    when: Literal["today", "now"]
    part: Part


def read_boards(content_dir: Path) -> dict[str, Traversable]:
    """Return the files of boards by name; those of the hospital take the place of ours."""
    shipped = importlib.resources.files(__package__ or "") / FOLDER
    return files_by_name(shipped, content_dir / FOLDER)


def parse_board(file: Traversable, name: str) -> Board:
    """Read one board.

    Raises:
        BadBoard: its file cannot be used.
    """
    return parse_screen(file, FOLDER, name, kind=Board, key="board", bad=BadBoard)


def find_board(boards: Mapping[str, Traversable], name: str) -> Board:
    """Return a board of a name.

    Raises:
        BadBoard: there is none, or its file cannot be used.
    """
    if name not in boards:
        raise BadBoard(where=name, **unknown(name, boards))
    return parse_board(boards[name], name)


@cache
def now_tiles() -> tuple[NowTile, ...]:
    """Return what is counted of today."""
    text = importlib.resources.files(__package__ or "").joinpath("today.yaml").read_text("utf-8")
    said: list[dict[str, Any]] = plain_yaml(text)
    return tuple(NowTile.model_validate(one) for one in said)
