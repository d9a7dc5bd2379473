"""Files on a real disk: none taken twice, none lost, none half."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import textwrap
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from lianyi.base.clock import SteppedClock
from lianyi.base.errors import Category
from lianyi.connectors.connector import Answer, MessageTooLarge
from lianyi.connectors.files import (
    FilesSender,
    FilesSenderSettings,
    FilesSource,
    FilesSourceSettings,
)
from lianyi.connectors.files.folder import WatchedFolder
from lianyi.connectors.files.sender import file_name
from lianyi.connectors.files.troubles import FolderUnusable, LinkRefused

Until = Callable[[Callable[[], bool]], Awaitable[None]]
Open = Callable[..., Awaitable[FilesSource]]


@pytest.fixture
def inbox(tmp_path: Path) -> Path:
    folder = tmp_path / "in"
    folder.mkdir()
    return folder


@pytest.fixture
async def watch(inbox: Path, desk: Any) -> AsyncIterator[Open]:
    sources = []

    async def watch(**settings: Any) -> FilesSource:
        settings = {"folder": inbox, "interval_seconds": 0.02, "settle_seconds": 0, **settings}
        source = FilesSource(FilesSourceSettings(**settings), desk.receive, desk.troubles.append)
        await source.start()
        sources.append(source)
        return source

    yield watch
    for source in sources:
        await source.stop(grace_seconds=0)


def files_in(folder: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and path.name != ".lock"
    }


async def test_a_taken_file_is_archived_under_the_day(
    watch: Open, inbox: Path, desk: Any, until: Until
) -> None:
    (inbox / "结果.hl7").write_bytes(b"MSH|")
    clock = SteppedClock(datetime(2026, 3, 4, 5, 6, tzinfo=UTC))
    settings = FilesSourceSettings(folder=inbox, interval_seconds=0.02, settle_seconds=0)
    source = FilesSource(settings, desk.receive, desk.troubles.append, clock=clock)
    await source.start()
    day = clock.now().astimezone().date().isoformat()

    await until(lambda: (inbox / "archive" / day / "结果.hl7").exists())
    await source.stop()

    assert files_in(inbox) == {f"archive/{day}/结果.hl7": b"MSH|"}
    assert desk.arrivals[0].attributes == {"file_name": "结果.hl7"}
    assert desk.arrivals[0].peer == str(inbox)


async def test_a_refused_file_lies_beside_its_reason_in_both_languages(
    watch: Open, inbox: Path, desk: Any, until: Until
) -> None:
    desk.answer = Answer("MSA|AE|1|错".encode(), Category.INVALID)
    (inbox / "a.hl7").write_bytes(b"MSH|")
    await watch()

    beside = inbox / "error" / "a.hl7.error.txt"
    await until(lambda: beside.exists() and beside.stat().st_size > 0)

    reason = beside.read_text("utf-8")
    assert (inbox / "error" / "a.hl7").read_bytes() == b"MSH|"
    assert "该文件中的消息未被接收" in reason
    assert "was not taken" in reason
    assert reason.endswith("MSA|AE|1|错")


async def test_a_passing_refusal_is_offered_again_until_it_is_taken(
    watch: Open, inbox: Path, desk: Any, until: Until
) -> None:
    desk.answer = Answer(b"", Category.UNAVAILABLE)
    (inbox / "a.hl7").write_bytes(b"MSH|")
    await watch(outstanding_max=1)
    await until(lambda: len(desk.arrivals) >= 3)

    desk.answer = Answer()

    await until(lambda: bool(list(inbox.glob("archive/*/a.hl7"))))
    assert set(desk.bodies) == {b"MSH|"}


async def test_two_files_of_one_name_are_both_taken_and_both_kept(
    watch: Open, inbox: Path, desk: Any, until: Until
) -> None:
    desk.answer = None
    (inbox / "a.hl7").write_bytes(b"one")
    await watch()
    await until(lambda: len(desk.arrivals) == 1)
    (inbox / "a.hl7").write_bytes(b"two")
    await asyncio.sleep(0.1)
    assert desk.bodies == [b"one"], "the second waits while the first is worked on"

    desk.replies[0](Answer())
    await until(lambda: len(desk.arrivals) == 2)
    desk.replies[1](Answer())

    await until(lambda: len(list(inbox.glob("archive/*/*"))) == 2)
    assert sorted(files_in(inbox / "archive").values()) == [b"one", b"two"]


async def test_only_plain_files_that_match_are_taken(
    watch: Open, inbox: Path, desk: Any, until: Until
) -> None:
    (inbox / "folder.hl7").mkdir()
    os.mkfifo(inbox / "pipe.hl7")
    (inbox / ".hidden.hl7").write_bytes(b"no")
    (inbox / "part.tmp").write_bytes(b"no")
    (inbox / "z.hl7").write_bytes(b"yes")
    await watch(pattern="*.hl7")

    await until(lambda: len(desk.arrivals) == 1)
    await asyncio.sleep(0.1)

    assert desk.bodies == [b"yes"]
    assert desk.troubles == []


async def test_a_symbolic_link_is_refused_and_not_followed(
    watch: Open, inbox: Path, tmp_path: Path, desk: Any, until: Until
) -> None:
    secret = tmp_path / "secret"
    secret.write_bytes(b"not the sender's to give")
    (inbox / "a.hl7").symlink_to(secret)
    await watch()

    await until(lambda: desk.troubles and (inbox / "error" / "a.hl7.error.txt").exists())

    assert [type(error) for error in desk.troubles] == [LinkRefused]
    assert desk.arrivals == []
    assert (inbox / "error" / "a.hl7").is_symlink()


async def test_a_file_over_the_limit_goes_to_error(
    watch: Open, inbox: Path, desk: Any, until: Until
) -> None:
    (inbox / "big.hl7").write_bytes(b"x" * 1001)
    await watch(size_limit_bytes=1000)

    await until(lambda: desk.troubles and (inbox / "error" / "big.hl7.error.txt").exists())

    assert [type(error) for error in desk.troubles] == [MessageTooLarge]
    assert desk.arrivals == []


async def test_many_files_are_taken_oldest_first(
    watch: Open, inbox: Path, desk: Any, until: Until
) -> None:
    for number in range(50):
        path = inbox / f"{(number * 7) % 50:03}.hl7"
        path.write_bytes(b"%d" % number)
        os.utime(path, ns=(number, number))
    await watch(outstanding_max=3)

    await until(lambda: len(list(inbox.glob("archive/*/*"))) == 50)

    assert desk.bodies == [b"%d" % number for number in range(50)]


async def test_a_folder_that_goes_away_is_told_once_and_used_when_it_is_back(
    watch: Open, inbox: Path, desk: Any, until: Until
) -> None:
    source = await watch()
    assert (source.connections, source.trouble) == (1, None)
    inbox.rename(inbox.with_name("away"))
    await until(lambda: source.connections == 0)
    await asyncio.sleep(0.1)
    assert [type(error) for error in desk.troubles] == [FolderUnusable]
    assert isinstance(source.trouble, FolderUnusable)

    inbox.with_name("away").rename(inbox)
    (inbox / "a.hl7").write_bytes(b"MSH|")

    await until(lambda: len(desk.arrivals) == 1)
    await until(lambda: source.connections == 1)
    assert source.trouble is None


async def test_two_sources_on_one_folder_never_take_one_file_twice(
    watch: Open, inbox: Path, desk: Any, until: Until
) -> None:
    await watch()
    await watch()
    for number in range(100):
        path = inbox / f".{number}"
        path.write_bytes(b"%d" % number)
        path.rename(inbox / f"{number}.hl7")

    await until(lambda: len(list(inbox.glob("archive/*/*"))) == 100)

    assert sorted(desk.bodies) == sorted(b"%d" % number for number in range(100))


async def test_what_a_killed_process_left_is_taken_again(
    watch: Open, inbox: Path, desk: Any, until: Until
) -> None:
    (inbox / "a.hl7").write_bytes(b"MSH|a")
    program = textwrap.dedent(
        """
        import asyncio, sys
        from lianyi.connectors.files import FilesSource, FilesSourceSettings

        async def main():
            settings = FilesSourceSettings(
                folder=sys.argv[1], interval_seconds=0.02, settle_seconds=0
            )
            source = FilesSource(settings, lambda *_: print("taken", flush=True), print)
            await source.start()
            await asyncio.sleep(60)

        asyncio.run(main())
        """
    )
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    with subprocess.Popen(
        [sys.executable, "-c", program, str(inbox)], stdout=subprocess.PIPE, env=environment
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"taken\n"
        await watch()
        await asyncio.sleep(0.1)
        assert desk.arrivals == [], "the other process lives and holds it"
        process.send_signal(signal.SIGKILL)

    await watch()

    await until(lambda: bool(list(inbox.glob("archive/*/a.hl7"))))
    assert desk.bodies == [b"MSH|a"]


async def test_what_had_no_reply_when_it_stopped_is_left_to_the_next_start(
    watch: Open, inbox: Path, desk: Any, until: Until
) -> None:
    desk.answer = None
    (inbox / "a.hl7").write_bytes(b"MSH|a")
    source = await watch()
    await until(lambda: len(desk.arrivals) == 1)
    await source.stop(grace_seconds=0.05)
    desk.replies[0](Answer())  # too late: nobody knows whether the file still is ours

    desk.answer = Answer()
    await source.start()

    await until(lambda: bool(list(inbox.glob("archive/*/a.hl7"))))
    assert desk.bodies == [b"MSH|a"] * 2
    await source.stop()
    assert list((inbox / ".working").iterdir()) == [inbox / ".working" / ".lock"]


# Settling, without waiting for any clock


def test_a_file_is_taken_only_after_it_has_stood_still(inbox: Path) -> None:
    folder = WatchedFolder(inbox, pattern="*", size_limit_bytes=100, name="me")
    folder.open()
    path = inbox / "a.hl7"

    path.write_bytes(b"half")
    assert folder.settled(at_seconds=0, settle_seconds=2) == []
    path.write_bytes(b"half and half")
    assert folder.settled(at_seconds=3, settle_seconds=2) == []
    assert folder.settled(at_seconds=4.9, settle_seconds=2) == []
    assert folder.settled(at_seconds=5, settle_seconds=2) == ["a.hl7"]
    assert folder.take("a.hl7") == b"half and half"
    folder.close()


def test_a_file_that_changes_at_the_last_moment_goes_back(inbox: Path) -> None:
    folder = WatchedFolder(inbox, pattern="*", size_limit_bytes=100, name="me")
    folder.open()
    path = inbox / "a.hl7"
    path.write_bytes(b"half")
    assert folder.settled(at_seconds=0, settle_seconds=0) == ["a.hl7"]

    path.write_bytes(b"half and half")

    assert folder.take("a.hl7") is None
    assert path.read_bytes() == b"half and half"
    folder.close()


# The sender


async def send(sender: FilesSender, body: bytes, control_id: str = "A1") -> Answer:
    return await sender.send(body, attributes={"control_id": control_id}, timeout_seconds=5)


async def test_sending_again_finds_the_same_file(tmp_path: Path) -> None:
    sender = FilesSender(FilesSenderSettings(folder=tmp_path))

    assert await send(sender, b"same") == Answer()
    assert await send(sender, b"same") == Answer()

    assert files_in(tmp_path) == {"A1.hl7": b"same"}
    await sender.close()


async def test_another_file_is_never_overwritten(tmp_path: Path) -> None:
    sender = FilesSender(FilesSenderSettings(folder=tmp_path))
    (tmp_path / "A1.hl7").write_bytes(b"older")

    answer = await send(sender, b"newer")

    assert answer.category is Category.CONFLICT
    assert files_in(tmp_path) == {"A1.hl7": b"older"}
    await sender.close()


async def test_what_a_crash_left_half_written_is_written_anew(tmp_path: Path) -> None:
    sender = FilesSender(FilesSenderSettings(folder=tmp_path))
    (tmp_path / ".A1.hl7.tmp").write_bytes(b"half of a longer mess")

    assert await send(sender, b"whole") == Answer()

    assert files_in(tmp_path) == {"A1.hl7": b"whole"}
    await sender.close()


async def test_a_share_without_hard_links_is_written_all_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_links(*_: Any, **__: Any) -> None:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(os, "link", no_links)
    sender = FilesSender(FilesSenderSettings(folder=tmp_path))

    assert await send(sender, b"whole") == Answer()

    assert files_in(tmp_path) == {"A1.hl7": b"whole"}
    await sender.close()


ids = st.text(min_size=1, max_size=300)


@given(first=ids, second=ids)
def test_file_names_are_safe_and_tell_messages_apart(first: str, second: str) -> None:
    names = [file_name("x-{control_id}.hl7", identifier, b"") for identifier in (first, second)]

    assert (names[0] == names[1]) == (first == second)
    for name in names:
        assert len(name.encode()) <= 250
        assert set(name) <= set(
            "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_%."
        )
        assert name.startswith("x-")
        assert name.count(".") == 1


def test_a_message_without_control_id_is_named_by_its_bytes() -> None:
    names = {file_name("{control_id}.hl7", "", body) for body in (b"a", b"a", b"b")}

    assert len(names) == 2


@pytest.mark.parametrize(
    "name", ["", "same.hl7", "../{control_id}", ".{control_id}", "{control_id}{control_id}"]
)
def test_a_name_that_could_harm_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(ValidationError):
        FilesSenderSettings(folder=tmp_path, name=name)


async def test_one_platform_can_send_to_another_through_a_folder(
    watch: Open, inbox: Path, desk: Any, until: Until
) -> None:
    await watch()
    sender = FilesSender(FilesSenderSettings(folder=inbox))
    for number in range(20):
        await send(sender, b"x" * 10_000 + b"%d" % number, f"A{number}")
    await sender.close()

    await until(lambda: len(desk.arrivals) == 20)
    assert all(len(body) > 10_000 for body in desk.bodies)
