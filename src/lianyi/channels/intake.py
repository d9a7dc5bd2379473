"""From bytes on the wire to a message in the log, and the answer to the sender.

The order is the promise: first the log, then the acknowledgment. A sender that reads ``AA`` may
forget the message, because we will not. Nothing here waits: :meth:`Intake.receive` hands the
message to the appender, and the answer leaves when its commit is done.

An HL7 v2 message that is written as usual is taken in after one look at it
(:class:`~lianyi.formats.hl7v2.Glancer`); any other, and any that a gate must judge, is read.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from datetime import datetime
from functools import lru_cache

import orjson

from lianyi.base.clock import Clock
from lianyi.base.errors import LianyiError
from lianyi.base.telemetry import NO_TRACING, Tracing
from lianyi.channels.compiled import CompiledChannel
from lianyi.channels.content import NOWHERE, Content, Hl7Content, hl7_identity
from lianyi.channels.failures import EmptyBody
from lianyi.channels.gate import Finding, unreadable, why_held
from lianyi.channels.recent import RecentMessages, token_of
from lianyi.connectors.connector import Answer, Arrival, Reply
from lianyi.formats import hl7v2
from lianyi.messagelog import Appender, Gate, LogUnavailable, NewMessage, Position

HL7_TYPE = "x-application/hl7-v2+er7"
JSON_TYPE = "application/json"

_sha256 = hashlib.sha256


class Coming:
    """A message between its arrival and its answer. Calling it says what became of it.

    Attributes:
        glance: what one look saw; None when that was not enough.
        content: the message as it was read; None when one look was enough.
        gate: what the gate says, and in ``findings`` why.
        token: by which a repeat is known; None when it has no control id.
        began: when it arrived; None when nobody traces it.
    """

    __slots__ = (
        "_intake", "began", "content", "findings", "gate", "glance", "kind", "reply", "token",
    )  # fmt: skip

    def __init__(
        self,
        intake: Intake,
        reply: Reply,
        glance: hl7v2.Glance | None,
        began: datetime | None,
    ) -> None:
        self._intake = intake
        self.reply = reply
        self.glance = glance
        self.began = began
        self.content: Content | None = None
        self.gate = Gate.ACCEPT
        self.findings: Sequence[Finding] = ()
        self.token: bytes | None = None
        self.kind = ""

    def __call__(self, position: Position | None, failure: LianyiError | None) -> None:
        """Answer, now that the commit is done or has failed."""
        self._intake.committed(self, position, failure)


class Intake:
    """Receives for one version of one channel."""

    def __init__(
        self,
        channel: CompiledChannel,
        *,
        channel_number: int,
        recent: RecentMessages,
        clock: Clock,
        refuses: Callable[[], LianyiError | None],
        appender: Callable[[], Appender | None],
        tracing: Tracing = NO_TRACING,
    ) -> None:
        """Receive into the shard of a channel.

        Args:
            channel: the definition in force.
            channel_number: its number in the log.
            recent: what came in lately, of all channels of the shard.
            clock: for the answers.
            refuses: says why nothing may be stored now; None when it may.
            appender: the appender of the shard; None while there is none.
            tracing: gets the span from arrival to acknowledgment of sampled messages.
        """
        self._channel = channel
        self._number = channel_number
        self._recent = recent
        self._clock = clock
        self._refuses = refuses
        self._appender = appender
        self._tracing = tracing
        definition = channel.definition
        source = definition.source
        self._name = definition.channel
        self._is_hl7 = definition.format == "hl7v2"
        self._splits = self._is_hl7 and source.batch == "split"
        self._always_answers = source.acknowledge == "always"
        self._held_is_taken = definition.gate.answer_on_hold == "AA"
        self._gated = definition.gate.structure != "off" or bool(definition.gate.rules)
        self._look: Callable[[bytes], hl7v2.Glance | None] = _looks_away
        if self._is_hl7 and definition.identify == NOWHERE:
            self._look = hl7v2.Glancer(
                default_codec=source.default_codec, forced_codec=source.forced_codec
            ).look
        self.repeated = 0

    def receive(self, arrival: Arrival, reply: Reply) -> None:
        """Take one arrival: a message, or in HL7 v2 a batch of them; never raises."""
        body = arrival.body
        glance = self._look(body)
        if glance is None and self._splits and _may_be_batch(body):
            messages = hl7v2.split_batch(body).messages
            if messages and (len(messages) > 1 or messages[0] != body):
                self._receive_batch(messages, arrival, reply)
                return
        self._receive_one(body, glance, arrival, reply)

    def _receive_batch(self, messages: Sequence[bytes], arrival: Arrival, reply: Reply) -> None:
        """Record every message of a batch; answer when all are in the log, or one is not."""
        answers: list[Answer] = []

        def one_is_done(answer: Answer) -> None:
            answers.append(answer)
            if len(answers) == len(messages):
                bad = [answer for answer in answers if answer.category is not None]
                reply(bad[0] if bad else answers[0])

        for body in messages:
            self._receive_one(body, self._look(body), arrival, one_is_done)

    def _receive_one(
        self, body: bytes, glance: hl7v2.Glance | None, arrival: Arrival, reply: Reply
    ) -> None:
        began = self._clock.now() if self._tracing.on else None
        coming = Coming(self, reply, glance, began)
        refusal = self._refuses() if body else EmptyBody(where=self._name)
        if glance is None or self._gated:
            coming.content = self._channel.open(body)
        if refusal is not None:
            reply(self._not_stored(coming, refusal))
            return
        if coming.content is not None:
            coming.gate, coming.findings = self._judge(coming.content)
        message, control_id = self._envelope(coming, body, arrival)
        coming.kind = message.kind
        if not control_id or not self._recent.window_messages:
            self._append(message, coming)
            return
        token = token_of(self._number, control_id, message.body_hash)
        position = self._recent.find(token)
        if position is not None:
            self.repeated += 1
            reply(self._stored(coming, position))
        elif not self._recent.is_coming(token, lambda at: self._repeated(coming, at)):
            coming.token = token
            self._recent.begin(token)
            self._append(message, coming)

    def _judge(self, content: Content) -> tuple[Gate, Sequence[Finding]]:
        """Read the message and say what the gate says; what cannot be read is held."""
        if self._gated:
            return self._channel.judge(content)
        try:
            content.read()
        except LianyiError as error:
            return Gate.HOLD, (unreadable(error),)
        return Gate.ACCEPT, ()

    def _envelope(self, coming: Coming, body: bytes, arrival: Arrival) -> tuple[NewMessage, str]:
        """Say what the log is to know of the message, and the control id by which it repeats.

        Of a message that cannot be read that is little.
        """
        glance, content = coming.glance, coming.content
        try:
            if glance is not None:
                kind, sender, control_id, keys = hl7_identity(
                    glance.form.header, glance.control_id, glance.keys
                )
                codec = glance.form.header.codec
            elif content is not None:
                kind, sender, control_id, keys = content.identity()
                codec = content.codec
        except LianyiError:
            name = self._channel.definition.format
            return NewMessage(self._number, f"{name} ?", body, gate=Gate.HOLD), ""
        if not control_id and "idempotency_key" in arrival.attributes:
            control_id = arrival.attributes["idempotency_key"][:200]
            keys = (f"c:{control_id}", *keys)
        message = NewMessage(
            self._number, kind, body, codec, sender, keys, coming.gate, None, _sha256(body).digest()
        )
        return message, control_id

    def _append(self, message: NewMessage, coming: Coming) -> None:
        appender = self._appender()
        if appender is None:
            coming(None, self._unavailable())
        else:
            appender.append(message, coming)

    def committed(
        self, coming: Coming, position: Position | None, failure: LianyiError | None
    ) -> None:
        """Answer a message whose commit is done, or has failed."""
        if coming.token is not None:
            self._recent.end(coming.token, position)
        if position is None:
            coming.reply(self._not_stored(coming, failure or self._unavailable()))
            return
        coming.reply(self._stored(coming, position))
        if coming.began is not None:
            self._tracing.received(
                *position,
                started_at=coming.began,
                ended_at=self._clock.now(),
                attributes={"channel": self._name, "kind": coming.kind},
            )

    def _unavailable(self) -> LogUnavailable:
        return LogUnavailable(where=self._name, why="no process appends to its shard now")

    # --- answers ----------------------------------------------------------------------------

    def _repeated(self, coming: Coming, at: Position | None) -> None:
        if at is None:
            coming.reply(self._not_stored(coming, self._unavailable()))
        else:
            self.repeated += 1
            coming.reply(self._stored(coming, at))

    def _stored(self, coming: Coming, position: Position) -> Answer:
        """Answer a message that is in the log: taken, or held for a person."""
        held = None
        if coming.gate is Gate.HOLD and not self._held_is_taken:
            held = why_held(coming.findings)
        if self._is_hl7:
            return self._acknowledgment(coming, held, control_id=f"LY{position}")
        answer: dict[str, object] = {"position": str(position), "gate": coming.gate.name.lower()}
        if held is not None:
            answer["error"] = _told(held)
        return Answer(orjson.dumps(answer), held.category if held else None, JSON_TYPE)

    def _not_stored(self, coming: Coming, failure: LianyiError) -> Answer:
        """Answer a message that is not in the log: the sender must keep it."""
        if self._is_hl7:
            stamp = f"{self._clock.now():%H%M%S%f}"
            return self._acknowledgment(coming, failure, control_id=f"LYX{stamp}")
        return Answer(orjson.dumps({"error": _told(failure)}), failure.category, JSON_TYPE)

    def _acknowledgment(
        self, coming: Coming, failure: LianyiError | None, *, control_id: str
    ) -> Answer:
        glance, content = coming.glance, coming.content
        if glance is not None and failure is None:
            form = glance.form
            code = self._code(form.header, None)
            body = b"" if not code else form.acknowledge(
                code, at=self._clock.now(), theirs=glance.control_id, ours=control_id
            )  # fmt: skip
            return Answer(body, None, HL7_TYPE)
        header: hl7v2.Header | None = None
        try:
            if glance is not None:
                header = glance.header
            elif isinstance(content, Hl7Content):
                header = content.header
        except LianyiError:
            pass  # it is answered all the same
        code = self._code(header, failure)
        category = failure.category if failure else None
        if not code:
            return Answer(b"", category, HL7_TYPE)
        body = hl7v2.acknowledge(
            header, code=code, at=self._clock.now(), control_id=control_id, error=failure
        )
        return Answer(body, category, HL7_TYPE)

    def _code(self, header: hl7v2.Header | None, failure: LianyiError | None) -> str:
        return _answer_code(
            failure.category.value.hl7_ack if failure else "AA",
            header.accept_ack if header else "",
            header.application_ack if header else "",
            failed=failure is not None,
            always=self._always_answers,
        )


@lru_cache(maxsize=256)
def _answer_code(code: str, accept: str, application: str, *, failed: bool, always: bool) -> str:
    """Return the acknowledgment code in the mode that MSH-15 and MSH-16 ask for.

    Source: HL7 v2.5.1, 2.9.3 (enhanced mode) and table 0155. A sender that asks for no
    answer at all gets one all the same, unless the channel says ``as_asked``: one that
    says so by mistake and then waits would be stuck.
    """
    if not accept and not application:
        return code
    if _asked(accept, failed=failed):
        return "C" + code[1]
    if _asked(application, failed=failed):
        return code
    return "C" + code[1] if always else ""


def _asked(condition: str, *, failed: bool) -> bool:
    return condition == "AL" or condition == ("ER" if failed else "SU")


def _may_be_batch(body: bytes) -> bool:
    return body[:3] != b"MSH" or b"\rMSH" in body or b"\nMSH" in body


def _looks_away(body: bytes) -> None:
    """See nothing: what is not HL7 v2, or names places of its own, must be read."""


def _told(failure: LianyiError) -> dict[str, object]:
    return {
        "code": failure.code,
        "category": failure.category.name,
        "where": failure.where,
        "zh": failure.told("zh")._asdict(),
        "en": failure.told("en")._asdict(),
    }
