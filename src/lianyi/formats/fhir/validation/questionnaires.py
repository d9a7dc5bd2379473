"""Whether the answers in a QuestionnaireResponse are answers to its Questionnaire.

Judged where the Questionnaire is at hand. Whether ``enableWhen`` asks for an answer is not worked
out: an item that has it is never missed.

Source:
    FHIR R4, QuestionnaireResponse, Questionnaire.item (``type``, ``required``, ``repeats``,
    ``answerOption``, ``answerValueSet``).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from lianyi.formats.fhir.validation.codes import Codes
from lianyi.formats.fhir.validation.comparing import matches
from lianyi.formats.fhir.validation.visit import Check, Json, Visit, items

ANSWERS = {
    "boolean": ("valueBoolean",),
    "decimal": ("valueDecimal", "valueInteger"),
    "integer": ("valueInteger",),
    "date": ("valueDate",),
    "dateTime": ("valueDateTime",),
    "time": ("valueTime",),
    "string": ("valueString",),
    "text": ("valueString",),
    "url": ("valueUri",),
    "open-choice": ("valueCoding", "valueString"),
    "attachment": ("valueAttachment",),
    "reference": ("valueReference",),
    "quantity": ("valueQuantity",),
}
FINISHED = ("completed", "amended")
Find = Callable[[str, Visit], Json | None]
"""Returns the Questionnaire of a canonical URL, None when it is not at hand."""


def check_of(find: Find, codes: Codes) -> Check:
    """Return the check of every QuestionnaireResponse."""

    def check(value: Any, path: str, visit: Visit) -> None:  # noqa: ANN401 - any JSON
        url = value.get("questionnaire")
        questionnaire = find(url, visit) if isinstance(url, str) else None
        if questionnaire is not None:
            is_finished = value.get("status") in FINISHED
            reader = _Answers(codes, visit, is_finished=is_finished)
            reader.below(questionnaire, value, path)

    return check


class _Answers:
    """Goes through questions and answers side by side."""

    def __init__(self, codes: Codes, visit: Visit, *, is_finished: bool) -> None:
        self._codes = codes
        self._visit = visit
        self._is_finished = is_finished

    def below(self, asking: Json, answering: Json, path: str) -> None:
        """Judge the items below an item, an answer or the whole."""
        asked = {
            str(one.get("linkId")): one
            for one in items(asking.get("item"))
            if isinstance(one, dict)
        }
        order = list(asked)
        seen: list[str] = []
        for number, one in enumerate(items(answering.get("item"))):
            link = one.get("linkId") if isinstance(one, dict) else None
            where = f"{path}.item[{number}]"
            if not isinstance(link, str):
                continue
            if link not in asked:
                self._visit.add("answer-unasked", where, link=link)
                continue
            if seen and order.index(link) < order.index(seen[-1]):
                self._visit.add("answer-order", where, link=link)
            if link in seen and asked[link].get("repeats") is not True:
                self._visit.add("answer-repeated", where, link=link)
            seen.append(link)
            self._item(asked[link], one, where)
        for link, one in asked.items():
            is_needed = one.get("required") is True and "enableWhen" not in one
            if is_needed and link not in seen and self._is_finished:
                self._visit.add("answer-missing", path, link=link)

    def _item(self, asked: Json, one: Json, where: str) -> None:
        link, kind = asked.get("linkId"), asked.get("type")
        answers = [answer for answer in items(one.get("answer")) if isinstance(answer, dict)]
        if kind in ("group", "display"):
            if answers:
                self._visit.add("answer-misplaced", where, link=link, kind=kind)
            self.below(asked, one, where)
            return
        if "item" in one:
            self._visit.add("answer-misplaced", where, link=link, kind="group")
        if len(answers) > 1 and asked.get("repeats") is not True:
            self._visit.add("answer-repeated", where, link=link)
        if not answers and asked.get("required") is True and self._is_finished:
            self._visit.add("answer-missing", where, link=link)
        for number, answer in enumerate(answers):
            self._answer(asked, answer, f"{where}.answer[{number}]")
            self.below(asked, answer, f"{where}.answer[{number}]")

    def _answer(self, asked: Json, answer: Json, where: str) -> None:
        link, kind = asked.get("linkId"), asked.get("type")
        key = next((key for key in answer if key.startswith("value")), "")
        options = [one for one in items(asked.get("answerOption")) if isinstance(one, dict)]
        allowed = ANSWERS.get(str(kind), ())
        if kind == "choice":
            allowed = tuple({k for one in options for k in one if k.startswith("value")})
            allowed = allowed or ("valueCoding",)
        if key and allowed and key not in allowed:
            self._visit.add("answer-kind", where, link=link, found=key, kind=kind)
            return
        if kind == "open-choice" and key == "valueString":
            return
        if key and options and not any(_is_option(one, key, answer[key]) for one in options):
            self._visit.add("answer-no-option", where, link=link)
        url, value = asked.get("answerValueSet"), answer.get("valueCoding")
        if isinstance(url, str) and isinstance(value, dict):
            system, code = str(value.get("system", "")), value.get("code")
            if isinstance(code, str) and self._codes.is_in(url, system, code) is False:
                self._visit.add("answer-no-option", where, link=link)


def _is_option(option: Json, key: str, value: object) -> bool:
    said = option.get(key)
    if isinstance(said, dict):
        said = {name: said[name] for name in ("system", "code", "reference") if name in said}
    return said is not None and matches(said, value)
