"""`communique mirror verify` reports problems of the archive with their places."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from data.archive.log.tree_log import log_of
from data.archive.log.witness import Witness
from data.archive.verification.verify_archive import NOT_COMPARED
from data.archive.warc.archive_record import ArchiveRecord
from data.archive.warc.reader import read_file
from data.clock import utc_now
from scheduler.home.home import open_home
from tests.archived import archived_home
from tests.command import communique


@pytest.fixture
def home(archived: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(archived, tmp_path / "home"))


def test_an_intact_archive_is_reported_in_a_few_lines(home: Path, tmp_path: Path) -> None:
    (home / "archive" / "theirs.warc.gz").write_bytes(b"")
    witness = Witness(tmp_path / "witness", tmp_path / "witness.key")
    with closing(log_of(home)) as log:
        witness.cosign(log.read, "log", utc_now())
    result = communique("mirror", "verify", "--against", str(tmp_path), home=home)
    assert (result.returncode, result.stderr) == (0, "")
    lines = result.stdout.splitlines()
    assert lines[0].startswith("13 records in 1 file, ")
    assert lines[1:] == [
        "13 leaves in the log, 13 signed",
        f"as known to {tmp_path}",
        "theirs.warc.gz: not ours, not checked (`communique mirror import` imports it)",
        "the archive is intact",
        f"not compared with it: {'; '.join(NOT_COMPARED)}",
    ]


def test_damage_is_reported_with_its_place(home: Path) -> None:
    (file,) = (home / "archive").glob("*.warc.gz.open")
    content = bytearray(file.read_bytes())
    content[5] ^= 1
    file.write_bytes(content)
    result = communique("mirror", "verify", home=home)
    assert result.returncode == 1
    assert f"{file.name}: byte 0: it is not the record" in result.stderr
    assert "the archive is NOT intact: 1 problem" in result.stdout.splitlines()
    told = json.loads(communique("mirror", "verify", "--json", home=home).stdout)
    (problem,) = told["problems"]
    assert (problem["file"], problem["offset"], problem["leaf"]) == (file.name, 0, 0)


def test_damage_is_reported_with_its_release(home: Path) -> None:
    told = json.loads(communique("export", home=home).stdout.splitlines()[0])
    captured = communique("show", told["id"], "--provenance", "--json", home=home)
    capture = json.loads(captured.stdout)["revisions"][0]["capture"]
    (file,) = (home / "archive").glob("*.warc.gz.open")
    content = bytearray(file.read_bytes())
    content[capture["offset"] + 2] ^= 255
    file.write_bytes(content)
    result = communique("mirror", "verify", home=home)
    assert result.returncode == 1
    assert f"release {told['id']})" in result.stderr


def test_new_leaves_out_finished_files_and_shows_how_many(home: Path) -> None:
    with closing(open_home(home).open_archive()) as archive:
        archive.finish()
    full = communique("mirror", "verify", home=home)
    kept = (home / "verified.json").read_bytes()
    result = communique("mirror", "verify", "--new", home=home)
    assert (full.returncode, result.returncode, result.stderr) == (0, 0, "")
    assert "not read again" not in full.stdout
    assert result.stdout.startswith("0 records in 0 files")
    assert "\nnot read again: 1 file, " in result.stdout
    assert (home / "verified.json").read_bytes() == kept


def test_a_witness_with_another_log_is_reported(home: Path, tmp_path: Path) -> None:
    result = communique("mirror", "verify", "--against", str(tmp_path / "no"), home=home)
    assert result.returncode == 1
    assert "no: the file 'checkpoint'" in result.stderr
    other = tmp_path / "other"
    other.mkdir()
    with archived_home(other):
        pass
    result = communique("mirror", "verify", "--against", str(other), home=home)
    assert result.returncode == 1
    assert (
        "not signed by a key" in result.stderr or "has no checkpoint of this log" in result.stderr
    )


def test_the_result_is_printed_even_if_another_place_is_unreachable(
    home: Path, tmp_path: Path
) -> None:
    other = tmp_path / "out.wacz"
    other.write_bytes(b"x" * 1_000_001)
    for place, said in (
        (str(other), "it is not a checkpoint, log, HOME or witness"),
        ("http://127.0.0.1:9/", "http://127.0.0.1:9/: "),
    ):
        result = communique("mirror", "verify", "--against", place, home=home)
        assert result.returncode == 1
        assert said in result.stderr
        assert "13 leaves in the log, 13 signed" in result.stdout
        assert "NOT intact" not in result.stdout
        assert "the archive is intact\n" not in result.stdout


def test_an_empty_home_is_intact(tmp_path: Path) -> None:
    (tmp_path / "home").mkdir()
    result = communique("mirror", "verify", home=tmp_path / "home")
    assert result.returncode == 0
    assert not list((tmp_path / "home").iterdir())


def test_missing_archive_files_are_reported_by_all_readers(home: Path, tmp_path: Path) -> None:
    (file,) = (home / "archive").glob("*.warc.gz.open")
    full = file.name.removesuffix(".open")
    release = json.loads(communique("export", home=home).stdout.splitlines()[0])["id"]
    for lost in ("files", "folder"):
        if lost == "files":
            file.unlink()
        else:
            shutil.rmtree(home / "archive")
        verified = communique("mirror", "verify", home=home)
        assert verified.returncode == 1
        assert f"{full}: it is missing, and the store points to 6 records in it" in verified.stderr
        # One line per file, and one for the log.
        assert verified.stderr.count("\n") == 2
        status = communique("mirror", "status", home=home)
        assert status.returncode == 1
        assert "6 records that the store points to are not in the archive" in status.stderr
        assert f"{full} (6)" in status.stderr
        assert ("leaves that the store refers to are missing in the log" in status.stderr) == (
            lost == "folder"
        )
        for kind in ("wacz", "bagit", "folder", "sqlite"):
            to = tmp_path / f"{lost}-{kind}.wacz"
            done = communique("mirror", "export", "--format", kind, "--to", str(to), home=home)
            assert (done.returncode, to.exists()) == (1, True)
            assert f"{full} (6); their captures are left out" in done.stderr
        to = tmp_path / f"{lost}.wacz"
        chosen = ("--source", "wire", "--format", "wacz", "--to", str(to), "--json")
        told = communique("mirror", "export", *chosen, home=home)
        assert told.returncode == 1
        assert json.loads(told.stdout)["lost"] == [{"file": full, "captures": 1}]
        proof = communique("prove", release, "--to", str(tmp_path / "proof"), home=home)
        assert proof.returncode == 1
        assert "not in the archive" in proof.stderr
        assert full in proof.stderr
        assert not (tmp_path / "proof").exists()


def test_a_missing_log_is_reported_in_a_few_lines(home: Path, tmp_path: Path) -> None:
    release = json.loads(communique("export", home=home).stdout.splitlines()[0])["id"]
    (file,) = (home / "archive").glob("*.warc.gz.open")
    for lost, said in (
        (home / "archive/log/checkpoint", "log/checkpoint: the checkpoint is missing"),
        (home / "archive/log", "log: the log is missing"),
    ):
        lost.unlink() if lost.is_file() else shutil.rmtree(lost)
        verified = communique("mirror", "verify", "--against", str(tmp_path), home=home)
        assert verified.returncode == 1
        assert said in verified.stderr
        assert (
            f"{file.name}: byte 0: no leaf of the log belongs to it, nor to the 12 records after"
            in (verified.stderr)
        )
        assert f"{tmp_path}: there is no signed log here" in verified.stderr
        assert verified.stderr.count("\n") == 3
        status = communique("mirror", "status", home=home)
        assert status.returncode == 1
        assert "13 leaves that the store refers to are missing in the log" in status.stderr
        to = tmp_path / lost.name
        bag = communique("mirror", "export", "--format", "bagit", "--to", str(to), home=home)
        assert (bag.returncode, to.exists()) == (1, True)
        assert "nothing in the bag proves its records" in bag.stderr
        proof = communique("prove", release, "--to", str(tmp_path / "proof"), home=home)
        assert proof.returncode == 1
        assert "the checkpoint is missing; restore it" in proof.stderr


def test_a_deleted_index_is_created_again(home: Path, tmp_path: Path) -> None:
    release = json.loads(communique("export", home=home).stdout.splitlines()[0])["id"]
    for file in (home / "archive").glob("index.db*"):
        file.unlink()
    for command in (["verify"], ["status"], ["export", "--format", "bagit", "--to"]):
        given = [*command, str(tmp_path / "bag")] if command[-1] == "--to" else command
        done = communique("mirror", *given, home=home)
        assert (done.returncode, done.stderr) == (0, "")
    for file in (home / "archive").glob("*.cdxj.open"):
        file.unlink()
    verified = communique("mirror", "verify", home=home)
    assert verified.returncode == 1
    (line,) = verified.stderr.splitlines()
    assert "the index of" in line
    to = tmp_path / "proof"
    assert communique("prove", release, "--to", str(to), home=home).returncode == 0


def test_a_log_of_another_key_is_a_problem(home: Path, tmp_path: Path) -> None:
    """An attacker without the key can write into the archive and replace its log."""
    other = tmp_path / "other"
    other.mkdir()
    with archived_home(other):
        pass
    shutil.rmtree(home / "archive")
    shutil.copytree(other / "archive", home / "archive")
    (home / "communique.db").unlink()
    result = communique("mirror", "verify", home=home)
    assert result.returncode == 1
    assert "this is not the key that signs the log" in result.stderr
    assert "whole" not in result.stdout
    # A copy has no key.
    (home / "log.key").unlink()
    result = communique("mirror", "verify", home=home)
    assert (result.returncode, "the key of the log is missing" in result.stderr) == (0, True)


def test_an_archive_that_an_import_damaged_is_repaired_by_a_signed_note(
    home: Path, tmp_path: Path
) -> None:
    file = next((home / "archive").glob("*.warc.gz.open"))
    ours = [
        one for one in read_file(file) if isinstance(one, ArchiveRecord) and one.kind == "response"
    ]
    block = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n<p>Forged."
    named = [("WARC-Date", "2020-01-01T00:00:00Z"), ("Communique-Imported", "own.warc.gz")]
    with closing(open_home(home).open_archive()) as archive:
        # Earlier versions imported such records.
        for kind, record_id in (("response", ours[0].record_id), ("revisit", "urn:example:1")):
            fields = (
                ("WARC-Type", kind),
                ("WARC-Record-ID", f"<{record_id}>"),
                ("WARC-Target-URI", f"https://acme.example/{kind}"),
                ("Content-Type", "application/http; msgtype=response"),
                *((("WARC-Payload-Digest", f"sha256:{'0' * 64}"),) if kind == "revisit" else ()),
                *named,
            )
            assert archive.adopt(fields, block)
    before = communique("mirror", "verify", home=home)
    assert before.returncode == 1
    assert "mirror verify --repair" in before.stderr
    repaired = communique("mirror", "verify", "--repair", home=home)
    assert (repaired.returncode, repaired.stderr) == (0, "")
    assert "2 records set aside" in repaired.stdout
    after = communique("mirror", "verify", "--json", home=home)
    assert after.returncode == 0
    told = json.loads(after.stdout)
    assert [one["kind"] for one in told["removed"]] == ["set-aside"]
    assert told["not_compared"] == [*NOT_COMPARED]
    assert [one["records"] for one in told["removed"]] == [2]
    # Proofs of releases still verify.
    release = json.loads(communique("export", home=home).stdout.splitlines()[0])["id"]
    proof = tmp_path / "proof"
    assert communique("prove", release, "--to", str(proof), home=home).returncode == 0
    checked = subprocess.run(  # noqa: S603 - our own file
        [sys.executable, "-I", str(proof / "verify.py")], capture_output=True, check=False
    )
    assert checked.returncode == 0
    again = communique("mirror", "verify", "--repair", home=home)
    assert again.stdout == communique("mirror", "verify", home=home).stdout
