"""The one-card register: which cards a person has, whether they count, and what a code means.

Cards are identifiers of records. What the desk says of one (lost, cancelled, replaced) is a message
like any registration, so it is masked, searched, erased and learned again as all of them are.
"""
