"""The house with real time on a real port, so that directories and browsers can call it."""

from __future__ import annotations

import asyncio
import ssl
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import asyncpg
import httpx
import orjson
import yaml
from fastapi import FastAPI
from tests.peers.slapd import wait_for_port

from lianyi.api.assembly import create_app
from lianyi.api.dependencies import ApiDependencies
from lianyi.api.first_token import console_token
from lianyi.api.https import DoorsServer, bound_socket
from lianyi.api.settings import ApiSettings, HttpsSettings, own_address
from lianyi.base.clock import RandomIds, SystemClock
from lianyi.base.database import connect, open_pool, telling
from lianyi.messagelog.postgres import PostgresLog
from lianyi.security.access import current
from lianyi.security.settings import SecuritySettings

API = "/api/v1"


@dataclass
class OpenHouse:
    """A served house; ``admin`` holds the token of the first start."""

    address: str
    app: FastAPI
    pool: asyncpg.Pool
    log: PostgresLog
    admin: httpx.AsyncClient
    data_dir: Path
    content_dir: Path

    def write_provider(self, name: str, **keys: Any) -> None:
        """Write, or change, a file under ``content/sign-in``."""
        folder = self.content_dir / "sign-in"
        folder.mkdir(parents=True, exist_ok=True)
        plain = {
            key: str(value) if isinstance(value, Path) else value for key, value in keys.items()
        }
        text = yaml.safe_dump({"provider": name, **plain}, allow_unicode=True)
        (folder / f"{name}.yaml").write_text(text, encoding="utf-8")

    async def ask(self, method: str, path: str, *, status: int = 200, **more: Any) -> Any:
        answer = await self.admin.request(method, API + path, **more)
        assert answer.status_code == status, answer.text
        return answer.json()

    async def acts(self, kind: str) -> list[Any]:
        """The bodies of the acts of one kind."""
        found = await self.log.read(0, after=0, limit=1000)
        return [orjson.loads(one.body) for one in found if one.kind == f"act {kind}"]


@asynccontextmanager
async def open_house(
    database: str,
    folder: Path,
    port: int,
    *,
    https: HttpsSettings | None = None,
    trust: ssl.SSLContext | bool = True,
    **security: Any,
) -> AsyncIterator[OpenHouse]:
    """Serve a house at ``http://127.0.0.1:{port}``, or ``https`` as the settings say."""
    https = https or HttpsSettings()
    clock, pool = SystemClock(), await open_pool(database, size_max=4)
    walled = await open_pool(
        database,
        size_max=8,
        role="lianyi_doors",
        on_acquire=telling("lianyi.actor", lambda: str(current().actor.account)),
    )
    log = PostgresLog(walled, lambda: connect(database), clock=clock, owner=uuid.UUID(int=2))
    first = PostgresLog(pool, lambda: connect(database), clock=clock, owner=uuid.UUID(int=1))
    await first.start()
    app = create_app(
        ApiDependencies(
            pool=walled,
            log=log,
            settings=ApiSettings(port=port),
            data_dir=folder / "data",
            content_dir=folder / "content",
            clock=clock,
            ids=RandomIds(),
            console_dir=folder / "console",
            https=https,
            security=SecuritySettings(**{"address_failures_max": 1000, **security}),
        )
    )
    address = own_address("127.0.0.1", port, secure=https.on)
    server = DoorsServer(app, https)
    serving = asyncio.create_task(server.serve([bound_socket("127.0.0.1", port)]))
    await asyncio.to_thread(wait_for_port, port)
    headers = {"Authorization": f"Bearer {console_token(folder / 'data')}"}
    async with httpx.AsyncClient(
        base_url=address, headers=headers, trust_env=False, verify=trust, timeout=60
    ) as admin:
        yield OpenHouse(address, app, pool, first, admin, folder / "data", folder / "content")
    server.should_exit = True
    await serving
    await log.stop()
    await first.stop()
    await walled.close()
    await pool.close()
