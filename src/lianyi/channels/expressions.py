"""Filter expressions in CEL, the Common Expression Language.

``event``, ``sending_application``, ``sending_facility`` are texts; ``field(path)`` is the text at
a path, ``fields(path)`` the list of all of them. CEL always ends, has no side effects and cannot
reach anything but the message.

Source: https://github.com/google/cel-spec
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from functools import lru_cache
from typing import TypeVar

from cel_expr_python import cel  # type: ignore[import-untyped]

from lianyi.base.errors import LianyiError
from lianyi.channels.content import Content, Test
from lianyi.channels.problems import BadExpression, ExpressionFailed

Value = TypeVar("Value", str, list[str])


class _Now(threading.local):
    """The message that an expression is looking at now, in this thread."""

    content: Content | None = None
    failure: LianyiError | None = None


_NOW = _Now()


def _field(path: str) -> str:
    return _look(lambda content: content.get(path), "")


def _fields(path: str) -> list[str]:
    return _look(lambda content: content.anywhere(path), [])


def _look(read: Callable[[Content], Value], nothing: Value) -> Value:
    """Read from the message that is looked at now, and remember why that failed."""
    if _NOW.content is None:
        return nothing
    try:
        return read(_NOW.content)
    except LianyiError as error:
        _NOW.failure = error
        raise


@lru_cache(maxsize=1)
def _environment() -> cel.Env:
    text, texts = cel.Type.STRING, cel.Type.List(cel.Type.STRING)
    return cel.NewEnv(
        variables=dict.fromkeys(("event", "sending_application", "sending_facility"), text),
        functions=[
            cel.FunctionDecl("field", [cel.Overload("field_text", text, [text], impl=_field)]),
            cel.FunctionDecl("fields", [cel.Overload("fields_text", texts, [text], impl=_fields)]),
        ],
    )


def compile_expression(text: str) -> Test:
    """Compile an expression that gives true or false.

    Returns:
        A test; it raises ExpressionFailed when the expression cannot be evaluated for a message,
        and whatever reading the message raises.

    Raises:
        BadExpression: it is no CEL, names something unknown, or gives no truth value.
    """
    try:
        expression = _environment().compile(text)
    except RuntimeError as error:
        first = str(error).partition("\n")[0].removeprefix("INVALID_ARGUMENT: ERROR: <input>:")
        raise BadExpression(where="expression", why=first) from error
    if expression.return_type() != cel.Type.BOOL:
        raise BadExpression(
            where="expression", why=f"it gives {expression.return_type().name()}, not true or false"
        )

    def test(content: Content) -> bool:
        _NOW.content, _NOW.failure = content, None
        try:
            value = expression.eval(
                data={
                    "event": content.event,
                    "sending_application": content.sending_application,
                    "sending_facility": content.sending_facility,
                }
            ).value()
        except RuntimeError as error:  # it looked at too many combinations: CEL's own budget
            raise _NOW.failure or ExpressionFailed(where=text[:100]) from error
        finally:
            _NOW.content = None
        if value is True or value is False:
            return bool(value)
        raise _NOW.failure or ExpressionFailed(where=text[:100])

    return test
