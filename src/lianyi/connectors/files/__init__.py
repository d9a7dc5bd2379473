"""Files: one file is one message, taken from a watched folder or written into one."""

from lianyi.connectors.files.sender import FilesSender, FilesSenderSettings
from lianyi.connectors.files.source import FilesSource, FilesSourceSettings

__all__ = ["FilesSender", "FilesSenderSettings", "FilesSource", "FilesSourceSettings"]
