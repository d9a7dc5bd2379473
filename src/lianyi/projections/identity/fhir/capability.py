"""What the FHIR doors offer, as a CapabilityStatement. Pure.

Source:
    HL7 FHIR R4, CapabilityStatement; SMART App Launch 2.2 (``SMART-on-FHIR``); IHE PDQm, PIXm.
"""

from __future__ import annotations

from typing import Final

from lianyi.projections.identity.fhir.criteria import PARAMETERS
from lianyi.projections.identity.fhir.resources import PATIENT_PROFILE, Resource

SINCE: Final = "2026-11-29"
"""When this was last changed."""
PIXM_PATIENT: Final = "https://profiles.ihe.net/ITI/PIXm/StructureDefinition/IHE.PIXm.Patient"
_TYPES: Final = {
    **dict.fromkeys(("_id", "active", "identifier", "telecom", "gender"), "token"),
    "birthdate": "date",
}
_OPERATIONS: Final = {
    "match": "https://profiles.ihe.net/ITI/PDQm/OperationDefinition/PDQmMatch",
    "ihe-pix": "https://profiles.ihe.net/ITI/PIXm/OperationDefinition/IHE.PIXm.pix",
}
_OURS: Final = ("unmerge", "link-history")


def statement(base: str) -> Resource:
    """Write the CapabilityStatement.

    Args:
        base: address of these doors, without a slash at the end.
    """
    issuer = base.removesuffix("/fhir")
    operations = [{"name": name, "definition": url} for name, url in _OPERATIONS.items()]
    operations += [
        {"name": name, "definition": f"{base}/OperationDefinition/{name}"} for name in _OURS
    ]
    return {
        "resourceType": "CapabilityStatement",
        "status": "active",
        "date": SINCE,
        "kind": "instance",
        "software": {"name": "Lianyi 联医"},
        "implementation": {"description": "Lianyi patient index / 联医患者主索引", "url": base},
        "fhirVersion": "4.0.1",
        "format": ["application/fhir+json", "json"],
        "instantiates": [
            "https://profiles.ihe.net/ITI/PDQm/CapabilityStatement/IHE.PDQm.Supplier",
            "https://profiles.ihe.net/ITI/PIXm/CapabilityStatement/IHE.PIXm.Manager",
        ],
        "rest": [
            {
                "mode": "server",
                "security": _security(issuer),
                "resource": [_patient() | {"operation": operations}],
            }
        ],
    }


def _security(issuer: str) -> Resource:
    system = "http://terminology.hl7.org/CodeSystem/restful-security-service"
    addresses = [
        {"url": name, "valueUri": f"{issuer}/oauth/{name}"} for name in ("token", "authorize")
    ]
    uris = "http://fhir-registry.smarthealthit.org/StructureDefinition/oauth-uris"
    return {
        "extension": [{"url": uris, "extension": addresses}],
        "service": [{"coding": [{"system": system, "code": "SMART-on-FHIR"}]}],
    }


def _patient() -> Resource:
    return {
        "type": "Patient",
        "profile": PATIENT_PROFILE,
        "supportedProfile": [PATIENT_PROFILE, PIXM_PATIENT],
        "interaction": [{"code": code} for code in ("read", "update", "search-type")],
        "versioning": "no-version",
        "readHistory": False,
        "updateCreate": False,
        "conditionalCreate": False,
        "conditionalUpdate": True,
        "conditionalDelete": "not-supported",
        "searchParam": [{"name": name, "type": _TYPES.get(name, "string")} for name in PARAMETERS],
    }
