"""What a check of the doctor found, in both languages, and how that is shown."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from lianyi.base.errors import LianyiError
from lianyi.cli.common import reading_order

Status = Literal["ok", "warn", "fail"]
MARKS: dict[Status, str] = {"ok": "✓", "warn": "!", "fail": "✗"}


@dataclass(frozen=True)
class Finding:
    """What one check found.

    Attributes:
        check: stable name of the check, for programs.
        status: ``ok``; ``warn``, look at it soon; ``fail``, something does not work.
        zh, en: what was found.
        next_zh, next_en: what to do; empty when all is well.
    """

    check: str
    status: Status
    zh: str
    en: str
    next_zh: str = ""
    next_en: str = ""

    def facts(self) -> dict[str, Any]:
        """Return it for programs."""
        return {
            "check": self.check,
            "status": self.status,
            "zh": {"found": self.zh, "next_step": self.next_zh},
            "en": {"found": self.en, "next_step": self.next_en},
        }

    def text(self) -> str:
        """Return it for people: two lines, the reader's language first."""
        said = {
            "zh": self.zh + (f"。下一步：{self.next_zh}" if self.next_zh else ""),
            "en": self.en + (f". Next: {self.next_en}" if self.next_en else ""),
        }
        first, second = reading_order()
        return f"{MARKS[self.status]} {said[first]}\n  {said[second]}"


def failed(check: str, failure: LianyiError, *, status: Status = "fail") -> Finding:
    """Return the finding of a check that ran into a failure of ours."""
    zh, en = failure.told("zh"), failure.told("en")
    return Finding(
        check,
        status,
        f"{failure.code} {zh.what}〔{failure.where}〕：{zh.why}",
        f"{failure.code} {en.what} [{failure.where}]: {en.why}",
        zh.next_step,
        en.next_step,
    )


def verdict(findings: Sequence[Finding]) -> Status:
    """Return the worst of all."""
    found = {finding.status for finding in findings}
    return "fail" if "fail" in found else "warn" if "warn" in found else "ok"
