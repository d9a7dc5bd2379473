"""No file names the machine it was written on or the mirror it was installed from."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

# Written with a class of one letter each, so that this file does not find itself.
STRANGERS = re.compile(
    r"(?<![\w.])/(home/[a-z]|Users/[A-Za-z]|roo[t]/|wor[k]/)"
    r"|file:///op[t]"
    r"|registr[y]\.npm|npmmirro[r]|pyp[i]\.org|pythonhoste[d]|pyp[i]\.tuna|debia[n]\.org"
    r"|--(extra-)?index-ur[l] "
)


def test_no_file_names_a_machine_or_a_mirror(root: Path) -> None:
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=root,
        capture_output=True,
        check=True,
    ).stdout.decode()
    found = []
    for name in filter(None, listed.split("\0")):
        path = root / name
        content = path.read_bytes() if path.is_file() else b""
        if b"\0" in content:
            continue
        for number, line in enumerate(content.decode("utf-8", "replace").splitlines(), start=1):
            if STRANGERS.search(line):
                found.append(f"{name}:{number}")
    assert found == []
