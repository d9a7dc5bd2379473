"""What FHIR R4 says of its types, search parameters and codes, ready to be asked."""

from lianyi.formats.fhir.definitions.library import Definitions, r4
from lianyi.formats.fhir.definitions.model import (
    Binding,
    CodeSystem,
    Constraint,
    Element,
    Part,
    Place,
    SearchParameter,
    Structure,
    TypeRef,
    ValueSet,
)

__all__ = [
    "Binding",
    "CodeSystem",
    "Constraint",
    "Definitions",
    "Element",
    "Part",
    "Place",
    "SearchParameter",
    "Structure",
    "TypeRef",
    "ValueSet",
    "r4",
]
