"""`communique mirror verify` says whether an archive is whole, and where it is not."""

from __future__ import annotations

import json
import shutil
from contextlib import closing
from pathlib import Path

import pytest

from data.archive.log.tree_log import log_of
from data.archive.log.witness import Witness
from data.clock import utc_now
from tests.archived import archived_home
from tests.command import communique


@pytest.fixture
def home(archived: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(archived, tmp_path / "home"))


def test_a_whole_archive_is_told_in_few_lines(home: Path, tmp_path: Path) -> None:
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
        "theirs.warc.gz: not ours, and not looked at (`communique mirror import` takes it in)",
        "all of it is whole",
    ]


def test_damage_is_told_with_its_place(home: Path) -> None:
    (file,) = (home / "archive").glob("*.warc.gz.open")
    content = bytearray(file.read_bytes())
    content[5] ^= 1
    file.write_bytes(content)
    result = communique("mirror", "verify", home=home)
    assert result.returncode == 1
    assert f"{file.name.removesuffix('.open')}: byte 0: it is not the record" in result.stderr
    assert f"on the disk its name is {file.name}\n" in result.stderr
    told = json.loads(communique("mirror", "verify", "--json", home=home).stdout)
    (problem,) = told["problems"]
    assert (problem["offset"], problem["leaf"]) == (0, 0)


def test_damage_is_told_with_the_release_that_it_is_of(home: Path) -> None:
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


def test_a_witness_that_knows_another_log_is_told(home: Path, tmp_path: Path) -> None:
    result = communique("mirror", "verify", "--against", str(tmp_path / "no"), home=home)
    assert result.returncode == 1
    assert "there is no file 'checkpoint' here" in result.stderr
    other = tmp_path / "other"
    other.mkdir()
    with archived_home(other):
        pass
    result = communique("mirror", "verify", "--against", str(other), home=home)
    assert result.returncode == 1
    assert "not signed by a key of this log" in result.stderr or "knows nothing" in result.stderr


def test_the_check_itself_is_told_though_another_can_not_be_asked(
    home: Path, tmp_path: Path
) -> None:
    other = tmp_path / "out.wacz"
    other.write_bytes(b"x" * 1_000_001)
    for place, said in (
        (str(other), "it is no checkpoint, log, HOME or witness"),
        ("http://127.0.0.1:9/", "http://127.0.0.1:9/: "),
    ):
        result = communique("mirror", "verify", "--against", place, home=home)
        assert result.returncode == 1
        assert said in result.stderr
        assert "13 leaves in the log, 13 signed" in result.stdout
        assert "whole" not in result.stdout


def test_an_empty_home_is_whole(tmp_path: Path) -> None:
    (tmp_path / "home").mkdir()
    result = communique("mirror", "verify", home=tmp_path / "home")
    assert result.returncode == 0
    assert not list((tmp_path / "home").iterdir())
