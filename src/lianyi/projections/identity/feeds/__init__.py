"""The feeds of the patient index: what messages say about patients, each format in its own words."""
