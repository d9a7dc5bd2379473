from __future__ import annotations

import asyncio
import statistics
import threading
import time
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lianyi.base.sensitive import Sensitive
from lianyi.security.limited_work import LimitedWork, TooManyAtOnce
from lianyi.security.passwords import (
    PasswordHasher,
    PasswordHashing,
    StoredPasswordUnreadable,
    prepared,
)

CHEAP = PasswordHashing(memory_mib=19, passes=1, lanes=1)


@pytest.fixture
def hasher() -> Iterator[PasswordHasher]:
    made = PasswordHasher(CHEAP)
    yield made
    made.close()


@settings(
    max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(password=st.text(max_size=60), other=st.text(max_size=60))
def test_only_the_password_itself_is_right(password: str, other: str) -> None:
    async def both() -> tuple[bool, bool]:
        hasher = PasswordHasher(CHEAP)
        stored = await hasher.hash(Sensitive(password))
        assert password not in stored or len(password) < 5
        right = await hasher.check(Sensitive(password), stored)
        wrong = await hasher.check(Sensitive(other), stored)
        hasher.close()
        return right.right, wrong.right

    right, wrong = asyncio.run(both())
    assert right
    assert wrong == (prepared(Sensitive(password)) == prepared(Sensitive(other)))


async def test_the_same_password_is_stored_differently_each_time(hasher: PasswordHasher) -> None:
    first, second = [await hasher.hash(Sensitive("Kx7 pale river")) for _ in range(2)]
    assert first != second
    assert first.startswith("$argon2id$v=19$m=19456,t=1,p=1$")


def test_the_default_cost_is_the_second_recommended_option_of_rfc_9106() -> None:
    default = PasswordHashing()
    assert (default.memory_mib, default.passes, default.lanes) == (64, 3, 4)


async def test_two_ways_to_type_the_same_characters_are_the_same_password(
    hasher: PasswordHasher,
) -> None:
    stored = await hasher.hash(Sensitive("caf\u00e9 au\u00a0lait"))
    assert (await hasher.check(Sensitive("cafe\u0301 au lait"), stored)).right
    assert not (await hasher.check(Sensitive("Cafe\u0301 au lait"), stored)).right
    assert not (await hasher.check(Sensitive("cafe\u0301 au lait "), stored)).right


async def test_nothing_is_cut_off_a_long_password(hasher: PasswordHasher) -> None:
    stored = await hasher.hash(Sensitive("x" * 300 + "a"))
    assert not (await hasher.check(Sensitive("x" * 300 + "b"), stored)).right
    assert not (await hasher.check(Sensitive("x" * 5000), stored)).right
    with pytest.raises(ValueError, match="1 KiB"):
        await hasher.hash(Sensitive("x" * 1025))


async def test_a_right_password_of_another_cost_is_to_be_stored_anew(
    hasher: PasswordHasher,
) -> None:
    stored = await hasher.hash(Sensitive("Kx7 pale river"))
    assert (await hasher.check(Sensitive("Kx7 pale river"), stored)).store_instead is None
    dearer = PasswordHasher(CHEAP.model_copy(update={"passes": 2}))
    checked = await dearer.check(Sensitive("Kx7 pale river"), stored)
    assert checked.right
    assert checked.store_instead is not None
    assert ",t=2," in checked.store_instead
    assert (await dearer.check(Sensitive("Kx7 pale river"), checked.store_instead)).right
    assert (await dearer.check(Sensitive("wrong"), stored)).store_instead is None
    dearer.close()


async def test_nobody_takes_as_long_as_somebody(hasher: PasswordHasher) -> None:
    stored = await hasher.hash(Sensitive("Kx7 pale river"))
    taken: dict[str | None, list[float]] = {stored: [], None: []}
    for _ in range(15):
        for line, times in taken.items():
            began = time.perf_counter()
            assert not (await hasher.check(Sensitive("wrong"), line)).right
            times.append(time.perf_counter() - began)
    known, unknown = (statistics.median(times) for times in taken.values())
    assert 0.5 < known / unknown < 2


@pytest.mark.parametrize(
    "stored",
    ["", "secret", "$argon2id$v=19$m=19456,t=1,p=1$", "$2b$12$abcdefghijklmnopqrstuv",
     "$argon2id$v=19$m=99999999,t=1,p=1$c29tZXNhbHRzb21l$aGFzaGhhc2hoYXNoaGFzaA"],
)  # fmt: skip
async def test_a_damaged_line_is_told_and_costs_nothing(
    hasher: PasswordHasher, stored: str
) -> None:
    with pytest.raises(StoredPasswordUnreadable) as raised:
        await hasher.check(Sensitive("Kx7 pale river"), stored)
    assert "pale" not in str(raised.value)


async def test_a_password_is_found_among_the_last_ones(hasher: PasswordHasher) -> None:
    last = [await hasher.hash(Sensitive(word)) for word in ("one river", "two rivers")]
    assert await hasher.is_one_of(Sensitive("two rivers"), last)
    assert not await hasher.is_one_of(Sensitive("three rivers"), last)
    assert not await hasher.is_one_of(Sensitive("one river"), [])


async def test_a_flood_neither_runs_at_once_nor_waits_without_end() -> None:
    work = LimitedWork(workers_max=2, waiting_max=3, name="flood")
    running, most, go = 0, 0, threading.Event()
    lock = threading.Lock()

    def busy() -> None:
        nonlocal running, most
        with lock:
            running += 1
            most = max(most, running)
        go.wait(10)
        with lock:
            running -= 1

    calls = [asyncio.ensure_future(work.run(busy)) for _ in range(20)]
    await asyncio.sleep(0.1)
    go.set()
    came = await asyncio.gather(*calls, return_exceptions=True)
    refused = [one for one in came if isinstance(one, TooManyAtOnce)]
    assert len(refused) == 15
    assert refused[0].category.retry
    assert most == 2
    assert await work.run(lambda: 7) == 7
    work.close()


async def test_whoever_hangs_up_makes_no_room_while_his_work_runs() -> None:
    work = LimitedWork(workers_max=1, waiting_max=0, name="hang up")
    go = threading.Event()
    call = asyncio.ensure_future(work.run(lambda: go.wait(10)))
    await asyncio.sleep(0.05)
    call.cancel()
    await asyncio.gather(call, return_exceptions=True)
    with pytest.raises(TooManyAtOnce):
        await work.run(lambda: None)
    go.set()
    for _ in range(100):
        await asyncio.sleep(0.01)
        try:
            await work.run(lambda: None)
            break
        except TooManyAtOnce:
            continue
    else:
        pytest.fail("the place never came back")
    work.close()


async def test_the_loop_goes_on_while_passwords_are_checked() -> None:
    hasher = PasswordHasher(PasswordHashing(memory_mib=64, passes=3, lanes=1, workers_max=1))
    stored = await hasher.hash(Sensitive("Kx7 pale river"))
    calls = [
        asyncio.ensure_future(hasher.check(Sensitive("Kx7 pale river"), stored)) for _ in range(3)
    ]
    turns = 0
    while not all(call.done() for call in calls):
        await asyncio.sleep(0.002)
        turns += 1
    assert turns > 10
    hasher.close()
