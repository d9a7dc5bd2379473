"""Codes that senders use and no table maps: counted by who sends them, and where."""
