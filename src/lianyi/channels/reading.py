"""YAML text to plain data, remembering on which line everything stands.

Every scalar stays the text that was written: ``007`` is not seven, ``NO`` is not false, ``12:30``
is not 750. The definition says what is a number. What is refused altogether: see
:mod:`lianyi.base.plain_yaml`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import yaml

from lianyi.base.errors import Fact, LianyiError
from lianyi.base.plain_yaml import PlainLoader
from lianyi.channels.problems import BadChannel, UnreadableDefinition

Place = tuple[str | int, ...]
Plain = Any
"""Dictionaries, lists and texts, as deep as they go."""

SIZE_LIMIT_CHARACTERS = 1_000_000

_NOTHING = frozenset({"", "~", "null"})


@dataclass
class Report:
    """Collects what is wrong with one file, and knows where it stands.

    Attributes:
        name: the file, as people know it.
        lines: place in the data to line, counted from 1.
        problems: what was found, in the order it was found.
    """

    name: str
    lines: Mapping[Place, int] = field(default_factory=dict)
    problems: list[LianyiError] = field(default_factory=list)

    def where(self, place: Place) -> str:
        """Return e.g. ``lab-results.yaml: source.port (line 7)``."""
        text = ""
        for part in place:
            text += f"[{part}]" if isinstance(part, int) else f".{part}" if text else part
        line = self.line(place)
        return f"{self.name}" + (f": {text}" if text else "") + (f" (line {line})" if line else "")

    def line(self, place: Place) -> int:
        """Return the line of a place, or of what it stands in; 0 when unknown."""
        known = next((p for n in range(len(place), -1, -1) if (p := place[:n]) in self.lines), ())
        return self.lines.get(known, 0)

    def add(self, error: type[BadChannel], place: Place, /, **facts: Fact) -> None:
        """Note a problem at a place."""
        self.problems.append(error(where=self.where(place), **facts))

    def note(self, problem: LianyiError, place: Place) -> None:
        """Note a problem that something else raised, at a place of this file."""
        problem.where = self.where(place)
        self.problems.append(problem)


def read_yaml(text: str, report: Report) -> Plain:
    """Read YAML into dictionaries, lists and texts; note in ``report`` what cannot be read.

    Keys without a value are left out.

    Returns:
        The data; None when it cannot be used at all.
    """
    if len(text) > SIZE_LIMIT_CHARACTERS:
        report.add(
            UnreadableDefinition,
            (),
            why=f"it has more than {SIZE_LIMIT_CHARACTERS} characters",
            why_zh=f"超过 {SIZE_LIMIT_CHARACTERS} 个字符",
        )
        return None
    try:
        node = yaml.compose(text, Loader=PlainLoader)
    except yaml.MarkedYAMLError as error:
        line = (error.problem_mark.line + 1) if error.problem_mark else 0
        why = f"{error.problem or error.context} (line {line})"
        report.add(UnreadableDefinition, (), why=why, why_zh=f"YAML 语法：{why}")
        return None
    except yaml.YAMLError as error:
        report.add(UnreadableDefinition, (), why=str(error), why_zh=f"YAML 语法：{error}")
        return None
    lines: dict[Place, int] = {}
    data = _plain(node, (), lines, report)
    report.lines = lines
    return data


def _plain(node: yaml.Node | None, place: Place, lines: dict[Place, int], report: Report) -> Plain:
    """Return the data of a node."""
    if node is None:
        return None
    lines.setdefault(place, node.start_mark.line + 1)
    if isinstance(node, yaml.ScalarNode):
        nothing = node.style is None and node.value in _NOTHING
        return None if nothing else _text(node.value, place, lines, report)
    if isinstance(node, yaml.SequenceNode):
        return [_plain(item, (*place, n), lines, report) for n, item in enumerate(node.value)]
    return _mapping(node.value, place, lines, report)


def _text(value: str, place: Place, lines: dict[Place, int], report: Report) -> str:
    r"""Return a text as it was meant: ``"\ud83c\udfe5"`` is one character, half of it is none."""
    if value.isascii() or not any("\ud800" <= character <= "\udfff" for character in value):
        return value
    try:
        return value.encode("utf-16-le", "surrogatepass").decode("utf-16-le")
    except UnicodeDecodeError:
        report.lines = lines
        report.add(
            UnreadableDefinition, place, why="half a character stands here", why_zh="含有半个字符"
        )
        return ""


def _mapping(
    pairs: Iterable[tuple[yaml.Node, yaml.Node]],
    place: Place,
    lines: dict[Place, int],
    report: Report,
) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key_node, value_node in pairs:
        key = _text(str(key_node.value), place, lines, report)
        inside = (*place, key)
        if inside in lines:
            report.lines = lines
            report.add(
                UnreadableDefinition,
                inside,
                why=f"the key '{key}' stands here twice",
                why_zh=f"键“{key}”在此处出现了两次",
            )
        lines[inside] = key_node.start_mark.line + 1
        value = _plain(value_node, inside, lines, report)
        if value is not None:
            found[key] = value
    return found
