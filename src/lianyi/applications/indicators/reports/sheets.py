"""Tables as files of Excel and CSV. Row by row: a large one takes no more memory than a small one.

A text is written as a text and never as a formula, whatever it begins with: of the forms that a
cell may have in the file, this module uses strings and numbers only.

Sources:
    ECMA-376 (Office Open XML), part 1, 18.3.1.4: type of a cell; XlsxWriter, constant_memory.
    OWASP, "CSV Injection".
"""

from __future__ import annotations

import csv
import io
import math
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

import xlsxwriter  # type: ignore[import-untyped]

from lianyi.applications.indicators.reports.tables import Cell, Form, HeadLine, Language, said
from lianyi.applications.indicators.rowing import harmless
from lianyi.applications.indicators.views import BothWords

FONT: Final = "微软雅黑"
CELL_TEXT_MAX: Final = 32_767
"""Excel keeps no longer text in a cell."""
_FORMATS: Final[Mapping[Form, str]] = {
    Form.COUNT: "#,##0",
    Form.NUMBER: "#,##0.00",
    Form.MONEY: "#,##0.00",
    Form.PERCENT: "0.00%",
    Form.PER_MILLE: '0.00"‰"',
    Form.PER_TEN_THOUSAND: '0.00"‱"',
    Form.CHANGE: '+0.0"%";-0.0"%";0.0"%"',
    Form.POINTS: "+0.00;-0.00;0.00",
    Form.TENTHS: "#,##0.0",
    Form.THOUSANDTHS: "#,##0.000",
    Form.TEN_THOUSANDTHS: "#,##0.0000",
}
_FRACTION: Final = "#,##0.00"
_NAME_WIDTH, _VALUE_WIDTH = 26, 16


class Sheet:
    """One sheet of a workbook that is written from above to below (a context manager)."""

    def __init__(self, title: str, language: Language, *, made_at: datetime) -> None:
        """Begin a workbook in a folder that nobody else may read.

        Args:
            title: of the sheet and of the file's properties.
            language: of heads.
            made_at: written into its properties, in UTC.
        """
        self._language: Language = language
        self._folder = tempfile.TemporaryDirectory(prefix="lianyi-sheet-")
        self._path = Path(self._folder.name) / "sheet.xlsx"
        self._book = xlsxwriter.Workbook(
            str(self._path),
            {
                "constant_memory": True,
                "tmpdir": self._folder.name,
                "strings_to_formulas": False,
                "strings_to_urls": False,
                "strings_to_numbers": False,
            },
        )
        self._book.set_properties({"title": title, "created": made_at.replace(tzinfo=None)})
        self._sheet = self._book.add_worksheet(_sheet_name(title))
        self._plain = self._format()
        self._bold = self._format(bold=True)
        self._head = self._format(bold=True, bg_color="#E6EFEF", bottom=1, text_wrap=True)
        self._title = self._format(bold=True, font_size=14)
        self._formats = {form: self._format(num_format=code) for form, code in _FORMATS.items()}
        self._fraction = self._format(num_format=_FRACTION)
        self._sheet.set_column(0, 0, _NAME_WIDTH)
        self._sheet.set_column(1, 60, _VALUE_WIDTH)
        self._next = 0
        self.rows = 0

    def _format(self, **said_: Any) -> Any:  # noqa: ANN401 - a format of XlsxWriter, untyped
        return self._book.add_format({"font_name": FONT, "font_size": 10} | said_)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Remove what was written besides; what :meth:`bytes` returned stays."""
        self._folder.cleanup()

    def head(self, title: str, lines: Sequence[HeadLine], columns: Sequence[BothWords]) -> None:
        """Write what a table is of, line by line, and what its columns are called."""
        self._text(0, 0, title, self._title)
        for number, line in enumerate(lines, start=1):
            self._text(number, 0, said(line.name, self._language), self._bold)
            self._text(number, 1, line.says, self._plain)
        self._next = len(lines) + 2
        for place, name in enumerate(columns):
            self._text(self._next, place, said(name, self._language), self._head)
        self._next += 1
        self._sheet.freeze_panes(self._next, 0)

    def add(self, rows: Iterable[Sequence[Cell]]) -> None:
        """Write rows below what stands there; call it from one thread at a time."""
        for row in rows:
            for place, cell in enumerate(row):
                self._cell(self._next, place, cell)
            self._next += 1
            self.rows += 1

    def bytes(self) -> bytes:
        """End the workbook and return it."""
        self._book.close()
        return self._path.read_bytes()

    def _cell(self, row: int, place: int, cell: Cell) -> None:
        value = cell.value
        if value is None or value == "":
            return
        if isinstance(value, str):
            self._text(row, place, value, self._plain)
        elif not math.isfinite(value):
            self._text(row, place, str(value), self._plain)
        else:
            number = float(value) / 100 if cell.form is Form.PERCENT else float(value)
            whole = cell.form is not Form.COUNT or number.is_integer()
            look = self._formats.get(cell.form, self._fraction) if whole else self._fraction
            self._sheet.write_number(row, place, number, look)

    def _text(self, row: int, place: int, text: str, look: Any) -> None:  # noqa: ANN401
        self._sheet.write_string(row, place, text[:CELL_TEXT_MAX], look)


def csv_text(
    lines: Sequence[HeadLine],
    columns: Sequence[BothWords],
    rows: Iterable[Sequence[Cell]],
    language: Language,
) -> str:
    """Return a table as CSV, with what stands above it as comment rows; nothing is a formula."""
    out = io.StringIO()
    writer = csv.writer(out)
    for line in lines:
        writer.writerow([f"# {said(line.name, language)}", harmless(line.says)])
    writer.writerow([said(one, language) for one in columns])
    for row in rows:
        writer.writerow(["" if cell.value is None else harmless(cell.value) for cell in row])
    return out.getvalue()


def _sheet_name(title: str) -> str:
    """Return a name that Excel takes: 31 characters, no sign of a path and no outer quote."""
    kept = "".join(" " if one in "[]:*?/\\" else one for one in title).strip(" '")[:31].strip(" '")
    return kept if kept and kept.lower() != "history" else "Sheet1"
