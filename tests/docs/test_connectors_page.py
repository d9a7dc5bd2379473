"""What the page of the connectors shows can be written into a channel file."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from lianyi.channels.loading import read_channel

HEAD = "channel: sample\ndescription: an example of the page\n"


@pytest.mark.parametrize("name", ["connectors.md", "connectors.zh.md"])
def test_every_example_of_the_page_is_a_channel(docs: Path, name: str) -> None:
    page = (docs / "reference" / name).read_text(encoding="utf-8")
    examples = re.findall(r"```yaml\n(.*?)```", page, re.DOTALL)

    assert len(examples) > 1
    for example in examples:
        _, problems = read_channel(HEAD + example, "sample.yaml", None)
        assert [problem.text("en") for problem in problems] == []
