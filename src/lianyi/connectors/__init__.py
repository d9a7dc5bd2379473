"""Connectors: how messages travel. They move bytes and never look inside.

``connector`` is the one page of rules that all keep; ``mllp``, ``http`` and ``files`` keep it
today, and ``sql``, which asks instead of listening; ``soap``, ``sftp`` and ``dicom`` have their
room beside them. A new one gets a
folder with a ``source`` and a ``sender``, one line in ``registry``, and one harness in
``tests/contracts/test_connectors.py``. What listens on TCP builds on ``listening``, what calls
a peer over TCP on ``exchange``; both take their TLS from ``tls``.
"""
