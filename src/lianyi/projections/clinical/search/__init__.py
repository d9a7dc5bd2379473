"""FHIR R4 search: a query string is read, compiled to SQL over the index, answered as a Bundle."""
