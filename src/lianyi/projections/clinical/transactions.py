"""A Bundle of requests done: all of it or nothing (transaction), or each entry for itself (batch).

A transaction becomes one message of the log, its references resolved, so what stands in the log is
what happened; reading entries come last and see what was written.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from datetime import datetime
from http import HTTPStatus
from typing import Any, Final, NamedTuple, Protocol

from lianyi.base.errors import LianyiError
from lianyi.formats.fhir import json_text
from lianyi.projections.clinical import answering, bundles
from lianyi.projections.clinical.bundles import LETTERS, READING, Step, in_order
from lianyi.projections.clinical.meaning import Meaning, needs_looking
from lianyi.projections.clinical.permitted import WRITE, permitted
from lianyi.projections.clinical.problems import (
    NoSuchResource,
    SeveralMatch,
    broken,
    status_of,
    unreadable,
)
from lianyi.projections.clinical.resources import instant
from lianyi.projections.clinical.service import (
    ClinicalService,
    Written,
    wish_of,
    written_of,
)
from lianyi.projections.clinical.writing import Intent, Made
from lianyi.projections.identity.fhir.resources import outcome
from lianyi.security.access import OutsideOfReach, current
from lianyi.security.scopes import covers

BATCH_TOGETHER: Final = 50
"""So many entries of a batch are done at the same time."""


class Done(NamedTuple):
    """What became of an entry.

    Attributes:
        status: of HTTP, with its words.
        written: of a write; None: it only read.
        body: the resource that is answered; empty: none.
        refused: why it could not be done, as an OperationOutcome; empty: it was.
    """

    status: str
    written: Written | None = None
    body: bytes = b""
    refused: bytes = b""


class Read(NamedTuple):
    """What an entry read.

    Attributes:
        body: the resource, or the Bundle of a search or history.
        version, updated_at: of a resource; 0 and None: it is none that has them.
        known: whether whoever asks has it already (304).
    """

    body: bytes
    version: int = 0
    updated_at: datetime | None = None
    known: bool = False


class Reads(Protocol):
    """Reads what an entry wants, as the door of the same address would."""

    async def read(self, step: Step, *, strict: bool) -> Read:
        """Return what is read.

        Args:
            step: the entry.
            strict: whether a search parameter that is unknown is refused.

        Raises:
            LianyiError: as the door would refuse it.
        """
        ...


class Transactions:
    """Does Bundles of requests."""

    def __init__(self, service: ClinicalService, *, reads: Reads | None = None) -> None:
        """Do them.

        Args:
            service: does what each entry wants that writes.
            reads: does what each entry wants that reads; None: there are none.
        """
        self._service = service
        self._reads = reads

    async def submit(
        self,
        bundle: Mapping[str, Any],
        *,
        base: str,
        channel: str = "",
        wants: str = "minimal",
        strict: bool = False,
    ) -> bytes:
        """Do what a Bundle wants; return the Bundle that answers it.

        Args:
            bundle: of type ``transaction`` or ``batch``.
            base: address of these doors.
            channel: whose new resources are; see :meth:`ClinicalService.create`.
            wants: ``representation`` to see what was written, ``OperationOutcome`` to be told.
            strict: whether a search with an unknown parameter is refused.

        Raises:
            UnreadableResource: it is no such Bundle.
            BrokenTransaction, VersionConflict, SeveralMatch, ...: of a transaction an entry cannot
                be written, and nothing was. One that cannot be read says so in its own answer:
                reading comes last, and what was written stays.
        """
        if bundle.get("resourceType") != "Bundle" or bundle.get("type") not in (
            "transaction",
            "batch",
        ):
            raise unreadable(
                "Bundle.type", "it is neither a transaction nor a batch", "不是事务或批量请求"
            )
        if bundle["type"] == "transaction":
            done = await self._transaction(bundle, channel=channel, strict=strict)
        else:
            done = await self._batch(bundle, channel=channel, strict=strict)
        head = {"resourceType": "Bundle", "type": f"{bundle['type']}-response"}
        return answering.with_entries(head, [_answered(one, base, wants) for one in done])

    # --- all of it or nothing -------------------------------------------------------------------

    async def _transaction(
        self, bundle: Mapping[str, Any], *, channel: str, strict: bool
    ) -> list[Done]:
        steps = [step.in_transaction() for step in bundles.read_steps(bundle)]
        writes = [step for step in in_order(steps) if step.method not in READING]
        done: dict[int, Done] = {}
        if writes:
            with permitted(WRITE, where="Bundle"):
                for step in writes:
                    _check_scope(step)
                done = await self._write(writes, channel=channel)
        for step in steps:
            if step.place not in done:
                done[step.place] = await self._read(step, strict=strict)
        return [done[step.place] for step in steps]

    async def _write(self, writes: Sequence[Step], *, channel: str) -> dict[int, Done]:
        service = self._service
        meaning = Meaning(service, writes)
        found: dict[int, Intent | Written] = {}
        conditional = needs_looking(writes)
        if not conditional:
            found = await meaning.found()
        sent = [Intent(step.type, step.id, step.resource) for step in writes if step.resource]
        whose = await service.belonging.whose_of(sent, channel=channel)
        wish = wish_of(whose, [one for one in found.values() if isinstance(one, Intent)])
        if conditional:
            # What criteria mean is looked at in the round itself, as whoever writes.
            async def resolve() -> Sequence[Intent]:
                nonlocal found
                found = await Meaning(service, writes).found()
                return [one for one in found.values() if isinstance(one, Intent)]

            wish.criteria = frozenset(filter(None, (step.criteria for step in writes)))
            wish.resolve = resolve
        made = {(one.type, one.id): one for one in await service.write(wish)}
        return {step.place: _done(found[step.place], made) for step in writes}

    async def one(self, step: Step, *, channel: str = "") -> Written:
        """Do one write that means a resource by criteria.

        Raises:
            SeveralMatch: it means several.
            NoSuchResource: it is to change or delete one, and there is none.
        """
        if not step.criteria.partition("?")[2]:
            raise SeveralMatch(where=step.type)
        done = (await self._write([step], channel=channel))[step.place]
        assert done.written is not None  # noqa: S101 - it writes
        if not done.written.id:
            raise NoSuchResource(where=step.type)
        return done.written

    # --- each for itself ------------------------------------------------------------------------

    async def _batch(self, bundle: Mapping[str, Any], *, channel: str, strict: bool) -> list[Done]:
        entries = bundle.get("entry", [])
        if not isinstance(entries, list) or len(entries) > bundles.ENTRIES_MAX:
            raise broken("Bundle.entry", "it has too many entries", "条目过多")
        done: list[Done] = []
        for begin in range(0, len(entries), BATCH_TOGETHER):
            done += await asyncio.gather(
                *(
                    self._alone(place, entries[place], channel=channel, strict=strict)
                    for place in range(begin, min(begin + BATCH_TOGETHER, len(entries)))
                )
            )
        return done

    async def _alone(self, place: int, entry: object, *, channel: str, strict: bool) -> Done:
        """Do one entry of a batch; a failure is its answer."""
        try:
            step = bundles.read_step(place, entry)
            if step.method in READING:
                return await self._read(step, strict=strict)
            with permitted(WRITE, where=step.where):
                _check_scope(step)
                return (await self._write([step], channel=channel))[place]
        except LianyiError as failure:
            return _refused(failure)

    async def _read(self, step: Step, *, strict: bool) -> Done:
        """Do an entry that reads; a failure is its answer."""
        assert self._reads is not None  # noqa: S101 - whoever reads Bundles gives it
        try:
            found = await self._reads.read(step, strict=strict)
        except LianyiError as failure:
            return _refused(failure)
        written = Written(step.type, step.id, found.version, found.updated_at, False, b"")
        if found.known:
            return Done("304 Not Modified", written)
        return Done("200 OK", written, b"" if step.method == "HEAD" else found.body)


def _check_scope(step: Step) -> None:
    """Do nothing when whoever asks may do this; an app may what it was given.

    Whether a resource is of the patient in its context is looked at when it is written.

    Raises:
        OutsideOfReach: it may not.
    """
    granted = current().actor.granted
    if granted is None:
        return
    about = {"patient": [granted.patient]} if granted.patient else {}
    if not covers(granted, step.type, LETTERS[step.method], about):
        raise OutsideOfReach(where=step.where)


def _done(found: Intent | Written, made: Mapping[tuple[str, str], Made]) -> Done:
    if isinstance(found, Written):
        return Done("200 OK" if found.version else "204 No Content", found)
    written = written_of(found, made[found.type, found.id])
    if found.resource is None:
        return Done("204 No Content", written)
    return Done("201 Created" if written.created else "200 OK", written)


def _refused(failure: LianyiError) -> Done:
    problem = failure.record() | {one: failure.told(one)._asdict() for one in ("zh", "en")}
    door = failure.category.value
    body = json_text.write(outcome(problem, issue=door.fhir_issue))
    status = HTTPStatus(status_of(failure))
    return Done(f"{status.value} {status.phrase}", refused=body)


def _answered(done: Done, base: str, wants: str) -> tuple[dict[str, Any], bytes]:
    response: dict[str, Any] = {"status": done.status}
    written = done.written
    if written is not None and written.version:
        if done.status[:2] == "20" and written.id and written.body:
            place = f"{base}/{written.type}/{written.id}/_history/{written.version}"
            response["location"] = place
        response["etag"] = f'W/"{written.version}"'
        if written.updated_at is not None:
            response["lastModified"] = instant(written.updated_at)
    if done.refused:
        response["outcome"] = json_text.read(done.refused)
    body = done.body
    if not body and written is not None and written.body:
        if wants == "representation":
            body = written.body
        elif wants == "OperationOutcome":
            response["outcome"] = json_text.read(answering.outcome_of(written))
    return {"response": response}, body
