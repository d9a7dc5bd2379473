"""The validation gate: accept, accept with warning, or hold. Do not trust what comes in."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

from lianyi.base.errors import Language, LianyiError
from lianyi.channels.content import Content, Hl7Content, Test
from lianyi.channels.definition import Format, GateSettings, Rule
from lianyi.channels.failures import Held
from lianyi.channels.library import Library
from lianyi.channels.problems import BadChannel
from lianyi.channels.reading import Place, Report
from lianyi.channels.routing import check_path, compile_filter
from lianyi.messagelog.message import Gate

Severity = Literal["error", "warning"]


class Finding(Protocol):
    """One thing that is wrong with a message, wherever it was found."""

    @property
    def severity(self) -> Severity:
        """``error`` or ``warning``."""
        ...

    @property
    def path(self) -> str:
        """Where: ``PID-7``; never a value."""
        ...

    @property
    def code(self) -> str:
        """The stable name of the kind."""
        ...

    def text(self, language: Language = "en") -> str:
        """Return it in words, without the path."""
        ...


@dataclass(frozen=True, slots=True)
class BrokenRule:
    """A rule of the channel that the message does not keep."""

    severity: Severity
    path: str
    code: str
    en: str
    zh: str

    def text(self, language: Language = "en") -> str:
        """Return it in words, without the path."""
        return self.zh if language == "zh" else self.en


Judge = Callable[[Content], tuple[Gate, tuple[Finding, ...]]]
Check = Callable[[Content], BrokenRule | None]


def compile_gate(
    settings: GateSettings, *, format_: Format, library: Library, report: Report
) -> Judge:
    """Turn the gate's settings into a closure; what is wrong with them goes into the report.

    The closure never raises: a message that cannot be read is held, and the finding says why.
    """
    structure = settings.structure
    if structure != "off" and format_ != "hl7v2":
        report.add(
            BadChannel,
            ("gate", "structure"),
            why="only hl7v2 messages have a structure to judge",
            why_zh="只有 hl7v2 消息可以判断结构",
        )
    checks = [
        _compile_rule(rule, format_, library, report, ("gate", "rules", n))
        for n, rule in enumerate(settings.rules)
    ]

    def judge(content: Content) -> tuple[Gate, tuple[Finding, ...]]:
        try:
            content.read()
            found: list[Finding] = [broken for check in checks if (broken := check(content))]
        except LianyiError as error:
            return Gate.HOLD, (unreadable(error),)
        gate = Gate.ACCEPT
        if any(finding.severity == "error" for finding in found):
            gate = Gate.HOLD
        elif found:
            gate = Gate.WARN
        if structure != "off" and isinstance(content, Hl7Content):
            judged = _structure(content)
            gate = max(gate, _weigh(judged, hold=structure == "hold"))
            found += judged
        return gate, tuple(found)

    return judge


def unreadable(error: LianyiError) -> BrokenRule:
    """Return the finding that a message cannot be read."""
    en, zh = error.told("en"), error.told("zh")
    return BrokenRule(
        "error", error.where, error.code, f"{en.what}: {en.why}", f"{zh.what}：{zh.why}"
    )


def why_held(findings: Sequence[Finding]) -> Held:
    """Return why a message is held, as an error that names the worst finding."""
    errors = [found for found in findings if found.severity == "error"] or list(findings)
    if not errors:
        return Held(where="gate", why="it was held on arrival", why_zh="接收时被暂挂")
    return Held(where=errors[0].path, why=errors[0].text("en"), why_zh=errors[0].text("zh"))


def _structure(content: Hl7Content) -> list[Finding]:
    from lianyi.formats.hl7v2.judge import judge  # its tables cost memory; only who asks pays

    return [*content.message.warnings, *judge(content.message)]


def _weigh(findings: list[Finding], *, hold: bool) -> Gate:
    if hold and any(finding.severity == "error" for finding in findings):
        return Gate.HOLD
    return Gate.WARN if findings else Gate.ACCEPT


def _compile_rule(
    rule: Rule, format_: Format, library: Library, report: Report, place: Place
) -> Check:
    when: Test = compile_filter(rule.when, format_=format_, report=report, place=(*place, "when"))
    try:
        check_path(format_, rule.path)
    except LianyiError as error:
        report.note(error, (*place, "path"))
    allowed: frozenset[str] | Mapping[str, str] = frozenset(rule.in_)
    if rule.table:
        allowed = library.table(rule.table, report, (*place, "table"))
    shape = _shape(rule, report, place)
    if not (rule.required or rule.in_ or rule.table or rule.matches):
        report.add(
            BadChannel,
            place,
            why="a rule needs one of required, in, table, matches",
            why_zh="规则需要 required、in、table、matches 之一",
        )

    def broken(code: str, en: str, zh: str) -> BrokenRule:
        severity: Severity = "error" if rule.otherwise == "hold" else "warning"
        return BrokenRule(severity, rule.path, code, rule.en or en, rule.zh or zh)

    def check(content: Content) -> BrokenRule | None:
        if not when(content):
            return None
        values = [value for value in content.anywhere(rule.path) if value]
        if not values:
            return (
                broken("rule_required", "required, but empty", "必填，但为空")
                if (rule.required)
                else None
            )
        if (rule.in_ or rule.table) and any(value not in allowed for value in values):
            return broken("rule_in", "not one of the values allowed", "不在允许的取值之内")
        if shape is not None and any(shape.fullmatch(value) is None for value in values):
            return broken("rule_matches", "not written as required", "不符合规定的写法")
        return None

    return check


def _shape(rule: Rule, report: Report, place: Place) -> re.Pattern[str] | None:
    if not rule.matches:
        return None
    try:
        return re.compile(rule.matches)
    except re.error as error:
        report.add(
            BadChannel,
            (*place, "matches"),
            why=f"no regular expression: {error}",
            why_zh=f"不是正则表达式：{error}",
        )
        return None
