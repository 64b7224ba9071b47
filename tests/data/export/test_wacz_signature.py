"""A WACZ file is signed by a key that ReplayWeb.page accepts and that the log vouches for."""

from __future__ import annotations

import base64
import hashlib
import json
import zipfile
from pathlib import Path

import msgspec
import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_der_public_key

from data.archive.log.notes import SigningKey, parse_key, parse_note
from data.export.wacz_signature import signed_data
from tests.archived import archived_home
from tests.command import communique

KEY = SigningKey("harbour.example/log", bytes(range(32)))
DIGEST = f"sha256:{'5e' * 32}"


def check(signed: dict[str, str]) -> None:
    """Check a signature as wabac.js does. Raises InvalidSignature."""
    key = load_der_public_key(base64.b64decode(signed["publicKey"]))
    assert isinstance(key, ec.EllipticCurvePublicKey)
    assert isinstance(key.curve, ec.SECP384R1)
    signature = base64.b64decode(signed["signature"])
    assert len(signature) == 96
    numbers = (int.from_bytes(part) for part in (signature[:48], signature[48:]))
    key.verify(encode_dss_signature(*numbers), signed["hash"].encode(), ec.ECDSA(SHA256()))


def test_an_exported_file_is_signed_by_the_log(tmp_path: Path) -> None:
    home, to = tmp_path / "home", tmp_path / "all.wacz"
    home.mkdir()
    with archived_home(home):
        pass
    made = communique("mirror", "export", "--format", "wacz", "--to", str(to), home=home)
    assert (made.returncode, made.stderr) == (0, "")
    with zipfile.ZipFile(to) as package:
        described = package.read("datapackage.json")
        digest = json.loads(package.read("datapackage-digest.json"))
    signed = digest["signedData"]
    check(signed)
    assert signed["hash"] == digest["hash"] == f"sha256:{hashlib.sha256(described).hexdigest()}"
    facts = json.loads(described)
    assert (signed["created"], signed["software"]) == (facts["created"], facts["software"])
    log_key = parse_key((home / "archive" / "log" / "key" / "0").read_text(), "key")
    note = parse_note(signed["note"].encode())
    assert note.signed_by(log_key)
    assert note.text.split("\n")[1:5] == [
        "wacz",
        signed["hash"],
        signed["created"],
        signed["publicKey"],
    ]


def test_without_the_key_a_file_is_not_signed(tmp_path: Path) -> None:
    home, to = tmp_path / "home", tmp_path / "all.wacz"
    home.mkdir()
    with archived_home(home) as store:
        assert store
    (home / "log.key").unlink()
    made = communique("mirror", "export", "--format", "wacz", "--to", str(to), home=home)
    assert made.returncode == 0
    with zipfile.ZipFile(to) as package:
        assert "signedData" not in json.loads(package.read("datapackage-digest.json"))


def test_one_log_always_signs_with_the_same_key() -> None:
    first, second = (signed_data(DIGEST, "2026-03-02T12:00:00Z", "Us", KEY) for _ in range(2))
    assert first.public_key == second.public_key
    other = signed_data(DIGEST, "", "Us", SigningKey("harbour.example/log", bytes(32)))
    assert other.public_key != first.public_key
    fields = msgspec.to_builtins(first)
    check(fields)
    with pytest.raises(InvalidSignature):
        check({**fields, "hash": f"sha256:{'5f' * 32}"})
