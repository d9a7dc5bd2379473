from __future__ import annotations

from pathlib import Path

import pytest
from tests.unit.channels.channel_files import RESULT, compiled, destination

from lianyi.channels.gate import Finding
from lianyi.messagelog.message import Gate


def judged(
    gate: str, body: str | bytes = RESULT, folder: Path | None = None
) -> tuple[Gate, tuple[Finding, ...]]:
    channel = compiled(f"gate: {gate}\n" + destination(), folder)
    data = body.encode("gb18030") if isinstance(body, str) else body
    return channel.judge(channel.open(data))


@pytest.mark.parametrize(
    "body", [b"", b"hello", b"MSH", b"MSH|^~\\&|A\rMSH|^~\\&|B\r", b"\xff\x00"]
)
def test_what_cannot_be_read_is_held_with_a_reason_for_people(body: bytes) -> None:
    gate, findings = judged("{}", body)

    assert gate is Gate.HOLD
    assert findings[0].severity == "error"
    assert findings[0].text("zh")
    assert findings[0].code.startswith("LY-12")


@pytest.mark.parametrize(
    ("rule", "gate"),
    [
        ("{ path: PID-3, required: true }", Gate.ACCEPT),
        ("{ path: PID-30, required: true }", Gate.WARN),
        ("{ path: PID-30, required: true, otherwise: hold }", Gate.HOLD),
        ("{ path: ZPI-1, required: true, otherwise: hold }", Gate.HOLD),
        ("{ path: PV1-2, in: [I, O] }", Gate.ACCEPT),
        ("{ path: PV1-2, in: [O] }", Gate.WARN),
        ("{ path: PV1-44, in: [O] }", Gate.ACCEPT),
        ("{ path: OBX-8, in: [N], otherwise: hold }", Gate.HOLD),
        ("{ path: OBX-8, in: [N, HH], otherwise: hold }", Gate.ACCEPT),
        ("{ path: PID-7, matches: '[0-9]{8}' }", Gate.ACCEPT),
        ("{ path: PID-7, matches: '[0-9]{4}' }", Gate.WARN),
        ("{ path: PID-30, required: true, when: { event: 'ADT^*' } }", Gate.ACCEPT),
        ("{ path: PID-8, table: sexes, otherwise: hold }", Gate.ACCEPT),
        ("{ path: PV1-2, table: sexes, otherwise: hold }", Gate.HOLD),
    ],
)
def test_a_rule_says_what_it_asks(rule: str, gate: Gate, tmp_path: Path) -> None:
    (tmp_path / "tables").mkdir()
    (tmp_path / "tables/sexes.csv").write_text("code,meaning\nF,2\nM,1\n")

    assert judged(f"{{ rules: [{rule}] }}", folder=tmp_path)[0] is gate


def test_a_finding_speaks_the_words_of_the_rule() -> None:
    rule = "{ path: PID-30, required: true, zh: 缺少标志, en: no flag }"

    _, (finding,) = judged(f"{{ rules: [{rule}] }}")

    assert (finding.path, finding.text("zh"), finding.text("en")) == (
        "PID-30",
        "缺少标志",
        "no flag",
    )


def test_the_structure_is_judged_when_the_gate_says_so() -> None:
    odd = RESULT.replace("PV1|1|I", "PV1|1|")

    assert judged("{ structure: off }", odd)[0] is Gate.ACCEPT
    warned, findings = judged("{ structure: warn }", odd)
    assert warned is Gate.WARN
    assert "PV1-2" in {finding.path for finding in findings}
    assert judged("{ structure: hold }", odd)[0] is Gate.HOLD


def test_the_worst_finding_decides() -> None:
    rules = "[{ path: PID-30, required: true }, { path: PID-31, required: true, otherwise: hold }]"

    gate, findings = judged(f"{{ rules: {rules} }}")

    assert gate is Gate.HOLD
    assert [finding.severity for finding in findings] == ["warning", "error"]
