"""Whose certificates count for a directory: an authority of the hospital, or the machine's own."""

from __future__ import annotations

import ssl
from pathlib import Path

from lianyi.security.providers.problems import SecretUnreadable


def trust(ca_file: Path | None) -> ssl.SSLContext:
    """Return the context for a connection; the peer's name is always checked, TLS 1.2 or newer.

    Raises:
        SecretUnreadable: the file of the authority cannot be used.
    """
    try:
        context = ssl.create_default_context(cafile=ca_file)
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or "it is no PEM certificate"
        raise SecretUnreadable(where=str(ca_file), why=f"{why}", why_zh=f"{why}") from error
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context
