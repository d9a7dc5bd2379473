"""Makes SAML responses, good and forged; an identity provider in the hands of a test."""

from __future__ import annotations

import base64
import copy
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from lxml import etree
from signxml.algorithms import DigestAlgorithm, SignatureConstructionMethod, SignatureMethod
from signxml.signer import XMLSigner

from lianyi.security.providers.saml_xml import ASSERTION, EXCLUSIVE, NS, SIGNATURE

IDP, SP, ACS = "https://idp.h/saml", "https://lianyi.h/saml", "https://lianyi.h/finish"

RESPONSE = """<samlp:Response xmlns:samlp="{samlp}" xmlns:saml="{saml}" ID="{response_id}"
 Version="2.0" IssueInstant="{now}" Destination="{destination}" InResponseTo="{in_response_to}">
<saml:Issuer>{response_issuer}</saml:Issuer><samlp:Status><samlp:StatusCode Value="{status}"/>
</samlp:Status><saml:Assertion ID="{assertion_id}" Version="2.0" IssueInstant="{now}">
<saml:Issuer>{issuer}</saml:Issuer><saml:Subject>
<saml:NameID Format="{name_format}">{name}</saml:NameID>
<saml:SubjectConfirmation Method="{method}"><saml:SubjectConfirmationData Recipient="{recipient}"
 InResponseTo="{confirmed}" NotOnOrAfter="{confirmed_until}"/></saml:SubjectConfirmation>
</saml:Subject><saml:Conditions NotBefore="{since}" NotOnOrAfter="{until}">{audiences}{conditions}
</saml:Conditions><saml:AuthnStatement AuthnInstant="{now}" SessionIndex="s1"{session_end}>
<saml:AuthnContext><saml:AuthnContextClassRef>{context}</saml:AuthnContextClassRef>
</saml:AuthnContext></saml:AuthnStatement><saml:AttributeStatement><saml:Attribute Name="uid">
<saml:AttributeValue>lin</saml:AttributeValue></saml:Attribute><saml:Attribute Name="memberOf">
<saml:AttributeValue>lab</saml:AttributeValue><saml:AttributeValue>ward</saml:AttributeValue>
</saml:Attribute></saml:AttributeStatement></saml:Assertion></samlp:Response>"""


def audience(*names: str) -> str:
    inner = "".join(f"<saml:Audience>{name}</saml:Audience>" for name in names)
    return f"<saml:AudienceRestriction>{inner}</saml:AudienceRestriction>"


class Signer(XMLSigner):
    """Signs with SHA-1 too, as an old identity provider would."""

    def check_deprecated_methods(self) -> None:
        """Allow everything: what we accept is for us to say."""


@dataclass
class Forge:
    """Responses to one request.

    ``says`` changes what a response says; ``signs`` is ``assertion``, ``response`` or both.
    """

    now: datetime
    request: str
    certificate: Path
    key: Path
    method: SignatureMethod = SignatureMethod.RSA_SHA256
    digest: DigestAlgorithm = DigestAlgorithm.SHA256
    says: dict[str, Any] = field(default_factory=dict)

    def at(self, seconds: float) -> str:
        return (self.now + timedelta(seconds=seconds)).strftime("%Y-%m-%dT%H:%M:%S.000Z")

    def response(self, **changed: str) -> etree._Element:
        """An unsigned response."""
        values = {
            **NS,
            "response_id": "_response", "assertion_id": "_assertion", "now": self.at(0),
            "destination": ACS, "in_response_to": self.request, "response_issuer": IDP,
            "status": "urn:oasis:names:tc:SAML:2.0:status:Success", "issuer": IDP,
            "name": "p-0001", "name_format": "urn:oasis:names:tc:SAML:2.0:nameid-format:persistent",
            "method": "urn:oasis:names:tc:SAML:2.0:cm:bearer", "recipient": ACS,
            "confirmed": self.request, "confirmed_until": self.at(300), "since": self.at(-5),
            "until": self.at(300), "audiences": audience(SP), "conditions": "", "session_end": "",
            "context": "urn:oasis:names:tc:SAML:2.0:ac:classes:PasswordProtectedTransport",
            **self.says, **changed,
        }  # fmt: skip
        return etree.fromstring(RESPONSE.replace("\n", "").format(**values))

    def sign(self, root: etree._Element, *signs: str) -> etree._Element:
        """Sign the assertion, then the response, as asked."""
        if "assertion" in signs:
            inner = root.find(ASSERTION)
            assert inner is not None
            alone = etree.fromstring(etree.tostring(inner))
            root.replace(inner, self._signed(alone))
        if "response" in signs:
            root = self._signed(root)
        return root

    def _signed(self, element: etree._Element) -> etree._Element:
        signer = Signer(
            method=SignatureConstructionMethod.enveloped,
            signature_algorithm=self.method,
            digest_algorithm=self.digest,
            c14n_algorithm=EXCLUSIVE,
        )
        certificate = x509.load_pem_x509_certificate(self.certificate.read_bytes())
        key = load_pem_private_key(self.key.read_bytes(), None)
        signed = signer.sign(
            element, key=key, cert=[certificate], reference_uri=str(element.get("ID")),
            id_attribute="ID",
        )  # fmt: skip
        signature = signed.find(SIGNATURE)
        signed.remove(signature)
        signed.insert(1, signature)  # behind the issuer, as the schema says
        return signed


def shown(root: etree._Element | bytes) -> str:
    """As a browser brings it."""
    body = root if isinstance(root, bytes) else etree.tostring(root)
    return base64.b64encode(body).decode()


# --- signature wrapping: XSW 1 to 8 of "On Breaking SAML" -----------------------------------------


def wrapped(good: etree._Element, number: int) -> etree._Element:
    """Move a good signed response around an evil one that says ``evil``, the way of an attack.

    1 and 2 wrap a signed response, 3 to 8 a signed assertion.
    """
    evil = copy.deepcopy(good)
    inner = evil.find(ASSERTION)
    assert inner is not None
    name = inner.find("saml:Subject/saml:NameID", NS)
    assert name is not None
    name.text = "evil"
    return _RESPONSES[number](good, evil) if number < 3 else _ASSERTIONS[number](good, evil)


def _take(holder: etree._Element) -> etree._Element:
    signature = holder.find(SIGNATURE)
    assert signature is not None
    holder.remove(signature)
    return signature


def _xsw1(good: etree._Element, evil: etree._Element) -> etree._Element:
    """The evil response keeps the signature, the good one lies within it."""
    evil.set("ID", "_evil")
    signature = evil.find(SIGNATURE)
    assert signature is not None
    _take(good)
    signature.append(good)
    return evil


def _xsw2(good: etree._Element, evil: etree._Element) -> etree._Element:
    """The signature stands beside the good response, both within the evil one."""
    evil.set("ID", "_evil")
    _take(evil)
    signature = _take(good)
    evil.insert(1, signature)
    evil.insert(2, good)
    return evil


def _parts(
    good: etree._Element, evil: etree._Element
) -> tuple[etree._Element, etree._Element, etree._Element]:
    """The good response, its signed assertion, and the evil assertion without a signature."""
    kept, bad = good.find(ASSERTION), evil.find(ASSERTION)
    assert kept is not None
    assert bad is not None
    _take(bad)
    bad.set("ID", "_evil")
    return good, kept, bad


def _xsw3(good: etree._Element, evil: etree._Element) -> etree._Element:
    """The evil assertion stands before the good one."""
    root, kept, bad = _parts(good, evil)
    root.insert(root.index(kept), bad)
    return root


def _xsw4(good: etree._Element, evil: etree._Element) -> etree._Element:
    """The good assertion lies within the evil one."""
    root, kept, bad = _parts(good, evil)
    root.replace(kept, bad)
    bad.append(kept)
    return root


def _xsw5(good: etree._Element, evil: etree._Element) -> etree._Element:
    """The evil assertion carries the signature, the good one stands at the end without it."""
    root, kept, bad = _parts(good, evil)
    signature = _take(kept)
    bad.insert(1, signature)
    root.replace(kept, bad)
    root.append(kept)
    return root


def _xsw6(good: etree._Element, evil: etree._Element) -> etree._Element:
    """The evil assertion carries the signature, and the signature the good assertion."""
    root, kept, bad = _parts(good, evil)
    signature = _take(kept)
    root.replace(kept, bad)
    bad.insert(1, signature)
    signature.append(kept)
    return root


def _xsw7(good: etree._Element, evil: etree._Element) -> etree._Element:
    """The evil assertion hides in extensions, before the good one."""
    root, _, bad = _parts(good, evil)
    extensions = etree.Element(f"{{{NS['samlp']}}}Extensions")
    extensions.append(bad)
    root.insert(1, extensions)
    return root


def _xsw8(good: etree._Element, evil: etree._Element) -> etree._Element:
    """The evil assertion carries the signature, which carries the good one in an object."""
    root, kept, bad = _parts(good, evil)
    signature = _take(kept)
    root.replace(kept, bad)
    bad.insert(1, signature)
    etree.SubElement(signature, f"{{{NS['ds']}}}Object").append(kept)
    return root


_RESPONSES = {1: _xsw1, 2: _xsw2}
_ASSERTIONS = {3: _xsw3, 4: _xsw4, 5: _xsw5, 6: _xsw6, 7: _xsw7, 8: _xsw8}
