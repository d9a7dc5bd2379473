"""What the desk does with cards: resolve a code, report a card lost, replace it."""

from __future__ import annotations

from typing import NamedTuple

from lianyi.base.sensitive import Sensitive
from lianyi.projections.identity import read_store
from lianyi.projections.identity.blocking import blocking_keys
from lianyi.projections.identity.carding.problems import NoCardAuthority, NoSuchCardRecord
from lianyi.projections.identity.carding.resolving import Authorities, CardAuthority, Resolved
from lianyi.projections.identity.carding.views import ResolvedCard
from lianyi.projections.identity.cards import CardState, state_of
from lianyi.projections.identity.folding import SourceRecord
from lianyi.projections.identity.ids import record_id
from lianyi.projections.identity.presenting import summary
from lianyi.projections.identity.registration import Identifier, Registration
from lianyi.projections.identity.service import IdentityService
from lianyi.projections.identity.standing import folded_of
from lianyi.projections.identity.statements import RecordKey
from lianyi.projections.identity.traits import read_registration
from lianyi.projections.identity.values.identifier_levels import WITHOUT_ISSUER
from lianyi.projections.identity.values.text import digits_of
from lianyi.projections.identity.views import PersonSummary, RegisteredView

PERSONS_MAX = 20


class CardChange(NamedTuple):
    """What is said of a card.

    Attributes:
        record: whose it is.
        card: the card, with status and validity as they are from now on.
        reason: why.
    """

    record: RecordKey
    card: Identifier
    reason: str


class Carding:
    """The desk of the one-card register."""

    def __init__(self, service: IdentityService, authorities: Authorities) -> None:
        """Serve cards.

        Args:
            service: says what may be seen, and registers.
            authorities: who is asked about codes, the first that knows one first.
        """
        self._service = service
        self._authorities = authorities

    async def resolve(self, token: Sensitive[str], *, authority: str = "") -> ResolvedCard:
        """Say which number stands behind a code, and whose it is. The code is kept nowhere.

        Raises:
            NoCardAuthority: nobody can be asked.
            CodeRefused, CardAuthorityUnavailable: see :class:`CardAuthority`.
        """
        asked = self._authority(token, authority)
        found = await asked.resolve(token)
        card = found.card
        return ResolvedCard(
            authority=asked.name,
            kind=card.kind.value,
            value=card.value,
            issuer=card.issuer,
            state=state_of(card).value,
            valid_until=card.valid_until,
            name=found.name,
            born=found.born,
            persons=await self._persons(found),
        )

    def _authority(self, token: Sensitive[str], name: str) -> CardAuthority:
        for one in self._authorities:
            if one.name == name or (not name and one.knows(token)):
                return one
        raise NoCardAuthority(where="authority")

    async def _persons(self, found: Resolved) -> list[PersonSummary]:
        """Return who has the card; of one that its issuer says is lost nobody is."""
        if state_of(found.card) is not CardState.ACTIVE:
            return []
        asked = read_registration(Registration("?", "?", identifiers=(found.card,)))
        async with self._service.reading() as (connection, schema):
            persons = await read_store.records_by_key(
                connection, schema, blocking_keys(asked), limit=PERSONS_MAX
            )
            people = await self._service.people(connection, schema, persons)
        return [summary(person, records) for person, records in people.of.items()]

    async def change(self, wanted: CardChange) -> RegisteredView:
        """Say of a card whether it counts; what the record has of other cards stays.

        Raises:
            NoSuchCardRecord: the record is not there for whoever asks.
            TokenInPlaceOfNumber: the number is a code.
        """
        folded = await self._record(wanted.record)
        cards = with_card(folded, wanted.card)
        said = Registration(*wanted.record, identifiers=cards)
        return await self._service.register(said, reason=wanted.reason)

    async def _record(self, key: RecordKey) -> SourceRecord:
        number = record_id(*key)
        async with self._service.reading() as (connection, schema):
            person = await read_store.person_of(connection, schema, number)
            people = await self._service.people(
                connection, schema, [] if person is None else [person]
            )
        for records in people.of.values():
            for one in records:
                if one.row.record == number:
                    return folded_of(one.row)  # all that it says, seen or not
        raise NoSuchCardRecord(where="record")


def with_card(record: SourceRecord, card: Identifier) -> tuple[Identifier, ...]:
    """Return all cards of the kind and issuer that a record has, one of them as it is now.

    A message about a kind of card says all of that kind, so the others are said again.
    """
    slot = _slot(card)
    number = digits_of(card.value)
    others = {
        digits_of(one.value): one for one in record.registration.identifiers if _slot(one) == slot
    }
    made = {**others, number: card}
    if card.replaced_by:
        new = digits_of(card.replaced_by)
        made.setdefault(new, Identifier(card.kind, card.replaced_by, card.issuer, "active"))
    return tuple(made.values())


def _slot(said: Identifier) -> tuple[str, str]:
    return said.kind.value, "" if said.kind in WITHOUT_ISSUER else said.issuer
