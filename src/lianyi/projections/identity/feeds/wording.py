"""How names, addresses, a yes and a count are written, whatever they came in. Pure.

In Chinese names and addresses go from the large to the small without anything between: family
before given name, province before street. In letters they stand as the sender has them, with
blanks.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from msgspec.structs import replace

from lianyi.formats.hl7v2.charsets import ROUND_TRIPS
from lianyi.projections.identity.registration import Name
from lianyi.projections.identity.values.text import GB18030_2022, LOST, is_hanzi, is_private

_LEAD_CHARACTERS = 12
"""Within these a line has named the larger places, if it names them."""


YES = frozenset({"Y", "1", "是", "YES", "TRUE"})
NO = frozenset({"N", "0", "否", "NO", "FALSE"})


def is_chinese(text: str) -> bool:
    """Tell whether there is a Chinese character in it."""
    return not text.isascii() and any(map(is_hanzi, text))


def name_of(family: str, *given: str) -> str:
    """Return a name in one text: family name first."""
    parts = [part for text in (family, *given) if (part := text.strip())]
    if len(parts) < 2:
        return parts[0] if parts else ""
    chinese = is_chinese("".join(parts))
    return ("" if chinese else " ").join(parts)


def named(text: str, use: str, written: str, codec: str, family: str = "") -> Name:
    """Return a name, and where a character was lost on the way the bytes that came.

    The private-use characters that Python gives for code positions of GB 18030-2022 are known, and
    none of them is lost.

    Args:
        text: as read.
        use: as in ``Name``.
        written: the same as it stands in the message.
        codec: of the message; the bytes are kept only where it gives back the ones it read.
        family: what the sender calls the family name; kept of a name in letters, where it does not
            show, and where other words stand beside it.
    """
    family = family.strip()
    if family == text or is_chinese(text):
        family = ""
    if text.isascii() or not any(map(_is_lost, text)):
        return Name(text, use, family=family)
    raw = written.encode(codec, "replace") if codec in ROUND_TRIPS else b""
    return Name(text, use, lossy=True, raw=raw, family=family)


def _is_lost(character: str) -> bool:
    return character == LOST or (is_private(character) and character not in GB18030_2022)


def arranged(names: Iterable[Name]) -> tuple[Name, ...]:
    """Return the names of one person, the official one first, nothing twice.

    A name in letters beside one in Chinese characters is how that sounds.
    """
    found = list(names)
    if any(name.use == "official" and is_chinese(name.text) for name in found):
        found = [
            replace(name, use="phonetic")
            if name.use == "official" and not is_chinese(name.text)
            else name
            for name in found
        ]
    found.sort(key=lambda name: name.use != "official")
    return tuple(dict.fromkeys(found))


def address_of(
    lines: Sequence[str], *, city: str, province: str, district: str = "", postcode: str = ""
) -> str:
    """Return an address in one text.

    In Chinese the larger places stand first, those left out that the line begins with already.

    Args:
        lines: street, house, room.
        city: or 地区.
        province: or 自治区, 直辖市.
        district: or county; a code of it is left out.
        postcode: in letters only.
    """
    given = [text for line in lines if (text := line.strip())]
    street, city, province = "".join(given), city.strip(), province.strip()
    district = district.strip()
    if not is_chinese(street + city + province):
        county = "" if district.isdigit() else district
        end = " ".join(part for part in (province, postcode.strip()) if part)
        return ", ".join(part for part in (*given, county, city, end) if part)
    larger = [place for place in (province, city, district) if is_chinese(place)]
    for n, place in enumerate(larger):
        if place in street[: len(place) + _LEAD_CHARACTERS]:
            larger = larger[:n]
            break
    return "".join(dict.fromkeys(larger)) + street


def ordered(found: Iterable[tuple[int, str]]) -> tuple[str, ...]:
    """Return texts by their rank, the lowest first, nothing twice."""
    return tuple(dict.fromkeys(text for _, text in sorted(found, key=lambda one: one[0])))


def yes_or_no(text: str) -> bool | None:
    """Read HL7 table 0136, and what tables have instead; None for anything else."""
    said = text.upper()
    return True if said in YES else False if said in NO else None


def count_in(text: str) -> int | None:
    """Read the order of a birth: one or two digits; None for anything else."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 3 else None
