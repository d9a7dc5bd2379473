"""Rich Text Format: the words of what a word processor wrote; what they look like is not read."""

from lianyi.formats.rtf.reading import as_text, looks_like_rtf

__all__ = ["as_text", "looks_like_rtf"]
