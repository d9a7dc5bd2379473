"""``lianyi doctor``: whether all is well here, and what to do where it is not."""

from __future__ import annotations

import asyncio
import sys

import click

from lianyi.cli.common import Where, in_words, json_option, say_json, told, where_options


@click.command()
@where_options
@json_option
@told
def doctor(where: Where, *, as_json: bool) -> None:
    """检查这套安装是否一切正常 / check whether all is well here.

    检查机器、文件夹、证书、数据库、各角色、通道和积压；有一项失败则退出码为 1。

    Looks at the machine, the folders, certificates, the database, the roles, the channels and what
    waits; exit code 1 says that something does not work.
    """
    from lianyi.base.clock import SystemClock
    from lianyi.cli.doctor_certificates import look_at_certificates
    from lianyi.cli.doctor_database import look_at_database
    from lianyi.cli.doctor_machine import look_at_door, look_at_machine
    from lianyi.cli.findings import Finding, verdict

    settings = where.load()
    findings: list[Finding] = []

    def found(finding: Finding) -> None:
        findings.append(finding)
        if not as_json:
            click.echo(finding.text())

    async def look() -> None:
        for finding in look_at_machine(settings, where):
            found(finding)
        for finding in look_at_certificates(settings, SystemClock().now()):
            found(finding)
        running = False
        async for finding in look_at_database(settings, SystemClock()):
            found(finding)
            running = running or (finding.check == "database" and finding.status == "ok")
        for finding in look_at_door(settings, running=running):
            found(finding)

    asyncio.run(look())
    status = verdict(findings)
    if as_json:
        say_json({"status": status, "checks": [finding.facts() for finding in findings]})
    else:
        count = {kind: sum(f.status == kind for f in findings) for kind in ("ok", "warn", "fail")}
        click.echo(
            in_words(
                f"\n{count['ok']} 项正常，{count['warn']} 项需留意，{count['fail']} 项失败",
                f"\n{count['ok']} well, {count['warn']} to look at, {count['fail']} failed",
            )
        )
    sys.exit(1 if status == "fail" else 0)
