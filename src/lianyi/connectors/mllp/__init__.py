"""MLLP: HL7 messages over TCP or TLS, one frame each, in both directions."""

from lianyi.connectors.mllp.sender import MllpSender, MllpSenderSettings
from lianyi.connectors.mllp.source import MllpSource, MllpSourceSettings

__all__ = ["MllpSender", "MllpSenderSettings", "MllpSource", "MllpSourceSettings"]
