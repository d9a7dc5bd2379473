"""Organisations, locations, practitioners, and apart from them their relations, all of it dated.

Codes flow and never change; names are looked up when somebody reads, for the day that is asked
about. ``follow`` learns it, ``service`` answers and changes, ``rules`` says what cannot be.
"""
