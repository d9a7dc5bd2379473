"""The key of the keys, where a hospital keeps it in a device or service of its own (HSM, KMS).

The device is asked by a command of the hospital: the key goes in on standard input, what the
command prints on standard output is kept. So any device that has a command line can be used, and
nothing of its maker has to be inside the platform. What goes in and out is never an argument:
arguments of a running command can be read by everybody on the machine.
"""

from __future__ import annotations

import subprocess
from collections.abc import Sequence
from functools import lru_cache
from typing import Protocol

from lianyi.base.errors import Category, LianyiError, Told
from lianyi.base.sensitive import Sensitive

ANSWER_BYTES_MAX = 65_536


class KeyCommandFailed(LianyiError):
    """The command that wraps and unwraps keys is missing, failed, or gave nothing useful."""

    code = "LY-1846"
    category = Category.UNAVAILABLE
    en = Told(
        "the keys cannot be unwrapped",
        "{why}",
        "run the command of the section [vault] by hand as the account of the platform, and look"
        " whether the device behind it answers; nothing was changed",
    )
    zh = Told(
        "无法解开密钥",
        "{why_zh}",
        "以平台运行账户手工执行 [vault] 中的命令，检查其后的密码设备是否应答；平台未改动任何内容",
    )


class Wrapping(Protocol):
    """Hides the keys of the key file, and shows them."""

    def wrap(self, secret: Sensitive[bytes]) -> bytes:
        """Return a key as the file may hold it."""
        ...

    def unwrap(self, wrapped: bytes) -> Sensitive[bytes]:
        """Return the key again."""
        ...


class KeyCommand:
    """Wraps keys with two commands."""

    def __init__(
        self, wrap: Sequence[str], unwrap: Sequence[str], *, timeout_seconds: float
    ) -> None:
        self._wrap = tuple(wrap)
        self._unwrap = tuple(unwrap)
        self._timeout_seconds = timeout_seconds
        # The file is read again after each rotation: ask the device only for what is new.
        self._unwrapped = lru_cache(maxsize=64)(self._ask_unwrap)

    def wrap(self, secret: Sensitive[bytes]) -> bytes:
        """Return a key as the file may hold it, after a look whether it comes back.

        Raises:
            KeyCommandFailed: it cannot be wrapped, or what was wrapped does not come back.
        """
        wrapped = self._run(self._wrap, secret.reveal())
        if self._ask_unwrap(wrapped).reveal() != secret.reveal():
            raise KeyCommandFailed(
                where=self._unwrap[0],
                why="the command does not give back what was wrapped",
                why_zh="命令没有还原所封装的内容",
            )
        return wrapped

    def unwrap(self, wrapped: bytes) -> Sensitive[bytes]:
        """Return the key again.

        Raises:
            KeyCommandFailed: the device does not give it.
        """
        return self._unwrapped(wrapped)

    def _ask_unwrap(self, wrapped: bytes) -> Sensitive[bytes]:
        return Sensitive(self._run(self._unwrap, wrapped))

    def _run(self, command: tuple[str, ...], given: bytes) -> bytes:
        """Return what a command prints; what it says against it may be a secret: it is not kept."""
        where = command[0]
        try:
            done = subprocess.run(  # noqa: S603 - the command is a setting of the installation
                command,
                input=given,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                timeout=self._timeout_seconds,
                check=False,
            )
        except subprocess.TimeoutExpired:
            seconds = f"{self._timeout_seconds:g}"
            raise KeyCommandFailed(
                where=where,
                why=f"no answer within {seconds} seconds",
                why_zh=f"{seconds} 秒内没有应答",
            ) from None
        except OSError as error:
            reason = error.strerror or type(error).__name__
            raise KeyCommandFailed(
                where=where, why=reason.lower(), why_zh=f"系统返回 {reason}"
            ) from None
        if done.returncode or not 0 < len(done.stdout) <= ANSWER_BYTES_MAX:
            raise KeyCommandFailed(
                where=where,
                why=f"exit code {done.returncode}, {len(done.stdout)} bytes printed",
                why_zh=f"退出码 {done.returncode}，输出 {len(done.stdout)} 字节",
            )
        return done.stdout
