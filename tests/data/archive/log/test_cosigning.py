"""Our log and the witnesses that it asks: by folder, by HTTP, and those that refuse."""

from __future__ import annotations

import datetime as dt
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import BaseHTTPRequestHandler, SimpleHTTPRequestHandler
from pathlib import Path

import pytest

from data.archive.log.attestations import Attestations
from data.archive.log.cosigning import ask_witness, asked_witness, log_at, stamp
from data.archive.log.notes import COSIGNER, SigningKey, parse_note
from data.archive.log.tree_log import TreeLog, log_of, prove
from data.archive.log.witness import Witness
from data.errors import ArchiveError
from data.network.client import Outbound, OutboundError
from tests.data.archive.log.leaves import NOON, grown, leaves_of
from tests.http_handlers import answered_by
from tests.proof_parser import holds

CLIENT = Outbound(allow_private=True, patience=10)


@pytest.fixture
def log(tmp_path: Path) -> TreeLog:
    return grown(log_of(tmp_path / "ours"), "a", 300)


@pytest.fixture
def witness(tmp_path: Path) -> Witness:
    return witness_of(tmp_path / "theirs")


def witness_of(home: Path) -> Witness:
    return Witness(home / "witness", home / "witness.key")


class Silent(SimpleHTTPRequestHandler):
    """Files, without a line for each request."""

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Say nothing."""


def test_checkpoints_signed_by_a_witness_are_found_in_its_folder_and_kept(
    log: TreeLog, witness: Witness, tmp_path: Path
) -> None:
    asked = asked_witness(str(tmp_path / "theirs"), Path.cwd())
    witness.cosign(log.read, "ours", NOON)
    signed = ask_witness(log, asked, CLIENT)
    assert signed
    assert signed.size == 300
    key = witness.key().verifier
    attestations = Attestations(log.folder)
    assert [*attestations.witnesses()] == [key]
    present = log.checkpoint()
    assert present
    assert present.note.signed_by(key)
    assert present.note.signed_by(log.key().verifier)
    # The next leaves are not signed by it yet; proofs are by what it signed.
    log.append(*leaves_of("b", 10))
    log.integrate()
    proof = prove(log, 7)
    assert proof.checkpoint.size == 300
    assert proof.checkpoint.note.signed_by(key)
    assert holds(proof, log.tree(310).entry(7))
    assert prove(log, 305).checkpoint.size == 310


def test_of_several_signatures_of_one_tree_the_first_is_kept_for_proofs(
    log: TreeLog, witness: Witness, tmp_path: Path
) -> None:
    asked = asked_witness(str(tmp_path / "theirs"), Path.cwd())
    for hours in (0, 1):
        witness.cosign(log.read, "ours", NOON + dt.timedelta(hours=hours))
        ask_witness(log, asked, CLIENT)
    first = Attestations(log.folder).checkpoint(300)
    present = log.checkpoint()
    assert first
    assert present
    times = [one.note.signed_by(witness.key().verifier) for one in (first, present)]
    assert [one and one.time for one in times] == [NOON, NOON + dt.timedelta(hours=1)]


def test_a_witness_that_saw_nothing_of_our_log_signed_nothing(
    log: TreeLog, witness: Witness, tmp_path: Path
) -> None:
    other = log_of(tmp_path / "other")
    other.integrate()
    witness.cosign(other.read, "other", NOON)
    assert ask_witness(log, asked_witness(str(tmp_path / "theirs"), Path.cwd()), CLIENT) is None
    assert ask_witness(other, asked_witness(str(tmp_path / "theirs"), Path.cwd()), CLIENT)


def test_logs_and_witnesses_are_read_by_http(
    log: TreeLog, witness: Witness, tmp_path: Path
) -> None:
    with answered_by(partial(Silent, directory=str(tmp_path))) as site:
        read = log_at(f"{site}/ours/archive", CLIENT)
        witness.cosign(read, site, NOON)
        assert ask_witness(log, asked_witness(f"{site}/theirs/", Path.cwd()), CLIENT)
        with pytest.raises(ArchiveError, match="the file 'checkpoint'"):
            log_at(f"{site}/nothing", CLIENT)


def test_a_witness_that_saw_more_leaves_reports_an_old_copy(
    log: TreeLog, witness: Witness, tmp_path: Path
) -> None:
    shutil.copytree(tmp_path / "ours", tmp_path / "copy")
    log.append(*leaves_of("b", 10))
    log.integrate()
    witness.cosign(log.read, "ours", NOON)
    asked = asked_witness(str(tmp_path / "theirs"), Path.cwd())
    with pytest.raises(
        ArchiveError, match=r"saw 310 leaves .* 300 now: the log was restored from an"
    ):
        ask_witness(log_of(tmp_path / "copy"), asked, CLIENT)
    copy = log_of(tmp_path / "copy")
    copy.append(*leaves_of("c", 20))
    copy.integrate()
    with pytest.raises(ArchiveError, match="saw a different tree of 310 leaves"):
        ask_witness(copy, asked, CLIENT)


def test_a_witness_with_another_key_than_was_named_is_refused(
    log: TreeLog, witness: Witness, tmp_path: Path
) -> None:
    witness.cosign(log.read, "ours", NOON)
    other = SigningKey(witness.key().name, b"o" * 32, COSIGNER).verifier
    asked = asked_witness(f"{other} {tmp_path / 'theirs'}", Path.cwd())
    assert asked.key == other
    with pytest.raises(ArchiveError, match="did not sign with its key"):
        ask_witness(log, asked, CLIENT)
    assert Attestations(log.folder).sizes() == []


def test_a_witness_that_forges_our_signature_is_refused(
    log: TreeLog, witness: Witness, tmp_path: Path
) -> None:
    signed = witness.cosign(log.read, "ours", NOON).checkpoint
    by_witness = signed.note.signatures[1].line()
    path = next((tmp_path / "theirs/witness").glob("*/checkpoint"))
    path.write_text(f"{signed.note.text}\n{by_witness}")
    with pytest.raises(ArchiveError, match="not signed by this log"):
        ask_witness(log, asked_witness(str(tmp_path / "theirs"), Path.cwd()), CLIENT)


@pytest.mark.parametrize(
    ("status", "body", "cause"),
    [
        (403, b"who are you?\n", "the witness did not sign: 403 who are you?"),
        (409, b"many\n", "the size of the last tree"),
        (409, b"999\n", "saw 999 leaves of this log, which has 300 now"),
        (200, b"nonsense\n", "is not a signature line"),
        (200, b"", "is not a signature line"),
        (500, b"", "the witness did not sign: 500"),
    ],
)
def test_other_answers_of_a_witness_are_reported(
    log: TreeLog, status: int, body: bytes, cause: str
) -> None:
    class Witnessing(Silent):
        """Answers every checkpoint alike."""

        def do_POST(self) -> None:
            """Answer."""
            content = self.rfile.read(int(self.headers["content-length"]))
            assert content.startswith(b"old 0\n\n")
            assert parse_note(content.partition(b"\n\n")[2])
            self.send_response(status)
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

    with answered_by(Witnessing) as site, pytest.raises(Exception, match=cause):
        ask_witness(log, asked_witness(site, Path.cwd()), CLIENT)
    assert Attestations(log.folder).sizes() == []


def test_a_log_asks_no_witness_before_its_first_checkpoint(tmp_path: Path) -> None:
    assert ask_witness(log_of(tmp_path), asked_witness("/nowhere", Path.cwd()), CLIENT) is None


STAMP_CLIENT = Outbound(allow_private=True)

REJECTED = bytes.fromhex("30053003020102")
"""A TimeStampResp whose status is 2, rejection, without a token."""


@pytest.fixture
def small_log(tmp_path: Path) -> TreeLog:
    return grown(log_of(tmp_path), "a", 1)


@contextmanager
def authority(status: int, answer: bytes) -> Iterator[str]:
    """The address of a server that answers every query alike."""

    class Answering(BaseHTTPRequestHandler):
        """Reads a query, and answers."""

        def do_POST(self) -> None:
            """Answer."""
            self.rfile.read(int(self.headers["content-length"]))
            self.send_response(status)
            self.send_header("content-length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            """Say nothing."""

    with answered_by(Answering) as url:
        yield url


@pytest.mark.parametrize(
    ("status", "answer", "cause"),
    [
        (200, b"", "the response is not a time stamp"),
        (200, b"<html>", "the response is not a time stamp"),
        (200, REJECTED, "returned no time stamp: 2"),
        (503, b"", "the time-stamp authority returned status 503"),
    ],
)
def test_an_invalid_time_stamp_is_reported_and_not_kept(
    small_log: TreeLog, status: int, answer: bytes, cause: str
) -> None:
    with authority(status, answer) as address, pytest.raises(ArchiveError, match=cause):
        stamp(small_log, address, STAMP_CLIENT)
    assert Attestations(small_log.folder).sizes() == []


def test_a_missing_time_stamp_authority_is_reported(small_log: TreeLog) -> None:
    with pytest.raises(OutboundError):
        stamp(small_log, "http://127.0.0.1:1/", STAMP_CLIENT)


def test_before_its_first_checkpoint_a_log_is_not_dated(tmp_path: Path) -> None:
    assert stamp(log_of(tmp_path / "new"), "http://127.0.0.1:1/", STAMP_CLIENT) is None
