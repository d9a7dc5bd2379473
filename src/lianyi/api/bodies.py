"""How large the body of a request may be, and how long it may take to come.

Stands behind the guard: who is nobody is refused before his body is read. What anybody may ask
(signing in, a token) has small bodies.
"""

from __future__ import annotations

import asyncio

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from lianyi.api.failures import answer
from lianyi.base.errors import Category, LianyiError, Told
from lianyi.security.access import current

STRANGERS_BYTES_MAX = 262_144


class BodyTooLarge(LianyiError):
    """The body of a request is larger than allowed. Nothing of it is kept."""

    code = "LY-1642"
    category = Category.INVALID
    en = Told(
        "this request is too large",
        "its body has more than {limit} bytes",
        "send less; what you may send at most is the setting 'api.body_bytes_max'",
    )
    zh = Told("请求过大", "请求体超过 {limit} 字节", "减少内容；上限由设置 api.body_bytes_max 决定")


class BodyTooSlow(LianyiError):
    """The body of a request was not complete in time."""

    code = "LY-1643"
    category = Category.INVALID
    en = Told(
        "this request took too long to arrive",
        "its body was not complete within {seconds} s",
        "look at the network and send it again",
    )
    zh = Told("请求传输过慢", "请求体未在 {seconds} 秒内传完", "检查网络后重新发送")


class Bodies:
    """Puts both limits on every request (ASGI middleware).

    Args:
        app: what is protected.
        bytes_max: of the body, for who is known.
        seconds_max: from the first look at the body to its end.
    """

    def __init__(self, app: ASGIApp, *, bytes_max: int, seconds_max: float) -> None:
        self._app = app
        self._bytes_max = bytes_max
        self._seconds_max = seconds_max

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request (ASGI)."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        limit = self._bytes_max if current().actor.name else STRANGERS_BYTES_MAX
        said = Headers(scope=scope).get("content-length", "")
        if said.isdecimal() and int(said[:20]) > limit:
            await answer(BodyTooLarge(where="body", limit=limit))(scope, receive, send)
            return
        body = _Body(receive, send, limit=limit, seconds=self._seconds_max)
        try:
            await self._app(scope, body.receive, body.send)
        except LianyiError as error:
            if error is not body.refusal:
                raise
        if body.refusal and not body.answered:
            await answer(body.refusal)(scope, receive, send)


class _Body:
    """The body of one request. Once it is refused, the refusal is the answer, whoever asks."""

    def __init__(self, receive: Receive, send: Send, *, limit: int, seconds: float) -> None:
        self.refusal: LianyiError | None = None
        self.answered = False
        self._receive = receive
        self._send = send
        self._limit = limit
        self._seconds = seconds
        self._size = 0
        self._complete = False
        self._until: float | None = None

    async def receive(self) -> Message:
        if self._complete:  # only that the peer leaves can come now
            return await self._receive()
        if self.refusal:
            raise self.refusal
        loop = asyncio.get_running_loop()
        self._until = self._until or loop.time() + self._seconds
        try:
            async with asyncio.timeout_at(self._until):
                message = await self._receive()
        except TimeoutError:
            self.refusal = BodyTooSlow(where="body", seconds=self._seconds)
            raise self.refusal from None
        self._size += len(message.get("body", b""))
        self._complete = not message.get("more_body", False)
        if self._size > self._limit:
            self.refusal = BodyTooLarge(where="body", limit=self._limit)
            raise self.refusal
        return message

    async def send(self, message: Message) -> None:
        if self.refusal and not self.answered:
            return  # whoever could not read the body says so in other words
        self.answered = True
        await self._send(message)
