"""Talking to the console's API of the platform that runs here."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Self
from urllib.parse import quote
from zoneinfo import ZoneInfo

import httpx

from lianyi.api.first_token import TOKEN_FILE
from lianyi.api.settings import own_address
from lianyi.base.errors import Category, LianyiError, Told
from lianyi.cli.common import ADDRESS_FILE, COMMAND_KEY_FILE, Refusal, Where, console_trust
from lianyi.security.secret_files import read_secret_file

PAGE_MAX = 200
TIMEOUT_SECONDS = 60.0


class ConsoleUnreachable(LianyiError):
    """Nothing answers where the console of this installation should be."""

    code = "LY-1722"
    category = Category.UNAVAILABLE
    en = Told(
        "cannot reach the platform",
        "{why}",
        "start 'lianyi serve' on this data folder, or name the right one with --data; "
        "'lianyi doctor' says more",
    )
    zh = Told(
        "无法连接平台",
        "{why_zh}",
        "在该数据文件夹上运行 lianyi serve，或用 --data 指定正确的文件夹；lianyi doctor 可查明原因",
    )


class OtherInstallation(LianyiError):
    """Another installation answers: it does not know our token."""

    code = "LY-1723"
    category = Category.FORBIDDEN
    en = Told(
        "another installation answers here",
        "it does not take the token of this data folder",
        "name the data folder of the platform that runs there with --data",
    )
    zh = Told(
        "此处应答的是另一套安装",
        "它不接受该数据文件夹中的令牌",
        "用 --data 指定在此运行的平台的数据文件夹",
    )


class KeyEnded(LianyiError):
    """The platform does not take the key of the command line."""

    code = "LY-1725"
    category = Category.FORBIDDEN
    en = Told(
        "the platform does not take this key",
        "it was ended, has run out, or belongs to another installation",
        "run 'lianyi account make-command-key --role ROLE', or name another file with --key-file",
    )
    zh = Told(
        "平台不接受该密钥",
        "密钥已被终止、已过期，或属于另一套安装",
        "运行 lianyi account make-command-key --role 角色名，或用 --key-file 指定其他密钥文件",
    )


class FirstTokenEnded(LianyiError):
    """The token of the first start is no longer good, and the command line has no key."""

    code = "LY-1726"
    category = Category.FORBIDDEN
    en = Told(
        "the command line needs a key",
        "the token of the first start has ended: there is a security administrator",
        "run 'lianyi account make-command-key --role ROLE' once",
    )
    zh = Told(
        "命令行需要密钥",
        "首次启动令牌已失效：平台已有安全管理员",
        "运行一次 lianyi account make-command-key --role 角色名",
    )


class Console:
    """The API of one installation, spoken to with its own key.

    Attributes:
        zone: of the hospital: times are shown and read in it.
    """

    def __init__(self, where: Where) -> None:
        """Find the installation; nothing is asked yet.

        Raises:
            BadSettings: the settings file cannot be used.
            ConsoleUnreachable: the platform has never run on this data folder.
            TlsUnusable: the certificate of the console cannot be used.
            SecretFileOpen, SecretFileUnusable: the file of the key cannot be used.
        """
        settings = where.load()
        self.zone = ZoneInfo(settings.api.timezone)
        self._address = _address(settings.data_dir) or own_address(
            settings.api.host, settings.api.port, secure=settings.https.on
        )
        self._key_file = where.key_file or _command_key(settings.data_dir)
        token = self._key(settings.data_dir / TOKEN_FILE)
        self._client = httpx.Client(
            base_url=f"{self._address}/api/v1",
            headers={"Authorization": f"Bearer {token}"},
            timeout=TIMEOUT_SECONDS,
            verify=console_trust(settings),
            trust_env=False,
        )

    def _key(self, token_file: Path) -> str:
        """Return what we show: a key, or the token of the first start while that is good."""
        if self._key_file:
            return read_secret_file(self._key_file).reveal().decode("ascii", "replace").strip()
        try:
            return token_file.read_text(encoding="ascii").strip()
        except OSError as error:
            raise ConsoleUnreachable(
                where=str(token_file),
                why="the platform has never run on this data folder, or it is not ours to read",
                why_zh="平台从未在该数据文件夹上运行，或当前用户无权读取",
            ) from error

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._client.close()

    def get(self, *path: str, **query: object) -> Any:  # noqa: ANN401 - JSON
        """Ask; queries that are None are left out. Raises as :meth:`post` does."""
        given = {key.rstrip("_"): str(value) for key, value in query.items() if value is not None}
        return self._answer("GET", path, params=given).json()

    def get_bytes(self, *path: str) -> bytes:
        """Ask for bytes. Raises as :meth:`post` does."""
        return self._answer("GET", path).content

    def post(self, *path: str, **body: object) -> Any:  # noqa: ANN401 - JSON
        """Change something; what is None is left out.

        Raises:
            ConsoleUnreachable: nothing answers.
            OtherInstallation, KeyEnded, FirstTokenEnded: what we show is not taken there.
            Refusal: the platform says no.
        """
        given = {key: value for key, value in body.items() if value is not None}
        return self._answer("POST", path, json=given or None).json()

    def post_bytes(self, *path: str, body: bytes, content_type: str) -> Any:  # noqa: ANN401 - JSON
        """Send a file. Raises as :meth:`post` does."""
        headers = {"Content-Type": content_type}
        return self._answer("POST", path, content=body, headers=headers).json()

    def pages(self, *path: str, limit: int, **query: object) -> Iterator[Any]:
        """Yield the items of a list, page by page, up to a limit."""
        cursor: str | None = None
        while limit > 0:
            page = self.get(*path, limit=min(limit, PAGE_MAX), cursor=cursor, **query)
            yield from page["items"][:limit]
            limit -= len(page["items"])
            cursor = page["next_cursor"]
            if cursor is None:
                return

    def _answer(
        self,
        method: str,
        path: tuple[str, ...],
        **request: Any,  # noqa: ANN401 - what httpx takes
    ) -> httpx.Response:
        address = "/" + "/".join(quote(part, safe="") for part in path)
        try:
            response = self._client.request(method, address, **request)
        except httpx.HTTPError as error:
            why = str(error) or type(error).__name__
            raise ConsoleUnreachable(where=self._address, why=why, why_zh=why) from error
        if response.is_success:
            return response
        if response.status_code == httpx.codes.UNAUTHORIZED:
            raise self._unknown()
        try:
            problem = response.json()["error"]
        except (ValueError, KeyError, TypeError) as error:
            why = f"HTTP {response.status_code}"
            raise ConsoleUnreachable(where=self._address, why=why, why_zh=why) from error
        raise Refusal(problem)

    def _unknown(self) -> LianyiError:
        """Return why what we show is not taken."""
        if self._key_file:
            return KeyEnded(where=str(self._key_file))
        try:
            session = self._client.get("/session", headers={"Authorization": ""}).json()
        except (httpx.HTTPError, ValueError):
            session = {}
        if session.get("first_token") is False:
            return FirstTokenEnded(where=self._address)
        return OtherInstallation(where=self._address)


def _command_key(data_dir: Path) -> Path | None:
    """Return the key that ``make-command-key`` made; None when there is none."""
    path = data_dir / COMMAND_KEY_FILE
    return path if path.exists() else None


def _address(data_dir: Path) -> str:
    """Return where the console was last told to listen; empty when nobody wrote it down."""
    try:
        return (data_dir / ADDRESS_FILE).read_text(encoding="utf-8").strip()
    except OSError:
        return ""
