"""Sign a WACZ file with the log's key (WACZ Signing and Verification 0.1.0, anonymous signature).

https://specs.webrecorder.net/wacz-auth/0.1.0/

The specification requires ECDSA, and ReplayWeb.page accepts only the curve P-384 with SHA-256 and
signatures of 96 bytes. The log's key is an Ed25519 key, so a P-384 key is derived from it. A note
signed by the log contains the digest and the derived public key.
"""

import base64
from typing import Final

import msgspec
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256, SHA384
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from data.archive.log.notes import SignedNote, SigningKey

INFO: Final = b"communique WACZ signature P-384"
"""Info value that identifies the purpose of the derived key (RFC 5869, section 3.2)."""

SECRET_BYTES: Final = 64
"""Number of derived bytes: 16 more than in the order of P-384, so that all keys are equally likely.
"""

ORDER: Final = int(
    "ffffffffffffffffffffffffffffffffffffffffffffffff"
    "c7634d81f4372ddf581a0db248b0a77aecec196accc52973",
    16,
)
"""Number of points of P-384 (SEC 2, section 2.5.1)."""

NUMBER_BYTES: Final = 48
"""Size in bytes of each of the two numbers of a signature."""


class SignedData(msgspec.Struct, rename="camel"):
    """The object ``signedData`` of datapackage-digest.json.

    ``hash`` is the signed digest; ``signature`` and ``public_key`` are in base64. ``note`` is the
    log's signed note, which other programs ignore.
    """

    hash: str
    created: str
    software: str
    version: str
    signature: str
    public_key: str
    note: str


def signed_data(digest: str, created: str, software: str, key: SigningKey) -> SignedData:
    """Sign the digest of datapackage.json with the key of a log.

    ``created`` is the time in the package.
    """
    private = _derived_key(key)
    spki = private.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    numbers = decode_dss_signature(private.sign(digest.encode(), ec.ECDSA(SHA256())))
    signature = b"".join(number.to_bytes(NUMBER_BYTES) for number in numbers)
    public_key = base64.b64encode(spki).decode()
    text = note_text(key.name, digest, created, public_key)
    note = SignedNote(text, (key.sign(text),)).encode().decode()
    encoded = base64.b64encode(signature).decode()
    return SignedData(digest, created, software, "0.1.0", encoded, public_key, note)


def note_text(name: str, digest: str, created: str, public_key: str) -> str:
    """Return the text of the log's note about a WACZ file. ``name`` is the name of the log."""
    return f"{name}\nwacz\n{digest}\n{created}\n{public_key}\n"


def _derived_key(key: SigningKey) -> ec.EllipticCurvePrivateKey:
    secret = HKDF(SHA384(), SECRET_BYTES, salt=None, info=INFO).derive(key.seed)
    value = int.from_bytes(secret) % (ORDER - 1) + 1
    return ec.derive_private_key(value, ec.SECP384R1())
