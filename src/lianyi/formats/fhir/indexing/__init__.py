"""What a resource can be found by: the values that the search parameters of R4 read from it.

``index(resource, definitions)`` gives all of them; a value names its parameter. The same rules
read what a searcher asks for: :func:`span_of` a date, :func:`number_range` a number,
:func:`read_reference` a reference.

Source:
    FHIR R4, "Search", and the expressions of the standard's own SearchParameters.
"""

from lianyi.formats.fhir.indexing.extracting import index, index_parameter
from lianyi.formats.fhir.indexing.ranges import CHINA, number_range, period_of, span_of
from lianyi.formats.fhir.indexing.referring import read_canonical, read_reference
from lianyi.formats.fhir.indexing.texts import content_text, narrative_text
from lianyi.formats.fhir.indexing.values import (
    Composite,
    Day,
    Number,
    Position,
    Quantity,
    Reference,
    String,
    Token,
    Uri,
    Value,
)

__all__ = [
    "CHINA",
    "Composite",
    "Day",
    "Number",
    "Position",
    "Quantity",
    "Reference",
    "String",
    "Token",
    "Uri",
    "Value",
    "content_text",
    "index",
    "index_parameter",
    "narrative_text",
    "number_range",
    "period_of",
    "read_canonical",
    "read_reference",
    "span_of",
]
