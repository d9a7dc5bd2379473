"""Code systems and value sets: those of FHIR R4 itself, and those that are stored as resources."""
