"""Write what a generated history is like, beside what real hospitals are like.

    .venv/bin/python tools/history_page.py FOLDER [docs/reference/history.md]

FOLDER is one that ``lianyi simulate history --out FOLDER`` filled.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import duckdb

from lianyi.simulate.history.tables import declared

ROOT = Path(__file__).parents[1]
STAYS = "BA_SYXX JOIN ZY_BRXX USING (ZYXH) WHERE JZLX = '5'"
DONE = "SS_SSXX WHERE CZLB IN ('1', '2') AND QXBZ = '0'"
HEAD = """# What a generated history is like / 生成的历史数据是什么样

`python tools/history_page.py FOLDER` writes this page from what `lianyi simulate history` wrote;
see the [guide](../guides/history.md). The last column is **approximate**: what the yearly national
statistics and the reports on the national exam of tertiary public hospitals said of the years 2019
to 2023, rounded, from general knowledge; it is there to see that nothing is out of the world, and
not to be cited. A dash: no published figure that we are sure of.

本页由上述命令从生成的数据写出。最后一列为**近似值**：2019—2023 年卫生健康统计公报与
三级公立医院绩效考核通报中的大致水平，取整，凭常识填写，只用于判断数据是否合理，不可引用。
“—”表示没有把握的公开数字。

| figure / 指标 | this history / 本数据 | published, about / 公开水平（约） |
| --- | --- | --- |
"""


class Asked(NamedTuple):
    """A figure.

    Attributes:
        name: in both languages.
        question: that gives it as one text.
        published: what is known of real hospitals.
    """

    name: str
    question: str
    published: str = "—"


def share(part: str, whole: str) -> str:
    """Return a question for a share in per cent; ``whole``: what stands behind FROM."""
    return f"SELECT format('{{:.1f}} %', 100.0 * count(*) FILTER ({part}) / count(*)) FROM {whole}"


def mean(of: str, whole: str, unit: str = "") -> str:
    """Return a question for a mean."""
    return f"SELECT format('{{:.1f}}{unit}', avg({of})) FROM {whole}"


def part_of(part: str, of: str, whole: str) -> str:
    """Return a question for a share of money."""
    return f"SELECT format('{{:.1f}} %', 100.0 * sum({part}) / sum({of})) FROM {whole}"


def count(whole: str) -> str:
    """Return a question for a number of rows."""
    return f"SELECT format('{{:,}}', count(*)) FROM {whole}"


FIGURES = (
    Asked("outpatient visits / 门诊人次", count("MZ_GHXX WHERE JZLX = '1' AND GHZT = '1'")),
    Asked("emergency visits / 急诊人次", count("MZ_GHXX WHERE JZLX = '2'")),
    Asked("stays ended / 出院人次", count(STAYS)),
    Asked("day cases / 日间", count("ZY_BRXX WHERE JZLX = '4'")),
    Asked("operations / 手术与操作", count("SS_SSXX")),
    Asked(
        "charges / 收费明细",
        count("(SELECT SFXH FROM MZ_SFMX UNION ALL SELECT SFXH FROM ZY_FYMX)"),
    ),
    Asked("orders / 医嘱", count("YZ_YZXX")),
    Asked("reports / 报告", count("YJ_BGXX")),
    Asked("drug lines / 用药明细", count("CF_CFMX")),
    Asked("beds / 编制床位", "SELECT format('{:,}', sum(CWBZ)) FROM BQ_ZD"),
    Asked("mean stay / 平均住院日", mean("ZYTS", STAYS, " d"), "8 to 9 d"),
    Asked("median stay / 住院日中位数", f"SELECT format('{{:.0f}} d', median(ZYTS)) FROM {STAYS}"),
    Asked("beds in use / 床位使用率", part_of("ZYCW", "KFCW", "BQ_RBXX"), "80 to 98 %"),
    Asked("deaths of those who stayed / 住院病死率", share("LKFS = '5'", STAYS), "0.4 to 0.6 %"),
    Asked("back unplanned in 31 days / 31 天非计划再入院", share("ZZY31 = '1'", STAYS)),
    Asked(
        "operated of those who stayed / 出院患者手术占比",
        share("SSBZ = '1'", STAYS),
        "about a third",
    ),
    Asked("operations of level 3 / 三级手术", share("SSJB = '3'", DONE)),
    Asked("operations of level 4 / 四级手术", share("SSJB = '4'", DONE), "about 20 %"),
    Asked("minimally invasive / 微创手术", share("WCBZ = '1'", DONE), "about 20 %"),
    Asked(
        "first cases within 15 min / 首台准时",
        share("KSSJ - PTSJ <= INTERVAL 15 MINUTE", "SS_SSXX WHERE ST = '1' AND QXBZ = '0'"),
    ),
    Asked("case-mix index / CMI", f"SELECT format('{{:.2f}}', avg(DRGQZ)) FROM {STAYS}", "about 1"),
    Asked(
        "cost of a visit / 门诊次均费用",
        mean("ZJE", "MZ_GHXX WHERE JZLX = '1' AND GHZT = '1'", " yuan"),
        "about 370 yuan",
    ),
    Asked("cost of a stay / 住院次均费用", mean("ZJE", STAYS, " yuan"), "about 14,000 yuan"),
    Asked(
        "drugs, visits / 门诊药占比",
        part_of("YPJE", "ZJE", "MZ_GHXX WHERE JZLX = '1'"),
        "35 to 40 %",
    ),
    Asked("drugs, stays / 住院药占比", part_of("YPJE", "ZJE", STAYS), "about 25 %"),
    Asked("consumables, stays / 住院耗占比", part_of("HCJE", "ZJE", STAYS)),
    Asked(
        "antibacterials, DDD in 100 bed-days / 抗菌药物使用强度",
        f"""SELECT format('{{:.1f}}', 100 * sum(SL * DDDZ) / (SELECT sum(ZYTS) FROM {STAYS}))
        FROM CF_CFMX JOIN YP_ZD USING (YPBM) WHERE JZLX = '5'""",
        "36 to 40 (asked: at most 40)",
    ),
    Asked(
        "critical values, of reports / 危急值占报告",
        "SELECT format('{:.2f} %', 100.0 * count(*) / (SELECT count(*) FROM YJ_BGXX)) FROM YJ_WJZ",
    ),
    Asked(
        "acted on within 30 min / 危急值 30 分钟内处置",
        share("CZSJ - TBSJ <= INTERVAL 30 MINUTE", "YJ_WJZ"),
    ),
    Asked(
        "nurses to a doctor / 医护比",
        """SELECT format('{:.2f}', count(*) FILTER (RYLB = '2') / count(*) FILTER (RYLB = '1'))
        FROM RY_ZD""",
        "1.4 to 1.6",
    ),
)


def page(folder: Path) -> Iterator[str]:
    """Yield the lines of the page."""
    engine = duckdb.connect(config={"threads": "2", "memory_limit": "2GB"})
    for name in declared().tables:
        engine.read_parquet(f"{folder}/raw/yxhis/{name}/*.parquet").create_view(name)
    yield HEAD.rstrip()
    for one in FIGURES:
        ((value,),) = engine.sql(one.question).fetchall()
        yield f"| {one.name} | {value} | {one.published} |"


def main() -> None:
    """Write the page."""
    folder, *target = sys.argv[1:]
    place = Path(target[0]) if target else ROOT / "docs/reference/history.md"
    place.write_text("\n".join(page(Path(folder))) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
