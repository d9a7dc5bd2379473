"""A QuestionnaireResponse answers its Questionnaire."""

from __future__ import annotations

from typing import Any

import pytest

from lianyi.formats.fhir.validation import Validator

URL = "http://hospital.example/Questionnaire/q"
RED = {"system": "urn:colours", "code": "red"}
QUESTIONNAIRE: dict[str, Any] = {
    "resourceType": "Questionnaire",
    "url": URL,
    "item": [
        {
            "linkId": "1",
            "type": "group",
            "item": [
                {"linkId": "1.1", "type": "string", "required": True},
                {"linkId": "1.2", "type": "integer", "repeats": True},
            ],
        },
        {"linkId": "2", "type": "choice", "answerOption": [{"valueCoding": RED}]},
        {
            "linkId": "3",
            "type": "choice",
            "answerValueSet": "http://hl7.org/fhir/ValueSet/administrative-gender",
        },
        {"linkId": "4", "type": "boolean", "item": [{"linkId": "4.1", "type": "date"}]},
    ],
}
VALIDATOR = Validator(supporting=[QUESTIONNAIRE])


def item(link: str, *answers: dict[str, Any], **said: Any) -> dict[str, Any]:
    return {"linkId": link, **({"answer": list(answers)} if answers else {}), **said}


NAME = item("1.1", {"valueString": "x"})
GROUP = item("1", item=[NAME])


def rules(*answered: dict[str, Any], status: str = "completed") -> list[tuple[str, str]]:
    response = {
        "resourceType": "QuestionnaireResponse",
        "status": status,
        "questionnaire": f"{URL}|1.0",
        "item": list(answered),
    }
    issues = VALIDATOR.validate(response)
    where = "QuestionnaireResponse"
    return [(i.expression.removeprefix(where), i.rule) for i in issues if i.severity == "error"]


def test_good_answers_are_good() -> None:
    gender = {"system": "http://hl7.org/fhir/administrative-gender", "code": "male"}
    many = item("1.2", {"valueInteger": 1}, {"valueInteger": 2})
    below = {"valueBoolean": True, "item": [item("4.1", {"valueDate": "2026-01-01"})]}
    answered = [
        item("1", item=[NAME, many]),
        item("2", {"valueCoding": RED | {"display": "Red"}}),
        item("3", {"valueCoding": gender}),
        item("4", below),
    ]
    assert rules(*answered) == []


@pytest.mark.parametrize(
    ("answered", "expected"),
    [
        ([item("5", {"valueString": "x"})], (".item[0]", "answer-unasked")),
        ([item("2", {"valueCoding": RED}), GROUP], (".item[1]", "answer-order")),
        ([GROUP, GROUP], (".item[1]", "answer-repeated")),
        (
            [GROUP, item("4", {"valueBoolean": True}, {"valueBoolean": False})],
            (".item[1]", "answer-repeated"),
        ),
        ([item("1", item=[item("1.2", {"valueInteger": 1})])], (".item[0]", "answer-missing")),
        ([item("1", {"valueString": "x"}, item=[NAME])], (".item[0]", "answer-misplaced")),
        ([GROUP, item("4", {"valueString": "x"})], (".item[1].answer[0]", "answer-kind")),
        (
            [GROUP, item("2", {"valueCoding": RED | {"code": "blue"}})],
            (".item[1].answer[0]", "answer-no-option"),
        ),
        (
            [
                GROUP,
                item(
                    "3",
                    {
                        "valueCoding": {
                            "system": "http://hl7.org/fhir/administrative-gender",
                            "code": "man",
                        }
                    },
                ),
            ],
            (".item[1].answer[0]", "answer-no-option"),
        ),
    ],
)
def test_what_is_no_answer_is_told(
    answered: list[dict[str, Any]], expected: tuple[str, str]
) -> None:
    assert expected in rules(*answered)


def test_what_is_still_being_filled_in_may_lack_answers() -> None:
    assert rules(item("1", item=[]), status="in-progress") == [(".item[0].item", "empty")]
    assert rules(status="in-progress") == [(".item", "empty")]


def test_a_contained_questionnaire_is_asked() -> None:
    contained = {
        "resourceType": "Questionnaire",
        "id": "q",
        "status": "active",
        "item": [{"linkId": "1", "type": "string"}],
    }
    response = {
        "resourceType": "QuestionnaireResponse",
        "status": "completed",
        "questionnaire": "#q",
        "contained": [contained],
        "item": [item("2", {"valueString": "x"})],
    }
    found = {i.rule for i in VALIDATOR.validate(response) if i.severity == "error"}
    assert found == {"answer-unasked"}
