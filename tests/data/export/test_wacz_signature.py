"""A WACZ file is signed by a key that ReplayWeb.page accepts and that the log vouches for."""

from __future__ import annotations

import base64
import hashlib
import json
import warnings
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
from data.export.wacz_signature import signature_fault, signed_data
from tests.archived import archived_home
from tests.command import communique, make_home

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


def changed(path: Path, name: str, old: bytes, new: bytes) -> Path:
    """Copy a WACZ file with another content of one of its files."""
    to = path.with_name("changed.wacz")
    with zipfile.ZipFile(path) as package, zipfile.ZipFile(to, "w") as copy:
        for info in package.infolist():
            content = package.read(info)
            copy.writestr(info, content.replace(old, new) if info.filename == name else content)
    return to


def test_a_signature_that_does_not_hold_is_reported_on_import(tmp_path: Path) -> None:
    home, path = tmp_path / "home", tmp_path / "all.wacz"
    home.mkdir()
    with archived_home(home):
        pass
    communique("mirror", "export", "--format", "wacz", "--to", str(path), home=home)
    assert signature_fault(path) is None
    with zipfile.ZipFile(path) as package:
        (records,) = (one for one in package.namelist() if one.startswith("archive/"))
        signed = json.loads(package.read("datapackage-digest.json"))["signedData"]
    for name, old, new, told in (
        (records, b"\x1f\x8b", b"\x1f\x8b\x00", f"{records} was changed"),
        (
            "datapackage.json",
            b'"title": "',
            b'"title": "Another ',
            "datapackage.json was changed",
        ),
        ("datapackage-digest.json", signed["signature"].encode(), b"A" * 128, "does not match"),
        ("datapackage-digest.json", signed["publicKey"].encode(), b"AAAA", "can't be checked"),
        ("datapackage-digest.json", b"{", b"", "can't be checked"),
    ):
        assert told in str(signature_fault(changed(path, name, old, new)))
    renamed = changed(path, "datapackage.json", b'"title": "', b'"title": "Another ')
    other = make_home(tmp_path / "other", "https://acme.example/")
    made = communique("mirror", "import", str(renamed), "--source", "harbour", home=other)
    assert made.returncode == 1
    assert "datapackage.json was changed" in made.stderr
    assert "Traceback" not in made.stderr


def signed_package(path: Path, *archived: tuple[str, bytes], key: str | None = None) -> Path:
    """Write a WACZ file whose signed description lists archive/a.warc and archive/b.warc."""
    listed = {f"archive/{name}.warc": name.encode() for name in "ab"}
    resources = [
        {"path": name, "hash": f"sha256:{hashlib.sha256(content).hexdigest()}"}
        for name, content in listed.items()
    ]
    described = json.dumps({"resources": resources}).encode()
    digest = f"sha256:{hashlib.sha256(described).hexdigest()}"
    signed = msgspec.to_builtins(signed_data(digest, "2026-03-02T12:00:00Z", "Us", KEY))
    if key is not None:
        signed["publicKey"] = key
    with zipfile.ZipFile(path, "w") as package, warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        for name, content in archived or listed.items():
            package.writestr(name, content)
        package.writestr("datapackage.json", described)
        digests = {"hash": digest, "signedData": signed}
        package.writestr("datapackage-digest.json", json.dumps(digests))
    return path


def test_each_signed_file_is_in_the_package_exactly_once(tmp_path: Path) -> None:
    path, first, second = tmp_path / "x.wacz", "archive/a.warc", "archive/b.warc"
    assert signature_fault(signed_package(path)) is None
    signed = (first, b"a"), (second, b"b")
    for forged in ((first, b"forged"), (second, b"b"), ("pages/pages.jsonl", b"")):
        twice = signature_fault(signed_package(path, forged, *signed, forged))
        assert f"contains {forged[0]} more than once" in str(twice)
    added = signature_fault(signed_package(path, *signed, ("archive/c.warc", b"c")))
    assert "archive/c.warc was changed or added" in str(added)
    for kept in signed:
        missing = signature_fault(signed_package(path, kept))
        assert missing is not None
        assert missing.endswith("was removed")


@pytest.mark.parametrize("key", ["AAAA", "é", "", "MCowBQYDK2VwAyEA" + "A" * 43 + "="])
def test_a_fault_in_the_key_is_explained_in_one_sentence(tmp_path: Path, key: str) -> None:
    fault = signature_fault(signed_package(tmp_path / "x.wacz", key=key))
    assert fault is not None
    assert "can't be checked" in fault
    assert len(fault) < 100


def test_one_log_always_signs_with_the_same_key() -> None:
    first, second = (signed_data(DIGEST, "2026-03-02T12:00:00Z", "Us", KEY) for _ in range(2))
    assert first["publicKey"] == second["publicKey"]
    other = signed_data(DIGEST, "", "Us", SigningKey("harbour.example/log", bytes(32)))
    assert other["publicKey"] != first["publicKey"]
    fields = msgspec.to_builtins(first)
    check(fields)
    with pytest.raises(InvalidSignature):
        check({**fields, "hash": f"sha256:{'5f' * 32}"})
