"""Consents and looks in an emergency, as rows; each call within its caller's transaction."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from uuid import UUID

import asyncpg

from lianyi.messagelog.postgres_leases import Connection
from lianyi.security.account_store import Asks
from lianyi.security.model import Purpose
from lianyi.security.privacy.model import Consent, Decision, Glass

_CONSENT = (
    "consent, patient, decision, purposes, against, valid_from, valid_until, given_by, document,"
    " organisation, recorded_by, recorded_at, withdrawn_at, withdrawn_by"
)
_GLASS = (
    "glass, account, name, patients, position, organisation, purpose, reason, words, began_at,"
    " until, reviewed_by, reviewed_at, justified, remark"
)


def _consent(row: asyncpg.Record) -> Consent:
    return Consent(
        **{
            **row,
            "decision": Decision(row["decision"]),
            "purposes": frozenset(Purpose(one) for one in row["purposes"]),
            "against": frozenset(row["against"]),
        }
    )


def _glass(row: asyncpg.Record) -> Glass:
    return Glass(**{**row, "patients": tuple(row["patients"]), "purpose": Purpose(row["purpose"])})


async def notices(
    ask: Asks, at: datetime, *, most: int
) -> tuple[frozenset[bytes] | None, frozenset[UUID]]:
    """Return the digests of patients of whom a consent stands, and the accounts that look.

    Args:
        ask: the database.
        at: looks that last at this moment count.
        most: of more patients than that, None is returned.
    """
    row = await ask.fetchrow("SELECT * FROM security.privacy_notices($1, $2)", at, most)
    assert row is not None  # noqa: S101 - a function that returns one row
    patients = None if row["patients"] is None else frozenset(row["patients"])
    return patients, frozenset(row["accounts"])


# ---- consents -----------------------------------------------------------------------------------


async def insert_consent(connection: Connection, one: Consent) -> None:
    """Add a consent."""
    await connection.execute(
        f"INSERT INTO security.consent ({_CONSENT}) VALUES"  # noqa: S608
        " ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)",
        one.consent,
        one.patient,
        one.decision.value,
        sorted(purpose.value for purpose in one.purposes),
        sorted(one.against),
        one.valid_from,
        one.valid_until,
        one.given_by,
        one.document,
        one.organisation,
        one.recorded_by,
        one.recorded_at,
        one.withdrawn_at,
        one.withdrawn_by,
    )


async def standing_consents(ask: Asks, patients: Collection[str]) -> list[Consent]:
    """Return the consents of patients that were not withdrawn."""
    rows = await ask.fetch(
        f"SELECT {_CONSENT} FROM security.standing_consents($1)",  # noqa: S608
        list(patients),
    )
    return [_consent(row) for row in rows]


async def list_consents(
    ask: Asks,
    *,
    patient: str | None,
    organisations: Sequence[str] | None,
    before: tuple[datetime, UUID] | None,
    limit: int,
) -> list[Consent]:
    """Return consents, the newest first; ``organisations`` None: of all."""
    at, consent = before or (None, None)
    rows = await ask.fetch(
        f"SELECT {_CONSENT} FROM security.consent"  # noqa: S608
        " WHERE ($1::text IS NULL OR patient = $1)"
        " AND ($2::text[] IS NULL OR organisation = ANY ($2))"
        " AND ($3::timestamptz IS NULL OR (recorded_at, consent) < ($3, $4::uuid))"
        " ORDER BY recorded_at DESC, consent DESC LIMIT $5",
        patient,
        None if organisations is None else list(organisations),
        at,
        consent,
        limit,
    )
    return [_consent(row) for row in rows]


async def lock_consent(connection: Connection, consent: UUID) -> Consent | None:
    """Return a consent, which nobody else changes until the transaction ends."""
    row = await connection.fetchrow(
        f"SELECT {_CONSENT} FROM security.consent WHERE consent = $1 FOR UPDATE",  # noqa: S608
        consent,
    )
    return _consent(row) if row else None


async def withdraw_consent(connection: Connection, consent: UUID, at: datetime, by: str) -> None:
    """End a consent."""
    await connection.execute(
        "UPDATE security.consent SET withdrawn_at = $2, withdrawn_by = $3 WHERE consent = $1",
        consent,
        at,
        by,
    )


# ---- looks in an emergency ----------------------------------------------------------------------


async def insert_glass(connection: Connection, one: Glass) -> None:
    """Add a look."""
    await connection.execute(
        f"INSERT INTO security.glass ({_GLASS}) VALUES"  # noqa: S608
        " ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)",
        one.glass,
        one.account,
        one.name,
        list(one.patients),
        one.position,
        one.organisation,
        one.purpose.value,
        one.reason,
        one.words,
        one.began_at,
        one.until,
        one.reviewed_by,
        one.reviewed_at,
        one.justified,
        one.remark,
    )


async def open_glass(ask: Asks, account: UUID, at: datetime) -> list[Glass]:
    """Return the looks of somebody that last."""
    rows = await ask.fetch(
        f"SELECT {_GLASS} FROM security.glass WHERE account = $1 AND until > $2",  # noqa: S608
        account,
        at,
    )
    return [_glass(row) for row in rows]


async def list_glass(
    ask: Asks,
    *,
    unreviewed: bool,
    account: UUID | None,
    organisations: Sequence[str] | None,
    before: tuple[datetime, UUID] | None,
    limit: int,
) -> list[Glass]:
    """Return looks, the newest first; ``organisations`` None: of all."""
    at, glass = before or (None, None)
    rows = await ask.fetch(
        f"SELECT {_GLASS} FROM security.glass"  # noqa: S608
        " WHERE (NOT $1 OR reviewed_by IS NULL) AND ($2::uuid IS NULL OR account = $2)"
        " AND ($3::text[] IS NULL OR organisation = ANY ($3))"
        " AND ($4::timestamptz IS NULL OR (began_at, glass) < ($4, $5::uuid))"
        " ORDER BY began_at DESC, glass DESC LIMIT $6",
        unreviewed,
        account,
        None if organisations is None else list(organisations),
        at,
        glass,
        limit,
    )
    return [_glass(row) for row in rows]


async def count_unreviewed(ask: Asks, organisations: Sequence[str] | None) -> int:
    """Return how many looks nobody has reviewed."""
    count = await ask.fetchval(
        "SELECT count(*) FROM security.glass WHERE reviewed_by IS NULL"
        " AND ($1::text[] IS NULL OR organisation = ANY ($1))",
        None if organisations is None else list(organisations),
    )
    return int(count or 0)


async def lock_glass(connection: Connection, glass: UUID) -> Glass | None:
    """Return a look, which nobody else changes until the transaction ends."""
    row = await connection.fetchrow(
        f"SELECT {_GLASS} FROM security.glass WHERE glass = $1 FOR UPDATE",  # noqa: S608
        glass,
    )
    return _glass(row) if row else None


async def end_glass(connection: Connection, glass: UUID, at: datetime) -> None:
    """Let a look end now."""
    await connection.execute(
        "UPDATE security.glass SET until = least(until, $2) WHERE glass = $1", glass, at
    )


async def review_glass(
    connection: Connection, glass: UUID, *, by: str, at: datetime, justified: bool, remark: str
) -> None:
    """Write down what somebody thinks of a look."""
    await connection.execute(
        "UPDATE security.glass SET reviewed_by = $2, reviewed_at = $3, justified = $4, remark = $5"
        " WHERE glass = $1",
        glass,
        by,
        at,
        justified,
        remark,
    )
