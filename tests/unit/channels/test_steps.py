from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.channels.channel_files import HEAD, RESULT, compiled, destination

from lianyi.base.errors import Category, LianyiError
from lianyi.channels.compiled import Outgoing
from lianyi.channels.loading import read_channel
from lianyi.channels.problems import CodeNotInTable, NeedsFunctions, TooManyParts
from lianyi.formats import hl7v2

BODY = RESULT.encode("gb18030")


@pytest.fixture
def content(tmp_path: Path) -> Path:
    (tmp_path / "tables").mkdir()
    (tmp_path / "tables/tests.csv").write_text("local,LOINC\nK,2823-3\nNA,2951-2\n")
    (tmp_path / "tables/some.yaml").write_text("K: '2823-3'\n")
    return tmp_path


def transform(steps: str, folder: Path | None = None, body: bytes = BODY) -> list[Outgoing]:
    channel = compiled(destination(f"[{steps}]"), folder)
    at = datetime(2026, 3, 2, 1, 2, 3, tzinfo=UTC)
    return channel.destinations[0].transform(channel.open(body, received_at=at))


def after(steps: str, folder: Path | None = None, body: bytes = BODY) -> hl7v2.Message:
    (only,) = transform(steps, folder, body)
    return hl7v2.parse(only.body, default_codec="gb18030")


@pytest.mark.parametrize(
    ("template", "text"),
    [
        ("E", "E"),
        ("", ""),
        ("{PID-3.1}", "10000001"),
        ("{PID-3.1}/{PV1-19}", "10000001/ZY01"),
        ("{PID-7|first 4}", "1978"),
        ("{PID-7|last 2}", "21"),
        ("{PID-99|or none}", "none"),
        ("{PID-8|lower}", "f"),
        ("{OBX-7|digits|first 3}", "137"),
        ("{received_at}", "20260302090203+0800"),
        ("{received_at|first 8}", "20260302"),
        ("{control_id} {event} {sending_application}", "R0001 ORU^R01 LIS"),
        ("{{x} {}", "{x} {}"),
        ("{OBX(2)-5}", "6.9"),
    ],
)
def test_a_template_is_filled(template: str, text: str) -> None:
    assert after(f"{{ set: {{ ZPI-1: '{template}' }} }}").get("ZPI-1") == text


def test_the_message_that_came_in_is_never_changed() -> None:
    channel = compiled(destination("[{ set: { PID-8: X } }]"))
    received = channel.open(BODY)

    first = channel.destinations[0].transform(received)

    assert received.body == BODY
    assert received.get("PID-8") == "F"
    assert channel.destinations[0].transform(received) == first


def test_without_steps_the_very_bytes_go_out() -> None:
    assert transform("") == [Outgoing(BODY, "R0001", "x-application/hl7-v2+er7")]


def test_bytes_that_no_step_touched_stay_as_received() -> None:
    odd = b"MSH|^~\\&|LIS|||||||X1|P|2.4\rPID|1||7|||\xff\xfe||||\rZZZ|a|\r\r"
    channel = compiled(destination("[{ set: { ZPI-1: x } }]").replace("gb18030", "iso8859-1"))
    body = odd.replace(b"\xff\xfe", b"\xc4\xe3")

    (sent,) = channel.destinations[0].transform(channel.open(body))

    assert sent.body.startswith(body.rstrip(b"\r"))


def test_copy_keeps_components() -> None:
    assert after("{ copy: { from: PID-5, to: ZPI-2 } }").get("ZPI-2") == "黄玉梓^^^^^^L"


def test_map_translates_every_code_that_a_star_means(content: Path) -> None:
    message = after("{ map: { path: OBX(*)-3.1, table: tests } }", content)

    assert message.get_all("OBX(*)-3.1") == ["2951-2", "2823-3"]


def test_map_can_write_beside_the_code(content: Path) -> None:
    message = after("{ map: { path: OBX(*)-3.1, to: OBX(*)-3.4, table: tests } }", content)

    assert message.get_all("OBX(*)-3.1") == ["NA", "K"]
    assert message.get_all("OBX(*)-3.4") == ["2951-2", "2823-3"]


@pytest.mark.parametrize(
    ("on_missing", "codes"),
    [
        ("keep", ["NA", "2823-3"]),
        ("empty", ["", "2823-3"]),
        ("default, default: '?'", ["?", "2823-3"]),
    ],
)
def test_a_code_that_the_table_lacks(on_missing: str, codes: list[str], content: Path) -> None:
    step = f"{{ map: {{ path: OBX(*)-3.1, table: some, on_missing: {on_missing} }} }}"

    message = after(step, content)

    assert [message.get(f"OBX({n})-3.1") for n in (1, 2)] == codes


def test_a_code_that_the_table_lacks_can_park_the_message(content: Path) -> None:
    with pytest.raises(CodeNotInTable) as raised:
        transform("{ map: { path: OBX(*)-3.1, table: some, on_missing: hold } }", content)

    assert raised.value.category is Category.INVALID
    assert raised.value.where == "OBX-3.1"


def test_segments_are_dropped() -> None:
    message = after("{ drop_segment: [NTE, PV1] }")

    assert (message.count("NTE"), message.count("PV1"), message.count("OBX")) == (0, 0, 2)


def test_a_message_is_written_in_another_character_set() -> None:
    (sent,) = transform("{ convert: { charset: UNICODE UTF-8 } }")

    assert "黄玉梓" in sent.body.decode("utf-8")
    assert hl7v2.parse(sent.body).get("MSH-18") == "UNICODE UTF-8"


def test_when_decides_for_a_step_and_for_a_whole_list() -> None:
    channel = compiled(
        destination("[{ when: { event: ADT^A01 }, use: mine }, { when: {}, use: mine }]")
        + "steps: { mine: [{ when: { fields: { PID-8: F } }, set: { ZPI-1: '{ZPI-1}x' } }] }\n"
    )

    (sent,) = channel.destinations[0].transform(channel.open(BODY))

    assert hl7v2.parse(sent.body, default_codec="gb18030").get("ZPI-1") == "x"


def test_a_condition_sees_what_earlier_steps_did() -> None:
    steps = "{ set: { MSH-9.2: R99 } }, { when: { event: ORU^R99 }, set: { ZPI-1: seen } }"

    assert after(steps).get("ZPI-1") == "seen"


def test_the_control_id_that_the_log_knows_is_the_one_that_goes_out_unless_a_step_sets_it() -> None:
    body = destination() + destination("[{ set: { MSH-10: N1 } }]").split("\n", 1)[1].replace(
        "emr", "other"
    )
    channel = compiled(body)
    content = channel.open(BODY, kind="hl7v2 ORU^R01", keys=["c:R0001"])

    sent = [to.transform(content)[0].control_id for to in channel.destinations]

    assert sent == ["R0001", "N1"]


def test_a_dropped_message_goes_nowhere() -> None:
    assert transform("{ drop: true }, { set: { PID-8: x } }") == []


def test_split_gives_each_result_its_own_message_and_control_id() -> None:
    parts = transform("{ split: { by: OBX } }, { set: { ZPI-1: '{OBX-3.1}' } }")

    assert [part.control_id for part in parts] == ["R0001-1", "R0001-2"]
    messages = [hl7v2.parse(part.body, default_codec="gb18030") for part in parts]
    assert [m.get("MSH-10") for m in messages] == ["R0001-1", "R0001-2"]
    assert [m.get("ZPI-1") for m in messages] == ["NA", "K"]
    assert [m.count("NTE") for m in messages] == [1, 0]
    assert [m.get("PID-5.1") for m in messages] == ["黄玉梓"] * 2


def test_a_split_that_finds_no_part_leaves_the_message_alone() -> None:
    assert [part.control_id for part in transform("{ split: { by: FT1 } }")] == ["R0001"]


def test_a_split_into_too_many_parts_parks_the_message() -> None:
    with pytest.raises(TooManyParts):
        transform("{ split: { by: OBX, parts_max: 1 } }")


def test_a_template_can_be_the_whole_message_in_another_format() -> None:
    text = '{{"name": "{PID-5.1}", "note": "{NTE-3}", "n": {{"x": "{OBX(2)-5}"}}'
    odd = RESULT.replace("复核", 'a "quoted" \\T\\ b').encode("gb18030")

    (sent,) = transform(f"{{ template: {{ format: json, text: '{text}' }} }}", body=odd)

    assert sent.content_type == "application/json"
    assert sent.control_id == "R0001"
    assert sent.body.decode() == (
        '{"name": "黄玉梓", "note": "a \\"quoted\\" & b", "n": {"x": "6.9"}}'
    )


def test_steps_after_a_change_of_format_use_the_new_paths() -> None:
    steps = (
        "{ template: { format: xml, text: '<r><n>{NTE-3}</n></r>' } }, { set: { /r/@k: '{/r/n}' } }"
    )
    odd = RESULT.replace("复核", "<&>").encode("gb18030")

    (sent,) = transform(steps.replace("<&>", ""), body=odd.replace(b"<&>", b"<\\T\\>"))

    assert sent.body == b'<r k="&lt;&amp;&gt;"><n>&lt;&amp;&gt;</n></r>'


def test_functions_need_a_place_to_run(tmp_path: Path) -> None:
    (tmp_path / "functions").mkdir()
    (tmp_path / "functions/f.py").write_text("def run(message, settings): pass\n")

    with pytest.raises(NeedsFunctions):
        transform("{ call: { function: f } }", tmp_path)


def test_a_body_that_cannot_be_read_parks_only_itself() -> None:
    with pytest.raises(LianyiError) as raised:
        transform("{ set: { PID-8: x } }", body=b"hello")

    assert raised.value.category is Category.INVALID


def test_changes_say_where_before_and_after() -> None:
    channel = compiled(destination("[{ set: { PID-8: '2', OBX(2)-8: H } }, { drop_segment: NTE }]"))
    content = channel.open(BODY)
    (sent,) = channel.destinations[0].transform(content)

    changes = channel.destinations[0].changes(content, sent)

    assert set(changes) == {
        ("PID-8", "F", "2"),
        ("OBX(2)-8", "HH", "H"),
        ("NTE", "NTE|1||复核", ""),
    }


def test_nothing_changed_is_nothing_to_show() -> None:
    channel = compiled(destination())
    content = channel.open(BODY)

    assert (
        channel.destinations[0].changes(content, channel.destinations[0].transform(content)[0])
        == ()
    )


@given(
    values=st.lists(
        st.tuples(
            st.sampled_from(["PID-5.1", "PID-8", "ZPI-3(2).4", "OBX(2)-5", "MSH-5", "PV1-44"]),
            st.text(st.characters(codec="gb18030", exclude_categories=["Cs", "Cc"]), max_size=10),
        ),
        max_size=6,
    )
)
def test_what_is_set_is_what_the_receiver_reads(values: list[tuple[str, str]]) -> None:
    steps = ", ".join(
        f"{{ set: {{ {json.dumps(path)}: {json.dumps(value.replace('{', '{{'))} }} }}"
        for path, value in values
    )

    message = after(steps)

    for path, value in dict(values).items():
        assert message.get(path) == ("" if value == '""' else value)


@given(st.text(max_size=60))
def test_any_template_is_filled_or_refused(text: str) -> None:
    channel, problems = read_channel(
        HEAD + destination(f"[{{ set: {{ ZPI-1: {json.dumps(text)} }} }}]"), "sample.yaml", None
    )

    assert channel is not None or problems
