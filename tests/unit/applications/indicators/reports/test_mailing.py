"""Letters over a real wire: encrypted, with a password, to where the settings allow."""

from __future__ import annotations

import ssl
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

import pytest
from tests.peers.authority import Authority

from lianyi.applications.indicators.reports.failures import MailRefused, MailUnavailable
from lianyi.applications.indicators.reports.mailing import Letter, message_id, send
from lianyi.applications.indicators.reports.settings import MailSettings
from lianyi.base.outgoing import OutgoingSettings, set_outgoing

from .postbox import Postbox, pdf_of, post, takes_password

LETTER = Letter(
    "院长月报",
    "见附件\n",
    "report.pdf",
    b"%PDF-1.4 x",
    "<a@b.test>",
    datetime(2026, 3, 2, tzinfo=UTC),
)
TO = ["a@hospital.test"]


def settings(port: int, **more: object) -> MailSettings:
    return MailSettings.model_validate(
        {"host": "127.0.0.1", "port": port, "sender": "l@h.test", "security": "none"} | more
    )


async def test_a_letter_arrives_as_it_was_written() -> None:
    async with post() as box:
        outcome = await send(LETTER, settings(box.port), TO)
    assert (outcome.told, outcome.failed) == (("a@hospital.test",), {})
    ((receivers, letter),) = box.letters
    assert receivers == TO
    assert letter["Subject"] == "院长月报"
    assert letter["Message-ID"] == "<a@b.test>"
    assert pdf_of(letter) == LETTER.content


def test_the_name_of_a_message_is_that_of_report_and_period() -> None:
    names = {message_id(UUID(int=one), key, "h.test") for one in (1, 2) for key in ("a", "b")}
    assert len(names) == 4
    assert message_id(UUID(int=1), "a", "h.test") in names


@pytest.mark.parametrize("security", ["starttls", "tls"])
async def test_a_password_goes_over_an_encrypted_connection(tmp_path: Path, security: str) -> None:
    authority = Authority(tmp_path)
    certificate, key = authority.issue("localhost")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    secret = tmp_path / "password"
    secret.write_text("wort\n", "utf-8")
    secret.chmod(0o600)
    box = Postbox()
    lets_in = takes_password(b"lianyi", b"wort")
    if security == "starttls":
        more = {"tls_context": context, "require_starttls": True, "auth_required": True}
        served = post(box, authenticator=lets_in, **more)
    else:
        served = post(box, wrapped=context, authenticator=lets_in, auth_require_tls=False)
    async with served:
        wanted = {
            "host": "localhost", "security": security, "ca_file": authority.ca_file,
            "user": "lianyi", "password_file": secret,
        }  # fmt: skip
        assert (await send(LETTER, settings(box.port, **wanted), TO)).told == tuple(TO)
        secret.write_text("falsch", "utf-8")
        with pytest.raises(MailRefused, match="535"):
            await send(LETTER, settings(box.port, **wanted), TO)
        del wanted["ca_file"]
        with pytest.raises(MailUnavailable):
            await send(LETTER, settings(box.port, **wanted), TO)


async def test_a_letter_goes_only_where_the_settings_allow() -> None:
    async with post() as box:
        set_outgoing(OutgoingSettings(refused=("127.0.0.0/8", "::1/128")))
        try:
            with pytest.raises(MailUnavailable, match="outgoing"):
                await send(LETTER, settings(box.port), TO)
        finally:
            set_outgoing(OutgoingSettings(loopback=True))
        assert box.letters == []


@pytest.mark.parametrize(
    ("answer", "error"), [("451 later", MailUnavailable), ("554 no", MailRefused)]
)
async def test_what_the_server_says_decides_whether_it_is_tried_again(
    answer: str, error: type[Exception]
) -> None:
    async with post(Postbox(data=lambda: answer)) as box:
        with pytest.raises(error):
            await send(LETTER, settings(box.port), TO)


@pytest.mark.parametrize(
    "wrong",
    [
        {"sender": ""},
        {"sender": "a@b.test\r\nX: y"},
        {"user": "x"},
        {"user": "x", "password_file": "/x"},
        {"sender_name": "a\nb"},
    ],
)
def test_settings_that_cannot_be_are_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ValueError):
        settings(25, **wrong)
