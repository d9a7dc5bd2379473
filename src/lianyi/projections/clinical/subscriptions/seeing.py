"""What of events somebody may see, at the moment at which he is told.

Rights, purpose, relation and consent are asked for anew each time, by the presenter that shows
every other read. What he may not see he is not told of, and it gets no number.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any
from uuid import UUID

import asyncpg

from lianyi.base.clock import Clock
from lianyi.base.errors import LianyiError
from lianyi.formats.fhir import json_text
from lianyi.messagelog.postgres_leases import Connection
from lianyi.projections.clinical.ids import resource_number
from lianyi.projections.clinical.persons import for_app
from lianyi.projections.clinical.presenting import Presenter
from lianyi.projections.clinical.read_store import Kept
from lianyi.projections.clinical.resources import patients_of
from lianyi.projections.clinical.subscriptions import version_store
from lianyi.projections.clinical.subscriptions.matching import Watch
from lianyi.projections.clinical.subscriptions.notifications import Event
from lianyi.projections.clinical.subscriptions.subscription_store import EventRow, PactRow
from lianyi.projections.clinical.subscriptions.version_store import Place
from lianyi.security import account_store
from lianyi.security.access import current
from lianyi.security.model import Access, Actor, Purpose
from lianyi.security.privacy.service import Privacy
from lianyi.security.scopes import Granted, covers, parse
from lianyi.security.signing_in import SigningIn
from lianyi.security.smart import store as smart_store
from lianyi.security.smart.problems import OutsideOfScopes
from lianyi.security.smart.rules import by_app

PERMISSION = "clinical.read"
OPERATION = "run_subscriptions"


class Seer:
    """Says what of events is seen."""

    def __init__(self, privacy: Privacy) -> None:
        """See what privacy lets be seen.

        Args:
            privacy: decides how patients are seen.
        """
        self._privacy = privacy
        self._presenter = Presenter(privacy)

    async def seen(
        self, connection: Connection, schema: str, watch: Watch, events: Sequence[EventRow]
    ) -> dict[int, dict[str, Any] | None]:
        """Return the resources of events by ``seq``, as far as whoever acts may see them.

        Args:
            connection: in a transaction.
            schema: of the version.
            watch: by what they were noticed: who does not see what it asks is not told.
            events: to be looked at.

        Returns:
            None for one that was deleted; what is not seen is left out.
        """
        places = {one.seq: Place(one.rid, one.shard, one.position) for one in events}
        found = await version_store.versions(connection, schema, list(places.values()))
        gone = {row.rid for row in found.values() if row.deleted}
        looked = await self._looked_at(connection, schema, found)
        allowed = {row.rid for row in await for_app(connection, schema, list(looked.values()))}
        rows = {
            seq: looked[place]
            for seq, place in places.items()
            if place in looked and place[0] in allowed
        }
        everything = self._shows_everything()
        whole = not everything and watch.tells_of_others
        bodies = await self._presenter.show(connection, schema, list(rows.values()), whole=whole)
        shown: dict[int, dict[str, Any] | None] = {}
        for (seq, row), body in zip(rows.items(), bodies, strict=True):
            if body is not None and (everything or not watch.tells or body == row.body):
                is_gone = row.rid in gone and found[places[seq]].deleted
                shown[seq] = None if is_gone else json_text.read(body)
        return shown

    @staticmethod
    async def _looked_at(
        connection: Connection, schema: str, found: Mapping[Place, Kept]
    ) -> dict[Place, Kept]:
        """Return what is looked at: of what was deleted the version before."""
        gone = [row for row in found.values() if row.deleted]
        before = await version_store.befores(connection, schema, gone) if gone else {}
        looked = {}
        for place, row in found.items():
            if not row.deleted:
                looked[place] = row
            elif (was := before.get(row.rid)) is not None and not was.deleted:
                about = patients_of(json_text.read(was.body))
                patient = resource_number("Patient", about[0]) if about else None
                looked[place] = was._replace(patient=patient)
        return looked

    def _shows_everything(self) -> bool:
        """Tell whether whatever is shown is shown whole, for the purpose of whoever acts."""
        rule = self._privacy.classification.purposes[current().purpose]
        return rule.levels.everything and not rule.needs_relation and not rule.needs_consent


def told_of(events: Sequence[EventRow], shown: dict[int, dict[str, Any] | None]) -> list[Event]:
    """Return events that have numbers as they are told; of what is not seen only the number."""
    return [
        Event(
            one.number or 0,
            one.happened_at,
            one.type,
            one.id,
            one.method,
            shown.get(one.seq),
            seen=one.seq in shown,
        )
        for one in events
    ]


def acting_now(access: Access) -> dict[str, object]:
    """Return how somebody subscribes, so that he is told as he would be shown."""
    granted = access.actor.granted
    return {
        "purpose": access.purpose.value,
        "factors": list(access.actor.factors),
        "address": access.address,
        "scopes": str(granted.scopes) if granted else None,
        "app": granted.app if granted else "",
        "patient": granted.patient if granted else "",
    }


def check_scopes(granted: Granted | None, types: Collection[str]) -> None:
    """Do nothing for whoever is no app, or one that may read all of some types.

    Raises:
        OutsideOfScopes: it may not read one of them, be it only of its patient.
    """
    if granted is None:
        return
    about = {"patient": [granted.patient]} if granted.patient else {}
    if not all(covers(granted, one, "r", about) for one in types):
        raise OutsideOfScopes(where="Subscription.criteria")


async def access_now(
    pool: asyncpg.Pool,
    signing_in: SigningIn,
    clock: Clock,
    pact: PactRow,
    types: Collection[str],
) -> Access | None:
    """Return as whom a subscription sees: whoever subscribed, with the rights that he has by now.

    Args:
        pool: of the database.
        signing_in: knows what an account may do.
        clock: the time now.
        pact: as which he subscribed.
        types: that it tells of.

    Returns:
        None: the account is closed, may read nothing any more, or not for its purpose; or what a
        person let the app do that subscribed for him has ended.
    """
    account = await account_store.account_of(pool, pact.account)
    if account is None or account.state != "active":
        return None
    said = pact.acting
    actor: Actor = await signing_in.actor_of(account, list(said["factors"]))
    purpose = Purpose(said["purpose"])
    if purpose not in {actor.purpose, *actor.purposes}:
        return None
    if said["scopes"] is not None:
        asked = Granted(parse(said["scopes"]), app=said["app"], patient=said["patient"])
        granted = [asked]
        if asked.app and asked.app != account.name:
            granted = await _still_approved(pool, account.account, asked, clock)
        apps = (by_app(actor, one) for one in granted)
        found = next((one for one in apps if _covers(one.granted, types)), None)
        if found is None:
            return None
        actor = found
    if not actor.reach.organisations(PERMISSION):
        return None
    return Access(actor, PERMISSION, OPERATION, purpose, said["address"])


async def _still_approved(
    pool: asyncpg.Pool, person: UUID, asked: Granted, clock: Clock
) -> list[Granted]:
    """Return what of an app's scopes a person has approved that holds, by each approval."""
    if await smart_store.find_app(pool, asked.app) is None:  # it is closed
        return []
    held = await smart_store.list_approvals(pool, person, clock.now())
    return [
        replace(asked, scopes=asked.scopes & parse(one.scopes))
        for one in held
        if (one.app, one.patient) == (asked.app, asked.patient)
    ]


def _covers(granted: Granted | None, types: Collection[str]) -> bool:
    try:
        check_scopes(granted, types)
    except LianyiError:
        return False
    return True


def accesses(
    pool: asyncpg.Pool, signing_in: SigningIn, clock: Clock
) -> Callable[[PactRow, Collection[str]], Awaitable[Access | None]]:
    """Return :func:`access_now` of one house."""
    return partial(access_now, pool, signing_in, clock)
