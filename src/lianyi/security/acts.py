"""What people do, as messages of the log: who, what, whose, when, from where, for what purpose.

Keys find acts again: ``u:`` is the account, ``w:`` the patient whose data were seen or changed,
``i:`` the network address, ``y:`` the purpose, ``r:`` what came of it when it was not allowed.
An act belongs to the organisation whose data it is about; without one, to that of the actor.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import orjson

from lianyi.messagelog.message import NewMessage, Position
from lianyi.security.access import current
from lianyi.security.model import Access

ACCESS = "act access."
"""Kinds of the acts that say who used which operation."""

ALLOWED, REFUSED, FAILED = "allowed", "refused", "failed"
RESULTS = (ALLOWED, REFUSED, FAILED)


def result_of(kind: str, facts: Mapping[str, Any]) -> str:
    """Return what came of an act: what it says, else what its kind says."""
    said = facts.get("result")
    if said in RESULTS:
        return str(said)
    return REFUSED if kind.endswith(".refused") else ALLOWED


def act(
    kind: str,
    facts: Mapping[str, Any],
    *,
    about: Position | None = None,
    channel: int = 0,
    whose: Iterable[str] = (),
    by: Access | None = None,
) -> NewMessage:
    """Return an act of whoever acts now.

    Args:
        kind: ``account.created``; a noun and what happened to it.
        facts: what else is known. No secret, and of a patient only identifiers.
        about: the message that it is about.
        channel: whose messages it is about; it is seen by whoever sees those.
        whose: patient identifiers, ``value^authority``.
        by: who acts; None: see :func:`~lianyi.security.access.current`.
    """
    access = by or current()
    name = access.actor.name
    result = result_of(kind, facts)
    body = {
        "actor": name,
        "account": str(access.actor.account),
        "address": access.address,
        "purpose": access.purpose.value,
        "position": str(about) if about else None,
        **facts,
    }
    return NewMessage(
        channel=channel,
        kind=f"act {kind}",
        body=orjson.dumps(body),
        codec="utf-8",
        sender=name,
        keys=(
            f"u:{name}",
            *(f"w:{one}" for one in dict.fromkeys(whose)),
            *([f"i:{access.address}"] if access.address else []),
            f"y:{access.purpose.value}",
            *([f"r:{result}"] if result != ALLOWED else []),
        ),
        caused_by=about,
    )
