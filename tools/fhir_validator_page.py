"""Compare what our validator says with what HL7's own says, and write the page about it.

    .venv/bin/python tools/fhir_validator_page.py SHARED   writes docs/reference/fhir-validator.md

SHARED is the folder that holds ``data/fhir``: the official examples of R4, and the validator's
cases of FHIR/fhir-test-cases (Apache-2.0). Where their ``manifest.json`` is not beside them, the
list of cases comes from ``tests/unit/formats/fhir/validation/official_cases.csv``, which was taken
from that manifest at commit 2dee8a0.
"""

from __future__ import annotations

import csv
import json
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from lianyi.base.errors import LianyiError
from lianyi.formats.fhir import json_text, xml_text
from lianyi.formats.fhir.validation import Issue, Validator, is_valid
from lianyi.formats.fhir.validation.values import Unwanted

ROOT = Path(__file__).parents[1]
LISTED = ROOT / "tests" / "unit" / "formats" / "fhir" / "validation" / "official_cases.csv"
PAGE = ROOT / "docs" / "reference" / "fhir-validator.md"
R4 = ("4.0", "4.0.1")
TIMES = 5


class Case(NamedTuple):
    """One resource, what to judge it by, and whether HL7's validator calls it valid."""

    name: str
    step: str
    file: str
    profile: str
    supporting: tuple[str, ...]
    is_valid: bool
    markup: Unwanted = "warning"


class Judged(NamedTuple):
    """What became of a case: whether we call it valid, and our errors."""

    case: Case
    is_valid: bool
    errors: list[str]

    @property
    def agrees(self) -> bool:
        """Whether both validators say the same."""
        return self.is_valid == self.case.is_valid


def read(file: Path) -> dict[str, Any]:
    """Return the resource in a file, XML or JSON by its name."""
    data = file.read_bytes()
    return xml_text.read(data) if file.suffix == ".xml" else json_text.read(data)


def cases(folder: Path) -> Iterator[Case]:
    """Yield the cases of R4 whose files are there."""
    manifest = folder / "manifest.json"
    if manifest.is_file():
        for said in json.loads(manifest.read_bytes())["test-cases"]:
            if str(said.get("version")) in R4 and (folder / said["file"]).is_file():
                yield from _said(said, folder)
        return
    with LISTED.open(encoding="utf-8", newline="") as rows:
        for row in csv.DictReader(rows):
            if (folder / row["file"]).is_file():
                yield Case(
                    row["case"],
                    row["step"],
                    row["file"],
                    row["profile"],
                    tuple(filter(None, row["supporting"].split(";"))),
                    row["expected"] == "valid",
                )


def _said(said: dict[str, Any], folder: Path) -> Iterator[Case]:
    supporting = tuple(
        name
        for name in (*said.get("supporting", ()), *said.get("profiles", ()))
        if (folder / name).is_file()
    )
    markup: Unwanted = "error" if said.get("security-checks") else "warning"
    expected = _errors(said.get("java"), folder)
    if expected is not None:
        yield Case(said["name"], "base", said["file"], "", supporting, expected == 0, markup)
    profile = said.get("profile", {})
    expected, source = _errors(profile.get("java"), folder), profile.get("source", "")
    if expected is not None and source and (folder / source).is_file():
        more = tuple(n for n in profile.get("supporting", ()) if (folder / n).is_file())
        yield Case(said["name"], "profile", said["file"], source, supporting + more, expected == 0)


def _errors(said: object, folder: Path) -> int | None:
    """Return how many errors HL7's validator finds, None where that is not told."""
    if isinstance(said, str):
        file = folder / "outcomes" / said
        if not file.is_file():
            return None
        said = {"outcome": json.loads(file.read_bytes())}
    if not isinstance(said, dict):
        return None
    if "outcome" in said:
        issues = said["outcome"].get("issue", [])
        return sum(issue["severity"] in ("error", "fatal") for issue in issues)
    return said.get("errorCount")


def judge(case: Case, folder: Path) -> Judged:
    """Judge one case as HL7's validator does: what nobody knows is an error."""
    supporting = [read(folder / name) for name in case.supporting]
    profiles = []
    if case.profile:
        supporting.append(read(folder / case.profile))
        profiles = [supporting[-1]["url"]]
    try:
        resource = read(folder / case.file)
    except LianyiError as error:
        return Judged(case, is_valid=False, errors=[str(error)])
    validator = Validator(supporting=supporting, unknown_extensions="error", markup=case.markup)
    issues = validator.validate(resource, profiles=profiles)
    return Judged(case, is_valid(issues), _texts(issues))


def _texts(issues: list[Issue]) -> list[str]:
    return [f"{i.expression}: {i.en} [{i.rule}]" for i in issues if i.severity == "error"]


def examples(folder: Path) -> dict[str, dict[str, Any]]:
    """Return the official examples of R4 by file name."""
    found = {file.name: read(file) for file in sorted(folder.glob("*.json"))}
    return {name: resource for name, resource in found.items() if "resourceType" in resource}


HEAD = """<!-- Written by tools/fhir_validator_page.py from a run; run it again to renew. -->

# The FHIR validator beside HL7's own / FHIR 校验器与 HL7 官方校验器的对照

`lianyi.formats.fhir.validation` judges resources by FHIR R4 (4.0.1) and by profiles. Two sets of
public data say how well: the official examples of R4, which should be valid, and the cases of
`FHIR/fhir-test-cases` for R4, for which the expected outcome of HL7's validator is published. A
case agrees when both call the resource valid or both call it invalid. No terminology server and
no implementation guides were used: SNOMED CT, LOINC, CVX and ICD codes are not judged.

`lianyi.formats.fhir.validation` 按 FHIR R4（4.0.1）与规范（profile）校验资源。以两组公开数据衡量：
R4 官方示例（应为有效）与 `FHIR/fhir-test-cases` 的 R4 用例（HL7 校验器的预期结果已公布）。
两者同判有效或同判无效即为一致。未使用术语服务器与实施指南包：
不核对 SNOMED CT、LOINC、CVX、ICD 代码。
"""


def page(shared: Path) -> str:
    """Return the page about the data in a folder."""
    data = shared / "data" / "fhir"
    known = examples(data / "r4-official-examples")
    validator = Validator()
    errors = {name: _texts(validator.validate(one)) for name, one in known.items()}
    began = time.process_time()
    for _ in range(TIMES):
        for one in known.values():
            validator.validate(one)
    each = (time.process_time() - began) / TIMES / len(known) * 1e6
    wrong = {name: found for name, found in errors.items() if found}
    judged = [judge(case, data / "validator") for case in cases(data / "validator")]
    agreeing = sum(one.agrees for one in judged)
    lines = [
        HEAD,
        "| | |",
        "| --- | --- |",
        f"| official examples / 官方示例 | {len(known)} |",
        f"| valid / 有效 | {len(known) - len(wrong)} |",
        f"| time for each / 每个资源耗时 | {each:.0f} µs (one core, compiled types) |",
        f"| cases of R4 / R4 用例 | {len(judged)} |",
        f"| agree / 一致 | {agreeing} ({agreeing / len(judged):.1%}) |",
        "",
        "## Official examples that are not valid / 未通过的官方示例",
        "",
        "Each breaks the rule that is named; HL7 published them so. 以下示例确有所述问题。",
        "",
        "| file / 文件 | errors / 错误数 | the first / 首个错误 |",
        "| --- | --- | --- |",
        *(f"| {name} | {len(found)} | {_cell(found[0])} |" for name, found in wrong.items()),
        "",
        "## Cases / 用例",
        "",
        "| case / 用例 | judged by / 依据 | HL7 | Lianyi | our first error / 我方首个错误 |",
        "| --- | --- | --- | --- | --- |",
        *(_row(one) for one in judged),
    ]
    return "\n".join(lines) + "\n"


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ").replace("<", "&lt;")


def _row(one: Judged) -> str:
    words = {True: "valid", False: "invalid"}
    ours = words[one.is_valid] if one.agrees else f"**{words[one.is_valid]}**"
    first = _cell(one.errors[0]) if one.errors else ""
    by = one.case.profile or "R4"
    return f"| {one.case.name} | {by} | {words[one.case.is_valid]} | {ours} | {first} |"


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    PAGE.write_text(page(Path(sys.argv[1])), encoding="utf-8")
