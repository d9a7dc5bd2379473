"""What counting with Spark needs of a machine; looked at when a process starts."""

from __future__ import annotations

import os
import shutil
from importlib.util import find_spec
from pathlib import Path

from lianyi.applications.indicators.failures import NoJava, NoSpark


def must_be_there() -> None:
    """Look whether this machine has what Spark needs; quick, and starts nothing.

    Raises:
        NoSpark: the package ``pyspark`` is not installed.
        NoJava: there is no Java.
    """
    if find_spec("pyspark") is None:
        raise NoSpark(where="[indicators] engine")
    home = os.environ.get("JAVA_HOME", "")
    if not (Path(home) / "bin/java").is_file() if home else shutil.which("java") is None:
        raise NoJava(where="[indicators] engine")
