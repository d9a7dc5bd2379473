"""How what was filed differs from what it comes to now and from what boards show, and why. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from lianyi.applications.indicators.forms.lining import FiledLine
from lianyi.applications.indicators.views import BothWords


class Cause(StrEnum):
    """Why a line says something else than was filed."""

    SAME = "same"
    DATA = "data"
    DEFINITION = "definition"
    CALIBER = "caliber"
    NOT_FILED = "not_filed"
    NOT_ON_FORM = "not_on_form"


WORDS: Final = {
    Cause.SAME: BothWords(zh="一致", en="the same"),
    Cause.DATA: BothWords(
        zh="上报后数据有变化，定义未变", en="the data changed since; the definition did not"
    ),
    Cause.DEFINITION: BothWords(
        zh="上报后指标定义有变化", en="the definition changed since it was filed"
    ),
    Cause.CALIBER: BothWords(zh="看板使用另一口径", en="boards count by another caliber"),
    Cause.NOT_FILED: BothWords(zh="该行未上报数值", en="nothing was filed in this line"),
    Cause.NOT_ON_FORM: BothWords(
        zh="已上报，现行报表没有该行", en="it was filed, and the form has no such line any more"
    ),
}
_BOTH_CHANGED: Final = BothWords(zh="上报后数据有变化", en="the data changed since, too")


@dataclass(frozen=True, slots=True)
class Compared:
    """One line as it was filed, as it comes to now, and as boards show it.

    Attributes:
        filed: None: the line was not filed.
        now: by the definition of now, of the data of now; None: the form has no such line.
        by_then: by the definition that was filed, of the data of now; None: it is that of now, or
            nothing is counted by it.
        board: by the caliber that boards show; None: they show the same one, or none.
        board_title: what that caliber is called.
    """

    filed: FiledLine | None
    now: FiledLine | None
    by_then: FiledLine | None = None
    board: FiledLine | None = None
    board_title: BothWords | None = None

    @property
    def line(self) -> FiledLine:
        """The line as it stands on the form, else as it was filed."""
        found = self.now or self.filed
        assert found is not None  # noqa: S101 - one of them is there
        return found


def is_filed(one: FiledLine | None) -> bool:
    """Tell whether a line has a figure."""
    return one is not None and one.numerator is not None


def causes(one: Compared) -> list[Cause]:
    """Return why a line differs; one that does not is the same, also where it is empty in both."""
    filed, now = one.filed, one.now
    if filed is None or (not is_filed(filed) and is_filed(now)):
        return [Cause.NOT_FILED]
    if now is None:
        return [Cause.NOT_ON_FORM]
    found: list[Cause] = []
    if is_filed(filed) and filed.hash != now.hash:
        found.append(Cause.DEFINITION)
        if one.by_then is not None and one.by_then.exactly != filed.exactly:
            found.append(Cause.DATA)
    elif filed.exactly != now.exactly:
        found.append(Cause.DATA)
    if one.board is not None and one.board.shown != filed.shown:
        found.append(Cause.CALIBER)
    return found or [Cause.SAME]


def why(found: Sequence[Cause]) -> BothWords:
    """Return causes in words."""
    both = {Cause.DATA, Cause.DEFINITION} <= set(found)
    said = [_BOTH_CHANGED if one is Cause.DATA and both else WORDS[one] for one in found]
    return BothWords(zh="；".join(one.zh for one in said), en="; ".join(one.en for one in said))


def paired(
    filed: Sequence[FiledLine], now: Sequence[FiledLine]
) -> list[tuple[FiledLine | None, FiledLine | None]]:
    """Put lines of one number beside each other: those of the form, then those that it lost."""
    before = {one.number: one for one in filed}
    numbers = {one.number for one in now}
    return [
        *((before.get(one.number), one) for one in now),
        *((one, None) for one in filed if one.number not in numbers),
    ]
