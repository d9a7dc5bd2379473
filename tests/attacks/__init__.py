"""Attacks, as tests: what somebody would try, and what comes of it."""
