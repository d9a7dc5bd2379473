"""One-time codes: the second factor that a telephone shows, and the paper for when it is lost.

A code is good for its own half minute and its two neighbours, and once: the step that was taken is
returned, the store keeps the newest with the account, and no code of that step or an older one is
taken again. The store must compare and write in one statement (``… WHERE last_step < $1``), so
that of two sign-ins with the same code one fails.

Everything is made on this machine: no address of a secret ever goes to a service that draws
pictures.

Sources:
    RFC 6238 "TOTP" and RFC 4226 "HOTP"; Key Uri Format of Google Authenticator;
    OWASP ASVS 5.0, V6.5.
"""

from __future__ import annotations

import hmac
import io
import secrets
import unicodedata
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import pyotp
import segno
from argon2.low_level import Type, hash_secret_raw

from lianyi.base.errors import Category, LianyiError, Told
from lianyi.base.sensitive import Sensitive
from lianyi.security.limited_work import LimitedWork

STEP_SECONDS = 30
DIGITS = 6
WINDOW_STEPS = 1
"""A clock may be wrong by so many steps, in either direction."""

RECOVERY_CODES = 10
RECOVERY_GROUPS, RECOVERY_GROUP_LENGTH = 3, 4
RECOVERY_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"
"""Crockford's: no i, l, o, u. Twelve of them are 60 bits."""

_MISREAD = str.maketrans({"o": "0", "i": "1", "l": "1", "-": None, " ": None})
_RECOVERY_VERSION = "r1"
_RECOVERY_COST = {"time_cost": 2, "memory_cost": 19 * 1024, "parallelism": 1}
"""The least that OWASP's Password Storage Cheat Sheet names for argon2id: the codes are random."""


class RecoveryCodesUnreadable(LianyiError):
    """What is stored for an account's recovery codes is damaged."""

    code = "LY-1833"
    category = Category.INTERNAL
    en = Told(
        "cannot check this account's recovery codes",
        "what is stored for them is damaged or of an unknown kind",
        "let an administrator reset the account's second factor",
    )
    zh = Told(
        "无法校验该账户的恢复码",
        "存储的恢复码摘要已损坏或类型未知",
        "请管理员重置该账户的第二认证因素",
    )


def new_totp_secret() -> Sensitive[str]:
    """Return a fresh secret: 160 bits in base 32, as RFC 4226, 4 recommends."""
    return Sensitive(pyotp.random_base32(32))


def accepted_step(
    secret: Sensitive[str], code: str, now: datetime, *, last_step: int | None
) -> int | None:
    """Return the step that a code is good for; None when it is wrong, late or was used.

    Args:
        secret: of the account, as :func:`new_totp_secret` gave it.
        code: what somebody typed; spaces and full-width digits do no harm.
        now: the instant, aware.
        last_step: the step that was taken last for this account; None when none ever was.

    Returns:
        The step to store as the account's last one. A sign-in counts only when that was stored.
    """
    typed = "".join(unicodedata.normalize("NFKC", code).split())
    if not (typed.isascii() and typed.isdecimal() and len(typed) == DIGITS):
        return None
    counter = pyotp.HOTP(secret.reveal(), digits=DIGITS)
    here = int(now.timestamp()) // STEP_SECONDS
    found = None
    for step in range(max(here - WINDOW_STEPS, 0), here + WINDOW_STEPS + 1):
        same = hmac.compare_digest(counter.at(step), typed)
        if same and (last_step is None or step > last_step):
            found = step if found is None else found
    return found


def totp_address(secret: Sensitive[str], *, account: str, issuer: str) -> Sensitive[str]:
    """Return the ``otpauth://`` address that an authenticator reads.

    Args:
        secret: of the account.
        account: what the person signs in with.
        issuer: what this installation is called; the authenticator shows it.
    """
    totp = pyotp.TOTP(secret.reveal(), digits=DIGITS, interval=STEP_SECONDS)
    return Sensitive(totp.provisioning_uri(name=account, issuer_name=issuer))


def qr_svg(text: Sensitive[str], *, scale: int = 4) -> Sensitive[str]:
    """Return a QR code as an SVG element that may stand in a page; no file, no network.

    Raises:
        ValueError: the text is longer than a QR code can hold (about 2,300 bytes).
    """
    drawn = io.BytesIO()
    picture = segno.make(text.reveal(), error="m", micro=False)
    picture.save(
        drawn, kind="svg", scale=scale, border=4, xmldecl=False, svgns=True, nl=False,
        dark="#000", light="#fff",
    )  # fmt: skip
    return Sensitive(drawn.getvalue().decode("utf-8"))


@dataclass(frozen=True, slots=True)
class RecoveryCodes:
    """Ten codes, each of which replaces the telephone once.

    Attributes:
        shown: ``7k3m-92hd-x0qp``; the person sees them now and never again.
        stored: one line for each, all with the same salt, so that one calculation checks all.
    """

    shown: Sensitive[tuple[str, ...]]
    stored: tuple[str, ...]


async def new_recovery_codes(work: LimitedWork) -> RecoveryCodes:
    """Return a fresh set. It replaces every older one.

    Raises:
        TooManyAtOnce: come again.
    """
    codes = tuple(
        "-".join(
            "".join(secrets.choice(RECOVERY_ALPHABET) for _ in range(RECOVERY_GROUP_LENGTH))
            for _ in range(RECOVERY_GROUPS)
        )
        for _ in range(RECOVERY_CODES)
    )
    salt = secrets.token_bytes(16)
    stored = await work.run(lambda: tuple(_line(salt, _digest(code, salt)) for code in codes))
    return RecoveryCodes(Sensitive(codes), stored)


async def find_recovery_code(
    code: Sensitive[str], stored: Sequence[str], work: LimitedWork
) -> str | None:
    """Return the stored line that a code belongs to; None when it is none of them.

    The store deletes the line, and only when it was still there the sign-in counts.

    Args:
        code: what somebody typed; case, hyphens and spaces do no harm, and o, i, l are read as
            0, 1, 1.
        stored: the lines that are left of the account's set; none takes as long as some.
        work: the threads to calculate in.

    Raises:
        RecoveryCodesUnreadable: a line is damaged.
        TooManyAtOnce: come again.
    """
    read = [_read(line) for line in stored]
    salts = {salt for salt, _ in read} or {b"nobody's salt..."}
    typed = code.reveal()[:100]
    digests = await work.run(lambda: {salt: _digest(typed, salt) for salt in salts})
    found = None
    for line, (salt, digest) in zip(stored, read, strict=True):
        if hmac.compare_digest(digest, digests[salt]):
            found = line
    return found


def _digest(code: str, salt: bytes) -> bytes:
    plain = unicodedata.normalize("NFKC", code).lower().translate(_MISREAD)
    return hash_secret_raw(
        plain.encode("utf-8", "surrogatepass"), salt, hash_len=32, type=Type.ID, **_RECOVERY_COST
    )


def _line(salt: bytes, digest: bytes) -> str:
    return "$".join(
        [_RECOVERY_VERSION, *(urlsafe_b64encode(part).decode("ascii") for part in (salt, digest))]
    )


def _read(line: str) -> tuple[bytes, bytes]:
    try:
        version, *parts = line.split("$")
        salt, digest = (urlsafe_b64decode(part.encode("ascii")) for part in parts)
    except ValueError as error:
        raise RecoveryCodesUnreadable(where="account") from error
    if version != _RECOVERY_VERSION or len(salt) != 16 or len(digest) != 32:
        raise RecoveryCodesUnreadable(where="account")
    return salt, digest
