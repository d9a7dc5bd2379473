"""What channels share: step lists, code tables and functions under ``content/``.

::

    content/channels/<name>.yaml     content/tables/<name>.csv or .yaml
    content/steps/<name>.yaml        content/functions/<name>.py

A :class:`Library` remembers what was taken from it, so that a channel is known to have changed when
one of its tables did, and so that the files can be kept with the version that used them.
"""

from __future__ import annotations

import ast
import csv
import io
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path, PurePath

from pydantic import ValidationError

from lianyi.base.settings import nearest
from lianyi.channels.definition import StepList
from lianyi.channels.explaining import explain
from lianyi.channels.problems import BadChannel, BadTable, UnknownName
from lianyi.channels.reading import Place, Report, read_yaml

FILE_LIMIT_BYTES = 16 * 1024 * 1024

_KINDS = {
    "tables": ("code table", "对照表", (".csv", ".yaml")),
    "steps": ("step list", "步骤列表", (".yaml",)),
    "functions": ("function", "函数", (".py",)),
}


@dataclass(frozen=True, slots=True)
class Function:
    """A Python function that runs apart.

    Attributes:
        name: of its file, without ``.py``.
        source: the text of the file.
    """

    name: str
    source: str


@dataclass
class Library:
    """The files under one content folder, or those that were kept of it.

    Attributes:
        folder: the content folder; None: there is none, and nothing is found.
        kept: file below the folder to what it held when it was kept; taken instead of the folder.
        taken: file below the folder to what it held, for all that was taken.
    """

    folder: Path | None
    kept: Mapping[str, bytes] | None = None
    taken: dict[str, bytes] = field(default_factory=dict)

    def table(self, name: str, report: Report, place: Place) -> Mapping[str, str]:
        """Return a code table, code to code; empty after noting a problem."""
        file = self._find("tables", name, report, place)
        text = self._text(file, report, place) if file else None
        if file is None or text is None:
            return {}
        inside = Report(file)
        pairs = _csv_pairs(text) if file.endswith(".csv") else _yaml_pairs(text, inside)
        table: dict[str, str] = {}
        for line, code, meaning in pairs:
            if table.setdefault(code, meaning) != meaning:
                inside.problems.append(
                    BadTable(
                        where=f"{inside.name} (line {line})",
                        why="a code stands there twice with different meanings",
                        why_zh="同一代码出现两次且含义不同",
                    )
                )
        if not table and not inside.problems:
            inside.add(
                BadTable,
                (),
                why="it holds no codes; a header and two columns are needed",
                why_zh="其中没有代码；需要一行表头和两列",
            )
        report.problems += inside.problems
        return table

    def step_list(self, name: str, report: Report, place: Place) -> StepList | None:
        """Return a shared step list; None after noting a problem."""
        file = self._find("steps", name, report, place)
        text = self._text(file, report, place) if file else None
        if file is None or text is None:
            return None
        inside = Report(file)
        data = read_yaml(text, inside)
        found = None
        if not inside.problems:
            try:
                found = StepList.model_validate(data)
            except ValidationError as error:
                explain(error, StepList, inside)
        report.problems += inside.problems
        return found

    def function(self, name: str, report: Report, place: Place) -> Function | None:
        """Return a function; None after noting a problem."""
        file = self._find("functions", name, report, place)
        source = self._text(file, report, place) if file else None
        if file is None or source is None:
            return None
        where = Report(file)
        try:
            tree = ast.parse(source)
        except (SyntaxError, ValueError) as error:
            line = getattr(error, "lineno", 0) or 0
            where.problems.append(
                BadChannel(
                    where=f"{where.name} (line {line})",
                    why="it is no Python",
                    why_zh="它不是有效的 Python",
                )
            )
        else:
            if not any(isinstance(n, ast.FunctionDef) and n.name == "run" for n in tree.body):
                where.add(
                    BadChannel,
                    (),
                    why="it has no 'def run(message, settings)'",
                    why_zh="其中没有 def run(message, settings)",
                )
        report.problems += where.problems
        return None if where.problems else Function(name, source)

    def _find(self, folder: str, name: str, report: Report, place: Place) -> str | None:
        """Return which file holds something; None after noting a problem."""
        kind, kind_zh, endings = _KINDS[folder]
        for ending in endings:
            file = f"{folder}/{name}{ending}"
            if self._holds(file):
                return file
        known = [PurePath(file).stem for file in self._names(folder) if file.endswith(endings)]
        report.add(
            UnknownName, place, kind=kind, kind_zh=kind_zh, name=name, nearest=nearest(name, known)
        )
        return None

    def _holds(self, file: str) -> bool:
        if self.kept is not None:
            return file in self.kept
        return self.folder is not None and (self.folder / file).is_file()

    def _names(self, folder: str) -> Iterable[str]:
        if self.kept is not None:
            return [file for file in self.kept if file.startswith(f"{folder}/")]
        inside = self.folder / folder if self.folder is not None else None
        return [path.name for path in inside.iterdir()] if inside and inside.is_dir() else []

    def _text(self, file: str, report: Report, place: Place) -> str | None:
        try:
            data = self._read(file)
            if len(data) > FILE_LIMIT_BYTES:
                raise ValueError(f"more than {FILE_LIMIT_BYTES} bytes")  # noqa: TRY301
            text = data.decode("utf-8-sig")
        except (OSError, ValueError) as error:
            report.add(
                BadChannel,
                place,
                why=f"cannot read {file}: {error}",
                why_zh=f"无法读取 {file}：{error}",
            )
            return None
        self.taken[file] = data
        return text

    def _read(self, file: str) -> bytes:
        if self.kept is not None:
            return self.kept[file]
        with ((self.folder or Path()) / file).open("rb") as stream:
            return stream.read(FILE_LIMIT_BYTES + 1)


def _csv_pairs(text: str) -> list[tuple[int, str, str]]:
    """Return line, code and meaning: the first two columns below the header."""
    rows = csv.reader(io.StringIO(text))
    next(rows, None)
    return [(rows.line_num, row[0].strip(), row[1].strip()) for row in rows if len(row) > 1]


def _yaml_pairs(text: str, report: Report) -> list[tuple[int, str, str]]:
    data = read_yaml(text, report)
    if not isinstance(data, dict):
        return []
    return [
        (report.line((code,)), code, meaning)
        for code, meaning in data.items()
        if isinstance(meaning, str)
    ]
