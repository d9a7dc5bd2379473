"""The channel of the guide gives what the repository asks of a message."""

from __future__ import annotations

from pathlib import Path

import pytest

from lianyi.channels.compiled import compile_channel
from lianyi.channels.loading import load_channel
from lianyi.projections.clinical.cda import wants

from .papers import SECTIONS, paper

GUIDES = Path(__file__).parents[5] / "docs" / "guides"


@pytest.mark.parametrize("name", ["clinical-cda.md", "clinical-cda.zh.md"])
def test_a_document_that_comes_by_the_channel_of_the_guide_is_one_that_is_read(name: str) -> None:
    text = (GUIDES / name).read_text(encoding="utf-8").split("```yaml\n")[1].split("```")[0]
    channel = compile_channel(load_channel(text, "emr-cda.yaml", None), None)
    found = channel.open(paper(*SECTIONS).encode("utf-8")).identity()
    assert wants(found.kind)
    assert (found.kind, found.sender) == ("xml 18842-5", "H1")
    assert "p:P1^1.2.156.99" in found.keys
