"""TLS as county portals have it: a certificate nobody signed. Verified first, then not, per host and never silently."""

from __future__ import annotations

import datetime
import ipaddress
import ssl
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID


def self_signed(folder: Path) -> Path:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.datetime.now(datetime.UTC)
    certificate = (
        x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
        .serial_number(x509.random_serial_number()).not_valid_before(now).not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False)
        .sign(key, hashes.SHA256())
    )  # fmt: skip
    file = folder / "portal.pem"
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    file.write_bytes(private + certificate.public_bytes(serialization.Encoding.PEM))
    return file


@pytest.fixture(scope="module")
def night(shared_lab: Any) -> Any:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(self_signed(shared_lab.folder))
    portals = []
    for policy in ("auto", "strict", "legacy"):
        site = shared_lab.site()
        site.lists("./202402/t20240206_1.html|民政局2024年部门预算|2024-02-06")
        site.article("/ysjs/202402/t20240206_1.html", "民政局2024年部门预算", "./P0.pdf|预算.pdf")
        site.file("/ysjs/202402/P0.pdf", b"%PDF-1.4 read with " + policy.encode())
        site.server.socket = context.wrap_socket(site.server.socket, server_side=True, do_handshake_on_connect=False)
        address = site.url("/ysjs/").replace("http://", "https://")
        portals.append(shared_lab.portal(site, policy, columns=[{"list_url": address}], tls=policy))
    return shared_lab.crawl(*portals)


def test_an_unsigned_certificate_is_accepted_second_and_reported(night: Any) -> None:
    told = night.sum("auto")
    assert (told.new, told.incomplete) == (1, False), told
    ((host, why),) = told.legacy_tls.items()
    assert host.startswith("127.0.0.1:") and "certificate" in why.lower()


def test_a_strict_portal_is_not_read_over_an_unsigned_certificate(night: Any) -> None:
    told = night.sum("strict")
    assert (told.new, told.incomplete, told.failed, told.legacy_tls) == (0, True, {"network": 1}, {})


def test_a_legacy_portal_is_asked_without_verification_at_once(night: Any) -> None:
    assert (night.sum("legacy").new, night.sum("legacy").legacy_tls) == (1, {})
