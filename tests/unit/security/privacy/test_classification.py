"""What an installation says of its data is read, or refused with its place."""

from __future__ import annotations

import importlib.resources
from pathlib import Path
from typing import Any

import pytest
import yaml

from lianyi.security.model import Purpose
from lianyi.security.privacy.classification import (
    ClassificationBook,
    data_set_of,
    parse_classification,
    shipped,
)
from lianyi.security.privacy.failures import BadClassification
from lianyi.security.privacy.model import Category, Domain, Sharing


def as_data() -> dict[str, Any]:
    file = importlib.resources.files("lianyi.security.privacy") / "classification.yaml"
    found: dict[str, Any] = yaml.safe_load(file.read_text("utf-8"))
    return found


def test_the_treating_view_hides_nothing_and_research_sees_no_person() -> None:
    """A10.02, A10.03: who treats sees the name (三查七对); who studies does not."""
    book = shipped()
    assert book.purposes[Purpose.TREATMENT].levels.everything
    assert book.purposes[Purpose.TREATMENT].needs_relation
    research = book.purposes[Purpose.RESEARCH]
    assert research.needs_consent
    personal = [one for one in book.elements if one.category is Category.PERSONAL]
    assert personal
    assert not any(research.levels.show(one.category, one.level) for one in personal)


@pytest.mark.parametrize(
    ("kind", "name"),
    [
        ("hl7v2 ADT^A01", "encounters"),
        ("hl7v2 ADT^A40", "registration"),
        ("hl7v2 ORU^R01", "results"),
        ("act session.opened", "acts"),
        ("anything", "other"),
    ],
)
def test_every_kind_of_message_belongs_to_one_data_set(kind: str, name: str) -> None:
    found = data_set_of(shipped(), kind)
    assert found is not None
    assert found.name == name


def test_the_four_by_six_matrix_is_named_whole() -> None:
    """A3.17: four ways of sharing and six domains."""
    assert len(Sharing) == 4
    assert len(Domain) == 6
    assert {one.sharing for one in shipped().data_sets} == set(Sharing)
    assert {one.domain for one in shipped().data_sets} == set(Domain)


@pytest.mark.parametrize(
    ("spoil", "place"),
    [
        (lambda d: d["purposes"].pop("TREAT"), "purposes"),
        (lambda d: d["purposes"]["HRESCH"].pop("otherwise"), "purposes.HRESCH"),
        (lambda d: d["purposes"]["HRESCH"].update(otherwise="HRESCH"), "purposes.HRESCH"),
        (lambda d: d["elements"][0].update(level=9), "elements.0.level"),
        (lambda d: d["elements"][0].update(hl7=["PID5"]), "elements.0.hl7.0"),
        (lambda d: d["elements"][0].update(mask="stars"), "elements.0.mask"),
        (lambda d: d["elements"][0].update(maks="name"), "elements.0.maks"),
        (lambda d: d["glass"].update(reasons=[]), "glass.reasons"),
        (lambda d: d["data_sets"][0].update(domain="other"), "data_sets.0.domain"),
    ],
)
def test_a_mistake_is_told_with_its_place(spoil: Any, place: str) -> None:
    data = as_data()
    spoil(data)
    with pytest.raises(BadClassification) as refused:
        parse_classification(yaml.safe_dump(data, allow_unicode=True), "classification.yaml")
    assert place in str(refused.value.where)


@pytest.mark.parametrize("text", ["", "- 1", "a: &a [*a]", ":", "elements: {"])
def test_what_is_no_classification_is_refused(text: str) -> None:
    with pytest.raises(BadClassification):
        parse_classification(text, "classification.yaml")


def test_the_file_of_the_hospital_holds_and_a_bad_one_changes_nothing(tmp_path: Path) -> None:
    book = ClassificationBook(tmp_path)
    assert book.now.glass_minutes == 30
    file = tmp_path / "privacy" / "classification.yaml"
    file.parent.mkdir()
    data = as_data()
    data["glass"]["minutes"] = 15
    file.write_text(yaml.safe_dump(data, allow_unicode=True), "utf-8")
    assert book.now.glass_minutes == 15
    file.write_text("elements: 3", "utf-8")
    assert book.now.glass_minutes == 15
    assert isinstance(book.problem, BadClassification)
    file.unlink()
    assert book.now.glass_minutes == 30
    assert book.problem is None
