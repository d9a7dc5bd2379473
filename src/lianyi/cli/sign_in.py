"""``lianyi sign-in``: whether the hospital's directories can be asked, and what to do if not."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator

import click
import structlog

from lianyi.base.outgoing import set_outgoing
from lianyi.cli.common import Where, in_words, json_option, say_json, told, where_options
from lianyi.cli.findings import Finding, failed, verdict
from lianyi.cli.groups import Group

CHINESE = {
    "it names another issuer": "服务自报的 issuer 与文件中的不一致",
    "an endpoint is missing or not https": "缺少端点，或端点不是 https",
    "none of its keys suits the allowed algorithms": "公布的密钥都不适用于允许的算法",
    "it does not accept the client secret": "不接受客户端密钥",
    "it gives tokens for an invented code": "对虚构的授权码也发放令牌",
    "its certificate does not count": "证书不被信任",
    "the settings [outgoing] do not let us connect there": "设置 [outgoing] 不允许连接该地址",
    "no answer in time": "超时未应答",
    "no JSON object": "应答不是 JSON 对象",
    "no CAS answer": "应答不是 CAS 3.0 格式",
    "no XML": "应答不是 XML",
    "ConnectError": "无法连接",
    "ConnectTimeout": "连接超时",
    "ReadTimeout": "超时未应答",
    "Connection refused": "连接被拒绝",
    "the account that searches is refused": "用于查找的账户被拒绝",
    "search refused": "查找被拒绝",
    "StartTLS refused": "服务器拒绝 StartTLS",
    "connection closed": "连接被关闭",
    "not LDAP": "对方不是 LDAP 服务",
}


@click.group(cls=Group)
def sign_in() -> None:
    """检查院内登录方式 / check the ways to sign in through the hospital's directories."""


@sign_in.command()
@click.argument("names", nargs=-1, metavar="[NAME]...")
@where_options
@json_option
@told
def check(names: tuple[str, ...], where: Where, *, as_json: bool) -> None:
    """检查登录方式的文件并连接每个目录 / check the files of providers and ask each directory.

    平台不必运行。不会提交任何人的密码；有一项失败则退出码为 1。

    The platform need not run. Nobody's password is sent; exit code 1 says that something fails.
    """
    # What the providers log, the findings say.
    structlog.configure(processors=[_drop])
    set_outgoing(where.load().outgoing)
    findings: list[Finding] = []

    async def look() -> None:
        async for finding in _look(where, frozenset(names)):
            findings.append(finding)
            if not as_json:
                click.echo(finding.text())

    try:
        asyncio.run(look())
    finally:
        structlog.reset_defaults()
    if as_json:
        facts = [finding.facts() for finding in findings]
        say_json({"status": verdict(findings), "checks": facts})
    elif not findings:
        click.echo(
            in_words(
                f"{where.content_dir / 'sign-in'} 中没有登录方式的文件",
                f"there are no files of providers in {where.content_dir / 'sign-in'}",
            )
        )
    sys.exit(1 if verdict(findings) == "fail" else 0)


def _drop(*_: object) -> dict[str, object]:
    raise structlog.DropEvent


async def _look(where: Where, names: frozenset[str]) -> AsyncIterator[Finding]:
    """Yield what each file and each directory is like; no name means all."""
    from lianyi.security.providers.files import load_providers

    files, problems = load_providers(where.content_dir)
    for problem in problems:
        if not names or problem.where.partition(".")[0] in names:
            yield failed("file", problem)
    known = {file.provider for file in files} | {p.where.partition(".")[0] for p in problems}
    for name in sorted(names - known):
        raise click.UsageError(
            in_words(f"没有名为“{name}”的登录方式", f"there is no provider '{name}'")
        )
    for file in files:
        if not names or file.provider in names:
            async for finding in _look_at(file):
                yield finding


async def _look_at(file: object) -> AsyncIterator[Finding]:
    from lianyi.base.clock import RandomIds, SystemClock
    from lianyi.security.providers import ProviderFile, make_provider
    from lianyi.security.providers.ldap import LdapProvider
    from lianyi.security.providers.problems import SecretUnreadable
    from lianyi.security.providers.saml import SamlProvider

    assert isinstance(file, ProviderFile)  # noqa: S101 - imported late, to answer --help at once
    try:
        provider = make_provider(file, SystemClock(), RandomIds())
    except SecretUnreadable as error:
        yield failed(file.provider, error)
        return
    if isinstance(provider, SamlProvider):  # it is asked through browsers only
        yield Finding(
            provider.name,
            "ok",
            f"{provider.name}：文件、证书与密钥可用；在身份提供方登记 {provider.metadata_address}",
            f"{provider.name}: file, certificates and key can be used; register"
            f" {provider.metadata_address} at the identity provider",
        )
        return
    if isinstance(provider, LdapProvider):
        async for finding in _look_at_servers(provider):
            yield finding
        return
    try:
        yield await _look_at_service(provider)
    finally:
        await provider.close()


async def _look_at_service(provider: object) -> Finding:
    from lianyi.security.providers.cas import CasProvider
    from lianyi.security.providers.oidc import OidcProvider
    from lianyi.security.providers.problems import (
        SecretUnreadable,
        SignInRefused,
        SignInUnavailable,
    )

    assert isinstance(provider, OidcProvider | CasProvider)  # noqa: S101
    try:
        await provider.look()
    except SignInRefused:
        pass  # CAS answers, and knows no such ticket
    except SecretUnreadable as error:
        return failed(provider.name, error)
    except SignInUnavailable as error:
        return _unwell(provider.name, provider.name, error.reason)
    return Finding(
        provider.name,
        "ok",
        f"{provider.name}：服务应答正常",
        f"{provider.name}: the service answers as it should",
    )


async def _look_at_servers(provider: object) -> AsyncIterator[Finding]:
    from lianyi.security.providers.ldap import LdapProvider, reason_of
    from lianyi.security.providers.ldap_wire import BrokenTalk
    from lianyi.security.providers.problems import SecretUnreadable

    assert isinstance(provider, LdapProvider)  # noqa: S101
    for server in provider.servers:
        what = f"{provider.name} {server}"
        try:
            n_entries = await provider.look(server)
        except SecretUnreadable as error:
            yield failed(provider.name, error)
        except (BrokenTalk, OSError, TimeoutError) as error:
            yield _unwell(provider.name, what, reason_of(error))
        else:
            if n_entries:
                yield Finding(
                    provider.name, "ok", f"{what}：应答正常", f"{what}: answers as it should"
                )
            else:
                yield Finding(
                    provider.name,
                    "fail",
                    f"{what}：base 之下看不到任何条目",
                    f"{what}: no entry can be seen below base",
                    "检查 base，以及 bind_as 是否有读取权限",
                    "check base, and whether bind_as may read there",
                )


def _unwell(check: str, what: str, reason: str) -> Finding:
    head = reason.partition(" (")[0].partition(":")[0]
    zh = CHINESE.get(head, "")
    return Finding(
        check,
        "fail",
        f"{what}：{zh + '：' * bool(zh)}{reason}",
        f"{what}: {reason}",
        "核对文件中的地址、密钥与 ca_file，再检查网络与目录服务",
        "compare addresses, secrets and ca_file of the file; then look at network and directory",
    )
