"""A registered app, and a person who has approved it."""

from __future__ import annotations

from datetime import timedelta

from tests.unit.projections.clinical.ward import Ward

from lianyi.base.clock import RandomIds, SystemClock
from lianyi.security.model import Actor, Reach
from lianyi.security.scopes import Granted, parse
from lianyi.security.smart import store
from lianyi.security.smart.model import App, AppKind, Approval, Context

BACK = "https://app.test/back"


async def approved(ward: Ward, scopes: str, patient: str, *, who: str = "emr") -> Approval:
    """Register the app called ``app``, and let a person approve it for a patient."""
    pool, now, ids = ward.house.pool, SystemClock().now(), RandomIds()
    await ward.people.add("app", ("clinical-system", "H1"), organisation="H1")
    await ward.people.browser(who)
    app, person = (ward.people.accounts[name].account for name in ("app", who))
    session = await pool.fetchval(
        "SELECT stored FROM security.session WHERE account = $1 AND ended_at IS NULL LIMIT 1",
        person,
    )
    found = Approval(
        ids.new_id(), person, app, session, [], parse(f"{scopes} offline_access"),
        Context(patient), ids.new_id().bytes, now, BACK, "c", "n", now, now + timedelta(days=1),
    )  # fmt: skip
    async with pool.acquire() as connection, connection.transaction():
        kind = AppKind.PUBLIC
        await store.put_app(
            connection, App(app, "app", "app", kind, [BACK], "", parse(scopes)), now
        )
        await store.insert_approval(connection, found)
    return found


def acting_app(ward: Ward, scopes: str, patient: str, *, who: str = "emr") -> Actor:
    """Return the app as it acts for the person."""
    account = ward.people.accounts[who].account
    reach = Reach({"clinical.read": frozenset({"H1"})})
    return Actor(account, who, who, "H1", reach, granted=Granted(parse(scopes), patient, "app"))
