"""A message of HL7 v2, read into statements about rows of the star. Pure.

Segments are cut and grouped by the readers of the clinical repository, so that both understand a
message alike.

Source:
    HL7 v2.5.1.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final
from zoneinfo import ZoneInfo

from lianyi.formats import hl7v2
from lianyi.messagelog.message import LogMessage
from lianyi.projections.clinical.hl7v2.grouping import grouped
from lianyi.projections.clinical.hl7v2.segments import segments_of
from lianyi.projections.operational.hl7v2 import charges, encounters, orders
from lianyi.projections.operational.hl7v2.codes import Codes
from lianyi.projections.operational.hl7v2.context import Context
from lianyi.projections.operational.problems import NotOfAnEncounter
from lianyi.projections.operational.statements import Statement

_FORMAT: Final = "hl7v2 "
FEEDS: Final[Mapping[str, Sequence[str]]] = {
    "encounter": ("ADT",),
    "ward_day": ("ADT",),
    "order": sorted(orders.ORDERS),
    "drug": sorted(orders.ORDERS),
    "result": sorted(orders.RESULTS),
    "surgery": ("SIU",),
    "charge": ("DFT",),
}
"""Which types of messages say something of which facts; days of wards follow from encounters."""
_CLOSING: Final = sorted({*orders.RESULTS, "ORM", "RAS"})
FEEDS_OF: Final[Mapping[tuple[str, str], Sequence[str]]] = {
    ("order", "received_at"): sorted(orders.RESULTS),
    ("order", "reported_at"): sorted(orders.RESULTS),
    ("order", "closed_loop"): _CLOSING,
    ("order", "charged_at"): ("DFT",),
    ("order", "dispensed_at"): ("RDS",),
    ("order", "executed_at"): ("RAS",),
    ("order", "bedside"): ("RAS",),
    ("surgery", "done"): ("SIU",),
    ("charge", "by_order"): ("DFT",),
    ("result", "told_at"): (),
    ("result", "answered_at"): (),
}
"""The same of columns that not all messages of a fact can say; those of none come by mapping."""
_OTHERS: Final = orders.ORDERS | orders.RESULTS | {"SIU", "DFT"}


def wants(kind: str) -> bool:
    """Tell whether messages of a kind say anything that can be counted."""
    if not kind.startswith(_FORMAT):
        return False
    code, _, event = kind[len(_FORMAT) :].partition("^")
    if code == "ADT":
        return event[:3] in encounters.EVENTS
    return code[:3] in _OTHERS


def read(message: LogMessage, zone: ZoneInfo, codes: Codes) -> list[Statement]:
    """Return what a message says, in its order.

    Args:
        message: of a kind that :func:`wants`.
        zone: of times without one.
        codes: what codes mean.

    Raises:
        LianyiError: it is no HL7 v2, or says what cannot be counted.
    """
    found = hl7v2.parse(message.body, default_codec=message.codec or "utf-8")
    code, _, event = message.kind.removeprefix(_FORMAT).partition("^")
    at = Context(message, found, zone, codes)
    cares = grouped(segments_of(found))
    if not cares and code == "ADT":
        raise NotOfAnEncounter(where="PID-3", why="it names no patient", why_zh="没有患者标识")
    for care in cares:
        if code == "ADT":
            encounters.read(care, event[:3], at)
        elif code == "DFT":
            charges.read(care, at)
        elif code == "SIU":
            orders.read_appointment(care, event[:3], at)
        elif code[:3] in orders.RESULTS:
            orders.read_results(care, at)
        else:
            orders.read_orders(care, code[:3], at)
    return at.statements
