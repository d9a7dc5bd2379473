"""Which messages are wanted: filters compiled into small closures, pure and quick."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from fnmatch import translate

from lianyi.base.errors import LianyiError
from lianyi.channels.content import Content, Test
from lianyi.channels.definition import Filter, Format
from lianyi.channels.problems import NotInFormat
from lianyi.channels.reading import Place, Report
from lianyi.formats import hl7v2

Fits = Callable[[str], bool]


def everything(content: Content) -> bool:
    """Let every message through."""
    return True


def pattern(patterns: Iterable[str]) -> Fits:
    """Compile patterns with ``*`` and ``?``; the closure says whether one fits a whole text.

    Time is linear in the text for each star; nothing backtracks.
    """
    listed = tuple(patterns)
    exact = frozenset(p for p in listed if "*" not in p and "?" not in p)
    wild = [translate(p.replace("[", "[[]")) for p in listed if p not in exact]
    if not wild:
        return exact.__contains__
    match = re.compile("|".join(wild)).match
    return lambda text: text in exact or match(text) is not None


def check_path(format_: Format, path: str) -> None:
    """Check that a path is one of its format.

    Raises:
        LianyiError: it is not.
    """
    if format_ == "hl7v2":
        hl7v2.Path.of(path)
    elif format_ == "raw":
        raise NotInFormat(
            where=path, format="raw", why="raw bytes have no paths", why_zh="原始字节没有路径"
        )
    else:
        from lianyi.channels import structured  # lxml costs 8 MB; most channels never need it

        (structured.xml_path if format_ == "xml" else structured.json_path)(path)


def compile_filter(
    wanted: Filter | None, *, format_: Format, report: Report, place: Place = ()
) -> Test:
    """Turn a filter into a closure.

    Args:
        wanted: the filter; None lets everything through.
        format_: of the messages it will see.
        report: gets what is wrong with it.
        place: of the filter in the definition.

    Returns:
        A test. It raises LianyiError when it must look into a message that cannot be read.
    """
    if wanted is None:
        return everything
    tests: list[Test] = []
    for name in ("event", "sending_application", "sending_facility", "processing"):
        patterns = getattr(wanted, name)
        if patterns:
            tests.append(_says(name, pattern(patterns)))
    for path, patterns in wanted.fields.items():
        try:
            check_path(format_, path)
        except LianyiError as error:
            report.note(error, (*place, "fields", path))
        else:
            tests.append(_holds(path, pattern(patterns)))
    inner = [
        compile_filter(one, format_=format_, report=report, place=(*place, "any_of", n))
        for n, one in enumerate(wanted.any_of)
    ]
    if inner:
        tests.append(lambda content: any(test(content) for test in inner))
    if wanted.not_ is not None:
        unwanted = compile_filter(
            wanted.not_, format_=format_, report=report, place=(*place, "not")
        )
        tests.append(lambda content: not unwanted(content))
    if wanted.expression:
        tests += _expression(wanted.expression, report, (*place, "expression"))
    return both(*tests)


def both(*tests: Test) -> Test:
    """Return a test that holds when all of them hold."""
    real = [test for test in tests if test is not everything]
    if not real:
        return everything
    if len(real) == 1:
        return real[0]
    if len(real) == 2:
        first, second = real
        return lambda content: first(content) and second(content)
    return lambda content: all(test(content) for test in real)


def _says(name: str, fits: Fits) -> Test:
    if name == "event":
        return lambda content: fits(content.event)
    if name == "sending_application":
        return lambda content: fits(content.sending_application)
    if name == "sending_facility":
        return lambda content: fits(content.sending_facility)
    return lambda content: fits(content.processing)


def _holds(path: str, fits: Fits) -> Test:
    return lambda content: any(map(fits, content.anywhere(path) or _ABSENT))


_ABSENT = ("",)


def _expression(text: str, report: Report, place: Place) -> list[Test]:
    from lianyi.channels import expressions  # CEL costs 19 MB; most channels never need it

    try:
        return [expressions.compile_expression(text)]
    except LianyiError as error:
        report.note(error, place)
        return []
