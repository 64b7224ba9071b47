"""What an answer says beside its page."""

from __future__ import annotations

import datetime as dt

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from OpenSSL import crypto
from scrapy.http import Response
from twisted.internet.ssl import Certificate

from spiders.download.responses import certificate_end

END = dt.datetime(2026, 10, 8, 12, tzinfo=dt.UTC)


def certificate() -> Certificate:
    """A certificate that ends at END."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "harbour.example")])
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(END - dt.timedelta(days=90))
        .not_valid_after(END)
        .sign(key, hashes.SHA256())
    )
    return Certificate(crypto.X509.from_cryptography(made))  # type: ignore[no-untyped-call]


def test_the_expiry_of_a_certificate_is_known() -> None:
    url = "https://harbour.example/"
    assert certificate_end(Response(url, certificate=certificate())) == END
    assert certificate_end(Response(url)) is None
