"""Journeys of people who administer accounts and of people who use theirs, in a real Chromium.

The tests of this file are one story, told in order: the first start, the first administrator, the
people and systems that he lets in.
"""

from __future__ import annotations

import base64
import hmac
import json
import struct
import urllib.error
import urllib.request
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from lianyi.base.clock import SystemClock

from .clinic import Clinic, admission
from .people import choose_password, sign_in, sign_out

pytestmark = pytest.mark.browser

ADMINISTRATOR = ("wang.security", "Ferry-Lantern-42-Quill")
ENGINEER = ("li.engineer", "Willow-Anchor-93-Brisk")
PHONE = {"width": 390, "height": 844}


@pytest.fixture
def page(context: BrowserContext, complaints: list[str]) -> Iterator[Page]:
    """A page of somebody who has never been here."""
    yield context.new_page()
    assert complaints == []


@pytest.fixture(scope="module")
def given() -> dict[str, str]:
    """What people were handed in the tests before."""
    return {}


def navigation(page: Page) -> list[str]:
    """The names of the screens that somebody is offered."""
    links = page.get_by_role("navigation", name="主导航").get_by_role("link")
    expect(links.first).to_be_visible()
    return [text.strip() for text in links.locator(".nav-label").all_inner_texts()]


def create(page: Page, name: str, display_name: str) -> str:
    """Make a person's account on the list of accounts and return the password to hand over."""
    page.get_by_role("button", name="新建账户").click()
    form = page.get_by_role("region", name="新建账户")
    form.get_by_label("账户名").fill(name)
    form.get_by_label("姓名").fill(display_name)
    form.get_by_role("button", name="创建").click()
    once = page.get_by_role("region", name="一次性口令")
    expect(once).to_contain_text("只显示这一次")
    password = once.locator("pre").inner_text().strip()
    once.get_by_role("button", name="已妥善保存").click()
    expect(once).to_have_count(0)
    return password


def assign(page: Page, role: str) -> None:
    """Give the role everywhere on the page of an account."""
    form = page.get_by_role("form", name="授予角色")
    form.get_by_label("角色").select_option(label=role)
    form.get_by_role("checkbox", name="全部机构").check()
    form.get_by_label("原因").fill("入职")
    form.get_by_role("button", name="授予角色").click()


def code_of(secret: str, *, ahead: int = 0) -> str:
    """What an authenticator app shows for a secret, now or some steps ahead."""
    key = base64.b32decode(secret.replace(" ", ""))
    step = struct.pack(">Q", int(SystemClock().now().timestamp()) // 30 + ahead)
    digest = hmac.digest(key, step, "sha1")
    number = struct.unpack_from(">I", digest, digest[-1] & 15)[0] & 0x7FFFFFFF
    return f"{number % 1_000_000:06}"


def test_the_first_start_leads_to_the_first_administrator(clinic: Clinic, page: Page) -> None:
    page.goto(f"{clinic.address}/?token={clinic.token}")
    banner = page.get_by_role("note").filter(has_text="尚无管理员")
    banner.get_by_role("link", name="创建首位安全管理员").click()
    name, password = ADMINISTRATOR
    form = page.get_by_role("region", name="创建首位安全管理员")
    form.get_by_label("账户名").fill(name)
    form.get_by_label("姓名").fill("王安")
    form.get_by_label("新口令", exact=True).fill("admin123")
    form.get_by_label("再次输入新口令").fill("admin123")
    form.get_by_role("button", name="创建并登录").click()
    expect(form.get_by_role("alert")).to_contain_text("至少需要 10 个字符")

    form.get_by_label("新口令", exact=True).fill(password)
    expect(form).to_contain_text("两次输入不一致")
    form.get_by_label("再次输入新口令").fill(password)
    form.get_by_role("button", name="创建并登录").click()

    expect(page.get_by_role("region", name="账户").get_by_role("row")).to_have_count(2)
    expect(page.get_by_role("button", name="王安的账户")).to_be_visible()
    expect(page.get_by_role("note")).to_have_count(0)
    assert navigation(page) == ["主数据", "用户与权限"]


def test_then_the_token_of_the_first_start_opens_nothing(clinic: Clinic, page: Page) -> None:
    page.goto(f"{clinic.address}/?token={clinic.token}")

    expect(page.get_by_role("heading", name="登录控制台")).to_be_visible()
    expect(page.get_by_text("使用首次启动令牌")).to_have_count(0)


def test_a_wrong_password_says_nothing_about_what_was_wrong(clinic: Clinic, page: Page) -> None:
    sign_in(clinic, page, ADMINISTRATOR[0], "not-the-password")
    alert = page.get_by_role("alert")
    expect(alert).to_contain_text("账户名、口令或验证码有误，或账户已被锁定")
    said = alert.inner_text()

    sign_in(clinic, page, "nobody.at.all", "not-the-password")

    expect(alert).to_contain_text("LY-1802")
    assert alert.inner_text() == said


def test_an_administrator_lets_an_engineer_in(
    clinic: Clinic, page: Page, given: dict[str, str]
) -> None:
    sign_in(clinic, page, *ADMINISTRATOR)
    given["engineer"] = create(page, ENGINEER[0], "李工")
    page.get_by_role("link", name=ENGINEER[0]).click()
    expect(page.get_by_role("region", name="角色")).to_contain_text("不能做任何事")

    assign(page, "集成工程师")

    expect(page.get_by_role("row").filter(has_text="集成工程师")).to_contain_text("全部机构")
    assign(page, "审计管理员")
    alert = page.get_by_role("form", name="授予角色").get_by_role("alert")
    expect(alert).to_contain_text("三权分立")


def test_an_engineer_chooses_a_password_first_and_sees_channels_but_no_accounts(
    clinic: Clinic, page: Page, given: dict[str, str]
) -> None:
    sign_in(clinic, page, ENGINEER[0], given["engineer"], path="/channels")
    expect(page.get_by_role("heading", name="请先修改口令")).to_be_visible()
    choose_password(page, given["engineer"], f"{ENGINEER[0]}-A1")
    expect(page.get_by_role("alert")).to_contain_text("包含账户名")

    choose_password(page, given["engineer"], ENGINEER[1])

    expect(page.get_by_role("link", name="admissions", exact=True)).to_be_visible()
    assert navigation(page) == ["总览", "消息", "队列与重放", "通道", "数据质量", "主数据"]
    page.goto(f"{clinic.address}/accounts")
    expect(page.get_by_role("heading", name="没有权限")).to_be_visible()
    page.goto(f"{clinic.address}/channels/admissions")
    expect(page.get_by_role("button", name="停止通道")).to_be_enabled()


def test_whoever_signs_in_next_sees_nothing_of_the_one_before(clinic: Clinic, page: Page) -> None:
    clinic.send(admission("NEXT1", "300001"))
    sign_in(clinic, page, *ENGINEER, path="/messages")
    expect(page.get_by_role("region", name="消息").get_by_role("row").nth(1)).to_be_visible()

    sign_out(page)
    page.get_by_label("账户名").fill(ADMINISTRATOR[0])
    page.get_by_label("口令", exact=True).fill(ADMINISTRATOR[1])
    page.get_by_role("button", name="登录").click()

    expect(page.get_by_role("region", name="账户")).to_be_visible()
    page.goto(f"{clinic.address}/messages")
    expect(page.get_by_role("heading", name="没有权限")).to_be_visible()


def test_a_watcher_sees_and_cannot_decide(clinic: Clinic, page: Page) -> None:
    sign_in(clinic, page, *ADMINISTRATOR)
    given = create(page, "zhao.watcher", "赵值班")
    page.get_by_role("link", name="zhao.watcher").click()
    assign(page, "集成值班员")
    expect(page.get_by_role("row").filter(has_text="集成值班员")).to_be_visible()
    sign_out(page)

    sign_in(clinic, page, "zhao.watcher", given)
    choose_password(page, given, "Harbor-Sparrow-64-Mint")

    expect(page.get_by_role("region", name="admissions")).to_be_visible()
    page.goto(f"{clinic.address}/channels/admissions")
    stop = page.get_by_role("button", name="停止通道")
    expect(stop).to_be_disabled()
    expect(stop).to_have_attribute("title", "您的角色没有这项权限")
    page.goto(f"{clinic.address}/queues?tab=replay")
    expect(page.get_by_role("region", name="历次重放")).to_be_visible()
    expect(page.get_by_role("button", name="试运行")).to_have_count(0)


def test_a_second_factor_is_set_up_and_asked_for(
    clinic: Clinic, page: Page, given: dict[str, str]
) -> None:
    sign_in(clinic, page, *ENGINEER)
    page.get_by_role("button", name="李工的账户").click()
    page.get_by_role("menuitem", name="我的账户").click()
    factor = page.get_by_role("region", name="第二认证因素")
    clinic.let_sessions_age()
    factor.get_by_role("button", name="开始启用").click()
    proof = factor.get_by_role("form", name="验证口令")
    proof.get_by_label("本人口令").fill("wrong")
    proof.get_by_role("button", name="验证口令").click()
    expect(proof.get_by_role("alert")).to_be_visible()
    proof.get_by_label("本人口令").fill(ENGINEER[1])
    proof.get_by_role("button", name="验证口令").click()
    expect(factor.get_by_role("status")).to_contain_text("口令已验证")
    factor.get_by_role("button", name="开始启用").click()
    picture = factor.get_by_role("img", name="供验证器应用扫描的二维码")
    expect(picture).to_be_visible()
    assert picture.evaluate("image => image.naturalWidth") > 0
    secret = factor.locator("code").inner_text()
    factor.get_by_label("验证码").fill("000000")
    factor.get_by_role("button", name="确认并启用").click()
    expect(factor.get_by_role("alert")).to_contain_text("验证码有误")

    factor.get_by_label("验证码").fill(code_of(secret))
    factor.get_by_role("button", name="确认并启用").click()

    codes = page.get_by_role("region", name="恢复码").locator("pre").inner_text().split()
    assert len(codes) >= 8
    page.get_by_role("button", name="已妥善保存").click()
    expect(factor).to_contain_text("已启用")
    another = page.request.post(
        f"{clinic.address}/api/v1/me/second-factor", headers={"X-Lianyi": "1"}
    )
    assert another.status == 409, "one that counts is not replaced by whoever sits at the browser"
    sign_out(page)
    sign_in(clinic, page, *ENGINEER)
    box = page.get_by_label("动态验证码")
    expect(box).to_be_focused()
    expect(page.get_by_role("alert")).to_have_count(0)
    box.fill(code_of(secret, ahead=1))
    page.get_by_role("button", name="登录").click()
    expect(page.get_by_role("region", name="admissions")).to_be_visible()
    sign_out(page)
    sign_in(clinic, page, *ENGINEER)
    page.get_by_label("动态验证码").fill(codes[0])
    page.get_by_role("button", name="登录").click()
    expect(page.get_by_role("region", name="admissions")).to_be_visible()


def test_a_role_that_asks_for_a_second_factor_gets_it_before_anything_else(
    clinic: Clinic, page: Page
) -> None:
    clinic.share(
        "roles/night-watch.yaml",
        "role: night-watch\ntitle: { zh: 夜班值守, en: Night watch }\n"
        "permissions: [overview.read, channels.read]\nsecond_factor: true\n",
    )
    sign_in(clinic, page, *ADMINISTRATOR)
    given = create(page, "qian.night", "钱夜")
    page.get_by_role("link", name="qian.night").click()
    assign(page, "夜班值守")
    expect(page.get_by_role("row").filter(has_text="夜班值守")).to_be_visible()
    sign_out(page)

    sign_in(clinic, page, "qian.night", given)
    choose_password(page, given, "Pebble-Orchid-38-Tundra")

    expect(page.get_by_role("heading", name="请先启用第二认证因素")).to_be_visible()
    page.get_by_role("button", name="开始启用").click()
    page.get_by_label("验证码").fill(code_of(page.get_by_role("form").locator("code").inner_text()))
    page.get_by_role("button", name="确认并启用").click()
    page.get_by_role("button", name="已妥善保存").click()
    expect(page.get_by_role("region", name="admissions")).to_be_visible()


def test_why_somebody_may_is_explained(clinic: Clinic, page: Page) -> None:
    sign_in(clinic, page, *ADMINISTRATOR, path=f"/accounts/{ENGINEER[0]}")
    page.get_by_role("link", name="解释授权").click()
    form = page.get_by_role("region", name="解释授权")
    expect(form.get_by_label("账户名")).to_have_value(ENGINEER[0])
    form.get_by_label("权限").select_option(label="查看消息内容")
    form.get_by_label("机构").fill("LAB")
    form.get_by_role("button", name="解释").click()
    answer = form.get_by_role("status")
    expect(answer).to_contain_text("允许")
    expect(answer).to_contain_text("集成工程师")
    expect(answer).to_contain_text("全部机构 → LAB")

    form.get_by_label("权限").select_option(label="管理账户")
    form.get_by_role("button", name="解释").click()

    expect(answer).to_contain_text("拒绝")
    page.get_by_role("tab", name="角色").click()
    expect(page.get_by_role("region", name="集成工程师")).to_contain_text("安全管理员")


def test_a_system_gets_a_key_that_opens_until_it_is_ended(clinic: Clinic, page: Page) -> None:
    sign_in(clinic, page, *ADMINISTRATOR)
    page.get_by_role("button", name="新建账户").click()
    form = page.get_by_role("region", name="新建账户")
    form.get_by_label("类型").select_option(label="系统")
    form.get_by_label("账户名").fill("monitor")
    form.get_by_label("姓名").fill("监控")
    form.get_by_role("button", name="创建").click()
    page.get_by_role("region", name="账户已创建").get_by_role("link", name="monitor").click()
    assign(page, "监控系统")
    expect(page.get_by_role("row").filter(has_text="监控系统")).to_be_visible()
    keys = page.get_by_role("region", name="接口密钥")
    keys.get_by_label("用途").fill("采集")
    keys.get_by_role("button", name="新建密钥").click()
    secret = keys.get_by_role("region", name="新密钥").locator("pre").inner_text().strip()
    keys.get_by_role("button", name="已妥善保存").click()

    assert status_with(clinic, secret, "/overview") == 200
    assert status_with(clinic, secret, "/accounts") == 403
    keys.get_by_role("listitem").filter(has_text="采集").get_by_role("button", name="作废").click()
    page.get_by_role("dialog").get_by_role("button", name="作废").click()
    expect(keys).to_contain_text("没有密钥")
    assert status_with(clinic, secret, "/overview") == 401


def status_with(clinic: Clinic, key: str, path: str) -> int:
    """Ask the API as a system does; return the HTTP status."""
    request = urllib.request.Request(
        f"{clinic.address}/api/v1{path}", headers={"Authorization": f"Bearer {key}"}
    )
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:
            json.load(answer)
            return int(answer.status)
    except urllib.error.HTTPError as refusal:
        return refusal.code


def test_whoever_is_disabled_is_out_at_once(clinic: Clinic, page: Page, browser: Browser) -> None:
    other = browser.new_context(locale="zh-CN")
    watcher = other.new_page()
    sign_in(clinic, watcher, "zhao.watcher", "Harbor-Sparrow-64-Mint")
    expect(watcher.get_by_role("region", name="admissions")).to_be_visible()
    sign_in(clinic, page, *ADMINISTRATOR, path="/accounts/zhao.watcher")
    expect(
        page.get_by_role("region", name="登录会话").get_by_role("listitem").first
    ).to_be_visible()

    page.get_by_role("button", name="停用").click()
    page.get_by_role("dialog").get_by_role("button", name="停用").click()

    expect(page.get_by_role("region", name="登录会话")).to_contain_text("目前没有登录")
    watcher.goto(f"{clinic.address}/channels")
    expect(watcher.get_by_role("heading", name="登录控制台")).to_be_visible()
    other.close()


def test_a_lost_password_is_given_anew_and_a_lost_factor_taken_away(
    clinic: Clinic, page: Page
) -> None:
    sign_in(clinic, page, *ADMINISTRATOR, path=f"/accounts/{ENGINEER[0]}")
    page.get_by_role("button", name="解除第二认证因素").click()
    page.get_by_role("dialog").get_by_role("button", name="解除第二认证因素").click()
    expect(page.get_by_role("button", name="解除第二认证因素")).to_have_count(0)
    page.get_by_role("button", name="重置口令").click()
    page.get_by_role("dialog").get_by_role("button", name="重置口令").click()
    once = page.get_by_role("region", name="一次性口令")
    password = once.locator("pre").inner_text().strip()
    sign_out(page)

    sign_in(clinic, page, ENGINEER[0], password)

    expect(page.get_by_role("heading", name="请先修改口令")).to_be_visible()


def test_nobody_administers_himself(clinic: Clinic, page: Page) -> None:
    sign_in(clinic, page, *ADMINISTRATOR, path=f"/accounts/{ADMINISTRATOR[0]}")

    expect(page.get_by_role("region", name="角色")).to_contain_text("不能为自己授予或收回角色")
    expect(page.get_by_role("button", name="停用")).to_have_count(0)
    expect(page.get_by_role("form", name="授予角色")).to_have_count(0)


def test_the_pages_of_accounts_fit_a_phone_and_speak_english(clinic: Clinic, page: Page) -> None:
    page.set_viewport_size(PHONE)  # type: ignore[arg-type]
    sign_in(clinic, page, *ADMINISTRATOR)
    expect(page.get_by_role("region", name="账户")).to_be_visible()
    page.get_by_role("button", name="English").click()
    paths = ["/accounts", "/accounts?tab=roles", "/accounts?tab=explain", "/me"]
    paths += [f"/accounts/{ENGINEER[0]}", "/accounts/monitor"]
    for path in paths:
        page.goto(f"{clinic.address}{path}")
        expect(page.get_by_role("main").get_by_role("region").first).to_be_visible()
        assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"], path
        words = page.get_by_role("main").inner_text()
        assert "accounts." not in words.replace(ENGINEER[0], ""), path
