"""The simulated city: a million registrations of invented people, with the truth beside them.

``registrations`` streams what the city's hospitals registered, each with the number of the person
it is really about; ``traps`` gives named pairs of two different persons whom nobody may take for
one. The same seed gives the same bytes. It knows nothing of how the platform reads and compares;
``settings`` says how often everything happens.
"""
