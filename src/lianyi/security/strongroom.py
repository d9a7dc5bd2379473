"""The vault of an installation, opened only with the key file that belongs to its database.

The database knows the fingerprint of every key that has ever sealed in it. So a key file that was
lost is never replaced by a new one, and the file of another installation, or an old copy, is told
before it seals anything.
"""

from __future__ import annotations

import asyncio
from pathlib import Path

import asyncpg

from lianyi.base.clock import Clock
from lianyi.base.errors import Category, LianyiError, Told
from lianyi.messagelog.postgres import PostgresLog
from lianyi.security import sealed_store as store
from lianyi.security.acts import act
from lianyi.security.key_command import Wrapping
from lianyi.security.keyring import Keyring, make_key_file
from lianyi.security.sealed_store import KeyRecord
from lianyi.security.vault import Vault, VaultSettings

VAULT_FILE = "vault-keys.json"


class KeyFileLost(LianyiError):
    """Something is sealed here, and the file of the keys is not there."""

    code = "LY-1848"
    category = Category.INTERNAL
    en = Told(
        "the key file of this installation is missing",
        "the database holds what was sealed with the key {key}",
        "restore the key file from its copy, or correct 'key_file' in the section [vault]; no new"
        " file was made, and nothing was changed",
    )
    zh = Told(
        "本套安装的密钥文件缺失",
        "数据库中已有由密钥 {key} 加密的数据",
        "从备份恢复密钥文件，或改正 [vault] 中的 key_file；平台没有新建文件，也未改动任何内容",
    )


class KeyFileOfAnother(LianyiError):
    """The key file does not belong to this database, or is an older copy of the one that does."""

    code = "LY-1849"
    category = Category.INTERNAL
    en = Told(
        "the key file does not belong to this database",
        "{why}",
        "restore the newest copy of the key file of this installation; nothing was changed",
    )
    zh = Told(
        "密钥文件与此数据库不配套",
        "{why_zh}",
        "恢复本套安装最新的密钥文件副本；平台未改动任何内容",
    )


class StrongRoom:
    """Gives the vault to whoever seals or opens."""

    def __init__(
        self,
        pool: asyncpg.Pool,
        log: PostgresLog,
        clock: Clock,
        *,
        settings: VaultSettings,
        data_dir: Path,
    ) -> None:
        self.key_file = settings.key_file or data_dir / VAULT_FILE
        self.wrapping: Wrapping | None = settings.wrapping()
        self._pool = pool
        self._log = log
        self._clock = clock
        self._cipher = settings.cipher
        self._vault: Vault | None = None
        self._proven: Keyring | None = None
        self._opening = asyncio.Lock()

    async def open(self) -> Vault:
        """Return the vault; its key file is made when nothing was ever sealed here.

        Raises:
            KeyFileLost: it is missing.
            KeyFileOfAnother: it is not the one of this database.
            SecretFileOpen, SecretFileUnusable, KeyCommandFailed: it cannot be used.
        """
        vault = self._vault
        if vault and vault.keyring is self._proven and not vault.is_behind():
            return vault
        async with self._opening:
            vault = self._vault or await self._enter()
            if vault.is_behind():
                await asyncio.to_thread(vault.refresh)
            if vault.keyring is not self._proven:
                await self._prove(vault.keyring)
            self._vault, self._proven = vault, vault.keyring
            return vault

    async def _enter(self) -> Vault:
        if not self.key_file.exists():
            known = [key.name for key in await store.vault_keys(self._pool) if not key.retired_at]
            known += [key for _, key in await store.count_sealed(self._pool, self._clock.now())]
            if known:
                raise KeyFileLost(where=str(self.key_file), key=max(known))
            await asyncio.to_thread(make_key_file, self.key_file, self._clock.now(), self.wrapping)
        return await asyncio.to_thread(Vault, self.key_file, self._cipher, self.wrapping)

    async def _prove(self, keyring: Keyring) -> None:
        """Compare the keys of the file with those that the database knows; write down new ones."""
        known = {key.name: key for key in await store.vault_keys(self._pool)}
        for key in known.values():
            if key.retired_at is None and keyring.find(key.name) is None:
                raise KeyFileOfAnother(
                    where=str(self.key_file),
                    why=f"the key {key.name}, which seals here, is not in it",
                    why_zh=f"其中没有本库使用的密钥 {key.name}",
                )
        fresh = [
            KeyRecord(root.name, root.fingerprint, root.made_at, None) for root in keyring.roots
        ]
        for key in fresh:
            if key.name in known and known[key.name].fingerprint != key.fingerprint:
                raise KeyFileOfAnother(
                    where=str(self.key_file),
                    why=f"its key {key.name} is another one than the key {key.name} of this"
                    " database",
                    why_zh=f"其中的密钥 {key.name} 与本库的密钥 {key.name} 不是同一个",
                )
        for key in fresh:
            if key.name not in known:
                await self._write_down(key)

    async def _write_down(self, key: KeyRecord) -> None:
        async with self._pool.acquire() as connection, connection.transaction():
            if await store.insert_key(connection, key):
                facts = {"key": key.name, "fingerprint": key.fingerprint}
                await self._log.append_act_within(connection, act("key.made", facts))
                return
        # Another process was faster: with this key, or with a file of its own.
        known = {one.name: one for one in await store.vault_keys(self._pool)}
        if known[key.name].fingerprint != key.fingerprint:
            raise KeyFileOfAnother(
                where=str(self.key_file),
                why=f"another process has sealed with a key {key.name} of its own",
                why_zh=f"另一进程已使用其自己的密钥 {key.name}",
            )
