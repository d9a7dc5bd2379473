"""Covers under which everything that holds for a log must hold, too."""

from __future__ import annotations

from datetime import UTC, datetime

from lianyi.base.sensitive import Sensitive
from lianyi.messagelog.cover import Cover
from lianyi.security.field_cipher import KeyedFieldCipher
from lianyi.security.keyring import Root
from lianyi.security.vault import Suites


def cover_of(suite: Suites, *, bodies: bool = True) -> Cover:
    """One that hides all keys, and bodies where they are wanted."""
    root = Root("k1", datetime(2026, 3, 2, tzinfo=UTC), Sensitive(bytes(range(32))))
    return Cover(KeyedFieldCipher(root, suite), keys=True, bodies=bodies)


HIDING = cover_of(Suites.AES)
