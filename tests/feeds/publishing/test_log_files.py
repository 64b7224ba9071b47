"""The log in the site: what is copied, what is left alone, and what is refused."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from data.archive.log.cosigning import ask_witness, asked_witness, log_at
from data.archive.log.tree_log import TreeLog, log_of
from data.archive.log.witness import Witness
from data.errors import PublishError
from data.network.client import Outbound
from feeds.publishing.log_files import publish_log, publish_witness
from tests.data.archive.log.leaves import NOON, leaves_of

CLIENT = Outbound(allow_private=True)

PRIVATE = {"pending", "pending.lock", "tree.lock"}


@pytest.fixture
def log(tmp_path: Path) -> TreeLog:
    return grown(log_of(tmp_path / "home"), "a", 300)


@pytest.fixture
def site(tmp_path: Path) -> Path:
    return tmp_path / "home/site"


def grown(log: TreeLog, name: str, count: int) -> TreeLog:
    log.append(*leaves_of(name, count))
    log.integrate()
    return log


def files_in(folder: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


@pytest.mark.thorough
def test_the_copy_is_the_log_without_pending_leaves(log: TreeLog, site: Path) -> None:
    for name, count in (("b", 0), ("c", 100), ("d", 500), ("e", 70_000)):
        publish_log(grown(log, name, count), site)
        here = {name: body for name, body in files_in(log.folder).items() if name not in PRIVATE}
        assert files_in(site / "log") == here
    assert not (site / "log/tile/0/001.p").exists()


def test_only_new_data_is_written(log: TreeLog, site: Path) -> None:
    publish_log(log, site)
    full = site / "log/tile/0/000"
    before = full.stat()
    publish_log(grown(log, "b", 300), site)
    assert (full.stat().st_ino, full.stat().st_mtime_ns) == (before.st_ino, before.st_mtime_ns)
    stamps = {path: path.stat().st_mtime_ns for path in site.rglob("*")}
    publish_log(log, site)
    assert {path: path.stat().st_mtime_ns for path in site.rglob("*")} == stamps


def test_a_deleted_tile_is_restored_with_everything(log: TreeLog, site: Path) -> None:
    publish_log(log, site)
    (site / "log/tile/0/000").unlink()
    publish_log(log, site)
    assert not (site / "log/tile/0/000").exists()
    publish_log(log, site, everything=True)
    assert (site / "log/tile/0/000").read_bytes() == log.read("tile/0/000")


def test_a_home_without_an_archive_gets_none(tmp_path: Path) -> None:
    publish_log(log_of(tmp_path), tmp_path / "site")
    publish_witness(tmp_path / "witness", tmp_path / "site")
    assert list(tmp_path.iterdir()) == []


def test_a_log_restored_from_an_older_copy_is_not_published(
    log: TreeLog, site: Path, tmp_path: Path
) -> None:
    shutil.copytree(tmp_path / "home", tmp_path / "copy")
    publish_log(grown(log, "b", 50), site)
    before = files_in(site)
    copy = log_of(tmp_path / "copy")
    with pytest.raises(PublishError, match=r"350 leaves.* 300\b"):
        publish_log(copy, site)
    with pytest.raises(PublishError, match="first 350 leaves"):
        publish_log(grown(copy, "other", 60), site)
    assert files_in(site) == before


def test_another_log_does_not_take_the_place_of_the_published_one(
    log: TreeLog, site: Path, tmp_path: Path
) -> None:
    publish_log(log, site)
    with pytest.raises(PublishError, match="delete this folder"):
        publish_log(grown(log_of(tmp_path / "new"), "a", 300), site)


def test_a_damaged_checkpoint_of_the_site_is_rewritten(log: TreeLog, site: Path) -> None:
    publish_log(log, site)
    (site / "log/checkpoint").write_bytes(b"")
    publish_log(log, site)
    assert (site / "log/checkpoint").read_bytes() == log.read("checkpoint")


def test_two_instances_witness_each_other_by_their_sites_alone(
    log: TreeLog, site: Path, tmp_path: Path
) -> None:
    publish_log(log, site)
    theirs = tmp_path / "theirs"
    witness = Witness(theirs / "witness", theirs / "witness.key")
    witness.cosign(log_at(str(site), CLIENT), "ours", NOON)
    publish_witness(theirs / "witness", theirs / "site")
    published = {path.name for path in (theirs / "site").rglob("*") if path.is_file()}
    assert published == {"key", "checkpoint"}
    shutil.rmtree(theirs / "witness")
    signed = ask_witness(log, asked_witness(str(theirs), Path.cwd()), CLIENT)
    assert signed
    publish_log(log, site)
    assert (site / "log/checkpoint").read_bytes() == log.read("checkpoint")
    assert (site / "log/checkpoints/300/cosignatures").exists()
    assert str(witness.key().verifier) in (site / "log/witnesses").read_text()
