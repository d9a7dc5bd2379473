"""Serves the console that Vite built, and nothing outside its folder.

Files under ``assets/`` carry a hash in their name and never change; everything else is asked for
again. An address without a file is a route of the console and gets ``index.html``.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from starlette.responses import FileResponse, HTMLResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from lianyi.api.failures import MethodNotOffered, NoSuchAddress, answer

BUILT = Path(__file__).parents[1] / "console"
FOREVER = "public, max-age=31536000, immutable"
ALWAYS_ASK = "no-cache"
NOT_A_ROUTE = ("api/", "assets/", "fhir/")

MISSING = """<!doctype html>
<html lang="zh"><meta charset="utf-8"><title>联医 Lianyi</title>
<h1>控制台尚未构建</h1>
<p>服务正在运行，但安装包中没有控制台页面。请在代码目录执行 <code>make setup</code>，
然后刷新本页。应急页面：<a href="/ops">/ops</a></p>
<h1>The console is not built</h1>
<p>The server runs, but this installation has no console pages. Run <code>make setup</code>
in the checkout, then reload this page. Emergency page: <a href="/ops">/ops</a></p></html>"""

CONTENT_SECURITY_POLICY = "; ".join(
    [
        "default-src 'self'",
        "script-src 'self'",
        "style-src 'self' 'unsafe-inline'",  # antd writes its styles at run time
        "img-src 'self' data:",
        "font-src 'self' data:",
        "connect-src 'self'",
        "object-src 'none'",
        "base-uri 'none'",
        "form-action 'self'",
        "frame-ancestors 'none'",
    ]
)
SECURITY_HEADERS = {
    "content-security-policy": CONTENT_SECURITY_POLICY,
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), microphone=(), geolocation=()",
}


class Console:
    """Answers whatever is not the API (ASGI application)."""

    def __init__(self, folder: Path = BUILT) -> None:
        self._folder = folder.resolve()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request (ASGI)."""
        await self._answer(scope)(scope, receive, send)

    def _answer(self, scope: Scope) -> Response:
        path = str(scope["path"]).lstrip("/")
        if scope["method"] not in {"GET", "HEAD"}:
            return answer(MethodNotOffered(where=path[:200], method=str(scope["method"])))
        found = self._file(path)
        if found:
            forever = path.startswith("assets/")
            return FileResponse(
                found, headers={"Cache-Control": FOREVER if forever else ALWAYS_ASK}
            )
        if path.startswith(NOT_A_ROUTE):
            return answer(NoSuchAddress(where=path[:200]))
        index = self._folder / "index.html"
        if index.is_file():
            return FileResponse(index, headers={"Cache-Control": ALWAYS_ASK})
        return HTMLResponse(MISSING, headers={"Cache-Control": ALWAYS_ASK})

    def _file(self, path: str) -> Path | None:
        if not path or "\0" in path:
            return None
        try:
            found = (self._folder / path).resolve()
            return found if found.is_relative_to(self._folder) and found.is_file() else None
        except (OSError, UnicodeEncodeError):  # longer than any name, or half a character
            return None


EMBEDDED = "/embed/"
"""Below it stand the pages that other systems may hold in a frame."""


def embedded_headers(origins: Sequence[str]) -> dict[str, str]:
    """Return the security headers of a page that may stand in frames.

    Its files are fetched and shown from memory (``blob:``): what is loaded into a frame carries
    neither the token of the page nor a cookie.

    Args:
        origins: of the pages that may hold it, see ``EmbeddingSettings``; empty: none.
    """
    policy = CONTENT_SECURITY_POLICY.replace("img-src 'self' data:", "img-src 'self' data: blob:")
    ancestors = " ".join(origins) or "'none'"
    policy = policy.replace("frame-ancestors 'none'", f"frame-ancestors {ancestors}")
    kept = {name: value for name, value in SECURITY_HEADERS.items() if name != "x-frame-options"}
    return kept | {"content-security-policy": f"{policy}; frame-src 'self' blob:"}


class SecurityHeaders:
    """Puts the security headers on every answer that has none of its own (ASGI middleware).

    Args:
        app: what answers.
        hsts_days: for how long a browser that came by HTTPS comes so only (RFC 6797); 0: no word.
        frame_origins: of pages that may hold the pages below :data:`EMBEDDED`.
    """

    def __init__(
        self, app: ASGIApp, *, hsts_days: int = 0, frame_origins: Sequence[str] = ()
    ) -> None:
        self._app = app
        self._embedded = embedded_headers(frame_origins)
        self._hsts = f"max-age={hsts_days * 86400}".encode() if hsts_days else b""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request (ASGI)."""

        async def dressed(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = list(message.get("headers", []))
                present = {name.lower() for name, _ in headers}
                embedded = str(scope.get("path", "")).startswith(EMBEDDED)
                for name, value in (self._embedded if embedded else SECURITY_HEADERS).items():
                    if name.encode() not in present:
                        headers.append((name.encode(), value.encode()))
                if self._hsts and scope.get("scheme") == "https":
                    headers.append((b"strict-transport-security", self._hsts))
                if b"cache-control" not in present:
                    headers.append((b"cache-control", b"no-store"))
                message = {**message, "headers": headers}
            await send(message)

        await self._app(scope, receive, dressed)
