"""One person, once: the patient master index.

``registration`` is what one system says about a person; ``values`` reads and compares what is
said; ``traits`` is a whole registration read; ``blocking`` gives the keys by which two of them
can meet. All of that is pure.
"""
