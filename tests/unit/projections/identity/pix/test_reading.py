"""Questions and answers as text: pure, over anything that may be written."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.projections.identity.pix.asking import question

from lianyi.api.pix_door import known_peer
from lianyi.api.pix_settings import IdentitySettings, QueryPeer
from lianyi.base.errors import LianyiError
from lianyi.formats import hl7v2
from lianyi.projections.identity.pix.answer import Answering, Found, Number, Person, divided
from lianyi.projections.identity.pix.question import read_question
from lianyi.projections.identity.pix.selecting import whole_name

AT = datetime(2026, 3, 1, tzinfo=UTC)
texts = st.text(st.characters(codec="utf-8", exclude_characters="\x00"), min_size=1, max_size=12)
visible = texts.filter(lambda text: text.strip() == text and text.isprintable())


def answering(message: hl7v2.Message) -> Answering:
    return Answering(message.header, at=AT, control_id="A1", oids={"HIS": "1.2"})


@given(visible, visible)
def test_an_identifier_comes_through_whatever_is_in_it(value: str, source: str) -> None:
    marks = hl7v2.Delimiters("|")
    cx = f"{hl7v2.escape(value, marks)}^^^{hl7v2.escape(source, marks)}"
    message = hl7v2.parse(question("Q23", cx))
    read = read_question(message, {})
    assert read.patient == (source, value)
    found = Found([Person([Number(value, source)], about=False)], 1)
    answer = hl7v2.parse(answering(message).found(read, found))
    assert (answer.get("PID-3.1"), answer.get("PID-3.4.1")) == (value, source)
    assert answer.get_raw("QPD-3") == message.get_raw("QPD-3")


@given(visible, visible, visible)
def test_demographics_come_through_whatever_is_in_them(a: str, b: str, c: str) -> None:
    message = hl7v2.parse(question("Q22", "@PID.3.1^1"))
    person = Person([Number("1", "HIS")], a, "M", "1980", [b], [c])
    answer = hl7v2.parse(answering(message).found(read_question(message, {}), Found([person], 1)))
    assert "".join(divided(a)).replace(" ", "") == a.replace(" ", "")
    assert (answer.get("PID-11"), answer.get("PID-13")) == (b, c)
    assert answer.count("PID") == 1


@given(st.lists(st.text(alphabet="@PID.QV1^~&\\|0123456789王*", max_size=20), max_size=8))
def test_any_query_is_read_or_refused(fields: list[str]) -> None:
    for event in ("Q23", "Q22", "ZV1"):
        message = hl7v2.parse(question(event, *fields))
        try:
            read = read_question(message, {})
        except LianyiError as failure:
            told = hl7v2.parse(answering(message).failed("RSP^K22^RSP_K21", [failure], tag="T"))
            assert told.get("MSA-1") == "AE"
        else:
            assert read.patient[1] or read.wanted


def test_other_delimiters_are_answered_in_kind() -> None:
    usual = question("Q23", "1^^^HIS")
    message = hl7v2.parse(usual.translate(bytes.maketrans(b"|^~&", b"#@!$")))
    read = read_question(message, {})
    answer = answering(message).found(read, Found([Person([Number("1", "HIS")], about=False)], 1))
    assert b"PID#1##1@@@HIS$1.2$ISO@PI##!@@@@@@S" in answer


@pytest.mark.parametrize(
    ("said", "name"),
    [("@PID.5.1.1^欧阳~@PID.5.2^娜娜", "欧阳娜娜"), ("@PID.5.1^JONES~@PID.5.2^J*", "JONES J")],
)
def test_a_name_is_put_together_as_the_feeds_do(said: str, name: str) -> None:
    assert whole_name(read_question(hl7v2.parse(question("Q22", said)), {}).wanted) == name


@pytest.mark.parametrize(
    ("name", "parts"),
    [("欧阳娜娜", ("欧阳", "娜娜")), ("王", ("王", "")), ("JONES JENNIFER", ("JONES", "JENNIFER")),
     ("买买提·艾力", ("买买提·艾力", ""))],
)  # fmt: skip
def test_a_name_is_divided_where_that_can_be_known(name: str, parts: tuple[str, str]) -> None:
    assert divided(name) == parts


PEER = QueryPeer(account="lis", application="LIS", facility="H", network="10.1.0.0/16")
SHOWS = QueryPeer(account="app", application="APP", facility="H", certificate="commonName=app")


@pytest.mark.parametrize(
    ("sender", "address", "certificate", "who"),
    [
        ("LIS|H", "10.1.2.3", "", "lis"),
        ("LIS|H", "10.2.2.3", "", None),
        ("LIS|H", "not an address", "", None),
        ("LIS|X", "10.1.2.3", "", None),
        ("APP|H", "10.1.2.3", "", None),
        ("APP|H", "192.0.2.1", "commonName=app", "app"),
        ("APP|H", "192.0.2.1", "commonName=other", None),
        ("LIS^1.2^ISO|H", "10.1.2.3", "", "lis"),
    ],
)
def test_a_peer_is_known_by_all_that_its_entry_says(
    sender: str, address: str, certificate: str, who: str | None
) -> None:
    header = hl7v2.read_header(question("Q23", "1^^^HIS", sender=sender))
    found = known_peer((PEER, SHOWS), header, address, certificate)
    assert (found.account if found else None) == who


@pytest.mark.parametrize(
    "wrong",
    [
        {"query_listen": "2576"},
        {"query_listen": "127.0.0.1:99999"},
        {"query_peers": [{"account": "a", "application": "A"}]},
        {"query_peers": [{"account": "a", "application": "A", "network": "10.1.0.1/16"}]},
        {"query_peers": [{"account": "a", "application": "A", "certificate": "commonName=a"}]},
        {"query_default_codec": "utf-16"},
        {"domains": {"HIS": "one"}},
        {"domains": {"HIS": "1.2", "LIS": "1.2"}},
        {"notify": [{"channel": "x y"}]},
    ],
)
def test_settings_that_cannot_be_meant_are_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ValueError):
        IdentitySettings.model_validate(wrong)
