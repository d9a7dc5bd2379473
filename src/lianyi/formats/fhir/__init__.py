"""FHIR R4: its JSON and XML, what it defines, judging resources by it."""
