"""What DFT says is charged. Pure.

Every charge is a row, and so is what takes it back: a credit is a row of its own, below zero.
Amounts are in fen, exactly: one that is no whole number of fen is refused, not rounded. For which
order something is charged the ORC below it says, else FT1-23; the order learns that it was charged.

Source:
    HL7 v2.5.1, chapter 6: FT1, DFT_P03; table 0017 (CG charge, CD credit, AJ adjustment, PY
    payment).
"""

from __future__ import annotations

import decimal
from decimal import Decimal
from typing import Final

from lianyi.projections.clinical.hl7v2.amounts import decimal_of
from lianyi.projections.clinical.hl7v2.grouping import Care
from lianyi.projections.clinical.hl7v2.segments import Segment
from lianyi.projections.operational.hl7v2.context import (
    Context,
    only_said,
    practitioner,
    visit_of,
)
from lianyi.projections.operational.problems import UncountableCharge
from lianyi.projections.operational.statements import BESIDE

_CHARGES: Final = frozenset({"CG", "CD", "AJ", ""})
"""FT1-6. A payment (PY) pays for what was charged, and is no charge."""
_OWN: Final = frozenset({"CG", ""})
_CREDIT: Final = "CD"
_YUAN: Final = frozenset({"", "CNY", "RMB", "人民币", "元"})
_FEN_MAX: Final = 2**53
_DIGITS_MAX: Final = 10**14
_EXACT: Final = Decimal("0.0001")
_PRECISE: Final = decimal.Context(prec=2_000)


def read(care: Care, at: Context) -> None:
    """State every charge of one patient.

    Raises:
        UncountableCharge: an amount is no whole number of fen, or of another currency.
    """
    pv1 = visit_of(care)
    charges = [one.segment for one in care.singles if one.segment.name == "FT1"]
    for place, charge in enumerate(charges, start=1):
        type_ = charge.text(6).upper()
        if type_ not in _CHARGES:
            continue
        item, numbers = charge.text(7), _orders(care, charge, at)
        said = only_said(
            **{
                "encounter": at.encounter(care),
                "class": at.codes.of("class", pv1.text(2)),
                "ordering": at.department(pv1),
                "executing": at.codes.department(charge.text(13)),
                "doctor": practitioner(charge, 21),
                "charged_at": at.past(at.instant(charge, 4)),
                "category": at.codes.of("charge_item", item),
                "item": item,
                "payer": at.codes.of(
                    "payer", charge.text(14), pv1.text(20), care.first("IN1").text(2)
                ),
                "quantity": _quantity(charge),
                "amount_fen": _amount(charge, type_),
                "by_order": True if numbers else None,
            }
        )
        at.state("charge", _key(charge, place, type_, at), said)
        charged = said.get("charged_at")
        if type_ in _OWN and charged is not None:
            for number in numbers:
                at.state("order", number, {BESIDE: True, "charged_at": charged})


def _orders(care: Care, charge: Segment, at: Context) -> list[str]:
    """Return the numbers of the orders for which something is charged, each once."""
    below = [one for one in care.orders if one.charge is charge]
    found = [
        at.order_number(one.control, *details)
        or at.order_number(one.control, *details, filler=True)
        for one in below
        for details in [[noted.segment for noted in one.details if noted.segment.name == "OBR"]]
    ]
    return [one for one in dict.fromkeys([*found, at.number(charge, 23, 2)]) if one]


def _key(charge: Segment, place: int, type_: str, at: Context) -> str:
    """Return what a charge is known by: its number, else the message and its place in it.

    A credit or an adjustment under the number of its charge is a row beside it, one for each time.
    """
    number = charge.text(2, 1, 1)
    if not number:
        return f"{at.control}-{place}"
    key = f"{at.facility}^{number}"
    return key if type_ in _OWN else f"{key}^{type_}^{charge.text(4)}".rstrip("^")


def _quantity(charge: Segment) -> Decimal | None:
    found = decimal_of(charge.text(10))
    if found is None or abs(found) >= _DIGITS_MAX:
        return None
    rounded = found.quantize(_EXACT)
    return rounded if rounded == found else None


def _amount(charge: Segment, type_: str) -> int:
    """Return the amount in fen: FT1-11, else FT1-12 times FT1-10."""
    where = f"FT1({charge.number})-11"
    amount, field = decimal_of(charge.text(11, 1, 1)), 11
    if amount is None:
        each, count = decimal_of(charge.text(12, 1, 1)), decimal_of(charge.text(10) or "1")
        field = 12
        if each is not None and count is not None:
            amount = _PRECISE.multiply(each, count)
    currency = charge.text(field, 1, 2).upper()
    if amount is None:
        raise UncountableCharge(where=where, why="it says no amount", why_zh="没有金额")
    if currency not in _YUAN:
        raise UncountableCharge(
            where=where, why="it is in another currency", why_zh="不是人民币金额"
        )
    fen = _PRECISE.multiply(amount, Decimal(100))
    if abs(fen) > _FEN_MAX or fen != fen.to_integral_value():
        raise UncountableCharge(
            where=where, why="it is no whole number of fen", why_zh="金额不是整数分"
        )
    return -abs(int(fen)) if type_ == _CREDIT else int(fen)
