"""Where a cluster lives, where its server listens, and the lock that keeps a second one away."""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import secrets
from pathlib import Path

from lianyi.base.embedded.account import Account, choose_account
from lianyi.base.embedded.failures import ClusterInUse, SocketPathTooLong, UnusableDataFolder

SHELTER = Path("/var/lib/lianyi")
RECORD = "postgres.json"
SOCKET = ".s.PGSQL.5432"
SOCKET_PATH_BYTES_MAX = 107  # sun_path in sys/un.h, less its closing zero


class Home:
    """The folder around a cluster: the lock, the passwords, the log and the cluster itself."""

    def __init__(self, folder: Path, account: Account) -> None:
        """Take a folder that exists and belongs to ``account``."""
        self.folder = folder
        self.account = account
        self.cluster = folder / "cluster"
        self.log = folder / "postgres.log"
        self.passwords = folder / "passwords"
        self._lock: int | None = None

    def lock(self) -> None:
        """Keep every other supervisor away until :meth:`unlock` or the end of our process.

        Raises:
            ClusterInUse: another one was first.
        """
        flags = os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW
        handle = os.open(self.folder / "lock", flags, 0o600)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            holder = os.read(handle, 20).decode().strip() or "unknown"
            os.close(handle)
            raise ClusterInUse(where=str(self.folder), pid=holder) from None
        os.truncate(handle, 0)
        os.write(handle, str(os.getpid()).encode())
        self._lock = handle

    def unlock(self) -> None:
        """Let others in. The file stays: removing it would make room for two locks."""
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None

    def write(self, path: Path, text: str) -> None:
        """Put a file of the account in place: whole or not at all, 0600, never through a link."""
        unfinished = path.with_name(f".{path.name}.{os.getpid()}")
        unfinished.unlink(missing_ok=True)
        handle = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            if self.account.dropped:
                os.fchown(handle, self.account.uid, self.account.gid)
            file.write(text)
            file.flush()
            os.fsync(handle)
        unfinished.replace(path)
        sync_folder(path.parent)

    def open_log(self) -> int:
        """Open the server's log for appending and return the descriptor."""
        flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC | os.O_NOFOLLOW
        handle = os.open(self.log, flags, 0o600)
        if self.account.dropped:
            os.fchown(handle, self.account.uid, self.account.gid)
        return handle

    def shorten_log(self, size_bytes_max: int) -> None:
        """Move the log to ``postgres.log.1`` when it is too long. The server keeps its handle."""
        if not self.log.exists() or self.log.stat().st_size <= size_bytes_max:
            return
        with self.log.open("rb") as said:
            said.seek(-size_bytes_max, os.SEEK_END)
            self.write(self.log.with_suffix(".log.1"), said.read().decode("utf-8", "replace"))
        os.truncate(self.log, 0)

    def log_tail(self, since_bytes: int) -> list[str]:
        """Return the last lines that the server has said since the log had this size."""
        with self.log.open("rb") as file:
            size = file.seek(0, os.SEEK_END)
            file.seek(max(min(since_bytes, size), size - 4096))
            return file.read().decode("utf-8", "replace").splitlines()


def settle(data_dir: Path, wanted_account: str | None, shelter: Path) -> Home:
    """Find the home of a data folder's cluster, or make one.

    It is ``data_dir/postgres``. When we are root and the account that runs the server may not
    come there (``/root``), it is a folder in ``shelter``; permissions above are never changed.
    Where it is stands in ``data_dir/postgres.json``, so that it is found again.

    Raises:
        UnusableDataFolder: it cannot be written or belongs to somebody else.
        NoAccount: nobody can run a server.
    """
    try:
        data_dir.mkdir(mode=0o711 if os.geteuid() == 0 else 0o700, parents=True, exist_ok=True)
        recorded = read_record(data_dir)
        folder = data_dir / recorded["home"] if recorded else data_dir / "postgres"
        cluster = folder / "cluster"
        account = choose_account(wanted_account, cluster if cluster.exists() else None)
        if not recorded and not account.may_enter(data_dir):
            folder = shelter / secrets.token_hex(8)
            shelter.mkdir(mode=0o711, parents=True, exist_ok=True)
        if not account.may_enter(folder.parent):
            raise UnusableDataFolder(
                where=str(folder), why=f"the account with number {account.uid} may not enter"
            )
        if not recorded:
            write_record(data_dir, folder)
        own_folder(folder, account)
    except OSError as error:
        raise UnusableDataFolder(where=str(data_dir), why=reason(error)) from error
    return Home(folder.resolve(), account)


def own_folder(folder: Path, account: Account) -> None:
    """Make a folder that belongs to the account alone; one that is there must be just that.

    Raises:
        UnusableDataFolder: it is there and belongs to somebody else, or is a link.
        OSError: it cannot be made.
    """
    try:
        folder.mkdir(mode=0o700)
        if account.dropped:
            os.chown(folder, account.uid, account.gid)
    except FileExistsError:
        found = folder.lstat()
        if not folder.is_dir() or folder.is_symlink():
            raise UnusableDataFolder(where=str(folder), why="this is not a folder") from None
        if found.st_uid != account.uid and not _give_if_empty(folder, account):
            why = f"it belongs to user {found.st_uid}, the server runs as user {account.uid}"
            raise UnusableDataFolder(where=str(folder), why=why) from None
        if found.st_mode & 0o077:
            folder.chmod(0o700)


def _give_if_empty(folder: Path, account: Account) -> bool:
    """Hand over a folder of root's that is still empty: we ended between making and giving.

    Another process that starts at the same moment may have given it meanwhile.
    """
    if folder.stat().st_uid == account.uid:
        return True
    if not account.dropped or folder.stat().st_uid != 0 or any(folder.iterdir()):
        return False
    os.chown(folder, account.uid, account.gid)
    return True


def choose_socket_folder(home: Home, wanted: Path | None) -> Path:
    """Return a private folder that is outside the cluster and short enough for a socket.

    Args:
        home: the home; its own folder ``socket`` is the first choice.
        wanted: a folder from the settings, the only choice then.

    Raises:
        SocketPathTooLong: no place is short enough.
    """
    name = f"lianyi-{hashlib.sha256(os.fsencode(home.folder)).hexdigest()[:16]}"
    runtime = "/run" if os.geteuid() == 0 else os.environ.get("XDG_RUNTIME_DIR", "")
    places = [home.folder / "socket", *(Path(p) / name for p in (runtime, "/tmp") if p)]  # noqa: S108
    if wanted is not None:
        places = [wanted / name]
    for place in places:
        if len(os.fsencode(place / SOCKET)) > SOCKET_PATH_BYTES_MAX:
            continue
        try:
            own_folder(place, home.account)
        except (OSError, UnusableDataFolder):
            if place is places[-1]:
                raise
            continue
        return place
    raise SocketPathTooLong(
        where=str(places[0]),
        length=len(os.fsencode(places[0] / SOCKET)),
        length_max=SOCKET_PATH_BYTES_MAX,
    )


def read_record(data_dir: Path) -> dict[str, str]:
    """Return what ``postgres.json`` says; empty when there is none.

    Raises:
        UnusableDataFolder: it is there and cannot be understood.
    """
    try:
        found: dict[str, str] = json.loads((data_dir / RECORD).read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except ValueError as error:
        raise UnusableDataFolder(where=str(data_dir / RECORD), why=str(error)) from error
    return found


def write_record(data_dir: Path, home: Path, socket_folder: Path | None = None) -> None:
    """Remember where the home is; a home inside the data folder may be moved with it."""
    inside = home.is_relative_to(data_dir)
    found = {"home": str(home.relative_to(data_dir) if inside else home)}
    if socket_folder is not None:
        found["socket_folder"] = str(socket_folder)
    if read_record(data_dir) == found:
        return
    unfinished = data_dir / f".{RECORD}.{os.getpid()}"
    with unfinished.open("w", encoding="utf-8") as file:
        file.write(json.dumps(found, indent=2) + "\n")
        file.flush()
        os.fsync(file.fileno())  # else a power cut may leave the name without the text
    unfinished.replace(data_dir / RECORD)
    sync_folder(data_dir)


def reason(error: OSError) -> str:
    """Return why the system refused, without the path: ``permission denied``."""
    return (error.strerror or str(error)).lower()


def sync_folder(folder: Path) -> None:
    """Make the names in a folder durable."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
