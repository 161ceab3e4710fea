"""A certificate for this machine, for servers in tests."""

from __future__ import annotations

import ssl
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID


class ServerContext(ssl.SSLContext):
    """What a server encrypts with; `file` is where its certificate lies."""

    file: str


def self_signed(folder: Path, *names: str) -> Callable[[], ServerContext]:
    """Makes a certificate for 127.0.0.1, and for further names, that vouches for itself."""
    key = ec.generate_private_key(ec.SECP256R1())
    known_as = [x509.IPAddress(ip_address("127.0.0.1")), *map(x509.DNSName, names)]
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=2))
        .add_extension(x509.SubjectAlternativeName(known_as), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    key_file, certificate_file = folder / "key.pem", folder / "certificate.pem"
    key_file.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    certificate_file.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))

    def context() -> ServerContext:
        made = ServerContext(ssl.PROTOCOL_TLS_SERVER)
        made.load_cert_chain(certificate_file, key_file)
        made.file = str(certificate_file)
        return made

    return context
