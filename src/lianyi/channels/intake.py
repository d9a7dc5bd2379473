"""From bytes on the wire to a message in the log, and the answer to the sender.

The order is the promise: first the log, then the acknowledgment. A sender that reads ``AA`` may
forget the message, because we will not. Nothing here waits: :meth:`Intake.receive` hands the
message to the appender, and the answer leaves when its commit is done.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence

import orjson

from lianyi.base.clock import Clock
from lianyi.base.errors import LianyiError
from lianyi.base.telemetry import NO_TRACING, Tracing
from lianyi.channels.compiled import CompiledChannel
from lianyi.channels.content import Content, Hl7Content
from lianyi.channels.failures import EmptyBody
from lianyi.channels.gate import Finding, unreadable, why_held
from lianyi.channels.recent import RecentMessages, token_of
from lianyi.connectors.connector import Answer, Arrival, Reply
from lianyi.formats import hl7v2
from lianyi.messagelog import Appender, Gate, LogUnavailable, NewMessage, Position

HL7_TYPE = "x-application/hl7-v2+er7"
JSON_TYPE = "application/json"


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
        self._name = definition.channel
        self._is_hl7 = definition.format == "hl7v2"
        self._splits = self._is_hl7 and definition.source.batch == "split"
        self._always_answers = definition.source.acknowledge == "always"
        self._held_is_taken = definition.gate.answer_on_hold == "AA"
        self._gated = definition.gate.structure != "off" or bool(definition.gate.rules)
        self.repeated = 0

    def receive(self, arrival: Arrival, reply: Reply) -> None:
        """Take one arrival: a message, or in HL7 v2 a batch of them; never raises."""
        body = arrival.body
        if self._splits and (body[:3] != b"MSH" or b"\rMSH" in body or b"\nMSH" in body):
            messages = hl7v2.split_batch(body).messages
            if messages and (len(messages) > 1 or messages[0] != body):
                self._receive_batch(messages, arrival, reply)
                return
        self._receive_one(body, arrival, reply)

    def _receive_batch(self, messages: Sequence[bytes], arrival: Arrival, reply: Reply) -> None:
        """Record every message of a batch; answer when all are in the log, or one is not."""
        answers: list[Answer] = []

        def one_is_done(answer: Answer) -> None:
            answers.append(answer)
            if len(answers) == len(messages):
                bad = [answer for answer in answers if answer.category is not None]
                reply(bad[0] if bad else answers[0])

        for body in messages:
            self._receive_one(body, arrival, one_is_done)

    def _receive_one(self, body: bytes, arrival: Arrival, reply: Reply) -> None:
        refusal = self._refusal(body)
        content = self._channel.open(body)
        if refusal is not None:
            reply(self._not_stored(content, refusal))
            return
        gate, findings = self._judge(content)
        message, control_id = self._envelope(content, arrival, gate)
        if not control_id or not self._recent.window_messages:
            self._append(message, content, findings, None, reply)
            return
        body_hash = hashlib.sha256(body).digest()
        message = message._replace(body_hash=body_hash)
        token = token_of(self._number, control_id, body_hash)
        position = self._recent.find(token)
        if position is not None:
            self.repeated += 1
            reply(self._stored(content, gate, findings, position))
        elif not self._recent.is_coming(
            token, lambda at: reply(self._repeated(content, gate, findings, at))
        ):
            self._recent.begin(token)
            self._append(message, content, findings, token, reply)

    def _refusal(self, body: bytes) -> LianyiError | None:
        if not body:
            return EmptyBody(where=self._name)
        return self._refuses()

    def _judge(self, content: Content) -> tuple[Gate, Sequence[Finding]]:
        """Read the message and say what the gate says; what cannot be read is held."""
        if self._gated:
            return self._channel.judge(content)
        try:
            content.read()
        except LianyiError as error:
            return Gate.HOLD, (unreadable(error),)
        return Gate.ACCEPT, ()

    def _envelope(self, content: Content, arrival: Arrival, gate: Gate) -> tuple[NewMessage, str]:
        """Say what the log is to know of the message, and the control id by which it repeats.

        Of a message that cannot be read that is little.
        """
        try:
            kind, sender, control_id, keys = content.identity()
        except LianyiError:
            name = self._channel.definition.format
            return NewMessage(self._number, f"{name} ?", content.body, gate=Gate.HOLD), ""
        if not control_id and "idempotency_key" in arrival.attributes:
            control_id = arrival.attributes["idempotency_key"][:200]
            keys = (f"c:{control_id}", *keys)
        message = NewMessage(
            channel=self._number,
            kind=kind,
            body=content.body,
            codec=content.codec,
            sender=sender,
            keys=keys,
            gate=gate,
        )
        return message, control_id

    def _append(
        self,
        message: NewMessage,
        content: Content,
        findings: Sequence[Finding],
        token: int | None,
        reply: Reply,
    ) -> None:
        began = self._clock.now() if self._tracing.on else None

        def done(position: Position | None, failure: LianyiError | None) -> None:
            if token is not None:
                self._recent.end(token, position)
            if position is None:
                reply(self._not_stored(content, failure or self._unavailable()))
                return
            reply(self._stored(content, Gate(message.gate), findings, position))
            if began is not None:
                self._tracing.received(
                    *position,
                    started_at=began,
                    ended_at=self._clock.now(),
                    attributes={"channel": self._name, "kind": message.kind},
                )

        appender = self._appender()
        if appender is None:
            done(None, self._unavailable())
        else:
            appender.append(message, done)

    def _unavailable(self) -> LogUnavailable:
        return LogUnavailable(where=self._name, why="no process appends to its shard now")

    # --- answers ----------------------------------------------------------------------------

    def _repeated(
        self, content: Content, gate: Gate, findings: Sequence[Finding], at: Position | None
    ) -> Answer:
        if at is None:
            return self._not_stored(content, self._unavailable())
        self.repeated += 1
        return self._stored(content, gate, findings, at)

    def _stored(
        self, content: Content, gate: Gate, findings: Sequence[Finding], position: Position
    ) -> Answer:
        """Answer a message that is in the log: taken, or held for a person."""
        held = why_held(findings) if gate is Gate.HOLD and not self._held_is_taken else None
        if self._is_hl7 and isinstance(content, Hl7Content):
            return self._acknowledgment(content, held, control_id=f"LY{position}")
        answer: dict[str, object] = {"position": str(position), "gate": gate.name.lower()}
        if held is not None:
            answer["error"] = _told(held)
        return Answer(orjson.dumps(answer), held.category if held else None, JSON_TYPE)

    def _not_stored(self, content: Content, failure: LianyiError) -> Answer:
        """Answer a message that is not in the log: the sender must keep it."""
        if self._is_hl7 and isinstance(content, Hl7Content):
            stamp = f"{self._clock.now():%H%M%S%f}"
            return self._acknowledgment(content, failure, control_id=f"LYX{stamp}")
        return Answer(orjson.dumps({"error": _told(failure)}), failure.category, JSON_TYPE)

    def _acknowledgment(
        self, content: Hl7Content, failure: LianyiError | None, *, control_id: str
    ) -> Answer:
        try:
            header: hl7v2.Header | None = content.header
        except LianyiError:
            header = None
        code = self._code(header, failure)
        category = failure.category if failure else None
        if not code:
            return Answer(b"", category, HL7_TYPE)
        body = hl7v2.acknowledge(
            header, code=code, at=self._clock.now(), control_id=control_id, error=failure
        )
        return Answer(body, category, HL7_TYPE)

    def _code(self, header: hl7v2.Header | None, failure: LianyiError | None) -> str:
        """Return the acknowledgment code in the mode that MSH-15 and MSH-16 ask for.

        Source: HL7 v2.5.1, 2.9.3 (enhanced mode) and table 0155. A sender that asks for no
        answer at all gets one all the same, unless the channel says ``as_asked``: one that
        says so by mistake and then waits would be stuck.
        """
        code = failure.category.value.hl7_ack if failure else "AA"
        accept = header.accept_ack if header else ""
        application = header.application_ack if header else ""
        if not accept and not application:
            return code
        if _asked(accept, failed=failure is not None):
            return "C" + code[1]
        if _asked(application, failed=failure is not None):
            return code
        return "C" + code[1] if self._always_answers else ""


def _asked(condition: str, *, failed: bool) -> bool:
    return condition == "AL" or condition == ("ER" if failed else "SU")


def _told(failure: LianyiError) -> dict[str, object]:
    return {
        "code": failure.code,
        "category": failure.category.name,
        "where": failure.where,
        "zh": failure.told("zh")._asdict(),
        "en": failure.told("en")._asdict(),
    }
