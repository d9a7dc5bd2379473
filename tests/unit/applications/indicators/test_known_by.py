"""What no row can say is no data for every department, and no zero, whatever else there is."""

from __future__ import annotations

from pathlib import Path

from tests.unit.applications.indicators.publishing.star_house import (
    CODE,
    DIED,
    publishing_house,
    put,
    stay,
    write,
)


async def test_a_department_has_no_data_where_no_row_of_its_hospital_can_say_it(
    database: str, tmp_path: Path
) -> None:
    async with publishing_house(database, tmp_path) as (house, callers):
        write(house.content_dir)
        file = house.content_dir / "indicators" / f"{CODE}.yaml"
        said = f"where: '{DIED}'\n"
        text = file.read_text(encoding="utf-8")
        assert said in text
        known = "where: 'transfused'\n      known_by: 'has(transfused)'\n"
        file.write_text(text.replace(said, known), encoding="utf-8")
        rows = [stay(n, f"2026-06-{n:02}", department=f"D{n % 2 + 1}") for n in range(1, 5)]
        put(house.data_dir, rows)
        for day in ("2026-05-02", "2025-06-02"):  # of all months that are compared there are rows
            put(house.data_dir, [stay(n, day, department=f"D{n}") for n in (1, 2)])

        async def told() -> list[tuple[str, float | None, bool]]:
            view = await callers["owner"].get("/values", codes=CODE, period="2026-06")
            (item,) = view["items"]
            return [
                (one["department"]["code"], one["value"], one["no_data"] is not None)
                for one in item["figures"]
            ]

        assert sorted(await told()) == [("D1", None, True), ("D2", None, True)]
        put(house.data_dir, [row | {"transfused": n == 0} for n, row in enumerate(rows)])
        assert sorted(await told()) == [("D1", 0.0, False), ("D2", 50.0, False)]
