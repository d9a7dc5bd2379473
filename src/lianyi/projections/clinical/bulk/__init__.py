"""FHIR Bulk Data: many resources at once, as files, as they stood at one instant."""
