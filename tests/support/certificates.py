"""Certificates for servers on 127.0.0.1, good ones and bad ones."""

import datetime as dt
import ssl
from ipaddress import ip_address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

DAY = dt.timedelta(days=1)
LOOPBACK = x509.IPAddress(ip_address("127.0.0.1"))


def certificate(
    folder: Path,
    *,
    begins: dt.timedelta = -DAY,
    ends: dt.timedelta = DAY,
    of: x509.GeneralName = LOOPBACK,
    issued: bool = False,
) -> Path:
    """Write a fresh certificate with its key into one file: self-signed, or of nobody known."""
    key = ec.generate_private_key(ec.SECP256R1())
    now = dt.datetime.now(dt.UTC)
    signer = ec.generate_private_key(ec.SECP256R1()) if issued else key
    made = (
        x509.CertificateBuilder()
        .subject_name(_name("test"))
        .issuer_name(_name("nobody" if issued else "test"))
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now + begins)
        .not_valid_after(now + ends)
        .add_extension(x509.SubjectAlternativeName([of]), False)
        .add_extension(x509.BasicConstraints(ca=not issued, path_length=None), True)
        .sign(signer, hashes.SHA256())
    )
    form = serialization.Encoding.PEM
    path = folder / "server.pem"
    path.write_bytes(
        key.private_bytes(form, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        + made.public_bytes(form)
    )
    return path


def serving(pem: Path) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem)
    return context


def _name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])
