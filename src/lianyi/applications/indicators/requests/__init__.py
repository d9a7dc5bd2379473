"""Requests for figures that nobody has put together yet: asked, decided by a second, answered."""
