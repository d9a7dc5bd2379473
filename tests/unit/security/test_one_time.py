from __future__ import annotations

import asyncio
import re
from base64 import b32encode
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, unquote, urlsplit

import pyotp
import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from lianyi.base.sensitive import Sensitive
from lianyi.security.limited_work import LimitedWork
from lianyi.security.one_time import (
    RecoveryCodesUnreadable,
    accepted_step,
    find_recovery_code,
    new_recovery_codes,
    new_totp_secret,
    qr_svg,
    totp_address,
)

SECRET = Sensitive(b32encode(b"12345678901234567890").decode())
"""Of RFC 6238, appendix B."""


def at(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


@pytest.mark.parametrize(
    ("seconds", "code"),
    [(59, "287082"), (1111111109, "081804"), (1234567890, "005924"), (20000000000, "353130")],
)
def test_the_codes_of_rfc_6238_are_taken(seconds: int, code: str) -> None:
    assert accepted_step(SECRET, code, at(seconds), last_step=None) == seconds // 30


@given(st.integers(1_000_000, 4_000_000_000), st.integers(-5, 5))
def test_a_code_is_good_for_its_own_step_and_the_two_beside_it(seconds: int, off: int) -> None:
    code = pyotp.HOTP(SECRET.reveal()).at(seconds // 30 + off)
    taken = accepted_step(SECRET, code, at(seconds), last_step=None)
    near = [pyotp.HOTP(SECRET.reveal()).at(seconds // 30 + step) for step in (-1, 0, 1)]
    assert (taken is not None) == (code in near)


@given(st.integers(1_000_000, 4_000_000_000))
def test_a_code_is_taken_once_and_none_before_it_either(seconds: int) -> None:
    counter = pyotp.HOTP(SECRET.reveal())
    step = accepted_step(SECRET, counter.at(seconds // 30), at(seconds), last_step=None)
    assert step is not None
    older, same, newer = (counter.at(seconds // 30 + off) for off in (-1, 0, 1))
    assert len({older, same, newer}) < 3 or [
        accepted_step(SECRET, code, at(seconds), last_step=step) for code in (older, same, newer)
    ] == [None, None, step + 1]


@pytest.mark.parametrize("typed", ["287 082", "\uff12\uff18\uff17\uff10\uff18\uff12", " 287082\n"])
def test_spaces_and_full_width_digits_do_no_harm(typed: str) -> None:
    assert accepted_step(SECRET, typed, at(59), last_step=None) == 1


@given(st.text(max_size=20))
def test_anything_else_is_no_code(typed: str) -> None:
    counter = pyotp.HOTP(SECRET.reveal())
    good = {counter.at(step) for step in (0, 1, 2)}
    if accepted_step(SECRET, typed, at(59), last_step=None) is not None:
        assert re.sub(r"\s", "", typed) in good


def test_a_secret_is_new_each_time_and_has_160_bits() -> None:
    secrets = {new_totp_secret().reveal() for _ in range(50)}
    assert len(secrets) == 50
    assert all(re.fullmatch("[A-Z2-7]{32}", secret) for secret in secrets)


def test_the_address_says_who_and_where_and_hides_itself() -> None:
    address = totp_address(SECRET, account="wang.fang", issuer="联医 示例医院")
    assert f"{address}" == "***"
    parts = urlsplit(address.reveal())
    assert (parts.scheme, parts.netloc) == ("otpauth", "totp")
    assert unquote(parts.path) == "/联医 示例医院:wang.fang"
    assert parse_qs(parts.query)["secret"] == [SECRET.reveal()]
    assert pyotp.parse_uri(address.reveal()).at(59) == "287082"


def test_the_picture_is_one_svg_element_without_script_or_link() -> None:
    drawn = qr_svg(totp_address(SECRET, account="wang.fang", issuer="联医 示例医院")).reveal()
    root = etree.fromstring(drawn.encode())
    assert root.tag == "{http://www.w3.org/2000/svg}svg"
    assert {etree.QName(one).localname for one in root.iter()} <= {"svg", "path", "g", "title"}
    assert "href" not in drawn
    assert SECRET.reveal() not in drawn


@pytest.fixture
def work() -> Iterator[LimitedWork]:
    made = LimitedWork(workers_max=2, waiting_max=10, name="codes")
    yield made
    made.close()


async def test_each_recovery_code_is_found_however_it_is_typed(work: LimitedWork) -> None:
    codes = await new_recovery_codes(work)
    shown = codes.shown.reveal()
    assert len(set(shown)) == len(set(codes.stored)) == 10
    assert all(re.fullmatch(r"[0-9a-z]{4}(-[0-9a-z]{4}){2}", code) for code in shown)
    for number in (0, 4, 9):
        code = shown[number].upper().replace("-", " ").replace("0", "O").replace("1", "l")
        found = await find_recovery_code(Sensitive(code), codes.stored, work)
        assert found == codes.stored[number]
    left = [line for line in codes.stored if line != codes.stored[4]]
    assert await find_recovery_code(Sensitive(shown[4]), left, work) is None


async def test_nothing_of_a_code_is_stored(work: LimitedWork) -> None:
    codes = await new_recovery_codes(work)
    assert str(codes).count("***") == 1
    for code in codes.shown.reveal():
        assert not any(
            part in line for line in codes.stored for part in (code, code.replace("-", ""))
        )


async def test_a_wrong_code_is_none_of_them(work: LimitedWork) -> None:
    stored = (await new_recovery_codes(work)).stored
    for typed in ("", "0000-0000-0000", "x" * 100_000, "恢复码", "\ud800"):
        assert await find_recovery_code(Sensitive(typed), stored, work) is None
    assert await find_recovery_code(Sensitive("0000-0000-0000"), [], work) is None


@given(st.text(max_size=80))
def test_a_damaged_line_is_told(line: str) -> None:
    async def check() -> None:
        work = LimitedWork(workers_max=1, waiting_max=0, name="codes")
        with pytest.raises(RecoveryCodesUnreadable):
            await find_recovery_code(Sensitive("0000-0000-0000"), [line], work)
        work.close()

    asyncio.run(check())


def test_the_clock_may_be_wrong_by_half_a_minute() -> None:
    now = at(1_700_000_010)
    code = pyotp.TOTP(SECRET.reveal()).at(now - timedelta(seconds=30))
    assert accepted_step(SECRET, code, now, last_step=None) is not None
    late = now + timedelta(seconds=31)
    assert accepted_step(SECRET, code, late, last_step=None) is None
