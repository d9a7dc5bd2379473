"""The built definitions say what FHIR R4 says."""

from __future__ import annotations

import re

import pytest

from lianyi.formats.fhir.definitions import Definitions, r4


@pytest.fixture(scope="module")
def definitions() -> Definitions:
    return r4()


def test_every_resource_type_of_r4_and_none_of_medplum_is_there(definitions: Definitions) -> None:
    assert len(definitions.resource_types) == 146
    assert not definitions.is_resource_type("Bot")
    assert not definitions.is_resource_type("DomainResource")
    everywhere = {
        target
        for name in definitions.resource_types
        for element in definitions.structure(name).elements.values()
        for kind in element.types
        for target in kind.targets
    }
    assert everywhere <= definitions.resource_types | {"Resource"}


def test_a_type_has_the_elements_of_its_bases_in_order(definitions: Definitions) -> None:
    patient = definitions.structure("Patient")
    assert list(patient.elements)[:10] == [
        *("id", "meta", "implicitRules", "language", "text", "contained", "extension"),
        *("modifierExtension", "identifier", "active"),
    ]
    assert patient.elements["name"].is_list
    assert not patient.elements["birthDate"].is_list
    assert definitions.structure("Observation").elements["status"].min == 1


def test_a_key_of_a_choice_says_its_type(definitions: Definitions) -> None:
    place = definitions.structure("Observation").places["valueQuantity"]
    assert (place.element.name, place.type.code, place.structure) == (
        "value",
        "Quantity",
        "Quantity",
    )


def test_a_backbone_element_and_a_repeated_one_lead_to_their_elements(
    definitions: Definitions,
) -> None:
    assert definitions.structure("Patient").places["contact"].structure == "Patient.contact"
    assert definitions.structure("Patient.contact").places["name"].structure == "HumanName"
    again = definitions.structure("Questionnaire.item").places["item"]
    assert again.structure == "Questionnaire.item"
    excluded = definitions.structure("ValueSet.compose").places["exclude"]
    assert excluded.structure == "ValueSet.compose.include"


def test_every_value_leads_to_a_structure(definitions: Definitions) -> None:
    names = ["Resource", *definitions.resource_types]
    seen = set(names)
    for name in names:
        for place in definitions.structure(name).places.values():
            if place.structure not in seen:
                seen.add(place.structure)
                names.append(place.structure)
    assert {"Patient.contact", "Timing.repeat", "xhtml", "positiveInt"} <= seen


def test_ids_are_ids_on_resources_and_strings_on_elements(definitions: Definitions) -> None:
    assert definitions.structure("Patient").places["id"].type.code == "id"
    assert definitions.structure("HumanName").places["id"].type.code == "string"
    assert definitions.structure("Extension").places["url"].type.code == "uri"


def test_kinds_of_types(definitions: Definitions) -> None:
    assert definitions.is_kind_of("Age", "Quantity")
    assert definitions.is_kind_of("positiveInt", "integer")
    assert definitions.is_kind_of("Patient", "DomainResource")
    assert not definitions.is_kind_of("Bundle", "DomainResource")
    assert not definitions.is_kind_of("Nothing", "Element")


def test_search_parameters_include_those_of_every_resource(definitions: Definitions) -> None:
    found = definitions.search_parameters("Patient")
    assert found["_id"].expression == "Resource.id"
    assert found["birthdate"].type == "date"
    assert definitions.search_parameters("Observation")["subject"].targets
    composite = definitions.search_parameters("Observation")["code-value-quantity"]
    assert [
        definitions.parameters_by_url[part.definition].code for part in composite.components
    ] == ["code", "value-quantity"]
    numbers = definitions.parameter_numbers
    assert len(set(numbers.values())) == len(numbers) > 1500


def test_the_compartment_of_a_patient(definitions: Definitions) -> None:
    assert definitions.compartment("Patient")["Observation"] == ("subject", "performer")


def test_codes_are_worked_out_as_far_as_they_are_known(definitions: Definitions) -> None:
    genders = definitions.find_value_set("http://hl7.org/fhir/ValueSet/administrative-gender|4.0.1")
    assert genders is not None
    system = definitions.find_code_system(genders.include[0].system)
    assert system is not None
    assert set(system.codes) == {"male", "female", "other", "unknown"}
    acts = definitions.find_value_set("http://terminology.hl7.org/ValueSet/v3-ActEncounterCode")
    assert acts is not None
    assert "IMP" in (acts.include[0].codes or ())
    assert definitions.find_value_set("http://example.org/none") is None


def test_every_pattern_of_a_primitive_type_can_be_compiled(definitions: Definitions) -> None:
    for name in ("date", "dateTime", "decimal", "id", "instant", "oid", "time", "uri", "uuid"):
        pattern = definitions.structure(name).regex
        assert pattern
        assert re.compile(pattern)
