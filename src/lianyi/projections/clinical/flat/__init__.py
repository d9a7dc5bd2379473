"""SQL on FHIR: view definitions of the hospital's own, run over the repository into tables."""
