"""SAML 2.0, Web Browser SSO: the request goes by redirect, the response comes as a form.

The form comes from another site, so the browser sends no cookie of ours with it. It is checked and
put away under a new key; the browser is asked to bring that key itself, with its cookie
(:mod:`lianyi.security.outside_sign_in`). Nobody is let in who did not begin here.

Sources: SAML Bindings 2.0, 3.4 (HTTP-Redirect), 3.5 (HTTP-POST); Profiles 2.0, 4.1; Metadata 2.0.
"""

from __future__ import annotations

import base64
import hmac
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from urllib.parse import quote, urlencode

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding, load_pem_private_key
from lxml import etree

from lianyi.base.clock import Clock, IdSource
from lianyi.security.providers.files import SamlFile
from lianyi.security.providers.problems import SecretUnreadable, expired, refused
from lianyi.security.providers.provider import ExternalIdentity, KeptState, Redirect
from lianyi.security.providers.saml_rules import Claims, Expected, check_assertion, check_response
from lianyi.security.providers.saml_xml import NS, Unbelievable, read_response, signed_parts
from lianyi.security.secret_files import SecretFileOpen, SecretFileUnusable, read_secret_file

AWAY_MAX = timedelta(minutes=10)
REQUEST = "request"
POST = "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST"
SAMLP, SAML, DS, MD = (
    NS["samlp"],
    NS["saml"],
    NS["ds"],
    "urn:oasis:names:tc:SAML:2.0:metadata",
)
RSA_SHA256 = "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256"
ECDSA_SHA256 = "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha256"


@dataclass(frozen=True, slots=True)
class Proved:
    """Who a response is about; the assertion in it must come for the first time."""

    identity: ExternalIdentity
    assertion: str
    until: datetime


class SamlProvider:
    """An identity provider that speaks SAML 2.0.

    Raises:
        SecretUnreadable: a certificate or key cannot be used.
    """

    def __init__(self, file: SamlFile, clock: Clock, ids: IdSource) -> None:
        self.name = file.provider
        self._file = file
        self._clock = clock
        self._ids = ids
        self._certificates = _certificates(file)
        self._key = _key(file)

    @property
    def metadata_address(self) -> str:
        """Where an identity provider reads our metadata: beside the door for responses."""
        return f"{self._file.acs_url.rpartition('/')[0]}/metadata"

    async def close(self) -> None:
        """Nothing is open."""

    async def begin(self, return_to: str) -> Redirect:
        """Return where to send the browser."""
        key, request, now = self._ids.new_id().hex, f"_{self._ids.new_id().hex}", self._clock.now()
        kept = KeptState(
            key=key,
            provider=self.name,
            values={REQUEST: request},
            return_to=return_to,
            expires_at=now + AWAY_MAX,
        )
        packed = zlib.compressobj(wbits=-15)
        body = packed.compress(self._request(request, now)) + packed.flush()
        asked = {"SAMLRequest": base64.b64encode(body).decode(), "RelayState": key}
        query = urlencode(asked, quote_via=quote, safe="")
        if self._key is not None:
            query = self._signed(query)
        joined = "&" if "?" in self._file.sso_url else "?"
        return Redirect(f"{self._file.sso_url}{joined}{query}", kept)

    def receive(self, form: Mapping[str, str], kept: KeptState) -> Proved:
        """Return whom a response is about.

        Args:
            form: as the browser brought it.
            kept: from :meth:`begin`; the caller has taken it out, so that it serves once.

        Raises:
            SignInExpired: it comes too late, or belongs to another sign-in.
            SignInRefused: it proves nothing.
        """
        now, file = self._clock.now(), self._file
        if kept.provider != self.name or not hmac.compare_digest(
            form.get("RelayState", "").encode(), kept.key.encode()
        ):
            raise expired(self.name, "other state")
        if now >= kept.expires_at or REQUEST not in kept.values:
            raise expired(self.name, "too late")
        expected = Expected(
            issuer=file.idp_entity_id,
            audience=file.entity_id,
            acs=file.acs_url,
            request=kept.values[REQUEST],
            now=now,
            skew=timedelta(seconds=file.skew_seconds),
        )
        try:
            root = read_response(form.get("SAMLResponse", ""))
            response, assertion = signed_parts(
                root, self._certificates, now=now, allow_sha1=file.allow_sha1
            )
            check_response(
                root if response is None else response, expected, signed=response is not None
            )
            claims = check_assertion(assertion, expected)
        except Unbelievable as reason:
            raise refused(self.name, str(reason)) from reason
        return Proved(self._identity(claims), claims.assertion, claims.until)

    def metadata(self) -> bytes:
        """Return what an identity provider wants to know of us (XML)."""
        file = self._file
        root = etree.Element(f"{{{MD}}}EntityDescriptor", nsmap={"md": MD, "ds": DS})
        root.set("entityID", file.entity_id)
        role = etree.SubElement(root, f"{{{MD}}}SPSSODescriptor")
        role.set("protocolSupportEnumeration", SAMLP)
        role.set("AuthnRequestsSigned", "true" if self._key is not None else "false")
        role.set("WantAssertionsSigned", "true")
        if file.sp_certificate_file is not None:
            own = _read_certificates(file.sp_certificate_file)[0]
            descriptor = etree.SubElement(role, f"{{{MD}}}KeyDescriptor", use="signing")
            data = etree.SubElement(
                etree.SubElement(descriptor, f"{{{DS}}}KeyInfo"), f"{{{DS}}}X509Data"
            )
            shown = etree.SubElement(data, f"{{{DS}}}X509Certificate")
            shown.text = base64.b64encode(own.public_bytes(Encoding.DER)).decode()
        if file.name_id_format:
            etree.SubElement(role, f"{{{MD}}}NameIDFormat").text = file.name_id_format
        service = etree.SubElement(role, f"{{{MD}}}AssertionConsumerService")
        service.set("Binding", POST)
        service.set("Location", file.acs_url)
        service.set("index", "0")
        service.set("isDefault", "true")
        return etree.tostring(root, xml_declaration=True, encoding="UTF-8")

    def _request(self, request: str, now: datetime) -> bytes:
        file = self._file
        root = etree.Element(f"{{{SAMLP}}}AuthnRequest", nsmap={"samlp": SAMLP, "saml": SAML})
        root.set("ID", request)
        root.set("Version", "2.0")
        root.set("IssueInstant", now.strftime("%Y-%m-%dT%H:%M:%SZ"))
        root.set("Destination", file.sso_url)
        root.set("AssertionConsumerServiceURL", file.acs_url)
        root.set("ProtocolBinding", POST)
        if file.force_authn:
            root.set("ForceAuthn", "true")
        etree.SubElement(root, f"{{{SAML}}}Issuer").text = file.entity_id
        if file.name_id_format:
            policy = etree.SubElement(root, f"{{{SAMLP}}}NameIDPolicy", AllowCreate="true")
            policy.set("Format", file.name_id_format)
        if file.authn_contexts:
            wanted = etree.SubElement(root, f"{{{SAMLP}}}RequestedAuthnContext")
            for one in file.authn_contexts:
                etree.SubElement(wanted, f"{{{SAML}}}AuthnContextClassRef").text = one
        return etree.tostring(root)

    def _signed(self, query: str) -> str:
        """Return the query with a signature over it, as it stands (Bindings 2.0, 3.4.4.1)."""
        if isinstance(self._key, rsa.RSAPrivateKey):
            query += f"&SigAlg={quote(RSA_SHA256, safe='')}"
            signature = self._key.sign(query.encode(), padding.PKCS1v15(), hashes.SHA256())
        else:
            assert isinstance(self._key, ec.EllipticCurvePrivateKey)  # noqa: S101 - see _key
            query += f"&SigAlg={quote(ECDSA_SHA256, safe='')}"
            signature = self._key.sign(query.encode(), ec.ECDSA(hashes.SHA256()))
        return f"{query}&Signature={quote(base64.b64encode(signature).decode(), safe='')}"

    def _identity(self, claims: Claims) -> ExternalIdentity:
        file = self._file

        def all_of(name: str) -> tuple[str, ...]:
            return claims.attributes.get(name, ())

        def one(name: str) -> str:
            return next((value for value in all_of(name) if value), "")

        subject = one(file.subject) if file.subject else claims.name_id
        if not subject:
            raise refused(self.name, "no lasting name of the person")
        if file.authn_contexts and claims.context not in file.authn_contexts:
            raise refused(self.name, "not signed in the way that was asked for")
        return ExternalIdentity(
            provider=self.name,
            subject=subject,
            user_name=one(file.account_name) if file.account_name else claims.name_id or subject,
            display_name=one(file.display_name or "displayName"),
            email=one(file.email or "mail"),
            groups=tuple(sorted({*all_of(file.groups or "memberOf")} - {""})),
            authenticated_at=claims.authenticated_at,
            factors=claims.factors,
            session=claims.session,
        )


def _certificates(file: SamlFile) -> list[x509.Certificate]:
    found = _read_certificates(file.idp_certificate_file)
    for one in found:
        if not isinstance(one.public_key(), rsa.RSAPublicKey | ec.EllipticCurvePublicKey):
            raise SecretUnreadable(
                where=str(file.idp_certificate_file),
                why="its key is neither RSA nor EC",
                why_zh="密钥既非 RSA 也非椭圆曲线",
            )
    return found


def _read_certificates(path: Path) -> list[x509.Certificate]:
    try:
        return x509.load_pem_x509_certificates(path.read_bytes())
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or "it is no PEM certificate"
        raise SecretUnreadable(where=str(path), why=f"{why}", why_zh=f"{why}") from error


def _key(file: SamlFile) -> rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey | None:
    if file.sp_key_file is None:
        return None
    try:
        held = read_secret_file(file.sp_key_file)
        key = load_pem_private_key(held.reveal(), password=None)
    except (SecretFileOpen, SecretFileUnusable) as error:
        told = error.told("en"), error.told("zh")
        raise SecretUnreadable(
            where=str(file.sp_key_file), why=told[0].why, why_zh=told[1].why
        ) from error
    except (ValueError, TypeError, UnsupportedAlgorithm):
        key = None
    if not isinstance(key, rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey):
        raise SecretUnreadable(
            where=str(file.sp_key_file),
            why="it is no private key in PEM, RSA or EC",
            why_zh="不是 PEM 格式的 RSA 或椭圆曲线私钥",
        )
    return key
