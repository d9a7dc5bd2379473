"""HL7 v2 messages as statements about FHIR resources, by mapping tables that are data."""

from lianyi.projections.clinical.hl7v2.mapping import use_site
from lianyi.projections.clinical.hl7v2.messages import look, read, wants
from lianyi.projections.clinical.hl7v2.reading import Oddity, Said, Unmapped

__all__ = ["Oddity", "Said", "Unmapped", "look", "read", "use_site", "wants"]
