"""What a time-stamp authority may answer that is no time stamp of ours."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest

from data.archive.log.attestations import Attestations
from data.archive.log.timestamps import stamp
from data.archive.log.tree_log import TreeLog, log_of
from data.errors import ArchiveError
from data.network.client import Outbound, OutboundError
from tests.data.archive.log.leaves import grown
from tests.http_handlers import answered_by

CLIENT = Outbound(allow_private=True)

REJECTED = bytes.fromhex("30053003020102")
"""A TimeStampResp whose status is 2, rejection, without a token."""


@pytest.fixture
def log(tmp_path: Path) -> TreeLog:
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
        (200, b"", "its response is not a time stamp"),
        (200, b"<html>", "its response is not a time stamp"),
        (200, REJECTED, "gave no time stamp: 2"),
        (503, b"", "the time-stamp authority answered 503"),
    ],
)
def test_an_invalid_time_stamp_is_reported_and_not_kept(
    log: TreeLog, status: int, answer: bytes, cause: str
) -> None:
    with authority(status, answer) as address, pytest.raises(ArchiveError, match=cause):
        stamp(log, address, CLIENT)
    assert Attestations(log.folder).sizes() == []


def test_a_missing_time_stamp_authority_is_reported(log: TreeLog) -> None:
    with pytest.raises(OutboundError):
        stamp(log, "http://127.0.0.1:1/", CLIENT)


def test_before_its_first_checkpoint_a_log_is_not_dated(tmp_path: Path) -> None:
    assert stamp(log_of(tmp_path / "new"), "http://127.0.0.1:1/", CLIENT) is None
