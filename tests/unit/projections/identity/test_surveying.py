"""The whole index, counted, and the way to whom a figure is about."""

from __future__ import annotations

from tests.unit.projections.identity.test_endpoints import (
    OTHER,
    Desk,
    adt,
    desk,  # noqa: F401 - a fixture
)

WARD = "15400000042"


def somebody(number: int, **more: str) -> bytes:
    facts = {"name": f"赵{chr(0x4E00 + number * 37)}", "born": f"19{50 + number}0203"}
    return adt(f"9{number}", **(facts | {"number": "", "home": "", "phone": WARD} | more))


async def test_everything_is_counted_and_leads_to_the_persons(desk: Desk) -> None:  # noqa: F811
    await desk.hear(
        adt("1"), adt("2"), adt("1", source="LIS"), adt("3", **(OTHER | {"name": ""})),
        *(somebody(number) for number in range(6)),
    )  # fmt: skip
    await desk.hear(somebody(7), channel="adt-b")
    survey = await desk.get("/quality/survey", "clerk")
    his, lis = survey["sources"]
    assert (his["source"], his["records"], his["duplicates"], his["no_name"]) == ("HIS", 9, 1, 1)
    assert (lis["source"], lis["records"], lis["persons"], lis["no_sex"]) == ("LIS", 1, 1, 0)
    (crowd,) = survey["crowds"]
    assert (crowd["kind"], crowd["value"], crowd["records"]) == ("phone", WARD, 6)

    doubled = await desk.get("/quality/persons", "clerk", fault="duplicate", source="HIS")
    assert [one["name"] for one in doubled["items"]] == ["王小明"]
    nameless = await desk.get("/quality/persons", fault="no-name", source="HIS")
    assert [one["records"][0]["mrn"] for one in nameless["items"]] == ["3"]
    assert (await desk.get("/quality/persons", fault="no-sex", source="HIS"))["items"] == []

    path = f"/quality/crowds/{crowd['key']}"
    first = await desk.get(path, limit="4")
    rest = await desk.get(path, limit="4", skip="4")
    names = {one["name"] for page in (first, rest) for one in page["items"]}
    assert (len(names), first["more"], rest["more"]) == (6, True, False)
    assert len((await desk.get(path, "foreigner"))["items"]) == 1
    assert (await desk.get("/quality/survey", "foreigner"))["crowds"] == []
