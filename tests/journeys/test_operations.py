"""From the socket to a figure: what the HIS says over MLLP is counted, at once and in the files."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import ibis  # type: ignore[import-untyped]
import pytest

from lianyi.base.database import connect
from lianyi.base.embedded.server import find_dsn
from lianyi.projections.operational.fresh import fresh_rows, star_now
from lianyi.projections.operational.shelf import Shelf
from lianyi.projections.operational.star import month_column

from .clinic import Clinic
from .conftest import open_clinic

pytestmark = pytest.mark.slow
ZONE = ZoneInfo("Asia/Shanghai")


def message(kind: str, control: str, at: str, *segments: str) -> str:
    """An invented message of the HIS; ``at`` is a day of March and an hour."""
    event = kind.partition("^")[2]
    lines = [
        f"MSH|^~\\&|DESK|CLINIC|||202603{at}0000||{kind}|{control}|P|2.4",
        f"EVN|{event}|202603{at}0000",
        "PID|1||700001^^^CLINIC^PI||试验^乙||19900101|F",
        *segments,
    ]
    return "\r".join(lines) + "\r"


def visit(*, ended: str = "") -> str:
    end = f"202603{ended}0000" if ended else ""
    how = "1" if ended else ""
    fields = {1: "1", 2: "I", 3: "W03^01^02", 10: "0301", 19: "ZY1", 36: how, 45: end}
    return "|".join(["PV1", *(fields.get(number, "") for number in range(1, 46))])


STAY = [
    message("ADT^A01", "OP1", "0208", visit()),
    message("DFT^P03", "OP2", "0209", visit(), "FT1|1|F1||20260302090000||CG|YP1||||12.34&CNY"),
    message("DFT^P03", "OP3", "0309", visit(), "FT1|1|F1||20260303090000||CD|YP1||||12.34&CNY"),
    message("ADT^A03", "OP4", "0509", visit(ended="0509")),
]


@pytest.fixture
def clinic() -> Iterator[tuple[Clinic, Path]]:
    with open_clinic("[operational]\nsettle_seconds = 1\n") as clinic:
        yield clinic, clinic.data


def figures(backend: Any, tables: Any) -> dict[str, Any]:
    """What a screen would show of March."""
    stays, charges, days = tables["encounter"], tables["charge"], tables["ward_day"]
    march = stays[month_column("discharged_at")] == 26 * 12 + 2
    shown = {
        "discharges": stays.filter(march).count(),
        "stay_days": stays.stay_days.sum(),
        "charges": charges.count(),
        "amount_fen": charges.amount_fen.sum(),
        "bed_days": days.beds_occupied.sum(),
    }
    return {name: backend.to_pyarrow(one).as_py() for name, one in shown.items()}


def of_this_moment(data: Path) -> dict[str, Any]:
    async def ask() -> dict[str, Any]:
        address = find_dsn(data)
        assert address
        connection = await connect(address)
        try:
            fresh = await fresh_rows(connection, data / "star", zone=ZONE)
        finally:
            await connection.close()
        backend = ibis.duckdb.connect()
        return figures(backend, star_now(backend, Shelf(data / "star"), fresh))

    return asyncio.run(ask())


def test_a_stay_that_was_told_over_mllp_is_counted(clinic: tuple[Clinic, Path]) -> None:
    platform, data = clinic
    expected = {
        "discharges": 1, "stay_days": 3, "charges": 2, "amount_fen": 0, "bed_days": 3,
    }  # fmt: skip
    for one in STAY:
        assert platform.send(one) == "AA"
    platform.until(lambda: of_this_moment(data) == expected, "the stay is not counted")

    def of_files() -> dict[str, Any]:
        backend = ibis.duckdb.connect()
        return figures(backend, Shelf(data / "star").tables(backend))

    platform.until(lambda: of_files() == expected, "the files do not hold the stay")
    assert (data / "star" / "encounter" / "log" / "2026-03.parquet").is_file()
