"""A query as it was asked: QBP^Q23, QBP^Q22, QBP^ZV1. Pure.

Sources:
    IHE ITI TF-2, 3.9.4.1 (PIX query), 3.21.4.1 (PDQ), 3.22.4.1 (PDQ with visits); HL7 v2.5, 5.4.1
    (QBP), 5.5.4 (QPD), 5.5.6 (RCP), 2.15.4 (DSC).
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from hashlib import blake2b
from types import MappingProxyType
from typing import Final, NamedTuple

from lianyi.formats.hl7v2 import Message, unescape
from lianyi.projections.identity.pix.problems import UnclearQuery
from lianyi.projections.identity.statements import RecordKey

QUANTITY_MAX: Final = 100
"""So many persons at most come back at once, whatever is asked."""
DOMAINS_MAX: Final = 50
PARAMETERS_MAX: Final = 40
CANCEL: Final = "QCN^J01"


class Ask(Enum):
    """What is asked, by trigger event; the value is MSH-9 of the answer."""

    IDENTIFIERS = ("Q23", "RSP^K23^RSP_K23")
    PERSONS = ("Q22", "RSP^K22^RSP_K21")
    PERSONS_AND_VISITS = ("ZV1", "RSP^ZV2^RSP_ZV2")


BY_EVENT: Final = {f"QBP^{ask.value[0]}": ask for ask in Ask}

PARAMETERS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "PID.3": "mrn", "PID.3.1": "mrn",
        "PID.3.4": "source", "PID.3.4.1": "source", "PID.3.4.2": "source_oid",
        "PID.3.4.3": "", "PID.3.5": "",
        "PID.5": "family", "PID.5.1": "family", "PID.5.1.1": "family",
        "PID.5.2": "given", "PID.5.3": "middle",
        "PID.7": "born", "PID.7.1": "born", "PID.8": "sex",
        "PID.11": "address", "PID.11.1": "address", "PID.11.1.1": "address",
        "PID.11.2": "address_2", "PID.11.3": "city", "PID.11.4": "province",
        "PID.11.5": "", "PID.11.8": "district",
        "PID.13": "phone", "PID.13.1": "phone", "PID.13.12": "phone",
        "PID.13.6": "phone_area", "PID.13.7": "phone",
        "PV1.2": "category", "PV1.3": "ward", "PV1.3.1": "ward",
        "PV1.19": "visit", "PV1.19.1": "visit",
    }
)  # fmt: skip
"""What may be asked for in QPD-3, and what it is called here; empty: taken and not looked at."""
_VISIT_FIELDS: Final = frozenset({"category", "ward", "visit"})


class Question(NamedTuple):
    """A query.

    Attributes:
        ask: what for.
        tag: QPD-2.
        echo: the QPD segment as it was written.
        patient: whose identifiers are asked for: authority and value (ITI-9).
        wanted: what is known of somebody, by the names of :data:`PARAMETERS` (ITI-21, ITI-22).
        domains: authorities whose identifiers are wanted; empty: all.
        quantity: so many persons at most.
        skip: so many came back already.
        digest: of QPD, so that a continuation is of this query.
    """

    ask: Ask
    tag: str
    echo: str
    patient: RecordKey = ("", "")
    wanted: Mapping[str, str] = MappingProxyType({})
    domains: tuple[str, ...] = ()
    quantity: int = QUANTITY_MAX
    skip: int = 0
    digest: str = ""

    def pointer(self, skip: int) -> str:
        """Return DSC-1 that goes on after so many persons."""
        return f"{skip}.{self.digest}"


def unclear(where: str, why: str, why_zh: str) -> UnclearQuery:
    """Return why a query cannot be answered, in both languages."""
    return UnclearQuery(where=where, why=why, why_zh=why_zh)


def read_question(message: Message, oids: Mapping[str, str]) -> Question:
    """Read a query.

    Args:
        message: of an event in :data:`BY_EVENT`.
        oids: name of an authority by its OID.

    Raises:
        UnclearQuery: something is missing, too much, or unknown.
    """
    ask = BY_EVENT[message.header.event]
    segments = message.fields_of("QPD")
    if not segments or not message.get_raw("QPD-2"):
        raise unclear("QPD-2", "QPD names no query tag", "QPD 缺少查询标识")
    if message.get("RCP-1").strip() not in ("", "I"):
        raise unclear("RCP-1", "only immediate answers (I) are given", "仅支持即时应答（I）")
    echo = message.delimiters.field.join(segments[0])
    digest = blake2b(echo.encode(), digest_size=6).hexdigest()
    read = Question(
        ask, message.get("QPD-2"), echo, quantity=_quantity(message), digest=digest,
        skip=_skip(message, digest),
    )  # fmt: skip
    if ask is Ask.IDENTIFIERS:
        return read._replace(patient=_patient(message, oids), domains=_domains(message, 4, oids))
    return read._replace(wanted=_wanted(message, ask, oids), domains=_domains(message, 8, oids))


def _patient(message: Message, oids: Mapping[str, str]) -> RecordKey:
    value, source = message.get("QPD-3.1").strip(), _authority(message, "QPD-3", oids)
    if not value:
        raise unclear("QPD-3(1).1", "no patient identifier is given", "缺少患者标识")
    if not source:
        raise unclear("QPD-3(1).4", "the identifier names no authority", "标识缺少分配机构")
    return source, value


def _authority(message: Message, path: str, oids: Mapping[str, str]) -> str:
    """Return an authority as the index calls it: by its name, else by its OID."""
    name, oid = (message.get(f"{path}.4.{n}").strip() for n in (1, 2))
    return name or oids.get(oid, oid)


def _domains(message: Message, field: int, oids: Mapping[str, str]) -> tuple[str, ...]:
    """Return the authorities of "what domains returned"."""
    count = message.repetitions(f"QPD-{field}")
    if count > DOMAINS_MAX:
        raise unclear(
            f"QPD-{field}", f"more than {DOMAINS_MAX} domains", f"超过 {DOMAINS_MAX} 个标识域"
        )
    found = [_authority(message, f"QPD-{field}({n})", oids) for n in range(1, count + 1)]
    if not all(found):
        raise unclear(
            f"QPD-{field}({found.index('') + 1})", "a domain names no authority", "标识域为空"
        )
    return tuple(found)


def _quantity(message: Message) -> int:
    """Return RCP-2, never more than is given at once."""
    said = message.get("RCP-2.1").strip()
    unit = message.get("RCP-2.2").strip() or "RD"
    if not said:
        return QUANTITY_MAX
    if not (said.isascii() and said.isdigit() and len(said) < 10 and int(said)) or unit != "RD":
        raise unclear("RCP-2", "it is no number of records (RD)", "不是记录数（RD）")
    return min(int(said), QUANTITY_MAX)


def _skip(message: Message, digest: str) -> int:
    """Return how many persons came back already, as DSC-1 says."""
    pointer = message.get("DSC-1").strip()
    if not pointer:
        return 0
    skip, _, of = pointer.partition(".")
    if of != digest or not (skip.isascii() and skip.isdigit() and len(skip) < 6):
        raise unclear("DSC-1", "it continues no such query", "续传指针不属于该查询")
    return int(skip)


def _wanted(message: Message, ask: Ask, oids: Mapping[str, str]) -> dict[str, str]:
    """Return what QPD-3 asks for: ``@PID.5.1.1^SMITH`` in each repetition."""
    marks, found = message.delimiters, dict[str, str]()
    raw = message.get_raw("QPD-3(*)")
    said = raw.split(marks.repetition) if raw else []
    if len(said) > PARAMETERS_MAX:
        raise unclear("QPD-3", "too many parameters", "查询参数过多")
    for n, one in enumerate(said, start=1):
        path, _, text = one.partition(marks.component)
        name = PARAMETERS.get(path.strip().removeprefix("@"))
        if name is None or (name in _VISIT_FIELDS and ask is not Ask.PERSONS_AND_VISITS):
            raise unclear(f"QPD-3({n}).1", "this cannot be asked for", "不支持该查询参数")
        value = unescape(text, marks, message.codec).strip()
        if name and value:
            found[name] = value
    oid = found.pop("source_oid", "")
    if oid:
        found.setdefault("source", oids.get(oid, oid))
    if found.keys().isdisjoint(("mrn", "family", "phone")):
        raise unclear(
            "QPD-3",
            "nobody is looked for without an identifier, a family name or a telephone",
            "缺少标识、姓氏或电话，无法查找",
        )
    return found
