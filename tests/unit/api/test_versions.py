"""Every definition that a channel had can be opened and compared with the one in force."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lianyi.channels import store
from lianyi.channels.registrar import Registrar
from lianyi.channels.versions import LINES_MAX, compare

from .house import LAB, House, hl7

CHANGED = LAB.replace("127.0.0.1:7001", "127.0.0.1:7101")


async def test_an_old_version_is_shown_with_its_time_and_its_differences(lab: House) -> None:
    await lab.append("lab", [hl7("A1"), hl7("A2")])
    lab.clock.advance(timedelta(days=1))
    await lab.add_channel("lab", CHANGED)
    first, second = reversed((await lab.get("/channels/lab"))["versions"])
    assert (second["version"], second["from_position"]) == (2, "1-3")

    found = await lab.get("/channels/lab/versions/1")

    assert found["yaml"] == LAB
    assert {name: found[name] for name in first} == first
    assert found["followed_by"] == second
    assert found["in_force"] == 2
    lines = found["lines"]
    assert [line["text"] for line in lines if line["where"] != "in_force"] == LAB.splitlines()
    assert [line["text"] for line in lines if line["where"] != "this"] == CHANGED.splitlines()
    assert [line for line in lines if line["where"] != "both"] == [
        {
            "where": "this",
            "number": 9,
            "number_in_force": None,
            "text": "    address: 127.0.0.1:7001",
        },
        {
            "where": "in_force",
            "number": None,
            "number_in_force": 9,
            "text": "    address: 127.0.0.1:7101",
        },
    ]


async def test_the_version_in_force_has_no_differences(lab: House) -> None:
    found = await lab.get("/channels/lab/versions/1")
    assert (found["yaml"], found["lines"]) == (LAB, None)
    assert (found["followed_by"], found["in_force"]) == (None, 1)


async def test_a_version_that_differs_in_a_table_only_has_the_same_text(lab: House) -> None:
    async with lab.pool.acquire() as connection:
        await store.put_definition(
            connection,
            name="lab",
            yaml=LAB,
            digest=b"another table".ljust(32),
            destinations=["emr", "alerts"],
            shards=1,
            now=lab.clock.now(),
        )
    found = await lab.get("/channels/lab/versions/1")
    assert found["in_force"] == 2
    assert {line["where"] for line in found["lines"]} == {"both"}


async def test_where_none_is_in_force_there_is_nothing_to_compare_with(lab: House) -> None:
    async with lab.pool.acquire() as connection:
        await store.put_out_of_force(connection, ["lab"])
    found = await lab.get("/channels/lab/versions/1")
    assert (found["yaml"], found["in_force"], found["lines"]) == (LAB, None, None)


TABLED = """
channel: wards
description: 入院：HIS → 病区
source: { connector: mllp, port: 0 }
destinations:
  - name: out
    connector: mllp
    address: 127.0.0.1:7001
    transform: [ signed, { map: { path: PV1-3.1, to: PV1-3.1, table: wards } } ]
"""


async def take_over(house: House, **files: str) -> None:
    """Put what a content folder holds in force."""
    for name, text in {"channels/wards.yaml": TABLED, **files}.items():
        path = house.content_dir / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    await Registrar(house.pool, house.content_dir, shards=1, clock=house.clock).look()


STEPS = "steps: [ { set: { MSH-6: A } } ]\n"


async def test_tables_and_step_lists_are_compared_file_by_file(house: House) -> None:
    await take_over(
        house, **{"steps/signed.yaml": STEPS, "tables/wards.csv": "ours,theirs\nW1,内科\n"}
    )
    await take_over(house, **{"tables/wards.csv": "ours,theirs\nW1,心内科\n"})

    found = await house.get("/channels/wards/versions/1")

    assert {line["where"] for line in found["lines"]} == {"both"}
    changed, same = found["files"]
    assert (changed["name"], changed["where"], changed["same"]) == (
        "tables/wards.csv", "both", False,
    )  # fmt: skip
    assert [(line["where"], line["text"]) for line in changed["lines"]] == [
        ("both", "ours,theirs"),
        ("this", "W1,内科"),
        ("in_force", "W1,心内科"),
    ]
    assert same == {"name": "steps/signed.yaml", "where": "both", "same": True, "lines": None}
    assert (await house.get("/channels/wards/versions/2"))["files"] is None


async def test_a_file_that_only_one_version_uses_is_named_with_all_its_lines(house: House) -> None:
    await take_over(house, **{"steps/signed.yaml": STEPS, "tables/wards.csv": "a,b\nW1,1\n"})
    await take_over(house, **{"channels/wards.yaml": TABLED.replace("signed, ", "")})

    (gone, _) = (await house.get("/channels/wards/versions/1"))["files"]

    assert (gone["name"], gone["where"], gone["same"]) == ("steps/signed.yaml", "this", False)
    assert [line["where"] for line in gone["lines"]] == ["this"]


async def test_files_that_were_not_kept_cannot_be_compared(house: House) -> None:
    await take_over(house, **{"steps/signed.yaml": STEPS, "tables/wards.csv": "a,b\nW1,1\n"})
    await house.pool.execute("DELETE FROM channels.definition_file")
    await take_over(house, **{"tables/wards.csv": "a,b\nW1,2\n"})

    found = await house.get("/channels/wards/versions/1")

    assert found["files"] is None
    assert found["lines"] is not None


@pytest.mark.parametrize(
    ("path", "status", "code"),
    [
        ("/channels/lab/versions/2", 404, "LY-1630"),
        ("/channels/nowhere/versions/1", 404, "LY-1621"),
        ("/channels/lab/versions/0", 422, "LY-1601"),
        ("/channels/lab/versions/x", 422, "LY-1601"),
        ("/channels/lab/versions/99999999999", 422, "LY-1601"),
    ],
)
async def test_what_is_not_there_is_told(lab: House, path: str, status: int, code: str) -> None:
    answer = await lab.client.get(f"/api/v1{path}")
    assert answer.status_code == status
    assert answer.json()["error"]["code"] == code


LINES = st.lists(st.sampled_from(["a", "b", " a", "- x: 1", ""]), max_size=30)


@given(old=LINES, new=LINES)
def test_lines_lead_from_one_text_to_the_other(old: list[str], new: list[str]) -> None:
    old_text, new_text = "\n".join(old), "\n".join(new)
    lines = compare(old_text, new_text)
    assert lines is not None
    ours = [line for line in lines if line.where != "in_force"]
    theirs = [line for line in lines if line.where != "this"]
    assert [line.text for line in ours] == old_text.splitlines()
    assert [line.text for line in theirs] == new_text.splitlines()
    assert [line.number for line in ours] == list(range(1, len(ours) + 1))
    assert [line.number_in_force for line in theirs] == list(range(1, len(theirs) + 1))


def test_a_very_long_definition_is_not_compared() -> None:
    assert compare("a\n" * LINES_MAX, "") is not None
    assert compare("a\n" * (LINES_MAX + 1), "") is None
