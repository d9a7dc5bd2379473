"""What a SAML response must say, and every way of saying it falsely."""

from __future__ import annotations

import base64
import zlib
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlsplit

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from lxml import etree
from signxml.algorithms import DigestAlgorithm, SignatureMethod
from tests.peers.saml import key_pair

from lianyi.base.clock import RandomIds, SteppedClock, SystemClock
from lianyi.security.providers.files import SamlFile
from lianyi.security.providers.problems import SecretUnreadable, SignInExpired, SignInRefused
from lianyi.security.providers.provider import KeptState
from lianyi.security.providers.saml import Proved, SamlProvider
from lianyi.security.providers.saml_xml import (
    ASSERTION,
    NS,
    SIGNATURE,
    Unbelievable,
    parse,
    read_response,
)

from .saml_forge import ACS, IDP, SP, Forge, audience, shown, wrapped

PROOFS = [("assertion",), ("response",), ("assertion", "response")]


class Desk:
    """A provider, a request under way, and the identity provider that answers it."""

    def __init__(self, folder: Path) -> None:
        self.clock = SteppedClock(SystemClock().now().replace(microsecond=0))
        self.certificate, self.key = key_pair(folder, "idp")
        self.folder = folder
        self.file = SamlFile.model_validate(
            {
                "provider": "staff",
                "kind": "saml",
                "title": {"zh": "统一身份", "en": "Staff"},
                "idp_entity_id": IDP,
                "sso_url": "https://idp.h/sso",
                "idp_certificate_file": self.certificate,
                "entity_id": SP,
                "acs_url": ACS,
                "account_name": "uid",
            }
        )

    def provider(self, **changed: Any) -> SamlProvider:
        file = self.file.model_copy(update=changed)
        return SamlProvider(file, self.clock, RandomIds())

    async def kept(self) -> KeptState:
        return (await self.provider().begin("/queues")).kept

    def forge(self, kept: KeptState, **says: str) -> Forge:
        request = kept.values["request"]
        return Forge(self.clock.now(), request, self.certificate, self.key, says=says)

    def receive(self, root: Any, kept: KeptState, **changed: Any) -> Proved:
        form = {"SAMLResponse": shown(root), "RelayState": kept.key}
        return self.provider(**changed).receive(form, kept)


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


@pytest.mark.parametrize("signs", PROOFS)
async def test_a_good_response_says_who_it_is(desk: Desk, signs: tuple[str, ...]) -> None:
    kept = await desk.kept()
    forge = desk.forge(kept)

    proved = desk.receive(forge.sign(forge.response(), *signs), kept)

    found = proved.identity
    assert (found.subject, found.user_name, found.groups) == ("p-0001", "lin", ("lab", "ward"))
    assert (found.factors, found.session) == (("pwd",), "s1")
    assert found.authenticated_at == desk.clock.now()
    assert proved.assertion == "_assertion"
    assert proved.until == desk.clock.now() + timedelta(seconds=360)


@pytest.mark.parametrize("number", range(1, 9))
async def test_nothing_can_be_wrapped_around_a_good_signature(desk: Desk, number: int) -> None:
    kept = await desk.kept()
    forge = desk.forge(kept)
    good = forge.sign(forge.response(), "response" if number < 3 else "assertion")
    desk.receive(good, kept)  # it would count as it is
    attack = wrapped(good, number)
    assert b"evil" in etree.tostring(attack)

    with pytest.raises(SignInRefused):
        desk.receive(attack, kept)


@pytest.mark.parametrize(
    "says",
    [
        {"issuer": "https://other.h"},
        {"response_issuer": "https://other.h"},
        {"audiences": audience("https://other.h")},
        {"audiences": ""},
        {"audiences": audience(SP) + audience("https://other.h")},
        {"recipient": "https://other.h/finish"},
        {"destination": "https://other.h/finish"},
        {"in_response_to": "_other"},
        {"confirmed": "_other"},
        {"method": "urn:oasis:names:tc:SAML:2.0:cm:sender-vouches"},
        {"status": "urn:oasis:names:tc:SAML:2.0:status:Responder"},
        {"conditions": "<saml:ProxyRestriction Count='1'/>"},
        {"name_format": "urn:oasis:names:tc:SAML:2.0:nameid-format:transient"},
        {"name": ""},
        {"name": "p-0001<saml:x/>"},
    ],
)
@pytest.mark.parametrize("signs", PROOFS)
async def test_what_is_signed_must_be_meant_for_us(
    desk: Desk, says: dict[str, str], signs: tuple[str, ...]
) -> None:
    kept = await desk.kept()
    forge = desk.forge(kept, **says)

    with pytest.raises(SignInRefused):
        desk.receive(forge.sign(forge.response(), *signs), kept)


@pytest.mark.parametrize(
    ("name", "last", "first_wrong"),
    [("until", -59, -60), ("confirmed_until", -59, -60), ("since", 60, 61), ("now", 60, 61)],
)
async def test_clocks_may_differ_by_a_minute(
    desk: Desk, name: str, last: int, first_wrong: int
) -> None:
    kept = await desk.kept()
    forge = desk.forge(kept)

    desk.receive(forge.sign(forge.response(**{name: forge.at(last)}), "response"), kept)
    with pytest.raises(SignInRefused):
        desk.receive(forge.sign(forge.response(**{name: forge.at(first_wrong)}), "response"), kept)


async def test_a_session_that_is_over_over_there_opens_nothing(desk: Desk) -> None:
    kept = await desk.kept()
    forge = desk.forge(kept)
    ended = f' SessionNotOnOrAfter="{forge.at(-61)}"'

    with pytest.raises(SignInRefused):
        desk.receive(forge.sign(forge.response(session_end=ended), "response"), kept)


async def test_what_nobody_signed_proves_nothing(desk: Desk) -> None:
    kept = await desk.kept()
    forge = desk.forge(kept)

    with pytest.raises(SignInRefused):
        desk.receive(forge.response(), kept)


async def test_the_certificate_in_the_response_does_not_count(desk: Desk) -> None:
    kept = await desk.kept()
    certificate, key = key_pair(desk.folder, "stranger")
    forge = replace(desk.forge(kept), certificate=certificate, key=key)

    with pytest.raises(SignInRefused):
        desk.receive(forge.sign(forge.response(), "assertion", "response"), kept)


async def test_a_wrong_signature_beside_a_good_one_spoils_both(desk: Desk) -> None:
    kept = await desk.kept()
    forge = desk.forge(kept)
    certificate, key = key_pair(desk.folder, "stranger")
    stranger = replace(forge, certificate=certificate, key=key)
    root = forge.sign(stranger.sign(forge.response(), "assertion"), "response")

    with pytest.raises(SignInRefused):
        desk.receive(root, kept)


async def test_two_certificates_count_while_one_follows_the_other(desk: Desk) -> None:
    kept = await desk.kept()
    forge = desk.forge(kept)
    following, _ = key_pair(desk.folder, "following")
    both = desk.folder / "both.pem"
    both.write_bytes(following.read_bytes() + desk.certificate.read_bytes())

    desk.receive(forge.sign(forge.response(), "assertion"), kept, idp_certificate_file=both)
    with pytest.raises(SignInRefused):
        desk.receive(
            forge.sign(forge.response(), "assertion"), kept, idp_certificate_file=following
        )


async def test_an_expired_certificate_of_the_identity_provider_proves_nothing(desk: Desk) -> None:
    kept = await desk.kept()
    certificate, key = key_pair(desk.folder, "old", days=-1)
    forge = replace(desk.forge(kept), certificate=certificate, key=key)

    with pytest.raises(SignInRefused):
        desk.receive(
            forge.sign(forge.response(), "assertion"), kept, idp_certificate_file=certificate
        )


async def test_sha_1_counts_only_where_the_file_says_so(desk: Desk) -> None:
    kept = await desk.kept()
    forge = replace(desk.forge(kept), method=SignatureMethod.RSA_SHA1, digest=DigestAlgorithm.SHA1)
    root = forge.sign(forge.response(), "assertion")

    with pytest.raises(SignInRefused):
        desk.receive(root, kept)
    assert desk.receive(root, kept, allow_sha1=True).identity.subject == "p-0001"


async def test_a_shared_secret_never_counts(desk: Desk) -> None:
    kept = await desk.kept()
    forge = desk.forge(kept)
    root = forge.sign(forge.response(), "assertion")
    (method,) = root.iter(f"{{{NS['ds']}}}SignatureMethod")
    method.set("Algorithm", SignatureMethod.HMAC_SHA256.value)

    with pytest.raises(SignInRefused):
        desk.receive(root, kept, allow_sha1=True)


@pytest.mark.parametrize(
    ("element", "algorithm"),
    [
        ("Transform", "http://www.w3.org/TR/1999/REC-xslt-19991116"),
        ("Transform", "http://www.w3.org/TR/1999/REC-xpath-19991116"),
        ("CanonicalizationMethod", "http://www.w3.org/2001/10/xml-exc-c14n#WithComments"),
    ],
)
async def test_a_signature_computes_nothing(desk: Desk, element: str, algorithm: str) -> None:
    kept = await desk.kept()
    forge = desk.forge(kept)
    root = forge.sign(forge.response(), "assertion")
    next(root.iter(f"{{{NS['ds']}}}{element}")).set("Algorithm", algorithm)

    with pytest.raises(Unbelievable, match="not allowed"):
        read_response(shown(root))


@pytest.mark.parametrize(
    ("body", "why"),
    [
        (b'<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>', "document type"),
        (b'<!DOCTYPE a SYSTEM "http://127.0.0.1:1/a.dtd"><a/>', "document type"),
        (
            b'<!DOCTYPE a [<!ENTITY b "bbbb"><!ENTITY c "&b;&b;&b;">]><a>&c;&c;</a>',
            "document type",
        ),
        (b"<a>evil<!-- --></a>", "comments"),
        (b"<a><?go on?></a>", "comments"),
        (b"<a" + b"><a" * 300 + b"/>" + b"</a>" * 300, "no XML"),
        (b"<a>" + b"<b/>" * 5001 + b"</a>", "too many"),
        (b"\xff\xfe<", "no XML"),
    ],
)
def test_xml_declares_and_hides_nothing(body: bytes, why: str) -> None:
    with pytest.raises(Unbelievable, match=why):
        parse(body)


@pytest.mark.parametrize("text", ["", "%%%", "QQ==", "A" * 400_000])
def test_what_is_no_response_is_refused(text: str) -> None:
    with pytest.raises(Unbelievable):
        read_response(text)


async def test_an_encrypted_assertion_is_refused_plainly(desk: Desk) -> None:
    kept = await desk.kept()
    forge = desk.forge(kept)
    root = forge.response()
    inner = root.find(ASSERTION)
    assert inner is not None
    inner.tag = f"{{{NS['saml']}}}EncryptedAssertion"

    with pytest.raises(Unbelievable, match="encrypted"):
        read_response(shown(root))


async def test_a_comment_cuts_no_name_short(desk: Desk) -> None:
    kept = await desk.kept()
    forge = desk.forge(kept, name="p-0001.evil")
    body = etree.tostring(forge.sign(forge.response(), "assertion"))
    cut = body.replace(b"p-0001.evil", b"p-0001<!-- -->.evil")
    assert cut != body

    with pytest.raises(SignInRefused):
        desk.receive(cut, kept)


async def test_no_changed_byte_makes_somebody_else(desk: Desk) -> None:
    kept = await desk.kept()
    forge = desk.forge(kept)
    body = etree.tostring(forge.sign(forge.response(), "assertion", "response"))

    @settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow])
    @given(at=st.integers(0, len(body) - 1), value=st.integers(0, 255))
    def holds(at: int, value: int) -> None:
        changed = body[:at] + bytes([value]) + body[at + 1 :]
        try:
            found = desk.receive(changed, kept).identity
        except SignInRefused:
            return
        assert (found.subject, found.groups) == ("p-0001", ("lab", "ward"))

    holds()


async def test_a_response_belongs_to_one_sign_in(desk: Desk) -> None:
    kept, other = await desk.kept(), await desk.kept()
    forge = desk.forge(kept)
    root = forge.sign(forge.response(), "assertion")

    with pytest.raises(SignInRefused):
        desk.receive(root, other)
    with pytest.raises(SignInExpired):
        desk.provider().receive({"SAMLResponse": shown(root), "RelayState": "x"}, kept)
    desk.clock.advance(timedelta(minutes=10))
    with pytest.raises(SignInExpired):
        desk.receive(root, kept)


async def test_a_way_of_proof_that_is_asked_for_is_demanded(desk: Desk) -> None:
    kept = await desk.kept()
    contexts = ("https://refeds.org/profile/mfa",)
    forge = desk.forge(kept)

    with pytest.raises(SignInRefused):
        desk.receive(forge.sign(forge.response(), "assertion"), kept, authn_contexts=contexts)
    strong = forge.response(context=contexts[0])
    found = desk.receive(forge.sign(strong, "assertion"), kept, authn_contexts=contexts)
    assert found.identity.factors == ("mfa",)


async def test_the_request_says_who_asks_and_where_to_answer(desk: Desk) -> None:
    away = await desk.provider(force_authn=True).begin("/queues")

    parts = urlsplit(away.url)
    query = dict(parse_qsl(parts.query))
    assert query.keys() == {"SAMLRequest", "RelayState"}
    assert query["RelayState"] == away.kept.key
    root = etree.fromstring(zlib.decompress(base64.b64decode(query["SAMLRequest"]), -15))
    assert root.get("ID") == away.kept.values["request"]
    assert (root.get("Destination"), root.get("AssertionConsumerServiceURL")) == (
        "https://idp.h/sso", ACS,
    )  # fmt: skip
    assert root.get("ForceAuthn") == "true"
    assert root.findtext("saml:Issuer", namespaces=NS) == SP


async def test_a_signed_request_is_signed_as_it_travels(desk: Desk) -> None:
    certificate, key = key_pair(desk.folder, "own")
    own = {"sp_certificate_file": certificate, "sp_key_file": key}

    away = await desk.provider(**own).begin("/")

    signed, _, signature = urlsplit(away.url).query.rpartition("&Signature=")
    assert [part.partition("=")[0] for part in signed.split("&")] == [
        "SAMLRequest", "RelayState", "SigAlg",
    ]  # fmt: skip
    public = x509.load_pem_x509_certificate(certificate.read_bytes()).public_key()
    assert isinstance(public, rsa.RSAPublicKey)
    raw = base64.b64decode(parse_qs(f"s={signature}")["s"][0])
    public.verify(raw, signed.encode(), padding.PKCS1v15(), hashes.SHA256())


def test_files_that_cannot_be_used_are_told(desk: Desk) -> None:
    open_to_all = desk.folder / "open.key"
    open_to_all.write_bytes(desk.key.read_bytes())
    open_to_all.chmod(0o644)
    for wrong in (
        {"idp_certificate_file": desk.folder / "gone.pem"},
        {"idp_certificate_file": desk.key},
        {"sp_certificate_file": desk.certificate, "sp_key_file": desk.certificate},
        {"sp_certificate_file": desk.certificate, "sp_key_file": open_to_all},
    ):
        with pytest.raises(SecretUnreadable):
            desk.provider(**wrong)


def test_the_shape_is_checked_before_any_signature(desk: Desk) -> None:
    forge = Forge(desk.clock.now(), "_r", desk.certificate, desk.key)
    root = forge.sign(forge.response(response_id="_same", assertion_id="_same"), "assertion")
    with pytest.raises(Unbelievable, match="twice"):
        read_response(shown(root))
    twice = forge.sign(forge.response(), "assertion")
    inner = twice.find(ASSERTION)
    assert inner is not None
    signature = inner.find(SIGNATURE)
    assert signature is not None
    inner.append(etree.fromstring(etree.tostring(signature)))
    with pytest.raises(Unbelievable, match="more than one signature"):
        read_response(shown(twice))
