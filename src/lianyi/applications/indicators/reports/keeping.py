"""The files of reports: whole on the disk or not there, readable by nobody else."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path
from uuid import UUID

from lianyi.applications.indicators.reports.failures import ReportGone

FOLDER = "reports"


def put(folder: Path, run: UUID, content: bytes) -> bytes:
    """Put a file in place at once, and return its SHA-256.

    Raises:
        OSError: the disk is full, or the folder may not be written.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    begun = folder / f"{run}.begun"
    with os.fdopen(os.open(begun, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    begun.replace(_path(folder, run))
    place = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(place)
    finally:
        os.close(place)
    return hashlib.sha256(content).digest()


def get(folder: Path, run: UUID, sha256: bytes | None) -> bytes:
    """Return a file.

    Raises:
        ReportGone: it is not there, or not the one that was put there.
    """
    try:
        content = _path(folder, run).read_bytes()
    except OSError as error:
        raise ReportGone(where="file") from error
    if sha256 is None or hashlib.sha256(content).digest() != sha256:
        raise ReportGone(where="file")
    return content


def remove(folder: Path, run: UUID) -> None:
    """Remove a file; one that is not there is well."""
    _path(folder, run).unlink(missing_ok=True)


def _path(folder: Path, run: UUID) -> Path:
    return folder / f"{run}.pdf"
