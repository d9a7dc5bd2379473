"""Clinical documents of HL7 CDA R2: bytes in, a header, sections and entries out. No I/O."""

from lianyi.formats.cda.document import Document, Section
from lianyi.formats.cda.reading import looks_like_cda, read

__all__ = ["Document", "Section", "looks_like_cda", "read"]
