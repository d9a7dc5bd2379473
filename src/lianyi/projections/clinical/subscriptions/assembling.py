"""Builds what subscriptions need: the service, and what works for it once it is run."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import asyncpg

from lianyi.base.clock import Clock, IdSource
from lianyi.messagelog.postgres import PostgresLog
from lianyi.projections.clinical.service import ClinicalService
from lianyi.projections.clinical.subscriptions.delivering import Hook, House
from lianyi.projections.clinical.subscriptions.following import Watches
from lianyi.projections.clinical.subscriptions.running import Running
from lianyi.projections.clinical.subscriptions.seeing import Seer, accesses
from lianyi.projections.clinical.subscriptions.service import SubscriptionsService
from lianyi.projections.clinical.subscriptions.settings import SubscriptionSettings
from lianyi.projections.clinical.subscriptions.topics import TopicBook
from lianyi.security.privacy.service import Privacy
from lianyi.security.signing_in import SigningIn
from lianyi.security.vault import Vault


def subscriptions_of(
    house: tuple[asyncpg.Pool, PostgresLog, Clock, IdSource],
    watches: Watches,
    book: TopicBook,
    *,
    clinical: ClinicalService,
    privacy: Privacy,
    signing_in: SigningIn,
    vault: Callable[[], Awaitable[Vault]],
    hook: Hook,
    base: str,
    settings: SubscriptionSettings,
) -> tuple[SubscriptionsService, Running]:
    """Build them.

    Args:
        house: pool as the doors see it, log, clock, and what names things.
        watches: reads subscriptions.
        book: the topics there are.
        clinical: writes resources.
        privacy: decides how patients are seen.
        signing_in: knows what an account may do.
        vault: seals and opens headers.
        hook: sends notifications.
        base: address of the doors, without a slash at the end.
        settings: whom may be told, and how patiently.
    """
    pool, log, clock, ids = house
    seer = Seer(privacy)
    access_of = accesses(pool, signing_in, clock)
    needed = House(pool, log, clock, ids, clinical, seer, access_of, vault, hook, base, settings)
    service = SubscriptionsService(
        pool,
        clock,
        ids,
        clinical=clinical,
        seer=seer,
        watches=watches,
        book=book,
        vault=vault,
        base=base,
        settings=settings,
    )
    return service, Running(needed, watches)
