"""The paragraph about each error code, out of ``docs/reference/errors.md``."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

from lianyi.api.views import Explanation
from lianyi.base.errors import Category, LianyiError, Told, every_error

HEADING = re.compile(r"^## (LY-\d{4}) (.+?) / (.+)$", re.MULTILINE)
PACKAGE = Path(__file__).parents[1]
PLACES = (
    PACKAGE / "reference" / "errors.md",  # in the wheel
    PACKAGE.parents[1] / "docs" / "reference" / "errors.md",  # in the checkout
)


class UnknownCode(LianyiError):
    """Nobody knows an error code."""

    code = "LY-1610"
    category = Category.NOT_FOUND
    en = Told("there is no such error code", "this release does not know it", "check the code")
    zh = Told("没有这个错误码", "当前版本没有该错误码", "请核对错误码")


def parse_reference(text: str) -> dict[str, Explanation]:
    """Return the paragraphs of an error reference by code.

    A paragraph is headed ``## LY-1234 English title / 中文标题``, then comes the English text,
    then the Chinese text, which begins with the first paragraph that holds a Chinese character.
    """
    found: dict[str, Explanation] = {}
    headings = list(HEADING.finditer(text))
    ends = [heading.start() for heading in headings[1:]] + [len(text)]
    for heading, end in zip(headings, ends, strict=True):
        body = text[heading.end() : end]
        parts = [part.strip() for part in re.split(r"\n\s*\n", body) if part.strip()]
        chinese = next(
            (at for at, part in enumerate(parts) if re.search(r"[\u4e00-\u9fff]", part)),
            len(parts),
        )
        code, en_title, zh_title = heading.groups()
        found[code] = Explanation(
            code=code,
            zh_title=zh_title.strip(),
            zh_text="\n\n".join(parts[chinese:]),
            en_title=en_title.strip(),
            en_text="\n\n".join(parts[:chinese]),
        )
    return found


@cache
def _reference() -> dict[str, Explanation]:
    for place in PLACES:
        if place.is_file():
            return parse_reference(place.read_text(encoding="utf-8"))
    return {}


def explain(code: str) -> Explanation:
    """Return what the reference says about a code.

    Raises:
        UnknownCode: neither the reference nor the program knows it.
    """
    found = _reference().get(code)
    if found:
        return found
    for kind in every_error():
        if kind.code == code:
            return Explanation(
                code=code,
                zh_title=kind.zh.what,
                zh_text=kind.zh.next_step,
                en_title=kind.en.what,
                en_text=kind.en.next_step,
            )
    raise UnknownCode(where="code")
