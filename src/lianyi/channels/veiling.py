"""Messages and deliveries as whoever asks may see them: without what is hidden from him."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from lianyi.channels.catalogue import Catalogue
from lianyi.channels.listing import patients_of
from lianyi.channels.read_store import ExceptionRecord
from lianyi.channels.showing import HIDDEN
from lianyi.channels.views import (
    DeliveryRow,
    DeliveryTrace,
    FindingView,
    Key,
    MessageDataSet,
    MessageRow,
    MessageTrace,
    Neighbours,
    Problem,
    Words,
)
from lianyi.messagelog.message import LogMessage
from lianyi.messagelog.search import Entry
from lianyi.security.privacy.classification import data_set_of
from lianyi.security.privacy.failures import Masked
from lianyi.security.privacy.hiding import Hider
from lianyi.security.privacy.model import About, DataSet, Look, Why
from lianyi.security.privacy.service import Privacy


class Veils:
    """How whoever asks sees the things of one page."""

    def __init__(self, privacy: Privacy) -> None:
        self._privacy = privacy

    def data_sets(self, kinds: Collection[str]) -> dict[str, MessageDataSet | None]:
        """Return to which data set messages of each kind belong."""
        classification = self._privacy.classification
        return {kind: _data_set(data_set_of(classification, kind)) for kind in kinds}

    async def rows(
        self, entries: Sequence[Entry], rows: Sequence[MessageRow], catalogue: Catalogue
    ) -> list[MessageRow]:
        """Return rows of messages as they are shown."""
        looks = await self._privacy.looks(
            [
                About(patients_of(one.keys), str(one.position), catalogue.organisation(one.channel))
                for one in entries
            ]
        )
        hiders: dict[Why, Hider] = {}
        known: dict[tuple[Why, str], Key] = {}

        def hidden_key(key: Key, look: Look, hider: Hider) -> Key:
            if key.kind != "patient":
                return key
            if (look.why, key.value) not in known:
                known[look.why, key.value] = _key(key, look, hider)
            return known[look.why, key.value]

        shown = []
        for look, row in zip(looks, rows, strict=True):
            hider = self._hider(look, hiders)
            if hider is not None:
                keys = [hidden_key(key, look, hider) for key in row.keys]
                row = row if keys == row.keys else row.model_copy(update={"keys": keys})
            shown.append(row)
        return shown

    async def deliveries(
        self, records: Sequence[ExceptionRecord], rows: Sequence[DeliveryRow], catalogue: Catalogue
    ) -> list[DeliveryRow]:
        """Return rows of deliveries as they are shown."""
        looks = await self._privacy.looks(
            [
                About(_patients(one), str(one.position), catalogue.organisation(one.channel))
                for one in records
            ]
        )
        hiders: dict[Why, Hider] = {}
        shown = []
        for look, row in zip(looks, rows, strict=True):
            hider = self._hider(look, hiders)
            changes = {
                "order_key": _identifier(row.order_key, look, hider),
                "problem": row.problem and _problem(row.problem, hider),
            }
            shown.append(row.model_copy(update=changes))
        return shown

    async def look(self, message: LogMessage, catalogue: Catalogue) -> Look:
        """Return how one message is seen."""
        organisation = catalogue.organisation(message.channel)
        about = About(patients_of(message.keys), str(message.position), organisation)
        return (await self._privacy.looks([about]))[0]

    async def need_clear(self, message: LogMessage, catalogue: Catalogue) -> None:
        """Do nothing when a message is shown as it is.

        Raises:
            Masked: something of it is hidden.
        """
        look = await self.look(message, catalogue)
        if not look.clear:
            raise Masked(where=str(message.position), purpose=look.purpose.value)

    def hider(self, look: Look) -> Hider | None:
        """Return what hides; None when nothing is hidden."""
        return None if look.clear else self._privacy.hider(look)

    def trace(self, trace: MessageTrace, look: Look, hider: Hider | None) -> MessageTrace:
        """Return the story of a message as it is shown.

        What the tracer has computed from bodies (the tree, what goes out) is hidden already.
        """
        if hider is None:
            return trace
        text = hider.body(trace.body_text) if trace.body_text is not None else None
        if look.withheld or trace.body_text is None:
            text = HIDDEN
        changes = {
            "keys": [_key(key, look, hider) for key in trace.keys],
            "body_text": HIDDEN if text is None else text,
            "body_base64": None,
            "tree": [] if look.withheld else trace.tree,
            "findings": [_finding(one, hider) for one in trace.findings],
            "destinations": [_delivery(one, look, hider) for one in trace.destinations],
        }
        return trace.model_copy(update=changes)

    async def neighbours(
        self, found: Neighbours, message: LogMessage, catalogue: Catalogue
    ) -> Neighbours:
        """Return the messages beside one as they are shown."""
        look = await self.look(message, catalogue)
        patient = found.patient and _key(found.patient, look, self.hider(look))
        return found.model_copy(update={"patient": patient})

    def _hider(self, look: Look, known: dict[Why, Hider]) -> Hider | None:
        """Return what hides for a look; on one page those of the same reason are the same."""
        if look.clear:
            return None
        if look.why not in known:
            known[look.why] = self._privacy.hider(look)
        return known[look.why]


def _data_set(one: DataSet | None) -> MessageDataSet | None:
    if one is None:
        return None
    return MessageDataSet(
        name=one.name, zh=one.title_zh, en=one.title_en, sharing=one.sharing, domain=one.domain
    )


def hidden(message: LogMessage, hider: Hider | None) -> LogMessage | None:
    """Return a message with a body that is shown; None when it is not known what stands in it."""
    if hider is None:
        return message
    codec = message.codec or "utf-8"
    text = hider.body(message.body.decode(codec, "replace"))
    return None if text is None else message._replace(body=text.encode(codec, "replace"))


def _patients(one: ExceptionRecord) -> list[str]:
    return [one.order_key.removeprefix("p:")] if one.order_key else []


def _identifier(value: str, look: Look, hider: Hider | None) -> str:
    if hider is None or not value:
        return value
    return HIDDEN if look.withheld else hider.identifier(value)


def _key(key: Key, look: Look, hider: Hider | None) -> Key:
    if hider is None or key.kind != "patient":
        return key
    value = _identifier(key.value, look, hider)
    return key if value == key.value else key.model_copy(update={"value": value})


def _finding(one: FindingView, hider: Hider) -> FindingView:
    return one.model_copy(update={"zh": hider.text(one.zh), "en": hider.text(one.en)})


def _words(words: Words, hider: Hider) -> Words:
    return Words(**{key: hider.text(value) for key, value in dict(words).items()})


def _problem(problem: Problem, hider: Hider | None) -> Problem:
    if hider is None:
        return problem
    return problem.model_copy(
        update={"zh": _words(problem.zh, hider), "en": _words(problem.en, hider)}
    )


def _delivery(one: DeliveryTrace, look: Look, hider: Hider) -> DeliveryTrace:
    changes = {
        "order_key": one.order_key and _identifier(one.order_key, look, hider),
        "error": one.error and _problem(one.error, hider),
        "reason": one.reason and hider.text(one.reason),
        "outgoing": [] if look.withheld else one.outgoing,
        "attempts": [
            attempt.model_copy(
                update={
                    "answer": hider.text(attempt.answer),
                    "problem": attempt.problem and _problem(attempt.problem, hider),
                }
            )
            for attempt in one.attempts
        ],
    }
    return one.model_copy(update=changes)
