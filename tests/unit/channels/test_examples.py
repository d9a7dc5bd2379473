from __future__ import annotations

from pathlib import Path

import pytest
from tests.unit.channels.channel_files import HEAD, RESULT, destination

from lianyi.channels.examples import CheckReport, check, check_text

MESSAGE = "\n      ".join(RESULT.split("\r"))


async def checked(
    example: str, steps: str = "[{ set: { PID-8: '2' } }]", more: str = ""
) -> CheckReport:
    text = HEAD + more + destination(steps, more="filter: { event: ORU^R01 }")
    return await check_text(text + f"examples:\n  - {example}\n", "sample.yaml", None)


def written(rest: str) -> str:
    """Return an example with a whole message."""
    return f"name: x\n    message: |\n      {MESSAGE}\n    {rest}"


@pytest.mark.parametrize(
    "example",
    [
        "{ name: x, event: ORU^R01, delivered_to: emr }",
        "{ name: x, event: ADT^A01, delivered_to: [] }",
        "{ name: x, event: ORU^R01, fields: { PID-3.1: '7' }, delivered_to: emr,"
        " expect: { emr: { PID-3.1: '7' } } }",
        written("delivered_to: [emr]\n    expect: { emr: { PID-8: '2', PID-5.1: 黄玉梓 } }"),
    ],
)
async def test_an_example_that_holds_is_ok(example: str) -> None:
    report = await checked(example)

    assert report.ok, [r.detail() for r in report.examples] + list(map(str, report.problems))


@pytest.mark.parametrize(
    ("example", "says"),
    [
        ("{ name: x, event: ORU^R01, delivered_to: [] }", "delivered_to: expected [], got [emr]"),
        ("{ name: x, event: ADT^A01, delivered_to: emr }", "expected [emr], got []"),
        ("{ name: x, event: ORU^R01, gate: hold, delivered_to: emr }", "gate: expected"),
        (
            "{ name: x, event: ORU^R01, delivered_to: emr, expect: { emr: { PID-8: '1' } } }",
            'emr: PID-8: expected "1", got "2"',
        ),
        (
            "{ name: x, event: ORU^R01, delivered_to: emr, expect: { emr: [{}, {}] } }",
            "messages to emr: expected 2, got 1",
        ),
        ("{ name: x, message: hello, delivered_to: [] }", "LY-12"),
    ],
)
async def test_an_example_that_does_not_hold_says_why_and_where(example: str, says: str) -> None:
    report = await checked(example)

    assert not report.ok
    (result,) = report.examples
    assert says in result.detail("en")
    assert result.detail("zh")


async def test_a_message_in_the_senders_codec_is_read_as_the_sender_sends_it() -> None:
    report = await checked(written("delivered_to: [emr]\n    expect: { emr: { PID-5.1: 黄玉梓 } }"))

    assert report.ok
    assert report.channel is not None
    assert report.channel.source.default_codec == "gb18030"


async def test_a_split_is_expected_message_by_message() -> None:
    report = await checked(
        written("delivered_to: [emr]\n    expect: { emr: [{ OBX-3.1: NA }, { OBX-3.1: K }] }"),
        "[{ split: { by: OBX } }]",
    )

    assert report.ok


async def test_a_held_message_reaches_nobody() -> None:
    gate = "gate: { rules: [{ path: PID-3, required: true, otherwise: hold }] }\n"

    report = await checked("{ name: x, event: ORU^R01, gate: hold, delivered_to: [] }", more=gate)

    assert report.ok


async def test_with_a_wrong_definition_no_example_is_run() -> None:
    report = await checked("{ name: x, event: ORU^R01, delivered_to: emr }", "[nothing]")

    assert (report.ok, len(report.problems), report.examples) == (False, 1, ())


def test_functions_run_in_examples(tmp_path: Path) -> None:
    for folder in ("channels", "functions"):
        (tmp_path / folder).mkdir()
    (tmp_path / "functions/f.py").write_text(
        "def run(message, settings):\n    message.set('ZPI-1', 'ran')\n"
    )
    file = tmp_path / "channels/sample.yaml"
    file.write_text(
        HEAD
        + destination("[{ call: { function: f } }]")
        + "examples:\n  - { name: x, event: ORU^R01, delivered_to: emr,"
        + " expect: { emr: { ZPI-1: ran } } }\n",
        encoding="utf-8",
    )

    assert check(file).ok


async def test_a_json_channel_has_invented_examples_too() -> None:
    text = """
channel: sample
description: x
format: json
source: { connector: http, port: 0 }
identify: { event: resourceType }
destinations:
  - { name: emr, connector: http, address: "http://127.0.0.1:9/x", filter: { event: Patient } }
examples:
  - { name: x, event: Patient, fields: { id: "7" }, delivered_to: emr, expect: { emr: { id: 7 } } }
  - { name: y, event: Other, delivered_to: [] }
"""

    report = await check_text(text, "sample.yaml", None)

    assert report.ok, [r.detail() for r in report.examples] + list(map(str, report.problems))
