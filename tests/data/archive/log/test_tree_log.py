"""The log on a real disk, with real processes, some of which are killed."""

from __future__ import annotations

import datetime as dt
import resource
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from data.archive.log.leaves import ENTRY_BYTES, decode_leaf
from data.archive.log.merkle_tree import consistency_proof, leaf_hash, proves_consistency, root_of
from data.archive.log.notes import InvalidNote, parse_checkpoint
from data.archive.log.tree_log import Proof, TreeLog, how_to_restore, log_of, prove
from data.errors import ArchiveError
from tests.data.archive.log.leaves import NOON, leaf_of, leaves_of
from tests.examples import examples, thorough
from tests.proof_parser import holds, parse_proof

HERE = Path(__file__).parent


@pytest.fixture
def log(tmp_path: Path) -> TreeLog:
    return log_in(tmp_path)


def log_in(folder: Path) -> TreeLog:
    return TreeLog(folder / "log", folder / "log.key")


def entries_in(log: TreeLog, size: int) -> list[bytes]:
    tree = log.tree(size)
    return [tree.entry(index) for index in range(size)]


def test_leaves_are_numbered_from_zero_and_are_in_the_tree_once_integrated(log: TreeLog) -> None:
    leaves = leaves_of("a", 3)
    assert [log.append(leaf) for leaf in leaves] == [0, 1, 2]
    checkpoint = log.integrate()
    assert checkpoint.size == 3
    assert checkpoint.root == root_of([leaf_hash(leaf.encode()) for leaf in leaves])
    assert [decode_leaf(entry) for entry in entries_in(log, 3)] == leaves
    assert log.append(leaf_of("next")) == 3


def test_leaves_of_a_batch_are_added_together_or_not_at_all(log: TreeLog) -> None:
    leaves = leaves_of("a", 3)
    assert log.append(leaves[0]) == 0
    assert log.append(*leaves[1:]) == 1
    limit = resource.getrlimit(resource.RLIMIT_FSIZE)
    size = (log.folder / "pending").stat().st_size
    try:
        # A disk that takes one entry and a part of the next.
        resource.setrlimit(resource.RLIMIT_FSIZE, (size + ENTRY_BYTES + 9, limit[1]))
        with pytest.raises(ArchiveError, match="File too large"):
            log.append(*leaves_of("b", 2))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limit)
    assert log.append(leaf_of("next")) == 3


def test_leaves_are_found_by_their_records_in_the_tree_or_before_it(log: TreeLog) -> None:
    leaves = leaves_of("a", 600)
    log.append(*leaves[:599])
    log.integrate()
    log.append(leaves[599])
    unknown = leaf_of("unknown")
    wanted = [leaves[at].record_id for at in (0, 255, 256, 598, 599)]
    assert log.find([*wanted, unknown.record_id]) == dict(
        zip(wanted, (0, 255, 256, 598, 599), strict=True)
    )
    assert log.find([]) == {}


@examples(25)
@given(st.lists(st.integers(0, 700), min_size=1, max_size=5))
def test_the_tree_does_not_depend_on_how_leaves_were_added(
    tmp_path_factory: pytest.TempPathFactory, rounds: list[int]
) -> None:
    log = log_in(tmp_path_factory.mktemp("log"))
    entries: list[bytes] = []
    earlier = log.integrate()
    for number, count in enumerate(rounds):
        for leaf in leaves_of(str(number), count):
            assert log.append(leaf) == len(entries)
            entries.append(leaf.encode())
        checkpoint = log.integrate()
        assert checkpoint.size == len(entries)
        assert checkpoint.root == root_of([leaf_hash(entry) for entry in entries])
        proof = consistency_proof(earlier.size, checkpoint.size, log.tree(len(entries)).hash_of)
        both = earlier.size, checkpoint.size, earlier.root, checkpoint.root
        assert proves_consistency(*both, proof)
        earlier = checkpoint
    assert entries_in(log, len(entries)) == entries


def test_one_partial_tile_a_level_is_kept(log: TreeLog) -> None:
    for count in (5, 250, 3, 300):
        for leaf in leaves_of(str(count), count):
            log.append(leaf)
        log.integrate()
    tiles = {
        str(path.relative_to(log.folder / "tile"))
        for path in log.folder.glob("tile/**/*")
        if path.is_file()
    }
    assert tiles == {
        "0/000", "0/001", "0/002.p/46", "1/000.p/2", "entries/000", "entries/001",
        "entries/002.p/46",
    }  # fmt: skip
    assert (log.folder / "tile/0/000").stat().st_size == 8192


def test_nothing_new_is_not_signed_again(log: TreeLog) -> None:
    log.append(leaf_of("a"))
    first = log.integrate()
    stamp = (log.folder / "checkpoint").stat().st_mtime_ns
    assert log.integrate() == first
    assert (log.folder / "checkpoint").stat().st_mtime_ns == stamp


def test_a_clock_that_is_set_back_does_not_change_the_order(log: TreeLog) -> None:
    leaves = [leaf_of(str(days), NOON - dt.timedelta(days=days)) for days in range(3)]
    assert [log.append(leaf) for leaf in leaves] == [0, 1, 2]
    log.integrate()
    assert [decode_leaf(entry) for entry in entries_in(log, 3)] == leaves


def test_records_are_made_durable_after_their_leaves_are_settled(log: TreeLog) -> None:
    log.append(leaf_of("a"))
    other = TreeLog(log.folder, log.folder.parent / "log.key")

    def late() -> None:
        assert not (log.folder / "checkpoint").exists()
        assert other.append(leaf_of("late")) == 1

    assert log.integrate(late).size == 1
    assert log.integrate().size == 2
    assert decode_leaf(log.tree(2).entry(1)) == leaf_of("late")


def test_half_an_entry_at_the_end_is_written_over(log: TreeLog) -> None:
    log.append(leaf_of("a"))
    with (log.folder / "pending").open("ab") as file:
        file.write(b"half an entry")
    assert log.append(leaf_of("b")) == 1
    assert log.integrate().size == 2
    assert [decode_leaf(entry) for entry in entries_in(log, 2)] == [leaf_of("a"), leaf_of("b")]


@pytest.mark.parametrize("left", [None, 0, 3, 8, 8 + ENTRY_BYTES])
def test_after_a_loss_of_power_numbers_that_were_given_can_be_kept_from_others(
    log: TreeLog, left: int | None
) -> None:
    log.append(leaf_of("a"))
    log.integrate()
    given = [log.append(leaf) for leaf in leaves_of("b", 3)]
    log.close()
    pending = log.folder / "pending"
    if left is None:
        pending.unlink()
    else:
        pending.write_bytes(pending.read_bytes()[:left])
    kept = 1 if left == 8 + ENTRY_BYTES else 0
    log = TreeLog(log.folder, log.folder.parent / "log.key")
    assert log.fill(given[-1] + 1) == 3 - kept
    assert log.append(leaf_of("c")) == given[-1] + 1
    checkpoint = log.integrate()
    assert checkpoint.size == 5
    assert entries_in(log, 5)[1 + kept : 4] == [bytes(ENTRY_BYTES)] * (3 - kept)


@pytest.mark.thorough
def test_several_processes_append_and_integrate_at_once(tmp_path: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from tests.data.archive.log import killed\n"
        "for part in range(10): killed.work(Path(sys.argv[1]), f'{sys.argv[2]}-{part}', 40, 1)"
    )
    command = [sys.executable, "-c", code, str(tmp_path)]
    children = [
        subprocess.Popen([*command, str(number)], stdout=subprocess.PIPE, text=True)  # noqa: S603 - our own code
        for number in range(4)
    ]
    told = "".join(child.communicate()[0] for child in children)
    assert [child.returncode for child in children] == [0] * 4
    log = log_in(tmp_path)
    assert_told(log, told, log.integrate().size)
    assert len(told.splitlines()) == 1600 == log.integrate().size


@pytest.mark.parametrize(
    ("name", "leaves", "step"), [("few", 2, 1), *thorough(("rotating", 1, 3), ("many", 300, 4))]
)
def test_a_log_whose_processes_are_killed_at_every_step_never_forks(
    tmp_path: Path, name: str, leaves: int, step: int
) -> None:
    base = tmp_path / "base"
    base.mkdir()
    command = [sys.executable, "-m", "tests.data.archive.log.killed", str(base), name]
    subprocess.run([*command, str(leaves), str(step)], check=True)  # noqa: S603 - our own code
    folders = sorted(set(tmp_path.iterdir()) - {base})
    assert len(folders) > 20
    for folder in folders:
        log = log_in(folder)
        last = log.checkpoint()
        assert last
        tree = log.tree(last.size)
        assert last.root == root_of([leaf_hash(entry) for entry in entries_in(log, last.size)])
        found = parse_checkpoint((folder / "found").read_bytes())
        assert found.root == tree.hash_of(0, found.size)
        assert_told(log, (folder / "told").read_text(), last.size)
        assert not list(log.folder.glob("tile/**/.*"))
        assert {path.name for path in log.folder.glob("tile/**/*.p/*")} == {
            str(width) for level in range(2) if (width := last.size >> 8 * level & 255)
        }
        assert last.note.signed_by(log.key().verifier)


def assert_told(log: TreeLog, told: str, size: int) -> None:
    """What processes were told of their leaves holds, and no number was given twice."""
    numbers: dict[int, str] = {}
    for line in told.splitlines():
        number, record_id = line.split()
        assert numbers.setdefault(int(number), record_id) == record_id
        assert str(decode_leaf(log.tree(size).entry(int(number))).record_id) == record_id
    assert numbers


def test_a_restored_older_checkpoint_does_not_fork_the_log(log: TreeLog) -> None:
    log.append(leaf_of("a"))
    log.integrate()
    older = (log.folder / "checkpoint").read_bytes()
    log.append(leaf_of("b"))
    newer = log.integrate()
    (log.folder / "checkpoint").write_bytes(older)
    assert log.integrate() == newer
    assert log.append(leaf_of("c")) == 2


def test_nothing_is_signed_over_tiles_that_were_changed(log: TreeLog) -> None:
    for leaf in leaves_of("a", 3):
        log.append(leaf)
    log.integrate()
    tile = log.folder / "tile/0/000.p/3"
    tile.write_bytes(bytes(32) + tile.read_bytes()[32:])
    assert log.append(leaf_of("b")) == 3
    with pytest.raises(ArchiveError, match="restore the folder tile"):
        log.integrate()


def test_a_log_without_checkpoint_and_pending_leaves_does_not_restart(log: TreeLog) -> None:
    log.append(leaf_of("a"))
    log.integrate()
    log.close()
    (log.folder / "checkpoint").unlink()
    (log.folder / "pending").unlink()
    with pytest.raises(ArchiveError, match="restore it from a backup"):
        log_in(log.folder.parent).append(leaf_of("b"))


def test_a_lost_checkpoint_alone_is_signed_again(log: TreeLog) -> None:
    log.append(leaf_of("a"))
    first = log.integrate()
    (log.folder / "checkpoint").unlink()
    assert log.integrate() == first


def test_the_advice_about_a_checkpoint_fits_the_copy_in_the_site(tmp_path: Path) -> None:
    log = log_of(tmp_path)
    for leaf in leaves_of("a", 300):
        log.append(leaf)
    log.integrate()
    assert how_to_restore(log.folder).startswith("restore it from a backup")
    copy = shutil.copytree(log.folder, tmp_path / "site" / "log") / "checkpoint"
    assert how_to_restore(log.folder) == f"copy it from {copy}"
    log.append(leaf_of("b"))
    log.integrate()
    told = how_to_restore(log.folder)
    assert told == f"restore it from a backup, since {copy} covers only 300 of 301 leaves"
    copy.write_bytes(b"damaged")
    assert how_to_restore(log.folder).startswith("restore it from a backup")


@pytest.mark.parametrize("content", [b"", b"\xff", b"a\nb\nc\n\n", b"x\n" * 10])
def test_a_damaged_checkpoint_is_reported(log: TreeLog, content: bytes) -> None:
    log.append(leaf_of("a"))
    log.integrate()
    (log.folder / "checkpoint").write_bytes(content)
    with pytest.raises(ArchiveError, match=r"checkpoint: .* restore it from a backup"):
        log.integrate()


def test_a_log_without_its_key_accepts_leaves_and_gives_advice(log: TreeLog) -> None:
    log.append(leaf_of("a"))
    log.integrate()
    key = log.folder.parent / "log.key"
    shutil.move(key, key.with_name("away"))
    assert log.append(leaf_of("b")) == 1
    with pytest.raises(ArchiveError, match=r"log\.key: the key of the log is missing; restore it"):
        log.integrate()
    shutil.move(key.with_name("away"), key)
    assert log.integrate().size == 2


def test_a_log_whose_key_is_lost_continues_under_another_name(log: TreeLog) -> None:
    log.append(*leaves_of("a", 300))
    old = log.integrate()
    log.append(leaf_of("b"))
    # As the error says.
    (log.folder.parent / "log.key").unlink()
    (log.folder / "checkpoint").unlink()
    shutil.rmtree(log.folder / "key")
    new = log.integrate()
    assert new.origin != old.origin
    assert new.size == 301
    assert log.tree(301).root_of(300) == old.root
    assert new.note.signed_by(log.key().verifier)


@pytest.fixture(scope="module")
def pending_log(tmp_path_factory: pytest.TempPathFactory) -> TreeLog:
    log = log_of(tmp_path_factory.mktemp("home"))
    log.append(*leaves_of("a", 700))
    log.integrate()
    log.append(leaf_of("pending"))
    return log


@examples(60)
@given(st.integers(0, 699))
def test_a_proof_is_read_as_it_was_written_and_holds_for_its_leaf(
    pending_log: TreeLog, index: int
) -> None:
    proof = prove(pending_log, index)
    assert parse_proof(proof.encode()) == proof
    entry = leaves_of("a", 700)[index].encode()
    assert holds(proof, entry)
    assert not holds(proof, leaf_of("another").encode())
    assert not holds(Proof((index + 1) % 700, proof.hashes, proof.checkpoint), entry)


def test_a_proof_has_the_lines_of_its_specification(pending_log: TreeLog) -> None:
    lines = prove(pending_log, 3).encode().decode().split("\n")
    assert lines[:2] == ["c2sp.org/tlog-proof@v1", "index 3"]
    assert lines[2 + 10] == ""
    assert lines[13:15] == [pending_log.key().name, "700"]


def test_data_of_others_in_a_proof_is_skipped(pending_log: TreeLog) -> None:
    proof = prove(pending_log, 3)
    extra = proof.encode().replace(b"@v1\n", b"@v1\nextra aGVsbG8=\n")
    assert parse_proof(extra) == proof


@pytest.mark.parametrize("index", [-1, 700, 701])
def test_a_leaf_that_is_not_in_the_tree_has_no_proof(pending_log: TreeLog, index: int) -> None:
    with pytest.raises(ArchiveError, match=f"leaf {index} is not in the signed tree yet"):
        prove(pending_log, index)


def test_before_its_first_checkpoint_a_log_proves_nothing(tmp_path: Path) -> None:
    with pytest.raises(ArchiveError, match="not in the signed tree yet"):
        prove(log_of(tmp_path), 0)


@given(st.binary(max_size=300))
def test_any_bytes_are_a_proof_or_refused(pending_log: TreeLog, data: bytes) -> None:
    for content in (
        data,
        b"c2sp.org/tlog-proof@v1\n" + data,
        prove(pending_log, 1).encode() + data,
    ):
        try:
            proof = parse_proof(content)
        except InvalidNote:
            continue
        # What is read is all that it says: written anew it reads as the same.
        assert parse_proof(proof.encode()) == proof
