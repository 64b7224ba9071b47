"""The archive as a crawl uses it: what goes in, what refers to what, and what no fault spoils."""

from __future__ import annotations

import datetime as dt
import errno
import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import msgspec
import pytest

from data.archive import archive as module
from data.archive.archive import Archive
from data.archive.capture_search import Captures
from data.archive.foreign_archives import IMPORTED_FIELD
from data.archive.log.leaves import decode_leaf
from data.archive.log.tree_log import TreeLog
from data.archive.warc.archive_record import ArchiveRecord
from data.archive.warc.cdxj import CdxjEntry, entry_of, read_entries
from data.archive.warc.reader import read_file
from data.archive.warc.records import digest_text, sha256
from data.archive.warc.warc_file import cdxj_path, own_files, sorted_path
from data.errors import ArchiveError
from data.models.capture import Capture, Exchange
from data.settings import ArchiveSettings as Settings
from tests.data.archive import killed_writer
from tests.examples import thorough
from tests.exchanges import NOON, PAGE, answer, not_modified

URL = "http://harbour.example/news/1"


@pytest.fixture
def made() -> Iterator[Callable[..., Archive]]:
    """Makes archives, which are closed in the end."""
    opened: list[Archive] = []

    def make(folder: Path, **settings: int) -> Archive:
        told = msgspec.structs.replace(Settings(), **settings)
        opened.append(Archive(folder / "archive", told, agent="Communique/0.1"))
        return opened[-1]

    yield make
    for one in opened:
        one.close()


@pytest.fixture
def archive(made: Callable[..., Archive], tmp_path: Path) -> Archive:
    return made(tmp_path)


def record_of(archive: Archive, capture: Capture) -> ArchiveRecord:
    """The record of a capture, which is what the capture says."""
    found = archive.record(capture.file, capture.offset)
    assert (found.record_id, found.length, found.at) == (
        capture.record_id,
        capture.length,
        capture.at,
    )
    assert found.field("WARC-Payload-Digest") == capture.digest
    return found


def assert_sound(folder: Path) -> list[ArchiveRecord]:
    """All records of an archive; each has its leaf, and its line where it needs one."""
    archive = killed_writer.opened(folder)
    records: list[ArchiveRecord] = []
    for path in own_files(archive.folder):
        found = list(read_file(path))
        here = [one for one in found if isinstance(one, ArchiveRecord)]
        assert here == found
        leaves = archive.log.find([leaf.record_id for one in here if (leaf := one.leaf())])
        size = archive.log.integrate().size
        told = []
        for record in here:
            leaf = record.leaf()
            assert leaf is not None
            number = leaves[leaf.record_id]
            assert decode_leaf(archive.log.tree(size).entry(number)) == leaf
            told.append(entry_of(record, number))
        lines = [entry for entry, _ in read_entries(cdxj_path(path))]
        assert sorted(lines, key=by_offset) == [entry for entry in told if entry]
        for entry in lines:
            if entry.status == 200:
                assert entry in archive.index.captures(entry.uri)
        records += here
    assert len({record.record_id for record in records}) == len(records)
    assert archive.log.integrate().size == len(records)
    archive.close()
    return records


def refusal(archive: Archive, url: str) -> str:
    """Why an answer is not archived, or nothing."""
    try:
        archive.exchange(answer(url, body=os.urandom(1000)))
    except ArchiveError as error:
        return str(error)
    return ""


def by_offset(entry: CdxjEntry) -> int:
    return entry.offset


def test_a_response_is_stored_as_served_with_its_request(archive: Archive) -> None:
    capture = archive.exchange(answer())
    found = record_of(archive, capture)
    assert (found.kind, found.uri, found.http.payload) == ("response", URL, PAGE)
    path = archive.folder / f"{capture.file}.open"
    info, request, response = read_file(path)
    assert isinstance(info, ArchiveRecord)
    assert b"http-header-user-agent: Communique/0.1\r\n" in info.block
    assert isinstance(request, ArchiveRecord)
    assert request.field("WARC-Concurrent-To") == f"<{capture.record_id}>"
    assert request.http.lines[0] == b"GET /news/1 HTTP/1.1"
    assert isinstance(response, ArchiveRecord)
    assert response.record_id == capture.record_id
    assert capture.leaf == 2


def test_a_payload_is_kept_once(archive: Archive) -> None:
    first = archive.exchange(answer())
    for url in (URL, "http://harbour.example/copy"):
        again = record_of(archive, archive.exchange(answer(url)))
        assert again.kind == "revisit"
        assert again.field("WARC-Profile").endswith("identical-payload-digest")
        assert again.field("WARC-Refers-To") == f"<{first.record_id}>"
        assert again.field("WARC-Refers-To-Target-URI") == URL
        assert again.field("WARC-Refers-To-Date") == "2026-03-02T12:00:00.123456Z"
        assert again.field("WARC-Payload-Digest") == first.digest
    other = record_of(archive, archive.exchange(answer(body=PAGE + b"!")))
    assert other.kind == "response"


def test_responses_written_in_a_batch_are_stored_like_single_ones(
    archive: Archive,
) -> None:
    archive.exchange(answer(body=b"before"))
    urls = [f"{URL}/{number}" for number in range(3)]
    captures = archive.exchanges(answer(url, body=url.encode()) for url in urls)
    assert [capture.leaf for capture in captures] == [4, 6, 8]
    for url, capture in zip(urls, captures, strict=True):
        assert record_of(archive, capture).http.payload == url.encode()
        assert record_of(archive, archive.exchange(not_modified(url))).kind == "revisit"


@pytest.mark.parametrize(
    ("later", "profile"),
    [
        (answer(f"{URL}/copy"), "identical-payload-digest"),
        (not_modified(URL), "server-not-modified"),
    ],
)
def test_a_revisit_record_is_written_after_its_original(
    archive: Archive, later: Exchange, profile: str
) -> None:
    (first,) = archive.exchanges([answer(), later])
    (second,) = archive.exchanges([later])
    assert second.digest == first.digest
    assert record_of(archive, second).field("WARC-Profile").endswith(profile)


def test_an_unchanged_page_refers_to_the_last_capture(archive: Archive) -> None:
    first = archive.exchange(answer(body=b"one"))
    archive.exchange(answer(body=b"two"))
    back = archive.exchange(answer(body=b"one", at=NOON - dt.timedelta(days=9)))
    assert record_of(archive, back).kind == "revisit"
    capture = archive.exchange(not_modified())
    found = record_of(archive, capture)
    assert found.kind == "revisit"
    assert found.field("WARC-Profile").endswith("server-not-modified")
    assert found.field("WARC-Refers-To") == f"<{first.record_id}>"
    assert capture.digest == first.digest
    assert found.http.lines[0] == b"HTTP/1.1 304 Not Modified"


@pytest.mark.parametrize(
    "url", ["http://harbour.example/unknown", "http://harbour.example/?token=2"]
)
def test_an_unchanged_page_without_a_known_capture_is_a_response_record(
    archive: Archive, url: str
) -> None:
    archive.exchange(answer("http://harbour.example/?token=1"))
    assert record_of(archive, archive.exchange(not_modified(url))).kind == "response"


def test_an_unchanged_page_refers_to_our_capture_and_not_to_an_imported_one(
    archive: Archive,
) -> None:
    first = archive.exchange(answer())
    assert adopt_forged(archive)
    assert archive.exchange(not_modified()).digest == first.digest


def test_the_origin_of_a_capture_that_could_not_be_read_is_looked_up_again(
    archive: Archive,
) -> None:
    capture = adopt_forged(archive)
    captures = Captures(archive.folder, archive.index)
    path = archive.folder / f"{capture.file}.open"
    away = path.rename(archive.folder / "away")
    assert captures.origin(capture) == ""
    away.rename(path)
    assert captures.origin(capture) == "forged.warc.gz"


def adopt_forged(archive: Archive) -> Capture:
    """Import a forged response for the address of ``answer()``."""
    fields = (
        ("WARC-Type", "response"),
        ("WARC-Record-ID", "<urn:example:forged>"),
        ("WARC-Date", "2026-03-02T12:00:00Z"),
        ("WARC-Target-URI", answer().url),
        ("Content-Type", "application/http; msgtype=response"),
        (IMPORTED_FIELD, "forged.warc.gz"),
    )
    block = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\nForged"
    capture = archive.adopt(fields, block)
    assert capture
    return capture


def test_no_record_refers_to_a_truncated_or_rendered_one(archive: Archive) -> None:
    archive.exchange(answer(truncated="length"))
    assert record_of(archive, archive.exchange(answer())).kind == "response"
    archive.exchange(answer(body=b"document", rendered=True))
    assert record_of(archive, archive.exchange(answer(body=b"document"))).kind == "response"
    assert record_of(archive, archive.exchange(answer(truncated="length"))).kind == "response"


def test_no_record_refers_to_a_lost_one(archive: Archive) -> None:
    first = archive.exchange(answer())
    path = archive.folder / f"{first.file}.open"
    content = path.read_bytes()
    path.write_bytes(content[: first.offset] + bytes(first.length))
    again = archive.exchange(answer())
    assert record_of(archive, again).kind == "response"


def test_a_rendered_document_is_marked_and_has_no_request(archive: Archive) -> None:
    capture = archive.exchange(answer(rendered=True))
    assert record_of(archive, capture).rendered
    kinds = [one.kind for one in read_file(archive.folder / f"{capture.file}.open")]  # type: ignore[union-attr]
    assert kinds == ["warcinfo", "response"]


def test_other_records_are_kept_too(archive: Archive) -> None:
    told = archive.metadata("urn:communique:journal", "application/json", b"{}", at=NOON)
    found = record_of(archive, told)
    assert (found.kind, found.block) == ("metadata", b"{}")
    file = record_of(archive, archive.resource("urn:a:b", "application/toml", b"a = 1", at=NOON))
    assert (file.kind, file.block, file.uri) == ("resource", b"a = 1", "urn:a:b")


def test_a_screenshot_has_the_exact_address_of_its_page(archive: Archive) -> None:
    page = archive.exchange(answer("http://[2001:db8::1]:8080/a"))
    shown = archive.record(page.file, page.offset)
    taken = archive.rendition(shown, "screenshot", "image/webp", b"webp", at=NOON)
    (found,) = archive.index.captures(f"urn:screenshot:{shown.uri}")
    assert found.leaf == taken.leaf


def test_a_record_of_another_archive_keeps_its_fields(archive: Archive) -> None:
    block = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\nold"
    fields = (
        ("WARC-Type", "response"),
        ("WARC-Record-ID", "<http://archive.example/1>"),
        ("WARC-Date", "2011-05-06T07:08:09Z"),
        ("WARC-Target-URI", "http://harbour.example/old"),
        ("WARC-Payload-Digest", "sha1:AAAA"),
        ("Content-Type", "application/http; msgtype=response"),
        ("Content-Length", "12"),
    )
    capture = archive.adopt(fields, block)
    assert capture
    found = record_of(archive, capture)
    assert capture.record_id == "http://archive.example/1"
    assert found.block == block
    assert set(fields[:-1]) < set(found.fields)
    assert archive.adopt(fields, block) is None
    (known,) = archive.index.captures("http://harbour.example/old")
    assert (known.offset, known.media_type, known.status) == (capture.offset, "text/html", 200)


def test_a_record_of_another_archive_can_not_claim_the_payload_of_a_future_page(
    archive: Archive,
) -> None:
    page = b"the page that the harbour serves"
    fields = (
        ("WARC-Type", "response"),
        ("WARC-Record-ID", "<urn:uuid:5b1d9b6a-0c1e-4b52-9d8a-3f1f0e6f7a01>"),
        ("WARC-Date", "2011-05-06T07:08:09Z"),
        ("WARC-Target-URI", "http://harbour.example/forged"),
        ("WARC-Payload-Digest", digest_text(sha256(page))),
        ("Communique-Salt", "0" * 32),
        ("Content-Type", "application/http; msgtype=response"),
    )
    forged = archive.adopt(fields, b"HTTP/1.1 200 OK\r\n\r\nforged")
    assert forged
    assert record_of(archive, forged).field("WARC-Payload-Digest") == digest_text(sha256(b"forged"))
    assert record_of(archive, forged).field("Communique-Salt") != "0" * 32
    true = record_of(archive, archive.exchange(answer("http://harbour.example/a", body=page)))
    assert (true.kind, true.http.payload) == ("response", page)


def test_the_next_process_continues_the_file(tmp_path: Path, made: Callable[..., Archive]) -> None:
    for number in range(3):
        archive = made(tmp_path)
        archive.exchange(answer(f"http://harbour.example/{number}", body=b"%d" % number))
        archive.close()
        (path,) = own_files(tmp_path / "archive")
        # What readers of others see of it.
        assert len(sorted_path(path).read_bytes().splitlines()) == number + 1
    assert path.name.endswith(".open")
    assert [one.kind for one in assert_sound(tmp_path)].count("warcinfo") == 1


def test_a_writer_with_another_name_is_recorded(tmp_path: Path, archive: Archive) -> None:
    archive.exchange(answer())
    archive.close()
    other = Archive(tmp_path / "archive", Settings(), agent="Another/2")
    other.exchange(answer())
    other.close()
    infos = [one.block for one in assert_sound(tmp_path) if one.kind == "warcinfo"]
    assert [b"Another/2" in block for block in infos] == [False, True]


def test_writers_at_once_have_a_file_each(tmp_path: Path, made: Callable[..., Archive]) -> None:
    one, other = made(tmp_path), made(tmp_path)
    places = {writer.exchange(answer(body=b"x")).file for writer in (one, other, one, other)}
    assert len(places) == 2
    # What one wrote the other refers to.
    assert record_of(other, other.exchange(answer(body=b"x"))).kind == "revisit"
    one.close()
    other.close()
    assert len(assert_sound(tmp_path)) == 2 + 5 * 2


def test_threads_of_one_writer_take_turns(tmp_path: Path, archive: Archive) -> None:
    with ThreadPoolExecutor(4) as pool:
        numbers = range(60)
        list(pool.map(lambda n: archive.exchange(answer(f"{URL}/{n}", body=b"%d" % n)), numbers))
    archive.close()
    assert len(assert_sound(tmp_path)) == 1 + 60 * 2


def test_a_full_file_is_followed_by_a_new_one(tmp_path: Path, made: Callable[..., Archive]) -> None:
    archive = made(tmp_path, max_file=4000)
    captures = [
        archive.exchange(answer(f"{URL}/{number}", body=b"%d" % number)) for number in range(20)
    ]
    assert all(path.stat().st_size <= 4000 for path in own_files(archive.folder))
    assert len({capture.file for capture in captures}) > 3
    growing = [path.name for path in own_files(archive.folder) if path.suffix == ".open"]
    assert growing == [f"{captures[-1].file}.open"]
    # One that is larger than a file has a file to itself.
    large = archive.exchange(answer(body=os.urandom(9000)))
    after = archive.exchange(answer(body=b"small"))
    assert len({captures[-1].file, large.file, after.file}) == 3
    for capture in (*captures, large, after):
        record_of(archive, capture)
    archive.close()
    assert_sound(tmp_path)


def test_a_file_that_is_a_day_old_is_full(
    tmp_path: Path, made: Callable[..., Archive], monkeypatch: pytest.MonkeyPatch
) -> None:
    now = NOON
    monkeypatch.setattr(module, "utc_now", lambda: now)
    archive = made(tmp_path)
    first = archive.exchange(answer())
    now = NOON + dt.timedelta(hours=25)
    second = archive.exchange(answer())
    # The clock goes back: nothing is older for that.
    now = NOON - dt.timedelta(days=400)
    third = archive.exchange(answer())
    assert first.file != second.file == third.file
    archive.close()
    assert_sound(tmp_path)


@pytest.mark.thorough
def test_a_thousand_records_of_one_page(archive: Archive) -> None:
    first = archive.exchange(answer())
    for _ in range(1000):
        last = archive.exchange(not_modified())
    assert record_of(archive, last).field("WARC-Refers-To") == f"<{first.record_id}>"
    assert len(archive.index.captures(URL)) == 1


def test_a_huge_header_and_a_huge_address_are_kept(tmp_path: Path, archive: Archive) -> None:
    headers = ((b"Set-Cookie", b"a" * 250_000), (b"Content-Type", b"text/html"))
    capture = archive.exchange(answer(f"{URL}?{'a' * 100_000}", headers=headers))
    found = record_of(archive, capture)
    assert found.http.headers == headers
    again = archive.exchange(answer(f"{URL}?{'b' * 100_000}", headers=headers))
    assert record_of(archive, again).kind == "revisit"
    archive.close()
    assert_sound(tmp_path)


def test_a_full_disk_is_reported_and_the_archive_continues(
    tmp_path: Path, archive: Archive
) -> None:
    archive.exchange(answer())
    (path,) = own_files(archive.folder)
    with full(path):
        told = refusal(archive, f"{URL}/1")
    assert told.endswith("No space left on device; releases collected meanwhile are not archived")
    record_of(archive, archive.exchange(answer(f"{URL}/2", body=b"2")))
    with full(archive.folder / "log" / "pending"):
        assert "No space left" in refusal(archive, f"{URL}/3")
    record_of(archive, archive.exchange(answer(f"{URL}/4", body=b"4")))
    # What has its leaf and lacks its line gets it when the file is next taken.
    with full(cdxj_path(path)):
        assert "No space left" in refusal(archive, f"{URL}/5")
    record_of(archive, archive.exchange(answer(f"{URL}/6", body=b"6")))
    archive.close()
    uris = [record.uri for record in assert_sound(tmp_path) if record.kind == "response"]
    assert uris == [URL, *(f"{URL}/{number}" for number in (2, 4, 5, 6))]


def test_a_file_whose_first_record_could_not_be_logged_is_continued(
    tmp_path: Path, archive: Archive
) -> None:
    for _ in range(2):
        with full(archive.folder / "log" / "pending"):
            assert "No space left" in refusal(archive, URL)
    record_of(archive, archive.exchange(answer()))
    archive.close()
    assert len(own_files(archive.folder)) == 1
    assert_sound(tmp_path)


@contextmanager
def full(path: Path) -> Iterator[None]:
    """The disk takes half of what is written to a file, and then says that it is full."""
    write = os.pwrite
    parts = iter([True])

    def pwrite(handle: int, content: bytes, offset: int) -> int:
        if Path(f"/proc/self/fd/{handle}").resolve() != path:
            return write(handle, content, offset)
        if next(parts, False):
            return write(handle, content[: len(content) // 2], offset)
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(os, "pwrite", pwrite)
        yield


def test_index_rows_of_records_lost_in_a_power_cut_are_deleted(
    tmp_path: Path, archive: Archive, made: Callable[..., Archive]
) -> None:
    captures = [archive.exchange(answer(f"{URL}/{n}", body=b"%d" % n)) for n in range(260)]
    shutil.copytree(archive.folder, tmp_path / "after" / "archive")
    again = made(tmp_path / "after")
    (path,) = own_files(again.folder)
    os.truncate(path, captures[250].offset)
    assert again.index.captures(f"{URL}/255") != []
    record_of(again, again.exchange(answer(f"{URL}/255", body=b"255")))
    assert len(again.index.captures(f"{URL}/255")) == 1
    assert again.index.captures(f"{URL}/254") == []


def test_an_exceeded_budget_is_reported_and_decisions_are_still_written(
    tmp_path: Path, made: Callable[..., Archive], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("data.archive.warc.warc_file.COUNT_AFTER_BYTES", 1000)
    archive = made(tmp_path, budget=60_000)
    kept = 0
    while not (told := refusal(archive, f"{URL}/{kept}")):
        kept += 1
    assert "its budget of 60000 bytes is used up" in told
    assert 20 < kept < 60
    record_of(archive, archive.metadata("urn:a:b", "application/json", b"{}", at=NOON))
    archive.close()
    assert sum(path.stat().st_size for path in own_files(archive.folder)) < 60_000


def test_a_file_with_damage_in_its_middle_is_left_as_it_is(
    tmp_path: Path, made: Callable[..., Archive]
) -> None:
    archive = made(tmp_path)
    first = archive.exchange(answer())
    archive.exchange(answer(f"{URL}/2", body=b"2"))
    archive.close()
    (path,) = own_files(archive.folder)
    cdxj_path(path).unlink()
    content = bytearray(path.read_bytes())
    content[first.offset + 100] ^= 1
    path.write_bytes(content)
    again = made(tmp_path)
    capture = again.exchange(answer())
    assert capture.file != first.file
    assert (archive.folder / first.file).read_bytes() == content
    assert record_of(again, capture).kind == "response"


def test_foreign_files_in_the_folder_are_ignored(archive: Archive) -> None:
    archive.folder.mkdir()
    foreign = archive.folder / "crawl-2011.warc.gz"
    foreign.write_bytes(b"of somebody else")
    archive.exchange(answer())
    archive.close()
    assert foreign.read_bytes() == b"of somebody else"
    assert len(own_files(archive.folder)) == 1


def test_no_file_is_created_before_the_first_record(tmp_path: Path, archive: Archive) -> None:
    archive.seal()
    archive.close()
    assert list(tmp_path.iterdir()) == []


def test_a_log_that_cannot_be_signed_is_reported_and_loses_nothing(
    tmp_path: Path, archive: Archive
) -> None:
    archive.exchange(answer())
    archive.seal()
    key = (tmp_path / "log.key").read_bytes()
    (tmp_path / "log.key").unlink()
    capture = archive.exchange(answer(f"{URL}/2", body=b"2"))
    with pytest.raises(ArchiveError, match=r"log\.key"):
        archive.seal()
    with pytest.raises(ArchiveError, match=r"log\.key"):
        archive.close()
    (tmp_path / "log.key").write_bytes(key)
    record_of(archive, capture)
    assert_sound(tmp_path)


class SlowLog(TreeLog):
    """A log that is signed slowly, and notes whether it is closed meanwhile."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder / "archive/log", folder / "log.key")
        self.sealing, self.closed = threading.Event(), threading.Event()
        self.was_closed_while_sealing = False

    def seal(self, sync_records: Callable[[], object]) -> None:
        """Sign the log, after giving another thread a chance to close it."""
        self.sealing.set()
        self.closed.wait(0.2)
        super().seal(sync_records)
        self.sealing.clear()

    def close(self) -> None:
        """Close the log."""
        self.was_closed_while_sealing |= self.sealing.is_set()
        self.closed.set()
        super().close()


def test_closing_waits_until_another_thread_has_signed(tmp_path: Path) -> None:
    logs = [TreeLog(tmp_path / "archive/log", tmp_path / "log.key"), slow := SlowLog(tmp_path)]

    class Sealed(Archive):
        """An archive that this thread sealed before another thread's last record."""

        def seal(self) -> None:
            """Do nothing."""

    archive = Sealed(tmp_path / "archive", Settings(), log=lambda: logs.pop(0))
    archive.exchange(answer(URL))
    with ThreadPoolExecutor(1) as threads:
        other = threads.submit(Archive.seal, archive)
        assert slow.sealing.wait(30)
        archive.close()
        other.result(30)
    assert not slow.was_closed_while_sealing


@pytest.mark.thorough
def test_an_archive_that_can_only_be_read_is_read_and_refuses_with_a_sentence(
    tmp_path: Path, archive: Archive
) -> None:
    capture = archive.exchange(answer())
    archive.close()
    code = (
        "import sys; from pathlib import Path\n"
        "from tests.data.archive.killed_writer import opened\n"
        "from tests.exchanges import answer\n"
        "archive = opened(Path(sys.argv[1]))\n"
        "print(archive.record(sys.argv[2], int(sys.argv[3])).http.payload)\n"
        "print(len(archive.index.captures('http://harbour.example/news/1')))\n"
        "archive.exchange(answer('http://harbour.example/2', body=b'2'))\n"
    )
    mount = 'mount --bind "$0" "$0" && mount -o remount,bind,ro "$0" && exec "$@"'
    asked = [sys.executable, "-c", code, str(tmp_path), capture.file, str(capture.offset)]
    for index in (True, False):
        if not index:
            (archive.folder / "index.db").unlink()
        result = subprocess.run(  # noqa: S603 - our own program
            ["unshare", "-rm", "sh", "-c", mount, str(tmp_path), *asked],  # noqa: S607
            capture_output=True,
            text=True,
            check=False,
        )
        if "mount" in result.stderr or shutil.which("unshare") is None:
            pytest.skip("no folder can be mounted read-only here")
        assert result.stdout.splitlines() == [repr(PAGE), "1"]
        assert "data.errors.ArchiveError" in result.stderr
        assert "Read-only file system" in result.stderr


@pytest.mark.parametrize("step", [37, *thorough(13, 7)])
def test_an_archive_killed_at_any_step_is_sound_and_complete(tmp_path: Path, step: int) -> None:
    base = tmp_path / "base"
    base.mkdir()
    command = [sys.executable, "-m", "tests.data.archive.killed_writer", str(base), str(step)]
    subprocess.run(command, check=True)  # noqa: S603 - our own code
    folders = sorted(set(tmp_path.iterdir()) - {base})
    assert len(folders) > 10
    for folder in folders:
        records = {record.record_id: record for record in assert_sound(folder)}
        told = (folder / "told").read_text().splitlines()
        assert len(told) >= 18
        for line in told:
            file, offset, length, _, record_id = line.split()
            record = records[record_id]
            assert (record.file, record.offset, record.length) == (file, int(offset), int(length))
