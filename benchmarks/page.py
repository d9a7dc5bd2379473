"""Put the figures of the last run into docs/performance.md and its Chinese twin.

python -m benchmarks.page
"""

from __future__ import annotations

import json
from typing import Any

from benchmarks.machine import ROOT
from benchmarks.report import short

LATEST = ROOT / "benchmarks" / "results" / "latest.json"
BEGIN, END = "<!-- figures -->", "<!-- /figures -->"
WORDS = {
    "performance.md": {
        "head": "| what | median (least to most) | unit | target | met | share of a floor |",
        "about": "{measured_at}, commit {commit}: {runs} windows of {seconds:g} s each, on {cores}"
        " cores of {cpu} with {memory_mb} MB, Linux {kernel}, Python {python}."
        " Other programs used {cores_busy_before} cores before it began.",
        True: "yes",
        False: "**no**",
    },
    "performance.zh.md": {
        "head": "| 项目 | 中位数（最小至最大） | 单位 | 目标 | 达到 | 占下限的比例 |",
        "about": "{measured_at}，提交 {commit}：每项 {runs} 个窗口，每个 {seconds:g} 秒；{cores} 核"
        " {cpu}，内存 {memory_mb} MB，Linux {kernel}，Python {python}。"
        "开始前其他程序占用 {cores_busy_before} 核。",
        True: "是",
        False: "**否**",
    },
}


def rows(figures: list[dict[str, Any]], words: dict[Any, str]) -> list[str]:
    """Return the lines of the table."""
    lines = [words["head"], "| --- | --: | --- | --: | --- | --- |"]
    for one in figures:
        measured = short(one["median"])
        if one["runs"] > 1:
            measured += f" ({short(one['min'])} to {short(one['max'])})"
        target = ""
        if one["target"] is not None:
            target = f"{'≥' if one['target_is'] == 'at least' else '≤'} {short(one['target'])}"
        floors = ", ".join(f"{name} {share:.0%}" for name, share in one["share_of_floor"].items())
        met = words.get(one["met"], "")
        lines.append(
            f"| {one['name']} | {measured} | {one['unit']} | {target} | {met} | {floors} |"
        )
    return lines


def main() -> None:
    found = json.loads(LATEST.read_text(encoding="utf-8"))
    for name, words in WORDS.items():
        page = ROOT / "docs" / name
        before, _, rest = page.read_text(encoding="utf-8").partition(BEGIN)
        after = rest.partition(END)[2]
        about = words["about"].format(**found, **found["machine"])
        table = "\n".join(rows(found["figures"], words))
        page.write_text(f"{before}{BEGIN}\n{about}\n\n{table}\n{END}{after}", encoding="utf-8")


if __name__ == "__main__":
    main()
