"""One person, once: the patient master index.

``registration`` is what one system says about a person; ``values`` reads and compares what is
said; ``traits`` is a whole registration read; ``blocking`` gives the keys by which two of them
can meet; ``evidence`` compares two; ``scoring`` weighs that by a ``model`` and ``guards`` hold it
back; ``partition`` cuts registrations into persons. All of that is pure.
"""
