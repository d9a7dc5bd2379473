"""An answer of the audit trail as a file that can be proved: what was found, and who says so.

A ZIP archive of ``acts.jsonl`` (all of each act), ``acts.csv`` (for spreadsheets),
``manifest.json`` (what was asked, how many were found, the head of the hash chain, the hashes of
both files) and ``manifest.sig``, the detached Ed25519 signature of the manifest's bytes in
hexadecimal. Whoever has the public key proves it without us.

Sources:
    RFC 8032 (Ed25519); OWASP, "CSV Injection" (cells that a spreadsheet would calculate).
"""

from __future__ import annotations

import csv
import gzip
import hashlib
import io
import re
import shutil
import zipfile
import zlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import orjson
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from lianyi.base.sensitive import Sensitive
from lianyi.security.audit.failures import BrokenExport
from lianyi.security.audit.model import Act
from lianyi.security.secret_files import SecretFileUnusable, read_secret_file, write_secret_file

EXPORT_MAX = 100_000
EXPORT_BYTES_MAX = 1024 * 1024 * 1024
KEY_FILE = "audit-signing-key"
FORMAT = "lianyi-audit-export-1"
JSONL, CSV, MANIFEST, SIGNATURE = "acts.jsonl", "acts.csv", "manifest.json", "manifest.sig"
UNREADABLE = (
    zipfile.BadZipFile, zlib.error, ValueError, KeyError, TypeError, EOFError, OSError,
    NotImplementedError, RuntimeError,
)  # fmt: skip
"""What reading a ZIP archive that somebody touched may raise."""
FORMULA = re.compile(r"[\s\0\ufeff]*[=+\-@＝＋－＠]|[\t\r\n\0]")
"""What spreadsheets take for the beginning of a formula, perhaps after dropping what is blank."""
COLUMNS = (
    "position", "at", "kind", "actor", "account", "address", "purpose", "result", "channel",
    "organisation", "patients", "about", "facts",
)  # fmt: skip


class Export(NamedTuple):
    """An archive, how many acts it holds, and what identifies it."""

    content: bytes
    acts: int
    manifest_sha256: str


class Checked(NamedTuple):
    """What a genuine export says of itself."""

    manifest: Mapping[str, Any]
    public_key: str


class Signer:
    """Signs with the key of this installation; its file is made at the first use."""

    def __init__(self, path: Path) -> None:
        """Use the key in a file of mode 600."""
        self._path = path
        self._key: Ed25519PrivateKey | None = None

    def sign(self, content: bytes) -> bytes:
        """Return the signature, 64 bytes."""
        return self._held().sign(content)

    @property
    def public_key(self) -> str:
        """The key that proves the signatures, 64 hexadecimal digits."""
        return self._held().public_key().public_bytes_raw().hex()

    def _held(self) -> Ed25519PrivateKey:
        if self._key is None:
            if not self._path.exists():
                new = Ed25519PrivateKey.generate().private_bytes_raw()
                write_secret_file(self._path, Sensitive(new), replace=False)
            held = read_secret_file(self._path).reveal()
            if len(held) != 32:
                raise SecretFileUnusable(
                    where=str(self._path),
                    why="it does not hold an Ed25519 key",
                    why_zh="内容不是 Ed25519 密钥",
                )
            self._key = Ed25519PrivateKey.from_private_bytes(held)
        return self._key


def line(one: Act) -> dict[str, Any]:
    """Return an act as JSON says it."""
    return {
        "position": str(one.position),
        "at": one.at.isoformat(),
        "kind": one.kind,
        "actor": one.actor,
        "account": one.account,
        "address": one.address,
        "purpose": one.purpose,
        "result": one.result,
        "channel": one.channel,
        "organisation": one.organisation,
        "patients": list(one.patients),
        "about": str(one.about) if one.about else None,
        "facts": dict(one.facts),
    }


def cell(value: object) -> str:
    """Return a cell that no spreadsheet takes for a formula."""
    if value is None:
        return ""
    text = value if isinstance(value, str) else orjson.dumps(value).decode()
    return f"'{text}" if FORMULA.match(text) else text


class Archive:
    """An archive that is written as acts come, the newest first; it holds them packed, once each.

    Acts go into ``acts.jsonl`` at once; ``acts.csv`` waits, packed, until that file is whole,
    because a ZIP archive takes one file after the other.
    """

    def __init__(self) -> None:
        """Begin an archive without acts."""
        self._out = io.BytesIO()
        self._zip = zipfile.ZipFile(self._out, "w", zipfile.ZIP_DEFLATED)
        self._jsonl = self._zip.open(JSONL, "w", force_zip64=True)
        self._waiting = io.BytesIO()
        self._table = gzip.GzipFile(fileobj=self._waiting, mode="wb", compresslevel=1)
        self._hashes = {JSONL: hashlib.sha256(), CSV: hashlib.sha256()}
        self._count, self._newest, self._oldest = 0, "", ""
        self._add_to_table([COLUMNS], encoding="utf-8-sig")  # so spreadsheets see that it is UTF-8

    def add(self, acts: Sequence[Act]) -> None:
        """Write acts behind those before."""
        lines = [line(one) for one in acts]
        if not lines:
            return
        jsonl = b"".join(orjson.dumps(one) + b"\n" for one in lines)
        self._jsonl.write(jsonl)
        self._hashes[JSONL].update(jsonl)
        rows = ({**one, "patients": " ".join(one["patients"])} for one in lines)
        self._add_to_table([[cell(row[name]) for name in COLUMNS] for row in rows])
        self._newest = self._newest or lines[0]["position"]
        self._oldest = lines[-1]["position"]
        self._count += len(lines)

    def close(self, *, signer: Signer, about: Mapping[str, Any]) -> Export:
        """Sign and return it.

        Args:
            signer: signs the manifest.
            about: what else the manifest says: who asked what, when, the head of the chain.
        """
        self._jsonl.close()
        self._table.close()
        self._waiting.seek(0)
        with (
            gzip.GzipFile(fileobj=self._waiting) as waiting,
            self._zip.open(CSV, "w", force_zip64=True) as table,
        ):
            shutil.copyfileobj(waiting, table)
        manifest = orjson.dumps(
            {
                "format": FORMAT,
                **about,
                "count": self._count,
                "newest": self._newest or None,
                "oldest": self._oldest or None,
                "files": {name: found.hexdigest() for name, found in self._hashes.items()},
                "public_key": signer.public_key,
            },
            option=orjson.OPT_INDENT_2 | orjson.OPT_SORT_KEYS,
        )
        with self._zip as archive:
            archive.writestr(MANIFEST, manifest)
            archive.writestr(SIGNATURE, signer.sign(manifest).hex())
        return Export(self._out.getvalue(), self._count, _sha256(manifest))

    def _add_to_table(self, rows: Sequence[Sequence[str]], *, encoding: str = "utf-8") -> None:
        text = io.StringIO(newline="")
        csv.writer(text).writerows(rows)
        written = text.getvalue().encode(encoding)
        self._table.write(written)
        self._hashes[CSV].update(written)


def check_export(content: bytes, *, public_key: str = "") -> Checked:
    """Prove an archive.

    Args:
        content: of the ZIP file.
        public_key: of the installation it should come from; empty: the one it names itself, which
            proves only that nothing was changed since it was signed.

    Raises:
        BrokenExport: it is none, something in it was changed, or another key signed it.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            sizes = {one.filename: one.file_size for one in archive.infolist()}
            if set(sizes) != {JSONL, CSV, MANIFEST, SIGNATURE}:
                raise _broken("it does not hold the four files", "文件组成不符")
            if sum(sizes.values()) > EXPORT_BYTES_MAX:
                raise _broken("it is larger than any export", "文件过大")
            files = {name: _unpacked(archive, name, size) for name, size in sizes.items()}
        manifest = orjson.loads(files[MANIFEST])
        signature = bytes.fromhex(files[SIGNATURE].decode("ascii"))
        named = str(manifest["public_key"])
        Ed25519PublicKey.from_public_bytes(bytes.fromhex(public_key or named)).verify(
            signature, files[MANIFEST]
        )
        hashes, count = dict(manifest["files"]), int(manifest["count"])
    except InvalidSignature as error:
        raise _broken("the signature does not fit", "签名不符") from error
    except UNREADABLE as error:
        raise _broken("it cannot be read", "无法读取") from error
    for name in (JSONL, CSV):
        if hashes.get(name) != _sha256(files[name]):
            raise _broken(f"{name} was changed", f"{name} 被改动")
    if files[JSONL].count(b"\n") != count:
        raise _broken("the number of acts differs", "记录数不符")
    return Checked(manifest, named)


def _unpacked(archive: zipfile.ZipFile, name: str, size: int) -> bytes:
    """Return a file of an archive, and never unpack more of it than the archive says it is."""
    with archive.open(name) as file:
        content = file.read(size)
        if file.read(1):
            raise _broken("it is larger than it says", "内容比声明的大")
    return content


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _broken(why: str, why_zh: str) -> BrokenExport:
    return BrokenExport(where="export", why=why, why_zh=why_zh)
