"""The key of field encryption, and the cover over the log that is made with it.

The key has a file of its own, ``field-keys.json``, because what it hides stays in the log for ever:
it is never rotated away, while the keys of the vault are. Its fingerprint is kept as those of the
vault are, so a lost or foreign file is told, and nothing is hidden with a wrong key.
"""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Self

import asyncpg
from pydantic import model_validator

from lianyi.base.clock import Clock
from lianyi.base.settings import Section
from lianyi.messagelog.cover import PLAIN, Cover
from lianyi.messagelog.postgres import PostgresLog
from lianyi.security import sealed_store as store
from lianyi.security.acts import act
from lianyi.security.field_cipher import KeyedFieldCipher
from lianyi.security.keyring import Root, make_key_file, read_key_file
from lianyi.security.sealed_store import FIELD_KEY, KeyRecord
from lianyi.security.strongroom import KeyFileLost, KeyFileOfAnother
from lianyi.security.vault import VaultSettings, suite_named

FIELD_FILE = "field-keys.json"


class FieldEncryptionSettings(Section):
    """Whether identifiers and messages lie encrypted. Section ``[field_encryption]``.

    Off as shipped: the decision 0011 says why, and what it costs. The cipher is that of the section
    ``[vault]``. What was stored before it is switched on or off stays as it is, and is found and
    read all the same.

    Attributes:
        identifiers: hide the identifiers of patients, encounters and orders by which messages are
            found and ordered.
        messages: encrypt the messages themselves, too, in the database and in the archive.
        key_file: holds the key, mode 600; None: ``field-keys.json`` in the data folder. Without it
            what lies encrypted is lost: keep a copy apart from the backups.
    """

    identifiers: bool = False
    messages: bool = False
    key_file: Path | None = None

    @model_validator(mode="after")
    def _together(self) -> Self:
        if self.messages and not self.identifiers:
            raise ValueError("messages needs identifiers = true: a message is found by them")
        return self


async def open_cover(
    pool: asyncpg.Pool,
    log: PostgresLog,
    clock: Clock,
    *,
    settings: FieldEncryptionSettings,
    vault: VaultSettings,
    data_dir: Path,
) -> Cover:
    """Return the cover of an installation; its key is made when it is wanted for the first time.

    Where it is no longer wanted, what lies hidden is still shown.

    Args:
        pool: of the database.
        log: takes the act that a key was made.
        clock: tells when.
        settings: the section ``[field_encryption]``.
        vault: the section ``[vault]``: cipher, and the device that wraps keys.
        data_dir: where the key file lies.

    Raises:
        KeyFileLost: something lies hidden, and the key is not there.
        KeyFileOfAnother: the key is not the one of this database.
        SecretFileOpen, SecretFileUnusable, KeyCommandFailed: the file cannot be used.
    """
    path = field_file(settings, data_dir)
    known = {key.name: key for key in await store.list_keys(pool)}.get(FIELD_KEY)
    wrapping = vault.wrapping()
    if not path.exists():
        if known:
            raise KeyFileLost(where=str(path), key=FIELD_KEY)
        if not settings.identifiers:
            return PLAIN
        await asyncio.to_thread(make_key_file, path, clock.now(), wrapping)
    root = (await asyncio.to_thread(read_key_file, path, wrapping)).roots[0]
    fresh = KeyRecord(FIELD_KEY, root.fingerprint, root.made_at, None)
    if known is None:
        async with pool.acquire() as connection, connection.transaction():
            if await store.insert_key(connection, fresh):
                facts = {"key": FIELD_KEY, "fingerprint": root.fingerprint}
                await log.append_act_within(connection, act("key.made", facts))
        known = {key.name: key for key in await store.list_keys(pool)}[FIELD_KEY]
    if known.fingerprint != root.fingerprint:
        raise KeyFileOfAnother(
            where=str(path),
            why="its key is another one than that with which fields lie encrypted here",
            why_zh="其中的密钥与本库字段加密所用的密钥不是同一个",
        )
    return _cover(root, settings, vault)


def found_cover(
    *, settings: FieldEncryptionSettings, vault: VaultSettings, data_dir: Path
) -> Cover:
    """Return the cover of an installation that is still empty: of a key that was brought along.

    Raises:
        SecretFileOpen, SecretFileUnusable, KeyCommandFailed: the file cannot be used.
    """
    path = field_file(settings, data_dir)
    if not path.exists():
        return PLAIN
    return _cover(read_key_file(path, vault.wrapping()).roots[0], settings, vault)


def field_file(settings: FieldEncryptionSettings, data_dir: Path) -> Path:
    """Return where the key of field encryption lies."""
    return settings.key_file or data_dir / FIELD_FILE


def _cover(root: Root, settings: FieldEncryptionSettings, vault: VaultSettings) -> Cover:
    cipher = KeyedFieldCipher(root, suite_named(vault.cipher))
    return Cover(cipher, keys=settings.identifiers, bodies=settings.messages)
