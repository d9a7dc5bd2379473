"""What clinical documents (HL7 CDA R2, C-CDA, WS/T 500) say of anybody's care."""

from lianyi.projections.clinical.cda.messages import enclosed, look, read, wants

__all__ = ["enclosed", "look", "read", "wants"]
