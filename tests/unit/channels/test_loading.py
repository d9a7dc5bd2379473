from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.channels.channel_files import HEAD, destination

from lianyi.channels.compiled import compile_channel
from lianyi.channels.definition import Channel
from lianyi.channels.loading import check_together, load_channel, read_channel
from lianyi.channels.problems import (
    BadChannel,
    BadTable,
    Clash,
    TransparentChannel,
    UnknownCodec,
    UnknownKey,
    UnknownName,
    UnreadableDefinition,
)

STYLE_GUIDE = """
channel: lab-results
description: 检验结果：LIS → 电子病历、危急值工作站
source: { connector: mllp, port: 6661, default_codec: gb18030 }   # the LIS leaves MSH-18 empty
destinations:
  - name: emr
    connector: mllp
    address: emr.hospital.internal:7001
    filter: { event: ["ORU^R01"] }
    transform: [map-local-test-codes]
  - name: critical-values
    connector: http
    address: https://alerts.hospital.internal/v1/results
    filter: { event: ["ORU^*"], sending_application: ["LIS"] }
    retry: { attempts_max: 30, first_wait_seconds: 1, longest_wait_seconds: 60 }
examples:
  - name: a result reaches both
    event: ORU^R01
    sending_application: LIS
    delivered_to: [emr, critical-values]
  - { name: an admission reaches nobody, event: ADT^A01, delivered_to: [] }
"""


def wrong(text: str, folder: Path | None = None, name: str = "sample.yaml") -> list[str]:
    """Return code and place of everything that is wrong with a channel."""
    return [
        f"{type(problem).__name__} {problem.where}"
        for problem in read_channel(text, name, folder)[1]
    ]


@pytest.fixture
def content(tmp_path: Path) -> Path:
    for folder in ("steps", "tables", "functions"):
        (tmp_path / folder).mkdir()
    (tmp_path / "steps/map-local-test-codes.yaml").write_text(
        "steps:\n  - map: { path: OBX(*)-3.1, table: tests }\n"
    )
    (tmp_path / "tables/tests.csv").write_text("local,LOINC,name\nK,2823-3,钾\n", encoding="utf-8")
    return tmp_path


def test_the_example_of_the_style_guide_is_a_channel(content: Path) -> None:
    channel = load_channel(STYLE_GUIDE, "lab-results.yaml", content)

    assert channel.source.settings == {"port": "6661"}
    assert [d.retry.attempts_max for d in channel.destinations] == [12, 30]
    assert channel.format == "hl7v2"


def test_a_misspelt_key_is_told_first_with_line_and_nearest_name(content: Path) -> None:
    text = STYLE_GUIDE.replace("attempts_max", "attempt_max").replace("name: emr", "nam: emr")

    _, problems = read_channel(text, "lab-results.yaml", content)

    assert [type(p) for p in problems] == [UnknownKey, UnknownKey]
    assert {(p.where, p.facts["nearest"]) for p in problems} == {
        ("lab-results.yaml: destinations[0].nam (line 6)", "name"),
        ("lab-results.yaml: destinations[1].retry.attempt_max (line 15)", "attempts_max"),
    }


def test_a_misspelt_setting_of_the_connector_is_told_like_any_other_key() -> None:
    text = HEAD.replace("port", "prot") + destination()

    _, problems = read_channel(text, "sample.yaml", None)

    assert (problems[0].where, problems[0].facts) == (
        "sample.yaml: source.prot (line 4)",
        {"key": "prot", "nearest": "port"},
    )
    assert len(problems) == 1


def test_a_misspelt_connector_is_told_by_its_key_and_is_not_missing() -> None:
    text = HEAD.replace("connector: mllp", "conector: mllp").replace("port", "prot")

    _, problems = read_channel(text + destination(), "sample.yaml", None)

    assert [(p.where, p.facts) for p in problems] == [
        ("sample.yaml: source.conector (line 4)", {"key": "conector", "nearest": "connector"}),
        ("sample.yaml: source.prot (line 4)", {"key": "prot", "nearest": "port"}),
    ]


def test_misspelt_settings_of_connectors_are_told_first_whatever_else_is_wrong() -> None:
    text = HEAD.replace("port", "prot") + destination(more="lanes: many\n    tsl: {}\n    nam: x")
    text = text.replace("- name: emr", "- enabled: true")

    _, problems = read_channel(text, "sample.yaml", None)

    assert [(type(p), p.facts.get("key")) for p in problems] == [
        (UnknownKey, "prot"),
        (UnknownKey, "nam"),
        (UnknownKey, "tsl"),
        (BadChannel, None),
    ]
    assert "lanes" in problems[-1].where


def test_where_no_known_key_is_near_none_is_named() -> None:
    _, problems = read_channel(HEAD + destination() + "zzz: 1\n", "sample.yaml", None)

    assert "unknown key 'zzz'. Next" in problems[0].text("en")
    assert "未知的键“zzz”。下一步" in problems[0].text("zh")


@pytest.mark.parametrize("key", ["default_codec", "forced_codec"])
@pytest.mark.parametrize(("name", "close"), [("klingon", ""), ("gb1830", "gb18030")])
def test_a_codec_that_nobody_knows_is_told_at_its_place(key: str, name: str, close: str) -> None:
    head = HEAD.replace("default_codec: gb18030", f"{key}: {name}")

    _, problems = read_channel(head + destination(), "sample.yaml", None)

    assert [(type(p), p.where, p.facts) for p in problems] == [
        (UnknownCodec, f"sample.yaml: source.{key} (line 4)", {"name": name, "nearest": close})
    ]


def test_settings_that_are_no_mapping_are_told() -> None:
    assert wrong(HEAD + destination(more="settings: [1]")) == [
        "BadChannel sample.yaml: destinations[0].settings (line 10)"
    ]


def test_the_keys_of_a_connector_may_stand_in_the_destination_itself() -> None:
    text = HEAD + destination(more="keepalive_seconds: 5\n    settings: { answer_limit_bytes: 9 }")

    channel = load_channel(text, "sample.yaml", None)

    assert channel.destinations[0].settings == {
        "keepalive_seconds": "5",
        "answer_limit_bytes": "9",
    }


def test_settings_of_a_destination_are_checked_where_they_stand() -> None:
    text = HEAD + destination(more="settings: { keepalive_second: 5 }")

    assert wrong(text) == [
        "UnknownKey sample.yaml: destinations[0].settings.keepalive_second (line 10)"
    ]


def test_a_bad_address_is_told_at_the_address() -> None:
    assert wrong(HEAD + destination().replace(":7001", "")) == [
        "BadChannel sample.yaml: destinations[0].address (line 8)"
    ]


def test_everything_that_is_wrong_is_told_at_once() -> None:
    text = HEAD + destination("[nothing, {set: {PID_8: x}}, {map: {path: PID-8, table: none}}]")
    text += "    order_by: { path: nowhere }\n    filter: { expression: 'field(' }\n"
    text += "gate: { rules: [{ path: PID-3 }] }\n"

    assert wrong(text) == [
        "BadExpression sample.yaml: destinations[0].filter.expression (line 12)",
        "UnknownName sample.yaml: destinations[0].transform[0] (line 9)",
        "BadPath sample.yaml: destinations[0].transform[1].set.PID_8 (line 9)",
        "UnknownName sample.yaml: destinations[0].transform[2].map.table (line 9)",
        "BadPath sample.yaml: destinations[0].order_by.path (line 11)",
        "BadChannel sample.yaml: gate.rules[0] (line 13)",
    ]
    with pytest.raises(BadChannel) as raised:
        load_channel(text, "sample.yaml", None)
    assert len(raised.value.problems) == 6


@pytest.mark.parametrize(
    "step",
    [
        "{ set: { PID-8: '{PID_8}' } }",
        "{ set: { PID-8: '{PID-8|shout}' } }",
        "{ set: { MSH-2: x } }",
        "{ copy: { from: 'PID-3(*)', to: PID-4 } }",
        "{ map: { path: PID-3, to: 'PID-3(*)', table: tests } }",
        "{ drop_segment: MSH }",
        "{ drop_segment: pid }",
        "{ convert: { charset: KLINGON } }",
        "{ split: { by: MSH } }",
        "{ call: { function: nothing } }",
        "{ set: { PID-8: x }, drop: true }",
        "{ when: { event: ADT^A01 } }",
        "{ drop: false }",
        "{ template: { format: raw, text: x } }, { set: { PID-8: x } }",
    ],
)
def test_a_step_that_cannot_work_is_told_at_its_line(step: str, content: Path) -> None:
    found = wrong(HEAD + destination(f"[{step}]"), content)

    assert found
    assert all("destinations[0].transform[" in one and "(line 9)" in one for one in found)


def test_step_lists_that_use_each_other_in_a_circle_are_refused() -> None:
    text = HEAD + destination("[first]") + "steps: { first: [second], second: [first] }\n"

    assert any("circle" in str(problem) for problem in read_channel(text, "sample.yaml", None)[1])


def test_a_transparent_channel_cannot_transform() -> None:
    _, problems = read_channel(
        HEAD + "mode: transparent\n" + destination("[{drop_segment: ZPI}]"), "sample.yaml", None
    )

    assert [type(p) for p in problems] == [TransparentChannel]
    assert "mode: interpreted" in problems[0].text("zh")


def test_destinations_have_names_of_their_own() -> None:
    body = destination() + "  - { name: emr, connector: mllp, address: 'h:1' }\n"

    assert wrong(HEAD + body) == ["Clash sample.yaml: destinations[1].name (line 11)"]


def test_an_example_names_only_destinations_that_exist() -> None:
    text = HEAD + destination() + "examples: [{ name: x, event: ADT^A01, delivered_to: [emrr] }]\n"

    _, problems = read_channel(text, "sample.yaml", None)

    assert [(type(p), p.facts["nearest"]) for p in problems] == [(UnknownName, "emr")]


def test_the_file_is_called_like_the_channel() -> None:
    assert wrong(HEAD + destination(), name="other.yaml") == [
        "BadChannel other.yaml: channel (line 2)"
    ]


def test_a_channel_over_http_says_its_format() -> None:
    head = HEAD.replace("connector: mllp", "connector: http")

    assert wrong(head + destination()) == ["BadChannel sample.yaml (line 2)"]
    assert wrong(head + "format: json\n" + destination()) == []


def test_an_unknown_connector_is_told_with_the_nearest() -> None:
    _, problems = read_channel(
        HEAD.replace("connector: mllp", "connector: mlp") + "format: hl7v2\n" + destination(),
        "sample.yaml",
        None,
    )

    assert [(type(p), p.facts["nearest"]) for p in problems] == [(UnknownName, "mllp")]


def test_two_channels_cannot_have_one_port_or_one_name() -> None:
    one = load_channel(HEAD + destination(), "sample.yaml", None)
    other = load_channel(HEAD.replace("sample", "other") + destination(), "other.yaml", None)
    third = load_channel(
        HEAD.replace("sample", "third").replace("6661", "6662") + destination(), "third.yaml", None
    )

    clashes = check_together([one, other, third, third.model_copy()])

    assert [type(c) for c in clashes] == [Clash] * 3
    assert [c.facts["name"] for c in clashes] == ["6661", "third", "6662"]


def test_http_channels_share_a_port_by_their_paths() -> None:
    def channel(name: str, path: str) -> Channel:
        head = (
            HEAD.replace("sample", name)
            .replace("mllp", "http")
            .replace("port", f"path: {path}, port")
        )
        return load_channel(
            head + "format: raw\n" + destination("[]", "order_by: none"), f"{name}.yaml", None
        )

    assert check_together([channel("one", "/a"), channel("two", "/b")]) == []
    assert len(check_together([channel("one", "/a"), channel("two", "/a")])) == 1


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("a: [1", "expected"),
        ("a: &x 1\nb: *x", "anchors"),
        ("a: *x", "alias"),
        ("a: !!python/object:os.system x", "tags"),
        ("a: 1\na: 2", "twice"),
        ("<<: {a: 1}", ""),
        ("- a\n- b", "keys"),
        ("", "keys"),
        ("[" * 100 + "]" * 100, "deep"),
        ("# " + "x" * 1_000_001, "characters"),
    ],
)
def test_yaml_that_nobody_needs_is_refused(text: str, why: str) -> None:
    channel, problems = read_channel(text, "sample.yaml", None)

    assert channel is None
    assert why in problems[0].text("en")


def test_scalars_stay_what_was_written() -> None:
    text = HEAD + destination(
        "[{set: {PID-8: 007, PID-9: NO, PID-10: 12:30, PID-11: 1.10, PID-12: 2026-01-01}}]"
    )

    step = load_channel(text, "sample.yaml", None).destinations[0].transform[0]

    assert list((step.set_ or {}).values()) == ["007", "NO", "12:30", "1.10", "2026-01-01"]


def test_gate_off_is_a_word() -> None:
    channel = load_channel(HEAD + "gate: { structure: off }\n" + destination(), "sample.yaml", None)

    assert channel.gate.structure == "off"


@pytest.mark.parametrize(
    ("table", "text", "why"),
    [
        ("tests.csv", "a,b\nK,1\nK,2\n", "twice"),
        ("tests.csv", "a,b\n", "no codes"),
        ("tests.csv", "", "no codes"),
        ("tests.yaml", "K: [1]", "no codes"),
    ],
)
def test_a_code_table_that_cannot_be_used_is_told(
    tmp_path: Path, table: str, text: str, why: str
) -> None:
    (tmp_path / "tables").mkdir()
    (tmp_path / "tables" / table).write_text(text)

    _, problems = read_channel(
        HEAD + destination("[{map: {path: PID-8, table: tests}}]"), "sample.yaml", tmp_path
    )

    assert [type(p) for p in problems] == [BadTable]
    assert why in str(problems[0])


def test_a_step_list_with_a_misspelt_key_is_told_at_its_own_line(content: Path) -> None:
    (content / "steps/mine.yaml").write_text("description: x\nsteps:\n  - mapp: {}\n")

    _, problems = read_channel(HEAD + destination("[mine]"), "sample.yaml", content)

    assert problems[0].where == "steps/mine.yaml: steps[0].mapp (line 3)"
    assert problems[0].facts["nearest"] == "map"


@pytest.mark.parametrize("source", ["def rum(message, settings): pass", "def run(:"])
def test_a_function_without_run_is_told(content: Path, source: str) -> None:
    (content / "functions/f.py").write_text(source)

    assert wrong(HEAD + destination("[{call: {function: f}}]"), content)


def test_names_cannot_climb_out_of_the_content_folder(content: Path) -> None:
    (content.parent / "secret.csv").write_text("a,b\n1,2\n")

    found = wrong(HEAD + destination("[{map: {path: PID-8, table: ../../secret}}]"), content)

    assert [one.split()[0] for one in found] == ["BadChannel"]


def test_the_digest_changes_with_a_table(content: Path) -> None:
    channel = load_channel(STYLE_GUIDE, "lab-results.yaml", content)
    before = compile_channel(channel, content)
    assert before.used == ("steps/map-local-test-codes.yaml", "tables/tests.csv")
    assert before.digest == compile_channel(channel, content).digest

    (content / "tables/tests.csv").write_text("local,LOINC\nK,other\n")

    assert compile_channel(channel, content).digest != before.digest


@given(st.text(max_size=300))
def test_any_text_is_a_channel_or_a_problem(text: str) -> None:
    channel, problems = read_channel(text, "sample.yaml", None)

    assert channel is not None or problems
    assert all(problem.text("zh") and problem.text("en") for problem in problems)


@given(
    st.recursive(
        st.text(max_size=8),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(
                st.sampled_from(
                    [
                        "set",
                        "map",
                        "when",
                        "filter",
                        "path",
                        "table",
                        "retry",
                        "split",
                        "by",
                        "x",
                        "steps",
                    ]
                ),
                inner,
                max_size=3,
            )
        ),
        max_leaves=12,
    )
)
def test_any_shape_of_a_destination_is_told_and_never_raises(shape: object) -> None:
    text = json.dumps(
        {
            "channel": "sample",
            "description": "x",
            "source": {"connector": "mllp", "port": "6661"},
            "destinations": [
                {"name": "emr", "connector": "mllp", "address": "h:1", "filter": shape}
            ],
            "gate": shape,
            "steps": {"mine": shape},
        }
    )

    _, problems = read_channel(text, "sample.yaml", None)

    assert all(isinstance(problem.text("zh"), str) for problem in problems)


def test_a_definition_can_be_written_out_and_read_again(content: Path) -> None:
    channel = load_channel(STYLE_GUIDE, "lab-results.yaml", content)

    assert Channel.model_validate(channel.model_dump(by_alias=True)) == channel


def test_unreadable_definitions_carry_their_kind() -> None:
    with pytest.raises(UnreadableDefinition):
        load_channel("a: [", "sample.yaml", None)
