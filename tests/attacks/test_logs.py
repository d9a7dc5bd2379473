"""Whatever somebody calls himself, it is one line of the log and no command (CWE-117)."""

from __future__ import annotations

import io
import json
import logging
import unicodedata
from collections.abc import Iterator

import pytest
import structlog

from lianyi.base.errors import Category, LianyiError, Told
from lianyi.base.telemetry import configure_logging

from .corpora import EVERY


class Named(LianyiError):
    """Something that repeats what it was told."""

    code = "LY-9998"
    category = Category.INVALID
    en = Told("cannot", "{why}", "do")
    zh = Told("不能", "{why}", "做")


@pytest.fixture(autouse=True)
def _put_back() -> Iterator[None]:
    handlers, level = logging.getLogger().handlers[:], logging.getLogger().level
    yield
    structlog.reset_defaults()
    logging.getLogger().handlers[:] = handlers
    logging.getLogger().setLevel(level)


def lines(text: str, *, as_json: bool) -> list[str]:
    """Return what is written when a text stands everywhere in log lines."""
    stream = io.StringIO()
    configure_logging("info", json=as_json, stream=stream)
    structlog.get_logger("x").info("it happened", who=text, what={text: [text]})
    structlog.get_logger("x").info(text)
    logging.getLogger("y").warning("%s", text)
    try:
        raise Named(where=text, why=text)
    except Named as error:
        structlog.get_logger("x").exception("failed", failure=error)
    return stream.getvalue().split("\n")[:-1]


@pytest.mark.parametrize("as_json", [True, False], ids=["json", "console"])
@pytest.mark.parametrize("text", EVERY)
def test_no_text_ends_its_line_or_commands_a_terminal(text: str, as_json: bool) -> None:
    written = lines(text, as_json=as_json)
    if as_json:
        assert len(written) == 4
        assert [set(json.loads(line)) >= {"level", "event"} for line in written] == [True] * 4
    else:
        quiet = len(lines("quiet", as_json=False))
        assert len(written) == quiet
    controls = {c for line in written for c in line if unicodedata.category(c)[0] == "C"}
    assert controls == set()
