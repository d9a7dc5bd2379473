"""When and how often something is to be done: TQ1, and TQ of older versions, as a Timing. Pure.

Sources:
    HL7 v2.8.2 chapter 4: TQ1; 2A: RPT; table 0335; HL7 v2.3 chapter 4: TQ; HL7 FHIR R4: Timing.
"""

from __future__ import annotations

import re
from typing import Final

from lianyi.projections.clinical.hl7v2 import codes, datatypes
from lianyi.projections.clinical.hl7v2.datatypes import Element
from lianyi.projections.clinical.hl7v2.grouping import Order
from lianyi.projections.clinical.hl7v2.reading import Reading

_EVERY: Final = re.compile(r"Q(\d{1,3})([SMHDWL])", re.ASCII | re.IGNORECASE)
_UNITS: Final = {"S": "s", "M": "min", "H": "h", "D": "d", "W": "wk", "L": "mo"}
_EVENTS: Final = "v3-TimingEvent"


def timing_of(order: Order, at: Reading) -> Element:
    """Return when a medicine is to be taken: TQ1, else RXE-1 or ORC-7 of older versions."""
    pattern = start = end = ""
    for one in order.of("TQ1")[:1]:
        pattern = one.text(3, 1, 1) or one.text(3, 1)
        start, end = one.text(7), one.text(8)
    if not (pattern or start):
        encoded = order.first("RXE")
        for parts in (encoded.segment.first(1) if encoded else None, order.control.first(7)):
            if parts is not None and not (pattern or start):
                pattern, start, end = parts.text(2, 1), parts.text(4), parts.text(5)
    timing: Element = {}
    repeat = repeated(pattern)
    if bounds := datatypes.period_of(start, end, at):
        repeat["boundsPeriod"] = bounds
    if repeat:
        timing["repeat"] = repeat
    if pattern:
        timing["code"] = {"text": pattern}
    return timing


def repeated(pattern: str) -> Element:
    """Return how often: of table 0335 (``Q6H``, ``TID``) or in Chinese; empty where unknown."""
    if every := _EVERY.fullmatch(pattern):
        period = int(every[1])
        return {"frequency": 1, "period": period, "periodUnit": _UNITS[every[2].upper()]}
    if (event := codes.target_of("repeat-pattern", pattern)) and event.system.endswith(_EVENTS):
        return {"when": [event.code]}
    known = codes.target_of("timing", pattern)
    if known is None:
        return {}
    frequency, period_, unit = known.code.split("/")
    return {"frequency": int(frequency), "period": int(period_), "periodUnit": unit}
