"""One search for patients: the persons of the index, and what only the repository knows."""
