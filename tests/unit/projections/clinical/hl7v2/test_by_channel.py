"""HL7 v2 that comes by a channel is read over FHIR, whatever came first."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from tests.unit.projections.clinical.ward import Ward, warded

from .saying import logged, said
from .stories import STORIES


@pytest.fixture
async def ward(database: str, tmp_path: Path) -> AsyncIterator[Ward]:
    async with warded(database, tmp_path) as found:
        yield found


async def test_a_result_that_comes_before_its_order_and_patient_is_whole_in_the_end(
    ward: Ward,
) -> None:
    texts = dict(STORIES)["a result"]
    stay = dict(STORIES)["a stay"]
    ids: dict[str, str] = {}
    for text in [*reversed(texts), *reversed(stay), texts[1]]:
        head = text.split("\r")[0].split("|")
        kind, sender = f"hl7v2 {head[8]}", f"{head[2]}|{head[3]}"
        await ward.append("adt", text.encode(), kind=kind, sender=sender)
        if head[2] == "LIS":
            ids |= {one.type: one.id for one in said(logged(text, sender=sender))}

    one = await ward.get(f"Observation/{ids['Observation']}")
    assert (one["status"], str(one["valueQuantity"]["value"])) == ("entered-in-error", "5.2")
    request = await ward.get(one["basedOn"][0]["reference"])
    assert request["requester"]["display"] == "张医生"
    patient = await ward.get(one["subject"]["reference"])
    assert patient["address"][0]["text"] == "江城市滨江路1号"
    visit = await ward.get(one["encounter"]["reference"])
    assert visit["status"] == "in-progress"
