"""One taxonomy of failure, so that every door answers the same failure in its own language.

A failure is one class: a condition with a code, a category and its words in Chinese and
English. It is raised once, with the place and the facts of this case. The category alone
decides whether a delivery is tried again, which HTTP status an API returns, which HL7 v2
acknowledgment code a channel answers and which FHIR issue code a client reads.

What is stored about a failure is its record (code, place, facts), never its text: whoever
reads it later reads it in his own language.

Sources:
    HL7 v2 table 0008 (acknowledgment code); FHIR R4 value set ``issue-type``; RFC 9110.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from enum import Enum
from string import Formatter
from typing import Any, ClassVar, Literal, NamedTuple

Language = Literal["zh", "en"]
Fact = str | int | float


class Door(NamedTuple):
    """What a failure of one category looks like at each door."""

    retry: bool
    http_status: int
    hl7_ack: str
    fhir_issue: str


class Category(Enum):
    """Why something did not work, from the caller's point of view."""

    INVALID = Door(retry=False, http_status=422, hl7_ack="AE", fhir_issue="invalid")
    FORBIDDEN = Door(retry=False, http_status=403, hl7_ack="AE", fhir_issue="forbidden")
    NOT_FOUND = Door(retry=False, http_status=404, hl7_ack="AE", fhir_issue="not-found")
    CONFLICT = Door(retry=False, http_status=409, hl7_ack="AE", fhir_issue="conflict")
    UNSUPPORTED = Door(retry=False, http_status=501, hl7_ack="AR", fhir_issue="not-supported")
    BUSY = Door(retry=True, http_status=429, hl7_ack="AR", fhir_issue="throttled")
    UNAVAILABLE = Door(retry=True, http_status=503, hl7_ack="AR", fhir_issue="transient")
    INTERNAL = Door(retry=False, http_status=500, hl7_ack="AR", fhir_issue="exception")

    @property
    def retry(self) -> bool:
        """Whether the same thing may work later without anybody changing anything."""
        return self.value.retry


class Told(NamedTuple):
    """A failure in words: what failed, why, what to do next."""

    what: str
    why: str
    next_step: str


class _Lenient(dict[str, Fact]):
    """Leaves a placeholder standing when an old record lacks the fact for it."""

    def __missing__(self, key: str) -> str:
        return "{" + key + "}"


def _telling(words: str, facts: Mapping[str, Fact]) -> str:
    """Return words without the clauses that have nothing to tell."""
    if "" not in facts.values():
        return words
    first, *rest = re.split("(?=; |；)", words)
    said = [clause for clause in rest if not _is_empty(clause, facts)]
    return "".join([first, *said])


def _is_empty(clause: str, facts: Mapping[str, Fact]) -> bool:
    named = [name for _, name, _, _ in Formatter().parse(clause) if name]
    return bool(named) and all(facts.get(name) == "" for name in named)


class LianyiError(Exception):
    """Base of every failure that we foresee.

    A subclass sets ``code``, ``category`` and the words; ``why`` and the others may name facts
    in braces. Facts and places name messages by position and records by identifier of ours,
    never a patient.

    Attributes:
        code: stable, unique, e.g. ``LY-1203``; explained in ``docs/reference/errors.md``.
        category: decides retry and the answer at each door.
        where: the place in this case: a byte, a path such as ``PID-7``, a file and key.
        facts: what the words mention.
    """

    code: ClassVar[str] = "LY-0000"
    category: ClassVar[Category] = Category.INTERNAL
    en: ClassVar[Told] = Told(
        "something unforeseen failed", "{why}", "report this with the time and the code"
    )
    zh: ClassVar[Told] = Told("发生了未预料的故障", "{why}", "请把时间和错误码报告给平台管理员")

    def __init__(self, *, where: str, **facts: Fact) -> None:
        self.where = where
        self.facts: dict[str, Fact] = facts
        super().__init__(where, facts)

    def told(self, language: Language = "en") -> Told:
        """Return this failure in words, the facts filled in.

        A clause after a semicolon that mentions only empty facts is left out: ``unknown key; the
        nearest known one is '{nearest}'`` is just ``unknown key`` where none is near.
        """
        words = self.zh if language == "zh" else self.en
        facts = _Lenient(self.facts)
        return Told(*(_telling(part, self.facts).format_map(facts) for part in words))

    def text(self, language: Language = "en") -> str:
        """Return one line: code, what, where, why, next step."""
        told = self.told(language)
        if language == "zh":
            return (
                f"{self.code} {told.what}〔{self.where}〕：{told.why}。下一步：{told.next_step}。"
            )
        return f"{self.code} {told.what} [{self.where}]: {told.why}. Next: {told.next_step}."

    def __str__(self) -> str:
        return self.text("en")

    def record(self) -> dict[str, Any]:
        """Return what is stored about this failure; :func:`from_record` reads it back."""
        return {"code": self.code, "where": self.where, "facts": self.facts}


class Unforeseen(LianyiError):
    """An exception that nobody named. Only the outermost loop of a process makes one."""

    code = "LY-0001"

    def __init__(self, *, where: str, why: str = "") -> None:
        super().__init__(where=where, why=why)


def from_record(record: Mapping[str, Any]) -> LianyiError:
    """Return the failure that :meth:`LianyiError.record` described.

    A code that this release does not know comes back as :class:`Unforeseen` that names it.
    """
    for kind in every_error():
        if kind.code == record["code"]:
            failure = kind.__new__(kind)
            LianyiError.__init__(failure, where=record["where"], **record["facts"])
            return failure
    return Unforeseen(where=str(record["where"]), why=str(record["code"]))


def every_error() -> list[type[LianyiError]]:
    """Return every kind of failure that has been imported, in no particular order."""

    def below(kind: type[LianyiError]) -> list[type[LianyiError]]:
        return [found for child in kind.__subclasses__() for found in (child, *below(child))]

    return below(LianyiError)
