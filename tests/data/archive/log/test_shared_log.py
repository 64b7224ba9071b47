"""One log of several archives, on a real PostgreSQL, each archive in a folder of its own."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Callable, Collection, Sequence
from contextlib import closing, nullcontext
from functools import partial
from pathlib import Path
from uuid import UUID

import psycopg
import pytest

from data.archive.archive import Archive
from data.archive.log.leaves import ENTRY_BYTES, Leaf
from data.archive.log.merkle_tree import leaf_hash, root_of
from data.archive.log.notes import Checkpoint
from data.archive.log.shared_log import LeafTable, SharedLog
from data.archive.log.tree_log import TreeLog
from data.archive.verification.verify_archive import verify_archive
from data.errors import ArchiveError
from data.settings import ArchiveSettings as Settings
from tests.archived import exchange, page
from tests.data.archive.log.leaves import NOON, leaf_of, leaves_of

Machine = Callable[..., SharedLog]


@pytest.fixture
def machine(tmp_path: Path, postgres_url: str) -> Machine:
    """The shared log as a HOME of this name has it; the one called ``signer`` signs."""

    def opened(name: str, *, signs: bool | None = None) -> SharedLog:
        home = tmp_path / name
        return SharedLog(
            home / "archive/log",
            home / "log.key",
            LeafTable(postgres_url),
            signs=name == "signer" if signs is None else signs,
        )

    return opened


def nothing() -> None:
    """All records are durable: there are none."""


def signed_by(log: SharedLog) -> Checkpoint:
    log.seal(nothing)
    return log.sign()


def begun_alone(folder: Path, *leaves: Leaf) -> None:
    """Let the one that signs have a log of its own, from before it shared a database."""
    with closing(TreeLog(folder / "signer/archive/log", folder / "signer/log.key")) as alone:
        alone.append(*leaves)
        alone.integrate()


def test_leaves_of_all_machines_are_numbered_in_one_order_and_signed_by_one(
    machine: Machine, tmp_path: Path
) -> None:
    signer, east, west = machine("signer"), machine("east"), machine("west")
    leaves = leaves_of("a", 5)
    numbers = [
        log.append(leaf)
        for log, leaf in zip([signer, east, west, east, signer], leaves, strict=True)
    ]
    assert numbers == [0, 1, 2, 3, 4]
    for log in (east, west):
        log.seal(nothing)
    checkpoint = signed_by(signer)
    assert checkpoint.size == 5
    assert checkpoint.root == root_of([leaf_hash(leaf.encode()) for leaf in leaves])
    assert not (tmp_path / "east/log.key").exists()


def test_nothing_is_signed_whose_record_may_still_be_lost(machine: Machine) -> None:
    signer, east = machine("signer"), machine("east")
    signer.append(leaf_of("first"))
    east.append(leaf_of("second"))
    signer.append(leaf_of("third"))
    # The second may be gone with the power of its machine, and what follows it waits for it.
    assert signed_by(signer).size == 1
    synced: list[str] = []
    east.seal(partial(synced.append, "records"))
    assert synced == ["records"]
    assert signed_by(signer).size == 3


def test_leaves_written_while_records_are_synced_are_not_confirmed(machine: Machine) -> None:
    signer, east = machine("signer"), machine("east")
    east.append(leaf_of("before"))
    east.seal(lambda: east.append(leaf_of("meanwhile")))
    assert signed_by(signer).size == 1


def test_a_lost_machine_delays_the_log_for_a_day(machine: Machine, postgres_url: str) -> None:
    signer, east = machine("signer"), machine("east")
    lost = leaf_of("lost")
    east.append(lost)
    signer.append(leaf_of("kept"))
    with psycopg.connect(postgres_url) as db:
        db.execute("UPDATE log_leaves SET at = at - interval '25 hours' WHERE number = 0")
    assert signed_by(signer).size == 2
    tree = TreeLog(signer.folder, signer.folder.parents[1] / "log.key")
    assert tree.tree(2).entry(0) == bytes(ENTRY_BYTES)
    # When it is back, it finds no leaf of its record, and gives it another.
    assert east.find([lost.record_id]) == {}
    assert east.append(lost) == 2


def test_tiles_are_made_again_if_only_the_key_exists(machine: Machine, tmp_path: Path) -> None:
    signer = machine("signer")
    signer.append(*leaves_of("a", 300))
    before = signed_by(signer)
    (tmp_path / "other").mkdir()
    shutil.copy(tmp_path / "signer/log.key", tmp_path / "other/log.key")
    assert signed_by(machine("other", signs=True)) == before


def test_only_the_holder_of_the_key_or_the_first_process_may_sign(
    machine: Machine, tmp_path: Path
) -> None:
    assert machine("east").may_sign()
    assert not (tmp_path / "east").exists()
    signed_by(machine("signer"))
    assert machine("signer", signs=False).may_sign()
    assert not machine("east").may_sign()
    assert not (tmp_path / "east/log.key").exists()
    (tmp_path / "east").mkdir(exist_ok=True)
    shutil.copy(tmp_path / "signer/log.key", tmp_path / "east/log.key")
    assert machine("east").may_sign()


def test_a_replaced_key_can_no_longer_sign(machine: Machine, tmp_path: Path) -> None:
    signed_by(machine("signer"))
    (tmp_path / "east").mkdir()
    shutil.copy(tmp_path / "signer/log.key", tmp_path / "east/log.key")
    east = machine("east", signs=True)
    east.append(leaf_of("a"))
    assert signed_by(east).size == 1
    # Nothing that the old key signed is larger than the tree that the new one begins with.
    assert machine("signer").rotate_key().size == 1
    assert not machine("east").may_sign()
    with pytest.raises(ArchiveError, match=r"copy log\.key and the folder archive/log"):
        machine("east", signs=True).sign()
    assert signed_by(machine("signer")).size == 1
    shutil.copy(tmp_path / "signer/log.key", tmp_path / "east/log.key")
    # It can't show who follows the old key how the new one came.
    assert not machine("east").may_sign()
    shutil.rmtree(tmp_path / "east/archive/log")
    without = shutil.ignore_patterns("writer")
    log = "archive/log"
    shutil.copytree(tmp_path / "signer" / log, tmp_path / "east" / log, ignore=without)
    assert machine("east").may_sign()
    assert machine("east", signs=True).sign().size == 1


def test_a_machine_with_another_key_signs_nothing(machine: Machine, tmp_path: Path) -> None:
    signed_by(machine("signer"))
    other = machine("other", signs=True)
    other.append(leaf_of("a"))
    with pytest.raises(ArchiveError, match=r"copy log\.key and the folder archive/log"):
        signed_by(other)
    assert not (tmp_path / "other/archive/log/checkpoint").exists()


def test_a_log_that_one_machine_started_alone_continues(machine: Machine, tmp_path: Path) -> None:
    leaves = leaves_of("a", 3)
    begun_alone(tmp_path, *leaves[:2])
    signer, east = machine("signer"), machine("east")
    signed_by(signer)
    assert east.append(leaves[2]) == 2
    east.seal(nothing)
    checkpoint = signed_by(signer)
    assert checkpoint.root == root_of([leaf_hash(leaf.encode()) for leaf in leaves])


def test_a_log_started_by_one_machine_continues_with_any_writer(
    machine: Machine, tmp_path: Path
) -> None:
    begun_alone(tmp_path, *leaves_of("a", 2))
    assert machine("signer", signs=False).append(leaf_of("b")) == 2
    assert machine("east").append(leaf_of("c")) == 3


def test_nothing_is_signed_without_the_leaves_that_no_database_has(
    machine: Machine, tmp_path: Path
) -> None:
    begun_alone(tmp_path, *leaves_of("a", 2))
    signed_by(machine("signer"))
    (tmp_path / "other").mkdir()
    shutil.copy(tmp_path / "signer/log.key", tmp_path / "other/log.key")
    other = machine("other", signs=True)
    other.append(leaf_of("b"))
    with pytest.raises(ArchiveError, match="has only 0 of the"):
        signed_by(other)
    shutil.copytree(tmp_path / "signer/archive/log", other.folder, dirs_exist_ok=True)
    assert signed_by(machine("other", signs=True)).size == 3


def test_a_log_begun_alone_is_not_put_before_leaves_that_have_their_numbers(
    machine: Machine, tmp_path: Path
) -> None:
    machine("east").append(leaf_of("a"))
    alone = TreeLog(tmp_path / "signer/archive/log", tmp_path / "signer/log.key")
    alone.append(leaf_of("b"))
    alone.close()
    with pytest.raises(ArchiveError, match="before any worker starts"):
        signed_by(machine("signer"))


def test_a_database_restored_from_an_older_copy_is_reported(
    machine: Machine, postgres_url: str
) -> None:
    signer = machine("signer")
    signer.append(*leaves_of("a", 3))
    signed_by(signer)
    with psycopg.connect(postgres_url) as db:
        db.execute("DELETE FROM log_leaves WHERE number > 0")
    with pytest.raises(ArchiveError, match="restored from an older copy"):
        signed_by(signer)


def test_a_missing_database_is_reported_without_its_password(tmp_path: Path) -> None:
    gone = SharedLog(
        tmp_path / "log",
        tmp_path / "log.key",
        LeafTable("postgresql://somebody:secret-word@127.0.0.1:1/none"),
        signs=False,
    )
    with pytest.raises(ArchiveError) as told:
        gone.append(leaf_of("a"))
    assert "secret-word" not in str(told.value)


def test_archives_that_write_at_once_get_each_number_once(machine: Machine, tmp_path: Path) -> None:
    archives = [
        Archive(tmp_path / name / "archive", Settings(), log=partial(machine, name))
        for name in ("signer", "east", "west")
    ]
    leaves: list[int] = []

    def write(archive: Archive) -> None:
        for number in range(20):
            name = archive.folder.parent.name
            kept = archive.exchange(
                exchange(f"https://{name}.example/{number}", page(number, name), NOON)
            )
            leaves.append(kept.leaf)
        archive.seal()

    threads = [threading.Thread(target=write, args=[archive]) for archive in archives]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for archive in reversed(archives):
        archive.close()
    assert len(set(leaves)) == 60
    # Who signs may have written its last before the others, and signs with each publication too.
    checkpoint = machine("signer").sign()
    # Each exchange has a request and a response, each file what tells of its writer.
    assert checkpoint.size == 60 * 2 + 3
    assert max(leaves) < checkpoint.size


def test_a_file_that_a_killed_machine_left_keeps_the_leaves_that_it_has(
    machine: Machine, tmp_path: Path
) -> None:
    home = tmp_path / "east"
    archive = Archive(home / "archive", Settings(), log=partial(machine, "east"))
    first = archive.exchange(exchange("https://east.example/1", page(1, "a"), NOON))
    archive.close()
    # As if it had been killed before: its CDXJ file lists nothing.
    (listed,) = (home / "archive").glob("*.cdxj.open")
    listed.write_bytes(b"")
    again = Archive(home / "archive", Settings(), log=partial(machine, "east"))
    second = again.exchange(exchange("https://east.example/2", page(2, "b"), NOON))
    again.close()
    assert [first.leaf, second.leaf] == [2, 4]
    assert signed_by(machine("signer")).size == 5


def test_a_record_that_waits_for_its_signature_is_verified_by_its_leaf(
    machine: Machine, tmp_path: Path
) -> None:
    home = tmp_path / "east"
    archive = Archive(home / "archive", Settings(), log=partial(machine, "east"))
    archive.exchange(exchange("https://east.example/1", page(1, "a"), NOON))
    with closing(machine("east")) as log:
        report = verify_archive(
            home / "archive", log, (), "", known=(), on_progress=lambda _done, _of: None
        )
    archive.close()
    assert (report.records, report.leaves, report.problems) == (3, 3, [])


class LossyTable(LeafTable):
    """A table of leaves whose database commits, and then loses the connection ``losses`` times."""

    losses = 0

    def append(self, entries: Sequence[bytes], writer: str) -> int:
        """Append entries, and lose the response."""
        first = super().append(entries, writer)
        self._lose()
        return first

    def find(self, record_ids: Collection[UUID], *, settled: bool = False) -> dict[UUID, int]:
        """Find leaves, or fail."""
        self._lose()
        return super().find(record_ids, settled=settled)

    def _lose(self) -> None:
        if self.losses:
            self.losses -= 1
            raise ArchiveError("database", "the connection broke")


@pytest.mark.parametrize("losses", [1, 2])
def test_a_leaf_whose_commit_was_not_acknowledged_keeps_its_record(
    tmp_path: Path, postgres_url: str, losses: int
) -> None:
    home, table = tmp_path / "signer", LossyTable(postgres_url)

    def opened() -> SharedLog:
        return SharedLog(home / "archive/log", home / "log.key", table, signs=True)

    archive = Archive(home / "archive", Settings(), log=opened)
    archive.exchange(exchange("https://east.example/1", page(1, "a"), NOON))
    table.losses = losses
    # With the second loss, the archive can't find out whether the leaf exists.
    with nullcontext() if losses == 1 else pytest.raises(ArchiveError, match="connection broke"):
        archive.exchange(exchange("https://east.example/2", page(2, "b"), NOON))
    last = archive.exchange(exchange("https://east.example/3", page(3, "c"), NOON))
    archive.close()
    with closing(opened()) as log:
        report = verify_archive(
            home / "archive", log, (), "", known=(), on_progress=lambda _done, _of: None
        )
    assert (report.records, report.leaves, report.problems) == (7, 7, [])
    assert last.leaf == 6
