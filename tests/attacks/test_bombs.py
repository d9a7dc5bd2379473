"""What is small on the wire and large inside: refused before it is large (OWASP ASVS 5.0, V5.2)."""

from __future__ import annotations

import contextlib
import io
import socket
import tracemalloc
import zipfile
from collections.abc import Iterator
from fnmatch import fnmatchcase
from pathlib import Path

import pytest
import yaml

from lianyi.base.clock import RandomIds, SystemClock
from lianyi.base.plain_yaml import plain_yaml
from lianyi.channels.content import Hl7Content
from lianyi.channels.expressions import compile_expression
from lianyi.channels.problems import BadExpression, ExpressionFailed, UnreadableContent
from lianyi.channels.reading import Report, read_yaml
from lianyi.channels.routing import pattern
from lianyi.channels.standing import layout_of
from lianyi.channels.structured import JsonContent, XmlContent
from lianyi.security.audit import export
from lianyi.security.providers.cas import CasProvider
from lianyi.security.providers.files import CasFile, read_provider
from lianyi.security.providers.problems import BadProvider, SignInUnavailable
from lianyi.security.roles import BadRole, parse_role

MANY = Hl7Content(
    b"MSH|^~\\&|A|B|C|D|20260302080000||ADT^A01|1|P|2.5\rPID|1||" + b"~".join([b"a" * 50] * 1000),
    codec="ascii",
)
"""A message with many repetitions."""

ALIASES = "a0: &a0 {k: v, l: w}\n" + "".join(
    f"a{n}: &a{n} {{<<: [{', '.join([f'*a{n - 1}'] * 9)}]}}\n" for n in range(1, 30)
)
"""Merged, it would be 9 to the 29th pairs."""

YAML_TRICKS = [
    ALIASES,
    "a: &a [x]\nb: [*a, *a]",
    "a: &anchor x",
    "a: !!python/object/apply:os.system [id]",
    "a: !!binary aGk=",
    "[" * 5000 + "]" * 5000,
    "{a: " * 5000 + "}" * 5000,
    "- " * 3000 + "x",
    "a: " + "9" * 5000,
    "a: 2026-99-99",
    "? {a: b}\n: c",
    "a: \x00",
]


@pytest.mark.parametrize("text", YAML_TRICKS[:8])
def test_yaml_that_unfolds_is_refused_before_it_does(text: str) -> None:
    with pytest.raises(yaml.YAMLError):
        plain_yaml(text)


@pytest.mark.parametrize("text", YAML_TRICKS)
def test_every_file_that_people_write_is_read_without_an_unforeseen_failure(text: str) -> None:
    with pytest.raises(BadRole):
        parse_role(text, "x.yaml")
    with pytest.raises(BadProvider):
        read_provider(text, "x.yaml")
    report = Report("x.yaml")
    found = read_yaml(text, report)
    assert report.problems or isinstance(found, dict)
    layout_of(found)


ENTITIES = "".join(f'<!ENTITY e{n} "{f"&e{n - 1};" * 10}">' for n in range(1, 12))
XML_BOMBS = {
    "a file": '<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/hostname">]><x>&e;</x>',
    "an address": '<!DOCTYPE x SYSTEM "http://127.0.0.1:{port}/x.dtd"><x/>',
    "an entity with an address": '<!DOCTYPE x [<!ENTITY e SYSTEM "http://127.0.0.1:{port}/">]>'
    "<x>&e;</x>",
    "a parameter entity": '<!DOCTYPE x [<!ENTITY % p SYSTEM "http://127.0.0.1:{port}/p"> %p;]><x/>',
    "billion laughs": f'<!DOCTYPE x [<!ENTITY e0 "ha">{ENTITIES}]><x>&e11;</x>',
    "billion laughs in an attribute": f'<!DOCTYPE x [<!ENTITY e0 "ha">{ENTITIES}]><x a="&e11;"/>',
    "quadratic": '<!DOCTYPE x [<!ENTITY e "' + "a" * 50_000 + '">]><x>' + "&e;" * 50_000 + "</x>",
    "deep": "<x>" * 100_000 + "</x>" * 100_000,
    "not whole": "<x>" * 200,
}
NOT_FOLLOWED = {
    "XInclude": '<x xmlns:i="http://www.w3.org/2001/XInclude"><i:include parse="text"'
    ' href="http://127.0.0.1:{port}/"/></x>',
    "schemaLocation": '<x xmlns:s="http://www.w3.org/2001/XMLSchema-instance"'
    ' s:noNamespaceSchemaLocation="http://127.0.0.1:{port}/x.xsd"/>',
    "a style sheet": '<?xml-stylesheet href="http://127.0.0.1:{port}/x.xsl" type="text/xsl"?><x/>',
}


@pytest.fixture
def visitors() -> Iterator[tuple[int, list[bytes]]]:
    """A port of the loopback, and what came there."""
    came: list[bytes] = []
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield listener.getsockname()[1], came
        listener.settimeout(0.05)
        with contextlib.suppress(TimeoutError):
            came.append(listener.accept()[0].recv(100))
        assert came == []


def cas_reader(folder: Path) -> CasProvider:
    file = read_provider(
        "provider: x\nkind: cas\ntitle: {zh: x, en: x}\n"
        "server: https://cas.test/cas\nservice: https://lianyi.test/",
        "x.yaml",
    )
    assert isinstance(file, CasFile)
    return CasProvider(file, SystemClock(), RandomIds())


@pytest.mark.parametrize("name", XML_BOMBS)
async def test_xml_that_unfolds_or_fetches_is_refused(
    name: str, visitors: tuple[int, list[bytes]], tmp_path: Path
) -> None:
    body = XML_BOMBS[name].replace("{port}", str(visitors[0])).encode()
    tracemalloc.start()
    with pytest.raises(UnreadableContent):
        XmlContent(body).read()
    with pytest.raises(SignInUnavailable):
        cas_reader(tmp_path)._read(body)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 50_000_000


@pytest.mark.parametrize("name", NOT_FOLLOWED)
async def test_nothing_that_xml_points_at_is_fetched(
    name: str, visitors: tuple[int, list[bytes]], tmp_path: Path
) -> None:
    body = NOT_FOLLOWED[name].replace("{port}", str(visitors[0])).encode()
    content = XmlContent(body)
    assert content.get("/x") == ""
    with pytest.raises(SignInUnavailable):
        cas_reader(tmp_path)._read(body)


N_DEEP = 500_000


@pytest.mark.parametrize(
    "deep",
    [
        "[" * N_DEEP,
        "[" * N_DEEP + "]" * N_DEEP,
        '{"a":' * N_DEEP,
        '{"a":' * N_DEEP + "1" + "}" * N_DEEP,
    ],
    ids=["open lists", "lists", "open objects", "objects"],
)
def test_deep_json_is_refused(deep: str) -> None:
    with pytest.raises(UnreadableContent):
        JsonContent(deep.encode()).read()


@pytest.mark.parametrize("lies", [False, True], ids=["honest", "lies about its size"])
def test_an_export_that_unfolds_is_refused_before_it_does(
    monkeypatch: pytest.MonkeyPatch, lies: bool
) -> None:
    monkeypatch.setattr(export, "EXPORT_BYTES_MAX", 10_000_000)
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(export.JSONL, b"0" * 200_000_000)
        for name in (export.CSV, export.MANIFEST, export.SIGNATURE):
            archive.writestr(name, b"")
    bomb = bytearray(out.getvalue())
    assert len(bomb) < 1_000_000
    if lies:
        at = bomb.index(b"PK\x01\x02") + 24  # the size unpacked, in the directory at the end
        bomb[at : at + 4] = (100).to_bytes(4, "little")
    tracemalloc.start()
    with pytest.raises(export.BrokenExport):
        export.check_export(bytes(bomb))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 50_000_000


@pytest.mark.parametrize(
    "expression",
    [
        'fields("PID-3").all(a, fields("PID-3").all(b, fields("PID-3").all(c, a == b && b == c)))',
        'fields("PID-3").map(a, fields("PID-3").map(b, fields("PID-3"))) == []',
    ],
)
def test_an_expression_that_would_run_for_ever_fails_as_one(expression: str) -> None:
    test = compile_expression(expression)
    with pytest.raises(ExpressionFailed):
        test(MANY)


@pytest.mark.parametrize("regex", ["(a+)+$", "(a|a)*$", "(.*)*=.*", "(x+x+)+y", "^(([a-z])+.)+$"])
def test_regular_expressions_of_expressions_do_not_backtrack(regex: str) -> None:
    compile_expression(f'field("PID-3").matches("{regex}")')(MANY)


@pytest.mark.parametrize(
    "expression",
    ["(" * 5000 + "true" + ")" * 5000, "[" * 5000 + "]" * 5000, "||".join(["true"] * 30_000)],
)
def test_an_expression_that_is_too_deep_is_refused(expression: str) -> None:
    with pytest.raises(BadExpression):
        compile_expression(expression)


def test_patterns_of_filters_do_not_backtrack() -> None:
    assert not pattern(["*a" * 40 + "b"])("a" * 20_000)
    assert not fnmatchcase("a" * 20_000, "*a" * 40 + "b")  # of replays and folders
