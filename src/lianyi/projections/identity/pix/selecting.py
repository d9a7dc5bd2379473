"""Whom a demographics query means: a person fits who fulfils each of its parameters. Pure.

A parameter holds where any record of the person says so that may be seen. Names may end with ``*``;
a family name alone finds all who begin so. What is alike but not the same is no fit: that is the
likely matches' to say, each with its score.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Mapping
from typing import Final

from lianyi.projections.identity.authorities import Authorities
from lianyi.projections.identity.feeds.wording import address_of, name_of
from lianyi.projections.identity.folding import SourceRecord
from lianyi.projections.identity.registration import Name, Registration
from lianyi.projections.identity.values.births import read_birth
from lianyi.projections.identity.values.names import NameKind, read_name
from lianyi.projections.identity.values.sexes import read_sex
from lianyi.projections.identity.values.text import digits_of, is_hanzi, normal, simplified

ASKING: Final = "?"
"""Authority and identifier of who is only asked about."""
_ADDRESS: Final = ("address", "address_2", "city", "province", "district")
_NO_DIGIT: Final = re.compile(r"\D")
_WORD: Final = re.compile(r"[^\W\d_]+")


def bare(text: str) -> str:
    """Return a value without the mark that says that it goes on."""
    return text.rstrip("*").strip()


def whole_name(wanted: Mapping[str, str]) -> str:
    """Return the name that is asked for in one text; empty: none is."""
    return name_of(*(bare(wanted.get(part, "")) for part in ("family", "given", "middle")))


def is_beginning(wanted: Mapping[str, str]) -> bool:
    """Tell whether the name that is asked for may go on."""
    parts = [wanted.get(part, "") for part in ("family", "given")]
    return not parts[1] or any(part.endswith("*") for part in parts)


def registration_of(wanted: Mapping[str, str]) -> Registration:
    """Return what is known of somebody as a record that can be compared."""
    name, phone = whole_name(wanted), wanted.get("phone", "")
    address = address_of(
        [wanted.get("address", ""), wanted.get("address_2", "")],
        city=wanted.get("city", ""),
        province=wanted.get("province", ""),
        district=wanted.get("district", ""),
    )
    return Registration(
        ASKING,
        ASKING,
        (Name(name),) if name else (),
        wanted.get("sex", ""),
        wanted.get("born", ""),
        phones=(wanted.get("phone_area", "") + phone,) if phone else (),
        addresses=(address,) if address else (),
    )


def fits(
    records: Iterable[SourceRecord],
    wanted: Mapping[str, str],
    named: Authorities | None = None,
) -> bool:
    """Tell whether a person fulfils every parameter.

    Args:
        records: of the person, as far as they may be seen.
        wanted: see :attr:`~lianyi.projections.identity.pix.question.Question.wanted`.
        named: which names are one authority's.
    """
    said = [one.registration for one in records]
    conditions = _conditions(wanted, named or Authorities())
    return all(any(holds(one) for one in said) for holds in conditions)


def _conditions(
    wanted: Mapping[str, str], named: Authorities
) -> Iterable[Callable[[Registration], bool]]:
    source = wanted.get("source", "")
    sources = named.names(source) if source else ()
    if value := wanted.get("mrn"):
        yield lambda one: _has_number(one, value, sources)
    elif sources:
        yield lambda one: one.source in sources
    if whole_name(wanted):
        yield lambda one: any(_is_called(name.text, wanted) for name in one.names)
    if born := _day(bare(wanted.get("born", ""))):
        yield lambda one: _day(one.born).startswith(born)
    if sex := read_sex(wanted.get("sex", "")):
        yield lambda one: read_sex(one.sex) == sex
    parts = [normal(bare(wanted[part])).lower() for part in _ADDRESS if wanted.get(part)]
    if parts:
        yield lambda one: any(_lies_at(text, parts) for text in one.addresses)
    phone = _NO_DIGIT.sub("", wanted.get("phone_area", "") + wanted.get("phone", ""))
    if phone:
        yield lambda one: any(_NO_DIGIT.sub("", text).endswith(phone) for text in one.phones)


def _has_number(said: Registration, value: str, sources: Collection[str]) -> bool:
    if said.mrn == value and (not sources or said.source in sources):
        return True
    return any(
        one.value == value and (not sources or one.issuer in sources) for one in said.identifiers
    )


def _is_called(text: str, wanted: Mapping[str, str]) -> bool:
    asked, goes_on = whole_name(wanted), is_beginning(wanted)
    one, other = read_name(asked), read_name(text)
    if one.kind is NameKind.LATIN and other.kind is NameKind.HANZI:
        heard, sound = "".join(_WORD.findall(normal(asked).lower())), "".join(other.usual)
        return sound.startswith(heard) if goes_on else sound == heard
    if not goes_on:
        return one.kind is not NameKind.NOBODY and one.variant == other.variant != ""
    if any(map(is_hanzi, asked)):
        return _joined(text).startswith(_joined(asked))
    words = _WORD.findall(normal(text).lower())
    return all(
        any(word.startswith(part) for word in words)
        for part in _WORD.findall(normal(asked).lower())
    )


def _joined(text: str) -> str:
    return "".join(simplified(normal(text)).split())


def _day(text: str) -> str:
    """Return a date of birth as ``YYYYMMDD`` or the beginning of it."""
    return read_birth(text).text or _NO_DIGIT.sub("", digits_of(text))[:8]


def _lies_at(text: str, parts: Iterable[str]) -> bool:
    found = normal(text).lower()
    return all(part in found for part in parts)
