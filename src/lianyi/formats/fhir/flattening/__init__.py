"""SQL on FHIR v2: ViewDefinitions, read and run over resources: tables out of trees. Pure."""

from lianyi.formats.fhir.flattening.definition import Column, UnusableView, View, read
from lianyi.formats.fhir.flattening.running import NotOneValue, rows

__all__ = ["Column", "NotOneValue", "UnusableView", "View", "read", "rows"]
