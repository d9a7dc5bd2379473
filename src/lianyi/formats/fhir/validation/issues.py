"""What a validation finds: rules with their words, issues, and the OperationOutcome of FHIR.

Source:
    FHIR R4, OperationOutcome; code system ``issue-type``.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Literal, NamedTuple

import msgspec

from lianyi.base.errors import Language

Severity = Literal["error", "warning", "information"]
ISSUES_MAX = 1000
TRANSLATION = "http://hl7.org/fhir/StructureDefinition/translation"


class Rule(NamedTuple):
    """A rule of FHIR as we judge by it.

    Attributes:
        code: FHIR issue type.
        en: what is wrong, with facts in braces; ``zh`` the same in Chinese.
    """

    severity: Severity
    code: str
    en: str
    zh: str


class Issue(msgspec.Struct, frozen=True):
    """One thing that is wrong with a resource.

    Attributes:
        code: FHIR issue type, e.g. ``structure``.
        expression: FHIRPath of the element, e.g. ``Patient.name[0].given[1]``.
        rule: which rule it breaks: a name of ours or the key of an invariant (``pat-1``).
    """

    severity: Severity
    code: str
    expression: str
    rule: str
    en: str
    zh: str

    def text(self, language: Language) -> str:
        """Return the words in one language."""
        return self.zh if language == "zh" else self.en


def is_valid(issues: Iterable[Issue]) -> bool:
    """Whether nothing found is an error."""
    return all(issue.severity != "error" for issue in issues)


def operation_outcome(issues: Iterable[Issue], *, language: Language = "zh") -> dict[str, Any]:
    """Return the OperationOutcome; its texts carry the other language as a translation."""
    other: Language = "en" if language == "zh" else "zh"
    found = [
        {
            "severity": issue.severity,
            "code": issue.code,
            "details": {
                "coding": [{"code": issue.rule}],
                "text": issue.text(language),
                "_text": _translated(issue.text(other), other),
            },
            "expression": [issue.expression],
        }
        for issue in issues
    ]
    if not found:
        text, more = ("没有发现问题", "nothing wrong was found")
        if language == "en":
            text, more = more, text
        found = [
            {
                "severity": "information",
                "code": "informational",
                "details": {"text": text, "_text": _translated(more, other)},
            }
        ]
    return {"resourceType": "OperationOutcome", "issue": found}


def _translated(text: str, language: Language) -> dict[str, Any]:
    return {
        "extension": [
            {
                "url": TRANSLATION,
                "extension": [
                    {"url": "lang", "valueCode": language},
                    {"url": "content", "valueString": text},
                ],
            }
        ]
    }


def issue_of(rule: str, words: Rule, where: str, facts: Mapping[str, object]) -> Issue:
    """Return the issue that a broken rule is, its facts filled in and cut to a length."""
    cut = {name: _short(value) for name, value in facts.items()}
    return Issue(
        severity=words.severity,
        code=words.code,
        expression=where,
        rule=rule,
        en=words.en.format_map(cut),
        zh=words.zh.format_map(cut),
    )


def _short(value: object) -> str:
    text = ", ".join(map(str, value)) if isinstance(value, tuple | frozenset) else str(value)
    return text if len(text) <= 200 else text[:197] + "..."
