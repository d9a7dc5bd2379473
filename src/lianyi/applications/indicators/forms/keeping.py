"""Files that were given out: each is called by its SHA-256, whole on the disk or not there."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path
from tempfile import NamedTemporaryFile

from lianyi.applications.indicators.publishing.problems import EvidenceGone


def put(folder: Path, content: bytes) -> str:
    """Keep a file; return its SHA-256 in hexadecimal.

    Raises:
        OSError: the disk is full, or the folder may not be written.
    """
    name = hashlib.sha256(content).hexdigest()
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    with NamedTemporaryFile(dir=folder, suffix=".part", delete=False) as made:
        beside = Path(made.name)
        try:
            made.write(content)
            made.flush()
            os.fsync(made.fileno())
            beside.replace(folder / name)
        finally:
            beside.unlink(missing_ok=True)
    return name


def get(folder: Path, name: str) -> bytes:
    """Return a file by its SHA-256.

    Raises:
        EvidenceGone: it is not there, or not what its name says.
    """
    try:
        content = (folder / name).read_bytes()
    except OSError as error:
        raise EvidenceGone(where="file") from error
    if hashlib.sha256(content).hexdigest() != name:
        raise EvidenceGone(where="file")
    return content
