"""Answers that come together are written together, each as if it came alone."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from data.archive.archive import Archive
from data.archive.log.leaves import Leaf
from data.errors import ArchiveError
from data.models import Capture
from data.models.capture import Exchange
from data.settings import ArchiveSettings as Settings
from spiders.download.capture import ExchangeBatch
from tests.exchanges import answer

URL = "http://harbour.example/news"


@pytest.fixture
def archive(tmp_path: Path) -> Iterator[Archive]:
    opened = Archive(tmp_path / "archive", Settings())
    yield opened
    opened.close()


def pages(count: int) -> list[Exchange]:
    return [answer(f"{URL}/{number}", body=b"%d" % number) for number in range(count)]


def added(archive: Archive, *exchanges: Exchange) -> list[Capture | BaseException]:
    """What is told of answers that come in one turn of the event loop."""

    async def add() -> list[Capture | BaseException]:
        batch = ExchangeBatch(archive)
        tasks = [asyncio.create_task(batch.add(one)) for one in exchanges]
        return await asyncio.gather(*tasks, return_exceptions=True)

    return asyncio.run(add())


def kept(archive: Archive, told: list[Capture | BaseException]) -> list[bytes]:
    """The payloads of those that were kept."""
    captures = [one for one in told if isinstance(one, Capture)]
    return [archive.record(one.file, one.offset).http.payload for one in captures]


def test_answers_of_one_turn_are_written_together(
    archive: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    sizes: list[int] = []
    append = archive.log.append

    def counted(*leaves: Leaf) -> int:
        sizes.append(len(leaves))
        return append(*leaves)

    monkeypatch.setattr(archive.log, "append", counted)
    archive.exchange(answer())
    told = added(archive, *pages(3))
    assert kept(archive, told) == [b"0", b"1", b"2"]
    # The warcinfo record, one answer with its request, and three.
    assert sizes == [1, 2, 6]


def test_an_answer_that_refers_to_one_beside_it_is_kept(archive: Archive) -> None:
    told = added(archive, answer(f"{URL}/1"), answer(f"{URL}/copy"), *pages(1))
    kinds = [archive.record(one.file, one.offset).kind for one in told if isinstance(one, Capture)]
    assert kinds == ["response", "revisit", "response"]


def test_an_answer_that_our_code_fails_at_spoils_no_other(archive: Archive) -> None:
    one, two = pages(2)
    told = added(archive, one, answer(URL, headers=((b"Server", None),)), two)
    assert kept(archive, told) == [b"0", b"1"]
    assert isinstance(told[1], TypeError)


def test_a_full_archive_reports_each_response(tmp_path: Path) -> None:
    full = Archive(tmp_path / "archive", Settings(budget=1))
    full.exchange(answer())
    told = added(full, *pages(2))
    assert all(isinstance(one, ArchiveError) for one in told)
    full.close()


def test_an_abandoned_response_blocks_no_other(archive: Archive) -> None:
    async def add() -> Capture:
        batch = ExchangeBatch(archive)
        given_up, other = (asyncio.create_task(batch.add(one)) for one in pages(2))
        asyncio.get_running_loop().call_soon(given_up.cancel)
        return await other

    assert kept(archive, [asyncio.run(add())]) == [b"1"]
