"""HTTP/1.1: one POST is one message, over TCP or TLS, in both directions."""

from lianyi.connectors.http.sender import HttpSender, HttpSenderSettings
from lianyi.connectors.http.source import HttpSource, HttpSourceSettings

__all__ = ["HttpSender", "HttpSenderSettings", "HttpSource", "HttpSourceSettings"]
