"""Every failure leaves the API in one shape: ``{"error": Problem}``.

The category decides the status. What nobody foresaw becomes LY-0001 without any detail: a
traceback may hold a patient's data, so only the kind of the exception and the line of our code
go to the log.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from pathlib import Path
from traceback import extract_tb

import asyncpg
import orjson
import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from lianyi.base.database import DatabaseUnreachable
from lianyi.base.errors import Category, LianyiError, Told, Unforeseen
from lianyi.channels.views import problem_facts

logger = structlog.get_logger(__name__)

UNKNOWN = {"LY-1606", "LY-1802", "LY-1803", "LY-1850"}
"""Codes that say: we do not know yet who you are."""


class UnclearRequest(LianyiError):
    """A request does not have the form that the API documents."""

    code = "LY-1601"
    category = Category.INVALID
    en = Told("cannot understand this request", "{why}", "correct it and try again")
    zh = Told("无法理解该请求", "{why}", "更正后重试")


class NoSuchAddress(LianyiError):
    """Nothing answers at an address."""

    code = "LY-1602"
    category = Category.NOT_FOUND
    en = Told("there is nothing here", "no door has this address", "check the address")
    zh = Told("这里什么也没有", "没有这个地址", "请核对地址")


class MethodNotOffered(LianyiError):
    """An address does not answer to this HTTP method."""

    code = "LY-1603"
    category = Category.INVALID
    en = Told("this cannot be done here", "the address does not take {method}", "see /api/v1/docs")
    zh = Told("此处不能这样操作", "该地址不接受 {method}", "请查看接口文档")


class TakesTooLong(LianyiError):
    """The database would need longer for the answer than it is allowed to."""

    code = "LY-1604"
    category = Category.UNAVAILABLE
    en = Told(
        "the answer takes too long",
        "the database was stopped at the time limit",
        "narrow the time range or the filter and try again",
    )
    zh = Told("查询耗时过长", "数据库查询达到时间上限而被停止", "缩小时间范围或过滤条件后重试")


def answer(failure: LianyiError, *, headers: Mapping[str, str] | None = None) -> Response:
    """Return the HTTP answer to a failure."""
    return Response(
        orjson.dumps({"error": problem_facts(failure)}),
        status_code=status_of(failure),
        media_type="application/json",
        headers=dict(headers or {}),
    )


def status_of(failure: LianyiError) -> int:
    """Return the HTTP status of a failure; the protocol has names of its own for a few."""
    if isinstance(failure, MethodNotOffered):
        return 405
    return 401 if failure.code in UNKNOWN else failure.category.value.http_status


def foreseen(error: Exception, *, where: str) -> LianyiError | None:
    """Return what an exception of a library means; None when nobody foresaw it."""
    if isinstance(error, LianyiError):
        return error
    if isinstance(error, asyncpg.QueryCanceledError):
        return TakesTooLong(where=where)
    if isinstance(error, asyncpg.DataError):
        return UnclearRequest(where=where, why="a character or number in it cannot be stored")
    if isinstance(
        error,
        asyncpg.PostgresConnectionError
        | asyncpg.InterfaceError
        | asyncpg.TooManyConnectionsError
        | asyncpg.CannotConnectNowError
        | asyncpg.AdminShutdownError
        | OSError
        | asyncio.TimeoutError,
    ):
        return DatabaseUnreachable(where=where, why="the connection was refused or closed")
    return None


def install(app: FastAPI) -> None:
    """Give an application the one shape of failures."""
    app.add_exception_handler(LianyiError, _lianyi)
    app.add_exception_handler(RequestValidationError, _unclear)
    app.add_exception_handler(HTTPException, _http)


async def _lianyi(request: Request, error: Exception) -> Response:
    assert isinstance(error, LianyiError)  # noqa: S101 - Starlette's signature is wider
    return answer(error)


async def _unclear(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)  # noqa: S101
    first = error.errors()[0]
    where = ".".join(str(part) for part in first["loc"])
    return answer(UnclearRequest(where=where, why=str(first["msg"]).lower()))


async def _http(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)  # noqa: S101
    where = request.url.path[:200]
    if error.status_code == 404:
        return answer(NoSuchAddress(where=where))
    if error.status_code == 405:
        return answer(MethodNotOffered(where=where, method=request.method), headers=error.headers)
    return answer(UnclearRequest(where=where, why=str(error.detail)))


class LastResort:
    """The outermost loop of the API: whatever is raised becomes an answer, never a traceback."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request (ASGI)."""
        started = False

        async def watch(message: Message) -> None:
            nonlocal started
            started = started or message["type"] == "http.response.start"
            await send(message)

        try:
            await self._app(scope, receive, watch)
        except Exception as error:
            if scope["type"] != "http":
                raise
            where = str(scope["path"])[:200]
            failure = foreseen(error, where=where) or Unforeseen(where=where)
            if isinstance(failure, Unforeseen):
                logger.error(  # noqa: TRY400 - no traceback: it may hold a patient's data
                    "request failed", code=failure.code, **place_of(error)
                )
            if not started:
                await answer(failure)(scope, receive, send)


def place_of(error: BaseException) -> dict[str, str]:
    """Return the kind of an exception and the line of code it came from, but no value."""
    frames = extract_tb(error.__traceback__)
    last = frames[-1] if frames else None
    place = f"{Path(last.filename).name}:{last.lineno}" if last else ""
    return {"kind": type(error).__name__, "place": place}
