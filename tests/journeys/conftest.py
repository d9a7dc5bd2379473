"""What journeys through the console begin with: a clinic, and a browser that is new to it."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import TypeVar

import pytest
from playwright.sync_api import Browser, BrowserContext, expect, sync_playwright
from tests.conftest import quick_folder

import lianyi

from .clinic import Clinic

CHROMIUM = next(
    filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None
)
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


Kind = TypeVar("Kind", bound=Clinic)


@contextmanager
def open_house(kind: type[Kind], settings: str = "") -> Iterator[Kind]:
    """Give a clinic of a kind that runs; ``settings``: what stands in its lianyi.toml."""
    assert (Path(lianyi.__file__).parent / "console" / "index.html").is_file(), "make setup first"
    with quick_folder() as folder:
        clinic = kind(folder)
        if settings:
            (folder / "lianyi.toml").write_text(settings, encoding="utf-8")
            clinic.options = ("--settings", str(folder / "lianyi.toml"))
        with clinic:
            yield clinic


def open_clinic(settings: str = "") -> AbstractContextManager[Clinic]:
    """Give the usual one."""
    return open_house(Clinic, settings)


@pytest.fixture(scope="module")
def clinic() -> Iterator[Clinic]:
    with open_clinic() as clinic:
        yield clinic


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    assert CHROMIUM, "tools/prepare_tests.sh installs one"
    expect.set_options(timeout=10_000)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    """A browser that belongs to a person who has never been here."""
    context = browser.new_context(
        locale="zh-CN", viewport={"width": 1440, "height": 900}, timezone_id="America/New_York"
    )
    yield context
    context.close()


@pytest.fixture
def complaints(context: BrowserContext) -> list[str]:
    """What the browser complains about: exceptions, refused resources, broken security rules."""
    found: list[str] = []
    context.on("weberror", lambda error: found.append(str(error.error)))
    context.on(
        "console",
        lambda line: (
            found.append(line.text)
            if line.type == "error" and "Failed to load resource" not in line.text
            else None
        ),
    )
    return found
