"""The bytes of a clinical document, read safely: no DTD, no entity, no file, no network.

Bytes become text first, by the codec they declare, and only text is parsed. A document type is
refused before the parser sees it, so there is nothing that could be expanded.

Sources:
    HL7 CDA R2 (2005), 4 CDA R-MIM; XML 1.0, 2.8 prolog, F autodetection of encodings.
"""

from __future__ import annotations

import codecs
import re
from typing import Final

from lxml import etree

from lianyi.formats.cda.document import Document
from lianyi.formats.cda.errors import CdaTooDeep, CdaTooLarge, broken
from lianyi.formats.cda.names import CDA, Element, find, line_of, path_of

SIZE_BYTES_MAX: Final = 64 * 1024 * 1024
TEXT_BYTES_MAX: Final = 10_000_000
"""Of one text in it, such as a scan in base64; the parser takes no longer one."""
DEPTH_MAX: Final = 120
_LOOKED_AT: Final = 64 * 1024
_PROLOG: Final = re.compile(rb"<\?.*?\?>|<!--.*?-->|<!DOCTYPE[^\[>]*(?:\[.*?\])?\s*>", re.DOTALL)
_ROOT: Final = re.compile(rb"[^<]*<(?:[A-Za-z_][\w.-]*:)?ClinicalDocument[\s>/]")
_DECLARED: Final = re.compile(r"\s*<\?xml[^>]*?encoding\s*=\s*[\"']([A-Za-z][\w.:-]*)[\"']")
_MARKS: Final = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
    (b"<\x00", "utf-16-le"),
    (b"\x00<", "utf-16-be"),
)
_WIDER: Final = {"gb2312": "gb18030", "gbk": "gb18030", "cp936": "gb18030"}
"""Chinese senders declare the older set and write characters of the newer one."""
_TOO_DEEP: Final = etree.XPath("/*" * (DEPTH_MAX + 1))
_PATIENT: Final = (
    "a document names its patient (CDA R2 4.2.2.11)",
    "文档必须指明患者（CDA R2 4.2.2.11）",
)
_BODY: Final = ("a document has a body (CDA R2 4.3.1)", "文档必须有正文（CDA R2 4.3.1）")
_NAMED: Final = (
    "a document has an identifier (CDA R2 4.2.1.3)",
    "文档必须有标识（CDA R2 4.2.1.3）",
)
_REQUIRED: Final = (
    (".", "id", _NAMED),
    (".", "recordTarget", _PATIENT),
    ("recordTarget", "patientRole", _PATIENT),
    ("recordTarget/patientRole", "id", _PATIENT),
    (".", "component", _BODY),
    ("component", "structuredBody | nonXMLBody", _BODY),
)
"""Where, what must stand there, and the rule that says so."""


def looks_like_cda(data: bytes) -> bool:
    """Tell whether the root of some XML is likely a clinical document, without parsing it."""
    start = _PROLOG.sub(b"", data[:_LOOKED_AT].replace(b"\x00", b""))
    return _ROOT.match(start) is not None


def read(
    data: bytes, *, default_codec: str = "utf-8", size_bytes_max: int = SIZE_BYTES_MAX
) -> Document:
    """Return the document that bytes hold.

    Args:
        data: XML in any encoding that its first line says.
        default_codec: of text that says none.
        size_bytes_max: the longest text that is read.

    Raises:
        CdaTooLarge: there are more bytes than that.
        CdaTooDeep: elements stand too deep in one another.
        MalformedCda: it is no XML, no clinical document, or lacks what every document has.
    """
    if len(data) > size_bytes_max:
        raise CdaTooLarge(where="document", size_bytes=len(data), size_bytes_max=size_bytes_max)
    root = _tree(_text(data, default_codec))
    if root.tag != f"{{{CDA}}}ClinicalDocument":
        raise broken(
            f"line {line_of(root)}",
            f"the root is '{_plain(root.tag)}', not ClinicalDocument of {CDA}",
            f"根元素是“{_plain(root.tag)}”，不是命名空间 {CDA} 的 ClinicalDocument",
        )
    if _TOO_DEEP(root.getroottree()):
        raise CdaTooDeep(where="document", depth_max=DEPTH_MAX)
    for path, name, (why, why_zh) in _REQUIRED:
        above = find(root, path)
        if above is not None and find(above, name) is None:
            raise broken(
                f"{path_of(above)} (line {line_of(above)})",
                f"'{name}' is missing: {why}",
                f"缺少“{name}”：{why_zh}",
            )
    return Document(root)


def _plain(tag: object) -> str:
    """Return a tag for a message, short."""
    return str(tag)[:100]


def _text(data: bytes, default_codec: str) -> str:
    """Return the text of some bytes, by their mark or by what they declare."""
    codec = next((codec for mark, codec in _MARKS if data.startswith(mark)), "")
    if not codec:
        declared = _DECLARED.match(data[:256].decode("latin-1"))
        codec = declared[1].lower() if declared else default_codec
    codec = _WIDER.get(codec, codec)
    try:
        return data.decode(codec)
    except LookupError as error:
        raise broken(
            "line 1", f"nobody knows the encoding '{codec[:40]}'", f"未知编码“{codec[:40]}”"
        ) from error
    except UnicodeError as error:
        at = getattr(error, "start", 0)
        raise broken(
            f"byte {at}", f"the bytes are not {codec} text", f"字节不是 {codec} 文本"
        ) from error


def _tree(text: str) -> Element:
    text = text.removeprefix("\ufeff")
    line = _document_type(text)
    if line:
        raise broken(
            f"line {line}", "it has a document type (DOCTYPE)", "含有文档类型声明（DOCTYPE）"
        )
    parser = etree.XMLParser(
        encoding="utf-8",
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        remove_pis=True,
        remove_comments=True,
        huge_tree=False,
    )
    try:
        return etree.fromstring(text.encode("utf-8", "surrogatepass"), parser)
    except etree.XMLSyntaxError as error:
        line = error.lineno or 1
        if "depth" in str(error).lower():
            raise CdaTooDeep(where=f"line {line}", depth_max=DEPTH_MAX) from error
        if "huge" in str(error).lower():
            raise CdaTooLarge(
                where=f"line {line}", size_bytes=len(text), size_bytes_max=TEXT_BYTES_MAX
            ) from error
        rule = error.msg.partition(", line ")[0][:200] if error.msg else "no XML"
        raise broken(f"line {line}", f"it is no XML: {rule}", f"不是合法的 XML：{rule}") from error
    except ValueError as error:
        raise broken("line 1", "it is no XML", "不是合法的 XML") from error


def _document_type(text: str) -> int:
    """Return the line of a document type declaration; 0: there is none before the root."""
    at = 0
    while True:
        while at < len(text) and text[at].isspace():
            at += 1
        if text.startswith("<?", at):
            ending, skip = "?>", 2
        elif text.startswith("<!--", at):
            ending, skip = "-->", 4
        else:
            return text.count("\n", 0, at) + 1 if text.startswith("<!", at) else 0
        end = text.find(ending, at + skip)
        if end < 0:
            return 0
        at = end + len(ending)
