"""Envelope encryption: what the database holds is useless without the key file.

Every value has a data key of its own. The data key encrypts the value; the key of the key file
wraps the data key. Rotation therefore wraps a few bytes again and leaves the value alone.

What is sealed is bound to its purpose and its record: the bytes of one patient's number put into
another row do not open. The form, all of it authenticated:

====== ============ ====================================================================
bytes  part         holds
====== ============ ====================================================================
1      version      1
1      suite        1 AES-256-GCM, 2 SM4-GCM
3      key          number of the key that wraps, big-endian: 2 is ``k2``
12     nonce        of the wrapping, random
32+16  wrapped      the data key and its tag (SM4: 16+16)
12     nonce        of the value, random
n+16   sealed       the value and its tag
====== ============ ====================================================================

One key may wrap 2³² values before random nonces come too close (NIST SP 800-38D, 8.3): rotate
long before. The data key's nonce is not in danger, as each data key encrypts one value.

Sources:
    NIST SP 800-38D (GCM); GB/T 32907 (SM4), RFC 8998 (SM4-GCM); GB/T 39786 (which suites a
    Chinese cryptographic assessment wants).
"""

from __future__ import annotations

import secrets
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass
from enum import Enum
from functools import lru_cache
from pathlib import Path
from typing import Literal, NamedTuple, Protocol, Self

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes, hmac
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from pydantic import Field, model_validator

from lianyi.base.errors import Category, LianyiError, Told
from lianyi.base.sensitive import Sensitive
from lianyi.base.settings import Section
from lianyi.security.key_command import KeyCommand, Wrapping
from lianyi.security.keyring import Keyring, Root, UnknownKey, read_key_file

VERSION = 1
HEAD, NONCE, TAG = 5, 12, 16


class VaultSettings(Section):
    """How secrets lie in the database. Section ``[vault]``.

    Attributes:
        key_file: holds the keys, mode 600; None: ``vault-keys.json`` in the data folder. Keep a
            copy apart from the backups of the database.
        cipher: what seals from now on; what the other one sealed is opened all the same.
        wrap_command: program and arguments that wrap a key with a device of the hospital (HSM,
            KMS), from standard input to standard output; empty: the file holds the keys plainly.
        unwrap_command: the same the other way round.
        command_timeout_seconds: how long such a command may take.
    """

    key_file: Path | None = None
    cipher: Literal["aes-256-gcm", "sm4-gcm"] = "aes-256-gcm"
    wrap_command: tuple[str, ...] = ()
    unwrap_command: tuple[str, ...] = ()
    command_timeout_seconds: float = Field(default=10, gt=0, le=60)

    @model_validator(mode="after")
    def _both_ways(self) -> Self:
        if bool(self.wrap_command) != bool(self.unwrap_command):
            raise ValueError("wrap_command and unwrap_command belong together")
        return self

    def wrapping(self) -> Wrapping | None:
        """Return what wraps the keys of the file; None: nothing does."""
        if not self.unwrap_command:
            return None
        return KeyCommand(
            self.wrap_command, self.unwrap_command, timeout_seconds=self.command_timeout_seconds
        )


class SealBroken(LianyiError):
    """What is sealed was changed, cut, or belongs to another record or purpose."""

    code = "LY-1836"
    category = Category.INTERNAL
    en = Told(
        "what is sealed does not open",
        "it was changed, or it was sealed for another record or another purpose",
        "restore the row from a backup, and find out who can write to the database",
    )
    zh = Told(
        "密文校验失败",
        "密文被改动，或属于其他记录或用途",
        "从备份恢复该行，并查清谁能写入数据库",
    )


class UnknownSeal(LianyiError):
    """Sealed in a form that this release does not know, or not sealed at all."""

    code = "LY-1838"
    category = Category.UNSUPPORTED
    en = Told(
        "what is sealed does not open",
        "its form is unknown to this release",
        "use the release that wrote it, or a newer one",
    )
    zh = Told("无法解密", "本版本不认识该密文格式", "使用写入该数据的版本或更新的版本")


class Suite(NamedTuple):
    """One set of algorithms, which a hospital chooses as a whole."""

    name: str
    number: int
    key_bytes: int
    digest: hashes.HashAlgorithm


class Suites(Enum):
    """The sets there are."""

    AES = Suite("aes-256-gcm", 1, 32, hashes.SHA256())
    SM4 = Suite("sm4-gcm", 2, 16, hashes.SM3())


_BY_NAME = {one.value.name: one for one in Suites}
_BY_NUMBER = {one.value.number: one for one in Suites}


def suite_named(cipher: str) -> Suites:
    """Return the suite that the settings name."""
    return _BY_NAME[cipher]


@dataclass(frozen=True, slots=True)
class Place:
    """Where something sealed belongs.

    Attributes:
        purpose: what kind of value, e.g. ``account.totp``. It never changes.
        record: identifier of the row, e.g. the account's.
    """

    purpose: str
    record: str

    def __str__(self) -> str:
        return f"{self.purpose} {self.record}"

    def bound(self, *more: bytes) -> bytes:
        """Return what is authenticated beside the value; two places never give the same bytes."""
        parts = (self.purpose.encode(), self.record.encode(), *more)
        return b"".join(len(part).to_bytes(4, "big") + part for part in parts)


class Vault:
    """Seals and opens values with the keys of one file."""

    def __init__(
        self, key_file: Path, cipher: str = "aes-256-gcm", wrapping: Wrapping | None = None
    ) -> None:
        """Read the keys.

        Raises:
            SecretFileOpen, SecretFileUnusable, KeyCommandFailed: as
                :func:`~lianyi.security.keyring.read_key_file`.
        """
        self._key_file = key_file
        self._wrapping = wrapping
        self._suite = _BY_NAME[cipher]
        self.refresh()

    @property
    def keyring(self) -> Keyring:
        """The keys as they were read last."""
        return self._keyring

    def refresh(self) -> None:
        """Read the key file again, after a rotation.

        Raises:
            SecretFileOpen, SecretFileUnusable: it cannot be used; the keys stay as they were.
        """
        seen = _look(self._key_file)
        self._keyring = read_key_file(self._key_file, self._wrapping)
        self._seen = seen

    def is_behind(self) -> bool:
        """Return whether the key file is another one than was read last, and is there at all."""
        return (now := _look(self._key_file)) is not None and now != self._seen

    def seal(self, value: Sensitive[bytes], place: Place) -> bytes:
        """Return a value sealed for one place. The same value never gives the same bytes.

        The key file is looked at first: once a rotation has returned, nobody who sees the same
        file seals with the old key.

        Raises:
            SecretFileOpen, SecretFileUnusable: the key file was replaced by an unusable one.
        """
        self._follow()
        root, suite = self._keyring.active, self._suite
        data_key = secrets.token_bytes(suite.value.key_bytes)
        nonce = secrets.token_bytes(NONCE)
        sealed = _encrypt(suite, data_key, nonce, value.reveal(), place.bound(b"value"))
        return _wrap(suite, root, data_key, place) + nonce + sealed

    def open(self, sealed: bytes, place: Place) -> Sensitive[bytes]:
        """Return the value.

        Raises:
            SealBroken: changed, cut, or of another place.
            UnknownKey: the key file does not hold its key, also after reading it again.
            UnknownSeal: a form of another release.
            SecretFileOpen, SecretFileUnusable: the key file had to be read again and could not.
        """
        suite, data_key, rest = self._unwrap(sealed, place)
        nonce, body = rest[:NONCE], rest[NONCE:]
        return Sensitive(_decrypt(suite, data_key, nonce, body, place.bound(b"value"), place))

    def rewrap(self, sealed: bytes, place: Place) -> bytes:
        """Return the same value as it would be sealed now.

        Where only the key is another one, the value itself is not opened.

        Raises:
            SealBroken, UnknownKey, UnknownSeal: as :meth:`open`.
        """
        if _head(sealed)[0] is not self._suite:
            return self.seal(self.open(sealed, place), place)
        suite, data_key, rest = self._unwrap(sealed, place)
        return _wrap(suite, self._keyring.active, data_key, place) + rest

    def is_old(self, sealed: bytes) -> bool:
        """Return whether something is sealed by another key or cipher than what seals now.

        Raises:
            UnknownSeal: a form of another release.
        """
        return _head(sealed) != (self._suite, self._keyring.active.name)

    def tag(self, value: Sensitive[str], purpose: str) -> bytes:
        """Return the search tag of a value: 32 bytes, the same for the same value and purpose.

        Store it beside the sealed value to find it again by the whole value. A tag tells whoever
        reads the database which rows have the same value, nothing else: use it for identifiers
        that must be found (an identity card), not for a value of few (a blood group).

        Args:
            value: in one normal form; that is the caller's to choose.
            purpose: of the field; tags of two purposes cannot be compared.
        """
        self._follow()
        return _mac(self._keyring.active, self._suite, value, purpose)

    def tags(self, value: Sensitive[str], purpose: str) -> list[bytes]:
        """Return the tags that a value may have been stored under: one for each key and suite.

        Search for any of them, so that a row is found before and after a rotation.
        """
        self._follow()
        ordered = sorted(Suites, key=lambda suite: suite is not self._suite)
        return [
            _mac(root, suite, value, purpose)
            for suite in ordered
            for root in reversed(self._keyring.roots)
        ]

    def _follow(self) -> None:
        if self.is_behind():
            self.refresh()

    def _unwrap(self, sealed: bytes, place: Place) -> tuple[Suites, bytes, bytes]:
        """Return the suite, the data key, and what follows the wrapping."""
        suite, name = _head(sealed)
        root = self._root(name)
        end = HEAD + NONCE + suite.value.key_bytes + TAG
        nonce, wrapped = sealed[HEAD : HEAD + NONCE], sealed[HEAD + NONCE : end]
        key = _wrapping_key(root, suite)
        bound = place.bound(b"key", sealed[:HEAD])
        return suite, _decrypt(suite, key, nonce, wrapped, bound, place), sealed[end:]

    def _root(self, name: str) -> Root:
        """Return a key; one that is not known may have come by a rotation just now."""
        if (found := self._keyring.find(name)) is None:
            self.refresh()
            found = self._keyring.find(name)
        if found is None:
            raise UnknownKey(where=self._key_file.name, key=name)
        return found


@dataclass(frozen=True, slots=True)
class SealedRow:
    """One sealed value as it stands in its table.

    Attributes:
        place: where it belongs.
        sealed: the value.
        row: what the store itself knows the row by.
    """

    place: Place
    sealed: bytes
    row: bytes = b""


class SealedRows(Protocol):
    """Everything of one purpose that a store holds sealed; the store gives it."""

    def batches(self) -> AsyncIterator[Sequence[SealedRow]]:
        """Give all rows, a limited number at a time; rows that come meanwhile may be left out."""
        ...

    async def replace(self, row: SealedRow, fresh: bytes, tag: bytes | None) -> bool:
        """Write ``fresh``, and the tag unless it is None, if the row still holds ``row.sealed``.

        Returns:
            Whether it did; False when somebody has written another value meanwhile.
        """
        ...


@dataclass(frozen=True, slots=True)
class Rewrapped:
    """What came of wrapping everything again.

    Attributes:
        rewrapped: rows that have the new key now.
        current: rows that had it already, and the cipher of the settings.
        overtaken: rows that somebody wrote meanwhile; look at them again.
        broken: rows that do not open. They keep their old key: do not remove it before they are
            repaired.
    """

    rewrapped: int = 0
    current: int = 0
    overtaken: int = 0
    broken: tuple[Place, ...] = ()

    @property
    def clean(self) -> bool:
        """Whether no row was left under an old key."""
        return not self.overtaken and not self.broken


async def rewrap_all(
    rows: SealedRows, vault: Vault, *, tagged: Callable[[Sensitive[bytes]], Sensitive[str]] | None
) -> Rewrapped:
    """Bring everything of one purpose under the key that seals now, while others read and write.

    A value that was sealed before a rotation may be committed after this has passed by. So run it
    until it is clean and had nothing to wrap, and only then remove the old key.

    Args:
        rows: of the store.
        vault: refreshed first, so that it knows the newest key.
        tagged: what of a value the search tag is made from; None where there is none.

    Raises:
        UnknownKey: a key is missing; nothing more was changed.
        SecretFileOpen, SecretFileUnusable: the key file cannot be used.
    """
    vault.refresh()
    rewrapped = current = overtaken = 0
    broken: list[Place] = []
    async for batch in rows.batches():
        for row in batch:
            try:
                if not vault.is_old(row.sealed):
                    current += 1
                    continue
                fresh = vault.rewrap(row.sealed, row.place)
                tag = None
                if tagged is not None:
                    value = tagged(vault.open(row.sealed, row.place))
                    tag = vault.tag(value, row.place.purpose)
            except (SealBroken, UnknownSeal):
                broken.append(row.place)
                continue
            if await rows.replace(row, fresh, tag):
                rewrapped += 1
            else:
                overtaken += 1
    return Rewrapped(rewrapped, current, overtaken, tuple(broken))


def key_name(sealed: bytes) -> str:
    """Return the name of the key that something is sealed under.

    Raises:
        UnknownSeal: a form of another release.
    """
    return _head(sealed)[1]


def _look(path: Path) -> tuple[int, int, int] | None:
    """Return what tells one key file from the next; None when there is none to see."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_ino, found.st_mtime_ns, found.st_size


def _head(sealed: bytes) -> tuple[Suites, str]:
    suite = _BY_NUMBER.get(sealed[1]) if len(sealed) > HEAD and sealed[0] == VERSION else None
    if suite is None:
        raise UnknownSeal(where="vault")
    return suite, f"k{int.from_bytes(sealed[2:HEAD], 'big')}"


def _wrap(suite: Suites, root: Root, data_key: bytes, place: Place) -> bytes:
    number = int(root.name[1:]).to_bytes(3, "big")
    head = bytes([VERSION, suite.value.number]) + number
    nonce = secrets.token_bytes(NONCE)
    key = _wrapping_key(root, suite)
    return head + nonce + _encrypt(suite, key, nonce, data_key, place.bound(b"key", head))


@lru_cache(maxsize=64)
def _wrapping_key(root: Root, suite: Suites) -> bytes:
    return root.derive(f"wrap {suite.value.name}", suite.value.key_bytes, suite.value.digest)


@lru_cache(maxsize=256)
def _tag_key(root: Root, suite: Suites, purpose: str) -> bytes:
    return root.derive(f"tag {suite.value.name} {purpose}", 32, suite.value.digest)


def _mac(root: Root, suite: Suites, value: Sensitive[str], purpose: str) -> bytes:
    mac = hmac.HMAC(_tag_key(root, suite, purpose), suite.value.digest)
    mac.update(value.reveal().encode("utf-8", "surrogatepass"))
    return mac.finalize()


def _encrypt(suite: Suites, key: bytes, nonce: bytes, value: bytes, bound: bytes) -> bytes:
    if suite is Suites.AES:
        return AESGCM(key).encrypt(nonce, value, bound)
    cipher = Cipher(algorithms.SM4(key), modes.GCM(nonce)).encryptor()
    cipher.authenticate_additional_data(bound)
    return cipher.update(value) + cipher.finalize() + cipher.tag


def _decrypt(
    suite: Suites, key: bytes, nonce: bytes, sealed: bytes, bound: bytes, place: Place
) -> bytes:
    """Return the value; nothing of it when the tag does not fit."""
    if len(nonce) != NONCE or len(sealed) < TAG:
        raise SealBroken(where=str(place))
    try:
        if suite is Suites.AES:
            return AESGCM(key).decrypt(nonce, sealed, bound)
        cipher = Cipher(algorithms.SM4(key), modes.GCM(nonce, sealed[-TAG:])).decryptor()
        cipher.authenticate_additional_data(bound)
        return cipher.update(sealed[:-TAG]) + cipher.finalize()
    except InvalidTag as error:
        raise SealBroken(where=str(place)) from error
