"""Invented messages about patients, as they lie in the log, and what the feeds read in them."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import orjson
import pytest

from lianyi.messagelog.message import LogMessage
from lianyi.projections.identity import feeds
from lianyi.projections.identity.registration import Registration
from lianyi.projections.identity.statements import Registered, Statement

ZONE = ZoneInfo("Asia/Shanghai")
RECEIVED = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
CITIZEN = "990102198003151234"
"""The shape of a citizen's number, of an area that does not exist; its check digit is wrong."""
VALID = CITIZEN[:17] + "9"
"""The same with the right one."""


def logged(
    kind: str, body: bytes | str, *, codec: str = "utf-8", sender: str = "HIS|H1"
) -> LogMessage:
    """A message of the log; of a text the codec is that of its bytes."""
    raw = body.encode(codec) if isinstance(body, str) else body
    return LogMessage(1, 7, RECEIVED, 3, kind, raw, codec, sender, (), 0, None, b"")


def said(message: LogMessage) -> list[Statement]:
    return feeds.read(message, ZONE)


def only(message: LogMessage) -> Registered:
    """The one registration that a message is."""
    (statement,) = said(message)
    assert isinstance(statement, Registered)
    return statement


def segment(name: str, fields: dict[int, str]) -> str:
    return "|".join([name, *(fields.get(n, "") for n in range(1, max(fields) + 1))])


def adt(
    event: str,
    *pids: dict[int, str] | str,
    version: str = "2.5.1",
    processing: str = "P",
    charset: str = "UNICODE UTF-8",
    codec: str = "utf-8",
) -> LogMessage:
    """An ADT message; each further argument is the fields of a PID, or another whole segment.

    A PID without field 3 is of patient P1 of the HIS.
    """
    lines = [
        f"MSH|^~\\&|HIS|H1|EMR|H2|20260302080000||ADT^{event}|1|{processing}|{version}||||||{charset}",
        "EVN||20260302073000",
        *(
            one if isinstance(one, str) else segment("PID", {3: "P1^^^HIS^PI", 5: "测试^甲"} | one)
            for one in pids
        ),
    ]
    return logged(f"hl7v2 ADT^{event}", "\r".join(lines), codec=codec)


def registered(pid: dict[int, str], *more: str, event: str = "A08", **header: str) -> Registered:
    """What an update with a PID says."""
    return only(adt(event, pid, *more, **header))


def registration(pid: dict[int, str], *more: str, **header: str) -> Registration:
    return registered(pid, *more, **header).registration


def fhir(
    resource: dict[str, Any], kind: str = "fhir Patient", sender: str = "HIS|H1"
) -> LogMessage:
    return logged(kind, orjson.dumps(resource), sender=sender)


def shared(*parts: str) -> Path:
    """A folder of the shared data; the test is skipped where there is none."""
    root = Path(__file__).parents[4]
    folder = Path(os.environ.get("LIANYI_SHARED", root.parent / "shared")).joinpath("data", *parts)
    if not folder.is_dir():
        pytest.skip(f"no shared data at {folder}; set LIANYI_SHARED")
    return folder
