"""Subscriptions: whoever wants to hear of changes of the repository is told, in order and again."""
