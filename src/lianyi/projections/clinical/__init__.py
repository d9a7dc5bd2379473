"""What is known of a patient's care as FHIR R4: a function of the set of what was said."""
