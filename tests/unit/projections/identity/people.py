"""Registrations of invented people, for the tests of this folder."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from typing import Any

from lianyi.projections.identity.blocking import blocking_keys
from lianyi.projections.identity.registration import Identifier, IdKind, Name, Registration
from lianyi.projections.identity.traits import Traits, read_registration
from lianyi.projections.identity.values.identifiers import check_character

HOME = "澜川省云溪市望江区滨江街道解放路12号3栋2单元501室"
PHONE = "15412987326"
BLOCK_MAX = 500


def citizen(born: str = "19800315", order: int = 123, area: str = "990102") -> Identifier:
    first = f"{area}{born}{order:03}"
    return Identifier(IdKind.CITIZEN, first + check_character(first))


def someone(name: str = "王小明", **more: Any) -> Traits:
    """王小明 as one system has him; what is given replaces it."""
    facts: dict[str, Any] = {
        "sex": "1",
        "born": "19800315",
        "identifiers": (citizen(),),
        "phones": (PHONE,),
        "addresses": (HOME,),
    }
    family = more.pop("family", "")
    names = (Name(name, family=family),)
    return read_registration(Registration("A", "1", names, **(facts | more)))


def candidate_pairs(traits: list[Traits]) -> Iterator[tuple[int, int]]:
    """Each pair of places whose registrations share a key, once."""
    blocks: dict[int, list[int]] = defaultdict(list)
    for place, said in enumerate(traits):
        for key in blocking_keys(said):
            blocks[key].append(place)
    seen: set[tuple[int, int]] = set()
    for places in blocks.values():
        if len(places) > BLOCK_MAX:
            continue
        for at, second in enumerate(places):
            for first in places[:at]:
                if (first, second) not in seen:
                    seen.add((first, second))
                    yield first, second
