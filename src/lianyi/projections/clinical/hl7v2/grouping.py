"""A message cut into what belongs together: patients, their visits, orders, documents. Pure.

The structures of the standard are followed as far as senders follow them: a segment belongs to what
was opened last before it and can hold it. Nothing is refused because it stands elsewhere.

Sources:
    HL7 v2.8.2: message structures ADT_A01 ..., ORM_O01, OML_O21, ORU_R01, OUL_R22, MDM_T02,
    RDE_O11, RDS_O13, RAS_O17, VXU_V04, SIU_S12, DFT_P03, PPR_PC1, REF_I12.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final

from lianyi.projections.clinical.hl7v2.segments import NOTHING, Segment

DETAILS: Final = frozenset(("OBR", "RXO", "RXE", "RXD", "RXA", "RXG", "ODS", "ODT", "RQD"))
"""Segments that say what is ordered or done."""
_OF_ORDERS: Final = frozenset(
    ("TQ1", "TQ2", "RXR", "RXC", "IPC", "ZDS", "CTD", "SAC", "RX1", "BLG")
)
_MEDICINES: Final = frozenset(("RXO", "RXE", "RXD", "RXA", "RXG"))
_FREE: Final = frozenset(
    ("SCH", "FT1", "RGS", "AIS", "AIG", "AIL", "AIP", "PRB", "GOL", "PTH", "RF1")
)
"""After these an order is over, and what follows is theirs."""


@dataclass(slots=True)
class Noted:
    """A segment and the comments (NTE) after it."""

    segment: Segment
    notes: list[Segment] = field(default_factory=list)


@dataclass(slots=True)
class Result(Noted):
    """An observation (OBX) and the specimen it was made on; None: the order's."""

    specimen: Noted | None = None


@dataclass(slots=True)
class Order:
    """One order and what came of it.

    Attributes:
        control: ORC; the empty segment where there is none.
        charge: FT1 that it stands below; the empty segment where there is none.
        details: OBR, RXE and the like, in their order.
        more: TQ1, RXR, RXC, IPC and the like.
        results: OBX.
        specimens: SPM.
    """

    control: Segment = NOTHING
    charge: Segment = NOTHING
    notes: list[Segment] = field(default_factory=list)
    details: list[Noted] = field(default_factory=list)
    more: list[Segment] = field(default_factory=list)
    results: list[Result] = field(default_factory=list)
    specimens: list[Noted] = field(default_factory=list)

    def first(self, *names: str) -> Noted | None:
        """Return the first detail of some names, the names in order of preference."""
        for name in names:
            for one in self.details:
                if one.segment.name == name:
                    return one
        return None

    def of(self, name: str) -> list[Segment]:
        """Return what else of a name belongs to it."""
        return [one for one in self.more if one.name == name]


@dataclass(slots=True)
class Document:
    """A document (TXA) and its content."""

    header: Segment
    notes: list[Segment] = field(default_factory=list)
    results: list[Result] = field(default_factory=list)


@dataclass(slots=True)
class Visit:
    """One visit: PV1, the PV2 after it, and comments."""

    pv1: Segment
    pv2: Segment = NOTHING
    notes: list[Segment] = field(default_factory=list)


@dataclass(slots=True)
class Care:
    """One patient and everything that is said of her.

    Attributes:
        pid: PID.
        notes: comments on her.
        visits: see there.
        singles: everything that stands for itself: NK1, AL1, DG1, FT1, SCH ...
        results: OBX that belong to no order.
        orders, documents: see there.
    """

    pid: Segment
    notes: list[Segment] = field(default_factory=list)
    visits: list[Visit] = field(default_factory=list)
    singles: list[Noted] = field(default_factory=list)
    results: list[Result] = field(default_factory=list)
    orders: list[Order] = field(default_factory=list)
    documents: list[Document] = field(default_factory=list)

    def first(self, name: str) -> Segment:
        """Return the first single segment of a name; the empty one where there is none."""
        return next((one.segment for one in self.singles if one.segment.name == name), NOTHING)


class _Grouper:
    """A message being cut."""

    def __init__(self) -> None:
        self.found: list[Care] = []
        self._early: list[Segment] = []
        self._order: Order | None = None
        self._document: Document | None = None
        self._specimen: Noted | None = None
        self._charge: Segment = NOTHING
        self._waiting: list[Noted] = []
        self._notes: list[Segment] = []

    def add(self, one: Segment) -> None:
        """Add the next segment."""
        name = one.name
        if name == "PID":
            self._begin(one)
            return
        if not self.found:
            self._early.append(one)
            return
        if name == "NTE":
            self._notes.append(one)
        elif name == "OBX":
            self._result(one)
        elif name == "SPM":
            self._specimen_of(one)
        elif name == "ORC" or name in DETAILS:
            self._order_of(one)
        elif name in _OF_ORDERS and self._order is not None:
            self._order.more.append(one)
        elif name == "TXA":
            self._document = Document(one)
            self._notes = self._document.notes
            self.found[-1].documents.append(self._document)
            self._order, self._specimen = None, None
        else:
            self._single(one)

    def _begin(self, pid: Segment) -> None:
        """A patient begins; what a message says before its first one is said of her."""
        self.found.append(Care(pid))
        self._charge = NOTHING
        self._order = self._document = self._specimen = None
        self._notes, self._waiting = self.found[-1].notes, []
        if self._early:
            early, self._early = self._early, []
            for one in early:
                self.add(one)
            self._order = self._document = self._specimen = None
            self._notes = self.found[-1].notes

    def _single(self, one: Segment) -> None:
        care = self.found[-1]
        if one.name == "PV1":
            care.visits.append(Visit(one))
            self._notes = care.visits[-1].notes
            return
        if one.name == "PV2" and care.visits:
            care.visits[-1].pv2 = one
            self._notes = care.visits[-1].notes
            return
        noted = Noted(one)
        care.singles.append(noted)
        self._notes = noted.notes
        if one.name == "FT1":
            self._charge = one
        if one.name in _FREE:
            self._order = self._document = self._specimen = None

    def _order_of(self, one: Segment) -> None:
        order = self._order
        is_control = one.name == "ORC"
        if (
            order is None
            or (is_control and order.control is not NOTHING)
            or (is_control and (order.results or order.first("OBR") is None))
            or (one.name == "OBR" and order.first("OBR", *_MEDICINES) is not None)
        ):
            order = self._new_order()
        if is_control:
            order.control = one
            self._notes = order.notes
        else:
            noted = Noted(one)
            order.details.append(noted)
            self._notes = noted.notes

    def _new_order(self) -> Order:
        order = self._order = Order(charge=self._charge, specimens=list(self._waiting))
        self._specimen = self._document = None
        self.found[-1].orders.append(order)
        return order

    def _specimen_of(self, one: Segment) -> None:
        noted = Noted(one)
        self._notes = noted.notes
        order = self._order
        if order is None or (self._waiting and order.results):
            self._order, self._waiting = None, [noted]
        else:
            order.specimens.append(noted)
        self._specimen = noted

    def _result(self, one: Segment) -> None:
        result = Result(one, specimen=self._specimen)
        self._notes = result.notes
        if self._document is not None:
            self._document.results.append(result)
        elif self._order is not None:
            self._order.results.append(result)
        else:
            self.found[-1].results.append(result)


def grouped(segments: Iterable[Segment]) -> list[Care]:
    """Return what a message says of each patient; empty where it names none."""
    grouper = _Grouper()
    for one in segments:
        if one.name not in ("MSH", "EVN", "SFT", "UAC"):
            grouper.add(one)
    return grouper.found
