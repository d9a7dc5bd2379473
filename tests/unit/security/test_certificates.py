from __future__ import annotations

import ipaddress
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    KeySerializationEncryption,
    NoEncryption,
    PrivateFormat,
)
from hypothesis import given
from hypothesis import strategies as st

from lianyi.security.certificates import (
    CertificateUnreadable,
    TlsFile,
    examine,
    key_fits,
    read_certificates,
)

NOW = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
KEY = ec.generate_private_key(ec.SECP256R1())
Key = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey


def made(
    *, since_days: float = -100, until_days: float = 300, key: Key = KEY, name: str = "esb.invalid",
    issuer: str = "Test CA",
) -> bytes:  # fmt: skip
    def named(text: str) -> x509.Name:
        return x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, text)])

    built = (
        x509.CertificateBuilder()
        .subject_name(named(name) if name else x509.Name([]))
        .issuer_name(named(issuer))
        .public_key(key.public_key())
        .serial_number(7)
        .not_valid_before(NOW + timedelta(days=since_days))
        .not_valid_after(NOW + timedelta(days=until_days))
        .add_extension(
            x509.SubjectAlternativeName(
                [
                    x509.DNSName("esb.hospital.invalid"),
                    x509.IPAddress(ipaddress.ip_address("192.0.2.7")),
                ]
            ),
            critical=False,
        )
        .sign(key, hashes.SHA256())
    )
    return built.public_bytes(Encoding.PEM)


def written(key: Key, how: KeySerializationEncryption | None = None) -> bytes:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, how or NoEncryption())


@pytest.fixture
def pem(tmp_path: Path) -> Path:
    return tmp_path / "esb.pem"


@pytest.fixture
def key(tmp_path: Path) -> Path:
    path = tmp_path / "esb.key"
    path.write_bytes(written(KEY))
    path.chmod(0o600)
    return path


def codes(pem: Path, key: Path | None = None) -> list[str]:
    return [one.code for one in examine([TlsFile("channel lab", pem, key)], NOW)]


def test_a_certificate_says_whose_it_is_and_how_long(pem: Path) -> None:
    pem.write_bytes(made())
    (found,) = read_certificates(pem)
    assert (found.subject, found.issuer, found.weakness) == ("esb.invalid", "Test CA", "")
    assert found.names == ("esb.hospital.invalid", "192.0.2.7")
    assert found.until == NOW + timedelta(days=300)
    assert found.days_left(NOW) == 300
    assert len(found.fingerprint) == 64


def test_a_certificate_without_a_common_name_is_called_by_its_host(pem: Path) -> None:
    pem.write_bytes(made(name=""))
    assert read_certificates(pem)[0].subject == "esb.hospital.invalid"


@given(st.integers(-400, 400))
def test_what_is_told_depends_on_the_days_left(
    tmp_path_factory: pytest.TempPathFactory, days: int
) -> None:
    pem = tmp_path_factory.mktemp("tls") / "esb.pem"
    pem.write_bytes(made(since_days=-500, until_days=days))
    expected = ["LY-1841"] if days < 0 else ["LY-1842"] if days <= 30 else []
    assert codes(pem) == expected


def test_a_finding_names_who_uses_the_file_and_until_when(pem: Path) -> None:
    pem.write_bytes(made(until_days=12.5))
    (finding,) = examine([TlsFile("channel lab", pem)], NOW)
    assert finding.where == f"channel lab: {pem}"
    assert "valid until 2026-03-14, 12 days from now" in finding.text("en")
    assert "有效期至 2026-03-14，还剩 12 天" in finding.text("zh")


def test_every_certificate_of_a_chain_is_looked_at(pem: Path) -> None:
    pem.write_bytes(made() + made(until_days=-1, name="old CA") + made(until_days=5, name="new CA"))
    assert [one.subject for one in read_certificates(pem)] == ["esb.invalid", "old CA", "new CA"]
    assert codes(pem) == ["LY-1841", "LY-1842"]


def test_a_certificate_from_the_future_is_told(pem: Path) -> None:
    pem.write_bytes(made(since_days=1))
    assert codes(pem) == ["LY-1843"]


def test_a_short_rsa_key_is_weak(pem: Path) -> None:
    short = rsa.generate_private_key(public_exponent=65537, key_size=1024)
    pem.write_bytes(made(key=short))
    assert codes(pem) == ["LY-1845"]
    assert "RSA-1024" in examine([TlsFile("console", pem)], NOW)[0].text("zh")


def test_the_key_of_the_certificate_fits_and_another_does_not(pem: Path, key: Path) -> None:
    pem.write_bytes(made())
    assert key_fits(pem, key)
    assert codes(pem, key) == []
    key.write_bytes(written(ec.generate_private_key(ec.SECP256R1())))
    assert not key_fits(pem, key)
    assert codes(pem, key) == ["LY-1844"]


def test_the_own_certificate_must_stand_first(pem: Path, key: Path) -> None:
    other = ec.generate_private_key(ec.SECP256R1())
    pem.write_bytes(made(key=other, name="CA") + made())
    assert codes(pem, key) == ["LY-1844"]


def test_a_key_that_others_may_read_is_told(pem: Path, key: Path) -> None:
    pem.write_bytes(made())
    key.chmod(0o644)
    assert codes(pem, key) == ["LY-1835"]


@pytest.mark.parametrize("content", [b"", b"no key", made(), written(KEY)[:60]])
def test_what_is_no_key_is_told_without_its_text(pem: Path, key: Path, content: bytes) -> None:
    pem.write_bytes(made())
    key.write_bytes(content)
    (finding,) = examine([TlsFile("channel lab", pem, key)], NOW)
    assert finding.code == "LY-1840"
    assert "no private key" in finding.text("en")


def test_a_key_that_asks_for_a_password_is_told(pem: Path, key: Path) -> None:
    pem.write_bytes(made())
    key.write_bytes(written(KEY, BestAvailableEncryption(b"invented")))
    assert codes(pem, key) == ["LY-1840"]


def test_missing_files_are_told_and_the_others_are_still_looked_at(
    pem: Path, key: Path, tmp_path: Path
) -> None:
    pem.write_bytes(made(until_days=1))
    missing = tmp_path / "missing"
    found = examine(
        [TlsFile("a", missing), TlsFile("b", tmp_path), TlsFile("c", pem, missing),
         TlsFile("d", key)], NOW,
    )  # fmt: skip
    assert [(one.where[0], one.code) for one in found] == [
        ("a", "LY-1840"), ("b", "LY-1840"), ("c", "LY-1842"), ("c", "LY-1834"), ("d", "LY-1840"),
    ]  # fmt: skip
    assert "no such file" in found[0].text("en")


@given(st.binary(max_size=300))
def test_other_bytes_are_no_certificate(
    tmp_path_factory: pytest.TempPathFactory, content: bytes
) -> None:
    pem = tmp_path_factory.mktemp("tls") / "esb.pem"
    pem.write_bytes(content)
    with pytest.raises(CertificateUnreadable):
        read_certificates(pem)
