"""Codes of diseases are shown with the name that the house or its messages give them."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.applications.indicators.publishing.star_house import CODE, Caller, put, stay, write
from tests.unit.projections.clinical.search.test_search_doors import PATIENT
from tests.unit.projections.clinical.ward import Ward, warded

from lianyi.projections.clinical.terms.naming import KEPT_SECONDS, name_said

ICD = "urn:oid:2.16.156.10011.2.3.3.11"
STAYS = (("J18.900", 2), ("I21.900", 3), ("K35.800", 1), ("A00.000", 1))
names = st.sampled_from(["肺炎", "肺部感染", "J18", "", "张三的肺炎"])


def concept(code: str, name: str) -> dict[str, Any]:
    return {"coding": [{"system": ICD, "code": code, "display": name}]}


@given(said=st.lists(st.tuples(st.integers(0, 4), names), max_size=12))
def test_a_code_is_called_what_most_patients_are_told_to_have_and_two_at_least(
    said: list[tuple[int, str]],
) -> None:
    found = name_said("j18", [(patient, concept("J18", name)) for patient, name in said])
    of = {name: len({patient for patient, other in said if other == name}) for _, name in said}
    often = {n: count for n, count in of.items() if n not in {"", "j18"} and count >= 2}
    if not often:
        assert found == ""
    else:
        assert often[found] == max(often.values())


def test_what_is_said_of_another_code_or_of_nobody_names_nothing() -> None:
    assert name_said("J18", [(1, concept("J15", "肺炎")), (2, concept("J15", "肺炎"))]) == ""
    assert name_said("J18", [(None, concept("J18", "肺炎")), (2, concept("J18", "肺炎"))]) == ""
    assert name_said("J18", [(1, None), (2, {"coding": None})]) == ""


@pytest.fixture
async def ward(database: str, tmp_path: Path) -> AsyncIterator[Ward]:
    async with warded(database, tmp_path) as found:
        write(found.house.content_dir)
        codes = [code for code, count in STAYS for _ in range(count)]
        rows = [
            stay(n, "2026-06-10", hospital="H1", department="H1", died=True)
            | {"main_diagnosis": code}
            for n, code in enumerate(codes)
        ]
        put(found.house.data_dir, rows)
        said = [("J18.900", "肺炎", p) for p in ("p1", "p2")]
        said += [("I21.900", "急性心肌梗死", "p1"), ("I21.900", "急性心梗", "p2")]
        said += [("I21.900", "急性心肌梗死", "p3"), ("K35.800", "王小明的阑尾", "p1")]
        for p in ("p1", "p2", "p3"):
            (identifier,) = PATIENT["identifier"]  # type: ignore[misc]
            await found.put(PATIENT | {"id": p, "identifier": [identifier | {"value": p}]})
        for n, (code, name, patient) in enumerate(said):
            await found.put(
                {
                    "resourceType": "Condition",
                    "id": f"c{n}",
                    "subject": {"reference": f"Patient/{patient}"},
                    "code": concept(code, name),
                }
            )
        await found.people.add("manager", ("manager", "*"), ("operations-analyst", "*"))
        yield found


async def test_names_stand_beside_codes_in_rows_and_explorations(ward: Ward) -> None:
    manager = Caller(await ward.people.browser("manager"))
    content = ward.house.content_dir / "indicators" / f"{CODE}.yaml"
    text = content.read_text(encoding="utf-8")
    content.write_text(f"{text}drill: [main_diagnosis]\n", encoding="utf-8")

    async def called(**more: str) -> dict[str, str]:
        asked = {"codes": CODE, "period": "2026-06", "by": "main_diagnosis"} | more
        (item,) = (await manager.get("/explored", **asked))["items"]
        return {x["places"][0]["code"]: x["places"][0]["name"]["zh"] for x in item["cells"]}

    by_messages = {
        "J18.900": "肺炎",
        "I21.900": "急性心肌梗死",
        "K35.800": "K35.800",
        "A00.000": "A00.000",
    }
    assert await called() == by_messages
    rows = await manager.get(f"/{CODE}/rows", period="2026-06")
    cells = {row["cells"][0]["value"]: row["cells"][0]["name"] for row in rows["items"]}
    assert cells["J18.900"] == {"zh": "肺炎", "en": "肺炎"}
    assert cells["K35.800"] is None, "what is said of one patient is no name of a code"
    narrowed = (
        await manager.get(
            "/explored", codes=CODE, period="2026-06", by="", where="main_diagnosis:J18.900"
        )
    )["narrowed"]
    assert narrowed[0]["called"]["zh"] == "J18.900… 肺炎"

    system = {
        "resourceType": "CodeSystem", "id": "icd", "url": ICD, "status": "active",
        "content": "complete", "concept": [
            {"code": "J18.900", "display": "未特指的肺炎"},
            {"code": "A00.000", "display": "霍乱"},
        ],
    }  # fmt: skip
    await ward.put(system)
    assert await called() == by_messages, "a name is kept for some minutes"
    ward.house.clock.advance(timedelta(seconds=KEPT_SECONDS))
    assert await called() == by_messages | {"J18.900": "未特指的肺炎", "A00.000": "霍乱"}
