"""The settings are checked and shown, secrets masked."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from lianyi.cli.config import masked
from lianyi.cli.main import main


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("LIANYI_LANG", "en")


def write(tmp_path: Path, text: str) -> str:
    file = tmp_path / "hospital.toml"
    file.write_text(text, encoding="utf-8")
    return str(file)


def test_good_settings_are_good(tmp_path: Path) -> None:
    file = write(tmp_path, "[api]\nport = 9000\n")

    done = CliRunner().invoke(main, ["config", "check", "--settings", file, "--json"])

    assert done.exit_code == 0
    assert json.loads(done.output) == {"ok": True, "file": file}


def test_a_misspelt_key_is_named_with_the_nearest(tmp_path: Path) -> None:
    file = write(tmp_path, "[api]\nprot = 9000\n")

    done = CliRunner().invoke(main, ["config", "check", "--settings", file])

    assert done.exit_code == 1
    assert "LY-1002" in done.stderr
    assert "'port'" in done.stderr
    assert "“port”" in done.stderr


def test_all_misspelt_keys_are_told_in_one_run(tmp_path: Path) -> None:
    file = write(tmp_path, "[api]\nprot = 9000\n[databse]\n")

    done = CliRunner().invoke(main, ["config", "check", "--settings", file])

    assert "api.prot" in done.stderr
    assert "[databse]" in done.stderr


def test_what_is_shown_is_in_force_and_is_a_settings_file(tmp_path: Path) -> None:
    file = write(tmp_path, '[api]\nport = 9000\n[database.postgres_settings]\nwork_mem = "8MB"\n')

    done = CliRunner().invoke(
        main,
        ["config", "show", "--settings", file],
        env={"LIANYI__API__SITE_NAME": "示例医院"},
    )

    shown = tomllib.loads(done.output)
    assert shown["api"]["port"] == 9000
    assert shown["api"]["site_name"] == "示例医院"
    assert shown["database"]["postgres_settings"] == {"work_mem": "8MB"}


def test_a_password_in_an_address_is_not_shown(tmp_path: Path) -> None:
    file = write(tmp_path, '[database]\nurl = "postgresql://lianyi:s3cret@db.internal/lianyi"\n')

    done = CliRunner().invoke(main, ["config", "show", "--settings", file, "--json"])

    url = json.loads(done.output)["settings"]["database"]["url"]
    assert url == "postgresql://lianyi:********@db.internal/lianyi"


@given(secret=st.text("abcdefghij0123456789%!$", min_size=8))
def test_no_secret_passes_the_mask(secret: str) -> None:
    value = {
        "url": f"postgresql://user:{secret}@host/base?password={secret}",
        "api_token": secret,
        "nested": [{"password": secret}],
        "password_file": "/run/secrets/db",
    }

    shown = json.dumps(masked("section", value))

    assert secret not in shown
    assert "/run/secrets/db" in shown


OTHERS = [
    '[api]\nhost = "10.1.2.3"\n',
    '[api]\npublic_address = "https://lianyi.example"\n',
    '[https]\ntrusted_proxies = ["10.0.0.5"]\n',
    '[database]\nurl = "postgresql://lianyi@db.example/lianyi"\n',
    "[outgoing]\nloopback = false\n",
]


@pytest.mark.parametrize(
    ("text", "allowed"),
    [
        ("", True),
        ('[api]\nhost = "::1"\n', True),
        *((text, False) for text in OTHERS),
        *((f"{text}[outgoing]\nloopback = true\n", True) for text in OTHERS[:-1]),
    ],
)
def test_channels_reach_this_machine_where_nobody_else_is_served(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str, *, allowed: bool
) -> None:
    monkeypatch.delenv("LIANYI__OUTGOING__LOOPBACK", raising=False)
    file = write(tmp_path, text)

    done = CliRunner().invoke(main, ["config", "show", "--settings", file, "--json"])

    assert done.exit_code == 0
    assert json.loads(done.output)["settings"]["outgoing"]["loopback"] is allowed
