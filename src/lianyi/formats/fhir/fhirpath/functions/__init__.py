"""The functions of FHIRPath, by the chapters of the standard. Importing this registers them."""

from lianyi.formats.fhir.fhirpath.functions import (
    boundaries,
    conversion,
    existence,
    filtering,
    keys,
    maths,
    of_fhir,
    strings,
    subsetting,
    utility,
)

__all__ = [
    "boundaries",
    "conversion",
    "existence",
    "filtering",
    "keys",
    "maths",
    "of_fhir",
    "strings",
    "subsetting",
    "utility",
]
