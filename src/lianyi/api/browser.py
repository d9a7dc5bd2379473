"""What a browser is told while it signs in: cookies, small pages, and where it may go.

The session cookie is SameSite=Strict: a browser that comes from the hospital's sign-in page would
not send it with a redirect of ours, as another site began that journey. So the way back ends with
a small page of our own, and the step from there to the console is one of our own site.
"""

from __future__ import annotations

import html
import re
from urllib.parse import parse_qsl

from fastapi import Request
from fastapi.responses import HTMLResponse
from starlette.responses import Response

from lianyi.api.failures import UnclearRequest, status_of
from lianyi.api.guard import COOKIE
from lianyi.base.errors import LianyiError
from lianyi.security.signing_in import Opened

BINDING = "lianyi_sign_in"
BINDING_SECONDS = 600
BINDING_PATH = "/api/v1/session"
FORM_BYTES_MAX = 200_000
OWN_PATH = re.compile(r"/(?![/\\])[\x21-\x5b\x5d-\x7e]*")
"""A path of this site: printable ASCII without ``\\``, and no second ``/`` that names a host."""

PAGE = """<!doctype html>
<html lang="zh"><head><meta charset="utf-8"><title>联医 Lianyi</title>{head}
<meta name="viewport" content="width=device-width, initial-scale=1">
<style>body{{font:16px/1.6 system-ui,sans-serif;max-width:32em;margin:15vh auto;padding:0 1em}}
input,button{{font:inherit;padding:.3em .6em}}</style></head>
<body>{body}</body></html>"""


def own_path(text: str) -> str:
    """Return a path of the console to come back to; ``/`` instead of anything else."""
    if len(text) > 2000 or not OWN_PATH.fullmatch(text) or text.startswith("/api/"):
        return "/"
    return text


def set_session(request: Request, response: Response, opened: Opened) -> None:
    """Give the browser its session."""
    response.set_cookie(
        COOKIE,
        opened.shown.reveal(),
        max_age=opened.lasts_seconds,
        path="/",
        httponly=True,
        samesite="strict",
        secure=request.url.scheme == "https",
    )


def set_binding(request: Request, response: Response, binding: str) -> None:
    """Bind a sign-in that is under way to the browser. Lax: it comes back from another site."""
    response.set_cookie(
        BINDING,
        binding,
        max_age=BINDING_SECONDS,
        path=BINDING_PATH,
        httponly=True,
        samesite="lax",
        secure=request.url.scheme == "https",
    )


def onward(path: str) -> HTMLResponse:
    """Return the page that goes on to the console by itself."""
    where = html.escape(own_path(path), quote=True)
    return HTMLResponse(
        PAGE.format(
            head=f'<meta http-equiv="refresh" content="0;url={where}">',
            body=f'<p>登录成功 / Signed in.</p><p><a href="{where}">继续 / Go on</a></p>',
        )
    )


def code_page(action: str, key: str) -> HTMLResponse:
    """Return the page that asks for a one-time code."""
    return HTMLResponse(
        PAGE.format(
            head="",
            body=f'<form method="post" action="{html.escape(action, quote=True)}">'
            "<p><label>动态验证码 / One-time code<br>"
            '<input name="code" autocomplete="one-time-code" autofocus required maxlength="40">'
            f'</label></p><input type="hidden" name="key" value="{html.escape(key, quote=True)}">'
            "<button>登录 / Sign in</button></form>",
        )
    )


def failure_page(failure: LianyiError) -> HTMLResponse:
    """Return the page that says why nobody is signed in."""
    said = "".join(f"<p>{html.escape(failure.text(language))}</p>" for language in ("zh", "en"))
    return HTMLResponse(
        PAGE.format(head="", body=f'{said}<p><a href="/">回到登录页 / To the sign-in page</a></p>'),
        status_code=status_of(failure),
    )


async def read_form(request: Request) -> dict[str, str]:
    """Return a form's fields (``application/x-www-form-urlencoded``), each once.

    Raises:
        UnclearRequest: it is longer than we take, no such form, or says a thing twice.
    """
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > FORM_BYTES_MAX:
            raise UnclearRequest(where="body", why="it is too long")
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "application/x-www-form-urlencoded":
        raise UnclearRequest(where="content-type", why="send application/x-www-form-urlencoded")
    try:
        pairs = parse_qsl(body.decode("utf-8"), keep_blank_values=True, max_num_fields=100)
    except ValueError as error:
        raise UnclearRequest(where="body", why="it is no form") from error
    if len(dict(pairs)) != len(pairs):
        raise UnclearRequest(where="body", why="a field comes twice")
    return dict(pairs)
