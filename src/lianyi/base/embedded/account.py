"""The account that PostgreSQL runs as. It is never root, and nothing is created silently."""

from __future__ import annotations

import os
import pwd
import stat
from dataclasses import dataclass
from pathlib import Path

from lianyi.base.embedded.failures import NoAccount

PREFERRED = ("lianyi", "nobody")


@dataclass(frozen=True, slots=True)
class Account:
    """Who runs the server.

    Attributes:
        uid: user number.
        gid: primary group.
        groups: the other groups.
        dropped: whether we are root and must become this account first.
    """

    uid: int
    gid: int
    groups: tuple[int, ...]
    dropped: bool

    def may_enter(self, folder: Path) -> bool:
        """Tell whether the account may pass through every folder down to this one, it included."""
        return all(self._may_pass(place) for place in (folder, *folder.parents) if place.exists())

    def _may_pass(self, folder: Path) -> bool:
        found = folder.stat()
        if found.st_uid == self.uid:
            return bool(found.st_mode & stat.S_IXUSR)
        if found.st_gid in (self.gid, *self.groups):
            return bool(found.st_mode & stat.S_IXGRP)
        return bool(found.st_mode & stat.S_IXOTH)


def choose_account(wanted: str | None, cluster: Path | None) -> Account:
    """Choose who runs the server.

    We ourselves, unless we are root. Root becomes the owner of the cluster where there is one,
    else the account that the settings name, else ``lianyi``, else ``nobody``.

    Args:
        wanted: name of an account; looked at only when we are root.
        cluster: an existing cluster, whose owner alone may run it.

    Raises:
        NoAccount: no such account, or an account without a name.
    """
    if os.geteuid() != 0:
        return _named(os.geteuid(), dropped=False)
    if cluster is not None and cluster.stat().st_uid != 0:
        return _named(cluster.stat().st_uid, dropped=True)
    for name in (wanted,) if wanted else PREFERRED:
        try:
            found = pwd.getpwnam(name)
        except KeyError:
            continue
        if found.pw_uid != 0:
            return _named(found.pw_uid, dropped=True)
    raise NoAccount(where="root", why=f"none of these exists: {wanted or ', '.join(PREFERRED)}")


def _named(uid: int, *, dropped: bool) -> Account:
    """Return the account of a user number; initdb insists that it has a name."""
    try:
        found = pwd.getpwuid(uid)
    except KeyError:
        raise NoAccount(where=f"uid {uid}", why="this user number has no name") from None
    gid = found.pw_gid if dropped else os.getegid()
    groups = os.getgrouplist(found.pw_name, gid) if dropped else os.getgroups()
    return Account(uid, gid, tuple(groups), dropped)
