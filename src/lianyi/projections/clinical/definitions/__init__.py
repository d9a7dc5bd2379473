"""Definitions of the house over REST: search parameters and views, for every hospital at once."""
