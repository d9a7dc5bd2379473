"""``/ops``: the plainest page that says how it goes, for when the console does not.

No JavaScript, no file besides this one, both languages at once. Without the database it says so.
"""

from __future__ import annotations

from html import escape
from urllib.parse import parse_qs

from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from lianyi.api.failures import foreseen
from lianyi.api.guard import (
    COOKIE,
    Gatekeeper,
    address_of,
    judge,
    result_of_status,
)
from lianyi.api.operations import Operation
from lianyi.base.errors import LianyiError
from lianyi.base.sensitive import Sensitive
from lianyi.channels.queries import Queries
from lianyi.channels.views import ChannelCard, DestinationCard
from lianyi.security.access import acting
from lianyi.security.acts import act
from lianyi.security.failures import SignInRefused
from lianyi.security.model import Access, Actor
from lianyi.security.signing_in import Proof
from lianyi.security.trail import Trail

PATH = "/ops"
FORM_BYTES_MAX = 1024

_HEAD = """<!doctype html><html lang="zh"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">{refresh}
<title>联医 应急 Lianyi ops</title><style>
body{{font:15px/1.5 system-ui,sans-serif;margin:1.5rem;color:#222;background:#fff}}
table{{border-collapse:collapse}}
td,th{{border:1px solid #bbb;padding:.3rem .6rem;text-align:left}}
td.n{{text-align:right}} .bad{{color:#a30000;font-weight:600}}
</style></head><body><h1>联医 应急页面 · Lianyi emergency page</h1>"""

_SIGN_IN = """<form method="post" action="/ops">
<p><label>账户 Name <input name="name" autocomplete="username"></label></p>
<p><label>口令 Password <input name="password" type="password" autocomplete="off"></label></p>
<p><label>验证码 Code <input name="code" autocomplete="one-time-code"></label></p>
<p><label>或首次启动令牌 or first token
<input name="token" type="password" autocomplete="off"></label></p>
<p><button>登录 Sign in</button></p>
<p>令牌保存在 &lt;data&gt;/console-token ·
The token lies in &lt;data&gt;/console-token</p></form>"""

OVERVIEW = Operation("ops", "GET", "/ops", "overview.read")

_COLUMNS = (
    "<tr><th>通道 Channel</th><th>目的端 Destination</th><th>状态 State</th><th>排队 Queued</th>"
    "<th>等待 Waiting</th><th>待处理 Parked</th><th>其后 Behind</th><th>问题 Problem</th></tr>"
)


class Emergency:
    """Answers ``/ops`` and hands everything else on (ASGI middleware)."""

    def __init__(self, app: ASGIApp, queries: Queries, keeper: Gatekeeper, trail: Trail) -> None:
        self._trail = trail
        self._app = app
        self._queries = queries
        self._keeper = keeper

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request (ASGI)."""
        if scope["type"] == "http" and scope["path"] == PATH:
            response = await self._answer(Request(scope, receive))
            await response(scope, receive, send)
        else:
            await self._app(scope, receive, send)

    async def _answer(self, request: Request) -> Response:
        address = address_of(request.scope)
        found: Actor | None = None
        try:
            if request.method == "POST":
                return await self._sign_in(request, address)
            found = await self._keeper.identify(
                "GET", Headers(scope=request.scope), address=address
            )
            actor = judge(found, OVERVIEW)
        except LianyiError as refusal:
            if found is not None:
                await self._write(_access(found, address), status=401, code=refusal.code)
            shown = _told(refusal) if request.method == "POST" else ""
            return _page(shown + _SIGN_IN, status=401)
        access = _access(actor, address)
        with acting(access):
            response = await self._report()
        try:
            await self._write(access, status=response.status_code)
        except LianyiError as failure:  # what is not written down is not shown
            if response.status_code < 500:
                return _page(_told(failure), status=503, refresh=True)
        return response  # or why there is nothing to show

    async def _write(self, access: Access, *, status: int, code: str = "") -> None:
        """Write the look down, as the guard does for the API."""
        facts = {
            "operation": access.operation, "method": "GET", "path": PATH, "query": {},
            "result": result_of_status(status), "status": status, "code": code,
            "factors": access.actor.factors,
        }  # fmt: skip
        await self._trail.write(act(f"access.{access.operation}", facts, by=access))

    async def _sign_in(self, request: Request, address: str) -> Response:
        body = b""
        async for chunk in request.stream():
            body += chunk
            if len(body) > FORM_BYTES_MAX:
                break
        form = parse_qs(body[:FORM_BYTES_MAX].decode("utf-8", errors="replace"))
        self._keeper.let_try(address)
        given = {name: values[0].strip() for name, values in form.items()}
        agent = request.headers.get("user-agent", "")
        signing_in = self._keeper.signing_in
        try:
            if given.get("token"):
                opened = await signing_in.open_first(given["token"], address=address, agent=agent)
            else:
                password = Sensitive(given.get("password", ""))
                proof = Proof(given.get("name", ""), password, given.get("code", ""))
                opened = await signing_in.open(proof, address=address, agent=agent)
        except SignInRefused:
            self._keeper.count(address)
            raise
        response = RedirectResponse(PATH, status_code=303)
        response.set_cookie(
            COOKIE,
            opened.shown.reveal(),
            max_age=opened.lasts_seconds,
            path="/",
            httponly=True,
            samesite="strict",
            secure=request.url.scheme == "https",
        )
        return response

    async def _report(self) -> Response:
        try:
            cards = await self._queries.channels()
        except Exception as error:
            failure = foreseen(error, where=PATH)
            if failure is None:
                raise
            return _page(_told(failure), status=503, refresh=True)
        rows = "".join(_channel(card) for card in cards)
        empty = "<p>没有通道 · No channels</p>" if not cards else ""
        return _page(f"<table>{_COLUMNS}{rows}</table>{empty}", refresh=True)


def _access(actor: Actor, address: str) -> Access:
    return Access(actor, OVERVIEW.permission, "ops", actor.purpose, address)


def _page(body: str, *, status: int = 200, refresh: bool = False) -> HTMLResponse:
    again = '<meta http-equiv="refresh" content="10">' if refresh else ""
    return HTMLResponse(_HEAD.format(refresh=again) + body + "</body></html>", status_code=status)


def _told(failure: LianyiError) -> str:
    zh, en = failure.text("zh"), failure.text("en")
    return f'<p class="bad">{escape(zh)}</p><p class="bad">{escape(en)}</p>'


def _channel(card: ChannelCard) -> str:
    problem = card.problem.code if card.problem else ""
    bad = ' class="bad"' if card.state == "faulty" else ""
    own = (
        f"<tr><td>{escape(card.name)}</td><td></td><td{bad}>{card.state}</td><td></td><td></td>"
        f'<td class="n">{card.held} 拦截 held</td><td></td><td>{problem}</td></tr>'
    )
    return own + "".join(_destination(one) for one in card.destinations)


def _destination(card: DestinationCard) -> str:
    problem = card.problem.code if card.problem else ""
    bad = ' class="bad"' if card.state in {"down", "poison"} else ""
    depth = f"{card.queue_depth}" if card.queue_exact else f"≤ {card.queue_depth}"
    numbers = (depth, card.waiting, card.parked, card.behind)
    cells = "".join(f'<td class="n">{number}</td>' for number in numbers)
    return (
        f"<tr><td></td><td>{escape(card.name)}</td><td{bad}>{card.state}</td>{cells}"
        f"<td>{problem}</td></tr>"
    )
