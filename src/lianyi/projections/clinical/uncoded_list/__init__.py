"""The list of codes that no table maps, as people ask for it."""
