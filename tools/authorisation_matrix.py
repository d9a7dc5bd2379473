"""Write the table of who may do what anew, for review: ``python tools/authorisation_matrix.py``.

The product is served over a real database and asked; what it decides is written to
``tests/unit/security/matrix.csv``. The change in that file is what has to be reviewed.
"""

from __future__ import annotations

import asyncio
import shutil
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "src")]

from tests.unit.security import matrix  # noqa: E402

from lianyi.base.embedded import PostgresServer  # noqa: E402
from lianyi.base.migrations import migrate  # noqa: E402


async def write() -> int:
    """Write the table and return how many rows it has."""
    folder = Path(tempfile.mkdtemp(prefix="lianyi-"))
    folder.chmod(0o711)
    server = PostgresServer(folder / "data")
    try:
        await server.start()
        await migrate(server.dsn)
        async with matrix.asking(server.dsn, folder / "house") as house:
            rows = [await house.row(*wanted) for wanted in matrix.wanted_rows()]
    finally:
        await server.stop()
        shutil.rmtree(folder)
    matrix.TABLE.write_text(matrix.as_csv(rows), encoding="utf-8")
    return len(rows)


if __name__ == "__main__":
    print(asyncio.run(write()), "rows in", matrix.TABLE.relative_to(ROOT))
