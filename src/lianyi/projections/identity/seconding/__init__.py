"""Decisions that take two people: one proposes, somebody else confirms, and only then it counts.

A person of many records is somebody's life of many years: to join or to part such a person by
mistake harms more than a doublet does. What was proposed is an act and changes nothing; the
confirmation is the decision itself and names both. A proposal speaks of persons as they were: when
they have changed since, or somebody decided about them, nobody can confirm it any more.
"""
