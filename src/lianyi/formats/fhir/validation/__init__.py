"""Judging FHIR resources: by R4 itself and by profiles."""

from lianyi.formats.fhir.validation.issues import Issue, is_valid, operation_outcome
from lianyi.formats.fhir.validation.validator import Validator

__all__ = ["Issue", "Validator", "is_valid", "operation_outcome"]
