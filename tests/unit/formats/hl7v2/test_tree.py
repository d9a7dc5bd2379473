import json

from lianyi.formats.hl7v2 import parse, tree


def test_the_tree_names_what_is_filled(adt: str) -> None:
    segments = tree(parse(adt.encode()))
    assert json.loads(json.dumps(segments)) == segments
    assert [segment["segment"] for segment in segments] == ["MSH", "EVN", "PID", "PV1"]
    pid = segments[2]
    assert (pid["name_en"], pid["name_zh"]) == ("Patient identification", "患者标识")
    field = next(field for field in pid["fields"] if field["number"] == 3)
    assert (field["name_en"], field["name_zh"]) == ("Patient identifier list", "患者标识列表")
    assert field["datatype"] == "CX"
    second = field["repetitions"][1]
    assert second["path"] == "PID-3(2)"
    authority = next(part for part in second["components"] if part["path"] == "PID-3(2).4")
    assert authority["name_en"] == "Assigning authority"
    assert [part["text"] for part in authority["subcomponents"]] == ["MPS", "2.16", "ISO"]


def test_every_path_of_the_tree_reads_the_same_text(adt: str) -> None:
    message = parse(adt.encode())
    count = 0
    for segment in tree(message):
        for field in segment["fields"]:
            for shown in parts_of(field):
                assert message.get(shown["path"]) == (shown["text"] or "")
                count += 1
    assert count > 30


def parts_of(field: dict):
    for repetition in field["repetitions"]:
        yield repetition
        for component in repetition.get("components", []):
            yield component
            yield from component.get("subcomponents", [])


def test_observation_values_have_the_datatype_that_obx_2_names() -> None:
    segments = tree(parse(b'MSH|^~\\&|A||||||ORU^R01|1|P|2.5\rOBX|1|CE|||a^b~""\rZAB|x\r'))
    value = segments[1]["fields"][-1]
    assert value["datatype"] == "CE"
    assert value["repetitions"][0]["components"][1]["name_en"] == "Text"
    assert value["repetitions"][1]["text"] is None
    assert segments[2]["name_zh"] == "厂商自定义段"


def test_a_very_long_message_is_shown_in_part() -> None:
    segments = tree(parse(b"MSH|^~\\&|A\r" + b"NTE|1\r" * 50_000))
    assert len(segments) < 25_000
    assert segments[-1]["path"] == ""
