"""What the FHIR doors offer altogether: those of the patient index and those of the repository.

Pure. It is made of what the doors do: the search parameters are those that the definitions have
and the search knows.

Source:
    HL7 FHIR R4, CapabilityStatement.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any, Final

from lianyi.formats.fhir.definitions import r4
from lianyi.projections.clinical.parameters.parameter_store import Row
from lianyi.projections.clinical.search.parameters import ELSEWHERE
from lianyi.projections.clinical.types import DEFINITIONS, TYPES
from lianyi.projections.identity.fhir import capability as of_index

SINCE: Final = "2026-11-30"
"""When this was last changed."""
TARGETS_MAX: Final = 20
"""A reference that may lead to more types is not listed under each of them."""
_INTERACTIONS: Final = (
    "read",
    "vread",
    "update",
    "patch",
    "delete",
    "history-instance",
    "history-type",
    "create",
    "search-type",
)
_OF_SYSTEM: Final = ("transaction", "batch", "history-system", "search-system")
_BESIDE: Final = (
    {
        "name": "_filter",
        "type": "special",
        "documentation": "FHIR R4, 3.1.3, the whole language; chained paths and brackets as well",
    },
    {
        "name": "_contained",
        "type": "special",
        "documentation": "true, false or both; with _containedType container or contained",
    },
)
"""Parameters of every type that R4 gives no definition of."""
_EVERYTHING: Final = {
    "name": "everything",
    "definition": "http://hl7.org/fhir/OperationDefinition/Patient-everything",
}
_ONLY_OF: Final[Mapping[str, Mapping[str, str]]] = {
    "Composition": {
        "name": "document",
        "definition": "http://hl7.org/fhir/OperationDefinition/Composition-document",
    },
    "Encounter": {
        "name": "everything",
        "definition": "http://hl7.org/fhir/OperationDefinition/Encounter-everything",
    },
    "Observation": {
        "name": "lastn",
        "definition": "http://hl7.org/fhir/OperationDefinition/Observation-lastn",
    },
}
_VALIDATE: Final = {
    "name": "validate",
    "definition": "http://hl7.org/fhir/OperationDefinition/Resource-validate",
}
_GRAPH: Final = {
    "name": "graphql",
    "definition": "http://hl7.org/fhir/OperationDefinition/Resource-graphql",
}
_RUN: Final = {
    "name": "viewdefinition-run",
    "definition": "http://sql-on-fhir.org/OperationDefinition/$viewdefinition-run",
}
_ON_CODES: Final[Mapping[str, tuple[str, ...]]] = {
    "ValueSet": ("expand", "validate-code"),
    "CodeSystem": ("lookup",),
}
_BULK: Final = "http://hl7.org/fhir/uv/bulkdata"
_EXPORTS: Final[Mapping[str, Mapping[str, str]]] = {
    level: {
        "name": "export",
        "definition": f"{_BULK}/OperationDefinition/{name}export",
    }
    for level, name in (("system", ""), ("Patient", "patient-"), ("Group", "group-"))
}
_VERSIONED: Final[Mapping[str, Any]] = {
    "versioning": "versioned-update",
    "readHistory": True,
    "updateCreate": True,
    "conditionalCreate": True,
    "conditionalRead": "full-support",
    "conditionalUpdate": True,
    "conditionalDelete": "single",
    "referencePolicy": ["literal", "logical", "local"],
}
_ONE_BY_ONE: Final[Mapping[str, Any]] = {
    "conditionalCreate": False,
    "conditionalUpdate": False,
    "conditionalDelete": "not-supported",
}


def statement(base: str, own: Sequence[Row] = ()) -> dict[str, Any]:
    """Write the CapabilityStatement.

    Args:
        base: address of the doors, without a slash at the end.
        own: search parameters of one's own; those that are complete are offered.
    """
    found = of_index.statement(base)
    (rest,) = found["rest"]
    (patient,) = rest["resource"]
    others = [_of_type(type_) for type_ in sorted(TYPES - {"Patient"})]
    resources = sorted([*others, _of_patient(patient)], key=lambda one: str(one["type"]))
    for one in resources:
        one["searchParam"] = [*one.get("searchParam", ()), *_own(own, str(one["type"]))]
    rest = {
        **rest,
        "resource": resources,
        "interaction": [{"code": code} for code in _OF_SYSTEM],
        "operation": [_EXPORTS["system"], _GRAPH, _RUN],
        "searchParam": _parameters("Resource"),
    }
    return {
        **found,
        "date": SINCE,
        "instantiates": [*found["instantiates"], f"{_BULK}/CapabilityStatement/bulk-data"],
        "implementation": {
            "description": "Lianyi patient index and clinical data / 联医患者主索引与临床数据中心",
            "url": base,
        },
        "format": ["application/fhir+json", "application/fhir+xml", "json", "xml"],
        "patchFormat": ["application/json-patch+json", "application/fhir+json"],
        "rest": [rest],
    }


def _own(own: Sequence[Row], type_: str) -> list[dict[str, str]]:
    return [
        {"name": row.code, "definition": row.url, "type": row.kind}
        for row in own
        if row.type == type_ and row.state == "complete"
    ]


def _of_type(type_: str) -> dict[str, Any]:
    is_defined = type_ in DEFINITIONS
    codes = [code for code in _INTERACTIONS if not (is_defined and code == "patch")]
    return {
        "type": type_,
        "interaction": [{"code": code} for code in codes],
        **_VERSIONED,
        **(_ONE_BY_ONE if is_defined else {}),
        "operation": [
            _VALIDATE,
            _GRAPH,
            *([_ONLY_OF[type_]] if type_ in _ONLY_OF else []),
            *([_EXPORTS[type_]] if type_ in _EXPORTS else []),
            *(
                {
                    "name": name,
                    "definition": f"http://hl7.org/fhir/OperationDefinition/{type_}-{name}",
                }
                for name in _ON_CODES.get(type_, ())
            ),
        ],
        "searchInclude": ["*", *_references(type_)],
        "searchRevInclude": ["*", *_references_to().get(type_, ())],
        "searchParam": _parameters(type_),
    }


def _of_patient(of_index: Mapping[str, Any]) -> dict[str, Any]:
    """Return what is offered for patients: the index and the repository search, none is deleted."""
    parameters = {one["name"]: one for one in of_index["searchParam"]}
    parameters |= {one["name"]: one for one in _parameters("Patient")}
    codes = [code for code in _INTERACTIONS if code != "delete"]
    return {
        **of_index,
        **_VERSIONED,
        "conditionalDelete": "not-supported",
        "interaction": [{"code": code} for code in codes],
        "operation": [*of_index["operation"], _EVERYTHING, _VALIDATE, _GRAPH, _EXPORTS["Patient"]],
        "searchInclude": ["*", *_references("Patient")],
        "searchRevInclude": ["*", *_references_to()["Patient"]],
        "searchParam": [parameters[name] for name in sorted(parameters)],
    }


@lru_cache(maxsize=256)
def _searched(type_: str) -> tuple[tuple[str, str, str], ...]:
    """Return code, type and address of the search parameters of a type."""
    return tuple(
        (code, one.type, one.url)
        for code, one in sorted(r4().search_parameters(type_).items())
        if code not in ELSEWHERE
    )


def _parameters(type_: str) -> list[dict[str, str]]:
    found = [
        {"name": code, "definition": url, "type": kind} for code, kind, url in _searched(type_)
    ]
    return [*found, *_BESIDE]


def _references(type_: str) -> list[str]:
    return [f"{type_}:{code}" for code, kind, _ in _searched(type_) if kind == "reference"]


@lru_cache(maxsize=1)
def _references_to() -> Mapping[str, Sequence[str]]:
    """Return for each type what leads to it; a reference to nearly anything is behind the ``*``."""
    found: dict[str, list[str]] = defaultdict(list)
    for source in sorted(TYPES):
        for code, one in sorted(r4().search_parameters(source).items()):
            if one.type == "reference" and len(one.targets) <= TARGETS_MAX:
                for type_ in sorted(set(one.targets)):
                    found[type_].append(f"{source}:{code}")
    return found
