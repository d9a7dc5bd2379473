"""GraphQL over FHIR: one question for what would be many reads and searches; nothing is written."""
