"""Sign and check WACZ files (WACZ Signing and Verification 0.1.0, anonymous signature).

https://specs.webrecorder.net/wacz-auth/0.1.0/

datapackage-digest.json contains the digest of datapackage.json, which contains the digests of all
other files. The public key is in the same file, so a signature proves only that the file was not
changed by someone without the private key.

The specification requires ECDSA, and ReplayWeb.page accepts only the curve P-384 with SHA-256 and
signatures of 96 bytes. The log's key is an Ed25519 key, so a P-384 key is derived from it. A note
signed by the log contains the digest and the derived public key.
"""

import base64
import hashlib
import zipfile
import zlib
from collections import Counter
from pathlib import Path
from typing import Final

import msgspec
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import (
    decode_dss_signature,
    encode_dss_signature,
)
from cryptography.hazmat.primitives.hashes import SHA256, SHA384
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_der_public_key
from cryptography.x509 import load_pem_x509_certificates

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

DESCRIPTION: Final = "datapackage.json"

DIGEST: Final = "datapackage-digest.json"

MAX_JSON_BYTES: Final = 20_000_000
"""Maximum size in bytes of a JSON file that is checked."""

RAW_BYTES: Final = frozenset([64, 96])
"""Sizes in bytes of signatures that are two numbers without an encoding (P-256 and P-384)."""


def signed_data(digest: str, created: str, software: str, key: SigningKey) -> dict[str, str]:
    """Return the object ``signedData`` of datapackage-digest.json, signed with the key of a log.

    ``digest`` is the digest of datapackage.json, and ``created`` the time in the package. The note
    of the log is ignored by other programs.
    """
    private = _derived_key(key)
    spki = private.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    numbers = decode_dss_signature(private.sign(digest.encode(), ec.ECDSA(SHA256())))
    signature = b"".join(number.to_bytes(NUMBER_BYTES) for number in numbers)
    public_key = base64.b64encode(spki).decode()
    text = f"{key.name}\nwacz\n{digest}\n{created}\n{public_key}\n"
    note = SignedNote(text, (key.sign(text),)).encode().decode()
    return {
        "hash": digest,
        "created": created,
        "software": software,
        "version": "0.1.0",
        "signature": base64.b64encode(signature).decode(),
        "publicKey": public_key,
        "note": note,
    }


def _derived_key(key: SigningKey) -> ec.EllipticCurvePrivateKey:
    secret = HKDF(SHA384(), SECRET_BYTES, salt=None, info=INFO).derive(key.seed)
    value = int.from_bytes(secret) % (ORDER - 1) + 1
    return ec.derive_private_key(value, ec.SECP384R1())


class _Resource(msgspec.Struct):
    """A file, as listed in datapackage.json."""

    path: str
    hash: str


class _Description(msgspec.Struct):
    """The content of datapackage.json."""

    resources: list[_Resource]


class _SignedData(msgspec.Struct, rename="camel"):
    """A signature of ``hash``.

    ``public_key`` is in base64. If it is empty, ``domain_cert`` contains certificates in PEM.
    """

    hash: str
    signature: str
    public_key: str = ""
    domain_cert: str = ""


class _Digest(msgspec.Struct, rename="camel"):
    """The content of datapackage-digest.json."""

    hash: str
    signed_data: _SignedData | None = None


def signature_fault(path: Path) -> str | None:
    """Return why the signature of a WACZ file does not hold, or None.

    Files without a signature, and files that can't be read at all, have no such fault.
    """
    try:
        with zipfile.ZipFile(path) as package:
            return _fault(package) if DIGEST in package.NameToInfo else None
    except (msgspec.DecodeError, ValueError, KeyError) as error:
        return f"the signature can't be checked ({error})"
    except (OSError, EOFError, zlib.error, zipfile.BadZipFile, RuntimeError):
        # RuntimeError: a password is needed, or the compression is unsupported.
        return None


def _fault(package: zipfile.ZipFile) -> str | None:
    digest = msgspec.json.decode(_json(package, DIGEST), type=_Digest)
    signed = digest.signed_data
    if signed is None:
        return None
    described = _json(package, DESCRIPTION)
    if not digest.hash == signed.hash == f"sha256:{hashlib.sha256(described).hexdigest()}":
        return f"the signature does not hold: {DESCRIPTION} was changed"
    if not _is_signed(signed):
        return "the signature does not hold: it does not match the signed digest"
    change = _change(package, msgspec.json.decode(described, type=_Description).resources)
    return change and f"the signature does not hold: {change}"


def _change(package: zipfile.ZipFile, resources: list[_Resource]) -> str | None:
    """Return what was changed in a package since its resources were listed, or None."""
    known = {one.path: one.hash for one in resources}
    # Programs differ in which of several files with the same name they read.
    entries = Counter(info.filename for info in package.infolist())
    for name in dict.fromkeys([*known, *entries]):
        if entries[name] > 1:
            return f"the file contains {name} more than once"
        if not name.startswith("archive/"):
            continue
        if not entries[name]:
            return f"{name} was removed"
        with package.open(name) as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()  # type: ignore[arg-type]
        if known.get(name) != f"sha256:{digest}":
            return f"{name} was changed or added"
    return None


def _is_signed(signed: _SignedData) -> bool:
    key = _key(signed)
    signature = base64.b64decode(signed.signature)
    if len(signature) in RAW_BYTES:
        half = len(signature) // 2
        numbers = (int.from_bytes(part) for part in (signature[:half], signature[half:]))
        signature = encode_dss_signature(*numbers)
    try:
        key.verify(signature, signed.hash.encode(), ec.ECDSA(SHA256()))
    except InvalidSignature:
        return False
    return True


def _key(signed: _SignedData) -> ec.EllipticCurvePublicKey:
    """Return the public key of a signature. Raises ValueError if it can't be used."""
    try:
        if signed.public_key:
            key = load_der_public_key(base64.b64decode(signed.public_key))
        else:
            key = load_pem_x509_certificates(signed.domain_cert.encode())[0].public_key()
    except (ValueError, UnsupportedAlgorithm):
        raise ValueError("its public key or certificate can't be read") from None
    if not isinstance(key, ec.EllipticCurvePublicKey):
        raise ValueError("the key is not an ECDSA key")  # noqa: TRY004 - the type of an input
    return key


def _json(package: zipfile.ZipFile, name: str) -> bytes:
    with package.open(name) as file:
        content = file.read(MAX_JSON_BYTES + 1)
    if len(content) > MAX_JSON_BYTES:
        raise ValueError(f"{name} has more than {MAX_JSON_BYTES:,} bytes")
    return content
