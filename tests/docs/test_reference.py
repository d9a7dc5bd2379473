"""Settings, metrics and HTTP addresses are documented, and the pages say what the code says."""

from __future__ import annotations

import json
from pathlib import Path
from types import ModuleType

import pytest

from lianyi.api import openapi
from lianyi.base.telemetry import every_metric


@pytest.mark.parametrize(
    "name", ["settings.md", "channels.md", "metrics.md", "api.md", "cli.md", "cli.zh.md"]
)
def test_a_page_written_from_the_code_is_current(docs: Path, pages: ModuleType, name: str) -> None:
    written = (docs / "reference" / name).read_text(encoding="utf-8")
    assert written == pages.PAGES[name](), "run: make docs"


def test_every_settings_key_says_what_it_means(pages: ModuleType) -> None:
    silent = [
        f"{kind.__module__}.{kind.__name__}.{name}"
        for kind in {*pages.every_section(), *pages.parts_of_a_channel()}
        for name in kind.model_fields
        if not pages.meaning(kind, name)
    ]
    assert sorted(silent) == []


def test_every_metric_says_what_it_measures(pages: ModuleType) -> None:
    pages.import_everything()
    metrics = every_metric()
    assert metrics
    assert [metric.name for metric in metrics if not metric.help.endswith(".")] == []


def test_every_address_says_what_it_does(pages: ModuleType) -> None:
    document = json.loads(openapi.document())
    silent = [
        f"{method.upper()} {path}"
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
        if not operation.get("description")
    ]
    assert silent == []


def test_the_console_is_typed_by_the_api_that_is(docs: Path) -> None:
    written = (docs.parent / "web" / "openapi.json").read_text(encoding="utf-8")
    assert written == openapi.document(), "run: make docs"
