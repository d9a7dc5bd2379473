"""Log lines: one JSON object a line, or colours on a terminal. No patient in any of them.

What could carry a patient is cut off here, not left to the care of the caller: sensitive values
show ``***``, bytes show their length, and an exception shows its type and where it was
raised; its text only when it is one of ours, whose facts hold no patient.
"""

from __future__ import annotations

import logging
import sys
import traceback
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, TextIO

import orjson
import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

from lianyi.base.errors import LianyiError
from lianyi.base.sensitive import Sensitive

NESTING_MAX = 6
FRAMES_MAX = 12

# They write addresses with their query, and so whatever was searched for.
TALKATIVE = ("uvicorn.access", "httpx", "httpcore", "urllib3")


def configure_logging(
    level: str = "info", *, json: bool | None = None, stream: TextIO | None = None
) -> None:
    """Set up structlog, and send the standard library's log lines the same way.

    May be called again; the last call holds.

    Args:
        level: ``debug``, ``info``, ``warning`` or ``error``.
        json: True for JSON, False for people; None looks whether ``stream`` is a terminal.
        stream: where to write; None means standard error.
    """
    stream = stream or sys.stderr
    for_machines = not stream.isatty() if json is None else json
    number = logging.getLevelNamesMapping()[level.upper()]
    common: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        describe_exception,
        hide,
    ]
    rendered: list[Processor] = (
        [structlog.processors.JSONRenderer(serializer=_json)]
        if for_machines
        else [_exception_for_people, structlog.dev.ConsoleRenderer(colors=stream.isatty())]
    )
    structlog.configure(
        processors=[*common, *rendered],
        wrapper_class=structlog.make_filtering_bound_logger(number),
        logger_factory=structlog.WriteLoggerFactory(file=stream),
        cache_logger_on_first_use=False,
    )
    handler = logging.StreamHandler(stream)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[structlog.stdlib.add_logger_name, *common],
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *rendered],
        )
    )
    logging.basicConfig(handlers=[handler], level=number, force=True)
    for name in TALKATIVE:
        logging.getLogger(name).setLevel(logging.WARNING)


def describe_exception(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
    """Replace ``exc_info`` by ``exception``: types and places of the chain, no foreign text."""
    found = event.pop("exc_info", None)
    if found is True:
        found = sys.exc_info()
    if isinstance(found, tuple):
        found = found[1]
    if isinstance(found, BaseException):
        event["exception"] = [_described(error) for error in _chain(found)]
    return event


def hide(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
    """Replace everything that could hold what a message says."""
    return {one_line(str(key)): _shown(value, NESTING_MAX) for key, value in event.items()}


def _exception_for_people(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
    """Write what :func:`describe_exception` found as lines: a console prints it below the event."""
    if found := event.pop("exception", None):
        event["exception"] = "\n".join(
            line
            for one in found
            for line in (f"{one['type']} {one.get('text', '')}", *(f"  {x}" for x in one["frames"]))
        )
    return event


def _chain(error: BaseException) -> list[BaseException]:
    """Return an exception and what caused it, the last one first."""
    found: list[BaseException] = []
    following: BaseException | None = error
    while following is not None and following not in found:
        found.append(following)
        hidden = following.__suppress_context__
        following = following.__cause__ or (None if hidden else following.__context__)
    return found


def _described(error: BaseException) -> dict[str, Any]:
    told = {"text": one_line(error.text())} if isinstance(error, LianyiError) else {}
    return {"type": type(error).__qualname__, **told, "frames": _frames(error.__traceback__)}


def _frames(trace: TracebackType | None) -> list[str]:
    return [
        f"{Path(frame.filename).name}:{frame.lineno} {frame.name}"
        for frame in traceback.extract_tb(trace)[-FRAMES_MAX:]
    ]


def _shown(value: object, depth: int) -> object:
    """Return what a log line may hold of a value."""
    if isinstance(value, str):
        return one_line(value)
    if value is None or isinstance(value, bool | int | float):
        return value
    if isinstance(value, Sensitive):
        return repr(value)
    if isinstance(value, bytes | bytearray | memoryview):
        return f"<{len(value)} bytes>"
    if isinstance(value, LianyiError):
        return one_line(value.text())
    if isinstance(value, BaseException):
        return type(value).__qualname__
    if depth == 0:
        return "…"
    if isinstance(value, Mapping):
        return {one_line(str(key)): _shown(part, depth - 1) for key, part in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_shown(part, depth - 1) for part in value]
    return one_line(str(value))


def one_line(text: str) -> str:
    r"""Return a text that stays in its line: ``\n`` and whatever commands a terminal is spelt out.

    Nobody who names himself or his machine writes lines of the log, or hides some (CWE-117).
    """
    return text if text.isprintable() else "".join(map(_spelt, text))


def _spelt(character: str) -> str:
    if character.isprintable():
        return character
    return character.encode("unicode_escape", "surrogatepass").decode("ascii")


def _json(value: object, **_: object) -> str:
    return orjson.dumps(value, option=orjson.OPT_PASSTHROUGH_SUBCLASS, default=str).decode()
