"""Every channel that ships keeps what its own examples say."""

from __future__ import annotations

from pathlib import Path

import pytest

from lianyi.channels.examples import check
from lianyi.channels.loading import check_together, load_channel

CONTENT = Path(__file__).parents[2] / "content"
CHANNELS = sorted((CONTENT / "channels").glob("*.yaml"))


def test_there_are_channels_to_check() -> None:
    assert CHANNELS


@pytest.mark.parametrize("path", CHANNELS, ids=lambda path: path.stem)
def test_a_shipped_channel_does_what_its_examples_say(path: Path) -> None:
    report = check(path)

    assert not report.problems, "\n".join(map(str, report.problems))
    assert report.examples, "a channel that ships has examples"
    assert report.ok, "\n".join(f"{e.name}\n{e.detail()}" for e in report.examples if not e.ok)


def test_the_shipped_channels_get_along_with_each_other() -> None:
    channels = [load_channel(p.read_text(encoding="utf-8"), p.name, CONTENT) for p in CHANNELS]

    assert check_together(channels) == []
