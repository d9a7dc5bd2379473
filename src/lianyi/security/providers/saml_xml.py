"""XML of SAML: read without danger, and only what is signed is ever looked at.

A response is refused for its shape before any signature is checked: one response, one assertion
in its place, every identifier once, signatures only where they belong. So nothing can be moved
around a good signature (signature wrapping), and what is handed on is parsed anew from the very
bytes that the signature covers.

Sources: SAML Core 2.0, 5.4 (XML signature profile); OASIS "SAML 2.0 Errata 05"; Somorovsky et al.,
    "On Breaking SAML" (2012); RFC 9231 (algorithms).
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Sequence
from datetime import datetime

from cryptography import x509
from cryptography.exceptions import InvalidSignature as WrongSignature
from cryptography.exceptions import UnsupportedAlgorithm
from lxml import etree
from signxml.algorithms import DigestAlgorithm, SignatureMethod
from signxml.exceptions import InvalidInput, SignXMLException
from signxml.verifier import SignatureConfiguration, XMLVerifier

RESPONSE_BYTES_MAX = 150_000
ELEMENTS_MAX = 5_000
NS = {
    "samlp": "urn:oasis:names:tc:SAML:2.0:protocol",
    "saml": "urn:oasis:names:tc:SAML:2.0:assertion",
    "ds": "http://www.w3.org/2000/09/xmldsig#",
}
RESPONSE = f"{{{NS['samlp']}}}Response"
ASSERTION = f"{{{NS['saml']}}}Assertion"
ENCRYPTED = f"{{{NS['saml']}}}EncryptedAssertion"
SIGNATURE = f"{{{NS['ds']}}}Signature"
EXCLUSIVE = "http://www.w3.org/2001/10/xml-exc-c14n#"
ENVELOPED = "http://www.w3.org/2000/09/xmldsig#enveloped-signature"

METHODS = frozenset(
    {
        SignatureMethod.RSA_SHA256,
        SignatureMethod.RSA_SHA384,
        SignatureMethod.RSA_SHA512,
        SignatureMethod.SHA256_RSA_MGF1,
        SignatureMethod.SHA384_RSA_MGF1,
        SignatureMethod.SHA512_RSA_MGF1,
        SignatureMethod.ECDSA_SHA256,
        SignatureMethod.ECDSA_SHA384,
        SignatureMethod.ECDSA_SHA512,
    }
)
DIGESTS = frozenset({DigestAlgorithm.SHA256, DigestAlgorithm.SHA384, DigestAlgorithm.SHA512})
OLD_METHODS = frozenset({SignatureMethod.RSA_SHA1})
OLD_DIGESTS = frozenset({DigestAlgorithm.SHA1})


NOT_VERIFIED = (
    SignXMLException,
    WrongSignature,
    UnsupportedAlgorithm,
    etree.LxmlError,  # the schema of a signature
    ValueError,
    TypeError,
    AttributeError,
    LookupError,
    AssertionError,
)
"""What the library raises for signatures that are wrong, or odd."""


class Unbelievable(Exception):
    """A response that proves nothing; the text is the reason for the log, without any value."""


def read_response(shown: str) -> etree._Element:
    """Return a response whose shape leaves no room for tricks.

    Args:
        shown: Base64, as the browser brought it.

    Raises:
        Unbelievable: it is too large, no such XML, or has another shape.
    """
    if len(shown) > RESPONSE_BYTES_MAX * 2:
        raise Unbelievable("response too large")
    try:
        body = base64.b64decode("".join(shown.split()), validate=True)
    except (binascii.Error, ValueError) as error:
        raise Unbelievable("no Base64") from error
    if not body or len(body) > RESPONSE_BYTES_MAX:
        raise Unbelievable("response empty or too large")
    root = parse(body)
    _check_shape(root)
    return root


def parse(body: bytes) -> etree._Element:
    """Return the root of XML that declares nothing and hides nothing.

    Raises:
        Unbelievable: it is no XML, or has a document type, comments or instructions.
    """
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False
    )
    try:
        root = etree.fromstring(body, parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        raise Unbelievable("no XML") from error
    tree = root.getroottree()
    if tree.docinfo.doctype or tree.docinfo.internalDTD is not None:
        raise Unbelievable("XML with a document type")
    for count, node in enumerate(tree.iter()):
        if not isinstance(node.tag, str):  # entity, comment, processing instruction
            raise Unbelievable("XML with comments or instructions")
        if count > ELEMENTS_MAX:
            raise Unbelievable("too many elements")
    return root


def _check_shape(root: etree._Element) -> None:
    if root.tag != RESPONSE or len([*root.iter(RESPONSE)]) != 1:
        raise Unbelievable("no single response")
    if root.find(f".//{ENCRYPTED}") is not None:
        raise Unbelievable("encrypted assertion")
    assertions = [*root.iter(ASSERTION)]
    if len(assertions) > 1 or any(one.getparent() is not root for one in assertions):
        raise Unbelievable("not one assertion in its place")
    names = [
        value
        for node in root.iter()
        for name, value in node.attrib.items()
        if etree.QName(name).localname.lower() == "id"
    ]
    if len(set(names)) != len(names):
        raise Unbelievable("an identifier comes twice")
    for holder in (root, *assertions):
        if len(holder.findall(SIGNATURE)) > 1:
            raise Unbelievable("more than one signature")
    for signature in root.iter(SIGNATURE):
        holder_found = signature.getparent()
        if holder_found is not root and holder_found not in assertions:
            raise Unbelievable("a signature out of place")
        _check_signature(signature, holder_found)


def _check_signature(signature: etree._Element, holder: etree._Element) -> None:
    """Check that a signature covers its holder, whole, and nothing else."""
    if signature.find("ds:Object", NS) is not None:
        raise Unbelievable("a signature with an object")
    references = signature.findall("ds:SignedInfo/ds:Reference", NS)
    if len(references) != 1 or len([*signature.iter(f"{{{NS['ds']}}}Reference")]) != 1:
        raise Unbelievable("not one reference")
    if not holder.get("ID") or references[0].get("URI") != f"#{holder.get('ID')}":
        raise Unbelievable("a signature of something else")
    canonical = signature.find("ds:SignedInfo/ds:CanonicalizationMethod", NS)
    if canonical is None or canonical.get("Algorithm") != EXCLUSIVE:
        raise Unbelievable("canonicalization not allowed")
    transforms = [one.get("Algorithm") for one in references[0].iterfind(".//ds:Transform", NS)]
    if sorted(map(str, transforms)) != sorted([ENVELOPED, EXCLUSIVE]):
        raise Unbelievable("transforms not allowed")


def signed_parts(
    root: etree._Element,
    certificates: Sequence[x509.Certificate],
    *,
    now: datetime,
    allow_sha1: bool,
) -> tuple[etree._Element | None, etree._Element | None]:
    """Return response and assertion as they were signed; None for what no signature covers.

    Args:
        root: from :func:`read_response`.
        certificates: whose signatures count; the ones in the response never do.
        now: when.
        allow_sha1: whether a signature with SHA-1 counts.

    Raises:
        Unbelievable: a signature is wrong, or there is none.
    """
    response: etree._Element | None = None
    assertion: etree._Element | None = None
    if root.find(SIGNATURE) is not None:
        response = _verified(root, "./", certificates, now=now, allow_sha1=allow_sha1)
        if response.tag != RESPONSE or response.get("ID") != root.get("ID"):
            raise Unbelievable("another element is signed")
        assertion = response.find(ASSERTION)
    inner = root.find(ASSERTION)
    if inner is not None and inner.find(SIGNATURE) is not None:
        assertion = _verified(root, f"./{ASSERTION}/", certificates, now=now, allow_sha1=allow_sha1)
        if assertion.tag != ASSERTION or assertion.get("ID") != inner.get("ID"):
            raise Unbelievable("another element is signed")
    if response is None and assertion is None:
        raise Unbelievable("nothing is signed")
    return response, assertion


def _verified(
    root: etree._Element,
    location: str,
    certificates: Sequence[x509.Certificate],
    *,
    now: datetime,
    allow_sha1: bool,
) -> etree._Element:
    wanted = SignatureConfiguration(
        location=location,
        expect_references=1,
        signature_methods=METHODS | (OLD_METHODS if allow_sha1 else frozenset()),
        digest_algorithms=DIGESTS | (OLD_DIGESTS if allow_sha1 else frozenset()),
        ignore_ambiguous_key_info=True,  # what a response says of keys is never used
        verification_time=now,
    )
    body = etree.tostring(root)
    for certificate in certificates:
        try:
            found = XMLVerifier().verify(
                body, x509_cert=certificate, expect_config=wanted, id_attribute="ID"
            )
        except InvalidInput as error:
            raise Unbelievable("algorithm or form of the signature not allowed") from error
        except NOT_VERIFIED:
            continue  # the next certificate: while an identity provider changes its own, two count
        if isinstance(found, list) or found.signed_xml is None:
            break
        return parse(found.signed_data)
    raise Unbelievable("wrong signature")
