"""A model is data: read whole, or refused with the place of the fault."""

from __future__ import annotations

from math import log2

import msgspec
import pytest
import yaml

from lianyi.projections.identity.model import (
    GRAIN,
    LEVELS,
    SHIPPED,
    Cap,
    UnusableModel,
    grained,
    read_model,
    shipped_model,
    weights,
)
from lianyi.projections.identity.rarity import capped
from lianyi.projections.identity.values.name_levels import NameLevel


def changed(**what: object) -> str:
    return yaml.safe_dump(yaml.safe_load(SHIPPED.read_text("utf-8")) | what, allow_unicode=True)


def test_the_shipped_model_weighs_every_level_of_every_element() -> None:
    model = shipped_model()
    for element, levels in LEVELS.items():
        assert len(weights(model, element)) == len([level for level in levels if level >= 0])
        assert weights(model, element)[0] == 0


def test_a_weight_is_the_logarithm_of_m_over_u() -> None:
    model = shipped_model()
    chances = model.fields["name"]["ONE_CHARACTER"]
    said = weights(model, "name")[NameLevel.ONE_CHARACTER]
    assert said == pytest.approx(log2(chances.m / chances.u), abs=0.5 / GRAIN)


@pytest.mark.parametrize("element", ["name", "birth", "sex", "phone", "address"])
def test_full_agreement_says_most(element: str) -> None:
    found = weights(shipped_model(), element)
    assert max(found) == found[-1] > 0 > min(found)


def test_levels_of_one_element_are_nearly_all_there_is() -> None:
    """The chances of an element's levels are a share of all pairs: no more than 1, nearly 1."""
    for element, levels in shipped_model().fields.items():
        assert 0.5 <= sum(c.m for c in levels.values()) <= 1.06, element
        assert 0.75 <= sum(c.u for c in levels.values()) <= 1.02, element


@pytest.mark.parametrize(
    ("element", "level"), [("name", "ALIKE"), ("name", "SURNAME_SLIP"), ("birth", "MISTYPED")]
)
def test_a_model_of_before_a_level_takes_it_as_shipped(element: str, level: str) -> None:
    fields = yaml.safe_load(SHIPPED.read_text("utf-8"))["fields"]
    del fields[element][level]
    model = read_model(changed(fields=fields, name="of-before"), where="model.yaml")
    assert model.fields == shipped_model().fields


def test_weights_add_up_exactly_in_any_order() -> None:
    found = [bits for element in LEVELS for bits in weights(shipped_model(), element)]
    assert sum(found) == sum(reversed(found)) == sum(sorted(found))
    assert grained(1.0001) == 1.0


FAULTS = [
    ("a key that no model has", changed(threshold=3), "threshold"),
    ("no name", changed(name=None), "name"),
    ("thresholds the wrong way round", changed(review_bits=20), "review_bits"),
    ("an element that no model has", changed(fields={"colour": {}}), "colour"),
    ("no yaml", "name: [", ""),
]


@pytest.mark.parametrize(("text", "word"), [f[1:] for f in FAULTS], ids=[f[0] for f in FAULTS])
def test_a_file_that_is_no_model_is_refused(text: str, word: str) -> None:
    with pytest.raises(UnusableModel) as refused:
        read_model(text, where="ours.yaml")
    assert refused.value.where == "ours.yaml"
    assert word in str(refused.value.facts["why"])


def test_a_chance_of_one_or_a_level_that_is_missing_is_refused() -> None:
    for level in ({"m": 1.0, "u": 0.5}, None):
        fields = msgspec.to_builtins(shipped_model().fields)
        if level is None:
            del fields["sex"]["EQUAL"]
        else:
            fields["sex"]["EQUAL"] = level
        with pytest.raises(UnusableModel, match="sex"):
            read_model(changed(fields=fields), where="ours.yaml")


def test_what_many_people_share_says_less() -> None:
    caps = (Cap(5, 4.0), Cap(20, 0.0))
    assert [capped(8.0, count, caps) for count in (0, 4, 5, 19, 20, 10_000)] == [8, 8, 4, 4, 0, 0]
    assert capped(-1.5, 10_000, caps) == -1.5
