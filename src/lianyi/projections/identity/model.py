"""The model of a hospital: how much each agreement says, and where a verdict begins.

It is data: the shipped one is ``weights.yaml`` beside this file, a hospital may replace it, and
every verdict names the model that gave it.

Source:
    Fellegi and Sunter, "A theory for record linkage", JASA 64 (1969): the weight of a level is the
    logarithm of m / u.
"""

from __future__ import annotations

from functools import cache
from math import isfinite, log2
from pathlib import Path
from typing import Final, NamedTuple

import msgspec

from lianyi.base.errors import Category, LianyiError, Told
from lianyi.projections.identity.values.addresses import AddressLevel
from lianyi.projections.identity.values.births import BirthLevel
from lianyi.projections.identity.values.identifier_levels import IdLevel
from lianyi.projections.identity.values.mothers import MotherLevel
from lianyi.projections.identity.values.name_levels import NameLevel
from lianyi.projections.identity.values.phones import PhoneLevel
from lianyi.projections.identity.values.sexes import SexLevel

GRAIN: Final = 64
"""Weights are multiples of 1/64 bit: sums of them are exact in any order and on any machine."""
FAULTS_MAX: Final = 5
"""So many faults of a model file are told at once."""
SHIPPED: Final = Path(__file__).with_name("weights.yaml")


class UnusableModel(LianyiError):
    """A model file does not say what a model must say."""

    code = "LY-2120"
    category = Category.INVALID
    en = Told(
        "cannot use this matching model",
        "{why}",
        "compare the file with the shipped weights.yaml; the model in force stays",
    )
    zh = Told(
        "无法使用该匹配模型", "{why_zh}", "请对照随平台提供的 weights.yaml 修改；当前模型继续有效"
    )


class Chances(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Chance of a level.

    Attributes:
        m: among pairs about one person, strictly between 0 and 1.
        u: among pairs about two persons, strictly between 0 and 1.
    """

    m: float
    u: float


class Cap(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A value that at least so many ``persons`` have weighs at most so many ``bits``."""

    persons: int
    bits: float


class Caps(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The caps of the values that people share."""

    phone: tuple[Cap, ...] = ()
    address: tuple[Cap, ...] = ()
    identifier: tuple[Cap, ...] = ()


class NameRarity(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How rare names are; all in bits, the negative logarithm of a share.

    Attributes:
        usual_bits: of the name for which the weights of the levels hold.
        least_bits: no common name takes away more than this (negative).
        most_bits: no rare name adds more.
        surname_bits: of a surname that is not in ``surnames``.
        character_bits: of a character that is not in ``characters``.
        surnames: bits to surnames of one character, written one after the other.
        characters: bits to characters of given names.
    """

    usual_bits: float
    least_bits: float
    most_bits: float
    surname_bits: float
    character_bits: float
    surnames: dict[float, str] = msgspec.field(default_factory=dict)
    characters: dict[float, str] = msgspec.field(default_factory=dict)


class MatchModel(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A model, as its file has it.

    Attributes:
        name: stands beside every verdict.
        prior_bits: log2 of the chance that two registrations of this hospital are one person's.
        auto_bits: from here on a pair that no guard holds back is linked.
        review_bits: from here on a pair is shown to a person.
        together_bits: least mean of all pairs between two groups that become one person.
        contact_bits_max: telephone and address together say no more.
        anchor_bits: a telephone or address that says less proves nothing.
        fields: element to level to chances.
        caps: of values that many persons share.
        name_rarity: how rare names are.
    """

    name: str
    prior_bits: float
    auto_bits: float
    review_bits: float
    together_bits: float
    contact_bits_max: float
    anchor_bits: float
    fields: dict[str, dict[str, Chances]]
    name_rarity: NameRarity
    caps: Caps = Caps()


LEVELS: Final = {
    "name": NameLevel,
    "birth": BirthLevel,
    "sex": SexLevel,
    "lifelong": IdLevel,
    "unproven": IdLevel,
    "document": IdLevel,
    "card": IdLevel,
    "phone": PhoneLevel,
    "address": AddressLevel,
    "mother": MotherLevel,
}
"""The elements of a model, and the levels each must weigh: all above ``INCOMPARABLE``."""


def grained(bits: float) -> float:
    """Give the nearest multiple of 1/64 bit."""
    return round(bits * GRAIN) / GRAIN


def weights(model: MatchModel, element: str) -> tuple[float, ...]:
    """Give the bits of an element's levels, by number; what is incomparable weighs nothing."""
    said = model.fields[element]
    return tuple(
        grained(log2(said[level.name].m / said[level.name].u)) if level.value > 0 else 0.0
        for level in LEVELS[element]
        if level.value >= 0
    )


def read_model(text: str | bytes, *, where: str) -> MatchModel:
    """Read a model file.

    Args:
        text: YAML.
        where: file name for the error.

    Raises:
        UnusableModel: a key is missing, unknown or of the wrong type; a level has no chances or
            one that is not strictly between 0 and 1; the thresholds are in the wrong order.
    """
    try:
        model = msgspec.yaml.decode(text, type=MatchModel, strict=False)
    except msgspec.MsgspecError as error:
        raise UnusableModel(
            where=where, why=str(error), why_zh=f"内容不符合模型格式（{error}）"
        ) from error
    model = _completed(model) if where != SHIPPED.name else model
    if faults := _faults(model):
        told = faults[:FAULTS_MAX]
        raise UnusableModel(
            where=where,
            why=", ".join(fault.en for fault in told),
            why_zh="，".join(fault.zh for fault in told),
        )
    return model


SINCE_FIRST: Final = (
    ("mother", tuple(level.name for level in MotherLevel if level)),
    ("name", ("ALIKE",)),
    ("name", ("SURNAME_SLIP",)),
    ("birth", ("MISTYPED",)),
)
"""What the first models had not; a model without them takes them as shipped."""


def _completed(model: MatchModel) -> MatchModel:
    """Give a model of before with the levels that came since, as the shipped one has them."""
    fields = dict(model.fields)
    for element, levels in SINCE_FIRST:
        said = fields.get(element, {})
        if said.keys().isdisjoint(levels) and (said or element == "mother"):
            shipped = shipped_model().fields[element]
            fields[element] = said | {level: shipped[level] for level in levels}
    return msgspec.structs.replace(model, fields=fields)


class _Fault(NamedTuple):
    zh: str
    en: str


def _faults(model: MatchModel) -> list[_Fault]:
    found = [
        _Fault(f"fields 中没有要素 {unknown}", f"fields: '{unknown}' is no element")
        for unknown in sorted(set(model.fields) - set(LEVELS))
    ]
    for element, levels in LEVELS.items():
        wanted = {level.name for level in levels if level.value > 0}
        said = model.fields.get(element, {})
        place = f"fields.{element}"
        found += [
            _Fault(f"{place} 没有级别 {level}", f"{place}: {level} is no level")
            for level in sorted(set(said) - wanted)
        ]
        found += [
            _Fault(f"{place} 缺少 {level}", f"{place}: {level} is missing")
            for level in sorted(wanted - set(said))
        ]
        for level, chances in said.items():
            if not (0 < chances.m < 1 and 0 < chances.u < 1):
                zh = f"{place}.{level} 的 m 和 u 必须大于 0 且小于 1"
                found.append(_Fault(zh, f"{place}.{level}: m and u must be above 0 and below 1"))
    figures = (model.prior_bits, model.review_bits, model.auto_bits, model.together_bits)
    if not all(map(isfinite, figures)) or not model.review_bits < model.auto_bits:
        zh, en = "review_bits 必须小于 auto_bits", "review_bits must be below auto_bits"
        found.append(_Fault(zh, en))
    return found


@cache
def shipped_model() -> MatchModel:
    """Give the model that ships."""
    return read_model(SHIPPED.read_bytes(), where=SHIPPED.name)
