"""What a channel is: the one schema behind the YAML files, the API and the console forms.

Everything here is frozen data. ``loading`` reads it from text and says what is wrong with it;
``compiled`` turns it into closures that the engine runs.
"""

from __future__ import annotations

from collections.abc import Container
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]{1,62}$")]
FileName = Annotated[str, Field(pattern=r"^[A-Za-z0-9_][A-Za-z0-9_.-]{0,99}$")]
Format = Literal["hl7v2", "json", "xml", "rows", "raw"]
Seconds = Annotated[float, Field(gt=0, le=86_400)]


def _one_or_more(value: object) -> object:
    """Let ``event: ADT^A01`` stand for ``event: [ADT^A01]``."""
    return (value,) if isinstance(value, str | int | dict) else value


Texts = Annotated[tuple[str, ...], BeforeValidator(_one_or_more)]


class Part(BaseModel):
    """Base of every part of a definition: frozen, no unknown keys, ``1`` may stand for ``"1"``."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", coerce_numbers_to_str=True, populate_by_name=True
    )


class Filter(Part):
    """Which messages are wanted. All conditions must hold; none means all messages.

    Patterns know ``*`` (anything) and ``?`` (one character); one of a list must fit.

    Attributes:
        event: trigger event, ``ORU^R01``, ``ADT^*``.
        sending_application: MSH-3 (first component).
        sending_facility: MSH-4 (first component).
        processing: MSH-11: P, T or D.
        fields: path to patterns; fits when any occurrence of the path fits. ``""`` fits a
            field that is empty or absent.
        any_of: at least one of these filters must hold.
        not_: written ``not``; this filter must not hold.
        expression: CEL over ``event``, ``sending_application``, ``sending_facility`` and
            the functions ``field(path)``, ``fields(path)``.
    """

    event: Texts = ()
    sending_application: Texts = ()
    sending_facility: Texts = ()
    processing: Texts = ()
    fields: dict[str, Texts] = Field(default_factory=dict)
    any_of: tuple[Filter, ...] = ()
    not_: Filter | None = Field(default=None, alias="not")
    expression: Annotated[str, Field(max_length=2000)] = ""


class Copy(Part):
    """Copy the value at one path to another.

    Attributes:
        from_: written ``from``; the path that is read.
        to: the path that is written.
    """

    from_: str = Field(alias="from")
    to: str


class Map(Part):
    """Translate the code at a path by a table.

    Attributes:
        path: where the code stands; ``OBX(*)-3.1`` translates all of them.
        table: name of a file in ``content/tables``.
        to: where the translation goes; default: in place of the code.
        on_missing: what happens to a code that the table lacks. ``hold`` parks the delivery.
        default: what is written with ``on_missing: default``.
    """

    path: str
    table: FileName
    to: str = ""
    on_missing: Literal["keep", "hold", "empty", "default"] = "keep"
    default: str = ""


class Template(Part):
    """Write a text with ``{placeholders}``: into one path, or as the whole new message.

    Attributes:
        text: literal text with ``{PID-5.1}``, ``{PID-5.1|upper}``, ``{received_at}``.
        to: the path that receives the text; empty: the text becomes the message.
        format: of the new message; values are escaped for it.
    """

    text: Annotated[str, Field(max_length=100_000)]
    to: str = ""
    format: Literal["json", "xml", "raw"] = "raw"


class Split(Part):
    """Make one message of each part.

    Attributes:
        by: a segment (``OBX``, ``OBR``, …), or in JSON the path of a list.
        parts_max: a message with more parts is parked.
    """

    by: str
    parts_max: Annotated[int, Field(ge=1, le=10_000)] = 1000


class Call(Part):
    """Hand the message to a Python function that runs apart.

    Attributes:
        function: name of a file ``content/functions/<name>.py`` with ``run(message, settings)``.
        with_: written ``with``; handed to the function as ``settings``.
        time_limit_seconds: after it the function is stopped and the delivery parked.
        memory_limit_bytes: what the function may allocate.
        output_limit_bytes: how large the message may become.
    """

    function: FileName
    with_: dict[str, Any] = Field(default_factory=dict, alias="with")
    time_limit_seconds: Annotated[float, Field(gt=0, le=60)] = 1.0
    memory_limit_bytes: Annotated[int, Field(ge=16_777_216, le=2_147_483_648)] = 268_435_456
    output_limit_bytes: Annotated[int, Field(ge=1, le=67_108_864)] = 16_777_216


class Convert(Part):
    """Write the whole message in another character set.

    Attributes:
        charset: a name of HL7 table 0211, e.g. ``UNICODE UTF-8``, ``GB18030``; MSH-18 says it then.
    """

    charset: str


VERBS = (
    "use", "set", "copy", "map", "template", "split", "drop", "drop_segment", "convert", "call",
)  # fmt: skip


class Step(Part):
    """One change: exactly one verb, and perhaps a condition.

    Attributes:
        when: the step runs only for messages that this filter lets through.
        use: name of a step list (a bare name in a list of steps means the same).
        set_: written ``set``; path to template. ``{PID-8: "1", PID-5.1: "{PID-5.1|trim}"}``.
        copy_, map_: written ``copy``, ``map``.
        template, split, call: see there.
        drop: ``true``: the destination does not get this message.
        drop_segment: names of segments to remove, all occurrences.
        convert: HL7 v2: to another character set.
    """

    when: Filter | None = None
    use: Name | None = None
    set_: dict[str, str] | None = Field(default=None, alias="set")
    copy_: Copy | None = Field(default=None, alias="copy")
    map_: Map | None = Field(default=None, alias="map")
    template: Template | None = None
    split: Split | None = None
    drop: Literal[True] | None = None
    drop_segment: Texts | None = None
    convert: Convert | None = None
    call: Call | None = None

    @model_validator(mode="before")
    @classmethod
    def _true_is_a_word(cls, data: object) -> object:
        if isinstance(data, dict) and data.get("drop") == "true":
            return {**data, "drop": True}
        return data

    @model_validator(mode="after")
    def _one_verb(self) -> Self:
        if sum(getattr(self, verb) is not None for verb in _VERB_FIELDS) != 1:
            raise ValueError("a step has exactly one of " + ", ".join(VERBS))
        return self


_VERB_FIELDS = (
    "use", "set_", "copy_", "map_", "template", "split", "drop", "drop_segment", "convert", "call",
)  # fmt: skip


def _named(value: object) -> object:
    """Let a bare name stand for ``{use: name}``."""
    return {"use": value} if isinstance(value, str) else value


Steps = tuple[Annotated[Step, BeforeValidator(_named)], ...]


class StepList(Part):
    """A step list of its own, in ``content/steps/<name>.yaml``.

    Attributes:
        description: one sentence for people.
        steps: what is done, in this order.
    """

    description: str = ""
    steps: Annotated[Steps, Field(min_length=1)]


class Rule(Part):
    """One thing that the gate asks of a message.

    Attributes:
        path: where to look. The rule holds when it holds for every occurrence.
        required: the value must not be empty. Without it, an empty value is fine.
        matches: a regular expression that must fit the whole value.
        in_: written ``in``; the values allowed.
        table: name of a table; the value must be one of its codes.
        when: the rule applies only to messages that this filter lets through.
        otherwise: what the gate says when the rule does not hold.
        zh: what people read then, in Chinese; default: made from the rule.
        en: the same in English.
    """

    path: str
    required: bool = False
    matches: Annotated[str, Field(max_length=500)] = ""
    in_: Texts = Field(default=(), alias="in")
    table: FileName | Literal[""] = ""
    when: Filter | None = None
    otherwise: Literal["warn", "hold"] = "warn"
    zh: str = ""
    en: str = ""


class GateSettings(Part):
    """What is checked before a message is routed. What cannot be read is always held.

    Attributes:
        structure: HL7 v2 only: judge the structure against the message's own version. ``hold``
            holds on errors and warns on the rest.
        rules: what else must hold.
        answer_on_hold: AA says "we have it", AE asks the sender to look at it.
    """

    structure: Literal["off", "warn", "hold"] = "off"
    rules: tuple[Rule, ...] = ()
    answer_on_hold: Literal["AA", "AE"] = "AE"


class Identify(Part):
    """Where JSON and XML messages say what HL7 v2 says in MSH and PID. Paths; empty: nowhere.

    For HL7 v2 an entry replaces the usual place.

    Attributes:
        event: the trigger event, or what else the messages are told apart by.
        control_id: the sender's own number of the message; repeats are known by it.
        sending_application, sending_facility: who says it.
        patient, patient_authority: value and assigning authority of the patient identifier.
        encounter: number of the encounter.
        order: order number.
        accession: accession number.
    """

    event: str = ""
    control_id: str = ""
    sending_application: str = ""
    sending_facility: str = ""
    patient: str = ""
    patient_authority: str = ""
    encounter: str = ""
    order: str = ""
    accession: str = ""


class Source(Part):
    """Where messages come from. Keys besides these belong to the connector.

    Attributes:
        connector: ``mllp``, ``http``, ``files``, ``sql``.
        default_codec: of messages that do not say their codec.
        forced_codec: of messages that say a wrong one.
        batch: ``split`` makes a message of each one in an FHS/BHS batch.
        acknowledge: ``as_asked`` obeys a sender that wants no HL7 acknowledgment (MSH-15 and
            MSH-16 both NE); ``always`` answers it all the same.
        settings: what the connector is told (``port``, ``folder``, …).
    """

    connector: str
    default_codec: str = "utf-8"
    forced_codec: str = ""
    batch: Literal["split", "whole"] = "split"
    acknowledge: Literal["always", "as_asked"] = "always"
    settings: dict[str, Any] = Field(default_factory=dict)

    @model_validator(mode="before")
    @classmethod
    def _gather(cls, data: object) -> object:
        return gather(data, cls.model_fields)


class Retry(Part):
    """When a delivery is tried again, and when a person must look at it.

    Attributes:
        attempts_max: how often one message is tried before it is parked.
        first_wait_seconds: before the second attempt; doubles each time.
        longest_wait_seconds: it never waits longer.
        on_refusal: what a refusal (AE, AR, HTTP 4xx) means: a person must look, or try again.
    """

    attempts_max: Annotated[int, Field(ge=1, le=10_000)] = 12
    first_wait_seconds: Seconds = 5.0
    longest_wait_seconds: Seconds = 3600.0
    on_refusal: Literal["park", "retry"] = "park"


class Breaker(Part):
    """When to stop knocking at a receiver that cannot be reached, and when to look again.

    Attributes:
        failures_to_open: unreachable or silent so often in a row.
        first_wait_seconds: before the first look; doubles each time.
        longest_wait_seconds: it never waits longer.
    """

    failures_to_open: Annotated[int, Field(ge=1, le=1000)] = 3
    first_wait_seconds: Seconds = 1.0
    longest_wait_seconds: Seconds = 60.0


class OrderPath(Part):
    """Keep the order of messages that say the same at a path.

    Attributes:
        path: where the ordering key stands.
    """

    path: str


class Destination(Part):
    """One receiver. It reads the log at its own pace; what it cannot take delays nobody else.

    Keys besides these belong to the connector.

    Attributes:
        name: unique in the channel.
        connector: ``mllp``, ``http``, ``files``.
        address: ``host:port``, a URL, or a folder.
        settings: what else the connector is told (``tls``, ``folder``, …).
        enabled: ``false``: nothing is delivered, and nothing waits for it.
        filter: which messages it wants, besides the channel's own filter.
        transform: steps, or names of step lists.
        order_by: messages with the same key are delivered in the order they came.
        lanes: connections, and so messages on their way, at a time.
        timeout_seconds: for one attempt, connecting included.
        acknowledgment: ``required``: the answer must be one of ``accepted_codes`` (over HTTP
            also: a 2xx status); ``any``: whatever is answered is fine.
        accepted_codes: HL7 acknowledgment codes that mean "taken".
    """

    name: Name
    connector: str
    address: str = ""
    settings: dict[str, Any] = Field(default_factory=dict)
    enabled: bool = True
    filter: Filter = Filter()
    transform: Steps = ()
    order_by: Literal["patient", "encounter", "order", "none"] | OrderPath = "patient"
    lanes: Annotated[int, Field(ge=1, le=64)] = 8
    retry: Retry = Retry()
    breaker: Breaker = Breaker()
    timeout_seconds: Seconds = 10.0
    acknowledgment: Literal["required", "any"] = "required"
    accepted_codes: Texts = ("AA", "CA")

    @model_validator(mode="before")
    @classmethod
    def _gather(cls, data: object) -> object:
        return gather(data, cls.model_fields)


class Example(Part):
    """A test that travels with the channel: given this message, this happens.

    Attributes:
        name: the sentence that holds.
        message: the full text of a message; or instead
        event, sending_application, sending_facility, fields: what an invented one says.
        gate: what the gate says of it.
        delivered_to: the destinations that get it.
        expect: destination to path to value, after the transformation; a list when the message
            is split.
        parked: the destinations that want it, but whose steps cannot be done with it.
    """

    name: str
    message: str = ""
    event: str = ""
    sending_application: str = ""
    sending_facility: str = ""
    fields: dict[str, str] = Field(default_factory=dict)
    gate: Literal["accept", "warn", "hold"] = "accept"
    delivered_to: Annotated[tuple[Name, ...], BeforeValidator(_one_or_more)]
    expect: dict[Name, Annotated[tuple[dict[str, str], ...], BeforeValidator(_one_or_more)]] = (
        Field(default_factory=dict)
    )
    parked: Annotated[tuple[Name, ...], BeforeValidator(_one_or_more)] = ()

    @model_validator(mode="after")
    def _message_or_event(self) -> Self:
        if bool(self.message) == bool(self.event):
            raise ValueError("an example has either a message or an event")
        return self


class Channel(Part):
    """A named path from one source to any number of destinations.

    Attributes:
        channel: its name; the file is called the same.
        description: one sentence for people.
        owner: who answers for it.
        organisation: code of the hospital, or part of one, whose messages these are: people see
            them only where they have a role in it or above. Empty: only who has one everywhere.
        format: what the messages are; over MLLP always HL7 v2.
        mode: ``transparent`` sends every byte as it came (透明转发).
        filter: what it does not let through is logged, but goes to nobody.
        identify: where the keys stand that people search by.
        steps: step lists that only this channel uses, by name.
    """

    channel: Name
    description: str
    owner: str = ""
    organisation: Annotated[str, Field(pattern=r"^[^\s*]{0,100}$")] = ""
    format: Format = "hl7v2"
    mode: Literal["transparent", "interpreted"] = "interpreted"
    source: Source
    filter: Filter = Filter()
    gate: GateSettings = GateSettings()
    identify: Identify = Identify()
    steps: dict[Name, Steps] = Field(default_factory=dict)
    destinations: Annotated[tuple[Destination, ...], Field(min_length=1, max_length=200)]
    examples: tuple[Example, ...] = ()

    @model_validator(mode="after")
    def _format_is_known(self) -> Self:
        if "format" not in self.model_fields_set and self.source.connector != "mllp":
            raise ValueError("say the format of the messages: hl7v2, json, xml, rows or raw")
        if self.source.connector == "sql" and self.format != "rows":
            raise ValueError("messages of a sql source are rows: write 'format: rows'")
        return self


def gather(data: object, known: Container[str]) -> object:
    """Move the keys of ``data`` that are not in ``known`` into its ``settings``."""
    if not isinstance(data, dict) or not isinstance(data.get("settings") or {}, dict):
        return data
    settings = dict(data.get("settings") or {})
    settings.update({key: value for key, value in data.items() if key not in known})
    return {**{key: value for key, value in data.items() if key in known}, "settings": settings}
