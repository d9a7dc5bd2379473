"""What is wrong with a message that can be read: what, where, how bad, in both languages."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Literal, NamedTuple

from lianyi.base.errors import Fact, Language

_HARMLESS = re.compile(r"[A-Za-z0-9 _.^/~-]{0,30}")


def shown(text: str) -> str:
    """Return a code out of a message as it may stand in a log; ``?`` when it is no code."""
    return text if _HARMLESS.fullmatch(text) else "?"


Severity = Literal["error", "warning"]


class Words(NamedTuple):
    """One kind of finding: how bad, its code in HL7 table 0357, and the words."""

    severity: Severity
    hl7_code: str
    en: str
    zh: str


class FindingKind(Enum):
    """Everything that can be found. The words may name facts in braces."""

    WRONG_CHARSET_DECLARED = Words(
        "warning",
        "102",
        "MSH-18 declares '{declared}', but the bytes are {codec} text",
        "MSH-18 声明“{declared}”，但字节实为 {codec} 文本",
    )
    UNKNOWN_CHARSET = Words(
        "warning",
        "103",
        "MSH-18 declares '{declared}', which is not in table 0211; it was read as {codec}",
        "MSH-18 声明的“{declared}”不在表 0211 中；已按 {codec} 读取",
    )
    NO_VERSION = Words(
        "error",
        "101",
        "MSH-12 names no HL7 version known here; judged as {judged_as}",
        "MSH-12 未给出已知的 HL7 版本；按 {judged_as} 判断",
    )
    UNKNOWN_STRUCTURE = Words(
        "error",
        "200",
        "HL7 {version} has no message structure for {event}",
        "HL7 {version} 中没有 {event} 的消息结构",
    )
    WRONG_STRUCTURE = Words(
        "warning",
        "200",
        "MSH-9.3 says {declared}, but in HL7 {version} {event} has the structure {structure}",
        "MSH-9.3 为 {declared}，但 HL7 {version} 中 {event} 的结构是 {structure}",
    )
    NO_SEGMENT = Words(
        "error",
        "100",
        "line {line} does not begin with a segment name and a field separator",
        "第 {line} 行不以段名和字段分隔符开头",
    )
    UNKNOWN_SEGMENT = Words(
        "error",
        "100",
        "HL7 {version} has no segment {segment}",
        "HL7 {version} 中没有 {segment} 段",
    )
    UNEXPECTED_SEGMENT = Words(
        "error",
        "100",
        "{segment} does not belong into {structure}",
        "{structure} 中不应出现 {segment} 段",
    )
    MISPLACED_SEGMENT = Words(
        "error",
        "100",
        "{segment} may not stand here in {structure}, after {after}",
        "{structure} 中 {segment} 段不应位于 {after} 段之后",
    )
    MISSING_SEGMENT = Words(
        "error",
        "100",
        "{segment} is required in {structure} before {before}",
        "{structure} 中 {before} 段之前必须有 {segment} 段",
    )
    MISSING_AT_END = Words(
        "error",
        "100",
        "{segment} is required in {structure}, but the message ends without it",
        "{structure} 必须有 {segment} 段，但直到消息结尾都没有",
    )
    REPEATED_SEGMENT = Words(
        "error",
        "100",
        "{segment} may stand only once here in {structure}",
        "{structure} 中 {segment} 段在此处只能出现一次",
    )
    MISSING_FIELD = Words("error", "101", "required, but empty", "必填，但为空")
    MISSING_COMPONENT = Words("warning", "101", "required, but empty", "必填，但为空")
    REPEATED_FIELD = Words(
        "error",
        "102",
        "may have {allowed} repetition(s), has {found}",
        "至多重复 {allowed} 次，实际 {found} 次",
    )
    UNKNOWN_FIELD = Words(
        "warning",
        "102",
        "HL7 {version} defines {segment} only up to field {last}",
        "HL7 {version} 中 {segment} 段只定义到第 {last} 个字段",
    )
    WITHDRAWN_FIELD = Words(
        "warning", "102", "withdrawn in HL7 {version}", "HL7 {version} 已取消此字段"
    )
    UNKNOWN_COMPONENT = Words(
        "warning",
        "102",
        "datatype {datatype} has only {last} component(s)",
        "数据类型 {datatype} 只有 {last} 个组件",
    )
    NOT_A_NUMBER = Words("error", "102", "no number ({datatype})", "不是数字（{datatype}）")
    NOT_A_DATE = Words("error", "102", "no date or time ({datatype})", "不是日期时间（{datatype}）")
    UNKNOWN_DATATYPE = Words(
        "error",
        "102",
        "OBX-2 names no datatype of HL7 {version}",
        "OBX-2 不是 HL7 {version} 的数据类型",
    )
    NOT_IN_TABLE = Words("warning", "103", "not in HL7 table {table}", "不在 HL7 表 {table} 中")
    TOO_LONG = Words(
        "warning",
        "102",
        "{found} characters, at most {allowed} are allowed",
        "共 {found} 个字符，至多允许 {allowed} 个",
    )
    BATCH_COUNT = Words(
        "warning",
        "102",
        "declares {declared}, but {found} came",
        "声明 {declared}，实际为 {found}",
    )
    OUTSIDE_MESSAGE = Words(
        "warning",
        "100",
        "{found} bytes before the first message belong to none",
        "首条消息之前有 {found} 个字节不属于任何消息",
    )
    MORE_FINDINGS = Words(
        "warning",
        "207",
        "there are more than {found} findings; judging stopped here",
        "问题超过 {found} 个，判断到此为止",
    )


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong in one place.

    Attributes:
        kind: what is wrong.
        path: where: ``PID-7``, ``OBX(3)-5.2``, ``PV1``; never a value.
        facts: what the words mention; never a value of a field that may hold patient data.
    """

    kind: FindingKind
    path: str
    facts: Mapping[str, Fact] = field(default_factory=dict)

    @property
    def severity(self) -> Severity:
        """``error`` or ``warning``."""
        return self.kind.value.severity

    @property
    def code(self) -> str:
        """The stable name of the kind, e.g. ``missing_field``."""
        return self.kind.name.lower()

    def text(self, language: Language = "en") -> str:
        """Return it in words, without the path."""
        words = self.kind.value
        return (words.zh if language == "zh" else words.en).format_map(self.facts)

    def record(self) -> dict[str, object]:
        """Return what is stored or sent to the console, as JSON-able values."""
        return {
            "code": self.code,
            "severity": self.severity,
            "path": self.path,
            "facts": dict(self.facts),
            "en": self.text("en"),
            "zh": self.text("zh"),
        }
