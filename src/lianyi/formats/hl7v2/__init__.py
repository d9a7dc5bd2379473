"""HL7 v2: fast reading and changing without loss, paths, batches, acknowledgments, judging."""

from lianyi.formats.hl7v2.acknowledgment import (
    Acknowledgment,
    acknowledge,
    error_segments,
    read_acknowledgment,
)
from lianyi.formats.hl7v2.batch import Batch, split_batch
from lianyi.formats.hl7v2.delimiters import NULL, Delimiters, escape, unescape
from lianyi.formats.hl7v2.errors import (
    BadPath,
    CannotEncode,
    EmptyMessage,
    FixedByMessage,
    MalformedHl7,
    NoAcknowledgment,
    SeveralMessages,
    UnsupportedCharset,
    UnusableDelimiters,
    WrongCharset,
)
from lianyi.formats.hl7v2.findings import Finding, FindingKind
from lianyi.formats.hl7v2.glance import Glance, Glancer, HeaderForm
from lianyi.formats.hl7v2.header import Header, read_header
from lianyi.formats.hl7v2.judge import judge
from lianyi.formats.hl7v2.keys import BrowseKeys, browse_keys, listed_keys
from lianyi.formats.hl7v2.message import Message
from lianyi.formats.hl7v2.parsing import parse
from lianyi.formats.hl7v2.paths import Path
from lianyi.formats.hl7v2.segment import Segment
from lianyi.formats.hl7v2.tree import tree

__all__ = [
    "NULL",
    "Acknowledgment",
    "BadPath",
    "Batch",
    "BrowseKeys",
    "CannotEncode",
    "Delimiters",
    "EmptyMessage",
    "Finding",
    "FindingKind",
    "FixedByMessage",
    "Glance",
    "Glancer",
    "Header",
    "HeaderForm",
    "MalformedHl7",
    "Message",
    "NoAcknowledgment",
    "Path",
    "Segment",
    "SeveralMessages",
    "UnsupportedCharset",
    "UnusableDelimiters",
    "WrongCharset",
    "acknowledge",
    "browse_keys",
    "error_segments",
    "escape",
    "judge",
    "listed_keys",
    "parse",
    "read_acknowledgment",
    "read_header",
    "split_batch",
    "tree",
    "unescape",
]
