"""Passwords at rest: argon2id, checked beside the loop, and never telling whether somebody exists.

What is stored is one line of text that carries its own cost (``$argon2id$v=19$m=65536,t=3,p=4$…``),
so that a later release may ask for more: a password that was right is hashed anew when the cost
in the settings has changed. Which passwords may be chosen is decided in ``password_rules``.

Sources:
    RFC 9106 "Argon2", 4 (the second recommended option is the default here);
    RFC 8265, 4.2 (``OpaqueString``: how a password is made ready, nothing cut, nothing folded);
    OWASP ASVS 5.0, V6.2 and V11.4.
"""

from __future__ import annotations

import secrets
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

import argon2
from argon2.exceptions import InvalidHashError, VerificationError, VerifyMismatchError
from pydantic import Field

from lianyi.base.errors import Category, LianyiError, Told
from lianyi.base.sensitive import Sensitive
from lianyi.base.settings import Section
from lianyi.security.limited_work import LimitedWork

PASSWORD_BYTES_MAX = 1024
"""More is no password but an attack on our memory; it is simply wrong."""

STORED_MEMORY_KIB_MAX = 1024 * 1024
STORED_PASSES_MAX = 64
"""A stored line that asks for more than this is damaged, or was put there to harm us."""


class StoredPasswordUnreadable(LianyiError):
    """What is stored for a password is no hash that we can check."""

    code = "LY-1831"
    category = Category.INTERNAL
    en = Told(
        "cannot check this account's password",
        "what is stored for it is damaged or of an unknown kind",
        "let an administrator give the account a new password",
    )
    zh = Told("无法校验该账户的口令", "存储的口令摘要已损坏或类型未知", "请管理员为该账户重置口令")


class PasswordHashing(Section):
    """What one check of a password costs. Section ``[password_hashing]``.

    Attributes:
        memory_mib: memory of one check.
        passes: how often that memory is gone through.
        lanes: threads of one check.
        workers_max: checks that run at the same time.
        waiting_max: sign-ins that wait for their check; above it they are told to come again.
    """

    memory_mib: int = Field(default=64, ge=19, le=1024)
    passes: int = Field(default=3, ge=1, le=16)
    lanes: int = Field(default=4, ge=1, le=16)
    workers_max: int = Field(default=2, ge=1, le=64)
    waiting_max: int = Field(default=100, ge=0, le=10_000)


@dataclass(frozen=True, slots=True)
class Checked:
    """What came of checking a password.

    Attributes:
        right: whether it was the right one.
        store_instead: when right but stored at another cost: the line to store from now on.
    """

    right: bool
    store_instead: str | None = None


class PasswordHasher:
    """Makes and checks stored passwords, a limited number at the same time."""

    def __init__(self, settings: PasswordHashing) -> None:
        self._argon2 = argon2.PasswordHasher(
            time_cost=settings.passes,
            memory_cost=settings.memory_mib * 1024,
            parallelism=settings.lanes,
            type=argon2.Type.ID,
        )
        self._work = LimitedWork(
            workers_max=settings.workers_max, waiting_max=settings.waiting_max, name="passwords"
        )
        self._nobody = self._argon2.hash(secrets.token_bytes(32))

    async def hash(self, password: Sensitive[str]) -> str:
        """Return the line to store for a password.

        Raises:
            ValueError: longer than 1 KiB; the rules allow less.
            TooManyAtOnce: come again.
        """
        ready = prepared(password)
        if len(ready.reveal()) > PASSWORD_BYTES_MAX:
            raise ValueError("a password of more than 1 KiB")
        return await self._work.run(lambda: self._argon2.hash(ready.reveal()))

    async def check(self, password: Sensitive[str], stored: str | None) -> Checked:
        """Return whether this is the password.

        Args:
            password: what somebody typed.
            stored: the line of his account. None when there is no such account, or it has no
                password: the answer is no, and it takes as long as any other no.

        Raises:
            StoredPasswordUnreadable: the line is damaged.
            TooManyAtOnce: come again.
        """
        ready = prepared(password)
        return await self._work.run(lambda: self._check(ready, stored))

    async def is_one_of(self, password: Sensitive[str], stored: Sequence[str]) -> bool:
        """Return whether it is one of these: the last passwords of an account.

        Raises:
            StoredPasswordUnreadable: one of the lines is damaged.
            TooManyAtOnce: come again.
        """
        ready = prepared(password)
        for line in stored:
            if (await self._work.run(lambda line=line: self._check(ready, line))).right:  # type: ignore[misc]
                return True
        return False

    def close(self) -> None:
        """Take no more work."""
        self._work.close()

    def _check(self, ready: Sensitive[bytes], stored: str | None) -> Checked:
        given = ready.reveal()
        too_long = len(given) > PASSWORD_BYTES_MAX
        line = self._nobody if stored is None else stored
        try:
            _refuse_absurd_cost(line)
            self._argon2.verify(line, b"" if too_long else given)
        except VerifyMismatchError:
            return Checked(right=False)
        except (InvalidHashError, VerificationError) as error:
            raise StoredPasswordUnreadable(where="account") from error
        if too_long or stored is None:
            return Checked(right=False)
        if self._argon2.check_needs_rehash(line):
            return Checked(right=True, store_instead=self._argon2.hash(given))
        return Checked(right=True)


def prepared(password: Sensitive[str]) -> Sensitive[bytes]:
    """Return the bytes that are hashed: NFC, every kind of space the plain one, UTF-8.

    Nothing is cut and no case is folded. Two keyboards that write ``é`` in two ways give the
    same bytes.
    """
    spaces = "".join(
        " " if unicodedata.category(sign) == "Zs" else sign for sign in password.reveal()
    )
    normal = unicodedata.normalize("NFC", spaces)
    return Sensitive(normal.encode("utf-8", "surrogatepass"))


def _refuse_absurd_cost(line: str) -> None:
    cost = argon2.extract_parameters(line)
    if cost.memory_cost > STORED_MEMORY_KIB_MAX or cost.time_cost > STORED_PASSES_MAX:
        raise InvalidHashError
