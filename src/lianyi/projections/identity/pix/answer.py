"""What comes back to a query: RSP in the delimiters and the character set of the question. Pure.

Sources:
    IHE ITI TF-2, 3.9.4.2, 3.21.4.2, 3.22.4.2; HL7 v2.5, 3.4.2 (PID), 3.4.3 (PV1), 5.5.2 (QAK),
    5.5.5 (QRI), 2.15.8 (MSA).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Final, NamedTuple

from lianyi.base.errors import Category, LianyiError
from lianyi.formats.hl7v2 import CannotEncode, Header, error_segments, escape
from lianyi.projections.identity.pix.question import Question
from lianyi.projections.identity.values.names import NameKind, read_name

VERSION: Final = "2.5"
NOBODYS_NAME: Final = "~^^^^^^S"
"""PID-5 of an answer about identifiers alone: no name, and a second one that says so."""
_OURS: Final = (Category.UNSUPPORTED, Category.INTERNAL, Category.BUSY, Category.UNAVAILABLE)


class Number(NamedTuple):
    """One patient identifier as it is told."""

    value: str
    source: str


class Visit(NamedTuple):
    """An encounter as PV1 tells it; times are ``YYYYMMDDHHMMSS+ZZZZ``, empty where not known."""

    category: str
    place: str = ""
    facility: str = ""
    attending: Sequence[Number] = ()
    number: str = ""
    began: str = ""
    ended: str = ""


UNKNOWN_VISIT: Final = Visit("U")
"""Table 0004, U: PV1 must be there, and no encounter is known."""


class Person(NamedTuple):
    """One person in an answer.

    Attributes:
        numbers: of the wanted domains.
        name, sex, born, addresses, phones: as the one who asks may see them.
        score: how likely it is she who is meant, from 0 to 1; None: she fits exactly.
        model: by which the score was worked out.
        visit: her latest encounter; None: it was not asked for.
        about: whether demographics are told at all.
    """

    numbers: Sequence[Number]
    name: str = ""
    sex: str = ""
    born: str = ""
    addresses: Sequence[str] = ()
    phones: Sequence[str] = ()
    score: float | None = None
    model: str = ""
    visit: Visit | None = None
    about: bool = True


class Found(NamedTuple):
    """What the index answers.

    Attributes:
        persons: this time.
        total: in all.
        left: still to come.
        pointer: asks for them; empty: nothing is left.
    """

    persons: Sequence[Person] = ()
    total: int = 0
    left: int = 0
    pointer: str = ""


def code_of(errors: Sequence[LianyiError]) -> str:
    """Return MSA-1: AE where the question is at fault, AR where we are."""
    if not errors:
        return "AA"
    return "AR" if errors[0].category in _OURS else "AE"


class Answering:
    """Writes the answers to one message."""

    def __init__(
        self, header: Header, *, at: datetime, control_id: str, oids: Mapping[str, str]
    ) -> None:
        """Answer a message.

        Args:
            header: of it.
            at: now, aware.
            control_id: of the answer.
            oids: OID of an authority by its name.
        """
        self._to = header
        self._marks = header.delimiters
        self._at = at
        self._control_id = control_id
        self._oids = oids

    def found(self, question: Question, said: Found) -> bytes:
        """Return the answer to a question that was understood.

        Raises:
            CannotEncode: the character set of the question has no place for what was found.
        """
        status = "OK" if said.persons else "NF"
        counts = [] if question.patient[1] else [said.total, len(said.persons), said.left]
        name = question.echo.split(self._marks.field)[1]
        lines = [
            self._msh(question.ask.value[1]),
            self._line("MSA", ["AA", self._to.control_id]),
            self._line("QAK", [self._text(question.tag), status, name, *map(str, counts)]),
            question.echo,
        ]
        for n, person in enumerate(said.persons, start=1):
            lines += self._person(n, person)
        if said.pointer:
            lines.append(self._line("DSC", [said.pointer, "I"]))
        return self._bytes(lines)

    def failed(
        self,
        kind: str,
        errors: Sequence[LianyiError],
        *,
        tag: str = "",
        echo: str = "",
        code: str = "",
    ) -> bytes:
        """Return the answer that says why there is none.

        Args:
            kind: MSH-9.
            errors: why.
            tag: QPD-2; with it, QAK stands in the answer.
            echo: the QPD segment.
            code: MSA-1 where it is not that of the first error.
        """
        code = code or code_of(errors)
        lines = [self._msh(kind), self._line("MSA", [code, self._to.control_id])]
        lines += error_segments(self._to, errors)
        if tag:
            lines.append(self._line("QAK", [self._text(tag), code]))
        if echo:
            lines.append(echo)
        return self._bytes(lines)

    def accepted(self, kind: str) -> bytes:
        """Return that something was taken, and nothing more."""
        return self._bytes([self._msh(kind), self._line("MSA", ["AA", self._to.control_id])])

    # --- segments -------------------------------------------------------------------------------

    def _person(self, n: int, person: Person) -> Iterable[str]:
        yield self._pid(n, person)
        if person.visit is not None:
            yield self._pv1(n, person.visit)
        if person.score is not None:
            yield self._line("QRI", [f"{person.score:.4f}", "", self._text(person.model)])

    def _pid(self, n: int, person: Person) -> str:
        numbers = self._repeated(self._cx(one, "PI") for one in person.numbers)
        if not person.about:
            nobody = NOBODYS_NAME.replace("~", self._marks.repetition)
            name = nobody.replace("^", self._marks.component)
            return self._line("PID", [str(n), "", numbers, "", name])
        addresses = self._repeated(self._text(text) for text in person.addresses)
        phones = self._repeated(self._text(text) for text in person.phones)
        fields = [str(n), "", numbers, "", self._xpn(person.name), "", person.born, person.sex]
        return self._line("PID", [*fields, "", "", addresses, "", phones])

    def _pv1(self, n: int, visit: Visit) -> str:
        place = self._parts([self._text(visit.place), "", "", self._text(visit.facility)])
        attending = self._repeated(
            self._parts([self._text(one.value), *[""] * 7, self._hd(one.source)])
            for one in visit.attending
        )
        value, _, source = visit.number.partition("^")
        number = self._cx(Number(value, source), "VN") if value else ""
        return self._line(
            "PV1",
            [str(n), self._text(visit.category), place, "", "", "", attending]
            + [""] * 11
            + [number]
            + [""] * 24
            + [visit.began, visit.ended],
        )

    def _msh(self, kind: str) -> str:
        to, mark = self._to, self._marks.component
        fields = [
            to.encoding_characters, to.receiving_application, to.receiving_facility,
            to.sending_application, to.sending_facility, instant(self._at), "",
            kind.replace("^", mark), self._control_id, to.processing_id or "P",
            VERSION,
        ]  # fmt: skip
        if to.charset:
            fields += ["", "", "", "", "", to.charset]
        return self._line("MSH", fields)

    # --- fields ---------------------------------------------------------------------------------

    def _text(self, text: str) -> str:
        return escape(text, self._marks)

    def _parts(self, parts: Sequence[str]) -> str:
        return self._marks.component.join(parts).rstrip(self._marks.component)

    def _repeated(self, of: Iterable[str]) -> str:
        return self._marks.repetition.join(of)

    def _hd(self, source: str) -> str:
        oid = self._oids.get(source, "")
        parts = [self._text(source), *([oid, "ISO"] if oid else [])]
        return self._marks.subcomponent.join(parts)

    def _cx(self, number: Number, code: str) -> str:
        return self._parts([self._text(number.value), "", "", self._hd(number.source), code])

    def _xpn(self, name: str) -> str:
        family, given = divided(name)
        if not name:
            return ""
        return self._parts([self._text(family), self._text(given), "", "", "", "", "L"])

    def _line(self, segment: str, fields: Sequence[str]) -> str:
        return self._marks.field.join([segment, *fields]).rstrip(self._marks.field)

    def _bytes(self, lines: Sequence[str]) -> bytes:
        try:
            return "".join(f"{line}\r" for line in lines).encode(self._to.codec)
        except UnicodeEncodeError as error:
            raise CannotEncode(where="MSH-18", codec=self._to.codec) from error


def instant(at: datetime) -> str:
    """Return an aware instant as HL7 v2 writes it: ``20260102030405+0800``."""
    return at.strftime("%Y%m%d%H%M%S%z")


def divided(name: str) -> tuple[str, str]:
    """Return family and given name; a name of which it cannot be known is all family name."""
    read = read_name(name)
    if read.kind is NameKind.HANZI and read.surname and len(read.surname) < len(name):
        return name[: len(read.surname)], name[len(read.surname) :]
    if read.kind is NameKind.LATIN and " " in name:
        family, _, given = name.partition(" ")
        return family, given
    return name, ""
