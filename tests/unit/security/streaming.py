"""Following the live view through the application itself; httpx would wait for its end."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import httpx
from fastapi import FastAPI


async def follow(
    app: FastAPI,
    browser: httpx.AsyncClient,
    path: str,
    *,
    enough: Callable[[int, bytes], bool],
    seconds: float = 20,
) -> tuple[int, bytes]:
    """Return the status and what was told until it was enough.

    Args:
        app: what is asked.
        browser: whose cookies are sent.
        path: of the live view.
        enough: asked after each part with the status and all that was told so far.
        seconds: how long to wait at most.
    """
    cookie = "; ".join(f"{name}={value}" for name, value in browser.cookies.items())
    scope = {
        "type": "http", "method": "GET", "path": path, "raw_path": path.encode(),
        "query_string": b"", "headers": [(b"cookie", cookie.encode())] if cookie else [],
        "scheme": "http", "client": ("127.0.0.1", 1), "server": ("lianyi.test", 80),
        "http_version": "1.1", "asgi": {"version": "3.0"}, "root_path": "",
    }  # fmt: skip
    told: dict[str, Any] = {"status": 0, "text": b""}
    done = asyncio.Event()

    async def receive() -> dict[str, Any]:
        await done.wait()
        return {"type": "http.disconnect"}

    async def send(message: Any) -> None:
        told["status"] = message.get("status", told["status"])
        told["text"] += message.get("body", b"")
        if enough(told["status"], told["text"]):
            done.set()

    serving = asyncio.create_task(app(scope, receive, send))
    await asyncio.wait({serving}, timeout=seconds)
    serving.cancel()
    await asyncio.gather(serving, return_exceptions=True)
    return told["status"], told["text"]
