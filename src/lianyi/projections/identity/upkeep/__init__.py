"""How a hospital keeps its index: a matching model of its own, and what its data lack.

``neighbourhood`` reads the records that a model is tried on; ``training`` learns from them and
``shadow`` says what would move; ``proposals`` puts both together as an act, and ``modelling`` lets
people propose, look, put in force and go back. ``inspecting`` says how good the data are.
"""
