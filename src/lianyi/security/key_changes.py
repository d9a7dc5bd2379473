"""Changing the keys while people work: a new key, everything sealed again, the old key taken away.

Each step can be killed and repeated:

- *rotate* adds a key to the file, which every process sees at its next use of the vault. What a
  killed command did not write down is written down by whoever opens the vault next.
- *reseal* looks at each value and wraps again what is not under the newest key and the cipher of
  the settings. It keeps no position: what is done already is seen on the values themselves.
- *retire* asks the database to take nothing more under the old key, counts while nobody writes,
  and only then removes the key from the file.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

import asyncpg

from lianyi.base.clock import Clock
from lianyi.base.errors import Category, LianyiError, Told
from lianyi.messagelog.postgres import PostgresLog
from lianyi.security import sealed_store as store
from lianyi.security.acts import act
from lianyi.security.keyring import KeyInUse, UnknownKey, remove_key, rotate
from lianyi.security.sealed_store import everything_sealed
from lianyi.security.strongroom import StrongRoom
from lianyi.security.vault import Place, Rewrapped, SealBroken, UnknownSeal, rewrap_all

ROUNDS_MAX = 20
Progress = Callable[[str, Rewrapped], None]
"""Told of each purpose and what has come of it."""


class KeyStillSeals(LianyiError):
    """A key cannot be retired while something is sealed with it."""

    code = "LY-1847"
    category = Category.CONFLICT
    en = Told(
        "this key cannot be retired yet",
        "{count} values are sealed with {key}: {purposes}",
        "run 'lianyi key reseal' and repeat; a value of the purpose sign_in.kept is gone by itself"
        " after five minutes; what does not open is listed by 'lianyi key check'",
    )
    zh = Told(
        "该密钥尚不能停用",
        "仍有 {count} 个值由 {key} 加密：{purposes}",
        "运行 lianyi key reseal 后重试；用途为 sign_in.kept 的值五分钟后自动消失；无法解开的值见"
        " lianyi key check",
    )


@dataclass(frozen=True, slots=True)
class KeyState:
    """One key and what hangs on it.

    Attributes:
        name: ``k2``.
        fingerprint: tells it from any other.
        made_at: when.
        state: ``seals``, ``opens`` or ``retired``.
        sealed: how many values of which purpose.
    """

    name: str
    fingerprint: str
    made_at: datetime
    state: str
    sealed: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Checked:
    """What a look at everything sealed has found.

    Attributes:
        opened: values that open.
        broken: places of those that do not.
        missing: places of those whose key the file does not hold.
    """

    opened: int
    broken: tuple[Place, ...]
    missing: tuple[Place, ...]

    @property
    def ok(self) -> bool:
        """Whether everything opens."""
        return not self.broken and not self.missing


class KeyChanges:
    """The use cases of whoever looks after the keys."""

    def __init__(
        self, pool: asyncpg.Pool, log: PostgresLog, clock: Clock, *, room: StrongRoom
    ) -> None:
        self._pool = pool
        self._log = log
        self._clock = clock
        self._room = room

    async def list(self) -> list[KeyState]:
        """Return the keys, the oldest first.

        Raises:
            LianyiError: the vault cannot be opened, as :meth:`StrongRoom.open`.
        """
        keyring = (await self._room.open()).keyring
        counts = await store.count_sealed(self._pool, self._clock.now())
        keys = sorted(await store.vault_keys(self._pool), key=lambda key: int(key.name[1:]))
        states = dict.fromkeys(keyring.names, "opens") | {keyring.active.name: "seals"}
        return [
            KeyState(
                key.name,
                key.fingerprint,
                key.made_at,
                "retired" if key.retired_at else states[key.name],
                {purpose: count for (purpose, name), count in counts.items() if name == key.name},
            )
            for key in keys
        ]

    async def rotate(self) -> str:
        """Make a new key, which seals from now on in every process, and return its name.

        Raises:
            LianyiError: the vault cannot be opened, as :meth:`StrongRoom.open`.
        """
        await self._room.open()  # of a file that is not ours nothing is rotated
        fresh = rotate(self._room.key_file, self._clock.now(), self._room.wrapping)
        await self._room.open()  # which writes it down
        return fresh.active.name

    async def reseal(self, progress: Progress) -> dict[str, Rewrapped]:
        """Bring everything under the key and the cipher that seal now.

        Returns:
            For each purpose what has come of it.

        Raises:
            UnknownKey: the file does not hold a key that something is sealed with.
            LianyiError: the vault cannot be opened, as :meth:`StrongRoom.open`.
        """
        vault = await self._room.open()
        done: dict[str, Rewrapped] = {}
        for rows in everything_sealed(self._pool):
            count = 0
            for _ in range(ROUNDS_MAX):  # whoever writes meanwhile makes one more round needed
                came = await rewrap_all(rows, vault, tagged=None)
                count += came.rewrapped
                if not came.overtaken:
                    break
            done[rows.purpose] = Rewrapped(count, came.current, came.overtaken, came.broken)
            progress(rows.purpose, done[rows.purpose])
        facts = {
            "key": vault.keyring.active.name,
            "resealed": {purpose: came.rewrapped for purpose, came in done.items()},
            "broken": sum(len(came.broken) for came in done.values()),
        }
        await self._log.append_act(act("key.resealed", facts))
        return done

    async def retire(self, name: str) -> None:
        """Take an old key away for ever; to repeat it does no harm.

        Raises:
            UnknownKey: there is none of this name.
            KeyInUse: it is the one that seals.
            KeyStillSeals: something is sealed with it.
            LianyiError: the vault cannot be opened, as :meth:`StrongRoom.open`.
        """
        try:
            await self._write_off(name)
        except (UnknownKey, KeyInUse, KeyStillSeals) as failure:
            refused = act("key.retire.refused", {"key": name[:20], "code": failure.code})
            await self._log.append_act(refused)
            raise
        remove_key(self._room.key_file, name, self._room.wrapping)

    async def _write_off(self, name: str) -> None:
        keyring = (await self._room.open()).keyring
        if keyring.find(name) is None:
            raise UnknownKey(where=str(self._room.key_file), key=name)
        if name == keyring.active.name:
            raise KeyInUse(where=str(self._room.key_file), key=name)
        now = self._clock.now()
        async with self._pool.acquire() as connection, connection.transaction():
            await store.retire_key(connection, name, now)
            counts = await store.count_sealed(connection, now)
            left = {purpose: count for (purpose, key), count in counts.items() if key == name}
            if left:
                raise KeyStillSeals(
                    where=name, key=name, count=sum(left.values()), purposes=", ".join(sorted(left))
                )
            await self._log.append_act_within(connection, act("key.retired", {"key": name}))

    async def check(self) -> Checked:
        """Open everything that is sealed and say what does not open; nothing is shown or changed.

        Raises:
            LianyiError: the vault cannot be opened, as :meth:`StrongRoom.open`.
        """
        vault = await self._room.open()
        opened = 0
        broken: list[Place] = []
        missing: list[Place] = []
        for rows in everything_sealed(self._pool):
            async for batch in rows.batches():
                for row in batch:
                    try:
                        vault.open(row.sealed, row.place)
                        opened += 1
                    except (SealBroken, UnknownSeal):
                        broken.append(row.place)
                    except UnknownKey:
                        missing.append(row.place)
        facts = {"opened": opened, "broken": len(broken), "missing": len(missing)}
        await self._log.append_act(act("key.checked", facts))
        return Checked(opened, tuple(broken), tuple(missing))
