"""What keeping secrets costs: the script ``benchmarks/security.py`` as figures."""

from __future__ import annotations

from collections.abc import Iterator

from benchmarks.bench import Bench
from benchmarks.report import Figure, figure
from benchmarks.scenarios.formats import run_script


def secrecy(bench: Bench) -> Iterator[Figure]:
    """Measure passwords, the vault and tokens."""
    runs = [run_script("security.py") for _ in range(bench.runs)]
    for key, words, unit in (
        ("argon2_right_ms", "password: one check (argon2id, 64 MiB, 3 passes)", "ms"),
        ("argon2_nobody_ms", "password: the check when there is no account", "ms"),
        ("argon2_per_second", "password: checks with two workers", "1/s"),
        ("seal_aes_32b_us", "vault: seal a secret of 32 bytes, AES-256-GCM", "µs"),
        ("open_aes_32b_us", "vault: open it", "µs"),
        ("seal_sm4_32b_us", "vault: seal a secret of 32 bytes, SM4-GCM", "µs"),
        ("open_sm4_32b_us", "vault: open it, SM4-GCM", "µs"),
        ("seal_aes_4kib_us", "vault: seal 4 KiB, AES-256-GCM", "µs"),
        ("seal_sm4_4kib_us", "vault: seal 4 KiB, SM4-GCM", "µs"),
        ("rewrap_us", "vault: wrap again after a rotation", "µs"),
        ("tag_aes_us", "vault: search tag, HMAC-SHA256", "µs"),
        ("tag_sm4_us", "vault: search tag, HMAC-SM3", "µs"),
        ("hide_new_aes_us", "field encryption: a new identifier, AES-SIV", "µs"),
        ("hide_new_sm4_us", "field encryption: a new identifier, SM4", "µs"),
        ("hide_keys_aes_us", "field encryption: the keys of a known patient's message", "µs"),
        ("hide_message_aes_us", "field encryption: with its 600 bytes, AES-256-GCM", "µs"),
        ("hide_message_sm4_us", "field encryption: with its 600 bytes, SM4-GCM", "µs"),
        ("token_us", "token: form, checksum and digest", "µs"),
    ):
        yield figure(words, unit, [run[key] for run in runs], details={"all": runs[0]})
