"""What the files of the star hold of the fold of the log, written beside them.

The file says it, and not the database, so that whoever reads the files knows how new they are, and
files that were lost or brought back from a backup are known for what they are.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Final, NamedTuple

import orjson

from lianyi.projections.projection_store import Version

PRODUCER: Final = "log"
"""Of the files that the fold of the log makes."""
_NAME: Final = "log.json"


class Settled(NamedTuple):
    """What the files hold.

    Attributes:
        version: of the projection.
        made_at: when that version was begun, for a database that was made anew counts from one.
        revision: of that version: everything up to it lies in the files.
        organisations: whose messages each channel carried when they were written.
    """

    version: int
    made_at: str
    revision: int

    def is_of(self, version: Version) -> bool:
        """Tell whether the files are of a version, and not of its future before a restore."""
        made = (self.version, self.made_at) == (version.version, version.made_at.isoformat())
        return made and self.revision <= version.revision

    organisations: Mapping[int, str]


def make_private(folder: Path) -> None:
    """Make the folder of a star, which nobody else may look into: rows name patients by number.

    Raises:
        OSError: it cannot be made.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)


def read_settled(folder: Path) -> Settled | None:
    """Return what the files below a folder hold; None: nobody has written any."""
    try:
        said = orjson.loads((folder / _NAME).read_bytes())
        of = {int(channel): str(code) for channel, code in said["organisations"].items()}
        return Settled(int(said["version"]), str(said["made_at"]), int(said["revision"]), of)
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None


def write_settled(folder: Path, settled: Settled) -> None:
    """Say what the files hold, once they do.

    Raises:
        OSError: the folder cannot be written.
    """
    make_private(folder)
    said = {
        "version": settled.version,
        "made_at": settled.made_at,
        "revision": settled.revision,
        "organisations": {str(channel): of for channel, of in settled.organisations.items()},
    }
    beside = folder / f"{_NAME}.part"
    with beside.open("wb") as out:
        out.write(orjson.dumps(said, option=orjson.OPT_SORT_KEYS))
        out.flush()
        os.fsync(out.fileno())
    beside.replace(folder / _NAME)
