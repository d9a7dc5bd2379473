"""Running views at the FHIR doors: ``ViewDefinition/$run`` of SQL on FHIR."""
