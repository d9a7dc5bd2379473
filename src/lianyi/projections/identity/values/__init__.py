"""The values of a person in China: read once, compared in levels.

Every module reads one kind of value (``read_...`` gives a small frozen record that keeps what was
sent) and compares two of them (``compare_...`` gives a level, an ``IntEnum`` whose names a person
can read). Nothing is ever repaired and nothing rejected: a value that cannot be read is
*incomparable*, and so is every placeholder.
"""
