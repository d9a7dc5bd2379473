"""Files that hold a secret: nobody else may read them, and they appear whole or not at all.

Source: OWASP ASVS 5.0, V13.3 (secret management).
"""

from __future__ import annotations

import os
import secrets
import stat
from pathlib import Path

from lianyi.base.errors import Category, LianyiError, Told
from lianyi.base.sensitive import Sensitive

OPEN_TO_OTHERS = stat.S_IRWXG | stat.S_IRWXO
SECRET_BYTES_MAX = 1024 * 1024


class SecretFileUnusable(LianyiError):
    """A file that holds a secret is missing, cannot be read, or holds something else."""

    code = "LY-1834"
    category = Category.INTERNAL
    en = Told(
        "cannot use a file that holds a secret",
        "{why}",
        "restore the file from its copy, or correct the path in the settings",
    )
    zh = Told("密钥文件不可用", "{why_zh}", "从备份恢复该文件，或改正设置中的路径")


class SecretFileOpen(LianyiError):
    """A file that holds a secret can be read or changed by other accounts of the machine."""

    code = "LY-1835"
    category = Category.INTERNAL
    en = Told(
        "a file that holds a secret is open to other accounts",
        "its mode is {mode} and its owner has the number {owner}",
        "give the file to the account that runs the platform, run 'chmod 600' on it, and change"
        " the secret if others may have read it",
    )
    zh = Told(
        "密钥文件可被其他系统账户访问",
        "文件权限为 {mode}，属主编号为 {owner}",
        "将文件交给运行平台的账户并执行 chmod 600；如可能已被他人读取，请更换其中的密钥",
    )


def check_secret_file(path: Path) -> None:
    """Do nothing when only the owner may read and write the file, and the owner is us or root.

    Raises:
        SecretFileOpen: others may.
        SecretFileUnusable: there is no such file.
    """
    try:
        _check(path, path.stat())
    except OSError as error:
        raise _unusable(path, error) from error


def read_secret_file(path: Path) -> Sensitive[bytes]:
    """Return what the file holds, after the check of :func:`check_secret_file`.

    Raises:
        SecretFileOpen: others may read or change it.
        SecretFileUnusable: it cannot be read, is no regular file, or holds more than 1 MiB.
    """
    try:
        with os.fdopen(os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK), "rb") as file:
            _check(path, os.fstat(file.fileno()))  # of the file that is open, not of the name
            held = file.read(SECRET_BYTES_MAX + 1)
    except OSError as error:
        raise _unusable(path, error) from error
    if len(held) > SECRET_BYTES_MAX:
        raise SecretFileUnusable(
            where=str(path), why="it holds more than 1 MiB", why_zh="内容超过 1 MiB"
        )
    return Sensitive(held)


def write_secret_file(path: Path, content: Sensitive[bytes], *, replace: bool) -> bool:
    """Write a file of mode 600; a power cut leaves the old one or the new one, never half.

    Args:
        path: of the file; folders above it that are missing are made, for the owner alone.
        content: all of it.
        replace: whether a file that is there is replaced; otherwise it stays.

    Returns:
        Whether the file is the one written here.

    Raises:
        SecretFileUnusable: the folder cannot be written.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        part = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC
        try:
            with os.fdopen(os.open(part, flags, 0o600), "wb") as file:
                file.write(content.reveal())
                file.flush()
                os.fsync(file.fileno())
            written = _put(part, path, replace=replace)
        finally:
            part.unlink(missing_ok=True)
        folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
    except OSError as error:
        raise _unusable(path, error) from error
    return written


def _put(part: Path, path: Path, *, replace: bool) -> bool:
    if replace:
        part.replace(path)
        return True
    try:
        path.hardlink_to(part)
    except FileExistsError:
        return False
    return True


def _check(path: Path, found: os.stat_result) -> None:
    if not stat.S_ISREG(found.st_mode):
        raise SecretFileUnusable(
            where=str(path), why="it is no regular file", why_zh="不是普通文件"
        )
    if found.st_mode & OPEN_TO_OTHERS or found.st_uid not in {0, os.geteuid()}:
        mode = f"{stat.S_IMODE(found.st_mode):03o}"
        raise SecretFileOpen(where=str(path), mode=mode, owner=found.st_uid)


def _unusable(path: Path, error: OSError) -> SecretFileUnusable:
    reason = error.strerror or type(error).__name__
    return SecretFileUnusable(where=str(path), why=reason.lower(), why_zh=f"系统返回 {reason}")
