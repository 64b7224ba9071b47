"""`communique prove` writes a self-contained proof of a release, and reports missing records."""

from __future__ import annotations

import gzip
import hashlib
import json
import shutil
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from data.archive.archive import Archive
from data.archive.log.cosigning import ask_witness, asked_witness
from data.archive.log.tree_log import log_of
from data.archive.log.witness import Witness
from data.clock import utc_now
from data.network.client import Outbound
from data.settings import ArchiveSettings as Settings
from scheduler.operations.releases import MAX_CANDIDATES
from tests.archived import archived_home, page
from tests.command import communique

EDITED = "It was wrong."


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """A home directory, and the id of its edited release."""
    folder = tmp_path_factory.mktemp("home")
    with archived_home(folder) as store:
        return folder, next(one.id for one in store.by_first_seen("acme") if one.revision > 1)


@pytest.fixture
def home(made: tuple[Path, str]) -> Path:
    return made[0]


@pytest.fixture
def release(made: tuple[Path, str]) -> str:
    return made[1]


def verified(proof: Path) -> subprocess.CompletedProcess[str]:
    """Run verify.py of a proof."""
    command = [sys.executable, "-I", str(proof / "verify.py")]
    return subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 - our own


def test_a_folder_proves_a_release(home: Path, release: str, tmp_path: Path) -> None:
    to = tmp_path / "proof"
    result = communique("prove", release, "--to", str(to), "--json", home=home)
    assert result.returncode == 0, result.stderr
    told = json.loads(result.stdout)
    assert told == {
        "path": str(to),
        "release": release,
        "records": 6,
        "witnesses": [],
        "dated": False,
        "missing": [],
    }
    done = verified(to)
    assert done.returncode == 0, done.stdout
    proven = json.loads((to / "release.json").read_text())
    assert proven["release"]["id"] == release
    assert [one["shows"] for one in proven["captures"]] == [
        "version 1",
        "version 2",
        "attachment",
    ]
    assert proven["captures"][2]["url"] == "https://acme.example/0.pdf"
    served = hashlib.sha256(gzip.compress(page(0, EDITED), mtime=0)).hexdigest()
    assert proven["captures"][1]["digest"] == f"sha256:{served}"
    assert (to / proven["captures"][1]["request"]).exists()
    sums = (to / "SHA256SUMS").read_text().splitlines()
    assert len(sums) == sum(one.is_file() for one in to.rglob("*")) - 1
    for line in sums:
        digest, name = line.split("  ")
        assert hashlib.sha256((to / name).read_bytes()).hexdigest() == digest


def test_the_readme_lists_missing_signatures(home: Path, release: str, tmp_path: Path) -> None:
    to = tmp_path / "proof"
    result = communique("prove", release, "--to", str(to), home=home)
    assert "no witness has cosigned" in result.stderr
    assert result.stdout.splitlines() == [
        f"{to}: 6 records",
        f"check it: python3 -I {to}/verify.py",
    ]
    readme = (to / "README.txt").read_text()
    assert "No witness" in readme
    assert "{" not in readme


def test_a_witness_is_listed_after_it_signed(home: Path, release: str, tmp_path: Path) -> None:
    witness = Witness(tmp_path / "witness", tmp_path / "witness.key")
    with closing(log_of(home)) as log:
        witness.cosign(log.read, "log", utc_now())
        ask_witness(log, asked_witness(str(tmp_path), Path.cwd()), Outbound())
    to = tmp_path / "proof"
    result = communique("prove", release, "--to", str(to), home=home)
    assert (result.returncode, result.stderr) == (0, "")
    assert f"{witness.key().name} co-signed that log" in (to / "README.txt").read_text()
    done = verified(to)
    assert done.returncode == 0, done.stdout
    assert str(witness.key().verifier) in done.stdout


def test_existing_folders_are_not_overwritten(home: Path, release: str, tmp_path: Path) -> None:
    (tmp_path / "proof").mkdir()
    result = communique("prove", release, "--to", str(tmp_path / "proof"), home=home)
    assert result.returncode == 2
    assert "already exists" in result.stderr
    assert communique("prove", "nobody", home=home).returncode == 1


def test_a_damaged_record_is_reported_and_nothing_is_written(
    home: Path, release: str, tmp_path: Path
) -> None:
    copy = Path(shutil.copytree(home, tmp_path / "home"))
    (file,) = (copy / "archive").glob("*.warc.gz.open")
    shown = communique("show", release, "--provenance", "--json", home=copy)
    capture = json.loads(shown.stdout)["revisions"][0]["capture"]
    content = bytearray(file.read_bytes())
    content[capture["offset"] + 4] ^= 1
    file.write_bytes(content)
    result = communique("prove", release, "--to", str(tmp_path / "proof"), home=copy)
    assert result.returncode == 1
    assert f"byte {capture['offset']}: the record does not match its leaf" in result.stderr
    assert not (tmp_path / "proof").exists()


def test_unknown_and_ambiguous_names_are_reported(home: Path) -> None:
    nothing = communique("prove", "", home=home)
    assert nothing.returncode == 1
    assert "RELEASE is empty" in nothing.stderr
    ids = [json.loads(line)["id"] for line in communique("export", home=home).stdout.splitlines()]
    shared = [one for one in ids if sum(other[0] == one[0] for other in ids) > 1]
    several = communique("prove", shared[0][0], home=home)
    assert several.returncode == 2
    assert "is the start of several ids" in several.stderr
    starting = {one for one in shared if one[0] == shared[0][0]}
    assert sum(f" {one} (" in several.stderr for one in starting) == min(
        len(starting), MAX_CANDIDATES
    )


def test_provenance_shows_the_current_file_name(home: Path, release: str, tmp_path: Path) -> None:
    copy = Path(shutil.copytree(home, tmp_path / "home"))
    (growing,) = (copy / "archive").glob("*.warc.gz.open")
    full = growing.with_suffix("")
    for file, other in ((growing, full), (full, growing)):
        for view in ("--provenance", "--diff"):
            told = communique("show", release, view, "--json", home=copy).stdout
            text = communique("show", release, view, home=copy).stdout
            assert f'"{file.name}"' in told
            assert f"of {file.name}, " in text
            assert f'"{other.name}"' not in told
            assert f"of {other.name}, " not in text
        # The release has the same name as in feeds and exports.
        shown = communique("show", release, "--json", home=copy).stdout
        assert json.loads(shown)["provenance"]["capture"]["file"] == full.name
        with closing(Archive(copy / "archive", Settings())) as archive:
            archive.finish()
