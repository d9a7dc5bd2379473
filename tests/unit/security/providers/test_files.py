"""The files of providers: what is wrong is told at once, with the nearest known key."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from lianyi.base.clock import RandomIds, SteppedClock, SystemClock
from lianyi.security.providers import (
    ExternalIdentity,
    Suggestion,
    load_providers,
    make_provider,
    read_provider,
    suggest,
)
from lianyi.security.providers.files import GrantRule, LdapFile, read_secret
from lianyi.security.providers.problems import BadProvider, SecretUnreadable, UnknownProviderKey

ROOT = Path(__file__).parents[4]
LDAP = """
provider: ad
kind: ldap
title: { zh: 域账户, en: Domain account }
servers: [ldaps://dc1.hospital.internal, ldaps://dc2.hospital.internal:636]
base: dc=hospital,dc=internal
user_filter: (sAMAccountName={name})
"""


def problems_of(text: str, name: str = "ad.yaml") -> list[str]:
    with pytest.raises(BadProvider) as found:
        read_provider(text, name)
    return [problem.text("en") for problem in found.value.problems]


def test_a_file_is_read() -> None:
    found = read_provider(LDAP, "ad.yaml")
    assert isinstance(found, LdapFile)
    assert found.start_tls
    assert not found.create_accounts


def test_misspelt_keys_are_told_first_with_the_nearest_known_one() -> None:
    text = LDAP.replace("base:", "bse:").replace("en:", "eng:") + "grants: [{ grup: a }]\n"
    with pytest.raises(UnknownProviderKey) as found:
        read_provider(text, "ad.yaml")
    told = [(p.where, p.facts.get("nearest")) for p in found.value.problems]
    assert ("ad.yaml: bse", "base") in told
    assert ("ad.yaml: title.eng", "en") in told
    assert ("ad.yaml: grants.0.grup", "group") in told
    assert ("ad.yaml: base", None) not in told, "it is misspelt, not missing"


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (("kind: ldap", "kind: ldpa"), "do you mean ldap?"),
        (("provider: ad", "provider: other"), "the file is called 'ad'"),
        (("ldaps://dc1", "https://dc1"), "write ldaps://"),
        (("(sAMAccountName={name})", "(sAMAccountName=lin)"), "everybody would match"),
        (("(sAMAccountName={name})", "(sAMAccountName={name}"), "ad.yaml: user_filter"),
        (("base:", "mode: direct\nbase:"), "needs bind_name"),
        (("base:", "bind_as: cn=a\nbase:"), "needs bind_password_file"),
        (("ldaps://dc1", "ldap://dc1"), None),
        (("base:", "timeout_seconds: 0\nbase:"), "timeout_seconds"),
        (("title:", "title: &a"), "anchors"),
        (("title:", "title: !!python/object:os.system"), "ad.yaml"),
        (("provider: ad", "- a"), "ad.yaml"),
    ],
)
def test_what_cannot_work_is_told(change: tuple[str, str], told: str | None) -> None:
    text = LDAP.replace(*change)
    if told is None:
        read_provider(text, "ad.yaml")
    else:
        assert any(told in problem for problem in problems_of(text)), problems_of(text)


def test_passwords_never_travel_in_plain_text_by_accident() -> None:
    text = LDAP.replace("ldaps://dc1", "ldap://dc1") + "start_tls: false\n"
    assert "unencrypted" in problems_of(text)[0]
    read_provider(text + "allow_plain_text: true\n", "ad.yaml")


@pytest.mark.parametrize("algorithm", ["none", "HS256", "RSA1_5"])
def test_no_file_can_allow_a_signature_that_is_none(algorithm: str) -> None:
    text = (
        "provider: sso\nkind: oidc\ntitle: {zh: 统一, en: SSO}\nissuer: https://sso.test\n"
        f"client_id: a\nredirect_uri: https://l.test\nalgorithms: [{algorithm}]\n"
    )
    assert "algorithms" in problems_of(text, "sso.yaml")[0]


def test_a_bad_file_does_not_stop_the_good_ones(tmp_path: Path) -> None:
    (tmp_path / "sign-in").mkdir()
    (tmp_path / "sign-in" / "ad.yaml").write_text(LDAP)
    (tmp_path / "sign-in" / "bad.yaml").write_bytes(b"\xff")
    (tmp_path / "sign-in" / "worse.yaml").write_text("kind: oidc\n")
    files, problems = load_providers(tmp_path)
    assert [file.provider for file in files] == ["ad"]
    assert {problem.where.partition(":")[0] for problem in problems} == {"bad.yaml", "worse.yaml"}


def test_an_empty_or_missing_secret_is_told(tmp_path: Path) -> None:
    for name, content in (("empty", b"\n"), ("binary", b"\xff")):
        (tmp_path / name).write_bytes(content)
        with pytest.raises(SecretUnreadable):
            read_secret(tmp_path / name)
    with pytest.raises(SecretUnreadable):
        read_secret(tmp_path / "missing")


def test_groups_suggest_roles_and_a_dn_is_compared_as_one() -> None:
    identity = ExternalIdentity(
        provider="ad",
        subject="1",
        user_name="lin",
        display_name="",
        email="",
        groups=("CN=Lab, OU=Groups,DC=h", "night"),
        authenticated_at=SystemClock().now(),
    )
    rules = [
        GrantRule(group="cn=lab,ou=groups,dc=h", role="technician", organisation="H1"),
        GrantRule(group="night", role="technician", organisation="H1"),
        GrantRule(group="night", role="reader", organisation="*"),
        GrantRule(group="Night", role="admin", organisation="*"),
    ]
    assert suggest(identity, rules) == (
        Suggestion("reader", "*", "night"),
        Suggestion("technician", "H1", "cn=lab,ou=groups,dc=h"),
    )


@pytest.mark.parametrize("guide", ["sign-in.md", "sign-in.zh.md"])
def test_the_examples_of_the_guide_are_files_that_can_be_used(guide: str) -> None:
    text = (ROOT / "docs" / "guides" / guide).read_text(encoding="utf-8")
    examples = re.findall(r"```yaml\n# content/sign-in/(\S+)\n(.*?)```", text, re.DOTALL)
    assert len(examples) == 5
    for name, example in examples:
        file = read_provider(example, name)
        clock = SteppedClock(SystemClock().now())
        needs_files = getattr(file, "ca_file", None) or getattr(file, "idp_certificate_file", None)
        if not needs_files:
            make_provider(file, clock, RandomIds())
