"""One person, once: the patient master index.

``registration`` is what one system says about a person; ``values`` reads and compares what is
said; ``traits`` is a whole registration read; ``blocking`` gives the keys by which two of them
can meet; ``evidence`` compares two; ``scoring`` weighs that by a ``model`` and ``guards`` hold it
back; ``partition`` cuts registrations into persons. ``folding`` makes one record of all that was
said of it, ``golden`` makes of the records of a person what is held true of her, by the rules of
``survivorship`` among the ``claims`` of the records. ``counting`` counts what the records have and
lack, ``quality`` tells it and learns from it. ``ids`` gives the numbers. All of that is pure.
``upkeep`` is how a hospital makes the model its own.
"""
