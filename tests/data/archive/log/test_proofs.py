"""Proofs of leaves, as files."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from data.archive.log.notes import InvalidNote
from data.archive.log.proofs import Proof, prove
from data.archive.log.tree_log import TreeLog, log_of
from data.errors import ArchiveError
from tests.data.archive.log.leaves import leaf_of, leaves_of
from tests.examples import examples
from tests.proof_parser import parse_proof


@pytest.fixture(scope="module")
def log(tmp_path_factory: pytest.TempPathFactory) -> TreeLog:
    log = log_of(tmp_path_factory.mktemp("home"))
    log.append(*leaves_of("a", 700))
    log.integrate()
    log.append(leaf_of("pending"))
    return log


@examples(60)
@given(st.integers(0, 699))
def test_a_proof_is_read_as_it_was_written_and_holds_for_its_leaf(log: TreeLog, index: int) -> None:
    proof = prove(log, index)
    assert parse_proof(proof.encode()) == proof
    assert proof.holds(leaves_of("a", 700)[index].encode())
    assert not proof.holds(leaf_of("another").encode())
    assert not Proof((index + 1) % 700, proof.hashes, proof.checkpoint).holds(
        leaves_of("a", 700)[index].encode()
    )


def test_a_proof_has_the_lines_of_its_specification(log: TreeLog) -> None:
    lines = prove(log, 3).encode().decode().split("\n")
    assert lines[:2] == ["c2sp.org/tlog-proof@v1", "index 3"]
    assert lines[2 + 10] == ""
    assert lines[13:15] == [log.key().name, "700"]


def test_data_of_others_in_a_proof_is_skipped(log: TreeLog) -> None:
    proof = prove(log, 3)
    extra = proof.encode().replace(b"@v1\n", b"@v1\nextra aGVsbG8=\n")
    assert parse_proof(extra) == proof


@pytest.mark.parametrize("index", [-1, 700, 701])
def test_a_leaf_that_is_not_in_the_tree_has_no_proof(log: TreeLog, index: int) -> None:
    with pytest.raises(ArchiveError, match=f"leaf {index} is not in the signed tree yet"):
        prove(log, index)


def test_before_its_first_checkpoint_a_log_proves_nothing(tmp_path: Path) -> None:
    with pytest.raises(ArchiveError, match="not in the signed tree yet"):
        prove(log_of(tmp_path), 0)


@given(st.binary(max_size=300))
def test_any_bytes_are_a_proof_or_refused(log: TreeLog, data: bytes) -> None:
    for content in (data, b"c2sp.org/tlog-proof@v1\n" + data, prove(log, 1).encode() + data):
        try:
            proof = parse_proof(content)
        except InvalidNote:
            continue
        # What is read is all that it says: written anew it reads as the same.
        assert parse_proof(proof.encode()) == proof
