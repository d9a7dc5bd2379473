"""The open platform under a hospital's departmental systems.

A message travels through the folders in this order::

    connectors -> channels -> messagelog -> projections -> applications -> api -> web

``formats`` says what a message means, ``security`` says who may see it, ``base`` is the
ground that all of them stand on. ``app`` is the only module that knows every other one.
"""
