"""Who treats whom just now: encounters, where they are and who looks after them, all of it dated.

Everything is learned from messages about admissions, orders and results. ``follow`` learns it,
``rules`` says what messages about one encounter mean together, ``relations`` decides whether an
account treats a patient and why, ``service`` shows encounters.
"""
