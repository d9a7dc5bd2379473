"""What a signed assertion must say before we believe it: pure decisions.

Source: SAML Profiles 2.0, 4.1.4 (Web Browser SSO); SAML Core 2.0, 2.4, 2.5, 3.2.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from lxml import etree

from lianyi.security.providers.saml_xml import NS, Unbelievable

BEARER = "urn:oasis:names:tc:SAML:2.0:cm:bearer"
SUCCESS = "urn:oasis:names:tc:SAML:2.0:status:Success"
TRANSIENT = "urn:oasis:names:tc:SAML:2.0:nameid-format:transient"
CLASSES = "urn:oasis:names:tc:SAML:2.0:ac:classes:"
FACTORS: Mapping[str, str] = {
    f"{CLASSES}Password": "pwd",
    f"{CLASSES}PasswordProtectedTransport": "pwd",
    f"{CLASSES}TimeSyncToken": "otp",
    f"{CLASSES}MobileTwoFactorContract": "mfa",
    f"{CLASSES}MobileTwoFactorUnregistered": "mfa",
    f"{CLASSES}SmartcardPKI": "hwk",
    f"{CLASSES}X509": "hwk",
    "https://refeds.org/profile/mfa": "mfa",
}
CONDITIONS = {f"{{{NS['saml']}}}{name}" for name in ("AudienceRestriction", "OneTimeUse")}
LIVES_MAX = timedelta(hours=24)
VALUES_MAX = 2_000


@dataclass(frozen=True, slots=True)
class Expected:
    """What must match.

    Attributes:
        issuer: the entity ID of the identity provider.
        audience: ours.
        acs: where the response must have been sent.
        request: the ID of the request that it answers.
        now: when.
        skew: how much the clocks may differ.
    """

    issuer: str
    audience: str
    acs: str
    request: str
    now: datetime
    skew: timedelta


@dataclass(frozen=True, slots=True)
class Claims:
    """What an assertion has proved.

    Attributes:
        assertion: its ID; it serves once.
        until: afterwards it is worth nothing.
        name_id: how the subject is called; empty when that changes with each sign-in.
        attributes: values by name.
        session: the identity provider's name for the session; empty: none.
        authenticated_at: when the person proved it.
        context: how, in the words of the identity provider.
        factors: how, in the words of RFC 8176.
    """

    assertion: str
    until: datetime
    name_id: str
    attributes: Mapping[str, tuple[str, ...]]
    session: str
    authenticated_at: datetime
    context: str
    factors: tuple[str, ...]


def check_response(response: etree._Element, expected: Expected, *, signed: bool) -> None:
    """Check what stands around the assertion.

    Raises:
        Unbelievable: it is no success, or meant for somebody else.
    """
    if response.get("Version") != "2.0":
        raise Unbelievable("other version")
    issuer = response.find("saml:Issuer", NS)
    if issuer is not None and words(issuer) != expected.issuer:
        raise Unbelievable("response of another issuer")
    if response.get("InResponseTo") != expected.request:
        raise Unbelievable("answers another request")
    destination = response.get("Destination")
    if destination != expected.acs and (destination or signed):
        raise Unbelievable("other destination")
    _not_from_the_future(response, expected)
    status = response.find("samlp:Status/samlp:StatusCode", NS)
    if status is None or status.get("Value") != SUCCESS:
        raise Unbelievable("no success")


def check_assertion(assertion: etree._Element | None, expected: Expected) -> Claims:
    """Return what a signed assertion says; None is no assertion.

    Raises:
        Unbelievable: it is of another, for another, too early or too late.
    """
    if assertion is None:
        raise Unbelievable("no assertion")
    if assertion.get("Version") != "2.0" or not assertion.get("ID"):
        raise Unbelievable("other version")
    issuer = assertion.find("saml:Issuer", NS)
    if issuer is None or words(issuer) != expected.issuer:
        raise Unbelievable("assertion of another issuer")
    _not_from_the_future(assertion, expected)
    until = min(_confirmed_until(assertion, expected), _conditions_until(assertion, expected))
    statements = assertion.findall("saml:AuthnStatement", NS)
    if len(statements) != 1:
        raise Unbelievable("not one statement of a sign-in")
    ends = statements[0].get("SessionNotOnOrAfter")
    if ends and instant(ends) + expected.skew <= expected.now:
        raise Unbelievable("session is over")
    named = statements[0].find("saml:AuthnContext/saml:AuthnContextClassRef", NS)
    context = words(named) if named is not None else ""
    factor = FACTORS.get(context)
    return Claims(
        assertion=str(assertion.get("ID")),
        until=until + expected.skew,
        name_id=_name_id(assertion),
        attributes=_attributes(assertion),
        session=str(statements[0].get("SessionIndex") or ""),
        authenticated_at=instant(str(statements[0].get("AuthnInstant"))),
        context=context,
        factors=(factor,) if factor else (),
    )


def _confirmed_until(assertion: etree._Element, expected: Expected) -> datetime:
    """Return until when the bearer may show it; one confirmation that holds is enough."""
    for one in assertion.findall("saml:Subject/saml:SubjectConfirmation", NS):
        data = one.find("saml:SubjectConfirmationData", NS)
        if one.get("Method") != BEARER or data is None or data.get("NotBefore"):
            continue
        until = data.get("NotOnOrAfter")
        if (
            data.get("Recipient") == expected.acs
            and data.get("InResponseTo") == expected.request
            and until
            and instant(until) + expected.skew > expected.now
        ):
            return instant(until)
    raise Unbelievable("no confirmation for us that still holds")


def _conditions_until(assertion: etree._Element, expected: Expected) -> datetime:
    found = assertion.findall("saml:Conditions", NS)
    if len(found) != 1:
        raise Unbelievable("no conditions")
    (conditions,) = found
    since, until = conditions.get("NotBefore"), conditions.get("NotOnOrAfter")
    if since and instant(since) - expected.skew > expected.now:
        raise Unbelievable("too early")
    if until and instant(until) + expected.skew <= expected.now:
        raise Unbelievable("too late")
    if any(one.tag not in CONDITIONS for one in conditions):
        raise Unbelievable("a condition that we do not know")
    audiences = conditions.findall("saml:AudienceRestriction", NS)
    for one in audiences:
        if expected.audience not in [words(each) for each in one.findall("saml:Audience", NS)]:
            raise Unbelievable("for another audience")
    if not audiences:
        raise Unbelievable("for no audience")
    longest = expected.now + LIVES_MAX
    return min(instant(until), longest) if until else longest


def _name_id(assertion: etree._Element) -> str:
    name = assertion.find("saml:Subject/saml:NameID", NS)
    if name is None or name.get("Format") == TRANSIENT:
        return ""
    return words(name)


def _attributes(assertion: etree._Element) -> dict[str, tuple[str, ...]]:
    found: dict[str, list[str]] = {}
    for one in assertion.findall("saml:AttributeStatement/saml:Attribute", NS):
        values = [words(each) for each in one.findall("saml:AttributeValue", NS)]
        for name in dict.fromkeys((one.get("Name"), one.get("FriendlyName"))):
            if name:
                found.setdefault(name, []).extend(values[:VALUES_MAX])
    return {name: tuple(values) for name, values in found.items()}


def _not_from_the_future(element: etree._Element, expected: Expected) -> None:
    if instant(str(element.get("IssueInstant"))) - expected.skew > expected.now:
        raise Unbelievable("from the future")


def instant(text: str) -> datetime:
    """Return an instant of SAML (Core 2.0, 1.3.3: UTC); raises :class:`Unbelievable`."""
    try:
        found = datetime.fromisoformat(text)
    except ValueError as error:
        raise Unbelievable("no instant") from error
    return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)


def words(element: etree._Element) -> str:
    """Return the text of an element that holds nothing but text.

    Raises:
        Unbelievable: it holds elements.
    """
    if len(element):
        raise Unbelievable("elements where a text should be")
    return (element.text or "").strip()
