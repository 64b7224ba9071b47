"""verify.py, alone in the folder of a proof, finds whatever is damaged or forged in it."""

from __future__ import annotations

import ast
import hashlib
import os
import random
import shutil
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from data.archive.archive import Archive
from data.archive.log.cosigning import ask_witness, asked_witness
from data.archive.log.notes import COSIGNER, LOG, SigningKey, sign_checkpoint
from data.archive.log.tree_log import log_of
from data.archive.log.witness import Witness
from data.archive.proof import verify
from data.archive.proof.proof_folder import ProofFolder, ProvenCapture, Subject
from data.clock import utc_now
from data.network.client import Outbound
from data.settings import ArchiveSettings as Settings
from tests.examples import thorough
from tests.exchanges import answer, not_modified


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A proof of two versions and a revisit, by a log whose key changed, with a witness."""
    home = tmp_path_factory.mktemp("home")
    archive = Archive(home / "archive", Settings(), agent="Communique/0.1")
    with closing(archive):
        captures = [archive.exchange(answer())]
        archive.seal()
        archive.log.rotate_key()
        witness = Witness(home / "witness", home / "witness.key")
        witness.cosign(archive.log.read, "log", utc_now())
        ask_witness(archive.log, asked_witness(str(home), Path.cwd()), Outbound())
        captures.append(archive.exchange(answer(body=b"another")))
        captures.append(archive.exchange(not_modified()))
        captures += [archive.exchange(answer(f"http://harbour.example/{n}")) for n in range(20)]
        archive.seal()
        witness.cosign(archive.log.read, "log", utc_now())
        ask_witness(archive.log, asked_witness(str(home), Path.cwd()), Outbound())
    to = home / "proof"
    to.mkdir()
    shown = [ProvenCapture(f"version {n}", one) for n, one in enumerate(captures[:3], 1)]
    subject = Subject("Signal station", "http://harbour.example/news/1", {"id": "1"}, shown)
    with closing(log_of(home)) as log:
        written = ProofFolder(home / "archive", log, to).write(subject)
    assert written.records == 6
    assert len(written.witnesses) == 1
    return to


@pytest.fixture
def proof(whole: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(whole, tmp_path / "proof"))


def checked(proof: Path, *keys: str) -> tuple[int, str]:
    """The exit code of verify.py, and what it said, run by an interpreter of its own."""
    command = [sys.executable, "-I", str(proof / "verify.py"), *keys]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd="/")  # noqa: S603 - our own
    assert done.stderr == ""
    return done.returncode, done.stdout


def found(proof: Path, *keys: str) -> str:
    """What is wrong with a proof, or nothing, found in this process."""
    now = [""]
    try:
        for _ in verify.check(verify.files_of(proof.resolve(), now), [*keys], now):
            pass
    except Exception as error:  # noqa: BLE001 - as verify.py does it
        return f"{now[0]}: {error}"
    return ""


def summed(proof: Path) -> None:
    """Make SHA256SUMS anew, as a forger does."""
    files = sorted(one for one in proof.rglob("*") if one.is_file() and one.name != "SHA256SUMS")
    lines = [
        f"{hashlib.sha256(one.read_bytes()).hexdigest()}  {one.relative_to(proof)}\n"
        for one in files
    ]
    (proof / "SHA256SUMS").write_text("".join(lines))


def key_lines(proof: Path) -> list[str]:
    first = (proof / "keys/0").read_text().strip()
    return [first, *(proof / "witnesses").read_text().splitlines()]


def test_a_complete_proof_is_valid_and_lists_its_checks(proof: Path) -> None:
    code, said = checked(proof)
    assert code == 0, said
    assert said.count(" is leaf ") == 6
    assert "(revisit http://harbour.example/news/1 2026-03-02T12:00:00.123456Z)" in said
    for key in key_lines(proof):
        assert f"Compare this key: {key}" in said
    code, said = checked(proof, *key_lines(proof))
    assert code == 0
    assert said.count("You gave this key") == 2


def test_a_key_that_signed_nothing_is_not_vouched_for_by_the_key_before_it(tmp_path: Path) -> None:
    proofs = tmp_path / "old", tmp_path / "new"
    with closing(Archive(tmp_path / "archive", Settings(), agent="Communique/0.1")) as archive:
        shown = [ProvenCapture("version 1", archive.exchange(answer()))]
        archive.seal()
        for to in proofs:
            to.mkdir()
            subject = Subject("Signal station", "http://harbour.example/news/1", {"id": "1"}, shown)
            ProofFolder(tmp_path / "archive", archive.log, to).write(subject)
            archive.log.rotate_key()
    old, new = proofs
    first, second = (
        (new / "keys/0").read_text().strip(),
        (new / "keys/1").read_text().split("\n")[4],
    )
    assert found(new, first, second) == ""
    shutil.copy(new / "keys/1", old / "keys/1")
    summed(old)
    assert found(old, first) == ""
    assert "a key that you gave did not sign" in found(old, second)


def test_a_larger_tree_that_a_replaced_key_signed_is_refused(tmp_path: Path) -> None:
    """Who has the key of before can sign no proof of today, though no key is named."""
    proof = tmp_path / "proof"
    proof.mkdir()
    with closing(Archive(tmp_path / "archive", Settings(), agent="Communique/0.1")) as archive:
        archive.exchange(answer())
        archive.seal()
        thief = archive.log.key()
        archive.log.rotate_key()
        shown = [ProvenCapture("version 1", archive.exchange(answer(body=b"another")))]
        archive.seal()
        subject = Subject("Signal station", "http://harbour.example/news/1", {"id": "1"}, shown)
        ProofFolder(tmp_path / "archive", archive.log, proof).write(subject)
        signed = archive.log.checkpoint()
    assert found(proof) == ""
    assert signed
    forged = sign_checkpoint(thief, signed.size, signed.root).encode()
    files = sorted((proof / "checkpoints").rglob("*"))
    for path in (one for one in files if one.is_file()):
        head = path.read_bytes().rpartition(signed.note.text.encode())[0]
        path.write_bytes(head + forged)
    summed(proof)
    assert "matches no key that may sign" in found(proof)
    # Without the rotation it holds together: the key of before is not the one that was told.
    (proof / "keys/1").unlink()
    summed(proof)
    assert found(proof) == ""
    assert "a key that you gave did not sign" in found(proof, str(archive.log.key().verifier))


def test_a_leaf_is_in_the_tree() -> None:
    assert verify.root_of(0, 1, b"leaf", []) == b"leaf"
    with pytest.raises(ValueError, match="negative shift"):
        verify.root_of(1, 1, b"leaf", [])


def test_it_needs_nothing_but_the_standard_library(
    whole: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = (whole / "verify.py").read_text()
    tree = ast.parse(source, feature_version=(3, 8))
    imported = [one for one in tree.body if isinstance(one, ast.Import | ast.ImportFrom)]
    names = [getattr(one, "module", None) or one.names[0].name for one in imported]
    assert {name.partition(".")[0] for name in names} <= sys.stdlib_module_names
    monkeypatch.setattr(verify, "Ed25519PublicKey", None)
    assert found(whole) == ""
    bare = [sys.executable, "-I", "-S", str(whole / "verify.py")]
    done = subprocess.run(bare, capture_output=True, text=True, check=False)  # noqa: S603 - our own
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("fast", [True, False])
def test_ed25519_accepts_only_the_signed_message(
    monkeypatch: pytest.MonkeyPatch, *, fast: bool
) -> None:
    if not fast:
        monkeypatch.setattr(verify, "Ed25519PublicKey", None)
    chance = random.Random(7)
    for _ in range(5):
        key = SigningKey("log", chance.randbytes(32), LOG)
        text = chance.randbytes(20).hex()
        value = key.sign(text).value
        assert verify.is_signed(key.verifier.public, text.encode(), value)
        assert not takes(key.verifier.public, f"{text}!".encode(), value)
        for at in (0, 31, 32, 62):
            changed = bytearray(value)
            changed[at] ^= 1 << chance.randrange(8)
            assert not takes(key.verifier.public, text.encode(), bytes(changed))
        malleable = int.from_bytes(value[32:], "little") + verify.Q
        twin = value[:32] + malleable.to_bytes(32, "little")
        assert not takes(key.verifier.public, text.encode(), twin)
        assert not takes(key.verifier.public, text.encode(), value + b"\0")


def takes(public: bytes, message: bytes, signature: bytes) -> bool:
    """Whether a signature is taken; an encoding of no point is refused by an error."""
    try:
        return verify.is_signed(public, message, signature)
    except ValueError:
        return False


def test_a_flipped_bit_is_found_in_every_file_and_named(proof: Path) -> None:
    chance = random.Random(3)
    for path in sorted(one for one in proof.rglob("*") if one.is_file()):
        content = path.read_bytes()
        for at in {0, len(content) - 1, *(chance.randrange(len(content)) for _ in range(8))}:
            flipped = bytearray(content)
            flipped[at] ^= 1 << chance.randrange(8)
            path.write_bytes(flipped)
            wrong = found(proof)
            assert wrong, (path, at)
            if path.name != "SHA256SUMS":
                assert wrong.startswith(str(path.relative_to(proof))), wrong
        path.write_bytes(content)


def test_a_forged_file_is_found_although_its_digest_was_recomputed(proof: Path) -> None:
    chance = random.Random(5)
    for path in sorted(one for one in proof.rglob("*") if one.is_file()):
        where = str(path.relative_to(proof))
        if not where.startswith(("records", "checkpoints", "keys")):
            continue
        content = path.read_bytes()
        for _ in range(12):
            flipped = bytearray(content)
            flipped[chance.randrange(len(content))] ^= 1 << chance.randrange(8)
            path.write_bytes(flipped)
            summed(proof)
            wrong = found(proof)
            # Bits that gzip or base64 leave unused change nothing that a log or a key signed.
            if not wrong:
                assert not where.startswith("records"), where
                assert same_but_for_padding(content, bytes(flipped)), where
        path.write_bytes(content)


def same_but_for_padding(before: bytes, after: bytes) -> bool:
    """Whether two files differ in what no key signs: the first line, or the end of base64."""
    lines = zip(before.split(b"\n"), after.split(b"\n"), strict=False)
    return all(
        old == new or old.startswith((b"c2sp", b"index")) or old[:-4] == new[:-4]
        for old, new in lines
    )


def test_another_record_is_not_the_leaf(proof: Path) -> None:
    first, second = sorted((proof / "records").iterdir())[:2]
    first.write_bytes(second.read_bytes())
    summed(proof)
    assert "forged" in found(proof)


@pytest.mark.parametrize(
    ("change", "wrong"),
    [
        (lambda proof: (proof / "witnesses").write_text(""), "matches no key that may sign"),
        (
            lambda proof: (proof / "keys/0").write_text(f"{a_key(LOG)}\n"),
            "keys/1",
        ),
        (lambda proof: (proof / "keys/1").unlink(), "matches no key that may sign"),
        (
            lambda proof: add_line(proof / "witnesses", a_key(COSIGNER)),
            "one of these witnesses has signed none",
        ),
        (lambda proof: shutil.rmtree(proof / "checkpoints"), "no proof"),
        (lambda proof: min((proof / "checkpoints").rglob("*.tlog-proof")).unlink(), "no pro"),
        (lambda proof: shutil.rmtree(proof / "records"), "records/"),
    ],
)
def test_wrong_keys_and_missing_parts_are_found(
    proof: Path, change: Callable[[Path], object], wrong: str
) -> None:
    change(proof)
    summed(proof)
    assert wrong in found(proof)


def add_line(path: Path, line: str) -> None:
    path.write_text(f"{path.read_text()}{line}\n")


def a_key(kind: int) -> str:
    return str(SigningKey("other/1", bytes(range(32)), kind).verifier)


def test_a_key_that_was_named_must_have_signed(proof: Path) -> None:
    for kind in (LOG, COSIGNER):
        code, said = checked(proof, a_key(kind))
        assert code == 1
        assert "a key that you gave did not sign" in said


def test_a_page_that_a_revisit_refers_to_must_be_there(proof: Path) -> None:
    pages = [
        one
        for one in (proof / "records").iterdir()
        if verify.leaf_of(one.read_bytes())[0]["warc-type"] == "response"
    ]
    referred = {
        verify.leaf_of(one.read_bytes())[1][41:73]
        for one in (proof / "records").iterdir()
        if verify.leaf_of(one.read_bytes())[0]["warc-type"] == "revisit"
    }
    for one in pages:
        if verify.leaf_of(one.read_bytes())[1][41:73] in referred:
            for path in proof.rglob(f"{one.name.partition('.')[0]}*"):
                path.unlink()
    summed(proof)
    assert "the page that the record refers to is missing" in found(proof)


@pytest.mark.parametrize(
    "line",
    [
        "../../etc/passwd",
        "/etc/passwd",
        "records/../../x",
        ".hidden",
        "records",
        "a/b/c/d/e",
        "link",
        "pipe",
        "",
        "keys/0",
        "x\x1b[31m",
    ],
)
def test_a_hostile_file_list_reaches_no_other_file(proof: Path, line: str) -> None:
    (proof / "link").symlink_to("/etc/hostname")
    os.mkfifo(proof / "pipe")
    with (proof / "SHA256SUMS").open("a") as sums:
        sums.write(f"{'0' * 64}  {line}\n")
    code, said = checked(proof)
    assert code == 1
    assert said.startswith("WRONG: ")
    assert "\x1b" not in said


def test_a_symbolic_link_out_of_the_folder_is_not_followed(proof: Path, tmp_path: Path) -> None:
    record = min((proof / "records").iterdir())
    outside = tmp_path / "outside"
    record.rename(outside)
    record.symlink_to(outside)
    assert "the file is missing" in found(proof)
    (proof / "keys").rename(tmp_path / "keys")
    (proof / "keys").symlink_to(tmp_path / "keys")
    record.unlink()
    outside.rename(record)
    assert found(proof).startswith("keys/0: the file is missing")


@pytest.mark.parametrize("name", ["SHA256SUMS", "keys/0", "witnesses", "release.json"])
@pytest.mark.parametrize(
    "content", [b"\xff\xfe", *thorough(b"", b"\n" * 100, b"+" * 1000, b"a  b\n")]
)
def test_hostile_content_is_reported_in_a_sentence(proof: Path, name: str, content: bytes) -> None:
    (proof / name).write_bytes(content)
    if name != "SHA256SUMS":
        summed(proof)
    code, said = checked(proof)
    if name == "release.json":
        assert code == 0
    else:
        assert code == 1
        assert said.splitlines()[-1].startswith("WRONG: ")


def test_a_record_that_unpacks_to_too_much_is_refused(
    whole: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(verify, "LARGEST", 100)
    record = next((whole / "records").iterdir())
    with pytest.raises((ValueError, KeyError)):
        verify.leaf_of(record.read_bytes())


def test_the_help_is_the_usage(proof: Path) -> None:
    for option in ("-h", "--help"):
        code, said = checked(proof, option)
        assert code == 0
        assert "verify.py [KEY ...]" in said


def test_an_invalid_key_is_reported_before_anything_else(proof: Path) -> None:
    for no_key in ("--helper", "garbage", "a+b+c", key_lines(proof)[0][:-1]):
        code, said = checked(proof, key_lines(proof)[0], no_key)
        assert code == 1
        assert said.startswith(f"WRONG: {no_key}: this is not the key of a log or a witness")
        assert len(said.splitlines()) == 1
