"""What clerks make of a person's values: each kind of error by itself."""

from __future__ import annotations

from datetime import date

from lianyi.simulate.city import names
from lianyi.simulate.city.chances import Chance

HOSPITAL_DEFAULT_ID = "990102198001011230"
"""What one hospital's form has in it when nobody shows a paper."""


def wrong_digit(chance: Chance, number: str) -> str:
    """One digit replaced by another one."""
    at = chance.below(min(17, len(number)))
    if not number[at].isdigit():
        at = len(number) - 2
    other = str((int(number[at]) + 1 + chance.below(9)) % 10)
    return number[:at] + other + number[at + 1 :]


def swapped_digits(chance: Chance, number: str) -> str:
    """Two neighbours swapped; the same number where they are equal."""
    at = 6 + chance.below(max(len(number) - 8, 1))
    return number[:at] + number[at + 1] + number[at] + number[at + 2 :]


def placeholder_id(chance: Chance) -> str:
    """What stands where there is no number."""
    return chance.one_of(
        (
            "000000000000000000",
            "111111111111111111",
            HOSPITAL_DEFAULT_ID,
            "无",
            "未带",
            "999999999999999999",
        )
    )


def fifteen(number: str) -> str:
    """The number of before 1999."""
    return number[:6] + number[8:17]


def _replaced(chance: Chance, name: str, table: dict[str, str]) -> str:
    at = chance.below(len(name))
    others = table.get(name[at])
    return name[:at] + chance.one_of(others) + name[at + 1 :] if others else name


def sounding_alike(chance: Chance, name: str) -> str:
    """One character written as another one that sounds the same, if there is one."""
    return _replaced(chance, name, names.ALIKE_IN_SOUND)


def looking_alike(chance: Chance, name: str) -> str:
    """One character written as another one that looks the same, if there is one."""
    return _replaced(chance, name, names.ALIKE_IN_SHAPE)


def cut(name: str) -> str:
    """The last character missing, of names of more than two."""
    return name[:-1] if len(name) > 2 else name


def traditional(name: str) -> str:
    """Typed on a keyboard of traditional characters."""
    return "".join([names.TRADITIONAL.get(c, c) for c in name])


def romanised(chance: Chance, surname: str, given: str) -> str:
    """In letters, in one of the usual orders; the name itself where a character has no spelling."""
    family = names.PINYIN.get(surname)
    syllables = [names.PINYIN.get(c, "") for c in given]
    if not family or not all(syllables):
        return surname + given
    first = "".join(syllables)
    return chance.one_of(
        (
            f"{family.upper()} {first.capitalize()}",
            f"{first.capitalize()} {family.capitalize()}",
            f"{' '.join(syllables)} {family}".upper(),
            f"{family} {first}".upper(),
        )
    )


def cluttered(chance: Chance, name: str) -> str:
    """With what clerks add: a blank, a remark, a counter."""
    kind = chance.below(4)
    if kind == 0:
        return f"{name[0]} {name[1:]}"
    if kind == 1:
        return f"{name}(女)" if chance.happens(0.5) else f"{name}（新）"
    if kind == 2:
        return f"{name}{chance.below(3) + 1}"
    return f"{name[0]}　{name[1:]}"


def lost(chance: Chance, name: str) -> str:
    """With every rare character as an old system shows it: a mark, nothing, its pinyin."""
    kind = chance.below(5)
    mark = ("?", "*", "□", "\ufffd", "")[kind]
    return "".join([mark if c in names.RARE else c for c in name])


def dotted_otherwise(chance: Chance, name: str) -> str:
    """A minority name with another dot, or none, or only its first part."""
    return (
        name.replace("·", chance.one_of(("•", "・", "．", ".", "", "‧")))
        if chance.happens(0.8)
        else (name.split("·")[0])
    )


def written_date(born_on: date) -> str:
    """``YYYYMMDD``."""
    return f"{born_on.year:04}{born_on.month:02}{born_on.day:02}"


def swapped_date(born_on: date) -> str:
    """Day and month swapped where that is a date."""
    if born_on.day > 12:
        return written_date(born_on)
    return f"{born_on.year:04}{born_on.day:02}{born_on.month:02}"


def wrong_date(chance: Chance, born_on: date) -> str:
    """One digit of the year's end, the month or the day wrong, still a date."""
    text = written_date(born_on)
    for _ in range(4):
        at = 3 + chance.below(5)
        other = text[:at] + str(chance.below(10)) + text[at + 1 :]
        if other != text and "01" <= other[4:6] <= "12" and "01" <= other[6:] <= "28":
            return other
    return text
