"""What the platform knows because of the log, learned by following it, and learned again at will.

``projection`` says what a projection must do, ``following`` follows the log for one in the role
``learn``, ``rebuilding`` makes it anew beside itself. Each slice below is one projection. Nothing
here is the only home of a fact.
"""
