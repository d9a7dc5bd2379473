"""HTTP in, one call of :class:`LakeService`, HTTP out. No decision is made here."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Path, Request

from lianyi.projections.lake.service import LakeService
from lianyi.projections.lake.views import LakeTableDetail, LakeTables
from lianyi.security.access import require
from lianyi.security.permissions import needs

router = APIRouter(prefix="/lake/tables", tags=["lake"])

READS = needs("lake.read")


async def _service(request: Request) -> LakeService:
    require("", where="lake")
    found: LakeService = request.app.state.lake
    return found


Service = Annotated[LakeService, Depends(_service)]
Label = Annotated[str, Path(max_length=60, pattern=r"^[\w-]+$")]


@router.get("", openapi_extra=READS)
async def list_lake_tables(lake: Service) -> LakeTables:
    """Every table of the lake: how many rows, how fresh, whether all of it is here. No row."""
    return await lake.list_tables()


@router.get("/{source}/{table}", openapi_extra=READS)
async def read_lake_table(lake: Service, source: Label, table: Label) -> LakeTableDetail:
    """One table of the lake, with its columns and their types. No row."""
    return await lake.get_table(source, table)
