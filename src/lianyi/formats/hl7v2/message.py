"""One HL7 v2 message: read by path, changed by path, and given back byte for byte.

Parsing turns the bytes into text once and cuts it into segments. A segment is cut into fields when
somebody looks into it, a field into its parts at each read. Whatever nobody changed is
written as it was received: same bytes, same line ends, same superfluous delimiters.
"""

from __future__ import annotations

from collections.abc import Iterator

from lianyi.formats.hl7v2 import charsets, preserving
from lianyi.formats.hl7v2.delimiters import NULL, Delimiters, escape, unescape
from lianyi.formats.hl7v2.errors import (
    BadPath,
    CannotEncode,
    FixedByMessage,
)
from lianyi.formats.hl7v2.findings import Finding
from lianyi.formats.hl7v2.header import Header, header_of
from lianyi.formats.hl7v2.paths import EVERY, HEADERS, Path
from lianyi.formats.hl7v2.segment import Segment


class Message:
    """A message that was read. Made by :func:`parse`; ``set`` and the like change it in place.

    Attributes:
        body: the bytes as received; never changed.
        codec: the Python codec that reads them and in which :meth:`encode` writes.
        warnings: what was odd while reading, such as a wrong MSH-18.
        delimiters: the marks that divide it.
    """

    __slots__ = (
        "_changed",
        "_ends",
        "_fields",
        "_header",
        "_lead",
        "_lines",
        "_places",
        "_received",
        "body",
        "codec",
        "delimiters",
        "warnings",
    )

    def __init__(
        self,
        body: bytes,
        codec: str,
        warnings: tuple[Finding, ...],
        delimiters: Delimiters,
        lead: str,
        lines: list[str],
        ends: list[str] | None,
    ) -> None:
        self.body = body
        self.codec = codec
        self.warnings = warnings
        self.delimiters = delimiters
        self._lead = lead
        self._lines = lines
        self._ends = ends
        self._fields: dict[int, list[str]] = {}
        self._places: dict[str, list[int]] | None = None
        self._changed = False
        self._received: list[bytes | None] | None = None
        self._header: Header | None = None

    # --- reading ---------------------------------------------------------------------------

    @property
    def header(self) -> Header:
        """MSH, as :func:`read_header` gives it."""
        if self._header is None or self._changed:
            self._header = header_of(self._line(0), self.codec)
        return self._header

    def get(self, path: str | Path) -> str:
        """Return the text at a path, escape sequences resolved.

        ``""`` when nothing stands there, and for the null value. A path to something that has
        parts gives all of them with their delimiters. Without a repetition the first is
        meant; ``PID-3(*)`` gives the whole field.

        Raises:
            BadPath: the path does not follow the grammar.
        """
        raw = self.get_raw(path)
        if raw == NULL:
            return ""
        marks = self.delimiters
        return unescape(raw, marks, self.codec) if marks.escape and marks.escape in raw else raw

    def get_raw(self, path: str | Path) -> str:
        """Return what is written at a path; ``""`` when absent, ``'""'`` for the null value.

        Raises:
            BadPath: the path does not follow the grammar.
        """
        if isinstance(path, str):
            path = Path.of(path)
        segment, occurrence, number, repetition, component, subcomponent, slot = path
        places = (self._places or self._find_places()).get(segment)
        if places is None or occurrence > len(places):
            return ""
        place = places[occurrence - 1 if occurrence > 0 else 0]
        fields = self._fields.get(place) or self._split(place)
        if slot >= len(fields):
            return ""
        if slot < 2 and segment in HEADERS:
            return self.delimiters.field if number == 1 else fields[1]
        raw = fields[slot]
        if not raw:
            return raw
        marks = self.delimiters
        if marks.repetition and marks.repetition in raw:
            if repetition == EVERY and not component:
                return raw
            raw = _part(raw, marks.repetition, repetition if repetition > 0 else 1)
        elif repetition > 1:
            return ""
        if component:
            raw = _part(raw, marks.component, component)
            if subcomponent:
                raw = _part(raw, marks.subcomponent, subcomponent)
        return raw

    def get_all(self, path: str | Path) -> list[str]:
        """Return the texts of all repetitions at a path, of all segments for ``OBX(*)-5``.

        A repetition that the path names itself is the only one. Empty repetitions are kept, so
        that the n-th text belongs to repetition n; an empty field has none.

        Raises:
            BadPath: the path does not follow the grammar.
        """
        asked = Path.of(path) if isinstance(path, str) else path
        every = asked.occurrence == EVERY
        texts: list[str] = []
        for occurrence in range(1, self.count(asked.segment) + 1) if every else [asked.occurrence]:
            here = asked._replace(occurrence=occurrence)
            if asked.repetition > 0:
                texts += [self.get(here)] if asked.repetition <= self.repetitions(here) else []
            else:
                texts += [self._text(raw) for raw in self._raw_repetitions(here)]
        return texts

    def _text(self, raw: str) -> str:
        return "" if raw == NULL else unescape(raw, self.delimiters, self.codec)

    def _raw_repetitions(self, asked: Path) -> list[str]:
        """Return what is written at a path in each repetition."""
        marks, field = self.delimiters, self._field(asked)
        if not field or (asked.slot < 2 and asked.segment in HEADERS):
            return [self.get_raw(asked)] if field else []
        raws = field.split(marks.repetition) if marks.repetition else [field]
        if asked.component:
            raws = [_part(raw, marks.component, asked.component) for raw in raws]
        if asked.subcomponent:
            raws = [_part(raw, marks.subcomponent, asked.subcomponent) for raw in raws]
        return raws

    def repetitions(self, path: str | Path) -> int:
        """Return how many repetitions the field of a path has; 0 when it is empty."""
        asked = Path.of(path) if isinstance(path, str) else path
        raw = self._field(asked)
        fixed = asked.slot < 2 and asked.segment in HEADERS
        if not raw or not self.delimiters.repetition or fixed:
            return 1 if raw else 0
        return raw.count(self.delimiters.repetition) + 1

    def count(self, segment: str) -> int:
        """Return how many segments of a name there are."""
        return len((self._places or self._find_places()).get(segment, ()))

    def segments(self, name: str = "") -> list[Segment]:
        """Return the segments of a name, or all, in their order."""
        if name:
            return [Segment(self, name, n + 1) for n in range(self.count(name))]
        seen: dict[str, int] = {}
        found = []
        for line in self._lines:
            if key := line[:3].strip():
                seen[key] = seen.get(key, 0) + 1
                found.append(Segment(self, line[:3], seen[key]))
        return found

    def fields_of(self, segment: str) -> list[list[str]]:
        """Return the raw fields of every segment of a name, for reading many of them fast.

        Item 0 is the name, so item n is field n (field n + 1 in MSH, BHS and FHS). Not to be
        changed by the caller.
        """
        places = (self._places or self._find_places()).get(segment)
        if places is None:
            return []
        fields = self._fields
        return [fields.get(place) or self._split(place) for place in places]

    def group(self, segment: str, occurrence: int, name: str) -> list[Segment]:
        """Return the ``name`` segments that follow the n-th ``segment`` before the next one.

        ``group("OBR", 2, "OBX")`` is the results of the second order.
        """
        starts = (self._places or self._find_places()).get(segment, [])
        if not 0 < occurrence <= len(starts):
            return []
        begin = starts[occurrence - 1]
        end = starts[occurrence] if occurrence < len(starts) else len(self._lines)
        inside = enumerate((self._places or {}).get(name, []), start=1)
        return [Segment(self, name, n) for n, place in inside if begin < place < end]

    def lines(self) -> Iterator[str]:
        """Give each segment as text, in order, blank lines left out."""
        return (line for n in range(len(self._lines)) if (line := self._line(n)).strip())

    # --- changing --------------------------------------------------------------------------

    def set(self, path: str | Path, value: str) -> None:
        """Write a text at a path; delimiters in it are escaped.

        Missing segments are added at the end, missing fields and parts in their places. ``""``
        empties, ``'""'`` writes the null value. ``PID-3`` and ``PID-3(*)`` mean the whole field,
        ``PID-3.1`` a part of the first repetition.

        Raises:
            BadPath: the path does not follow the grammar, or means many places at once.
            FixedByMessage: MSH-1 or MSH-2.
            CannotEncode: the message has no escape character and needs one.
        """
        self.set_raw(path, value if value == NULL else escape(value, self.delimiters))

    def set_raw(self, path: str | Path, raw: str) -> None:
        """Write HL7 text at a path as it is, e.g. a whole field that :meth:`get_raw` returned.

        Raises:
            BadPath: the path does not follow the grammar, or means many places at once.
            FixedByMessage: MSH-1 or MSH-2.
            CannotEncode: ``raw`` holds a line end, or the message lacks the delimiter it takes.
        """
        asked = Path.of(path) if isinstance(path, str) else path
        if asked.slot < 2 and asked.segment in HEADERS:
            raise FixedByMessage(where=str(asked))
        _check_single(asked)
        if "\r" in raw or "\n" in raw:
            raise CannotEncode(where=str(asked), codec="HL7")
        places = (self._places or self._find_places()).get(asked.segment, ())
        lacking = asked.occurrence - len(places)
        if lacking > 0:
            self._insert(self._end(), [asked.segment] * lacking)
            places = self._find_places()[asked.segment]
        place = places[asked.occurrence - 1]
        fields = self._fields.get(place) or self._split(place)
        if asked.slot >= len(fields):
            fields += [""] * (asked.slot + 1 - len(fields))
        if not self._changed:
            self._open()
        whole = not asked.component and asked.repetition <= 0
        fields[asked.slot] = raw if whole else self._put(fields[asked.slot], asked, raw)

    def _put(self, field: str, asked: Path, raw: str) -> str:
        """Return a field with ``raw`` put into one of its parts."""
        marks = self.delimiters
        steps = (
            (marks.repetition, max(asked.repetition, 0) or (1 if asked.component else 0)),
            (marks.component, asked.component),
            (marks.subcomponent, asked.subcomponent),
        )
        needed = [(mark, n) for mark, n in steps if n]
        return _replaced(field, needed, raw, asked)

    def add_segment(self, name: str, *, after: int | None = None) -> Segment:
        """Add an empty segment and return it.

        Args:
            name: three characters, e.g. ``ZPI``.
            after: the number of the line it shall follow, from 0; None means at the end.

        Raises:
            BadPath: the name is no segment name.
        """
        Path.of(f"{name}-1")
        place = self._end() if after is None else min(after + 1, self._end())
        self._insert(place, [name])
        return Segment(self, name, self._find_places()[name].index(place) + 1)

    def _end(self) -> int:
        """Return the number of the line after the last segment; blank lines may follow."""
        place = len(self._lines)
        while not self._lines[place - 1].strip():
            place -= 1
        return place

    def _insert(self, place: int, names: list[str]) -> None:
        """Put empty segments before a line."""
        self._open()
        count = len(names)
        self._lines[place:place] = names
        if self._ends is not None:
            self._ends[place:place] = [self._ends[0]] * count
            if not self._ends[place - 1]:
                self._ends[place - 1], self._ends[place + count - 1] = self._ends[0], ""
        if self._received is not None:
            self._received[place:place] = [None] * count
        moved = {n + count if n >= place else n: kept for n, kept in self._fields.items()}
        self._fields = moved | {place + n: [name] for n, name in enumerate(names)}
        self._places = None

    def delete_segment(self, name: str, occurrence: int = 1) -> bool:
        """Delete the n-th segment of a name; return whether there was one.

        Raises:
            FixedByMessage: MSH, without which nothing is a message.
        """
        if name == "MSH":
            raise FixedByMessage(where="MSH")
        places = (self._places or self._find_places()).get(name, [])
        if not 0 < occurrence <= len(places):
            return False
        place = places[occurrence - 1]
        self._open()
        del self._lines[place]
        if self._ends is not None:
            end = self._ends.pop(place)
            if place == len(self._ends):
                self._ends[place - 1] = end
        if self._received is not None:
            del self._received[place]
        self._fields.pop(place, None)
        self._fields = {n - (n > place): fields for n, fields in self._fields.items()}
        self._places = None
        return True

    def convert(self, charset: str) -> None:
        """Have the whole message written in another character set, and MSH-18 say so.

        Args:
            charset: a name of table 0211, e.g. ``UNICODE UTF-8`` or ``GB18030``.

        Raises:
            UnsupportedCharset: nobody knows it.
        """
        codec = charsets.known_codec(charset)
        if codec != self.codec:
            self._open()
            self._received = [None] * len(self._lines)
            self._lead = self._lead.removeprefix("\ufeff")
            self.codec = codec
        self.set("MSH-18", charset)

    def copy(self) -> Message:
        """Return a message that can be changed without changing this one."""
        twin = Message(
            self.body,
            self.codec,
            self.warnings,
            self.delimiters,
            self._lead,
            self._lines.copy(),
            None if self._ends is None else self._ends.copy(),
        )
        twin._fields = {n: fields.copy() for n, fields in self._fields.items()}
        twin._changed = self._changed
        twin._received = None if self._received is None else self._received.copy()
        return twin

    def encode(self) -> bytes:
        """Return the bytes: ``body`` itself when nothing changed.

        Otherwise the bytes of segments that nobody changed, and of fields that nobody changed
        inside of the others, are those received.

        Raises:
            CannotEncode: a value that was set does not exist in the message's codec.
        """
        if not self._changed:
            return self.body
        if self._received is None:
            lines = self._lines.copy()
            mark = self.delimiters.field
            for n, fields in self._fields.items():
                lines[n] = mark.join(fields)
            ends = self._ends
            if ends is None:
                text = "\r".join(lines)
            else:
                text = "".join(map("".join, zip(lines, ends, strict=True)))
            try:
                return (self._lead + text).encode(self.codec)
            except UnicodeEncodeError as error:
                line = text.count("\r", 0, error.start)
                raise CannotEncode(where=f"line {line + 1}", codec=self.codec) from error
        return b"".join(self._encoded_lines())

    # --- inside ----------------------------------------------------------------------------

    def _find_places(self) -> dict[str, list[int]]:
        places: dict[str, list[int]] = {}
        for n, line in enumerate(self._lines):
            name = line[:3]
            if name in places:
                places[name].append(n)
            else:
                places[name] = [n]
        self._places = places
        return places

    def _split(self, place: int) -> list[str]:
        fields = self._fields[place] = self._lines[place].split(self.delimiters.field)
        return fields

    def _line(self, place: int) -> str:
        fields = self._fields.get(place)
        return self._lines[place] if fields is None else self.delimiters.field.join(fields)

    def _field(self, asked: Path) -> str:
        places = (self._places or self._find_places()).get(asked.segment, ())
        if not places or asked.occurrence > len(places):
            return ""
        place = places[asked.occurrence - 1 if asked.occurrence > 0 else 0]
        fields = self._fields.get(place) or self._split(place)
        return fields[asked.slot] if asked.slot < len(fields) else ""

    def _open(self) -> None:
        """Get ready for the first change: keep the bytes that writing text would not give back."""
        if self._changed:
            return
        self._changed = True
        if self.codec in charsets.ROUND_TRIPS:
            return
        text = self._lead + "".join(map("".join, self._pieces()))
        if text.encode(self.codec, "replace") == self.body:
            return
        lead = len(self._lead.encode(self.codec))
        self._received = preserving.received_lines(self.body[lead:], self._pieces())

    def _pieces(self) -> Iterator[tuple[str, str]]:
        last = len(self._lines) - 1
        for n, line in enumerate(self._lines):
            yield line, self._ends[n] if self._ends is not None else "\r" if n < last else ""

    def _encoded_lines(self) -> Iterator[bytes]:
        yield self._lead.encode(self.codec)
        received = self._received or []
        for n, (line, end) in enumerate(self._pieces()):
            before, fields = received[n], self._fields.get(n)
            if before is not None and (fields is None or self._line(n) == line):
                yield before
            else:
                mark = self.delimiters.field
                yield preserving.encoded(before, line, fields or [line], mark, self.codec)
            yield end.encode("ascii")


def _part(raw: str, mark: str, number: int) -> str:
    """Return part ``number``, from 1, of what ``mark`` divides."""
    if not mark or mark not in raw:
        return raw if number == 1 else ""
    parts = raw.split(mark, number)
    return parts[number - 1] if number <= len(parts) else ""


def _replaced(whole: str, steps: list[tuple[str, int]], raw: str, asked: Path) -> str:
    """Return ``whole`` with ``raw`` put where the steps (mark, number) lead."""
    if not steps:
        return raw
    mark, number = steps[0]
    if not mark:
        if number > 1:
            raise CannotEncode(where=str(asked), codec="MSH-2")
        return _replaced(whole, steps[1:], raw, asked)
    parts = whole.split(mark)
    if number > len(parts):
        parts += [""] * (number - len(parts))
    parts[number - 1] = _replaced(parts[number - 1], steps[1:], raw, asked)
    return mark.join(parts)


def _check_single(asked: Path) -> None:
    """Refuse a path that means many places at once."""
    if asked.occurrence == EVERY or (asked.repetition == EVERY and asked.component):
        text = str(asked)
        at = text.index("*") + 1
        raise BadPath(where="path", path=text, at=at, expected="one number")
