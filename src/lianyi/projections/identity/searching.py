"""What somebody types to find a person, read: a number, a name, its sound, an identifier. Pure."""

from __future__ import annotations

import re
from contextlib import suppress
from typing import Final, NamedTuple

from lianyi.projections.identity.blocking import blocking_keys
from lianyi.projections.identity.ids import UnreadableId, read_shown
from lianyi.projections.identity.registration import Identifier, IdKind, Registration
from lianyi.projections.identity.traits import read_registration
from lianyi.projections.identity.values.names import NameKind, read_name
from lianyi.projections.identity.values.text import digits_of, is_hanzi

NUMBER_LEAST: Final = 5
"""From so many digits on a text may be a telephone or a card."""
_WORD: Final = re.compile(r"[a-z]+")
_CARD: Final = re.compile(r"[A-Z]{0,3}[0-9]{5,24}[0-9A-Z]{0,3}|[0-9A-F]{32,64}", re.ASCII)
"""A number, or that of a 电子健康卡: 64 hexadecimal digits."""


class Wanted(NamedTuple):
    """What may be meant; all of it is looked for.

    Attributes:
        record: number of a person or record; None: it is none.
        mrn: patient identifier.
        source: its authority; empty: any.
        keys: blocking keys of the number as a telephone and as each kind of document.
        name: beginning of the name in characters; empty: it is none.
        sounds: beginnings of the sound of the name, in the orders of its words that are usual.
    """

    record: int | None = None
    mrn: str = ""
    source: str = ""
    keys: tuple[int, ...] = ()
    name: str = ""
    sounds: tuple[str, ...] = ()


def read_wanted(text: str) -> Wanted:
    """Read what was typed; never fails, and says nothing where nothing can be meant."""
    text = text.strip()
    mrn, caret, source = text.partition("^")
    if caret:
        return Wanted(mrn=mrn.strip(), source=source.strip())
    if any(map(is_hanzi, text)):
        name = read_name(text)
        key = name.key if name.kind is not NameKind.NOBODY else text
        return Wanted(name=key)
    record = None
    with suppress(UnreadableId):
        record = read_shown(text)
    number = digits_of(text)
    keys: tuple[int, ...] = ()
    if _CARD.fullmatch(number):
        keys = _keys_of(text)
    words = _WORD.findall(text.lower().replace("ü", "v").replace("'", ""))
    sounds = dict.fromkeys(("".join(words), "".join(words[-1:] + words[:-1])))
    return Wanted(record, text, "", keys, "", () if keys or not words else tuple(sounds))


def _keys_of(number: str) -> tuple[int, ...]:
    """Return the keys that a number would make as a telephone and as each kind of document."""
    kinds = [kind for kind in IdKind if kind not in (IdKind.BRACELET, IdKind.OTHER)]
    said = [Registration("", "", identifiers=(Identifier(kind, number),)) for kind in kinds]
    said.append(Registration("", "", phones=(number,)))
    found: dict[int, None] = {}
    for one in said:
        found.update(dict.fromkeys(blocking_keys(read_registration(one))))
    return tuple(found)
