"""The engine under faults: killed, cut off from power, filled up. ``make faults`` runs it.

``site`` is a running platform with its neighbours, ``reconcile`` compares what senders, log and
receivers say; the other modules each bring one kind of fault upon it.
"""
