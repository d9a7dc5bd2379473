"""What sources proposed, and how people decide; the rules about sources, as they are in force.

A decision is an act. When it accepts, the change that was proposed stands in it, and counts as the
word of the person who accepted.
"""

from __future__ import annotations

from collections.abc import Sequence

from lianyi.messagelog.message import Position
from lianyi.projections.masterdata import ranking_store, read_store
from lianyi.projections.masterdata.changes import from_json
from lianyi.projections.masterdata.model import Change, Decide, Proposal, about
from lianyi.projections.masterdata.problems import NoSuchProposal
from lianyi.projections.masterdata.scope import Scope
from lianyi.projections.masterdata.service import MasterDataService
from lianyi.projections.masterdata.views import (
    DecideRequest,
    NamedRow,
    ProposalPage,
    ProposalRow,
    SourceRow,
    SourcesView,
)
from lianyi.security.access import OutsideOfReach


async def list_proposals(data: MasterDataService, *, skip: int, limit: int) -> ProposalPage:
    """Return what waits for a decision and is about something that whoever asks sees."""
    async with data.reading() as (connection, schema, scope):
        found = [
            (one, from_json(one.change))
            for one in await ranking_store.list_pending(connection, schema)
        ]
        seen = [(one, change) for one, change in found if _shows(scope, change)]
        rows = []
        for one, change in seen[skip : skip + limit]:
            names = [
                NamedRow(code=record.code, name_zh=record.name_zh, name_en=record.name_en)
                for thing in about(change)
                for record in await read_store.records(
                    connection, schema, thing.kind, [thing.code], as_of=data.today
                )
            ]
            rows.append(_row(one, names, mine=_may(scope, [change])))
    return ProposalPage(items=rows, total=len(seen))


async def decide(data: MasterDataService, wanted: DecideRequest, *, actor: str) -> Position:
    """Accept or refuse, all of it or nothing.

    Raises:
        NoSuchProposal: one is not waiting, or is about something that whoever decides does not see.
        OutsideOfReach: one is about what he does not reach.
    """
    async with data.reading() as (connection, schema, scope):
        pending = {
            (one.position, one.part): one
            for one in await ranking_store.list_pending(connection, schema)
        }
    decisions: list[Change] = []
    proposed: list[Change] = []
    for key in wanted.proposals:
        place = (Position.parse(key.position), key.part)
        found = pending.get(place)
        change = from_json(found.change) if found else None
        if change is None or not _shows(scope, change):
            raise NoSuchProposal(where=key.position, position=key.position)
        proposed.append(change)
        decisions.append(Decide(*place, wanted.accept))
    scope.check(proposed)
    return await data.append(
        "proposals_accepted" if wanted.accept else "proposals_refused",
        [*decisions, *(proposed if wanted.accept else ())],
        {"proposals": [one.model_dump() for one in wanted.proposals]},
        reason=wanted.reason,
        actor=actor,
    )


async def get_sources(data: MasterDataService) -> SourcesView:
    """Return the rules in force; of sources that speak for others, nothing."""
    async with data.reading() as (connection, schema, scope):
        rules = await ranking_store.find_rules(connection, schema)
    return SourcesView(
        filed=rules.sources is not None,
        people_rank=rules.people.rank,
        sources=[
            SourceRow(**one.model_dump(mode="json", exclude={"channel_numbers"}))
            for one in rules.sources or ()
            if scope.organisations is None or one.organisation in scope.organisations
        ],
    )


def _shows(scope: Scope, change: Change) -> bool:
    """Tell whether all that a change names may be seen."""
    return all(scope.holds(thing) for thing in about(change))


def _may(scope: Scope, changes: Sequence[Change]) -> bool:
    try:
        scope.check(changes)
    except OutsideOfReach:
        return False
    return True


def _row(one: Proposal, names: Sequence[NamedRow], *, mine: bool) -> ProposalRow:
    return ProposalRow(
        position=str(one.position),
        part=one.part,
        received_at=one.received_at,
        source=one.source,
        why=one.why,
        change=dict(one.change),
        names=list(names),
        mine=mine,
    )
