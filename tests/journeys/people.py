"""People of the clinic: how they are let in, come and go."""

from __future__ import annotations

import json
import re
import urllib.request
from typing import Any

from playwright.sync_api import Page, expect

from .clinic import Clinic


def hire(clinic: Clinic, name: str, display_name: str, role: str) -> str:
    """Make a person's account with a role everywhere; return a password of his own choice."""
    ask = asking(clinic)
    given = ask.post("/accounts", {"name": name, "display_name": display_name})["password"]
    wanted = {"role": role, "organisation": "*", "reason": "入职"}
    ask.post(f"/accounts/{name}/roles", wanted)
    own = Asking(clinic, {"X-Lianyi": "1"})
    own.post("/session", {"name": name, "password": given})
    chosen = "Willow-Anchor-93-Brisk"
    own.post("/me/password", {"old": given, "new": chosen})
    return chosen


def asking(clinic: Clinic) -> Asking:
    """Return whoever holds the token of the first start."""
    return Asking(clinic, {"Authorization": f"Bearer {clinic.token}"})


class Asking:
    """Somebody who uses the API, with the cookies of a browser."""

    def __init__(self, clinic: Clinic, headers: dict[str, str]) -> None:
        self._address = f"{clinic.address}/api/v1"
        self._headers = {"Content-Type": "application/json", **headers}
        self._opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor())

    def post(self, path: str, body: dict[str, str]) -> dict[str, Any]:
        """Return what is answered; empty when nothing is."""
        request = urllib.request.Request(
            f"{self._address}{path}", json.dumps(body).encode(), self._headers
        )
        with self._opener.open(request, timeout=20) as answer:
            text = answer.read()
        return dict(json.loads(text)) if text else {}


def sign_in(clinic: Clinic, page: Page, name: str, password: str, path: str = "/") -> None:
    """Fill in the sign-in page."""
    page.goto(f"{clinic.address}{path}")
    page.get_by_label("账户名").fill(name)
    page.get_by_label("口令", exact=True).fill(password)
    page.get_by_role("button", name="登录").click()


def sign_out(page: Page) -> None:
    """Leave by the menu with one's name."""
    page.get_by_role("button", name=re.compile("的账户$")).click()
    page.get_by_role("menuitem", name="退出").click()
    expect(page.get_by_role("heading", name="登录控制台")).to_be_visible()


def choose_password(page: Page, old: str, new: str) -> None:
    """Fill in the form of one's own password."""
    page.get_by_label("当前口令").fill(old)
    page.get_by_label("新口令", exact=True).fill(new)
    page.get_by_label("再次输入新口令").fill(new)
    page.get_by_role("button", name="修改口令").click()


def look_in_an_emergency(page: Page, *, words: str = "核对姓名字段") -> None:
    """Say why, in the dialog that is open; what was asked for goes on by itself."""
    dialog = page.get_by_role("dialog", name="应急查看")
    dialog.get_by_role("radio", name="排查接口故障").check()
    dialog.get_by_label("说明").fill(words)
    dialog.get_by_role("button", name="开始查看").click()
    expect(dialog).to_have_count(0)
