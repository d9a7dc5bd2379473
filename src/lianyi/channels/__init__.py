"""The integration engine: source ▶ gate ▶ filter ▶ steps ▶ destinations.

What a channel is: ``definition``, read by ``loading``, with tables and functions from ``library``.
How it decides: ``content`` (the message as it is seen), ``routing``, ``gate``, ``steps``,
``functions`` (what runs apart); all put together in ``compiled`` and proved by ``examples``.
How it runs: ``receive`` (bytes to log), ``deliver`` (one reader of the log for each destination).
"""
