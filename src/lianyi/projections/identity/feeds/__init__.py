"""The feeds of the patient index: what messages say about patients, by the format they come in."""
