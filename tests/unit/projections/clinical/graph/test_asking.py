"""Questions in GraphQL read and judged, before anything is looked up."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lianyi.base.errors import LianyiError
from lianyi.projections.clinical.graph import asked, checking
from lianyi.projections.clinical.graph.asked import Field, On, read
from lianyi.projections.clinical.graph.problems import QueryTooBig, UnreadableQuery


def test_fragments_are_put_in_and_variables_filled_in() -> None:
    found = read(
        """
        query one($id: ID!, $with: Boolean = false, $codes: [String]) {
          Patient(id: $id) { ...named birthDate @include(if: $with) gender @skip(if: $with) }
          ObservationList(code: $codes, _count: 5) { id }
        }
        fragment named on Patient { name(use: official) { text } }
        """,
        {"id": "a", "codes": ["1", "2"]},
    )
    patient, observations = found
    assert isinstance(patient, Field)
    assert patient.arguments == {"id": ("a",)}
    named, gender = patient.inside
    assert isinstance(named, On)
    assert named.type == "Patient"
    assert isinstance(gender, Field)
    assert gender.name == "gender"
    assert isinstance(observations, Field)
    assert observations.arguments == {"code": ("1", "2"), "_count": ("5",)}


@pytest.mark.parametrize(
    "text",
    [
        "", "{", "mutation { PatientCreate(id: 1) { id } }", "subscription { Patient { id } }",
        "type A { b: Int }", "{ Patient(id: {a: 1}) { id } }", "{ Patient(id: $x) { id } }",
        "query a { __typename } query b { __typename }", "{ ...none }",
        "query ($id: ID!) { Patient(id: $id) { id } }",
        "{ ...a } fragment a on Patient { ...b } fragment b on Patient { ...a }",
    ],
)  # fmt: skip
def test_what_is_no_query_is_refused(text: str) -> None:
    with pytest.raises(UnreadableQuery):
        read(text)


def test_a_question_may_be_only_so_long_so_deep_and_so_wide() -> None:
    assert read("{ a " * (asked.DEPTH_MAX - 1) + "{ b }" + "}" * (asked.DEPTH_MAX - 1))
    with pytest.raises(QueryTooBig):
        read("{ a " * (asked.DEPTH_MAX + 1) + "}" * (asked.DEPTH_MAX + 1))
    with pytest.raises(QueryTooBig):
        read("{ " + "a " * asked.TEXT_MAX + "}")
    # Fragments that double one another: few characters, very many fields.
    doubling = "".join(
        f"fragment f{at} on Patient {{ ...f{at + 1} ...f{at + 1} }}" for at in range(12)
    )
    with pytest.raises(QueryTooBig):
        read("{ ...f0 }" + doubling + "fragment f12 on Patient { id }")
    with pytest.raises(LianyiError):
        read("{ a " * 4_000)


@pytest.mark.parametrize(
    ("text", "where"),
    [
        ("{ Nobody(id: 1) { id } }", "Nobody"),
        ("{ Patient { id } }", "Patient"),
        ("{ Patient(id: 1) }", "Patient"),
        ("{ Patient(id: 1) { birthdate } }", "Patient.birthdate"),
        ("{ Patient(id: 1) { birthDate { text } } }", "Patient.birthDate"),
        ("{ Patient(id: 1) { name } }", "Patient.name"),
        ("{ Patient(id: 1) { name(used: official) { text } } }", "Patient.name"),
        ("{ Patient(id: 1) { name(_count: x) { text } } }", "Patient.name"),
        ("{ Patient(id: 1) { name @upper { text } } }", "Patient.name"),
        ("{ Patient(id: 1) { name @slice { text } } }", "Patient.name"),
        ("{ Patient(id: 1) { ... on Human { id } } }", "Patient"),
        ("{ Patient(id: 1) { _name { id } } }", "Patient._name"),
        ("{ Patient(id: 1) { ObservationList { id } } }", "Patient.ObservationList"),
        ("{ ObservationList { subject { resource { birthDate } } } }",
         "ObservationList.subject.resource.birthDate"),
        ("{ ObservationList { subject { resource(type: Human) { id } } } }",
         "ObservationList.subject.resource"),
        ("{ ObservationConnection { total } }", "ObservationConnection"),
        ("{ ObservationConnection { edges { node { id } } } }", "ObservationConnection.edges"),
    ],
)  # fmt: skip
def test_what_fhir_does_not_have_is_refused_and_named(text: str, where: str) -> None:
    with pytest.raises(UnreadableQuery) as refused:
        checking.check_system(read(text))
    assert refused.value.where == where


def test_what_fhir_has_is_asked_for() -> None:
    checking.check_system(
        read(
            """{
              __typename
              Patient(id: 1) {
                resourceType id name(use: official, _count: 1) { given(fhirpath: "$this = 'a'") }
                _birthDate { extension { url valueDateTime } }
                managingOrganization {
                  resource(optional: true) { id ... on Organization { name } }
                }
                all: ObservationList(_reference: patient) { valueQuantity { value unit } }
                contained { id ... on Practitioner { name { text } } }
              }
              ConditionConnection(_count: 2) {
                count pagesize next first edges { mode score resource { code { text } } }
              }
            }"""
        )
    )


@given(text=st.text(alphabet='{}()@.$:!"# abPatientid1\n…', max_size=60))
def test_whatever_is_sent_is_read_or_refused(text: str) -> None:
    with suppress(UnreadableQuery, QueryTooBig):
        checking.check_system(read(text))
