"""A bearer token that stands in a file."""

from __future__ import annotations

from pathlib import Path

from lianyi.base.errors import Category, LianyiError, Told


class TokenUnreadable(LianyiError):
    """The file of a token is missing, empty, or holds something that is no token."""

    code = "LY-1128"
    category = Category.UNAVAILABLE
    en = Told("cannot use the token file", "{why}", "put one line of visible ASCII into the file")
    zh = Told("令牌文件不可用", "{why}", "在文件中放入一行可见的 ASCII 字符")


def read_token(path: Path) -> bytes:
    """Return the token in a file, without the line end.

    Raises:
        TokenUnreadable: there is none.
    """
    try:
        token = path.read_bytes().strip()
    except OSError as error:
        raise TokenUnreadable(where=str(path), why=error.strerror or str(error)) from error
    if not token or not all(0x21 <= byte <= 0x7E for byte in token):
        raise TokenUnreadable(where=str(path), why="it is empty or holds spaces or other bytes")
    return token
