"""One patient's whole record as people read it: the patient 360 (screens 13 and 14).

Nothing is kept here. What stands in the repository is put under the headings of a record when
somebody looks, through the links of the patient index as they are at that moment: a merge or a
split changes what is shown at once and touches no clinical row.
"""
