"""Certificates that run out: in the list, on the overview, to the doctor and to Prometheus."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest
from tests.peers.authority import Authority

import lianyi.api.certificates
from lianyi.api.settings import HttpsSettings
from lianyi.base.clock import SystemClock
from lianyi.cli.common import Where
from lianyi.cli.doctor_certificates import look_at_certificates

from .house import House, serving

CHANNEL = """
channel: lab
description: 检验
organisation: H1
source: {{ connector: mllp, port: 0, tls: {{ certificate_file: {mllp[0]}, key_file: {mllp[1]} }} }}
destinations:
  - {{ name: emr, connector: mllp, address: "h:1", tls: {{ ca_file: {ca} }} }}
"""
SIGN_IN = """
provider: sso
kind: cas
title: {{ zh: 统一认证, en: CAS }}
server: https://cas.h/cas
service: https://l.h/api/v1/session/sso/finish
ca_file: {gone}
"""


class Files:
    """An installation with certificates that end in 400, 31, 29 and -1 days."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.authority = Authority(folder, "hospital")
        self.soon = self.authority.issue("soon.h", days=29)
        self.later = self.authority.issue("later.h", days=31)
        self.over = self.authority.issue("over.h", days=-1)
        self.long = self.authority.issue("long.h", days=400)
        content = folder / "content"
        (content / "channels").mkdir(parents=True)
        (content / "sign-in").mkdir()
        text = CHANNEL.format(mllp=self.over, ca=self.later[0])
        (content / "channels" / "lab.yaml").write_text(text, encoding="utf-8")
        text = SIGN_IN.format(gone=folder / "gone.pem")
        (content / "sign-in" / "sso.yaml").write_text(text, encoding="utf-8")
        self.https = HttpsSettings(
            certificate_file=self.soon[0], key_file=self.soon[1], client_ca_file=self.long[0]
        )


@pytest.fixture
def files(tmp_path: Path) -> Files:
    return Files(tmp_path)


@pytest.fixture
async def house(database: str, files: Files) -> AsyncIterator[House]:
    async with serving(database, files.folder, https=files.https, clock=SystemClock()) as found:
        yield found


async def listed(house: House) -> list[tuple[str, int | None, list[str]]]:
    return [
        (one["used_by"], one["days_left"], [problem["code"] for problem in one["problems"]])
        for one in await house.get("/certificates")
    ]


async def bind(house: House, pem: Path) -> None:
    wanted = {"name": "pacs", "display_name": "PACS", "kind": "service", "organisation": "H1"}
    await house.post("/accounts", wanted)
    body = {"certificates": [{"pem": pem.read_text()}]}
    answer = await house.client.put("/api/v1/accounts/pacs/certificates", json=body)
    assert answer.status_code == 200, answer.text


async def test_the_list_tells_what_runs_out_a_month_ahead(house: House, files: Files) -> None:
    await bind(house, files.authority.issue("pacs", days=10)[0])

    assert await listed(house) == [
        ("channel lab", -1, ["LY-1841"]),
        ("account pacs", 10, ["LY-1842"]),
        ("https", 29, ["LY-1842"]),
        ("channel lab", 31, []),
        ("https", 400, []),
        ("sign-in sso", None, ["LY-1840"]),
    ]


async def test_the_overview_tells_what_runs_out(house: House) -> None:
    seen = await house.get("/overview")

    assert seen["status"] == "attention"
    assert [one["code"] for one in seen["problems"]] == ["LY-1841", "LY-1842", "LY-1840"]
    assert seen["problems"][1]["zh"]["why"].startswith("soon.h 的证书有效期至")
    assert "29" in seen["problems"][1]["en"]["why"]


async def test_prometheus_reads_when_they_run_out(house: House) -> None:
    text = (await house.client.get("/metrics")).text

    found = re.findall(r"^lianyi_certificate_expires_seconds\{(.*)\} (\S+)", text, re.MULTILINE)
    days = {labels: int(float(value) // 86400) for labels, value in found}
    assert days == {
        'subject="over.h",used_by="channel lab"': -1,
        'subject="soon.h",used_by="https"': 29,
        'subject="later.h",used_by="channel lab"': 31,
        'subject="long.h",used_by="https"': 400,
    }


async def test_a_new_file_is_seen_within_a_minute(
    house: House, files: Files, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = await listed(house)
    files.authority.issue("soon.h", days=300)
    assert await listed(house) == before

    monkeypatch.setattr(lianyi.api.certificates, "REMEMBERED_SECONDS", 0)

    assert ("https", 300, []) in await listed(house)


async def test_whoever_answers_for_one_hospital_sees_its_certificates_only(
    house: House, files: Files
) -> None:
    await bind(house, files.authority.issue("pacs", days=10)[0])
    wanted = {"name": "watcher", "display_name": "W", "kind": "service"}
    await house.post("/accounts", wanted)
    role = {"role": "integration-watcher", "organisation": "H1", "reason": "r"}
    await house.post("/accounts/watcher/roles", role)
    key = (await house.post("/accounts/watcher/keys", {"title": "t"}))["secret"]
    house.client.headers["Authorization"] = f"Bearer {key}"

    assert [one[0] for one in await listed(house)] == ["channel lab", "account pacs", "channel lab"]
    seen = await house.get("/overview")
    assert [one["code"] for one in seen["problems"]] == ["LY-1841", "LY-1842"]


def test_the_doctor_tells_what_runs_out(files: Files) -> None:
    settings_file = files.folder / "lianyi.toml"
    settings_file.write_text(
        f"[https]\ncertificate_file = '{files.soon[0]}'\nkey_file = '{files.soon[1]}'\n"
        "[database]\nurl = 'postgresql://lianyi@db.h/lianyi'\n",
        encoding="utf-8",
    )
    where = Where(settings_file, files.folder / "data", files.folder / "content")

    found = look_at_certificates(where.load(), SystemClock().now())

    assert [(one.check, one.status, one.en[:7]) for one in found] == [
        ("certificates", "warn", "LY-1842"),
        ("certificates", "fail", "LY-1841"),
        ("certificates", "fail", "LY-1840"),
        ("database-tls", "warn", "the con"),
    ]


def test_the_doctor_says_when_all_is_well(files: Files) -> None:
    settings_file = files.folder / "lianyi.toml"
    settings_file.write_text(
        f"[https]\ncertificate_file = '{files.long[0]}'\nkey_file = '{files.long[1]}'\n"
        f"[database]\nurl = 'postgresql://lianyi@db.h/lianyi'\nca_file = '{files.later[0]}'\n",
        encoding="utf-8",
    )
    where = Where(settings_file, files.folder / "data", files.folder / "nothing")
    now = SystemClock().now()

    (found,) = look_at_certificates(where.load(), now)

    assert (found.status, found.en[:14]) == ("ok", "2 certificates")
    assert str((now + timedelta(days=31, minutes=5)).date()) in found.en
