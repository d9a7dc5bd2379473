"""Nothing in the product turns data into code, or into commands (CWE-502, CWE-94, CWE-78)."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from conftest import SourceFile

MODULES = {"pickle", "cPickle", "dill", "shelve", "marshal", "jsonpickle", "commands", "pty",
           "xmlrpc", "telnetlib", "ftplib", "xml.etree", "xml.dom", "xml.sax",
           "tarfile"}  # fmt: skip
"""Object deserialisation, shells, XML parsers that are not lxml with its doors shut."""

CALLS = {"eval", "exec", "compile", "__import__", "os.system", "os.popen", "os.execv", "os.execve",
         "yaml.load", "yaml.unsafe_load", "yaml.full_load", "yaml.load_all", "yaml.safe_load",
         "etree.parse", "etree.XSLT", "etree.XInclude", "etree.XMLSchema", "etree.iterparse",
         "tempfile.mktemp", "random.random", "random.choice", "random.randint",
         "hashlib.md5", "hashlib.sha1"}  # fmt: skip
REVIEWED = {
    "channels/function_worker.py": {"exec", "compile"},  # the sandbox: see its docstring
    "base/plain_yaml.py": {"yaml.load"},  # by a loader that looks at every event
    "security/audit/atna.py": {"xml.etree.ElementTree", "xml.etree"},  # writes, reads nothing
}
"""Where such a call is what a file is for."""


def dangers(tree: ast.Module) -> set[str]:
    """Return the dangerous calls and imports of a file."""
    found: set[str] = set()
    for node in ast.walk(tree):
        names: list[str] = []
        if isinstance(node, ast.Import):
            names = [one.name for one in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module:
            names = [node.module, *(f"{node.module}.{one.name}" for one in node.names)]
        found |= {name for name in names if any(_within(name, one) for one in MODULES)}
        if isinstance(node, ast.Call):
            called = ast.unparse(node.func)
            if called in CALLS:
                found.add(called)
            told = {word.arg: word.value for word in node.keywords}
            if "shell" in told and not _is(told["shell"], False):
                found.add(f"{called}(shell=…)")
            if called.endswith("XMLParser") and not _is_shut(told):
                found.add(f"{called} with open doors")
            if called.endswith(("etree.fromstring", "etree.XML")) and len(node.args) < 2:
                found.add(f"{called} without a parser")
            if "verify" in told and _is(told["verify"], False):
                found.add(f"{called}(verify=False)")
    return found


def _within(name: str, module: str) -> bool:
    return name == module or name.startswith(f"{module}.")


def _is(node: ast.expr, value: object) -> bool:
    return isinstance(node, ast.Constant) and node.value is value


def _is_shut(told: dict[str | None, ast.expr]) -> bool:
    shut = {"resolve_entities": False, "no_network": True, "load_dtd": False}
    return all(name in told and _is(told[name], value) for name, value in shut.items()) and not (
        "huge_tree" in told and not _is(told["huge_tree"], False)
    )


@pytest.mark.parametrize(
    "text",
    [
        "import pickle",
        "from xml.etree import ElementTree",
        "eval(x)",
        "yaml.load(x, Loader=yaml.Loader)",
        "yaml.safe_load(x)",
        "subprocess.run(x, shell=True)",
        "subprocess.run(x, shell=y)",
        "etree.XMLParser()",
        "etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=True)",
        "etree.fromstring(x)",
        "httpx.get(x, verify=False)",
    ],
)
def test_a_danger_is_recognised(text: str) -> None:
    assert dangers(ast.parse(text))


def test_nothing_turns_data_into_code(files: list[SourceFile]) -> None:
    found = {
        file.path.as_posix(): left
        for file in files
        if (left := dangers(file.tree) - REVIEWED.get(file.path.as_posix(), set()))
    }
    assert found == {}


def test_no_exception_outlives_its_reason(files: list[SourceFile]) -> None:
    there = {file.path.as_posix(): dangers(file.tree) for file in files}
    assert {
        name: calls - there[name] for name, calls in REVIEWED.items() if calls - there[name]
    } == {}
