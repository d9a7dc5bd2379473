"""What attackers write into fields, by what it is meant to break. The one place for all tests.

``MARK`` stands in whatever a browser could run; running it calls :data:`ALARM`. The spellings are
well known; the selection and the marks are ours.
"""

from __future__ import annotations

ALARM = "__pwned"
"""The function that a script of ours would call; a test plants it in every page."""
MARK = f"window.{ALARM}(1)"

HTML = (
    f"<script>{MARK}</script>",
    f'"><script>{MARK}</script>',
    f"<img src=x onerror={MARK}>",
    f"<svg/onload={MARK}>",
    f"</textarea></title></style></script><script>{MARK}</script>",
    f"<iframe srcdoc='<script>parent.{ALARM}(1)</script>'></iframe>",
    f"<a href=javascript:{MARK}>x</a>",
    f"javascript:{MARK}",
    f"data:text/html,<script>{MARK}</script>",
    f"' autofocus onfocus={MARK} x='",
    f"<math><mtext></form><form><mglyph><style></math><img src onerror={MARK}>",
    f"<!--><script>{MARK}</script>-->",
    "<b id=attack-element>bold</b>",
    "<meta http-equiv=refresh content='0;url=http://127.0.0.1:9/'>",
    "<base href='http://127.0.0.1:9/'>",
    "<style>*{display:none}</style>",
    f"&lt;script&gt;{MARK}&lt;/script&gt;",
    f"\\u003cscript\\u003e{MARK}\\u003c/script\\u003e",
)
TEMPLATE = ("{{7*7}}", "${7*7}", "#{7*7}", "<%= 7*7 %>", "{0.__class__}", "%(x)s", "%s%n%x", "{}")
SQL = (
    "'",
    "' OR '1'='1",
    "'; DROP TABLE messagelog.message; --",
    "1); SELECT pg_sleep(9); --",
    "' UNION SELECT null, version(), null --",
    "$1",
    "$$; SELECT 1; $$",
    "E'\\x27'",
    "\\",
    "%",
    "_",
    "%' ESCAPE '%",
)
JSON_PATH = ('{"$gt": ""}', '{"$where": "sleep(9)"}', "$.store..*", "[*]", "a[0].b", "__proto__",
             "constructor.prototype")  # fmt: skip
LDAP = ("*", "*)(uid=*))(|(uid=*", "admin)(&)", "\\2a\\28\\29", "a,dc=evil", "a\\00b")
SHELL = ("; id", "| id", "$(id)", "`id`", "&& id", "\n id", "-rf", "--help", "%COMSPEC%")
FORMULA = ("=1+1", "+1+1", "-1+1", "@SUM(1)", "=cmd|' /C calc'!A0", "\t=1+1", "\r=1+1", "＝1+1",
           '=HYPERLINK("http://127.0.0.1:9","x")')  # fmt: skip
PATH = (
    "../../../../etc/passwd",
    "..\\..\\windows\\win.ini",
    "/etc/passwd",
    "....//....//etc/passwd",
    "%2e%2e%2fetc%2fpasswd",
    "%252e%252e%252f",
    "..%00.yaml",
    "file:///etc/passwd",
    "CON",
    ".",
    "..",
    "~root",
    "a" * 300,
)
HEADER = (
    "x\r\nSet-Cookie: attack=1",
    "x\r\n\r\n<script>",
    "x\nX-Attack: 1",
    "x\rX-Attack: 1",
    "x\u560d\u560aX-Attack: 1",
    "%0d%0aSet-Cookie:attack=1",
    'a"; filename="b.html',
)
LOG = (
    "x\r\n2026-01-01T00:00:00Z [info] administrator signed in",
    "x\x1b[2J\x1b[1;1Hgone",
    "x\x1b]0;title\x07",
    "x\x9b31mred",
    "x\x08\x08\x08y",
    '", "level": "info", "x": "',
)
UNICODE = (
    "\x00",
    "a\x00b",
    "\ud800",
    "\udfffx",
    "\u202egnp.exe",
    "\u2066x\u2069",
    "\ufeff",
    "\ufffe",
    "\U0010ffff",
    "A\u0301" + "\u0301" * 50,
    "\u2028",
    "\u0085",
    "ﷺ" * 20,
    "İıſK",
    "\x7f",
)
XML = (
    '<?xml version="1.0"?><!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]><x>&e;</x>',
    "]]>",
    "&e;",
    "&#0;",
)
HL7_TEXT = ("a|b", "a^b", "a~b", "a&b", "a\\b", "\\F\\", "\\X0D\\PID|9", "\\.br\\", "|" * 50,
            "MSH|^~\\&|X", "\x0b", "\x1c")  # fmt: skip
NUMBER = ("NaN", "-1", "9" * 40, "1e999", "0x7f", "٣")

CORPORA: dict[str, tuple[str, ...]] = {
    "html": HTML,
    "template": TEMPLATE,
    "sql": SQL,
    "json path": JSON_PATH,
    "ldap": LDAP,
    "shell": SHELL,
    "formula": FORMULA,
    "path": PATH,
    "header": HEADER,
    "log": LOG,
    "unicode": UNICODE,
    "xml": XML,
    "hl7": HL7_TEXT,
    "number": NUMBER,
}
EVERY: tuple[str, ...] = tuple(text for texts in CORPORA.values() for text in texts)

OVERLONG = (
    b"\xc0\xaf",
    b"\xe0\x80\xaf",
    b"\xc0\x80",
    b"\xf0\x82\x82\xac",
    b"\xed\xa0\x80",
    b"\xff",
)
"""Bytes that are no UTF-8, though some decoders take them for ``/``, NUL or half a character."""


def sayable(text: str) -> str:
    """Return a text without what no message and no address can carry: half characters and NUL."""
    return "".join(c for c in text if c != "\x00" and not "\ud800" <= c <= "\udfff")
