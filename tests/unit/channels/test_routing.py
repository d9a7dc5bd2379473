from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.channels.channel_files import HEAD, RESULT, compiled, destination

from lianyi.base.errors import Category, LianyiError
from lianyi.channels.content import Content
from lianyi.channels.problems import ExpressionFailed
from lianyi.channels.routing import pattern
from lianyi.formats import hl7v2

JSON_HEAD = """
channel: sample
description: a channel of the tests
format: json
source: { connector: http, port: 6661 }
identify: { event: resourceType, patient: subject.id, patient_authority: subject.system }
"""


def wants(filter_: str, body: str = RESULT, *, more: str = "") -> bool:
    channel = compiled(destination(more=f"filter: {filter_}") + more)
    return channel.destinations[0].wants(channel.open(body.encode("gb18030")))


@pytest.mark.parametrize(
    ("filter_", "wanted"),
    [
        ("{}", True),
        ("{ event: ORU^R01 }", True),
        ("{ event: ['ADT^*', 'ORU^*'] }", True),
        ("{ event: ['ADT^*'] }", False),
        ("{ event: ['ORU^R0?'] }", True),
        ("{ event: oru^r01 }", False),
        ("{ sending_application: LIS, sending_facility: 'YX*' }", True),
        ("{ sending_application: LIS, sending_facility: OTHER }", False),
        ("{ processing: [P, T] }", True),
        ("{ processing: D }", False),
        ("{ fields: { PV1-2: [I, E] } }", True),
        ("{ fields: { PV1-2: O } }", False),
        ("{ fields: { PID-3.4: REGION } }", True),
        ("{ fields: { 'PID-3(1).4': REGION } }", False),
        ("{ fields: { OBX-8: [HH, LL] } }", True),
        ("{ fields: { 'OBX(1)-8': [HH, LL] } }", True),
        ("{ fields: { OBX-3.1: NA, OBX-8: HH } }", True),
        ("{ fields: { ZPI-1: '' } }", True),
        ("{ fields: { PV1-3.9: '' } }", True),
        ("{ fields: { PV1-2: '' } }", False),
        ("{ not: { event: ORU^R01 } }", False),
        ("{ not: { not: { event: ORU^R01 } } }", True),
        ("{ any_of: [{ event: ADT^A01 }, { sending_application: LIS }] }", True),
        ("{ any_of: [{ event: ADT^A01 }, { sending_application: HIS }] }", False),
        ("{ event: ADT^A01, any_of: [{}] }", False),
        ('{ expression: \'event == "ORU^R01" && field("PV1-2") == "I"\' }', True),
        ('{ expression: \'fields("OBX-8").exists(flag, flag == "HH")\' }', True),
        ("{ expression: 'double(field(\"OBX(2)-5\")) > 6.5' }", True),
        ('{ expression: \'field("ZPI-9") != ""\' }', False),
        ('{ expression: \'sending_application in ["HIS", "EMR"]\' }', False),
    ],
)
def test_a_filter_lets_through_what_it_says(filter_: str, wanted: bool) -> None:
    assert wants(filter_) is wanted


def test_the_filter_of_the_channel_holds_for_all_destinations() -> None:
    assert wants("{ event: ORU^R01 }", more="filter: { sending_application: LIS }")
    assert not wants("{ event: ORU^R01 }", more="filter: { sending_application: HIS }")


def test_an_expression_that_fails_on_a_message_is_a_named_failure_without_its_values() -> None:
    with pytest.raises(ExpressionFailed) as raised:
        wants("{ expression: 'double(field(\"PID-5.1\")) > 1.0' }")

    assert raised.value.category is Category.INVALID
    assert "黄玉梓" not in raised.value.text("zh")


@pytest.mark.parametrize(
    "filter_", ["{ fields: { PID-3: '*' } }", '{ expression: \'field("PID-3") != ""\' }']
)
def test_a_message_that_cannot_be_read_says_why_when_a_filter_looks_into_it(filter_: str) -> None:
    with pytest.raises(hl7v2.MalformedHl7):
        wants(filter_, "no HL7 at all")


def test_what_the_log_knows_is_enough_to_route_and_order_without_reading() -> None:
    channel = compiled(destination(more="filter: { event: ORU^R01, sending_application: LIS }"))
    content = channel.open(
        b"never read", kind="hl7v2 ORU^R01", sender="LIS|YXRM", keys=["p:1^HIS", "c:9"]
    )

    assert channel.destinations[0].wants(content)
    assert channel.destinations[0].order_key(content) == "1^HIS"


def test_a_json_message_is_routed_by_its_paths() -> None:
    body = destination(more="filter: { event: Obs*, fields: { 'component[*].code': K } }")
    channel = compiled(body, head=JSON_HEAD)
    text = b'{"resourceType": "Observation", "component": [{"code": "NA"}, {"code": "K"}]}'

    assert channel.destinations[0].wants(channel.open(text))
    assert not channel.destinations[0].wants(channel.open(b'{"resourceType": "Observation"}'))
    with pytest.raises(LianyiError):
        channel.destinations[0].wants(channel.open(b"{"))


@pytest.mark.parametrize(
    ("order_by", "key"),
    [
        ("patient", "10000001^HIS"),
        ("encounter", "ZY01"),
        ("order", "OR1"),
        ("none", ""),
        ("{ path: OBR-3 }", "L1"),
    ],
)
def test_order_is_kept_by_what_the_destination_says(order_by: str, key: str) -> None:
    channel = compiled(destination(more=f"order_by: {order_by}"))

    assert channel.destinations[0].order_key(channel.open(RESULT.encode("gb18030"))) == key


def test_a_message_has_the_keys_that_people_search_by() -> None:
    content = compiled(destination()).open(RESULT.encode("gb18030"))

    assert content.kind == "hl7v2 ORU^R01"
    assert content.sender == "LIS|YXRM"
    assert {"p:10000001^HIS", "p:330102^REGION", "e:ZY01", "o:OR1", "c:R0001"} <= set(content.keys)


def test_a_disabled_destination_is_left_out() -> None:
    assert compiled(destination(more="enabled: false")).destinations == ()


texts = st.text(alphabet="AB*?[]^.\n", max_size=12)


@given(patterns=st.lists(texts, max_size=4), text=texts)
def test_a_pattern_means_stars_and_question_marks_and_nothing_else(
    patterns: list[str], text: str
) -> None:
    expected = any(
        re.fullmatch(re.escape(p).replace(r"\*", ".*").replace(r"\?", "."), text, re.DOTALL)
        for p in patterns
    )

    assert pattern(patterns)(text) is expected


values = st.text(alphabet="ABI^~&\\|", max_size=6)


@given(rows=st.lists(st.lists(values, min_size=1, max_size=3), max_size=4))
def test_a_field_is_found_wherever_it_occurs(rows: list[list[str]]) -> None:
    message = hl7v2.parse(b"MSH|^~\\&|A|B|||2026||ORU^R01|1|P|2.4\r")
    for n, repetitions in enumerate(rows, start=1):
        for r, value in enumerate(repetitions, start=1):
            message.set(f"ZZZ({n})-2({r}).1", value)
    channel = compiled(destination())
    content: Content = channel.open(message.encode())

    found = content.anywhere("ZZZ-2.1")

    assert [v for v in found if v] == [v for row in rows for v in row if v]
    assert [v for v in found if v] == [v for v in content.get_all("ZZZ(*)-2.1") if v]


def test_head_of_the_tests_is_a_whole_source() -> None:
    assert compiled(destination(), head=HEAD).definition.source.default_codec == "gb18030"
