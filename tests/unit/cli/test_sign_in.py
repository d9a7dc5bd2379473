"""``lianyi sign-in check`` against a server that is there, one that is not, and a bad file."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from benchmarks.ports import free_port
from click.testing import CliRunner
from tests.peers.slapd import BASE, PROGRAM, READER, READER_PASSWORD, Slapd

from lianyi.cli.main import main

pytestmark = pytest.mark.skipif(
    not PROGRAM.exists(), reason="there is no OpenLDAP server here: tools/need_slapd.sh installs it"
)


@pytest.fixture(scope="module")
def slapd() -> Iterator[Slapd]:
    with tempfile.TemporaryDirectory(prefix="lianyi-slapd-") as folder:
        server = Slapd(Path(folder))
        server.start()
        yield server
        server.stop()


@pytest.fixture
def content(tmp_path: Path, slapd: Slapd) -> Path:
    (tmp_path / "sign-in").mkdir()
    (tmp_path / "secret").write_text(READER_PASSWORD)
    (tmp_path / "sign-in" / "good.yaml").write_text(
        f"provider: good\nkind: ldap\ntitle: {{zh: 目录, en: Directory}}\nservers: [{slapd.tls}]\n"
        f"ca_file: {slapd.authority.ca_file}\nbase: {BASE}\nbind_as: {READER}\n"
        f"bind_password_file: {tmp_path / 'secret'}\n"
    )
    return tmp_path


def look(content: Path, code: int, *names: str) -> list[dict[str, Any]]:
    done = CliRunner().invoke(
        main, ["sign-in", "check", "--content", str(content), "--json", *names]
    )
    assert done.exit_code == code, done.output
    checks: list[dict[str, Any]] = json.loads(done.stdout)["checks"]
    return checks


def test_a_directory_that_answers_is_well(content: Path) -> None:
    (finding,) = look(content, 0)
    assert (finding["check"], finding["status"]) == ("good", "ok")


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (("bind_password_file", "bind_passwort_file"), "bind_password_file"),
        (("secret", "missing"), "LY-1855"),
        ((f"base: {BASE}", "base: dc=nowhere"), "search refused"),
        (("ldaps://localhost", "ldaps://127.0.0.2"), "certificate does not count"),
        (("ca_file:", "display_name: cn #"), "certificate does not count"),
    ],
)
def test_what_is_wrong_is_said_in_both_languages(
    content: Path, change: tuple[str, str], told: str
) -> None:
    path = content / "sign-in" / "good.yaml"
    path.write_text(path.read_text().replace(*change))
    findings = look(content, 1)
    assert any(told in json.dumps(finding["en"]) for finding in findings), findings
    assert all(finding["zh"]["next_step"] for finding in findings)


def test_a_wrong_password_of_the_account_that_searches_is_told(content: Path) -> None:
    (content / "secret").write_text("wrong")
    (finding,) = look(content, 1)
    assert "the account that searches is refused" in finding["en"]["found"]
    assert "用于查找的账户被拒绝" in finding["zh"]["found"]


def test_a_service_that_is_not_there_is_told_and_the_others_are_asked(content: Path) -> None:
    (content / "sign-in" / "sso.yaml").write_text(
        "provider: sso\nkind: oidc\ntitle: {zh: 统一, en: SSO}\nclient_id: a\n"
        f"issuer: http://127.0.0.1:{free_port()}\nredirect_uri: https://lianyi.test/sign-in/sso\n"
    )
    found = {finding["check"]: finding["status"] for finding in look(content, 1)}
    assert found == {"good": "ok", "sso": "fail"}
    assert len(look(content, 0, "good")) == 1
    assert "no provider 'other'" in _error(content, "other")


def _error(content: Path, name: str) -> str:
    done = CliRunner(env={"LIANYI_LANG": "en"}).invoke(
        main, ["sign-in", "check", "--content", str(content), name]
    )
    assert done.exit_code == 2
    return done.output
