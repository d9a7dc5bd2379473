"""Privacy: data by category and level, purposes, consents, looks in an emergency, masking."""
