"""The command ``lianyi`` and its groups."""

from __future__ import annotations

import click

from lianyi.cli.groups import Lazy, LazyGroup

COMMANDS = {
    "serve": Lazy("lianyi.cli.serving", "运行平台 / run the platform."),
    "demo": Lazy(
        "lianyi.cli.serving",
        "运行平台和一家模拟医院 / run the platform with a simulated hospital around it.",
    ),
    "doctor": Lazy(
        "lianyi.cli.doctor", "检查这套安装是否一切正常 / check whether all is well here."
    ),
    "channel": Lazy(
        "lianyi.cli.channel", "查看、检查、启停通道 / list, check, start and stop channels."
    ),
    "message": Lazy("lianyi.cli.message", "查找和查看消息 / find and show messages."),
    "delivery": Lazy(
        "lianyi.cli.delivery",
        "处理未送达的投递，重放消息 / decide on deliveries that need a person; replay.",
    ),
    "log": Lazy(
        "lianyi.cli.log",
        "验证、导出、导入消息日志，依法擦除 / verify, export, import the log; erase by law.",
    ),
    "audit": Lazy(
        "lianyi.cli.audit",
        "查询、验证、导出审计记录 / find, verify and export the audit trail.",
    ),
    "sign-in": Lazy(
        "lianyi.cli.sign_in",
        "检查院内登录方式 / check the ways to sign in through the hospital's directories.",
    ),
    "projection": Lazy(
        "lianyi.cli.projection", "查看、重建投影 / show the projections and rebuild them."
    ),
    "rebuild": Lazy(
        "lianyi.cli.rebuilding",
        "由日志在旁重建，比对后再切换 / rebuild beside, compare, switch when told.",
    ),
    "parameters": Lazy(
        "lianyi.cli.parameters",
        "检查自定义检索参数，查看建索引进度 / check own search parameters, see how far they are.",
    ),
    "views": Lazy(
        "lianyi.cli.views",
        "临床数据生成表格（SQL on FHIR） / tables out of clinical data, by SQL-on-FHIR views.",
    ),
    "indicator": Lazy(
        "lianyi.cli.indicator",
        "查看和检查指标及其口径 / show the indicators and check their calibers.",
    ),
    "report": Lazy(
        "lianyi.cli.report",
        "查看和运行指标报表 / show the reports of indicators, and make one now.",
    ),
    "lake": Lazy(
        "lianyi.cli.lake",
        "查看、核对数据湖 / show the lake, and check it against what the sources said.",
    ),
    "star": Lazy(
        "lianyi.cli.star",
        "由数据湖的表生成运营事实，并说明每一行的去向 / make facts of the tables in the lake.",
    ),
    "masterdata": Lazy("lianyi.cli.masterdata", "导入主数据 / import master data."),
    "account": Lazy(
        "lianyi.cli.account",
        "本机所有者直接管理账户 / manage accounts as the owner of this machine.",
    ),
    "key": Lazy(
        "lianyi.cli.key",
        "查看、轮换、停用、检查密钥 / list, rotate, retire and check the keys.",
    ),
    "config": Lazy("lianyi.cli.config", "检查和显示设置 / check and show the settings."),
    "simulate": Lazy(
        "lianyi.simulate.command",
        "模拟医院：HIS、LIS、RIS、EMR / a small hospital of invented people over real sockets.",
    ),
    "role": Lazy("lianyi.cli.serving", ""),
}


@click.group(
    cls=LazyGroup,
    lazy=COMMANDS,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110},
)
@click.version_option(package_name="lianyi")
def main() -> None:
    """联医 Lianyi：医院各业务系统之下的开放平台 / the open platform under a hospital's systems.

    退出码：0 成功，1 失败，2 用法有误。LIANYI_LANG=en 使输出以英文为先。

    Exit codes: 0 done, 1 failed, 2 used wrongly. LIANYI_LANG=en puts English first.
    """
