"""``lianyi channel check`` finds what is wrong, with file and line, while nothing runs."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from lianyi.cli.main import main

GOOD = """\
channel: {name}
description: 试验 / a trial
source: {{ connector: mllp, port: {port} }}
destinations:
  - name: record
    connector: mllp
    address: record.test:7001
    filter: {{ event: ["ADT^A01"] }}
examples:
  - {{ name: an admission arrives, event: "ADT^A01", delivered_to: [record] }}
  - {{ name: a change goes nowhere, event: "ADT^A08", delivered_to: [] }}
"""


@pytest.fixture
def content(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("LIANYI_LANG", "en")
    (tmp_path / "channels").mkdir()
    return tmp_path


def put(content: Path, name: str, *, port: int = 6701, text: str = GOOD) -> Path:
    file = content / "channels" / f"{name}.yaml"
    file.write_text(text.format(name=name, port=port), encoding="utf-8")
    return file


def check(content: Path, *arguments: str) -> Result:
    return CliRunner().invoke(main, ["channel", "check", "--content", str(content), *arguments])


def results(content: Path, *arguments: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(check(content, *arguments, "--json").stdout)
    return found


def test_good_channels_pass_with_their_examples(content: Path) -> None:
    put(content, "one")
    put(content, "two", port=6702)

    done = check(content)

    assert done.exit_code == 0
    assert done.output.count("examples 2/2") == 2
    assert "✓ an admission arrives" in done.output


def test_a_misspelt_key_is_told_with_file_and_line_in_both_languages(content: Path) -> None:
    file = put(content, "one", text=GOOD.replace("    filter:", "    fliter:"))

    done = check(content, "one")

    assert done.exit_code == 1
    assert f"{file}:8\n" in done.output
    assert "LY-1402 cannot use this channel definition" in done.output
    assert "LY-1402 通道定义不可用" in done.output
    (problem,) = results(content, "one")[0]["problems"]
    assert (problem["code"], problem["line"]) == ("LY-1402", 8)


def test_an_example_that_does_not_hold_is_told(content: Path) -> None:
    put(content, "one", text=GOOD.replace("delivered_to: []", "delivered_to: [record]"))

    done = check(content, "one")

    assert done.exit_code == 1
    assert "✓ an admission arrives" in done.output
    assert "✗ a change goes nowhere" in done.output
    (result,) = results(content)
    assert [example["ok"] for example in result["examples"]] == [True, False]
    assert result["examples"][1]["problems"][0]["code"] == "LY-1409"


def test_two_channels_on_one_port_clash_when_all_are_looked_at(content: Path) -> None:
    one, two = put(content, "one"), put(content, "two")

    assert check(content, str(one), str(two)).exit_code == 0
    assert check(content, "--all").exit_code == 1
    codes = [problem["code"] for result in results(content) for problem in result["problems"]]
    assert codes == ["LY-1405"]


def test_a_file_a_path_and_a_name_mean_the_same(content: Path) -> None:
    file = put(content, "one")

    assert {results(content, name)[0]["file"] for name in ("one", "one.yaml", str(file))} == {
        str(file)
    }


def test_what_is_not_there_is_a_wrong_use(content: Path) -> None:
    assert check(content, "nothing").exit_code == 2
    assert check(content).exit_code == 2  # no channels at all
    put(content, "one")
    assert check(content, "one", "--all").exit_code == 2
