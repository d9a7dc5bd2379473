from __future__ import annotations

import os
from pathlib import Path

import pytest

from lianyi.base.sensitive import Sensitive
from lianyi.security.secret_files import (
    SECRET_BYTES_MAX,
    SecretFileOpen,
    SecretFileUnusable,
    check_secret_file,
    read_secret_file,
    write_secret_file,
)


def test_what_was_written_is_read_and_only_the_owner_may(tmp_path: Path) -> None:
    path = tmp_path / "keys" / "secret"
    before = os.umask(0)
    try:
        assert write_secret_file(path, Sensitive(b"one"), replace=False)
    finally:
        os.umask(before)
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o777 == 0o700
    assert read_secret_file(path) == Sensitive(b"one")
    check_secret_file(path)
    assert [file.name for file in path.parent.iterdir()] == ["secret"]


def test_a_file_that_is_there_stays_unless_it_is_to_be_replaced(tmp_path: Path) -> None:
    path = tmp_path / "secret"
    write_secret_file(path, Sensitive(b"one"), replace=False)
    assert not write_secret_file(path, Sensitive(b"two"), replace=False)
    assert read_secret_file(path).reveal() == b"one"
    assert write_secret_file(path, Sensitive(b"two"), replace=True)
    assert read_secret_file(path).reveal() == b"two"
    assert [file.name for file in tmp_path.iterdir()] == ["secret"]


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o620, 0o602, 0o610, 0o601, 0o644, 0o777])
def test_a_file_that_others_may_touch_is_refused_with_its_mode(tmp_path: Path, mode: int) -> None:
    path = tmp_path / "secret"
    path.write_bytes(b"one")
    path.chmod(mode)
    for look in (check_secret_file, read_secret_file):
        with pytest.raises(SecretFileOpen, match=f"mode is {mode:o}.*chmod 600") as raised:
            look(path)
        assert "one" not in raised.value.text("zh").replace("None", "")


@pytest.mark.parametrize("mode", [0o400, 0o600, 0o700])
def test_a_file_of_the_owner_alone_is_taken(tmp_path: Path, mode: int) -> None:
    path = tmp_path / "secret"
    path.write_bytes(b"one")
    path.chmod(mode)
    assert read_secret_file(path).reveal() == b"one"


def test_what_is_no_file_of_a_usable_size_is_told(tmp_path: Path) -> None:
    with pytest.raises(SecretFileUnusable, match="no such file"):
        read_secret_file(tmp_path / "missing")
    with pytest.raises(SecretFileUnusable, match="no such file"):
        check_secret_file(tmp_path / "missing")
    with pytest.raises(SecretFileUnusable):
        read_secret_file(tmp_path)
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe, 0o600)
    with pytest.raises(SecretFileUnusable, match="no regular file"):
        read_secret_file(pipe)
    big = tmp_path / "big"
    write_secret_file(big, Sensitive(bytes(SECRET_BYTES_MAX + 1)), replace=False)
    with pytest.raises(SecretFileUnusable, match="more than 1 MiB"):
        read_secret_file(big)
    with pytest.raises(SecretFileUnusable):
        write_secret_file(big / "below", Sensitive(b"one"), replace=False)


def test_a_link_is_judged_by_the_file_behind_it(tmp_path: Path) -> None:
    path, link = tmp_path / "secret", tmp_path / "link"
    path.write_bytes(b"one")
    path.chmod(0o644)
    link.symlink_to(path)
    with pytest.raises(SecretFileOpen):
        read_secret_file(link)
    path.chmod(0o600)
    assert read_secret_file(link).reveal() == b"one"
