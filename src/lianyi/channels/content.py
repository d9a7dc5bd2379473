"""One received message as filters and steps see it: read lazily, once, for all destinations.

Whatever the format, a :class:`Content` answers the same questions: what is at this path, what
event is it, who sent it, whose patient is it. What the log already knows of the message (its kind,
sender and keys) is taken from there, so that a message that nobody looks into is never parsed.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import ClassVar, NamedTuple

from lianyi.base.errors import LianyiError
from lianyi.channels.definition import Identify
from lianyi.channels.lazy import lazy
from lianyi.channels.problems import NotInFormat
from lianyi.formats import hl7v2
from lianyi.formats.hl7v2.paths import UNSAID

KEYS_MAX = 64
KEY_LENGTH_MAX = 200

NOWHERE = Identify()


class Identity(NamedTuple):
    """What the log keeps of a message besides its bytes; see :class:`Content`."""

    kind: str
    sender: str
    control_id: str
    keys: Sequence[str]


class Content(ABC):
    """A message that can be looked into, and changed when it is a copy.

    Attributes:
        body: the bytes as received (of a copy: as it was made).
        codec: Python codec of the bytes, empty when not known yet.
        received_at: when it came; None outside of the log.
        places: where the identifying values stand.
        suffix: what a split adds to the control id, ``-3``; empty otherwise.
    """

    format: ClassVar[str]
    content_type: ClassVar[str]

    def __init__(
        self,
        body: bytes,
        *,
        codec: str = "",
        received_at: datetime | None = None,
        places: Identify = NOWHERE,
        kind: str = "",
        sender: str = "",
        keys: Sequence[str] | None = None,
    ) -> None:
        self.body = body
        self.codec = codec
        self.received_at = received_at
        self.places = places
        self.suffix = ""
        self.own_control_id = ""
        if kind:
            self.__dict__["event"] = kind.partition(" ")[2]
        if sender:
            application, _, facility = sender.partition("|")
            self.__dict__["sending_application"] = application
            self.__dict__["sending_facility"] = facility
        if keys is not None:
            self.__dict__["keys"] = tuple(keys)
            control_id = self.key("c")
            if len(control_id) < KEY_LENGTH_MAX:  # a longer one was cut: the message says it whole
                self.own_control_id = control_id

    # --- what every format does its own way ------------------------------------------------

    @abstractmethod
    def read(self) -> None:
        """Parse it, if that has not happened yet.

        Raises:
            LianyiError: it is not what the format says; category INVALID.
        """

    @abstractmethod
    def get(self, path: str) -> str:
        """Return the text at a path; empty when nothing stands there.

        Raises:
            LianyiError: the message cannot be read, or the path is no path of this format.
        """

    @abstractmethod
    def get_all(self, path: str) -> list[str]:
        """Return the texts of all occurrences of a path; raises as :meth:`get`."""

    def anywhere(self, path: str) -> list[str]:
        """Return the texts at a path wherever it occurs: for filters and rules."""
        return self.get_all(path)

    @abstractmethod
    def set(self, path: str, value: str) -> None:
        """Write a text at a path.

        Raises:
            LianyiError: the path cannot be written.
        """

    @abstractmethod
    def copy(self) -> Content:
        """Return a content that can be changed without changing this one."""

    @abstractmethod
    def encode(self) -> bytes:
        """Return the bytes; ``body`` itself when nothing was changed."""

    # --- who and what ----------------------------------------------------------------------

    @lazy
    def event(self) -> str:
        """The trigger event, ``ADT^A01``; empty when the format does not say."""
        return self.at(self.places.event)

    @lazy
    def sending_application(self) -> str:
        """Who sent it."""
        return self.at(self.places.sending_application)

    @lazy
    def sending_facility(self) -> str:
        """Where the sender belongs."""
        return self.at(self.places.sending_facility)

    @property
    def processing(self) -> str:
        """P production, T test, D debugging; empty when the format does not say."""
        return ""

    @property
    def control_id(self) -> str:
        """What the sender calls this message; of a part after a split ``<id>-<n>``."""
        own = self.own_control_id or self.at(self.places.control_id)
        return own and own + self.suffix

    @property
    def kind(self) -> str:
        """Format and trigger event, as the log keeps it: ``hl7v2 ADT^A01``, ``json``."""
        return f"{self.format} {self.event}".rstrip()

    @property
    def sender(self) -> str:
        """Application and facility, as the log keeps it: ``HIS|HOSP1``."""
        return f"{self.sending_application}|{self.sending_facility}".rstrip("|")

    @lazy
    def keys(self) -> tuple[str, ...]:
        """What the message is found by: ``p:`` ``e:`` ``o:`` ``a:`` ``c:`` and a value."""
        places = self.places
        patient, authority = self.at(places.patient), self.at(places.patient_authority)
        found = [
            ("c", self.at(places.control_id)),
            ("p", f"{patient}^{authority}" if patient else ""),
        ]
        for letter, path in (
            ("e", places.encounter), ("o", places.order), ("a", places.accession),
        ):  # fmt: skip
            found.append((letter, self.at(path)))
        return keys_of(found)

    def identity(self) -> Identity:
        """Return what the log keeps of it, all at once.

        Raises:
            LianyiError: the message cannot be read.
        """
        return Identity(self.kind, self.sender, self.control_id, self.keys)

    def key(self, letter: str) -> str:
        """Return the first key of a kind, without its letter; empty when there is none."""
        for key in self.keys:
            if key[0] == letter:
                return key[2:]
        return ""

    def at(self, path: str) -> str:
        """Return the text at a path that may be empty, which means nowhere."""
        return self.get(path) if path else ""

    def text(self) -> str:
        """Return the whole message as text, as it is now."""
        return self.encode().decode(self.codec or "utf-8", "replace")

    def forget(self) -> None:
        """Forget what was concluded from the message, because it is being changed."""
        for name in ("event", "sending_application", "sending_facility", "keys"):
            self.__dict__.pop(name, None)

    def take_identity(self, other: Content) -> None:
        """Be the same message as another one, said in another format."""
        self.received_at = other.received_at
        self.__dict__.update(
            event=other.event,
            sending_application=other.sending_application,
            sending_facility=other.sending_facility,
        )
        self.own_control_id = other.control_id

    def inherit(self, other: Content) -> None:
        """Take over what does not depend on the bytes."""
        self.received_at = other.received_at
        self.suffix = other.suffix
        self.own_control_id = other.own_control_id


Test = Callable[[Content], bool]
"""Says whether a message is wanted."""


def keys_of(found: Sequence[tuple[str, str]]) -> tuple[str, ...]:
    """Return keys as the log keeps them: no empty ones, none twice, not too many or too long.

    The control id comes first, so that a message with very many orders does not lose it.
    """
    keys = (f"{letter}:{value[:KEY_LENGTH_MAX]}" for letter, value in found if value)
    return tuple(dict.fromkeys(keys))[:KEYS_MAX]


_CONTROL_ID = hl7v2.Path.of("MSH-10(*)")


class Hl7Content(Content):
    """An HL7 v2 message."""

    format = "hl7v2"
    content_type = "x-application/hl7-v2+er7"

    default_codec = "utf-8"
    forced_codec = ""
    _message: hl7v2.Message | None = None

    @property
    def message(self) -> hl7v2.Message:
        """The parsed message.

        Raises:
            MalformedHl7: it cannot be read.
        """
        return self._message or self._parse()

    def _parse(self) -> hl7v2.Message:
        self._message = hl7v2.parse(
            self.body,
            default_codec=self.default_codec,
            forced_codec=self.codec or self.forced_codec or None,
        )
        self.codec = self._message.codec
        return self._message

    def read(self) -> None:
        """Parse it; see :class:`Content`."""
        if self._message is None:
            self._parse()

    @property
    def header(self) -> hl7v2.Header:
        """MSH, without parsing the rest."""
        return self._message.header if self._message is not None else self._header

    @lazy
    def _header(self) -> hl7v2.Header:
        return hl7v2.read_header(
            self.body,
            default_codec=self.default_codec,
            forced_codec=self.codec or self.forced_codec or None,
        )

    def get(self, path: str) -> str:
        """Return the text at a path such as ``PID-3(2).4``; see :class:`Content`."""
        return (self._message or self._parse()).get(path)

    def get_all(self, path: str) -> list[str]:
        """Return the texts of all repetitions, of all segments for ``OBX(*)-5``."""
        return (self._message or self._parse()).get_all(path)

    def anywhere(self, path: str) -> list[str]:
        """Return the texts at a path in all segments of the name and all repetitions.

        A path that names its segment or repetition, ``OBX(2)-5``, means only that one.
        """
        asked = hl7v2.Path.of(path)
        message = self._message or self._parse()
        if asked.occurrence > 1 or asked.repetition != UNSAID or asked.segment == "MSH":
            return message.get_all(asked)
        slot, component, subcomponent = asked.slot, asked.component, asked.subcomponent
        marks, found = message.delimiters, []
        for fields in message.fields_of(asked.segment):
            field = fields[slot] if slot < len(fields) else ""
            for raw in (
                field.split(marks.repetition)
                if marks.repetition and marks.repetition in field
                else (field,)
            ):
                value = _part(raw, marks.component, component)
                value = _part(value, marks.subcomponent, subcomponent)
                if marks.escape and marks.escape in value:
                    value = hl7v2.unescape(value, marks, message.codec)
                found.append("" if value == hl7v2.NULL else value)
        return found

    def set(self, path: str, value: str) -> None:
        """Write a text at a path."""
        (self._message or self._parse()).set(path, value)
        if "MSH" in path or "keys" in self.__dict__:
            self.forget()

    def copy(self) -> Hl7Content:
        """Return a content that can be changed."""
        twin = self.around(self.message.copy())
        twin.received_at, twin.suffix = self.received_at, self.suffix
        return twin

    def around(self, message: hl7v2.Message) -> Hl7Content:
        """Return a content of the same channel that holds another message."""
        twin = type(self)(message.body, codec=message.codec, places=self.places)
        twin.default_codec, twin.forced_codec = self.default_codec, self.forced_codec
        twin._message = message
        return twin

    def encode(self) -> bytes:
        """Return the bytes; what nobody changed is as it was received."""
        return self.body if self._message is None else self._message.encode()

    @lazy
    def event(self) -> str:
        """MSH-9, always type and event: ``ADT^A01``."""
        return self.header.event if not self.places.event else self.get(self.places.event)

    @lazy
    def sending_application(self) -> str:
        """The first component of MSH-3."""
        own = self.places.sending_application
        return self.get(own) if own else self.header.sender

    @lazy
    def sending_facility(self) -> str:
        """The first component of MSH-4."""
        own, header = self.places.sending_facility, self.header
        if own:
            return self.get(own)
        return header.sending_facility.partition(header.encoding_characters[0])[0]

    @property
    def processing(self) -> str:
        """MSH-11.1."""
        header = self.header
        return header.processing_id.partition(header.encoding_characters[0])[0]

    @property
    def control_id(self) -> str:
        """MSH-10."""
        if self.own_control_id:
            return self.own_control_id
        if own := self.places.control_id:
            return self.get(own)
        # Asked for once for each delivery: a changed message need not read its whole MSH anew.
        message = self._message
        return self.header.control_id if message is None else message.get_raw(_CONTROL_ID)

    @lazy
    def keys(self) -> tuple[str, ...]:
        """Patient, encounter, orders, accession numbers, control id; see :class:`Content`."""
        found, places = hl7v2.browse_keys(self.message), self.places
        patient = self.at(places.patient)
        return keys_of(
            [
                ("c", self.control_id),
                *_letter("p", found.patients, patient and f"{patient}^{self._authority()}"),
                *_letter("e", found.encounters, self.at(places.encounter)),
                *_letter("o", found.orders, self.at(places.order)),
                *_letter("a", found.accessions, self.at(places.accession)),
            ]
        )

    def identity(self) -> Identity:
        """Return what the log keeps of it; see :class:`Content`.

        Where the channel names no places of its own, everything is taken from one look at the
        header and one at the usual fields: this runs once for every message that comes in.
        """
        if self.places is not NOWHERE:
            return super().identity()
        message = self.message
        header = message.header
        return hl7_identity(header, header.control_id, hl7v2.listed_keys(message))

    def _authority(self) -> str:
        return self.at(self.places.patient_authority)


def hl7_identity(header: hl7v2.Header, control_id: str, found: Sequence[str]) -> Identity:
    """Return what the log keeps of a message that is identified as usual.

    Args:
        header: its MSH; the control id in it is not read.
        control_id: MSH-10.
        found: its other keys, each with its letter.
    """
    component = header.encoding_characters[0]
    application, facility = header.sending_application, header.sending_facility
    if component in application:
        application = application.partition(component)[0]
    if component in facility:
        facility = facility.partition(component)[0]
    keys = ["c:" + control_id, *found] if control_id else found
    if len(keys) > KEYS_MAX or len(max(keys, key=len, default="")) > KEY_LENGTH_MAX:
        keys = [key[: KEY_LENGTH_MAX + 2] for key in keys[:KEYS_MAX]]
    sender = f"{application}|{facility}" if facility else application
    return Identity(f"hl7v2 {header.event}".rstrip(), sender, control_id, keys)


def _part(raw: str, mark: str, number: int) -> str:
    """Return a part of a value, counted from 1; 0 means all of it."""
    if not number or not mark or mark not in raw:
        return raw if number < 2 else ""
    parts = raw.split(mark, number)
    return parts[number - 1] if number <= len(parts) else ""


def _letter(letter: str, found: Sequence[str], own: str) -> list[tuple[str, str]]:
    """Return keys of one kind: the one that the channel names, or else those usually found."""
    return [(letter, value) for value in ((own,) if own else found)]


class RawContent(Content):
    """Bytes that nobody looks into."""

    format = "raw"
    content_type = "application/octet-stream"

    def read(self) -> None:
        """Do nothing: any bytes will do."""

    def get(self, path: str) -> str:
        """Refuse: there is nothing to look into.

        Raises:
            NotInFormat: always.
        """
        raise self._refusal(path)

    def get_all(self, path: str) -> list[str]:
        """Refuse, as :meth:`get`."""
        raise self._refusal(path)

    def set(self, path: str, value: str) -> None:
        """Refuse, as :meth:`get`."""
        raise self._refusal(path)

    def copy(self) -> RawContent:
        """Return another one with the same bytes."""
        twin = RawContent(self.body, codec=self.codec, places=self.places)
        twin.inherit(self)
        return twin

    def encode(self) -> bytes:
        """Return the bytes."""
        return self.body

    @staticmethod
    def _refusal(path: str) -> LianyiError:
        return NotInFormat(
            where=path,
            format="raw",
            why="raw bytes have no paths",
            why_zh="原始字节没有路径",
        )
