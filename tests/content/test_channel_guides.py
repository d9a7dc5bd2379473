"""The channels printed in the guides are whole channels that keep what they say."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from lianyi.channels.examples import check_text

ROOT = Path(__file__).parents[2]
GUIDES = sorted((ROOT / "docs/guides").glob("channels*.md"))


@pytest.mark.parametrize("guide", GUIDES, ids=lambda path: path.name)
async def test_a_channel_printed_in_a_guide_works(guide: Path) -> None:
    printed = re.findall(r"```yaml\n(channel: .*?)```", guide.read_text(encoding="utf-8"), re.S)

    assert printed
    for text in printed:
        report = await check_text(text, "lab-to-emr.yaml", ROOT / "content")
        assert not report.problems, "\n".join(map(str, report.problems))
        assert report.ok, "\n".join(e.detail() for e in report.examples)


@pytest.mark.parametrize("guide", GUIDES, ids=lambda path: path.name)
async def test_every_step_and_filter_in_the_tables_of_a_guide_is_one(guide: Path) -> None:
    rows = re.findall(r"^\|.*?\|$", guide.read_text(encoding="utf-8"), re.M)
    cells = [cell for row in rows for cell in re.findall(r"`((?:[^`\\]|\\.)+)`", row)]
    steps = [c for c in cells if re.match(r"(set|copy|map|drop_segment|convert|split):", c)]
    filters = [
        c for c in cells if re.match(r"(event|fields|not|any_of|expression|sending_a\w+):", c)
    ]
    text = "channel: tried\ndescription: x\nsource: { connector: mllp, port: 1 }\ndestinations:\n"
    for n, step in enumerate(steps):
        text += f"  - name: s{n}x\n    connector: mllp\n    address: h:1\n"
        text += f"    transform:\n      - {step}\n".replace("\\|", "|")
    for n, filter_ in enumerate(filters):
        text += f"  - name: f{n}x\n    connector: mllp\n    address: h:1\n"
        text += f"    filter:\n      {filter_}\n"

    report = await check_text(text, "tried.yaml", ROOT / "content")

    assert len(steps) >= 6
    assert len(filters) >= 7
    assert report.ok, "\n".join(map(str, report.problems))
