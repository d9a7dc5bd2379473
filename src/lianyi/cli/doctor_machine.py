"""What the doctor finds out without the database: the machine, the folders, the console."""

from __future__ import annotations

import os
import platform
import shutil
import socket
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx

from lianyi.api.console import BUILT
from lianyi.api.first_token import TOKEN_FILE
from lianyi.api.settings import own_address
from lianyi.app import Settings
from lianyi.base.database import EMBEDDED
from lianyi.base.embedded.binaries import find_binaries, major_version
from lianyi.base.errors import LianyiError
from lianyi.cli.common import ADDRESS_FILE, Where, console_trust
from lianyi.cli.findings import Finding, failed
from lianyi.connectors.tls import TlsUnusable

PYTHON_MIN = (3, 11)
NEARLY_FULL_PERCENT = 10.0
"""So far below the limit at which the platform stops taking messages, the doctor warns."""
ANSWER_SECONDS = 5.0
HURT = ("down", "slow", "overloaded")


def look_at_machine(settings: Settings, where: Where) -> Iterator[Finding]:
    """Yield what can be said of this machine and its folders."""
    yield _python()
    yield _settings_file(where)
    yield _content(settings.content_dir)
    yield from _data(settings)
    if settings.database.url == EMBEDDED:
        yield _binaries(settings)
    yield _console_pages()


def _python() -> Finding:
    version, system = platform.python_version(), f"{platform.system()} {platform.machine()}"
    if sys.version_info[:2] < PYTHON_MIN:
        return Finding(
            "python",
            "fail",
            f"Python {version} 过旧",
            f"Python {version} is too old",
            "安装 Python 3.11 或更新版本",
            "install Python 3.11 or newer",
        )
    if sys.platform != "linux":
        return Finding(
            "python",
            "warn",
            f"Python {version}，{system}：父进程被强制结束时，子进程不会随之结束",
            f"Python {version} on {system}: children outlive a parent that is killed",
            "正式使用请部署在 Linux 上",
            "use Linux where it counts",
        )
    return Finding("python", "ok", f"Python {version}，{system}", f"Python {version} on {system}")


def _settings_file(where: Where) -> Finding:
    file = where.chosen_file
    return Finding(
        "settings",
        "ok",
        f"设置文件 {file} 无误" if file else "没有设置文件，使用默认值",
        f"settings file {file} is good" if file else "no settings file; defaults are used",
    )


def _content(folder: Path) -> Finding:
    count = len([*folder.glob("channels/*.yaml"), *folder.glob("channels/*.yml")])
    if not count:
        return Finding(
            "content",
            "warn",
            f"内容文件夹 {folder} 中没有通道",
            f"there are no channels in the content folder {folder}",
            "用 --content 指定内容文件夹，或在其 channels/ 下放入通道文件",
            "name the folder with --content, or put channel files into its channels/",
        )
    return Finding(
        "content",
        "ok",
        f"内容文件夹 {folder}：{count} 个通道文件",
        f"content folder {folder}: {count} channel files",
    )


def _data(settings: Settings) -> Iterator[Finding]:
    folder = settings.data_dir
    if not folder.is_dir():
        yield Finding(
            "data",
            "warn",
            f"数据文件夹 {folder} 尚不存在",
            f"the data folder {folder} does not exist yet",
            "lianyi serve 首次启动时会创建；或用 --data 指定已有的文件夹",
            "the first 'lianyi serve' makes it; or name an existing one with --data",
        )
        return
    if not os.access(folder, os.W_OK | os.X_OK):
        yield Finding(
            "data",
            "fail",
            f"无权写入数据文件夹 {folder}",
            f"we may not write to the data folder {folder}",
            "以平台的账户运行，或修正该文件夹的权限",
            "run this as the platform's account, or correct the rights of the folder",
        )
        return
    yield Finding(
        "data", "ok", f"数据文件夹 {folder} 可写", f"the data folder {folder} can be written to"
    )
    yield _disk(folder, settings.channels.disk_full_percent)


def _disk(folder: Path, full_percent: float) -> Finding:
    usage = shutil.disk_usage(folder)
    used, free = 100 * usage.used / usage.total, usage.free / 2**30
    zh = f"磁盘已用 {used:.0f}%，剩余 {free:.1f} GiB"
    en = f"the disk is {used:.0f} % full, {free:.1f} GiB are free"
    next_zh = f"清理或扩容：超过 {full_percent:g}% 时平台停止接收消息"
    next_en = f"make room: above {full_percent:g} % the platform takes no more messages"
    if used > full_percent:
        return Finding("disk", "fail", zh, en, next_zh, next_en)
    if used > full_percent - NEARLY_FULL_PERCENT:
        return Finding("disk", "warn", zh, en, next_zh, next_en)
    return Finding("disk", "ok", zh, en)


def _binaries(settings: Settings) -> Finding:
    try:
        folder = find_binaries(settings.database.postgres_bin_dir)
        version = major_version(folder)
    except LianyiError as failure:
        return failed("postgres", failure)
    return Finding(
        "postgres",
        "ok",
        f"内嵌 PostgreSQL {version} 可用",
        f"PostgreSQL {version} is here to be embedded",
    )


def _console_pages() -> Finding:
    if (BUILT / "index.html").is_file():
        return Finding("console", "ok", "控制台页面已构建", "the console's pages are built")
    return Finding(
        "console",
        "warn",
        "控制台页面尚未构建",
        "the console's pages are not built",
        "在代码目录运行 make setup；从 wheel 安装则已包含",
        "run 'make setup' in the checkout; a wheel brings them along",
    )


# --- the door -----------------------------------------------------------------------------------


def look_at_door(settings: Settings, *, running: bool) -> Iterator[Finding]:
    """Yield whether the console answers where it should and to our token, and what it says.

    Args:
        settings: of the installation.
        running: whether its database is up, so that a console is to be expected.
    """
    address = _recorded(settings.data_dir / ADDRESS_FILE) or own_address(
        settings.api.host, settings.api.port, secure=settings.https.on
    )
    token = _recorded(settings.data_dir / TOKEN_FILE)
    try:
        response = httpx.get(
            f"{address}/api/v1/channels",
            headers={"Authorization": f"Bearer {token}"} if token else {},
            timeout=ANSWER_SECONDS,
            verify=console_trust(settings),
            trust_env=False,
        )
    except TlsUnusable as failure:
        yield failed("door", failure)
        return
    except httpx.HTTPError:
        yield _silent_door(address, running=running)
        return
    ours = "x-frame-options" in response.headers  # every answer of a console carries it
    if not ours or response.status_code == httpx.codes.UNAUTHORIZED:
        yield Finding(
            "door",
            "fail",
            f"{address} 由另一个程序或另一套平台占用",
            f"another program, or another platform, answers at {address}",
            "停止它，或用 --http-port 为本平台换一个端口",
            "stop it, or give this platform another port with --http-port",
        )
    elif response.is_success:
        yield Finding("door", "ok", f"控制台在 {address} 应答", f"the console answers at {address}")
        yield _destinations(response.json())
    else:
        yield Finding(
            "door",
            "fail",
            f"控制台 {address} 应答 HTTP {response.status_code}",
            f"the console at {address} answers HTTP {response.status_code}",
            "查看平台日志",
            "see the log of the platform",
        )


def _destinations(cards: list[dict[str, Any]]) -> Finding:
    """Say which destinations do not take their messages; the log keeps them meanwhile."""
    names = [
        f"{card['name']}/{one['name']}"
        for card in cards
        for one in card["destinations"]
        if one["state"] in HURT
    ]
    if not names:
        return Finding(
            "destinations", "ok", "没有停机、缓慢或过载的目的端", "no destination is down or slow"
        )
    return Finding(
        "destinations",
        "warn",
        f"{len(names)} 个目的端停机、缓慢或过载：{', '.join(names)}",
        f"{len(names)} destinations are down, slow or overloaded: {', '.join(names)}",
        "lianyi channel list 说明各自的原因；消息留在日志中，恢复后自动投递",
        "'lianyi channel list' says why; the log keeps their messages until they are back",
    )


def _silent_door(address: str, *, running: bool) -> Finding:
    """Say why nothing answers HTTP at an address."""
    parts = urlsplit(address)
    if _taken(parts.hostname or "127.0.0.1", parts.port or 80):
        return Finding(
            "door",
            "fail",
            f"{address} 被占用，但不应答 HTTP",
            f"{address} is taken by something that does not answer HTTP",
            "停止占用该端口的程序，或用 --http-port 换一个端口",
            "stop what has the port, or choose another one with --http-port",
        )
    if running:
        return Finding(
            "door",
            "fail",
            f"平台在运行，但 {address} 没有控制台应答",
            f"the platform runs, but no console answers at {address}",
            "确认某个进程承担 api 角色，并查看其日志",
            "see that some process has the role api, and read its log",
        )
    return Finding("door", "ok", f"{address} 空闲", f"{address} is free")


def _taken(host: str, port: int) -> bool:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with closing(socket.socket(family)) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return True
    return False


def _recorded(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError):
        return ""
