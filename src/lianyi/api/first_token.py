"""The token of the first start, and how a secret is kept in a file.

The first start makes a token and keeps it in ``<data>/console-token`` (0600). Until there is an
administrator it opens the console; whoever can read the file can do everything anyway. A hospital
that wants it gone sets ``first_token = "never"``.
"""

from __future__ import annotations

import os
import secrets
from collections import OrderedDict
from contextlib import suppress
from pathlib import Path

from lianyi.base.clock import Clock
from lianyi.base.errors import Category, LianyiError, Told

COOKIE = "lianyi_session"
TOKEN_FILE = "console-token"  # noqa: S105 - the name of a file
SECRET_FILE = "session-secret"  # noqa: S105
GUARDED = "/api/v1/"
OPEN = {"/api/v1/session"}
SAFE_METHODS = {"GET", "HEAD", "OPTIONS"}
WINDOW_SECONDS = 60.0
ADDRESSES_MAX = 1024


class EmptySecret(LianyiError):
    """A file that must hold a secret is empty; an empty token would open the door to all."""

    code = "LY-1609"
    category = Category.INTERNAL
    en = Told(
        "a secret is missing", "the file is empty", "delete it in the data folder and start again"
    )
    zh = Told("缺少密钥", "密钥文件为空", "删除数据目录中的该文件后重新启动")


def keep_secret(path: Path, fresh: str) -> str:
    """Return what a file holds; make it with ``fresh`` when there is none. Nobody else reads it.

    The file appears whole or not at all, also when two processes start together.
    """
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        part = path.with_name(f"{path.name}.{secrets.token_hex(4)}")
        with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(fresh + "\n")
        with suppress(FileExistsError):
            os.link(part, path)
        part.unlink()
    kept = path.read_text(encoding="ascii").strip()
    if not kept:
        raise EmptySecret(where=path.name)
    return kept


def console_token(data_dir: Path) -> str:
    """Return the token of this installation; the first call makes it."""
    return keep_secret(data_dir / TOKEN_FILE, secrets.token_urlsafe(24))


class Failures:
    """Counts wrong tokens for each address; remembers a limited number of addresses."""

    def __init__(self, clock: Clock, *, failures_max: int) -> None:
        self._clock = clock
        self._max = failures_max
        self._seen: OrderedDict[str, tuple[float, int]] = OrderedDict()

    def blocked(self, address: str) -> bool:
        """Whether an address must wait."""
        since, count = self._seen.get(address, (0.0, 0))
        return count >= self._max and self._clock.elapsed_seconds() - since < WINDOW_SECONDS

    def count(self, address: str) -> None:
        """Count one wrong token."""
        now = self._clock.elapsed_seconds()
        since, count = self._seen.pop(address, (now, 0))
        if now - since >= WINDOW_SECONDS:
            since, count = now, 0
        self._seen[address] = (since, count + 1)
        while len(self._seen) > ADDRESSES_MAX:
            self._seen.popitem(last=False)
