"""Every table and function that the role of the doors may use, and what stands before it.

A table has a policy of row-level security, or a reason here why it needs none; a function that
reads as the owner of the tables, and so below every policy, has a reason why it may. Whoever adds
one of them adds its line, and whoever reviews the change reads it.
"""

from __future__ import annotations

import re

import asyncpg

OPEN = {
    "channels.tally": "the counts of readers at the end of each minute",
    "clinical.parameter": "which search parameters there are; it says nothing of anybody",
    "identity.authority": "by which names one authority is known, which a file says",
    "identity.model": "weights by which records are compared; the same for all hospitals",
    "identity.proposal_end": "that a proposal of a position ended and how, of whom it says nothing",
    "identity.veil": "the names of sensitive authorities, which the settings say; a policy asks it",
    "indicators.definition": "what a caliber counts, by its hash; the same for all hospitals",
    "messagelog.channel": "numbers, names and whose they are: the policies themselves ask it",
    "messagelog.lease": "who adds to a shard",
    "messagelog.reader": "positions and counts by channel; read only for what is visible",
    "messagelog.segment": "where a shard is kept",
    "projections.version": "which versions of projections there are",
    "quality.asked": "that somebody asked for the rules to be run, and when",
    "quality.rule": "what a rule asks, by its hash; the same for all hospitals",
    "quality.run": "when rows were looked at",
}
"""Tables without a policy; they hold no message and no patient."""

SIGNING_IN = {
    "account": "who can act; asked before it is known who does",
    "password": "hashes; asked when somebody signs in",
    "second_factor": "sealed; asked when somebody signs in",
    "session": "asked by what a browser holds, of which it keeps the SHA-256",
    "session_origin": "how a session came about, to end it there, too",
    "sign_in_kept": "what a sign-in elsewhere is waited for with; gone after minutes",
    "sign_in_seen": "answers of providers that were taken once; they name nobody",
    "identity": "who somebody is at a provider; asked when he signs in",
    "api_key": "asked by what a system holds, of which it keeps the SHA-256",
    "access_token": "asked by what an app holds, of which it keeps the SHA-256",
    "app": "which apps there are; asked before anybody signs in",
    "app_approval": "what somebody allowed an app; asked when it wants a token",
    "app_launch": "what an app is started with; asked when it wants a token",
    "app_refresh": "asked by what an app holds, of which it keeps the SHA-256",
    "client_certificate": "of which system a certificate is; asked when it connects",
    "client_keys": "by which keys an app signs; asked when it wants a token",
    "record_link": "asked by what a link holds, of which it keeps the SHA-256",
    "signing_key": "sealed; the platform signs tokens with it",
    "sealing_key": "names and fingerprints of keys, and no key",
    "assignment": "who has which role where; from it follows what somebody sees",
    "unit": "codes of the tree of organisations; from it follows what somebody sees",
    "practitioner": "by which name an account is known; from it follows what somebody sees",
}
"""Tables of schema security without a policy: they are asked to find out who somebody is and what
he may see, so nobody's sight can stand before them. The application's filter does (``OWN_TABLES``
in ``test_isolation``); secrets are hashed or sealed."""

BELOW = {
    "bulk.running": "a count, whosever exports they are",
    "care.evidence": "why one account treats one patient; the caller is the one who asks",
    "channels.visible_destinations": "of the actor of the session",
    "clinical.not_passed": "a count of what has a code of nobody",
    "clinical.standing": "versions of resources that are named; their channel is asked again",
    "clinical.worded": "numbers of resources, of the channels that are given",
    "data_services.forget_calls": "how often somebody called, long ago; it tells nothing",
    "identity.candidates": "what is compared to search before a patient is registered",
    "identity.crowds": "a count",
    "identity.touched": "how many records, and a hash",
    "identity.unveiled_channels": "of the setting of the session",
    "indicators.last_published": "the last number and its hash; nobody's data",
    "masterdata.numbers_of": "of one account: how he himself is called",
    "masterdata.rules_in_sight": "of the actor of the session",
    "masterdata.sayings": "of the actor of the session",
    "masterdata.sees": "of the actor of the session",
    "masterdata.taken_back_by": "a position",
    "messagelog.hits": "positions, of the channels that are given; the messages have the policy",
    "messagelog.last_of": "the end of a shard; nobody's data",
    "messagelog.received_at": "an instant",
    "messagelog.visible_channels": "of the actor of the session",
    "operational.fresh": "rows newer than the files of the star, which hold all hospitals, too; one"
    " filter stands where they are counted (``indicators.window``), and it is tested by itself",
    "operational.gone_since": "keys of rows that are no more",
    "quality.places": "of the actor of the session",
    "quality.sight": "of the actor of the session",
    "security.privacy_notices": "hashes; it names nobody",
    "security.refresh_indicator_sight": "writes what everybody sees",
    "security.refresh_masterdata_sight": "writes what everybody sees",
    "security.refresh_sight": "writes what everybody sees",
    "security.related_channels": "of one account: whose patients he may treat",
    "security.sees": "of the actor of the session",
    "security.sees_all_masterdata": "of the actor of the session",
    "security.sees_indicators": "of the actor of the session",
    "security.standing_consents": "what patients refuse holds for everybody",
    "subscriptions.running": "a count, whosever subscriptions they are",
}
"""Functions that the doors may call and that read as the owner of the tables."""


def plain(name: str) -> str:
    """Return a name without the version of its projection, and of which fact a function is."""
    return re.sub(r"^operational\.fresh_\w+$", "operational.fresh", re.sub(r"_\d+\.", ".", name))


def is_open(table: str) -> bool:
    """Tell whether a table without a policy was reviewed."""
    schema, _, name = plain(table).partition(".")
    return f"{schema}.{name}" in OPEN or (schema == "security" and name in SIGNING_IN)


async def without_policy(pool: asyncpg.Pool) -> set[str]:
    """Return the tables that the doors may read or write in which no policy holds them back."""
    rows = await pool.fetch(
        "SELECT n.nspname || '.' || c.relname FROM pg_class AS c"
        " JOIN pg_namespace AS n ON n.oid = c.relnamespace"
        " WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f') AND n.nspname NOT LIKE 'pg_%'"
        " AND n.nspname <> 'information_schema'"
        " AND (has_any_column_privilege('lianyi_doors', c.oid, 'SELECT, INSERT, UPDATE')"
        "      OR has_table_privilege('lianyi_doors', c.oid, 'DELETE, TRUNCATE'))"
        " AND NOT (c.relrowsecurity AND EXISTS (SELECT FROM pg_policy WHERE polrelid = c.oid))"
    )
    return {plain(row[0]) for row in rows}


async def below_policies(pool: asyncpg.Pool) -> set[str]:
    """Return the functions that the doors may call and that no policy holds back."""
    rows = await pool.fetch(
        "SELECT n.nspname || '.' || p.proname FROM pg_proc AS p"
        " JOIN pg_namespace AS n ON n.oid = p.pronamespace"
        " WHERE p.prosecdef AND n.nspname NOT LIKE 'pg_%' AND n.nspname <> 'information_schema'"
        " AND p.prorettype <> 'trigger'::regtype"
        " AND has_function_privilege('lianyi_doors', p.oid, 'EXECUTE')"
    )
    return {plain(row[0]) for row in rows}


async def on_any_path(pool: asyncpg.Pool) -> set[str]:
    """Return the functions that act as the owner and look up names where the caller says."""
    rows = await pool.fetch(
        "SELECT n.nspname || '.' || p.proname FROM pg_proc AS p"
        " JOIN pg_namespace AS n ON n.oid = p.pronamespace"
        " WHERE p.prosecdef AND n.nspname NOT LIKE 'pg_%'"
        " AND NOT coalesce('search_path=pg_catalog' = ANY (p.proconfig), false)"
    )
    return {plain(row[0]) for row in rows}
