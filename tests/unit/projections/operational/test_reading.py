"""What messages say of rows of the star, field by field."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import takewhile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lianyi.base.errors import LianyiError
from lianyi.messagelog.message import NewMessage, is_storable
from lianyi.projections.operational.hl7v2 import messages
from lianyi.projections.operational.hl7v2.codes import SITE_FILE, read_codes, shipped
from lianyi.projections.operational.problems import (
    NotOfAnEncounter,
    TooLongToCount,
    UncountableCharge,
    UnusableCodes,
)
from lianyi.projections.operational.star import star
from lianyi.projections.operational.statements import Statement
from lianyi.simulate.story import StorySettings, tell

from .saying import (
    ZONE,
    adt,
    charge,
    fold_all,
    folded,
    instant,
    logged,
    message,
    ordered,
    reported,
    said,
    segment,
    stamp,
    visit,
)


def only(new: NewMessage, fact: str, **more: Any) -> dict[str, Any]:
    """The columns of the one row that a message makes of a fact."""
    (row,) = folded(new, **more)[fact].values()
    return dict(row.columns)


@pytest.mark.parametrize(
    ("kind", "wanted"),
    [
        ("hl7v2 ADT^A01", True),
        ("hl7v2 ADT^A13", True),
        ("hl7v2 ADT^A28", False),
        ("hl7v2 ADT^A40", False),
        ("hl7v2 ORU^R01", True),
        ("hl7v2 DFT^P03", True),
        ("hl7v2 RAS^O17", True),
        ("hl7v2 MDM^T02", False),
        ("rows his.visit", False),
        ("act message.released", False),
    ],
)
def test_it_wants_what_can_be_counted(kind: str, wanted: bool) -> None:
    assert messages.wants(kind) is wanted


def test_a_code_that_no_table_knows_is_not_said() -> None:
    row = only(adt("A01", "2 8", category="?", how="77"), "encounter")
    assert "class" not in row
    assert "disposition" not in row
    assert "died" not in row
    assert row["admitted_at"] == instant("2 8"), "the event says that she was admitted"


def test_what_a_patient_is_admitted_with_is_not_what_she_had() -> None:
    admitted = segment("DG1", {1: "1", 3: "R50.9^发热", 6: "A"})
    second = segment("DG1", {1: "2", 3: "I10^高血压", 6: "F", 15: "2"})
    main = segment("DG1", {1: "3", 3: "J18.900^肺炎", 6: "F", 15: "1"})
    assert "main_diagnosis" not in only(adt("A01", "2 8", admitted), "encounter")
    row = only(adt("A03", "2 8", admitted, second, main), "encounter")
    assert row["main_diagnosis"] == "J18.900"


def test_the_same_digit_means_what_its_table_says() -> None:
    """``5`` is 离院方式 of the front page, died; ``05`` of table 0112, elsewhere."""
    assert only(adt("A03", "2 8", how="5"), "encounter")["died"] is True
    row = only(adt("A03", "2 8", how="05"), "encounter")
    assert (row["disposition"], row["died"]) == ("transferred", False)


def test_what_the_sender_takes_back_with_two_quotes_is_no_more() -> None:
    before, after = adt("A01", "2 8", doctor="D1"), adt("A08", "2 9", doctor='""')
    (row,) = folded(before, after)["encounter"].values()
    assert "doctor" not in row.columns


def test_a_change_of_the_patient_alone_is_about_no_encounter() -> None:
    assert said(adt("A08", "2 8", number="", category="")) == []
    with pytest.raises(NotOfAnEncounter):
        said(adt("A08", "2 8", number="", category="I"))
    with pytest.raises(NotOfAnEncounter):
        said(adt("A01", "2 8", patient=""))


def test_nothing_has_happened_later_than_it_was_told_nor_before_anybody_lived() -> None:
    future = adt("A01", "2 8", began="").body.replace(b"W1^01^02^YY", b"W1")
    wrong = future.replace(stamp("2 8").encode(), b"00010101000000")
    new = NewMessage(1, "hl7v2 ADT^A01", wrong, "utf-8", "HIS")
    (one,) = said(new)
    assert one.recorded_at == one.received_at
    late = new._replace(body=future.replace(stamp("2 8").encode(), b"21990101000000"))
    (one,) = said(late)
    assert one.occurred_at == one.received_at


@pytest.mark.parametrize(
    ("amount", "fen"),
    [
        ("12.30&CNY", 1230),
        ("0.1", 10),
        ("-7", -700),
        ("1e2", 10000),
        ("90071992547409.92", 2**53),
    ],
)
def test_money_is_kept_to_the_fen(amount: str, fen: int) -> None:
    assert only(charge("2 8", amount), "charge")["amount_fen"] == fen


@pytest.mark.parametrize(
    "amount", ["1.005", "", "abc", "5&USD", "1e30", "NaN", "0.0000000000000000000000000000000001"]
)
def test_money_that_cannot_be_kept_to_the_fen_is_refused(amount: str) -> None:
    with pytest.raises(UncountableCharge):
        said(charge("2 8", amount))


def test_a_charge_says_what_it_says() -> None:
    new = charge("2 8", "", quantity="2.5", each="4", by="药房", item="YP1")
    row = only(new, "charge")
    assert (row["amount_fen"], row["quantity"], row["executing"]) == (1000, Decimal("2.5"), "药房")
    assert (row["encounter"], row["class"], row["item"]) == ("YY^V1", "inpatient", "YP1")
    assert row["charged_at"] == instant("2 8")
    assert "category" not in row


def test_a_payment_is_no_charge_and_a_credit_is_below_zero() -> None:
    assert said(charge("2 8", "10", type_="PY")) == []
    for amount in ("10", "-10"):
        assert only(charge("2 8", amount, type_="CD"), "charge")["amount_fen"] == -1000


def test_charges_without_a_number_are_told_apart_by_their_message() -> None:
    first, second = charge("2 8", "1", control="M1"), charge("2 8", "1", control="M2")
    assert set(folded(first, first, second)["charge"]) == {"HIS^M1-1", "HIS^M2-1"}


def test_an_order_says_whence_it_comes_and_how_urgent_it_is() -> None:
    row = only(ordered("2 9", priority="S"), "order")
    assert row == {
        "encounter": "YY^V1",
        "class": "inpatient",
        "category": "laboratory",
        "ordering": "内科",
        "doctor": "D9",
        "ordered_at": instant("2 9"),
        "urgent": True,
        "cancelled": False,
    }
    assert "urgent" not in only(ordered("2 9"), "order")
    (row2,) = folded(ordered("2 9"), ordered("2 10", control="CA"))["order"].values()
    assert row2.columns["cancelled"] is True
    assert row2.columns["ordered_at"] == instant("2 9")


def test_the_first_time_that_a_drug_was_given_is_when_an_order_was_carried_out() -> None:
    def given(at: str) -> NewMessage:
        control = segment("ORC", {1: "RE", 2: "R1"})
        return message("RAS^O17", at, visit(), control, segment("RXA", {1: "0", 3: stamp(at)}))

    (row,) = folded(given("3 9"), given("2 9"), given("4 9"))["order"].values()
    assert row.columns["executed_at"] == instant("2 9")


def medicine(code: str, at: str, *more: str, control: str = "RE", status: str = "") -> NewMessage:
    orc = segment("ORC", {1: control, 2: "R1", 5: status, 9: stamp("2 8")})
    return message(code, at, visit(), orc, *more)


def test_a_drug_goes_from_the_order_to_the_pharmacy_and_to_the_bedside() -> None:
    ordered_ = medicine("RDE^O11", "2 8", segment("RXE", {2: "YP1"}), control="NW")
    dispensed = medicine("RDS^O13", "2 9", segment("RXD", {1: "1", 2: "YP1", 3: stamp("2 9")}))
    refused = medicine("RAS^O17", "2 10", segment("RXA", {3: stamp("2 10"), 20: "RE"}))
    scanned = segment("RXA", {3: stamp("2 11"), 5: "YP1", 20: "CP", 25: "6901234567892"})
    typed = segment("RXA", {3: stamp("2 12"), 5: "YP1", 20: "CP"})
    (row,) = folded(ordered_, dispensed, refused)["order"].values()
    assert row.columns["dispensed_at"] == instant("2 9")
    assert not {"executed_at", "bedside", "closed_loop"} & row.columns.keys()
    given = medicine("RAS^O17", "2 11", scanned)
    again = medicine("RAS^O17", "2 12", typed)
    (row,) = folded(again, dispensed, given, ordered_)["order"].values()
    assert row.columns["executed_at"] == instant("2 11")
    assert (row.columns["bedside"], row.columns["closed_loop"]) == (True, True)


def test_a_report_and_a_charge_tell_their_order_what_became_of_it() -> None:
    charged = message(
        "DFT^P03",
        "2 10",
        visit(),
        segment("FT1", {2: "F1", 4: stamp("2 10"), 6: "CG", 7: "XCG", 11: "20"}),
        segment("ORC", {1: "RE", 2: "O1"}),
        segment("FT1", {2: "F2", 4: stamp("2 11"), 6: "CG", 7: "CT", 11: "90", 23: "O2"}),
        segment("FT1", {2: "F3", 4: stamp("2 11"), 6: "CD", 7: "CT", 11: "90", 23: "O3"}),
    )
    report = reported("2 12", ("NM", "N"), received="2 11")
    charges = folded(charged)["charge"]
    assert [one.columns.get("by_order") for one in charges.values()] == [True, True, True]
    assert "by_order" not in only(charge("2 9", "1"), "charge")
    orders = folded(charged, report, ordered("2 9"), ordered("2 9", number="O2"),
                    ordered("2 9", number="O3"))["order"]  # fmt: skip
    first, second, third = (orders[f"YY^{one}"].columns for one in ("O1", "O2", "O3"))
    assert first["received_at"] == instant("2 11")
    assert first["reported_at"] == instant("2 12")
    assert first["charged_at"] == instant("2 10")
    assert first["closed_loop"] is True
    assert second["charged_at"] == instant("2 11")
    assert "closed_loop" not in second
    assert "charged_at" not in third


def test_a_report_or_a_charge_makes_no_order_that_nobody_gave() -> None:
    charged = message(
        "DFT^P03", "2 10", visit(),
        segment("FT1", {2: "F1", 4: stamp("2 10"), 6: "CG", 7: "XCG", 11: "20", 23: "O1"}),
    )  # fmt: skip
    rows = folded(reported("2 12", ("NM", "N")), charged)
    assert rows["order"] == {}
    assert len(rows["result"]) == len(rows["charge"]) == 1


def test_an_order_whose_status_is_completed_has_closed_its_loop() -> None:
    nursing = segment("OBR", {2: "R1", 4: "HL1^护理"})
    begun = medicine("ORM^O01", "2 8", nursing, control="NW")
    (row,) = folded(begun)["order"].values()
    assert "closed_loop" not in row.columns
    done = medicine("ORM^O01", "2 9", nursing, control="SC", status="CM")
    later = medicine("ORM^O01", "2 10", nursing, control="SC", status="IP")
    (row,) = folded(later, done, begun)["order"].values()
    assert row.columns["closed_loop"] is True


def test_a_line_of_a_prescription_that_was_called_off_is_none() -> None:
    def line(at: str, control: str) -> NewMessage:
        return message(
            "RDE^O11",
            at,
            visit(category="O"),
            segment("ORC", {1: control, 2: "R1", 9: stamp(at), 12: "D3"}),
            segment("RXE", {2: "YP1^阿莫西林", 15: "CF9"}),
        )

    (row,) = folded(line("2 9", "NW"))["drug"].values()
    assert row.columns == {
        "encounter": "YY^V1",
        "patient": "P1^HIS",
        "class": "outpatient",
        "ordering": "W1",
        "doctor": "D3",
        "prescription": "YY^CF9",
        "item": "YP1",
        "prescribed_at": instant("2 9"),
    }
    assert folded(line("2 9", "NW"), line("2 10", "CA"))["drug"] == {}


@pytest.mark.parametrize(
    ("observed", "critical", "positive"),
    [
        ([("NM", "LL")], True, None),
        ([("NM", "N"), ("NM", "H")], False, None),
        ([("NM", "")], None, None),
        ([("TX", "A"), ("TX", "N")], False, True),
        ([("TX", "N")], False, False),
        ([("CE", "AA")], True, True),
        ([("CE", "R")], False, None),
    ],
)
def test_a_report_is_critical_or_positive_where_its_flags_say_so(
    observed: list[tuple[str, str]], critical: bool | None, positive: bool | None
) -> None:
    row = only(reported("2 9", *observed), "result")
    assert (row.get("critical"), row.get("positive")) == (critical, positive)


def test_a_preliminary_report_is_not_reported_yet() -> None:
    row = only(reported("2 9", ("NM", "N"), status="P", received="2 8"), "result")
    assert "reported_at" not in row
    assert row["received_at"] == instant("2 8")
    assert (row["category"], row["doctor"]) == ("laboratory", "T1")


def appointment(
    event: str, at: str, room: str = "OR", role: str = "主刀", status: str = ""
) -> NewMessage:
    return message(
        f"SIU^{event}",
        at,
        segment("SCH", {1: "A1", 2: "F1", 25: status}),
        visit(department="普外科"),
        segment("RGS", {1: "1"}),
        segment("AIS", {1: "1", 3: "51.23^胆囊切除", 4: stamp("5 8")}),
        segment("AIL", {1: "1", 3: "3号", 4: room}),
        segment("AIP", {1: "1", 3: "D5", 4: role}),
        segment("AIP", {1: "2", 3: "D6", 4: "麻醉医师"}),
    )


def test_what_was_booked_is_done_where_the_appointment_says_so() -> None:
    booked = appointment("S12", "3 8", status="Booked")
    (row,) = folded(booked)["surgery"].values()
    assert "done" not in row.columns
    (row,) = folded(appointment("S14", "5 12", status="Complete"), booked)["surgery"].values()
    assert row.columns["done"] is True


def test_an_appointment_in_a_theatre_is_an_operation() -> None:
    admitted = adt("A01", "2 8", began="2 8")
    (row,) = folded(admitted, appointment("S12", "3 8"))["surgery"].values()
    assert row.key == "YY^F1"
    assert row.columns == {
        "encounter": "YY^V1",
        "patient": "P1^HIS",
        "class": "inpatient",
        "operating": "普外科",
        "surgeon": "D5",
        "anaesthetist": "D6",
        "admitted_at": instant("2 8"),
        "scheduled_at": instant("5 8"),
        "code": "51.23",
        "cancelled": False,
    }
    (row,) = folded(appointment("S12", "3 8"), appointment("S15", "4 8"))["surgery"].values()
    assert row.columns["cancelled"] is True
    examined = appointment("S12", "3 8", room="CT", role="技师")
    other = examined._replace(body=examined.body.replace("麻醉医师".encode(), b"X"))
    assert said(other) == []


def test_a_hospital_says_what_its_own_codes_mean(tmp_path: Path) -> None:
    file = tmp_path / SITE_FILE
    file.parent.mkdir()
    file.write_text("department: { W1: '0101' }\nclass: { '3': inpatient }\n", "utf-8")
    row = only(adt("A01", "2 8", category="3"), "encounter", codes=read_codes(tmp_path))
    assert (row["admitting"], row["class"]) == ("0101", "inpatient")


@pytest.mark.parametrize(
    "text", ["clas: { I: inpatient }", "class: { I: home }", "- x", "class: [", "urgent: { S: ja }"]
)
def test_a_file_of_codes_that_says_what_nothing_can_be_is_refused(
    tmp_path: Path, text: str
) -> None:
    file = tmp_path / SITE_FILE
    file.parent.mkdir()
    file.write_text(text, "utf-8")
    with pytest.raises(UnusableCodes):
        read_codes(tmp_path)


def test_the_shipped_codes_mean_what_the_star_knows(tmp_path: Path) -> None:
    file = tmp_path / SITE_FILE
    file.parent.mkdir()
    for name, table in shipped().items():
        lines = "".join(f"  {code!r}: {meaning!r}\n" for code, meaning in table.items())
        file.write_text(f"{name}:\n{lines}" if lines else "", "utf-8")
        read_codes(tmp_path)


def test_a_number_that_no_index_can_hold_is_refused() -> None:
    with pytest.raises(TooLongToCount):
        said(adt("A01", "2 8", number="9" * 300))


def test_what_the_simulated_hospital_says_fills_the_star() -> None:
    statements: list[Statement] = []
    lines = takewhile(lambda line: line.at_seconds < 2 * 86400, tell(StorySettings()))
    for line in lines:
        new = NewMessage(1, f"hl7v2 {line.kind}", line.body, "gb18030", line.system.upper())
        if messages.wants(new.kind):
            at = datetime(2026, 3, 2, tzinfo=UTC) + timedelta(seconds=line.at_seconds)
            heard = logged(new, line.number + 1, received_at=at)
            statements += messages.read(heard, ZONE, read_codes())
    rows = fold_all(statements)
    assert all(rows[fact] for fact in ("encounter", "order", "result", "charge", "drug"))
    for fact, found in rows.items():
        known = star()[fact].columns
        for row in found.values():
            assert set(row.columns) <= set(known), fact
            for name, value in row.columns.items():
                assert not known[name].values or value in known[name].values, (fact, name)
    classes = Counter(row.columns["class"] for row in rows["encounter"].values())
    assert classes["inpatient"] > 50
    assert classes["outpatient"] > 200
    ordered_at = [row.columns.get("ordered_at") for row in rows["result"].values()]
    assert sum(one is not None for one in ordered_at) > 0.9 * len(ordered_at)
    assert any(row.columns.get("critical") for row in rows["result"].values())
    assert any(row.columns.get("corrected") for row in rows["result"].values())


def test_a_message_that_is_no_hl7_is_refused_in_words() -> None:
    with pytest.raises(LianyiError):
        said(NewMessage(1, "hl7v2 DFT^P03", b"\xff\xfe", "utf-8", "HIS"))


BASES = [
    adt("A01", "2 8", segment("DG1", {1: "1", 3: "I10"}), began="2 8"),
    charge("2 9", "1.00", number="C1", quantity="2"),
    ordered("2 9", priority="S"),
    reported("2 10", ("NM", "HH"), received="2 9"),
    appointment("S12", "3 8"),
]
TEXTS = st.one_of(
    st.text(max_size=30),
    st.from_regex(r"[0-9.+\-eE&^~]{0,20}", fullmatch=True),
    st.sampled_from(["99991231", "00000000", '""', "^^^", "&&", "\\X00\\", "\x00", "1e9999"]),
)


@given(base=st.sampled_from(BASES), place=st.integers(0, 90), text=TEXTS)
def test_whatever_stands_in_a_field_is_refused_in_words_or_can_be_kept(
    base: NewMessage, place: int, text: str
) -> None:
    head, _, rest = base.body.decode().partition("\r")
    fields = rest.split("|")
    fields[place % len(fields)] = text
    body = f"{head}\r{'|'.join(fields)}".encode()
    try:
        found = said(base._replace(body=body))
    except LianyiError:
        return
    for one in found:
        texts = [one.key, one.of, one.control, *(one.location or ())]
        texts += [value for value in one.said.values() if isinstance(value, str)]
        assert all(is_storable(each) for each in texts)
        numbers = [value for value in one.said.values() if isinstance(value, int)]
        assert all(abs(number) < 2**63 for number in numbers)
    fold_all(found)
