"""UCUM units of measure, as many as are needed to compare quantities of care.

A unit is a factor and powers of base units: ``g/dL`` is 10 kg per cubic metre. What the table
does not know (arbitrary units, temperatures with another zero) has a base unit of its own, so it
is comparable with itself and with nothing else.

Source:
    The Unified Code for Units of Measure (UCUM), sections 2 to 4.
"""

from __future__ import annotations

import re
from fractions import Fraction
from functools import lru_cache
from typing import NamedTuple

POWER_MAX = 100


class Unit(NamedTuple):
    """A factor and the powers of the base units, sorted by their names."""

    factor: Fraction
    powers: tuple[tuple[str, int], ...]


_PREFIXES = {
    name: Fraction(10) ** power
    for name, power in {
        "Y": 24, "Z": 21, "E": 18, "P": 15, "T": 12, "G": 9, "M": 6, "k": 3, "h": 2, "da": 1,
        "d": -1, "c": -2, "m": -3, "u": -6, "n": -9, "p": -12, "f": -15, "a": -18, "z": -21,
        "y": -24,
    }.items()
}  # fmt: skip
# name: (factor, unit it is a multiple of), prefixes allowed
_METRIC = {
    "m": ("1", "m"), "g": ("1", "g"), "s": ("1", "s"), "A": ("1", "A"), "K": ("1", "K"),
    "cd": ("1", "cd"), "mol": ("1", "mol"), "rad": ("1", "1"), "sr": ("1", "1"),
    "L": ("0.001", "m3"), "l": ("0.001", "m3"), "Hz": ("1", "s-1"), "N": ("1000", "g.m/s2"),
    "Pa": ("1000", "g.m-1.s-2"), "J": ("1000", "g.m2.s-2"), "W": ("1000", "g.m2.s-3"),
    "C": ("1", "A.s"), "V": ("1000", "g.m2.s-3.A-1"), "F": ("0.001", "g-1.m-2.s4.A2"),
    "Ohm": ("1000", "g.m2.s-3.A-2"), "S": ("0.001", "g-1.m-2.s3.A2"),
    "Wb": ("1000", "g.m2.s-2.A-1"), "T": ("1000", "g.s-2.A-1"), "H": ("1000", "g.m2.s-2.A-2"),
    "Bq": ("1", "s-1"), "Gy": ("1", "m2.s-2"), "Sv": ("1", "m2.s-2"), "kat": ("1", "mol/s"),
    "lm": ("1", "cd"), "lx": ("1", "cd.m-2"),
    "U": ("1/60000000", "mol/s"), "bar": ("100000", "Pa"), "m[Hg]": ("133322387415/1000000", "Pa"),
    "m[H2O]": ("9806650/1000", "Pa"), "cal": ("4184/1000", "J"), "eq": ("1", "mol"),
    "osm": ("1", "mol"), "t": ("1000000", "g"),
    "eV": ("1602176634/10000000000000000000000000000", "J"),
    "g%": ("10", "g/L"), "[iU]": ("1", "[iU]"), "[IU]": ("1", "[iU]"), "dyn": ("1", "g.cm/s2"),
    "P": ("1", "g.cm-1.s-1"), "Ci": ("37000000000", "Bq"), "R": ("258/1000000", "C/kg"),
    "RAD": ("1/100", "Gy"), "REM": ("1/100", "Sv"),
}  # fmt: skip
_PLAIN = {
    "min": ("60", "s"), "h": ("3600", "s"), "d": ("86400", "s"), "wk": ("604800", "s"),
    "mo": ("2629800", "s"), "a": ("31557600", "s"), "%": ("1/100", "1"), "[ppth]": ("1/1000", "1"),
    "[ppm]": ("1/1000000", "1"), "[ppb]": ("1/1000000000", "1"), "10*": ("10", "1"),
    "10^": ("10", "1"), "deg": ("1", "deg"), "'": ("1/60", "deg"), "''": ("1/3600", "deg"),
    "[in_i]": ("254/10000", "m"), "[ft_i]": ("3048/10000", "m"), "[yd_i]": ("9144/10000", "m"),
    "[mi_i]": ("1609344/1000", "m"), "[lb_av]": ("45359237/100000", "g"),
    "[oz_av]": ("45359237/1600000", "g"), "[gr]": ("6479891/100000000", "g"),
    "[stone_av]": ("635029318/100000", "g"), "[lb_tr]": ("3732417216/10000000", "g"),
    "[oz_tr]": ("311034768/10000000", "g"), "[gal_us]": ("3785411784/1000000000000", "m3"),
    "[qt_us]": ("946352946/1000000000000", "m3"), "[pt_us]": ("473176473/1000000000000", "m3"),
    "[foz_us]": ("295735295625/10000000000000000", "m3"),
    "[cup_us]": ("2365882365/10000000000000", "m3"),
    "[tbs_us]": ("147867647813/10000000000000000", "m3"),
    "[tsp_us]": ("492892159375/100000000000000000", "m3"), "[drp]": ("1/20", "mL"),
    "[psi]": ("6894757293168/1000000000", "Pa"), "atm": ("101325", "Pa"), "ar": ("100", "m2"),
    "[Cal]": ("4184", "J"), "[sft_i]": ("9290304/100000000", "m2"),
    "[in_i'Hg]": ("338638866667/100000000", "Pa"),
}  # fmt: skip
_COMPONENT = re.compile(
    r"(?P<number>10[*^](?P<ten>[+-]?\d+)?|\d+(?![*^]))"
    r"|(?P<unit>(?:\[[^\]{}]*\]|[^\[\](){}./0-9+\s-])+)(?P<power>[+-]?\d+)?"
)
_ANNOTATION = re.compile(r"\{[^{}]*\}")
_ANNOTATION_ALONE = re.compile(r"(^|[/.(])\{[^{}]*\}")
_ONE = Unit(Fraction(1), ())


@lru_cache(maxsize=4096)
def unit(code: str) -> Unit | None:
    """Return what a UCUM code means; None where it is no UCUM code or not in the table."""
    if not code or len(code) > 200 or any(mark.isspace() for mark in code):
        return None
    bare = _ANNOTATION.sub("", _ANNOTATION_ALONE.sub(r"\g<1>1", code))
    try:
        found, end = _product(bare, 0)
    except (ValueError, KeyError, ZeroDivisionError, OverflowError):
        return None
    return found if end == len(bare) else None


def _product(code: str, at: int) -> tuple[Unit, int]:
    total, sign = _ONE, 1
    if code.startswith("/", at):
        sign, at = -1, at + 1
    while True:
        if code.startswith("(", at):
            factor, at = _product(code, at + 1)
            if not code.startswith(")", at):
                raise ValueError(code)
            at += 1
        else:
            factor, at = _component(code, at)
        total = product(total, power(factor, sign))
        if not code.startswith((".", "/"), at):
            return total, at
        sign, at = (1 if code[at] == "." else -1), at + 1


def _component(code: str, at: int) -> tuple[Unit, int]:
    match = _COMPONENT.match(code, at)
    if match is None or match.end() == at:
        raise ValueError(code)
    if match["number"]:
        if match["number"][2:3] in {"*", "^"}:
            return power(Unit(Fraction(10), ()), int(match["ten"] or 1)), match.end()
        if not int(match["number"]):
            raise ValueError(code)
        return Unit(Fraction(int(match["number"])), ()), match.end()
    return power(_atom(match["unit"]), int(match["power"] or 1)), match.end()


@lru_cache(maxsize=1024)
def _atom(name: str) -> Unit:
    if name in _PLAIN:
        return _multiple(*_PLAIN[name])
    if name in _METRIC:
        return _base_or_multiple(name)
    for size in (2, 1):
        if name[:size] in _PREFIXES and name[size:] in _METRIC:
            inner = _base_or_multiple(name[size:])
            return Unit(_PREFIXES[name[:size]] * inner.factor, inner.powers)
    if name == "Cel" or (name.startswith("[") and name.endswith("]") and name in _ARBITRARY):
        return Unit(Fraction(1), ((name, 1),))
    raise KeyError(name)


_ARBITRARY = frozenset({
    "[degF]", "[arb'U]", "[USP'U]", "[pH]", "[CFU]", "[PFU]", "[beth'U]", "[anti'Xa'U]",
    "[todd'U]", "[dye'U]", "[GPL'U]", "[MPL'U]", "[APL'U]", "[ka'U]", "[AU]", "[BAU]", "[EID_50]",
    "[CCID_50]", "[TCID_50]", "[hp_X]", "[hp_C]", "[hnsf'U]", "[HPF]", "[LPF]", "[diop]",
    "[MET]", "[S]", "[Lf]", "[FFU]", "[knk'U]", "[mclg'U]", "[smgy'U]", "[tb'U]", "[D'ag'U]",
})  # fmt: skip


def _base_or_multiple(name: str) -> Unit:
    factor, of = _METRIC[name]
    if of == name:
        return Unit(Fraction(factor), ((name, 1),))
    return _multiple(factor, of)


def _multiple(factor: str, of: str) -> Unit:
    inner = _ONE if of == "1" else Unit(Fraction(1), (("deg", 1),)) if of == "deg" else unit(of)
    if inner is None:
        raise KeyError(of)
    return Unit(Fraction(factor) * inner.factor, inner.powers)


def product(left: Unit, right: Unit) -> Unit:
    """Return two units multiplied."""
    powers = dict(left.powers)
    for name, count in right.powers:
        powers[name] = powers.get(name, 0) + count
    return Unit(left.factor * right.factor, tuple(sorted((n, p) for n, p in powers.items() if p)))


def power(of: Unit, exponent: int) -> Unit:
    """Return a unit raised to a whole power."""
    if abs(exponent) > POWER_MAX:
        raise OverflowError(exponent)
    return Unit(of.factor**exponent, tuple((name, count * exponent) for name, count in of.powers))
