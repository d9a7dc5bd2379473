"""What is read within Bundles, of encounters and of a span of care, and the latest observations."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.unit.projections.clinical.test_transactions import bundle, entry, status_of, submit
from tests.unit.projections.clinical.ward import Ward, warded

from lianyi.formats.fhir import json_text
from lianyi.projections.clinical.read_store import Kept
from lianyi.projections.clinical.search.last_observations import latest

LOINC = "http://loinc.org"
EMERGENCY = {"X-Purpose": "ETREAT"}


def patient(id_: str, mrn: str) -> dict[str, Any]:
    own = {"system": "urn:lianyi:authority:EMR", "value": mrn, "use": "usual"}
    return {"resourceType": "Patient", "id": id_, "identifier": [own], "name": [{"text": "王"}]}


def observation(id_: str, day: str = "", code: str = "1", **more: Any) -> dict[str, Any]:
    made = {
        "resourceType": "Observation", "id": id_, "status": "final",
        "code": {"coding": [{"system": LOINC, "code": code}]},
        "subject": {"reference": "Patient/a"},
    }  # fmt: skip
    return made | ({"effectiveDateTime": day} if day else {}) | more


@pytest.fixture
async def ward(database: str, tmp_path: Path) -> AsyncIterator[Ward]:
    async with warded(database, tmp_path) as found:
        await submit(
            found,
            bundle(
                entry("PUT", "Patient/a", patient("a", "1")),
                entry("PUT", "Encounter/e", {
                    "resourceType": "Encounter", "id": "e", "status": "finished",
                    "class": {"code": "IMP"}, "subject": {"reference": "Patient/a"},
                    "period": {"start": "2025-12-30", "end": "2026-01-05"},
                }),
                entry("PUT", "Observation/n1", observation(
                    "n1", "2026-01-01", encounter={"reference": "Encounter/e"})),
                entry("PUT", "Observation/n2", observation("n2", "2026-02-01")),
                entry("PUT", "Observation/k1", observation("k1", "2026-01-15", "2")),
                entry("PUT", "Observation/k2", observation(
                    "k2", "2026-03-01", "2", status="entered-in-error")),
                entry("PUT", "Observation/t", observation("t", code="3")),
            ),
        )  # fmt: skip
        yield found


def named(found: Any) -> list[str]:
    return [one["resource"]["id"] for one in found.get("entry", [])]


async def test_a_batch_reads_whatever_the_doors_read(ward: Ward) -> None:
    sent = bundle(
        entry("GET", "Observation?patient=a&_sort=-date&_count=1"),
        entry("GET", "Patient/a/Observation?code=2&status=final"),
        entry("GET", "Observation/n1"),
        entry("GET", "Observation/n1", ifNoneMatch='W/"1"'),
        entry("GET", "Observation/n1", ifModifiedSince="Wed, 30 Dec 2099 00:00:00 GMT"),
        entry("GET", "Observation/n1/_history/1"),
        entry("GET", "Observation/n1/_history"),
        entry("GET", "_history?_count=1"),
        entry("GET", "Encounter/e/$everything"),
        entry("GET", "Observation/$lastn?patient=a"),
        entry("HEAD", "Observation/n2"),
        entry("GET", "Observation?nonsense=1"),
        entry("GET", "Observation?date=never"),
        entry("GET", "Observation/nobody"),
        entry("GET", "Nonsense?x=1"),
        entry("GET", "Patient/a/$nonsense"),
        type_="batch",
    )
    answered = await submit(ward, sent)
    assert answered["type"] == "batch-response"
    good = ["200"] * 3 + ["304"] * 2 + ["200"] * 7
    assert status_of(answered) == [*good, "400", "404", "404", "400"]
    found = [one.get("resource") for one in answered["entry"]]
    assert named(found[0]) == ["k2"]
    assert found[0]["total"] == 5
    assert "next" in {one["relation"] for one in found[0]["link"]}
    assert named(found[1]) == ["k1"]
    assert found[2]["id"] == found[5]["id"] == "n1"
    assert answered["entry"][3]["response"]["etag"] == 'W/"1"'
    assert found[3] is found[4] is found[10] is None
    assert found[6]["total"] == 1
    assert len(found[7]["entry"]) == 1
    assert set(named(found[8])) == {"e", "n1", "a"}
    assert named(found[9]) == ["n2", "k1", "t"]
    for one in answered["entry"][12:]:
        assert one["response"]["outcome"]["issue"][0]["details"]["text"]
    strict = {"Prefer": "handling=strict, return=OperationOutcome"}
    again = await ward.ask("POST", "", bundle(
        entry("GET", "Observation?nonsense=1"),
        entry("PUT", "Observation/n1", observation("n1", "2026-01-02")), type_="batch",
    ), headers=strict)  # fmt: skip
    read = json_text.read(again.content)
    assert status_of(read) == ["400", "200"]
    assert read["entry"][1]["response"]["outcome"]["issue"][0]["severity"] == "information"
    assert (await ward.ask("GET", "Observation?nonsense=1", headers=strict)).status_code == 400


async def test_whoever_may_only_read_reads_in_bundles_and_writes_nothing(ward: Ward) -> None:
    sent = bundle(
        entry("GET", "Observation?_summary=count"),
        entry("PUT", "Observation/n1", observation("n1", "2026-01-09")),
        entry("DELETE", "Observation/n1"),
        type_="batch",
    )
    answered = await submit(ward, sent, who="doctor", headers=EMERGENCY)
    assert status_of(answered) == ["200", "403", "403"]
    whole = await ward.ask("POST", "", {**sent, "type": "transaction"}, "doctor", headers=EMERGENCY)
    assert whole.status_code == 403
    assert (await ward.get("Observation/n1"))["meta"]["versionId"] == "1"
    foreign = await submit(ward, bundle(
        entry("GET", "Observation?patient=a"), entry("GET", "Observation/n1"),
        entry("GET", "Encounter/e/$everything"), entry("GET", "Observation/$lastn?patient=a"),
        type_="batch",
    ), who="emr-b")  # fmt: skip
    assert status_of(foreign) == ["200", "404", "404", "200"]
    assert [one.get("resource", {}).get("total") for one in foreign["entry"]][::3] == [0, 0]


async def test_what_cannot_be_read_after_a_transaction_says_so_in_its_own_answer(
    ward: Ward,
) -> None:
    sent = bundle(
        entry("GET", "Observation?code=9&_total=accurate"),
        entry("GET", "Observation/nobody"),
        entry("PUT", "Observation/new", observation("new", "2026-01-01", "9")),
    )
    answered = await submit(ward, sent)
    assert status_of(answered) == ["200", "404", "201"]
    assert answered["entry"][0]["resource"]["total"] == 1
    assert (await ward.ask("GET", "Observation/new")).status_code == 200


async def test_everything_is_cut_by_dates_of_care_and_by_encounter(ward: Ward) -> None:
    async def found(path: str, **params: str) -> set[str]:
        return set(named(await ward.get(path, **params)))

    path = "Patient/a/$everything"
    assert await found(path) == {"a", "e", "n1", "n2", "k1", "k2", "t"}
    assert await found(path, start="2026-01-05") == {"a", "e", "n2", "k1", "k2", "t"}
    assert await found(path, end="2026-01-01") == {"a", "e", "n1", "t"}
    assert await found(path, start="2026-01-06", end="2026-01") == {"a", "k1", "t"}
    assert await found("Encounter/e/$everything") == {"a", "e", "n1"}
    assert await found("Encounter/e/$everything", _type="Observation") == {"a", "n1"}
    page, pages = await ward.get(path, start="2026-01-06", _count="1"), 1
    seen = named(page)
    while links := [one["url"] for one in page["link"] if one["relation"] == "next"]:
        await ward.put(observation(f"meanwhile{pages}", "2025-01-01"))
        page, pages = await ward.get(links[0].split("/fhir/")[1]), pages + 1
        seen += named(page)
    assert (sorted(seen), pages) == (["a", "k1", "k2", "n2", "t"], 5)
    for bad in ("Patient/a/$everything?start=x", "Patient/a/$everything?end=ge2020"):
        assert (await ward.ask("GET", bad)).status_code == 400
    assert (await ward.ask("GET", "Encounter/none/$everything")).status_code == 404
    assert (await ward.ask("GET", "Encounter/e/$everything", who="emr-b")).status_code == 404


async def test_the_latest_of_each_kind_is_found(ward: Ward) -> None:
    async def found(**params: str) -> list[str]:
        bundle_ = await ward.get("Observation/$lastn", **params)
        assert bundle_["total"] == len(bundle_.get("entry", []))
        return named(bundle_)

    assert await found(patient="Patient/a") == ["n2", "k1", "t"]
    assert await found(subject="a", max="2") == ["n2", "n1", "k1", "t"]
    assert await found(patient="a", code=f"{LOINC}|2") == ["k1"]
    assert await found(patient="a", date="lt2026-02") == ["k1", "n1"]
    await ward.put(patient("b", "1"))  # the same record under another id
    assert await found(patient="b", code="2") == ["k1"]
    for bad in ("", "?patient=a&max=0", "?patient=a&max=x", "?patient=a&date=x", "?code=1"):
        assert (await ward.ask("GET", f"Observation/$lastn{bad}")).status_code == 400, bad
    hidden = await ward.ask("GET", "Observation/$lastn?patient=a", who="emr-b")
    assert json_text.read(hidden.content)["total"] == 0


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.tuples(st.lists(st.sampled_from("pqrst"), max_size=2), st.integers(0, 5) | st.none()),
        max_size=9,
    ),
    st.integers(1, 3),
)
def test_the_latest_of_each_kind_are_what_a_plain_search_finds(
    said: list[tuple[list[str], int | None]], most: int
) -> None:
    """Kinds by following codes from one to the next, the latest by looking at each pair."""
    rows, at = [], {}
    begin = datetime(2026, 1, 1, tzinfo=UTC)
    for rid, (codes, day) in enumerate(said):
        body = {"code": {"coding": [{"system": "s", "code": one} for one in codes]}}
        rows.append(
            Kept(rid, None, "Observation", str(rid), 1, begin, 0, False, "PUT", 0, 0,
                 json_text.write(body))
        )  # fmt: skip
        at[rid] = None if day is None else begin + timedelta(days=day)
    found = [row.rid for row in latest(rows, at, most=most)]
    assert [row.rid for row in latest(rows[::-1], at, most=most)] == found

    def kind(rid: int) -> set[int]:
        inside = {rid}
        while True:
            codes = {code for one in inside for code in said[one][0]}
            more = inside | {other for other in range(len(said)) if codes & {*said[other][0]}}
            if more == inside:
                return inside
            inside = more

    def older(one: int, other: int) -> bool:
        a, b = at[one], at[other]
        if a == b:
            return one > other
        return a is None or (b is not None and a < b)

    wanted = {
        rid
        for rid in range(len(said))
        if sum(older(rid, other) for other in kind(rid) - {rid}) < most
    }
    assert (set(found), len(found)) == (wanted, len(wanted))
    for first, second in pairwise(found):
        if kind(first) == kind(second):
            assert older(second, first)
