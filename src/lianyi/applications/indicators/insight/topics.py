"""Topics (专题): pages about patients, diseases, beds, operations and equipment, kept as files.

The product brings :file:`topics/<topic>.yaml`; a file ``content/topics/<topic>.yaml`` of the
hospital takes its place or adds another. What a topic should show and no data tell is said on it.
"""

from __future__ import annotations

import importlib.resources
from collections.abc import Mapping
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Annotated, Final, Literal

from pydantic import Field

from lianyi.applications.indicators.boards import Board, BoardTile
from lianyi.applications.indicators.insight.problems import BadTopic
from lianyi.applications.indicators.model import Title
from lianyi.applications.indicators.screen_files import parse_screen
from lianyi.base.content_files import unknown
from lianyi.base.settings import Section

FOLDER: Final = "topics"
BROUGHT: Final = ("patients", "diseases", "beds", "operations", "equipment", "informatics")
_PARTS_MAX: Final = 12


class TopicStructure(Section):
    """An indicator by the classes of a split.

    Attributes:
        indicator: its code.
        by: the split.
    """

    indicator: Annotated[str, Field(max_length=20)]
    by: Annotated[str, Field(max_length=40)]


class TopicRanking(Section):
    """An indicator by places or doctors.

    Attributes:
        indicator: its code.
        by: of what there is a row each.
    """

    indicator: Annotated[str, Field(max_length=20)]
    by: Literal["hospital", "department", "doctor"]


class TopicMissing(Section):
    """What belongs to a topic and has no source of data.

    Attributes:
        name: what it is.
        why: why nobody can tell it.
    """

    name: Title
    why: Title


class Topic(Section):
    """A page about one thing.

    Attributes:
        topic: its short name, that of its file.
        title: what people call it.
        lead: what it answers.
        now: tiles of the day, by name.
        tiles: indicators with their trend.
        structures: what makes up an indicator.
        rankings: who is first.
        missing: what cannot be told.
    """

    topic: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]{0,40}$")]
    title: Title
    lead: Title
    now: tuple[str, ...] = ()
    tiles: Annotated[list[BoardTile], Field(min_length=1, max_length=_PARTS_MAX)]
    structures: Annotated[tuple[TopicStructure, ...], Field(max_length=_PARTS_MAX)] = ()
    rankings: Annotated[tuple[TopicRanking, ...], Field(max_length=_PARTS_MAX)] = ()
    missing: Annotated[tuple[TopicMissing, ...], Field(max_length=_PARTS_MAX)] = ()

    @property
    def board(self) -> Board:
        """Return its indicators as a board."""
        return Board(board=self.topic, title=self.title, tiles=self.tiles)


def read_topics(content_dir: Path) -> dict[str, Traversable]:
    """Return the files of topics by name: ours in our order, then others that a hospital has."""
    shipped = importlib.resources.files(__package__ or "") / FOLDER
    found: dict[str, Traversable] = {one: shipped / f"{one}.yaml" for one in BROUGHT}
    own = content_dir / FOLDER
    if own.is_dir():
        files = [one for one in sorted(own.iterdir()) if one.is_file()]
        found |= {one.stem: one for one in files if one.suffix == ".yaml"}
    return found


def parse_topic(file: Traversable, name: str) -> Topic:
    """Read one topic.

    Raises:
        BadTopic: its file cannot be used.
    """
    return parse_screen(file, FOLDER, name, kind=Topic, key="topic", bad=BadTopic)


def find_topic(topics: Mapping[str, Traversable], name: str) -> Topic:
    """Return a topic of a name.

    Raises:
        BadTopic: there is none, or its file cannot be used.
    """
    if name not in topics:
        raise BadTopic(where=name, **unknown(name, topics))
    return parse_topic(topics[name], name)
