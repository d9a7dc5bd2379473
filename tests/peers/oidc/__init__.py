"""The npm package ``oidc-provider`` as a process of its own, and a browser to sign in with."""

from __future__ import annotations

import html
import re
import subprocess
from pathlib import Path
from urllib.parse import parse_qsl, urljoin, urlsplit

import httpx
from benchmarks.ports import free_port
from tests.peers.node import NODE
from tests.peers.slapd import wait_for_port

HERE = Path(__file__).parent


class OidcPeer:
    """The provider; ``issuer`` is its address."""

    def __init__(self, *, redirect_uri: str, backchannel_uri: str) -> None:
        self.port = free_port()
        self.issuer = f"http://127.0.0.1:{self.port}"
        self._arguments = [str(self.port), redirect_uri, backchannel_uri]
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        self._process = subprocess.Popen(
            [NODE, HERE / "server.mjs", *self._arguments],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        wait_for_port(self.port)

    def stop(self) -> None:
        if self._process is not None:
            self._process.terminate()
            self._process.wait(timeout=20)


class Browser:
    """Follows redirects and submits forms, as a person at the sign-in page would."""

    def __init__(self) -> None:
        self.client = httpx.AsyncClient(follow_redirects=False, trust_env=False)

    async def close(self) -> None:
        await self.client.aclose()

    async def sign_in(self, url: str, login: str, *, until: str) -> dict[str, str]:
        """Return the query with which the browser comes back to an address."""
        answer = await self.client.get(url)
        for _ in range(20):
            if location := answer.headers.get("location"):
                url = urljoin(str(answer.url), location)
                if url.startswith(until):
                    return dict(parse_qsl(urlsplit(url).query))
                answer = await self.client.get(url)
                continue
            answer = await self._submit(answer, {"login": login, "password": "any"})
        raise AssertionError("it never came back")

    async def sign_out(self, url: str) -> None:
        """Confirm that the session ends."""
        answer = await self._submit(await self.client.get(url), {"logout": "yes"})
        assert answer.status_code < 400, answer.text

    async def _submit(self, page: httpx.Response, typed: dict[str, str]) -> httpx.Response:
        form = re.search(r"<form.*?</form>", page.text, re.DOTALL)
        assert form, page.text
        action = re.search(r'action="([^"]+)"', form[0])
        assert action
        fields = dict(re.findall(r'name="(\w+)" value="([^"]*)"', form[0]))
        wanted = {name: value for name, value in typed.items() if f'name="{name}"' in form[0]}
        if "logout" in typed:
            wanted = typed
        target = urljoin(str(page.url), html.unescape(action[1]))
        return await self.client.post(target, data={**fields, **wanted})
