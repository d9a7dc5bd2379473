"""FHIRPath: reading expressions, and evaluating them over resources of R4.

``compile(expression, definitions)`` gives something to be called with a resource; compiled
expressions are kept. The functions are those of the normative release (N1), and of what was added
since those that R4 can use.
"""

from lianyi.formats.fhir.fhirpath.checking import check
from lianyi.formats.fhir.fhirpath.errors import (
    BrokenSyntax,
    CostlyExpression,
    FhirPathError,
    ImpossibleType,
    ManyValues,
    NobodyAnswers,
    NoSuchElement,
    OversizedExpression,
    UnfitValue,
    UnknownName,
    UnorderedInput,
    UnusablePattern,
    VariableTaken,
    WrongArguments,
)
from lianyi.formats.fhir.fhirpath.evaluating import Compiled, compile, model_of
from lianyi.formats.fhir.fhirpath.nodes import Item, Node
from lianyi.formats.fhir.fhirpath.parsing import parse
from lianyi.formats.fhir.fhirpath.quantities import Quantity
from lianyi.formats.fhir.fhirpath.running import World
from lianyi.formats.fhir.fhirpath.temporal import Date, DateTime, Time

__all__ = [
    "BrokenSyntax",
    "Compiled",
    "CostlyExpression",
    "Date",
    "DateTime",
    "FhirPathError",
    "ImpossibleType",
    "Item",
    "ManyValues",
    "NoSuchElement",
    "NobodyAnswers",
    "Node",
    "OversizedExpression",
    "Quantity",
    "Time",
    "UnfitValue",
    "UnknownName",
    "UnorderedInput",
    "UnusablePattern",
    "VariableTaken",
    "World",
    "WrongArguments",
    "check",
    "compile",
    "model_of",
    "parse",
]
