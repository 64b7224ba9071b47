"""`communique mirror key` and `mirror witness`."""

from __future__ import annotations

import json
import shutil
from contextlib import closing
from pathlib import Path

import pytest

from data.archive.log.tree_log import TreeLog, log_of
from scheduler.home.home import open_home
from tests.command import communique
from tests.data.archive.log.leaves import grown, leaves_of
from tests.services import home_on


@pytest.fixture
def log(tmp_path: Path) -> TreeLog:
    """The log of the home directory `ours`."""
    return grown(log_of(tmp_path / "ours"), "a", 300)


def test_the_key_is_shown_and_rotated(log: TreeLog, tmp_path: Path) -> None:
    ours = tmp_path / "ours"
    shown = communique("mirror", "key", "show", "--json", home=ours)
    old = str(log.key().verifier)
    assert json.loads(shown.stdout) == {"log": old, "earlier": [], "witness": None}
    rotated = communique("mirror", "key", "rotate", "--json", home=ours)
    new = str(log.key().verifier)
    assert new != old
    assert json.loads(rotated.stdout) == {"log": new, "earlier": old}
    assert communique("mirror", "key", "show", home=ours).stdout == (
        f"log      {new}\nearlier  {old}\n"
    )


def test_a_rotated_key_of_several_services_must_be_copied(
    tmp_path: Path, postgres_url: str
) -> None:
    first, second = (home_on(tmp_path / name, postgres_url) for name in ("first", "second"))
    home = open_home(first)
    home.plain_store().close()
    with closing(home.shared_log(signs=True)) as shared:
        shared.sign()
    shutil.copy(first / "log.key", second / "log.key")
    rotated = communique("mirror", "key", "rotate", home=first)
    assert rotated.returncode == 0
    assert "other services with the old key can no longer sign" in rotated.stderr
    assert "copy log.key and the folder archive/log" in communique("doctor", home=second).stdout
    assert "copy log.key and the folder archive/log" not in communique("doctor", home=first).stdout


def test_a_lost_key_is_reported_in_one_sentence(log: TreeLog, tmp_path: Path) -> None:
    assert log
    (tmp_path / "ours/log.key").unlink()
    for command in ("show", "rotate"):
        done = communique("mirror", "key", command, home=tmp_path / "ours")
        assert done.returncode == 1
        assert "log.key: the key of the log is missing; restore it from a copy" in done.stderr
        assert "Traceback" not in done.stderr


def test_two_homes_witness_each_other(log: TreeLog, tmp_path: Path) -> None:
    ours, theirs = tmp_path / "ours", tmp_path / "theirs"
    done = communique("mirror", "witness", str(ours), "--json", home=theirs)
    signed = json.loads(done.stdout)
    assert (signed["origin"], signed["before"], signed["size"]) == (log.key().name, 0, 300)
    settings = f'[archive]\nwitnesses = ["{theirs}", "{tmp_path}/nowhere"]\n'
    (ours / "communique.toml").write_text(settings)
    asked = communique("mirror", "witness", "--json", home=ours)
    assert asked.returncode == 1
    assert json.loads(asked.stdout) == {
        "cosignatures": [{"witness": str(theirs), "size": 300}],
        "witnessed": [],
        "timestamp": None,
        "errors": [asked.stderr.removeprefix("communique: ").strip()],
    }
    assert "nowhere: the file 'key'" in asked.stderr
    assert signed["witness"].split("+")[0] in (log.folder / "checkpoint").read_text()


def test_logs_in_the_settings_are_witnessed(log: TreeLog, tmp_path: Path) -> None:
    theirs = tmp_path / "theirs"
    theirs.mkdir()
    # A relative path starts at HOME.
    settings = '[archive]\nwitnessed = ["../ours", "../nowhere"]\n'
    (theirs / "communique.toml").write_text(settings)
    for size in (300, 320):
        asked = communique("mirror", "witness", "--json", home=theirs)
        assert asked.returncode == 1
        assert json.loads(asked.stdout)["witnessed"] == [{"log": "../ours", "size": size}]
        assert "nowhere" in asked.stderr
        grown(log, "b", 20)
    told = communique("mirror", "witness", home=theirs).stdout
    assert "../ours: signed by us at 340 leaves" in told


def test_a_fork_is_rejected_in_one_sentence(log: TreeLog, tmp_path: Path) -> None:
    ours, theirs = tmp_path / "ours", tmp_path / "theirs"
    log.append(*leaves_of("b", 5))
    log.integrate()
    communique("mirror", "witness", str(ours), home=theirs)
    checkpoint = log.folder / "checkpoint"
    # The keeper of the log signs an older tree again.
    for file in (checkpoint, log.folder / "pending"):
        file.unlink()
    for partial in log.folder.glob("tile/*/001.p"):
        for tile in partial.iterdir():
            content = tile.read_bytes()
            (partial / "44").write_bytes(content[: len(content) // 49 * 44])
            tile.unlink()
    (log.folder / "pending").write_bytes((300).to_bytes(8))
    log = log_of(ours)
    log.append(*leaves_of("forged", 5))
    log.integrate()
    done = communique("mirror", "witness", str(ours), home=theirs)
    assert done.returncode == 1
    assert "the log signed two different trees of 305 leaves: the log is forked" in done.stderr
    assert (theirs / "witness").glob("*/refused/*/checkpoint")


def test_without_witnesses_the_error_names_the_settings(log: TreeLog, tmp_path: Path) -> None:
    assert log
    done = communique("mirror", "witness", home=tmp_path / "ours")
    assert done.returncode == 2
    assert "archive.witnesses, archive.witnessed or archive.timestamp" in done.stderr


@pytest.mark.parametrize("place", ["http://127.0.0.1:1/", "no/such/folder", "ftp://acme.example"])
def test_a_place_without_a_log_is_reported(tmp_path: Path, place: str) -> None:
    done = communique("mirror", "witness", place, home=tmp_path / "theirs")
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    assert done.stderr.startswith("communique: ")


def test_reading_commands_create_nothing(tmp_path: Path) -> None:
    empty = tmp_path / "empty"
    empty.mkdir()
    shown = communique("mirror", "key", "show", home=empty)
    assert shown.returncode == 1
    assert "no key yet" in shown.stderr
    assert not [*empty.iterdir()]
    misspelt = tmp_path / "misspelt"
    assert communique("mirror", "witness", home=misspelt).returncode == 2
    assert communique("mirror", "witness", str(empty), home=misspelt).returncode == 1
    assert not misspelt.exists()


def test_a_new_witness_is_reported(log: TreeLog, tmp_path: Path) -> None:
    assert log
    for told in (True, False):
        done = communique("mirror", "witness", str(tmp_path / "ours"), home=tmp_path / "theirs")
        assert ("is a new witness" in done.stdout) == told


def test_a_relative_path_of_a_witness_starts_at_home(log: TreeLog, tmp_path: Path) -> None:
    ours = tmp_path / "ours"
    communique("mirror", "witness", str(ours), home=tmp_path / "theirs")
    (ours / "communique.toml").write_text('[archive]\nwitnesses = ["../theirs"]\n')
    asked = communique("mirror", "witness", home=ours)
    assert (asked.returncode, asked.stderr) == (0, "")
    assert "signed at 300 leaves" in asked.stdout
    assert log.checkpoint()


def test_a_witness_whose_key_is_lost_or_another_signs_nothing(log: TreeLog, tmp_path: Path) -> None:
    ours, theirs = tmp_path / "ours", tmp_path / "theirs"
    communique("mirror", "witness", str(ours), home=theirs)
    grown(log, "b", 3)
    (kept,) = (theirs / "witness").glob("*/checkpoint")
    before = kept.read_bytes()
    key = (theirs / "witness.key").rename(tmp_path / "kept.key")
    for said in ("the key of this witness is missing", "this is not the key of this witness"):
        for command in (["witness", str(ours)], ["key", "show"], ["status"]):
            done = communique("mirror", *command, home=theirs)
            assert (done.returncode, said in done.stderr) == (1, True)
        assert kept.read_bytes() == before
        communique("mirror", "witness", str(ours), home=tmp_path / "others")
        shutil.copy(tmp_path / "others/witness.key", theirs / "witness.key")
    # With the key restored, it signs again. It may also continue as a new witness.
    shutil.copy(key, theirs / "witness.key")
    assert communique("mirror", "witness", str(ours), home=theirs).returncode == 0
    (theirs / "witness.key").unlink()
    (theirs / "witness/key").unlink()
    done = communique("mirror", "witness", str(ours), "--json", home=theirs)
    assert json.loads(done.stdout)["before"] == 303
