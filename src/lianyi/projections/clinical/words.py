"""The words of a resource, as ``_text`` and ``_content`` search them. Pure.

A text becomes a row of tokens: words of letters and digits, and each Chinese, Japanese or Korean
character by itself, without case, accents and width; marks are none. What is asked for is found
where its tokens stand one behind the other. So that this need not be looked for everywhere, a text
has grams: numbers of its words, of its characters, and of two characters beside each other.

Source:
    HL7 FHIR R4, 3.1.1.4.19 (``_text``), 3.1.1.4.20 (``_content``): how words are told apart is the
    server's business.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from itertools import pairwise
from typing import Any, Final
from zlib import crc32

from lianyi.formats.fhir.indexing import content_text, narrative_text
from lianyi.projections.clinical.file_words import words_of_files
from lianyi.projections.clinical.ids import parameter_number

CHARACTERS_MAX: Final = 50_000
"""So much of a resource is searched."""
TEXT, CONTENT = "_text", "_content"
SEARCHED: Final = (TEXT, CONTENT)

_ALONE: Final = (
    "\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af\uf900-\ufaff\U00020000-\U0003ffff"
)
_TOKEN: Final = re.compile(rf"[{_ALONE}]|[^\W_{_ALONE}]+")
_ASCII_TOKEN: Final = re.compile(r"[a-z0-9]+")
"""The same of a text in lower case that has none of those that stand alone."""
_SIGN: Final = 1 << 31
WordsRow = tuple[int, int, int, list[int], str]


def tokens(text: str) -> list[str]:
    """Return the tokens of a text, in order."""
    text = text[:CHARACTERS_MAX]
    if text.isascii():
        return _ASCII_TOKEN.findall(text.lower())
    apart = unicodedata.normalize("NFKD", text.casefold())
    text = unicodedata.normalize(
        "NFKC", "".join(one for one in apart if not unicodedata.combining(one))
    )
    return _TOKEN.findall(text.lower())


def written(said: Sequence[str]) -> str:
    """Return tokens as one text, in which a phrase is found as it is written so itself."""
    return f" {' '.join(said)} "


def grams(said: Sequence[str]) -> list[int]:
    """Return the numbers of all grams of a text, in order of size."""
    different = set(said)
    if max(different, default="") >= _FIRST_ALONE:  # else there are no pairs
        different.update(_pairs(said))
    return sorted({_number(one) for one in different})


def grams_asked(said: Sequence[str]) -> list[int]:
    """Return the fewest grams that a text with a phrase has: of characters beside others pairs."""
    paired = list(_pairs(said))
    inside = set("".join(paired))
    found = {_number(two) for two in paired}
    return sorted(found | {_number(one) for one in said if one not in inside})


def rows_of(rid: int, channel: int, resource: Mapping[str, Any]) -> Iterator[WordsRow]:
    """Give the rows of a resource in the table ``words``."""
    type_ = str(resource["resourceType"])
    content = " ".join([content_text(resource), *words_of_files(resource)])
    for code, text in ((TEXT, narrative_text(resource)), (CONTENT, content)):
        said = tokens(text)
        if said:
            yield rid, parameter_number(type_, code), channel, grams(said), written(said)


def _pairs(said: Sequence[str]) -> Iterator[str]:
    for one, two in pairwise(said):
        if _is_alone(one) and _is_alone(two):
            yield one + two


_FIRST_ALONE: Final = "\u3040"


def _is_alone(one: str) -> bool:
    return len(one) == 1 and one >= _FIRST_ALONE


@lru_cache(maxsize=32_768)
def _number(gram: str) -> int:
    return (crc32(gram.encode()) & 0xFFFFFFFF) - _SIGN
