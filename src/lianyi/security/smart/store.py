"""Apps, launches, approvals, refresh tokens and signing keys; each call in its transaction."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

import orjson

from lianyi.messagelog.postgres_leases import Connection
from lianyi.security.account_store import Asks
from lianyi.security.scopes import parse
from lianyi.security.smart.model import App, AppKind, Approval, Context

LAUNCHES_MAX = 20
"""Starts of a person that no app has taken up yet."""
APPROVALS_MAX = 50
"""Approvals of one app by one person that hold at a time; a new one ends the oldest."""

_APP = (
    "SELECT p.account, a.name, a.display_name, p.kind, p.redirect_uris, p.launch_uri, p.scopes"
    " FROM security.app AS p JOIN security.account AS a USING (account)"
)
_APPROVAL = (
    "p.approval, p.account, p.app, p.session, p.factors, p.scopes, p.context::text, p.code,"
    " p.code_until, p.redirect_uri, p.challenge, p.nonce, p.approved_at, p.expires_at"
)
SIGNED_OUT = ("signed out", "signed out over there")
"""Why a session has ended when its own person wanted it: what was approved for longer goes on."""

_HOLDS = (
    " p.ended_at IS NULL AND p.expires_at > $2"
    " AND (s.ended_at IS NULL OR s.ended_why = ANY ($3::text[]))"
    " AND ((s.ended_at IS NULL AND s.expires_at > $2)"
    " OR 'offline_access' = ANY (string_to_array(p.scopes, ' ')))"
)
"""An approval holds as long as its session, or longer when it is for ``offline_access``; not when
somebody has ended that session from outside."""


# ---- apps --------------------------------------------------------------------------------------


async def app_of(ask: Asks, account: UUID) -> App | None:
    """Return what a system is registered with as an app."""
    row = await ask.fetchrow(f"{_APP} WHERE p.account = $1", account)
    return _app(row) if row else None


async def find_app(ask: Asks, name: str) -> App | None:
    """Return an app that can be used, by its ``client_id``."""
    row = await ask.fetchrow(f"{_APP} WHERE a.name = $1 AND a.state = 'active'", name)
    return _app(row) if row else None


async def lock_app(connection: Connection, account: UUID) -> App | None:
    """Return an app and keep it from being registered anew until the transaction ends."""
    row = await connection.fetchrow(f"{_APP} WHERE p.account = $1 FOR SHARE OF p", account)
    return _app(row) if row else None


def _app(row: Any) -> App:  # noqa: ANN401 - asyncpg's record
    account, name, display_name, kind, redirect_uris, launch_uri, scopes = row
    return App(account, name, display_name, AppKind(kind), redirect_uris, launch_uri, parse(scopes))


async def put_app(connection: Connection, app: App, at: datetime) -> None:
    """Register an app, or register it anew."""
    await connection.execute(
        "INSERT INTO security.app (account, kind, redirect_uris, launch_uri, scopes, changed_at)"
        " VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (account) DO UPDATE SET kind = $2,"
        " redirect_uris = $3, launch_uri = $4, scopes = $5, changed_at = $6",
        app.account,
        app.kind.value,
        list(app.redirect_uris),
        app.launch_uri,
        str(app.scopes),
        at,
    )


async def end_approvals_of_app(connection: Connection, app: UUID, *, why: str, at: datetime) -> int:
    """End everything that people approved of an app; return how much."""
    done = await connection.execute(
        "UPDATE security.app_approval SET ended_at = $2, ended_why = $3"
        " WHERE app = $1 AND ended_at IS NULL",
        app,
        at,
        why,
    )
    return int(done.split()[1])


# ---- launches ----------------------------------------------------------------------------------


async def insert_launch(
    connection: Connection,
    stored: bytes,
    *,
    account: UUID,
    app: UUID,
    context: Context,
    until: datetime,
    now: datetime,
) -> bool:
    """Keep what an app is started about; False when the person has started too many."""
    await connection.execute("DELETE FROM security.app_launch WHERE expires_at <= $1", now)
    done = await connection.execute(
        "INSERT INTO security.app_launch (stored, account, app, context, expires_at)"
        " SELECT $1, $2, $3, $4::text::jsonb, $5"
        " WHERE (SELECT count(*) FROM security.app_launch WHERE account = $2) < $6",
        stored,
        account,
        app,
        orjson.dumps(context.as_json()).decode(),
        until,
        LAUNCHES_MAX,
    )
    return bool(done == "INSERT 0 1")


async def find_launch(
    ask: Asks, stored: bytes, *, account: UUID, app: UUID, at: datetime
) -> Context | None:
    """Return what a person started this app about."""
    text = await ask.fetchval(
        "SELECT context::text FROM security.app_launch"
        " WHERE stored = $1 AND account = $2 AND app = $3 AND expires_at > $4",
        stored,
        account,
        app,
        at,
    )
    return Context.of_json(orjson.loads(text)) if text else None


async def take_launch(connection: Connection, stored: bytes) -> bool:
    """Take a start up; False when that was done."""
    done = await connection.execute("DELETE FROM security.app_launch WHERE stored = $1", stored)
    return bool(done == "DELETE 1")


# ---- approvals ---------------------------------------------------------------------------------


async def insert_approval(connection: Connection, new: Approval) -> None:
    """Keep an approval; forget those that ran out, and end the oldest where there are many."""
    await connection.execute(
        "DELETE FROM security.app_approval WHERE expires_at <= $1", new.approved_at
    )
    await connection.execute(
        "UPDATE security.app_approval SET ended_at = $3, ended_why = 'too many'"
        " WHERE approval IN (SELECT approval FROM security.app_approval WHERE account = $1"
        " AND app = $2 AND ended_at IS NULL ORDER BY approved_at DESC OFFSET $4)",
        new.account,
        new.app,
        new.approved_at,
        APPROVALS_MAX - 1,
    )
    await connection.execute(
        "INSERT INTO security.app_approval (approval, account, app, session, factors, scopes,"
        " context, code, code_until, redirect_uri, challenge, nonce, approved_at, expires_at)"
        " VALUES ($1, $2, $3, $4, $5, $6, $7::text::jsonb, $8, $9, $10, $11, $12, $13, $14)",
        new.approval,
        new.account,
        new.app,
        new.session,
        list(new.factors),
        str(new.scopes),
        orjson.dumps(new.context.as_json()).decode(),
        new.code,
        new.code_until,
        new.redirect_uri,
        new.challenge,
        new.nonce,
        new.approved_at,
        new.expires_at,
    )


def _approval(row: Any) -> Approval:  # noqa: ANN401 - asyncpg's record
    values = list(row.values())[:14]
    values[5], values[6] = parse(values[5]), Context.of_json(orjson.loads(values[6]))
    return Approval(*values)


class Taken(NamedTuple):
    """What a code or refresh token stands for, whether it was used before, and holds still."""

    approval: Approval
    used: bool
    holds: bool


async def lock_code(ask: Asks, code: bytes, at: datetime) -> Taken | None:
    """Return the approval of a code; nobody else may look at it until the transaction ends."""
    row = await ask.fetchrow(
        f"SELECT {_APPROVAL}, p.code_used_at IS NOT NULL AS used,{_HOLDS} AS holds"  # noqa: S608
        " FROM security.app_approval AS p JOIN security.session AS s ON s.stored = p.session"
        " WHERE p.code = $1 FOR UPDATE OF p",
        code,
        at,
        list(SIGNED_OUT),
    )
    return Taken(_approval(row), row["used"], row["holds"]) if row else None


async def use_code(connection: Connection, approval: UUID, at: datetime) -> None:
    """Use a code up."""
    await connection.execute(
        "UPDATE security.app_approval SET code_used_at = $2 WHERE approval = $1", approval, at
    )


async def find_approval(ask: Asks, approval: UUID, at: datetime) -> Approval | None:
    """Return an approval that holds."""
    row = await ask.fetchrow(
        f"SELECT {_APPROVAL} FROM security.app_approval AS p"  # noqa: S608
        f" JOIN security.session AS s ON s.stored = p.session WHERE p.approval = $1 AND{_HOLDS}",
        approval,
        at,
        list(SIGNED_OUT),
    )
    return _approval(row) if row else None


class HeldApproval(NamedTuple):
    """An approval as its person sees it."""

    approval: UUID
    app: str
    display_name: str
    scopes: str
    patient: str
    approved_at: datetime
    expires_at: datetime


async def list_approvals(ask: Asks, account: UUID, at: datetime) -> list[HeldApproval]:
    """Return what a person has approved and that holds, the newest first."""
    rows = await ask.fetch(
        "SELECT p.approval, a.name, a.display_name, p.scopes, p.context ->> 'patient',"  # noqa: S608
        " p.approved_at, p.expires_at FROM security.app_approval AS p"
        " JOIN security.account AS a ON a.account = p.app"
        f" JOIN security.session AS s ON s.stored = p.session WHERE p.account = $1 AND{_HOLDS}"
        " ORDER BY p.approved_at DESC",
        account,
        at,
        list(SIGNED_OUT),
    )
    return [HeldApproval(*row) for row in rows]


async def end_approval(connection: Connection, approval: UUID, *, why: str, at: datetime) -> bool:
    """End an approval and all that came of it; False when it had ended."""
    done = await connection.execute(
        "UPDATE security.app_approval SET ended_at = $2, ended_why = $3"
        " WHERE approval = $1 AND ended_at IS NULL",
        approval,
        at,
        why,
    )
    return bool(done == "UPDATE 1")


# ---- refresh tokens ----------------------------------------------------------------------------


async def insert_refresh(
    connection: Connection, stored: bytes, approval: UUID, at: datetime
) -> None:
    """Keep a refresh token."""
    await connection.execute(
        "INSERT INTO security.app_refresh (stored, approval, given_at) VALUES ($1, $2, $3)",
        stored,
        approval,
        at,
    )


async def lock_refresh(ask: Asks, stored: bytes, at: datetime) -> Taken | None:
    """Return the approval of a refresh token; nobody else may look at it meanwhile."""
    row = await ask.fetchrow(
        f"SELECT {_APPROVAL}, r.used_at IS NOT NULL AS used,{_HOLDS} AS holds"  # noqa: S608
        " FROM security.app_refresh AS r JOIN security.app_approval AS p USING (approval)"
        " JOIN security.session AS s ON s.stored = p.session"
        " WHERE r.stored = $1 FOR UPDATE OF p, r",
        stored,
        at,
        list(SIGNED_OUT),
    )
    return Taken(_approval(row), row["used"], row["holds"]) if row else None


async def use_refresh(connection: Connection, stored: bytes, at: datetime) -> None:
    """Use a refresh token up."""
    await connection.execute(
        "UPDATE security.app_refresh SET used_at = $2 WHERE stored = $1", stored, at
    )


# ---- signing keys ------------------------------------------------------------------------------


class SigningKeyRecord(NamedTuple):
    """A row of ``security.signing_key``."""

    kid: str
    sealed: bytes
    jwk: Mapping[str, Any]


async def signing_keys(ask: Asks) -> list[SigningKeyRecord]:
    """Return the keys that sign who somebody is, the newest first."""
    rows = await ask.fetch(
        "SELECT kid, sealed, jwk::text FROM security.signing_key ORDER BY created_at DESC, kid"
    )
    return [SigningKeyRecord(row[0], row[1], orjson.loads(row[2])) for row in rows]


async def insert_first_key(connection: Connection, key: SigningKeyRecord, at: datetime) -> None:
    """Keep the first key; of several processes that make one at the same time, one does."""
    await connection.execute("LOCK TABLE security.signing_key IN SHARE ROW EXCLUSIVE MODE")
    await connection.execute(
        "INSERT INTO security.signing_key (kid, sealed, jwk, created_at)"
        " SELECT $1, $2, $3::text::jsonb, $4 WHERE NOT EXISTS (SELECT FROM security.signing_key)",
        key.kid,
        key.sealed,
        orjson.dumps(dict(key.jwk)).decode(),
        at,
    )
