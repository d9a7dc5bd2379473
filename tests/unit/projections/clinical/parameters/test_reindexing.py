"""A parameter that is new is indexed beside the work, refused until it is whole, and then right."""

from __future__ import annotations

import random
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from tests.unit.projections.clinical.parameters.test_reading import write
from tests.unit.projections.clinical.ward import ZONE, Ward, warded

from lianyi.base.clock import SystemClock
from lianyi.base.database import connect
from lianyi.projections import projection_store
from lianyi.projections.clinical.follow import Clinical
from lianyi.projections.clinical.parameter_work import reindexing
from lianyi.projections.clinical.parameter_work.reindexing import Reindexer
from lianyi.projections.rebuilding import rebuilding

NOTE = {
    "code": "remark", "base": ["Observation"], "url": "urn:test:remark",
    "expression": "Observation.note.text",
}  # fmt: skip


@pytest.fixture
async def ward(database: str, tmp_path: Path) -> AsyncIterator[Ward]:
    async with warded(database, tmp_path) as found:
        yield found


def observation(id_: str, *notes: str, **more: Any) -> dict[str, Any]:
    return {
        "resourceType": "Observation", "id": id_, "status": "final", "code": {"text": "x"},
        "subject": {"reference": "Patient/p"}, **more,
        **({"note": [{"text": note} for note in notes]} if notes else {}),
    }  # fmt: skip


async def found(ward: Ward, who: str = "emr", **query: str) -> set[str]:
    bundle = await ward.get("Observation", who=who, _count="500", **query)
    return {one["resource"]["id"] for one in bundle.get("entry", ())}


async def status(ward: Ward) -> list[tuple[str, bool, int, int]]:
    browser = await ward.people.browser("keeper")
    answer = await browser.get("/api/v1/clinical/parameters")
    assert answer.status_code == 200, answer.text
    return [
        (one["code"], one["complete"], one["done"], one["total"])
        for one in answer.json()["items"]
    ]  # fmt: skip


async def whole(reindexer: Reindexer) -> None:
    await reindexer.look()
    while await reindexer.step():
        pass


async def test_it_is_refused_with_its_progress_and_then_right(
    ward: Ward, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reindexing, "STEP_RESOURCES", 3)
    await ward.people.add("keeper", ("integration-engineer", "*"))
    for number in range(5):
        await ward.put(observation(f"o{number}", "red" if number % 2 else "blue"))
    content = tmp_path / "own"
    write(content, "remark.json", **NOTE)
    write(content, "bad.json", code="bad", expression="Encounter.(")
    reindexer = Reindexer(ward.house.pool, content, ZONE)
    strict = {"headers": {"Prefer": "handling=strict"}}
    answer = await ward.ask("GET", "Observation?remark=red", **strict)
    assert answer.status_code == 400, "nobody knows it"

    assert await reindexer.look()
    assert not await reindexer.look()
    await reindexer.step()
    assert await status(ward) == [("remark", False, 3, 5)]
    for query in (
        "remark=red",
        "_sort=remark",
        "has-member:Observation.remark=red",
        "_has:Observation:has-member:remark=red",
    ):
        answer = await ward.ask("GET", f"Observation?{query}")
        assert answer.status_code == 503, (query, answer.text)
        assert "3 of about 5" in answer.text
    await ward.put(observation("new", "red"))
    await ward.put(observation("o0", "red", "green"))
    await ward.ask("DELETE", "Observation/o1")

    await whole(Reindexer(ward.house.pool, content, ZONE))
    assert [one[:2] for one in await status(ward)] == [("remark", True)]
    assert await found(ward, remark="red") == {"new", "o0", "o3"}
    assert await found(ward, **{"remark:exact": "green"}) == {"o0"}
    assert await found(ward, **{"remark:missing": "true"}) == set()
    assert await found(ward, who="emr-b", remark="red") == set(), "the wall stands"
    statement = await ward.get("metadata")
    (of,) = (one for one in statement["rest"][0]["resource"] if one["type"] == "Observation")
    assert {"name": "remark", "definition": "urn:test:remark", "type": "string"} in of[
        "searchParam"
    ]
    await ward.put(observation("late", "red"))
    assert await found(ward, remark="red") == {"new", "o0", "o3", "late"}


KINDS: dict[str, tuple[dict[str, Any], dict[str, Any], dict[str, Any], str, str]] = {
    "token": ({"expression": "Observation.bodySite.coding"},
              {"bodySite": {"coding": [{"system": "urn:s", "code": "arm"}]}},
              {"bodySite": {"coding": [{"system": "urn:s", "code": "leg"}]}},
              "urn:s|arm", "urn:s|leg"),
    "date": ({"expression": "Observation.issued"}, {"issued": "2026-01-05T00:00:00Z"},
             {"issued": "2025-01-05T00:00:00Z"}, "ge2026-01-01", "lt2026-01-01"),
    "quantity": ({"expression": "Observation.referenceRange.low"},
                 {"referenceRange": [{"low": {"value": 7, "unit": "mmol"}}]},
                 {"referenceRange": [{"low": {"value": 2, "unit": "mmol"}}]}, "gt5", "lt5"),
    "reference": ({"expression": "Observation.device", "target": ["Device"]},
                  {"device": {"reference": "Device/a"}}, {"device": {"reference": "Device/b"}},
                  "Device/a", "Device/b"),
    "uri": ({"expression": "Observation.implicitRules"}, {"implicitRules": "urn:a"},
            {"implicitRules": "urn:b"}, "urn:a", "urn:b"),
    "number": ({"expression": "Observation.note.count()"}, {},
               {"note": [{"text": "a"}, {"text": "b"}]}, "lt1", "gt1"),
}  # fmt: skip


async def test_every_kind_is_found_by_and_a_rebuild_has_the_same_bytes(
    ward: Ward, tmp_path: Path
) -> None:
    content = tmp_path / "own"
    for kind, (definition, one, other, _, _) in KINDS.items():
        more = {"code": f"my-{kind}", "base": ["Observation"], "type": kind, **definition}
        write(content, f"{kind}.json", **(more | {"url": f"urn:{kind}"}))
        await ward.put(observation(f"{kind}-1", **one))
        await ward.put(observation(f"{kind}-2", **other))
    await whole(Reindexer(ward.house.pool, content, ZONE))
    for kind, (_, _, _, first, second) in KINDS.items():
        named = {f"{kind}-1", f"{kind}-2"}
        assert await found(ward, **{f"my-{kind}": first}) & named == {f"{kind}-1"}, kind
        assert await found(ward, **{f"my-{kind}": second}) & named == {f"{kind}-2"}, kind
    before = await ward.digest()
    async with rebuilding(
        lambda: connect(ward.house.dsn), ward.house.log, Clinical(ZONE, content),
        clock=SystemClock(),
    ) as run:  # fmt: skip
        await run.build()
        compared = await run.compare()
        assert compared.before == compared.after == before
        await run.switch()
    assert "token-1" in await found(ward, **{"my-token": "urn:s|arm"})
    answer = await ward.ask("GET", "Observation?_sort=my-token")
    assert answer.status_code == 400


@pytest.mark.parametrize("seed", [1, 2])
async def test_whatever_happens_meanwhile_the_index_is_that_of_the_last_file(
    ward: Ward, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    monkeypatch.setattr(reindexing, "STEP_RESOURCES", 2)
    monkeypatch.setattr(reindexing, "CLEAR_ROWS", 2)
    chance, content = random.Random(seed), tmp_path / "own"
    expressions = ("Observation.note.text", "Observation.note.text | Observation.method.text")
    stands: dict[str, dict[str, Any]] = {}
    path, number = write(content, "remark.json", **NOTE), 0
    for _ in range(60):
        id_ = f"o{chance.randrange(8)}"
        deed = chance.choice(("put", "put", "delete", "look", "step", "step", "write", "drop"))
        if deed == "put":
            stands[id_] = observation(
                id_, chance.choice("ab"), method={"text": chance.choice("ab")}
            )
            await ward.put(stands[id_])
        elif deed == "delete" and id_ in stands:
            await ward.ask("DELETE", f"Observation/{id_}")
            del stands[id_]
        elif deed == "write":
            number = chance.randrange(2)
            path = write(content, "remark.json", **NOTE | {"expression": expressions[number]})
        elif deed == "drop":
            path.unlink(missing_ok=True)
        elif deed in ("look", "step"):
            work = Reindexer(ward.house.pool, content, ZONE)
            await (work.look() if deed == "look" else work.step())
    write(content, "remark.json", **NOTE | {"expression": expressions[number]})
    work = Reindexer(ward.house.pool, content, ZONE)
    while await work.look() or await work.step():
        pass
    for value in "ab":
        wanted = {
            id_
            for id_, one in stands.items()
            if one["note"][0]["text"] == value or (number and one["method"]["text"] == value)
        }
        assert await found(ward, remark=value) == wanted
    live = await projection_store.find_live(ward.house.pool, "clinical")
    assert live
    kept = await ward.house.pool.fetch(f"SELECT p FROM {live.schema}.parameter")
    assert len(kept) == 1, "what is wanted no more is gone"
