"""A witness and the logs that it sees: honest ones, forked ones, and what it keeps of these."""

from __future__ import annotations

import datetime as dt
import shutil
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from data.archive.log.keys import read_key
from data.archive.log.merkle_tree import root_of
from data.archive.log.notes import Checkpoint, parse_checkpoint, sign_checkpoint
from data.archive.log.tree_log import TreeLog, log_of
from data.archive.log.witness import Witness, WitnessRefusal, log_folder_name
from data.errors import ArchiveError
from data.files import put
from tests.data.archive.log.leaves import NOON, grown, leaf_of, leaves_of
from tests.examples import examples

LATER = NOON + dt.timedelta(hours=1)


@pytest.fixture
def witness(tmp_path: Path) -> Witness:
    return Witness(tmp_path / "witness", tmp_path / "witness.key")


@pytest.fixture
def log(tmp_path: Path) -> TreeLog:
    return grown(log_of(tmp_path / "home"), "a", 300)


def copied(log: TreeLog, to: Path) -> TreeLog:
    """The same log at another place, with its key."""
    shutil.copytree(log.folder.parents[1], to)
    return log_of(to)


def test_a_log_that_only_grows_is_signed_each_time(log: TreeLog, witness: Witness) -> None:
    first = witness.cosign(log.read, "acme", NOON)
    assert (first.before, first.checkpoint.size) == (0, 300)
    signature = first.checkpoint.note.signed_by(witness.key().verifier)
    assert signature
    assert signature.time == NOON
    grown(log, "b", 700)
    second = witness.cosign(log.read, "acme", LATER)
    assert (second.before, second.checkpoint.size) == (300, 1000)
    assert second.checkpoint.note.signed_by(log.key().verifier)
    assert witness.cosign(log.read, "acme", LATER).before == 1000


def test_a_new_log_is_signed_while_it_is_empty(tmp_path: Path, witness: Witness) -> None:
    log = log_of(tmp_path / "home")
    log.integrate()
    assert witness.cosign(log.read, "acme", NOON).checkpoint.size == 0
    grown(log, "a", 5)
    assert witness.cosign(log.read, "acme", LATER).checkpoint.size == 5


def test_a_witness_publishes_its_key_and_its_last_signature(
    log: TreeLog, witness: Witness, tmp_path: Path
) -> None:
    signed = witness.cosign(log.read, "acme", NOON)
    folder = tmp_path / "witness"
    assert (folder / "key").read_text() == f"{witness.key().verifier}\n"
    kept = folder / log_folder_name(log.key().name)
    assert parse_checkpoint((kept / "checkpoint").read_bytes()) == signed.checkpoint
    assert (kept / "key").read_text() == f"{log.key().verifier}\n"
    assert (tmp_path / "witness.key").stat().st_mode & 0o777 == 0o600
    assert witness.key().verifier != log.key().verifier


def last_signed(folder: Path, log: TreeLog) -> Checkpoint:
    """What a witness keeps in its folder as the last checkpoint that it signed of a log."""
    kept = folder / log_folder_name(log.key().name) / "checkpoint"
    return parse_checkpoint(kept.read_bytes())


def refused(witness: Witness, log: TreeLog, cause: str) -> WitnessRefusal:
    """The refusal to sign a log; the evidence is there."""
    with pytest.raises(WitnessRefusal, match=cause) as raised:
        witness.cosign(log.read, "https://acme.example/log", LATER)
    evidence = raised.value.evidence
    assert (evidence / "checkpoint").read_bytes() == log.read("checkpoint")
    assert "https://acme.example/log: " in (evidence / "cause").read_text()
    assert str(evidence) in str(raised.value)
    return raised.value


def test_a_fork_is_refused_though_the_keeper_signed_it(
    log: TreeLog, witness: Witness, tmp_path: Path
) -> None:
    base = copied(log, tmp_path / "copy")
    grown(log, "b", 100)
    signed = witness.cosign(log.read, "acme", NOON)
    fork = grown(base, "other", 200)
    refusal = refused(witness, fork, "does not extend the tree of 400 .* the log is forked")
    # What was seen proves it to others: two trees of one log, both signed by it.
    before = parse_checkpoint((refusal.evidence / "before").read_bytes())
    assert before == signed.checkpoint
    assert before.note.signed_by(log.key().verifier)
    assert (refusal.evidence / "proof").read_text()
    # The honest log is signed on.
    assert witness.cosign(grown(log, "c", 1).read, "acme", LATER).before == 400


@examples(20)
@given(st.data())
def test_everything_that_the_owner_rewrites_with_the_key_is_refused(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    folder = tmp_path_factory.mktemp("insider")
    honest, leaves = log_of(folder / "honest"), leaves_of("a", 400)
    seen = data.draw(st.integers(1, 400))
    honest.append(*leaves[:seen])
    honest.integrate()
    witness = Witness(folder / "witness", folder / "witness.key")
    witness.cosign(honest.read, "honest", NOON)
    # All is made anew: leaf, bundle, tiles and checkpoint, with the true key.
    (folder / "forged").mkdir()
    shutil.copy(folder / "honest/log.key", folder / "forged/log.key")
    rewritten = data.draw(st.integers(0, seen - 1))
    leaves[rewritten] = leaf_of("rewritten")
    forged = log_of(folder / "forged")
    forged.append(*leaves[: data.draw(st.integers(rewritten + 1, 400))])
    forged.integrate()
    assert forged.key() == honest.key()
    refused(witness, forged, "forked|had [0-9]+ before")


def test_two_trees_of_one_size_are_refused(log: TreeLog, witness: Witness, tmp_path: Path) -> None:
    base = copied(log, tmp_path / "copy")
    signed = witness.cosign(grown(log, "b", 10).read, "acme", NOON)
    refused(witness, grown(base, "other", 10), "two different trees of 310 leaves")
    assert last_signed(tmp_path / "witness", log) == signed.checkpoint


def test_a_smaller_tree_is_refused(log: TreeLog, witness: Witness, tmp_path: Path) -> None:
    base = copied(log, tmp_path / "copy")
    signed = witness.cosign(grown(log, "b", 10).read, "acme", NOON)
    refused(witness, base, "the tree of the log has 300 leaves now, but had 310 before")
    assert last_signed(tmp_path / "witness", log) == signed.checkpoint


def test_tiles_that_do_not_give_the_signed_root_are_refused(
    log: TreeLog, witness: Witness, tmp_path: Path
) -> None:
    tile = log.folder / "tile/0/001.p/44"
    put(str(tile), bytes(32) + tile.read_bytes()[32:])
    refused(witness, log, "the log's tiles do not match the root that the log signed")
    assert not list((tmp_path / "witness").glob("*/checkpoint"))


def test_a_checkpoint_that_another_key_signed_is_refused(
    log: TreeLog, witness: Witness, tmp_path: Path
) -> None:
    signed = witness.cosign(log.read, "acme", NOON)
    other = log_of(tmp_path / "other").key()
    forged = sign_checkpoint(other, 301, root_of([b"x" * 32])).encode().decode()
    (log.folder / "checkpoint").write_text(forged.replace(other.name, log.key().name))
    refused(witness, log, "not signed by the log's key")
    assert last_signed(tmp_path / "witness", log) == signed.checkpoint


def test_a_rotated_key_is_followed_and_a_replaced_one_refused(
    log: TreeLog, witness: Witness, tmp_path: Path
) -> None:
    witness.cosign(log.read, "acme", NOON)
    log.rotate_key()
    assert witness.cosign(log.read, "acme", LATER).log == log.key().verifier
    # A keeper who makes his log anew under the same name, with a key of its own.
    new = log_of(tmp_path / "new")
    new.key()
    line = (tmp_path / "new/log.key").read_text()
    seed = read_key(tmp_path / "new/log.key").seed
    assert line
    replaced = type(log.key())(log.key().name, seed)
    (log.folder / "key/0").write_text(f"{replaced.verifier}\n")
    (log.folder / "key/1").unlink()
    checkpoint = sign_checkpoint(replaced, 300, log.tree(300).root())
    (log.folder / "checkpoint").write_bytes(checkpoint.encode())
    refused(witness, log, "changed without a signature of the old key")


def test_a_larger_tree_that_a_replaced_key_signed_is_refused(
    log: TreeLog, witness: Witness, tmp_path: Path
) -> None:
    thief = log.key()
    signed = witness.cosign(log.read, "acme", NOON)
    log.rotate_key()
    # Where the rotation was ended by force before the new key signed, the old one's will do.
    (log.folder / "checkpoint").write_bytes(signed.checkpoint.encode())
    assert witness.cosign(log.read, "acme", LATER).log == thief.verifier
    grown(log, "b", 5)
    forged = sign_checkpoint(thief, 305, log.tree(305).root())
    (log.folder / "checkpoint").write_bytes(forged.encode())
    refused(witness, log, "is not signed by the log's key")
    assert last_signed(tmp_path / "witness", log).size == 300


def test_nothing_is_signed_while_the_clock_is_behind(log: TreeLog, witness: Witness) -> None:
    witness.cosign(log.read, "acme", LATER)
    with pytest.raises(ArchiveError, match="the clock shows 2026-03-02 12:00:00; set the clock"):
        witness.cosign(grown(log, "b", 1).read, "acme", NOON)
    assert witness.cosign(log.read, "acme", LATER).before == 300


@pytest.mark.parametrize("content", [None, b"", b"hello", b"\xff" * 100])
def test_an_invalid_log_is_reported(
    witness: Witness, tmp_path: Path, content: bytes | None
) -> None:
    if content is not None:
        (tmp_path / "checkpoint").write_bytes(content)
    with pytest.raises(
        Exception, match=r"acme: (no log was found|checkpoint: the (text|note) is no)"
    ):
        witness.cosign(lambda path: (tmp_path / path).read_bytes(), "acme", NOON)
