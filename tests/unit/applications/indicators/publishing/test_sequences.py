"""Whatever is done in whatever order, published values stand as a plain model says."""

from __future__ import annotations

import asyncio
import dataclasses
import random
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from tests.unit.applications.indicators.publishing.star_house import (
    CODE,
    DIED,
    approve,
    publishing_house,
    put,
    stay,
    write,
)

from lianyi.applications.indicators.publishing.model import Published

FILES = (DIED, 'class == "inpatient"', 'class == "inpatient" && fell')
KINDS = ("edit", "approve", "withdraw", "rows", "publish", "restate")


@pytest.mark.parametrize("seed", [1, 2])
async def test_published_values_stand_as_a_plain_model_says(
    database: str, tmp_path: Path, seed: int
) -> None:
    chance = random.Random(seed)
    file, died, stays = 0, 1, 3
    approved: set[str] = set()
    told: list[tuple[str, int, int]] = []  # hash, numerator, denominator of the whole hospital
    async with publishing_house(database, tmp_path) as (house, callers):
        chief, path = callers["chief"], f"/{CODE}/calibers/hospital"

        async def hash_now() -> str:
            history = await chief.get(f"{path}/history")
            return str(history["standings"][0]["hash"])

        def rows() -> list[dict[str, Any]]:
            return [stay(n, "2026-06-02", died=n < died) for n in range(stays)]

        put(house.data_dir, rows())
        steps = [one for one in KINDS for _ in range(4)]
        chance.shuffle(steps)
        for step in ["approve", "publish", *steps]:
            hashed = await hash_now()
            if step == "edit":
                file = chance.randrange(len(FILES))
                write(house.content_dir, FILES[file])
            elif step == "rows":
                died, stays = chance.randrange(3), chance.randrange(3, 6)
                put(house.data_dir, rows())
            elif step == "approve" and hashed not in approved:
                await approve(callers)
                approved.add(hashed)
            elif step == "withdraw" and hashed in approved:
                await chief.post(f"{path}/withdraw", {"hash": hashed})
                approved.remove(hashed)
            elif step in {"publish", "restate"}:
                wanted = {"period": "2026-06", "codes": [CODE]}
                wanted |= {"reason": "补报"} if step == "restate" else {}  # type: ignore[dict-item]
                value = (hashed, (died, stays, 0)[file], stays)
                if hashed not in approved:
                    assert await chief.refused("/publish", wanted) == "LY-2524"
                elif told and told[-1] != value and step == "publish":
                    assert await chief.refused("/publish", wanted) == "LY-2526"
                else:
                    await chief.post("/publish", wanted)
                    told += [value] if not told or told[-1] != value else []
            cells = (await chief.get(f"/{CODE}/published", period="2026-06"))["items"]
            whole = [one for one in cells if one["department"] == ""]
            assert len(whole) == bool(told)
            for cell in whole:
                ends = [cell["as_published"], cell["as_restated"]]
                assert [
                    (one["hash"], int(one["numerator"]), int(one["denominator"])) for one in ends
                ] == [told[0], told[-1]]
                assert cell["restated"] == len(told) - 1
        chain = await chief.get("/published/chain")
        assert chain["broken_at"] is None
        assert chain["values"] >= len(told) >= 1


async def test_of_many_who_publish_at_once_one_does_and_none_waits_for_ever(
    database: str, tmp_path: Path
) -> None:
    async with publishing_house(database, tmp_path) as (house, callers):
        put(house.data_dir, [stay(1, "2026-06-02")])
        await approve(callers)
        wanted = {"period": "2026-06", "codes": [CODE]}
        done = await asyncio.gather(
            *(callers[name].post("/publish", wanted) for name in ("chief", "owner", "a") * 3)
        )
        assert sorted((one["new"], one["unchanged"]) for one in done) == [*[(0, 2)] * 8, (2, 0)]
        chain = await callers["chief"].get("/published/chain")
        assert (chain["values"], chain["broken_at"]) == (2, None)


ROW = Published(
    1, CODE, "hospital", 1, "a" * 64, date(2026, 7, 1), "HA", "", 317, 317, Decimal("1.50"),
    Decimal(2), {"facts": {"encounter": "b"}}, {"numerator": "c", "denominator": "d"},
    datetime(2026, 7, 1, tzinfo=UTC), "chief", None, "",
)  # fmt: skip
OTHER: dict[str, Any] = {
    "published": 2, "code": "TST-002", "caliber": "other", "version": 2, "hash": "b" * 64,
    "tree_on": date(2026, 7, 2), "hospital": "HB", "department": "D1", "first_month": 316,
    "last_month": 318, "numerator": Decimal("1.51"), "denominator": None,
    "watermark": {"facts": {}}, "evidence": {}, "computed_at": datetime(2026, 7, 2, tzinfo=UTC),
    "published_by": "owner", "restates": 1, "reason": "x",
}  # fmt: skip
BESIDE = {"chain", "shard", "number"}
"""The chain itself, and the position of the act that holds the last of the chain."""


def test_every_field_of_a_published_value_is_chained() -> None:
    assert {one.name for one in dataclasses.fields(Published)} == OTHER.keys() | BESIDE
    links = {
        dataclasses.replace(ROW, **{name: value}).chained(b"") for name, value in OTHER.items()
    }
    assert len(links | {ROW.chained(b""), ROW.chained(b"before")}) == len(OTHER) + 2
    assert dataclasses.replace(ROW, numerator=Decimal("1.5")).chained(b"") == ROW.chained(b"")
