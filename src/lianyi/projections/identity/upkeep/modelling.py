"""What people do with matching models: train a proposal, look at it, put it in force, roll back.

A model is of the whole index, so it is the business of whoever is responsible for all of it. Who
proposed a model does not put it in force; going back to one that was in force, or to the one that
ships, takes one person, for it is done in a hurry.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Collection
from contextlib import suppress
from datetime import datetime
from typing import Final

import asyncpg
import msgspec
import structlog

from lianyi.base.clock import Clock
from lianyi.base.errors import LianyiError, Unforeseen
from lianyi.messagelog.log import ACTS, NoSuchMessage
from lianyi.messagelog.message import LogMessage, Position
from lianyi.messagelog.postgres import PostgresLog
from lianyi.messagelog.postgres_leases import Connection
from lianyi.messagelog.search import Wanted
from lianyi.projections.identity import decisions, store
from lianyi.projections.identity.follow import NAME
from lianyi.projections.identity.matching import Activated
from lianyi.projections.identity.model import shipped_model
from lianyi.projections.identity.reading import Reading
from lianyi.projections.identity.upkeep import neighbourhood, proposals, telling
from lianyi.projections.identity.upkeep import store as upkeep_store
from lianyi.projections.identity.upkeep.neighbourhood import Neighbourhood
from lianyi.projections.identity.upkeep.problems import (
    AlreadyTraining,
    NoSuchModel,
    OwnProposal,
    TrainingEnded,
)
from lianyi.projections.identity.upkeep.views import (
    SHIPPED,
    ActivatedView,
    LessonsView,
    ModelsView,
    ModelView,
    ProposalView,
    ProposedView,
    TrainingView,
)
from lianyi.projections.identity.views import Bilingual
from lianyi.projections.problems import NotLearnedYet
from lianyi.projections.waiting import until_learned
from lianyi.security.access import OutsideOfReach, current
from lianyi.security.privacy.service import Privacy

TRAIN_SECONDS: Final = 600.0
LEARN_SECONDS: Final = 5.0
"""So long an answer waits for the index to be judged anew."""
LISTED_MAX: Final = 20
SNAPSHOTS_MAX: Final = 5
"""So often a snapshot is tried that something is learned into while it begins."""
_ACTIVATED: Final = f"{decisions.PREFIX}{decisions.ACTIVATED}"


class _Said(msgspec.Struct):
    """What an act says of who did it and why."""

    actor: str = ""
    reason: str = ""


class _Name(msgspec.Struct):
    name: str


class _Named(msgspec.Struct):
    """A model as it is kept, its name only: the counts beside it are megabytes."""

    model: _Name


log = structlog.get_logger(__name__)
_named: Final = msgspec.json.Decoder(_Named).decode
_said: Final = msgspec.json.Decoder(_Said).decode


class _Training:
    """One training, from when somebody began it."""

    def __init__(self, actor: str, since: datetime) -> None:
        self.actor = actor
        self.since = since
        self.task: asyncio.Task[Position] | None = None

    def view(self) -> TrainingView:
        """Show how it stands."""
        task = self.task
        if task is None or not task.done():
            return TrainingView(state="running", since=self.since, actor=self.actor)
        error = None if task.cancelled() else task.exception()
        if not task.cancelled() and error is None:
            return TrainingView(
                state="proposed", since=self.since, actor=self.actor, proposal=str(task.result())
            )
        told = error if isinstance(error, LianyiError) else Unforeseen(where="model")
        return TrainingView(
            state="failed",
            since=self.since,
            actor=self.actor,
            code=told.code,
            why=Bilingual(zh=told.text("zh"), en=told.text("en")),
        )


class Modelling(Reading):
    """Trains models and puts them in force."""

    def __init__(
        self,
        pool: asyncpg.Pool,
        log: PostgresLog,
        clock: Clock,
        *,
        privacy: Privacy,
        sensitive: Collection[str] = (),
    ) -> None:
        """Work on the version in force; see :class:`Reading`.

        Args:
            pool: of the database; as the doors see it.
            log: for proposals and activations.
            clock: the time now.
            privacy: decides what is shown of patients.
            sensitive: see :class:`Reading`.
        """
        super().__init__(pool, clock, privacy=privacy, sensitive=sensitive)
        self._log = log
        self._training: _Training | None = None
        self._ending = threading.Event()

    # --- training -------------------------------------------------------------------------------

    async def propose(self) -> TrainingView:
        """Begin to train on the records of the index; what comes of it is an act in the log.

        Raises:
            OutsideOfReach: whoever asks is not responsible for the whole index.
            AlreadyTraining: the training before is not done.
        """
        _everywhere()
        running = self._training
        if running is not None and (running.task is None or not running.task.done()):
            raise AlreadyTraining(where="model", actor=running.actor)
        training = _Training(current().actor.name, self._clock.now())
        self._training = training
        training.task = asyncio.create_task(self._train(), name="identity training")
        training.task.add_done_callback(_ended)
        return training.view()

    async def _train(self) -> Position:
        deadline = self._clock.elapsed_seconds() + TRAIN_SECONDS

        def go_on() -> None:
            if self._ending.is_set() or self._clock.elapsed_seconds() > deadline:
                raise TrainingEnded(where="model", minutes=round(TRAIN_SECONDS / 60))

        near, in_force = await self._look()
        proposal = await asyncio.to_thread(proposals.make, near, in_force, go_on)
        return await self._log.append_act(proposals.proposed(proposal))

    async def _look(self) -> tuple[Neighbourhood, Activated]:
        """Read what is learned from: one snapshot on one connection."""
        for left in reversed(range(SNAPSHOTS_MAX)):
            try:
                async with self.reading(snapshot=True) as (connection, schema):
                    in_force = (await self.matching(connection, schema)).activated
                    return await neighbourhood.load(connection, schema), in_force
            except asyncpg.SerializationError:
                if not left:
                    raise
        raise AssertionError

    async def close(self) -> None:
        """End a training that runs."""
        self._ending.set()
        training = self._training
        if training is not None and training.task is not None:
            await asyncio.gather(training.task, return_exceptions=True)

    # --- looking --------------------------------------------------------------------------------

    async def models(self) -> ModelsView:
        """Return what is in force, what was, and what is proposed."""
        _everywhere()
        async with self.reading() as (connection, schema):
            rows = await upkeep_store.models(connection, schema, limit=LISTED_MAX)
        history = [
            await self._model_view(Position(row.shard, row.number), row.said_at, row.model, n == 0)
            for n, row in enumerate(rows)
        ]
        shipped = ModelView(name=shipped_model().name, in_force=not history)
        found = await self._log.find(Wanted(kind=proposals.KIND, shards=[ACTS]), limit=LISTED_MAX)
        return ModelsView(
            in_force=history[0] if history else shipped,
            history=[*history, shipped],
            proposals=[
                ProposedView(position=str(one.position), at=one.received_at, actor=one.sender)
                for one in found
                if not one.tombstone
            ],
            training=self._training.view() if self._training else None,
        )

    async def _model_view(
        self, at: Position, said_at: datetime, model: bytes, in_force: bool
    ) -> ModelView:
        said = _said((await self._log.get(at)).body)
        return ModelView(
            name=_named(model).model.name,
            position=str(at),
            at=said_at,
            actor=said.actor,
            reason=said.reason,
            in_force=in_force,
        )

    async def proposal(self, position: str) -> ProposalView:
        """Return a proposal against the model in force.

        Raises:
            NoSuchModel: none stands there.
        """
        _everywhere()
        message = await self._act_at(Position.parse(position))
        said = self._proposed(message)
        proposal = said.proposal
        async with self.reading() as (connection, schema):
            in_force = (await self.matching(connection, schema)).activated.model
            examples = telling.records_in(proposal.shadow)
            seen = await self._seen(connection, schema, examples)
        return ProposalView(
            position=position,
            at=message.received_at,
            actor=said.actor,
            name=proposal.activated.model.name,
            may_activate=said.account != str(current().actor.account),
            lessons=LessonsView(**msgspec.to_builtins(proposal.lessons)),
            elements=telling.elements(proposal, in_force),
            thresholds=telling.thresholds(proposal, in_force),
            learned=telling.learned(proposal.activated),
            shadow=telling.shadow_view(proposal.shadow, seen),
        )

    async def _seen(self, connection: Connection, schema: str, records: set[int]) -> telling.Seen:
        whose = await store.persons_of(connection, schema, records)
        people = await self.people(connection, schema, set(whose.values()))
        return {one.row.record: one for of in people.of.values() for one in of}

    # --- deciding -------------------------------------------------------------------------------

    async def activate(self, model: str, *, reason: str) -> ActivatedView:
        """Put a model in force; the index is judged anew by it.

        Args:
            model: ``shipped``, or the position of a proposal or of an earlier model.
            reason: why.

        Raises:
            OutsideOfReach: whoever asks is not responsible for the whole index.
            NoSuchModel: none stands there.
            OwnProposal: whoever asks proposed it.
        """
        _everywhere()
        if model == SHIPPED:
            what = Activated(shipped_model())
        else:
            message = await self._act_at(Position.parse(model))
            what = self._earlier(message) or self._of_somebody_else(message)
        position = await self._log.append_act(decisions.activated(what, reason))
        learned = False
        with suppress(NotLearnedYet):  # a big index takes longer than anybody waits
            await until_learned(self._pool, NAME, position, timeout_seconds=LEARN_SECONDS)
            learned = True
        return ActivatedView(position=str(position), name=what.model.name, learned=learned)

    def _earlier(self, message: LogMessage) -> Activated | None:
        """Return the model that an act put in force, None if it is another act."""
        if message.kind != _ACTIVATED:
            return None
        found = decisions.read(message)
        return found if isinstance(found, Activated) else None

    def _of_somebody_else(self, message: LogMessage) -> Activated:
        said = self._proposed(message)
        if said.account == str(current().actor.account):
            raise OwnProposal(where="model")
        return said.proposal.activated

    def _proposed(self, message: LogMessage) -> proposals.Proposed:
        if message.kind != proposals.KIND:
            raise NoSuchModel(where="model")
        try:
            return proposals.read(message)
        except msgspec.MsgspecError as error:
            raise NoSuchModel(where="model") from error

    async def _act_at(self, position: Position) -> LogMessage:
        if position.shard != ACTS:
            raise NoSuchModel(where="model")
        try:
            return await self._log.get(position)
        except NoSuchMessage as error:
            raise NoSuchModel(where="model") from error


def _ended(task: asyncio.Task[Position]) -> None:
    """Say how a training ended; whoever lists the models is told why."""
    error = None if task.cancelled() else task.exception()
    if isinstance(error, LianyiError):
        log.warning("identity.training_failed", code=error.code)
    elif error is not None:
        log.error("identity.training_failed", kind=type(error).__name__)


def _everywhere() -> None:
    """Do nothing for whoever may do this everywhere.

    Raises:
        OutsideOfReach: he may not.
    """
    if not current().sees_everything:
        raise OutsideOfReach(where="model")
