"""What one message says about encounters."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lianyi.base.errors import LianyiError
from lianyi.formats import hl7v2
from lianyi.formats.hl7v2.keys import browse_keys
from lianyi.messagelog.message import NewMessage
from lianyi.projections.care import hl7
from lianyi.projections.care.model import Location, Order
from lianyi.projections.care.problems import UnreadableEncounter

from .saying import RECEIVED, ZONE, adt, hour, logged, order, said, segment


@pytest.mark.parametrize(
    ("kind", "wanted"),
    [
        ("hl7v2 ADT^A01", True), ("hl7v2 ADT^A40", True), ("hl7v2 ADT^A28", False),
        ("hl7v2 ADT", False), ("hl7v2 ORM^O01", True), ("hl7v2 OML^O21", True),
        ("hl7v2 ORU^R01", True), ("hl7v2 RDE^O11", True), ("hl7v2 DFT^P03", False),
        ("hl7v2 MFN^M02", False), ("json", False), ("act message.dismissed", False),
    ],
)  # fmt: skip
def test_it_wants_admissions_orders_and_results(kind: str, wanted: bool) -> None:
    assert hl7.wants(kind) is wanted


def test_patients_are_written_as_the_keys_of_the_log_are() -> None:
    message = adt("A01", "8", patient="P1^^^HIS&1.2&ISO^PI~N\\S\\7^^^PRC^NI~~P3")
    (saying,) = said(message)
    keys = browse_keys(hl7v2.parse(message.body, default_codec="utf-8"))
    assert saying.persons == keys.patients == ("P1^HIS", "N^7^PRC", "P3^")


def test_a_visit_and_a_place_have_their_authority() -> None:
    (saying,) = said(adt("A01", "8", visit="V1^^^HIS&1.2&ISO^VN", place="W1^^05^H1&9&L^^N"))
    assert saying.visit == "V1^HIS"
    assert saying.location == Location("W1^^05", "H1")


def test_what_was_recorded_decides_and_what_occurred_dates() -> None:
    (saying,) = said(adt("A02", "10", occurred="9"))
    assert (saying.recorded_at, saying.occurred_at) == (hour("10"), hour("9"))
    (saying,) = said(adt("A02", "10"))
    assert saying.occurred_at == hour("10")


def test_nothing_was_recorded_or_has_occurred_after_it_came() -> None:
    """A clock that goes wrong must not outweigh every later message."""
    (saying,) = said(adt("A03", "20990101000000", occurred="20990101", ended="20990102"))
    assert {saying.recorded_at, saying.occurred_at, saying.ended_at} == {RECEIVED}


def test_without_a_time_of_its_own_a_message_is_of_when_it_came() -> None:
    (saying,) = said(adt("A03", "", ended="soon"))
    assert (saying.recorded_at, saying.occurred_at) == (RECEIVED, RECEIVED)
    assert saying.ended_at is None


def test_an_order_names_who_ordered_once_for_each_number() -> None:
    body = (
        b"MSH|^~\\&|HIS|H1|||20260302080000||OML^O21|1|P|2.5.1\rPID|1||P1^^^HIS\rPV1|1|I|||||||||"
        b"||||||||V1\rORC|NW|O1|||||||||D1^A^^^^^^^HR\rOBR|1|||X||||||||||||D1^^^^^^^^HR~D2\r"
        b"ORC|CA|O2\rOBR|1|O2||X||||||||||||D3\rOBR|2||F3^LIS|X||||||||||||D4\r"
    )
    (saying,) = said(NewMessage(1, "hl7v2 OML^O21", body, "utf-8"))
    assert saying.visit == "V1^"
    assert saying.orders == (
        Order("O1", "NW", ("D1^HR", "D2^")),
        Order("O2", "CA", ("D3^",)),
        Order("F3", "CA", ("D4^",)),
    )


def test_results_of_several_patients_are_told_apart() -> None:
    lines = [
        "MSH|^~\\&|LIS|H1|||20260302080000||ORU^R01|1|P|2.4",
        *(segment("PID", {1: "1", 3: "P1"}), segment("OBR", {2: "O1", 16: "D1"})),
        *(segment("PID", {1: "2", 3: "P2"}), segment("PV1", {19: "V2"})),
        segment("OBR", {2: "O2", 16: "D2"}),
        *(segment("PID", {1: "3", 3: ""}), segment("OBR", {2: "O3", 16: "D3"})),
        *(segment("PID", {1: "4", 3: "P4"}), segment("OBR", {2: "O4"})),
    ]
    message = NewMessage(1, "hl7v2 ORU^R01", "\r".join(lines).encode(), "utf-8")
    assert [(one.persons, one.visit, one.part) for one in said(message)] == [
        (("P1^",), "", 0), (("P2^",), "V2^", 1),
    ]  # fmt: skip


def test_a_merge_says_which_identifiers_are_no_more() -> None:
    (saying,) = said(adt("A40", "9", patient="P2^^^HIS", gone="P1^^^HIS~K1^^^JKK"))
    assert (saying.event, saying.person, saying.gone) == ("A40", "P2^HIS", ("P1^HIS", "K1^JKK"))


@pytest.mark.parametrize(
    "message",
    [
        adt("A01", "8", patient=""),
        adt("A01", "8", patient='""'),
        adt("A01", "8", patient="P" * 101),
        adt("A01", "8", place="W" * 101),
        adt("A01", "8", visit="V" * 101),
        adt("A08", "8", doctor="D" * 101),
        adt("A40", "8", gone="^^^HIS"),
        order("8", number="O" * 101),
    ],
)
def test_what_names_nobody_or_what_nobody_can_keep_is_set_aside(message: NewMessage) -> None:
    with pytest.raises(UnreadableEncounter):
        said(message)


def test_an_order_by_nobody_or_for_nobody_says_nothing() -> None:
    assert said(order("8", doctor="", control="")) == []
    assert said(order("8", patient="")) == []


@given(
    field=st.text(max_size=30).filter(lambda text: "\r" not in text and "\n" not in text),
    place=st.sampled_from(["PID|1||{}", "PV1|1|I|{}", "PV1|1||||||{}", "EVN||{}", "ORC|NW|{}"]),
    kind=st.sampled_from(["ADT^A01", "ADT^A12", "ADT^A40", "ORM^O01"]),
)
def test_no_message_breaks_the_reading(field: str, place: str, kind: str) -> None:
    body = f"MSH|^~\\&|HIS|H1|||2026||{kind}|1|P|2.5\rPID|1||P1\r{place.format(field)}\rMRG|P2\r"
    message = NewMessage(1, f"hl7v2 {kind}", body.encode("utf-8", "replace"), "utf-8")
    try:
        sayings = hl7.read(logged(message), ZONE)
    except LianyiError:
        return
    texts = [text for one in sayings for text in (*one.persons, *one.gone, one.visit)]
    assert all("\x00" not in text for text in texts)
