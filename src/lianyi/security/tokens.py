"""Tokens: what a program or a browser shows instead of a password.

A token is random and says nothing by itself: ``ly_key_`` + 43 characters + 6 of a checksum. The
prefix lets people and scanners recognise a lost one in a log, a file or a repository; the checksum
tells a mistyped or invented one without asking the database. Only its SHA-256 is stored: with 256
random bits there is nothing to guess, so nothing slow is needed, and a look-up by digest has no
timing that helps.

Sources:
    RFC 6750; OWASP ASVS 5.0, V7.2 (128 random bits at least; ours have 256);
    the form is GitHub's, "Behind GitHub's new authentication token formats" (2021).
"""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
import zlib
from dataclasses import dataclass
from enum import Enum

from lianyi.base.sensitive import Sensitive

ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
RANDOM_BYTES = 32
RANDOM_LENGTH, CHECK_LENGTH = 43, 6
TOKEN = re.compile(
    rf"(?<![0-9A-Za-z])ly_([a-z]{{3}})_[0-9A-Za-z]{{{RANDOM_LENGTH + CHECK_LENGTH}}}(?![0-9A-Za-z])"
)
"""What a token looks like, for whoever looks for lost ones."""


class Kind(Enum):
    """What a token opens. One of one kind is never taken for another."""

    API_KEY = "key"
    SESSION = "ses"
    INVITATION = "inv"
    REFRESH = "ref"
    ACCESS = "acc"
    CODE = "cod"
    LAUNCH = "lau"
    LINK = "lnk"
    EMBEDDED = "emb"


@dataclass(frozen=True, slots=True)
class NewToken:
    """A fresh token.

    Attributes:
        shown: given to its owner, once.
        stored: its SHA-256, 32 bytes: all that we keep.
    """

    shown: Sensitive[str]
    stored: bytes


def new_token(kind: Kind) -> NewToken:
    """Return a fresh token of 256 random bits."""
    body = f"ly_{kind.value}_{_base62(secrets.token_bytes(RANDOM_BYTES), RANDOM_LENGTH)}"
    shown = body + _check(body)
    return NewToken(Sensitive(shown), _sha256(shown))


def stored_form(shown: Sensitive[str], kind: Kind) -> bytes | None:
    """Return what is stored for a token of this kind; None for a text that is no such token.

    None needs no look-up: the text is of another kind, or mistyped, or was made up.
    """
    text = shown.reveal()
    found = TOKEN.fullmatch(text)
    if found is None or found[1] != kind.value:
        return None
    if not hmac.compare_digest(text[-CHECK_LENGTH:], _check(text[:-CHECK_LENGTH])):
        return None
    return _sha256(text)


def is_token(shown: Sensitive[str], stored: bytes, kind: Kind) -> bool:
    """Return whether a text is the token of which this is stored; the time tells nothing."""
    found = stored_form(shown, kind)
    return found is not None and hmac.compare_digest(found, stored)


def name_of(stored: bytes) -> str:
    """Return how to name a token in a log, a list or the audit trail: ``1f0c93ab52e4``.

    It is cut from the digest, so it opens nothing.
    """
    return stored.hex()[:12]


def without_tokens(text: str) -> str:
    """Return a text in which every token shows only its kind: ``ly_key_***``."""
    return TOKEN.sub(r"ly_\1_***", text)


def _sha256(text: str) -> bytes:
    return hashlib.sha256(text.encode("ascii")).digest()


def _check(body: str) -> str:
    return _base62(zlib.crc32(body.encode("ascii")).to_bytes(4, "big"), CHECK_LENGTH)


def _base62(value: bytes, length: int) -> str:
    left, signs = int.from_bytes(value, "big"), []
    for _ in range(length):
        left, sign = divmod(left, len(ALPHABET))
        signs.append(ALPHABET[sign])
    return "".join(reversed(signs))
