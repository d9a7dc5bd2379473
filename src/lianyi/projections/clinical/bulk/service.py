"""Exports as whoever asks for them meets them; each use case is one method."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Awaitable, Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import NamedTuple
from uuid import UUID

import asyncpg
import msgspec

from lianyi.base.clock import Clock, IdSource
from lianyi.base.errors import LianyiError, from_record
from lianyi.messagelog.postgres import PostgresLog
from lianyi.projections.clinical.bulk import export_store as store
from lianyi.projections.clinical.bulk.asking import Asked
from lianyi.projections.clinical.bulk.export_store import ExportRow, FileRow
from lianyi.projections.clinical.bulk.gathering import Gatherer, members_of
from lianyi.projections.clinical.bulk.problems import NoSuchExport, TooManyExports
from lianyi.projections.clinical.bulk.running import FOLDER, Exporter, sealed_name
from lianyi.projections.clinical.bulk.sealed_files import pieces
from lianyi.projections.clinical.bulk.settings import ExportSettings
from lianyi.projections.clinical.service import ClinicalService
from lianyi.security import account_store
from lianyi.security.access import current
from lianyi.security.acts import act
from lianyi.security.model import EVERYWHERE, Access, Actor, Purpose
from lianyi.security.scopes import Granted, covers, parse
from lianyi.security.signing_in import SigningIn
from lianyi.security.smart.problems import OutsideOfScopes
from lianyi.security.smart.rules import by_app
from lianyi.security.vault import Vault

PERMISSION = "clinical.export"
OPERATION = "run_export"


class Status(NamedTuple):
    """How an export stands.

    Attributes:
        row: of it.
        asked: what it was asked for.
        files: those that are whole, in order.
    """

    row: ExportRow
    asked: Asked
    files: Sequence[FileRow]


class BulkService:
    """Begins exports, tells how they stand, gives their files."""

    def __init__(
        self,
        pool: asyncpg.Pool,
        messages: PostgresLog,
        clock: Clock,
        ids: IdSource,
        *,
        clinical: ClinicalService,
        gatherer: Gatherer,
        exporter: Exporter,
        vault: Callable[[], Awaitable[Vault]],
        settings: ExportSettings,
    ) -> None:
        """Answer for exports.

        Args:
            pool: of the database; as the doors see it.
            messages: the log.
            clock: the time now.
            ids: names exports.
            clinical: reads groups.
            gatherer: judges filters.
            exporter: works on exports; see :attr:`exporter`.
            vault: opens files.
            settings: how many may run.
        """
        self._pool = pool
        self._log = messages
        self._clock = clock
        self._ids = ids
        self._clinical = clinical
        self._gatherer = gatherer
        self.exporter = exporter
        self._vault = vault
        self._settings = settings

    async def start(self, asked: Asked) -> UUID:
        """Begin an export; return its name.

        Raises:
            OutsideOfScopes: an app has no right of the system's level to what is wanted.
            NoSuchResource: the group is not there.
            TooManyExports: as many run as may.
            LianyiError: a filter cannot be read.
        """
        access = current()
        asked = within_scopes(asked, access.actor.granted)
        for type_ in asked.filters:
            self._gatherer.filter_of(asked, type_, at=self._clock.now())
        if asked.level == "group":
            _, group = await self._clinical.read_whole("Group", asked.group)
            members_of(group, at=self._clock.now())
        export = self._ids.new_id()
        async with self._pool.acquire() as connection, connection.transaction():
            begun = await store.insert(
                connection,
                export,
                access.actor.account,
                asked=msgspec.to_builtins(asked),
                acting=_acting(access),
                at=self._clock.now(),
                running_max=self._settings.running_max,
            )
            if not begun:
                raise TooManyExports(where="export", most=self._settings.running_max)
            facts = {"export": str(export), "level": asked.level, "types": list(asked.types)}
            await self._log.append_act_within(connection, act("export.started", facts))
        self.exporter.wake()
        return export

    async def status(self, export: UUID) -> Status:
        """Return how an export stands.

        Raises:
            NoSuchExport: whoever asks has begun none of this name.
            LianyiError: it has failed; what is raised says why.
        """
        row = await self._find(export)
        if row.error is not None:
            raise from_record(row.error)
        files = await store.files(self._pool, export) if row.state == "complete" else []
        return Status(row, msgspec.convert(row.asked, Asked), files)

    async def cancel(self, export: UUID) -> None:
        """End an export, and remove its files.

        Raises:
            NoSuchExport: whoever asks has begun none of this name.
        """
        await self._find(export)
        async with self._pool.acquire() as connection, connection.transaction():
            if not await store.drop(connection, export):
                raise NoSuchExport(where="export")
            facts = {"export": str(export)}
            await self._log.append_act_within(connection, act("export.cancelled", facts))
        await asyncio.to_thread(shutil.rmtree, self.exporter.folder / str(export), True)

    async def file(self, export: UUID, number: int) -> tuple[FileRow, Iterator[bytes]]:
        """Return a file of a finished export, and what is in it, piece by piece.

        Raises:
            NoSuchExport: whoever asks has begun none of this name, or it has no such file.
            OutsideOfScopes: an app may not read all that is in the export.
            ExportNotAllowedAnyMore: whoever began it may by now see less than he could then.
            ExportFileBroken: it cannot be read.
        """
        row = await self._find(export)
        if row.state != "complete":
            raise NoSuchExport(where="export")
        await self.exporter.allowed(row)
        for file in await store.files(self._pool, export):
            if file.number == number:
                path = self.exporter.folder / str(export) / file.name
                found = pieces(path, sealed_name(export, file.name), await self._vault())
                first = await asyncio.to_thread(next, found)
                return file, _joined(first, found)
        raise NoSuchExport(where="export")

    async def _find(self, export: UUID) -> ExportRow:
        """Return an export of whoever asks, who may have all that is in it."""
        actor = current().actor
        row = await store.find(self._pool, export)
        if row is None or row.account != actor.account:
            raise NoSuchExport(where="export")
        if row.expires_at is not None and row.expires_at <= self._clock.now():
            raise NoSuchExport(where="export")
        asked = msgspec.convert(row.asked, Asked)
        if set(asked.wanted) - set(within_scopes(asked, actor.granted).wanted):
            raise OutsideOfScopes(where="export")
        return row


def _joined(first: bytes, rest: Iterator[bytes]) -> Iterator[bytes]:
    yield first
    yield from rest


def within_scopes(asked: Asked, granted: Granted | None) -> Asked:
    """Return what is asked, as far as an app may have it; others may have all.

    Only rights of the system's level count: what somebody lets an app do for him is no export.

    Raises:
        OutsideOfScopes: it names a type that the app may not read, or there is none that it may.
    """
    if granted is None:
        return asked
    system = Granted(granted.scopes.of_level("system"), app=granted.app)
    allowed = tuple(one for one in asked.wanted if covers(system, one, "r"))
    if not allowed or (asked.types and set(asked.types) - set(allowed)):
        raise OutsideOfScopes(where="_type")
    return msgspec.structs.replace(asked, types=allowed)


def _acting(access: Access) -> dict[str, object]:
    """Return how somebody asks, so that an export goes on as he would."""
    granted = access.actor.granted
    return {
        "purpose": access.purpose.value,
        "factors": list(access.actor.factors),
        "reach": sorted(access.actor.reach.organisations(PERMISSION)),
        "address": access.address,
        "scopes": str(granted.scopes) if granted else None,
        "app": granted.app if granted else "",
    }


async def access_now(pool: asyncpg.Pool, signing_in: SigningIn, row: ExportRow) -> Access | None:
    """Return as whom an export reads: whoever began it, with the rights that he has by now.

    Args:
        pool: of the database.
        signing_in: knows what an account may do.
        row: the export.

    Returns:
        None: he may not export any more, not for its purpose, or not from everywhere where he
        could when he began: what is written already would show more than he may see.
    """
    account = await account_store.account_of(pool, row.account)
    if account is None or account.state != "active":
        return None
    said = row.acting
    actor: Actor = await signing_in.actor_of(account, list(said["factors"]))
    purpose = Purpose(said["purpose"])
    if purpose not in {actor.purpose, *actor.purposes}:
        return None
    if said["scopes"] is not None:
        actor = by_app(actor, Granted(parse(said["scopes"]), app=said["app"]))
        try:
            within_scopes(msgspec.convert(row.asked, Asked), actor.granted)
        except LianyiError:
            return None
    held = set(actor.reach.organisations(PERMISSION))
    if not held or (EVERYWHERE not in held and not set(said["reach"]) <= held):
        return None
    return Access(actor, PERMISSION, OPERATION, purpose, said["address"])


def exports_of(
    house: tuple[asyncpg.Pool, PostgresLog, Clock, IdSource],
    gatherer: Gatherer,
    *,
    clinical: ClinicalService,
    signing_in: SigningIn,
    vault: Callable[[], Awaitable[Vault]],
    data_dir: Path,
    settings: ExportSettings,
) -> BulkService:
    """Build what exports: the service, and the exporter that works for it once it is run.

    Args:
        house: pool as the doors see it, log, clock, and what names exports.
        gatherer: reads what is exported.
        clinical: reads groups.
        signing_in: knows what an account may do.
        vault: seals and opens files.
        data_dir: in which the files lie.
        settings: how much, and for how long.
    """
    exporter = Exporter(
        *house,
        gatherer=gatherer,
        access_of=partial(access_now, house[0], signing_in),
        vault=vault,
        folder=data_dir / FOLDER,
        settings=settings,
    )
    return BulkService(
        *house,
        clinical=clinical,
        gatherer=gatherer,
        exporter=exporter,
        vault=vault,
        settings=settings,
    )
