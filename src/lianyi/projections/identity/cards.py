"""Cards: numbers that an issuer gave, that are valid for a time, and that get lost. Pure.

A card that was reported lost, cancelled or replaced stands in the record and is no key any more:
whoever shows it is not taken for its owner. That it has expired changes no key, for that would
change by itself with the day; where values are chosen, what is in force goes first.

The codes that a phone shows (QR codes of 电子健康卡 and 医保电子凭证) are no numbers: they live for
minutes. They are resolved first, by whoever issued them, and never stored.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from enum import StrEnum
from typing import Final

from msgspec.structs import replace

from lianyi.projections.identity.registration import Identifier, IdKind, Registration

CARDS: Final = (
    IdKind.HEALTH_CARD,
    IdKind.E_HEALTH_CARD,
    IdKind.INSURANCE,
    IdKind.SOCIAL_SECURITY,
    IdKind.HOSPITAL_CARD,
)
"""Kinds of which somebody issues cards."""
TOKEN_CHARACTERS: Final = 65
"""No lasting number is so long: the number of a 电子健康卡 has 64 characters."""
DIGITS_MAX: Final = 24
"""Of a number that has digits only; the code of a 医保电子凭证 has 28."""
_JWT: Final = re.compile(r"[\w-]{8,}\.[\w-]{8,}\.[\w-]*", re.ASCII)
_PARTS: Final = re.compile(r"[:;|?=&{}<>]")
"""What stands between the parts of a code, and in no number."""


class CardState(StrEnum):
    """Whether a card counts, as far as its issuer or its owner said."""

    ACTIVE = "active"
    LOST = "lost"
    CANCELLED = "cancelled"
    REPLACED = "replaced"
    EXPIRED = "expired"
    OLD = "old"


STATES: Final[Mapping[str, CardState]] = {
    **dict.fromkeys(("lost", "挂失", "已挂失", "丢失", "遗失"), CardState.LOST),
    **dict.fromkeys(
        (
            *("cancelled", "canceled", "revoked", "inactive", "作废", "已作废", "注销", "已注销"),
            *("停用", "已停用"),
        ),
        CardState.CANCELLED,
    ),
    **dict.fromkeys(("replaced", "已换", "已换卡"), CardState.REPLACED),
    **dict.fromkeys(("expired", "失效", "过期"), CardState.EXPIRED),
    "old": CardState.OLD,
}
"""Words of senders for a card that counts no more."""
_GONE: Final = (CardState.LOST, CardState.CANCELLED, CardState.REPLACED)


def state_of(said: Identifier) -> CardState:
    """Return whether a number counts; what nobody knows is taken for active."""
    return (
        STATES.get(said.status.strip().lower(), CardState.ACTIVE)
        if said.status
        else (CardState.ACTIVE)
    )


def is_known_by(said: Identifier) -> bool:
    """Tell whether a person can be known by a number: not by a card that is gone."""
    return said.kind not in CARDS or not said.status or state_of(said) not in _GONE


def looks_like_token(said: Identifier) -> bool:
    """Tell whether a number is a code that lives for minutes, and not the number of a card."""
    value = said.value.strip()
    if said.kind not in CARDS and said.kind not in (IdKind.OTHER, IdKind.UNSAID):
        return False
    if "://" in value or _JWT.fullmatch(value):
        return True
    if said.kind not in CARDS:
        return False
    if len(value) >= TOKEN_CHARACTERS or _PARTS.search(value):
        return True
    return value.isdigit() and len(value) > DIGITS_MAX


def without_tokens(registration: Registration) -> Registration:
    """Return a registration without what only looks like a number."""
    kept = tuple(one for one in registration.identifiers if not looks_like_token(one))
    if len(kept) == len(registration.identifiers):
        return registration
    return replace(registration, identifiers=kept)
