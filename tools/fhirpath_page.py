"""Run the official FHIRPath suite, and write docs/reference/fhirpath.md.

    .venv/bin/python tools/fhirpath_page.py FOLDER [docs/reference/fhirpath.md]

FOLDER is that of the suite (``r4/fhirpath/tests-fhir-r4.xml`` and its resources). The page lists
the functions from the code, and every case of the suite that is answered differently, with why.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, NamedTuple

from lxml import etree

from lianyi.formats.fhir import json_text, xml_text
from lianyi.formats.fhir.definitions import r4
from lianyi.formats.fhir.fhirpath import FhirPathError, Node, World, check, compile
from lianyi.formats.fhir.fhirpath.calling import FUNCTIONS, Function
from lianyi.formats.fhir.fhirpath.functions.conversion import to_string
from lianyi.formats.fhir.fhirpath.nodes import Item, label, system

ROOT = Path(__file__).parents[1]
SUITE = Path("r4", "fhirpath", "tests-fhir-r4.xml")
WORLD = World(now=datetime(2026, 3, 4, 5, 6, 7, tzinfo=UTC))
WHY = {
    "testPlusDate19": (
        "the suite leaves the tenth of a second out; the standard counts decimals of seconds, and "
        "so does the suite of R5",
        "该用例舍去了十分之一秒；标准计入秒的小数，R5 版套件亦然",
    ),
    "HighBoundaryDateTimeMillisecond1": (
        "the suite takes `T08` for `T08:00`; an hour lasts to its 59th minute, as the example in "
        "the standard has it",
        "该用例把 `T08` 当作 `T08:00`；按标准中的示例，一小时延续到第 59 分",
    ),
    "HighBoundaryDateTimeMillisecond3": ("the same", "同上"),
}
"""Cases of the suite that the platform answers otherwise on purpose."""


class Case(NamedTuple):
    """One case of the suite."""

    group: str
    name: str
    expression: str
    file: str
    invalid: str | None
    is_checked: bool
    is_order_checked: bool
    is_predicate: bool
    is_ordered: bool
    outputs: tuple[tuple[str | None, str], ...]


def cases(folder: Path) -> Iterator[Case]:
    """Return the cases of the suite in their order."""
    for group in etree.parse(folder / SUITE).getroot().iter("{*}group"):
        for test in group.iter("{*}test"):
            expression = test.find("{*}expression")
            assert expression is not None
            invalid = expression.get("invalid")
            yield Case(
                group=str(group.get("name")),
                name=str(test.get("name")),
                expression=expression.text or "",
                file=test.get("inputfile", "patient-example.xml"),
                invalid=invalid,
                is_checked=invalid == "semantic" or test.get("mode") == "strict",
                is_order_checked=test.get("checkOrderedFunctions") == "true",
                is_predicate=test.get("predicate") == "true",
                is_ordered=test.get("ordered") != "false",
                outputs=tuple((o.get("type"), o.text or "") for o in test.findall("{*}output")),
            )


def resource_of(folder: Path, name: str) -> dict[str, Any]:
    """Read an input of the suite, XML or JSON."""
    found = next(
        path for path in (folder / "r4" / name, folder / "r4" / "examples" / name) if path.is_file()
    )
    read = found.read_bytes()
    return json_text.read(read) if found.suffix == ".json" else xml_text.read(read, any_order=True)


def answered(case: Case, resource: dict[str, Any]) -> list[tuple[str, str]] | FhirPathError:
    """Return what the platform answers to a case: types and texts, or the error."""
    definitions = r4()
    try:
        compiled = compile(case.expression, definitions)
        if case.is_checked:
            check(
                case.expression,
                definitions,
                resource["resourceType"],
                is_order_checked=case.is_order_checked,
            )
        found = compiled(resource, world=WORLD)
    except FhirPathError as error:
        return error
    if case.is_predicate:
        return [("boolean", "true" if found else "false")]
    return [(label(item), _text(item)) for item in found]


def _text(item: Item) -> str:
    value = system(item)
    return str(value.value) if isinstance(value, Node) else to_string(value) or ""


def is_right(case: Case, answer: list[tuple[str, str]] | FhirPathError) -> bool:
    """Whether an answer is the one that the suite expects."""
    if case.invalid is not None or isinstance(answer, FhirPathError):
        return case.invalid is not None and isinstance(answer, FhirPathError)
    wanted, found = list(case.outputs), list(answer)
    if not case.is_ordered:
        wanted.sort(key=lambda output: output[1])
        found.sort(key=lambda output: output[1])
    return len(wanted) == len(found) and all(map(_is_same, wanted, found))


def _is_same(wanted: tuple[str | None, str], found: tuple[str, str]) -> bool:
    type_, text = wanted
    if type_ is not None and type_.lower() != found[0].lower():
        return False
    return text.removeprefix("@").removeprefix("T") == found[1] or _is_same_number(text, found[1])


def _is_same_number(wanted: str, found: str) -> bool:
    try:
        return Decimal(wanted).compare(Decimal(found)) == 0
    except ArithmeticError:
        return False


def run(folder: Path) -> Iterator[tuple[Case, bool]]:
    """Run the whole suite: each case, and whether it is answered as expected."""
    inputs: dict[str, dict[str, Any]] = {}
    for case in cases(folder):
        if case.file not in inputs:
            inputs[case.file] = resource_of(folder, case.file)
        yield case, is_right(case, answered(case, inputs[case.file]))


def arguments_of(function: Function) -> str:
    """Return how many arguments a function takes: ``1``, ``0..1``, ``1..*``."""
    if function.least == function.most:
        return str(function.least)
    return f"{function.least}..{'*' if function.most is None else function.most}"


def functions_table() -> str:
    """Return a row for each function, from the code."""
    rows: list[str] = []
    for name, function in sorted(FUNCTIONS.items(), key=lambda item: item[0].lower()):
        told = (function.run.__doc__ or _SHARED[name]).partition("\n")[0].replace("``", "`")
        rows.append(f"| `{name}` | {arguments_of(function)} | {told} |")
    return "\n".join(rows)


_SHARED = {
    **{
        f"to{name}": f"Return the input as {name}; nothing where it is none."
        for name in ("Boolean", "Integer", "Decimal", "String", "Date", "DateTime", "Time")
    },
    **{
        f"convertsTo{name}": f"Whether `to{name}` would give something."
        for name in ("Boolean", "Integer", "Decimal", "String", "Date", "DateTime", "Time")
    },
    "startsWith": "Whether the text begins with another.",
    "endsWith": "Whether the text ends with another.",
    "contains": "Whether the text contains another.",
    "indexOf": "Return where another text first stands in it, from 0; -1 where it does not.",
    "lastIndexOf": "Return where another text last stands in it.",
    "upper": "Return the text in capitals.",
    "lower": "Return the text in small letters.",
    "trim": "Return the text without white space at its ends.",
    "length": "Return how many characters the text has.",
    "abs": "Return the number without its sign.",
    "ceiling": "Return the least whole number that is not less.",
    "floor": "Return the greatest whole number that is not more.",
    "truncate": "Return the number without its decimals.",
    "sqrt": "Return the square root.",
    "exp": "Return e raised to the number.",
    "ln": "Return the natural logarithm.",
    **{
        f"{part}Of": f"Return the {part} of a date or time, where it is known."
        for part in ("year", "month", "day", "hour", "minute", "second")
    },
}
PAGE = """# FHIRPath / FHIRPath 表达式

`tools/fhirpath_page.py FOLDER` writes this page: the functions from the code, the figures from the
official suite in FOLDER.

本页由上述命令生成：函数来自代码，数字来自官方测试套件。

## What there is / 支持范围

All of the normative release (N1), and of the later drafts what R4 can use. Values are exact:
decimals are decimals, and what is not said of a date is unknown, so `@2014 = @2014-05` has no
answer. Names of types distinguish capitals: `string` is FHIR's, `String` FHIRPath's own. A choice
is named by its one name (`value`, not `valueQuantity`). Units of UCUM are compared where the table
of the platform knows them. An evaluation that would touch more than {steps} items or make more
than {text} characters is refused, and so are regular expressions with back references or
look-around; all others take time in proportion to the text.

支持规范性版本（N1）的全部内容，以及后续草案中 R4 可用的部分。数值精确：小数按十进制计算；
日期中未说明的部分视为未知，故 `@2014 = @2014-05` 没有答案。类型名区分大小写：`string` 属 FHIR，
`String` 属 FHIRPath。多选元素用其统一名称（`value` 而非 `valueQuantity`）。平台认识的 UCUM 单位
可以换算比较。单次求值触及超过 {steps} 个元素或生成超过 {text} 个字符时予以拒绝；含反向引用或环视的
正则表达式亦然，其余正则表达式的用时与文本长度成正比。

| function / 函数 | arguments / 参数 | |
| --- | --- | --- |
{functions}

## The official suite / 官方测试套件

| | |
| --- | --- |
| cases of R4 / R4 用例 | {total} |
| answered as expected / 回答一致 | {right} |

| answered differently / 回答不同 | expression / 表达式 | why / 原因 |
| --- | --- | --- |
{wrong}
"""


def page(folder: Path) -> str:
    """Return the page."""
    from lianyi.formats.fhir.fhirpath.running import STEPS_MAX, TEXT_MAX

    results = list(run(folder))
    wrong = [case for case, right in results if not right]
    rows = []
    for case in wrong:
        why = WHY.get(case.name, ("", ""))
        shown = case.expression.strip().replace("|", "\\|").replace("\n", " ")
        rows.append(f"| {case.name} | `{shown}` | {why[0]}<br>{why[1]} |")
    return PAGE.format(
        steps=f"{STEPS_MAX:,}",
        text=f"{TEXT_MAX:,}",
        functions=functions_table(),
        total=len(results),
        right=len(results) - len(wrong),
        wrong="\n".join(rows),
    )


def main() -> int:
    """Write the page; tell the figures."""
    folder = Path(sys.argv[1])
    target = Path(sys.argv[2]) if len(sys.argv) > 2 else ROOT / "docs/reference/fhirpath.md"
    target.write_text(page(folder), encoding="utf-8")
    print(f"{target} written")
    return 0


if __name__ == "__main__":
    sys.exit(main())
