"""Who may use the console, until accounts exist: whoever holds the token of this installation.

The first start makes a token and keeps it in ``<data>/console-token`` (0600). A browser changes
it for a cookie that says when it was issued, sealed with a secret of its own; whoever deletes the
token file and starts again ends every session. A script sends the token itself.

A browser sends cookies with requests that other sites cause. SameSite=Strict stops that, and for
browsers that forget it every change made by cookie needs the header ``X-Lianyi: 1``, which no
foreign page can set.
"""

from __future__ import annotations

import hmac
import os
import secrets
from collections import OrderedDict
from contextlib import suppress
from datetime import datetime, timedelta
from hashlib import sha256
from http.cookies import CookieError, SimpleCookie
from pathlib import Path

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from lianyi.api.failures import answer
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


class NotSignedIn(LianyiError):
    """A request without a valid token or session."""

    code = "LY-1606"
    category = Category.FORBIDDEN
    en = Told(
        "sign in first",
        "the request carries no valid token or session",
        "sign in with the token that the first start printed; it lies in <data>/console-token",
    )
    zh = Told(
        "请先登录",
        "请求没有携带有效的令牌或会话",
        "使用首次启动时打印的令牌登录；令牌保存在 <data>/console-token",
    )


class ForeignRequest(LianyiError):
    """A change by cookie without the header that only our own pages send."""

    code = "LY-1607"
    category = Category.FORBIDDEN
    en = Told(
        "this change was refused",
        "the request lacks the header X-Lianyi, so another web site may have caused it",
        "use the console, or send the header X-Lianyi: 1",
    )
    zh = Told(
        "该操作被拒绝",
        "请求缺少 X-Lianyi 请求头，可能由其他网站发起",
        "请使用本平台页面操作，或携带请求头 X-Lianyi: 1",
    )


class TooManyTries(LianyiError):
    """Too many wrong tokens from one address."""

    code = "LY-1608"
    category = Category.BUSY
    en = Told("too many wrong tokens", "the limit for one minute is reached", "wait one minute")
    zh = Told("令牌错误次数过多", "已达到每分钟上限", "请等待一分钟后再试")


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


class Sessions:
    """Issues and checks sessions."""

    def __init__(self, data_dir: Path, clock: Clock, *, hours: float, failures_max: int) -> None:
        self._token = console_token(data_dir).encode()
        secret = keep_secret(data_dir / SECRET_FILE, secrets.token_hex(32))
        self._seal = sha256(secret.encode() + b"\0" + self._token).digest()
        self._clock = clock
        self._lasts = timedelta(hours=hours)
        self._failures = Failures(clock, failures_max=failures_max)

    @property
    def lasts_seconds(self) -> int:
        """How long a session lasts."""
        return int(self._lasts.total_seconds())

    def sign_in(self, token: str, *, address: str) -> str:
        """Return the cookie of a new session.

        Raises:
            TooManyTries: too many wrong tokens came from this address.
            NotSignedIn: the token is wrong.
        """
        self.check_token(token, address=address)
        issued = str(int(self._clock.now().timestamp()))
        return f"{issued}.{self._signature(issued)}"

    def check_token(self, token: str, *, address: str) -> None:
        """Accept the token of this installation; raises as :meth:`sign_in` does."""
        if self._failures.blocked(address):
            raise TooManyTries(where="session")
        if not hmac.compare_digest(token.encode(), self._token):
            self._failures.count(address)
            raise NotSignedIn(where="session")

    def valid(self, cookie: str) -> bool:
        """Whether a cookie is one of ours and not too old."""
        issued, _, signature = cookie.partition(".")
        if not hmac.compare_digest(self._signature(issued).encode(), signature.encode()):
            return False
        age = self._clock.now() - datetime.fromtimestamp(int(issued), tz=self._clock.now().tzinfo)
        return age < self._lasts

    def _signature(self, issued: str) -> str:
        return hmac.new(self._seal, issued.encode(), sha256).hexdigest()

    def check(self, method: str, headers: Headers, *, address: str) -> None:
        """Let a request through.

        Raises:
            NotSignedIn, TooManyTries, ForeignRequest: it may not pass.
        """
        kind, _, token = headers.get("authorization", "").partition(" ")
        if kind.lower() == "bearer":
            self.check_token(token.strip(), address=address)
            return
        if not self.valid(cookie_of(headers)):
            raise NotSignedIn(where="session")
        if method not in SAFE_METHODS and headers.get("x-lianyi") != "1":
            raise ForeignRequest(where=method)


def cookie_of(headers: Headers) -> str:
    """Return our cookie of a request; empty when there is none."""
    try:
        found = SimpleCookie(headers.get("cookie", "")).get(COOKIE)
    except CookieError:
        return ""
    return found.value if found else ""


def address_of(scope: Scope) -> str:
    """Return the network address a request came from."""
    client = scope.get("client")
    return str(client[0]) if client else ""


class Guard:
    """Stands before the API: a request that may not pass is answered before its body is read."""

    def __init__(self, app: ASGIApp, sessions: Sessions) -> None:
        self._app = app
        self._sessions = sessions

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request (ASGI)."""
        path = scope.get("path", "")
        if scope["type"] == "http" and path.startswith(GUARDED) and path not in OPEN:
            try:
                self._sessions.check(
                    scope["method"], Headers(scope=scope), address=address_of(scope)
                )
            except LianyiError as refusal:
                await answer(refusal)(scope, receive, send)
                return
        await self._app(scope, receive, send)
