"""The keys that everything secret in the database hangs on, and the one file that holds them.

The file has mode 600, lies outside the database and its backups, and holds every generation of the
key that is still needed; the newest seals, all of them open. Where the hospital has a device for
keys, the file holds them wrapped by it (:mod:`lianyi.security.key_command`). From one generation's
32 random bytes every key is derived for its own use (HKDF), so that a key is never used for two
things.

Whoever loses this file loses what is sealed: keep a copy of it apart from the database's backups.

Sources:
    NIST SP 800-57 Part 1 (what key encryption keys are); RFC 5869 (HKDF); GB/T 32905 (SM3).
"""

from __future__ import annotations

import fcntl
import json
import os
import re
import secrets
from base64 import b64decode, b64encode
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from lianyi.base.errors import Category, LianyiError, Told
from lianyi.base.sensitive import Sensitive
from lianyi.security.key_command import KeyCommandFailed, Wrapping
from lianyi.security.secret_files import (
    SecretFileUnusable,
    read_secret_file,
    write_secret_file,
)

ROOT_BYTES = 32
KEY_NAME = re.compile(r"k[1-9]\d{0,5}")
FILE_VERSION = 1


class UnknownKey(LianyiError):
    """Something is sealed with a key that the key file does not hold."""

    code = "LY-1837"
    category = Category.INTERNAL
    en = Told(
        "cannot open what is sealed",
        "it is sealed with the key {key}, which the key file does not hold",
        "restore the key file that belongs to this database",
    )
    zh = Told(
        "无法解密", "数据由密钥 {key} 加密，而密钥文件中没有该密钥", "恢复与此数据库配套的密钥文件"
    )


class KeyInUse(LianyiError):
    """The key that seals cannot be taken away."""

    code = "LY-1839"
    category = Category.CONFLICT
    en = Told(
        "this key cannot be removed",
        "{key} is the key that seals at present",
        "rotate first, wrap everything again, then remove the old key",
    )
    zh = Told(
        "不能删除该密钥", "{key} 是当前用于加密的密钥", "先轮换密钥并完成重新封装，再删除旧密钥"
    )


@dataclass(frozen=True, slots=True)
class Root:
    """One generation of the key.

    Attributes:
        name: ``k1``, ``k2``, …; stands in everything that is sealed with it.
        made_at: when.
        secret: 32 random bytes, of which all others are derived.
    """

    name: str
    made_at: datetime
    secret: Sensitive[bytes]

    def derive(self, use: str, length: int, digest: hashes.HashAlgorithm) -> bytes:
        """Return the key for one use; another use gives a key that has nothing to do with it."""
        made = HKDF(algorithm=digest, length=length, salt=None, info=b"lianyi " + use.encode())
        return made.derive(self.secret.reveal())

    @property
    def fingerprint(self) -> str:
        """16 hexadecimal digits that tell this key from any other and say nothing about it."""
        return self.derive("fingerprint", 8, hashes.SHA256()).hex()


@dataclass(frozen=True, slots=True)
class Keyring:
    """All generations, the oldest first; the last one seals."""

    roots: tuple[Root, ...]

    @property
    def active(self) -> Root:
        """The generation that seals."""
        return self.roots[-1]

    @property
    def names(self) -> tuple[str, ...]:
        """Names of all generations, the oldest first."""
        return tuple(root.name for root in self.roots)

    def find(self, name: str) -> Root | None:
        """Return a generation by its name."""
        return next((root for root in self.roots if root.name == name), None)


def make_key_file(path: Path, now: datetime, wrapping: Wrapping | None = None) -> Keyring:
    """Return the keys of a file; make it with a first key when there is none.

    Two processes that start together get the same keys.

    Raises:
        SecretFileOpen: others may read it.
        SecretFileUnusable: it cannot be written, or is there and is no key file.
        KeyCommandFailed: the device that wraps keys does not.
    """
    if not path.exists():
        first = Keyring((_fresh("k1", now),))
        write_secret_file(path, _written(first, wrapping), replace=False)
    return read_key_file(path, wrapping)


def read_key_file(path: Path, wrapping: Wrapping | None = None) -> Keyring:
    """Return the keys of a file.

    Args:
        path: of the file.
        wrapping: unwraps the keys that a device has wrapped; those that lie there plainly are
            read all the same, so that a device can be introduced by a rotation.

    Raises:
        SecretFileOpen: others may read it.
        SecretFileUnusable: it is missing or is no key file.
        KeyCommandFailed: the keys are wrapped, and the device does not unwrap them.
    """
    held = read_secret_file(path)
    try:
        return _read(json.loads(held.reveal()), wrapping)
    except (ValueError, KeyError, TypeError, AttributeError):
        # Not chained: the text of the cause could hold a piece of a key.
        raise SecretFileUnusable(
            where=str(path), why="it is no key file of ours", why_zh="不是本平台的密钥文件"
        ) from None


def rotate(path: Path, now: datetime, wrapping: Wrapping | None = None) -> Keyring:
    """Add a fresh key, which seals from now on; the older ones still open.

    Processes that run learn of it when they meet the new key, or by ``Vault.refresh``. Afterwards
    wrap everything again (``rewrap``), then :func:`remove_key`. With ``wrapping`` all keys of the
    file are wrapped from now on.

    Raises:
        SecretFileOpen, SecretFileUnusable, KeyCommandFailed: as :func:`read_key_file`.
    """
    with _alone(path):
        before = read_key_file(path, wrapping)
        name = f"k{int(before.active.name[1:]) + 1}"
        after = Keyring((*before.roots, _fresh(name, now)))
        write_secret_file(path, _written(after, wrapping), replace=True)
        return after


def remove_key(path: Path, name: str, wrapping: Wrapping | None = None) -> Keyring:
    """Remove an old key. Whatever is still sealed with it can never be opened again.

    Raises:
        KeyInUse: it is the one that seals.
        UnknownKey: there is none of that name.
        SecretFileOpen, SecretFileUnusable, KeyCommandFailed: as :func:`read_key_file`.
    """
    with _alone(path):
        before = read_key_file(path, wrapping)
        if before.find(name) is None:
            raise UnknownKey(where=str(path), key=name)
        if name == before.active.name:
            raise KeyInUse(where=str(path), key=name)
        after = Keyring(tuple(root for root in before.roots if root.name != name))
        write_secret_file(path, _written(after, wrapping), replace=True)
        return after


@contextmanager
def _alone(path: Path) -> Iterator[None]:
    """Keep other processes from changing the file; a lock of its own, as the file is replaced."""
    read_secret_file(path)  # a missing or open file is told before a lock is made beside it
    lock = os.open(path.with_name(f".{path.name}.lock"), os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
    finally:
        os.close(lock)


def _fresh(name: str, now: datetime) -> Root:
    return Root(name, now, Sensitive(secrets.token_bytes(ROOT_BYTES)))


def _written(keyring: Keyring, wrapping: Wrapping | None) -> Sensitive[bytes]:
    content = {
        "what": "lianyi keys",
        "version": FILE_VERSION,
        "keys": [
            {
                "name": root.name,
                "made_at": root.made_at.isoformat(),
                **_hidden(root.secret, wrapping),
            }
            for root in keyring.roots
        ],
    }
    return Sensitive(json.dumps(content, indent=2).encode("ascii") + b"\n")


def _hidden(secret: Sensitive[bytes], wrapping: Wrapping | None) -> dict[str, str]:
    if wrapping is None:
        return {"secret": b64encode(secret.reveal()).decode("ascii")}
    return {"wrapped": b64encode(wrapping.wrap(secret)).decode("ascii")}


def _read(content: Mapping[str, object], wrapping: Wrapping | None) -> Keyring:
    """Return the keys, or raise any of what reading a strange JSON raises."""
    keys = content["keys"]
    if content["what"] != "lianyi keys" or content["version"] != FILE_VERSION or not keys:
        raise ValueError("no key file")
    if not isinstance(keys, list):
        raise TypeError("keys are a list")
    roots = tuple(_root(key, wrapping) for key in keys)
    numbers = [int(root.name[1:]) for root in roots]
    if numbers != sorted(set(numbers)):
        raise ValueError("keys out of order")
    return Keyring(roots)


def _root(key: Mapping[str, str], wrapping: Wrapping | None) -> Root:
    secret = _shown(key, wrapping)
    made_at = datetime.fromisoformat(key["made_at"])
    right = KEY_NAME.fullmatch(key["name"]) and len(secret.reveal()) == ROOT_BYTES
    if not right or made_at.tzinfo is None:
        raise ValueError("no key of ours")
    return Root(key["name"], made_at, secret)


def _shown(key: Mapping[str, str], wrapping: Wrapping | None) -> Sensitive[bytes]:
    if "wrapped" not in key:
        return Sensitive(b64decode(key["secret"], validate=True))
    if wrapping is None:
        raise KeyCommandFailed(
            where="vault.unwrap_command",
            why="the keys are wrapped by a device, and the settings name no command to ask it",
            why_zh="密钥由密码设备封装，而设置中没有调用该设备的命令",
        )
    return wrapping.unwrap(b64decode(key["wrapped"], validate=True))
