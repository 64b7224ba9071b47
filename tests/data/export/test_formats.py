"""Exports hold the releases and their records, in other people's formats, whole or not at all."""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import sqlite3
import threading
import zipfile
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from fastwarc.warc import ArchiveIterator, WarcRecord

from data.archive.archive import Archive
from data.export.bagit import write_bag
from data.export.chosen_records import Choice, Exported
from data.export.destination import CopyError, DestinationError, destination
from data.export.sqlite import write_sqlite
from data.export.wacz import write_wacz
from data.models import Draft, Source
from data.settings import ArchiveSettings as Settings
from data.store.core.store import Store
from data.store.open import open_store
from tests.archived import START, archived_home, exchange
from tests.feeds.sample_store import make_release

TOLD: dict[str, Any] = {
    "title": "Press",
    "software": "Us",
    "parts_of": lambda _: (),
    "on_progress": print,
}
"""What writers of exports are told besides."""


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("home")


@pytest.fixture(scope="module")
def store(home: Path) -> Iterator[Store]:
    with archived_home(home) as opened:
        yield opened


def wacz(store: Store, home: Path, to: Path, choice: Choice) -> Exported:
    return write_wacz(store, home / "archive", to, choice, **TOLD)


def kind_of(record: WarcRecord) -> str:
    return str(record.headers["WARC-Type"])


def kinds(warc: bytes) -> list[str]:
    """The kinds of the records in a WARC file."""
    return [kind_of(record) for record in ArchiveIterator(io.BytesIO(warc))]


def test_a_wacz_describes_all_that_is_in_it(store: Store, home: Path, tmp_path: Path) -> None:
    to = tmp_path / "all.wacz"
    made = wacz(store, home, to, Choice())
    assert (made.releases, made.pages, made.records, made.damaged) == (4, 4, 13, ())
    with zipfile.ZipFile(to) as package:
        assert package.testzip() is None
        described = json.loads(package.read("datapackage.json"))
        assert described["profile"] == "data-package"
        assert described["wacz_version"] == "1.1.1"
        for one in described["resources"]:
            content = package.read(one["path"])
            assert one["hash"] == f"sha256:{hashlib.sha256(content).hexdigest()}"
            assert one["bytes"] == len(content)
        assert {one["path"] for one in described["resources"]} | {
            "datapackage.json",
            "datapackage-digest.json",
        } == set(package.namelist())
        digest = json.loads(package.read("datapackage-digest.json"))
        body = package.read("datapackage.json")
        assert digest == {
            "path": "datapackage.json",
            "hash": f"sha256:{hashlib.sha256(body).hexdigest()}",
        }
        (warc,) = (name for name in package.namelist() if name.startswith("archive/"))
        assert package.getinfo(warc).compress_type == zipfile.ZIP_STORED
        open_file = home / "archive" / (warc.removeprefix("archive/") + ".open")
        assert package.read(warc) == open_file.read_bytes()


def test_a_reader_without_local_headers_finds_each_file_of_a_wacz(
    store: Store, home: Path, tmp_path: Path
) -> None:
    """ReplayWeb.page reads a local header only if the central directory has extra fields."""
    to = tmp_path / "all.wacz"
    wacz(store, home, to, Choice())
    content = to.read_bytes()
    with zipfile.ZipFile(to) as package:
        for info in package.infolist():
            local = int.from_bytes(content[info.header_offset + 28 :][:2], "little")
            assert local == 0 or info.extra


def test_the_index_of_a_wacz_locates_each_record(store: Store, home: Path, tmp_path: Path) -> None:
    to = tmp_path / "some.wacz"
    wacz(store, home, to, Choice("wire"))
    with zipfile.ZipFile(to) as package:
        lines = package.read("indexes/index.cdx").decode().splitlines()
        assert lines == sorted(lines)
        (line,) = lines
        key, time, rest = line.split(" ", 2)
        told = json.loads(rest)
        assert key == "example,wire)/news/3"
        assert time == "20221127080000"
        warc = package.read(f"archive/{told['filename']}")
        start, length = int(told["offset"]), int(told["length"])
        block = gzip.decompress(warc[start : start + length])
        assert b"WARC-Type: response" in block
        assert kinds(warc) == ["warcinfo", "request", "response"]


def test_pages_are_the_releases_with_their_text(store: Store, home: Path, tmp_path: Path) -> None:
    to = tmp_path / "all.wacz"
    wacz(store, home, to, Choice())
    with zipfile.ZipFile(to) as package:
        head, *lines = map(json.loads, package.read("pages/pages.jsonl").splitlines())
    assert head["format"] == "json-pages-1.0"
    edited = lines[0]
    assert edited["url"] == "https://acme.example/news/0"
    assert edited["ts"] == "2022-12-14T08:00:00Z"
    assert (edited["title"], edited["text"]) == ("Corrected", "It was wrong.")


def test_a_choice_includes_files_and_the_originals_of_repeated_payloads(
    store: Store, home: Path, tmp_path: Path
) -> None:
    to = tmp_path / "some.wacz"
    made = wacz(store, home, to, Choice("acme"))
    assert (made.releases, made.pages, made.records) == (3, 3, 11)
    day = min(one.published.day for one in store.by_first_seen("acme"))
    made = wacz(store, home, tmp_path / "a", Choice(until=day))
    assert made.releases >= 1
    none = wacz(store, home, tmp_path / "b", Choice("nobody"))
    assert (none.releases, none.records) == (0, 0)


def test_a_repeated_payload_is_exported_with_its_original_record(tmp_path: Path) -> None:
    archive = Archive(tmp_path / "archive", Settings())
    store = open_store(f"sqlite:{tmp_path / 'communique.db'}")
    for number, source in enumerate(("acme", "wire")):
        store.register(Source(source, source, f"https://{source}.example/", "Asia/Baku"))
        release = make_release(number, source)
        capture = archive.exchange(exchange(release.url, b"<p>The same.</p>", START))
        draft = Draft(source, release.url, release.content, capture=capture)
        store.record(draft, seen=START, since=START)
    archive.close()
    to = tmp_path / "wire.wacz"
    wacz(store, tmp_path, to, Choice("wire"))
    store.close()
    with zipfile.ZipFile(to) as package:
        lines = package.read("indexes/index.cdx").decode().splitlines()
    assert [json.loads(line.split(" ", 2)[2])["mime"] for line in lines] == [
        "text/html",
        "warc/revisit",
    ]


def test_damage_is_skipped_and_reported_except_for_the_current_record(tmp_path: Path) -> None:
    with archived_home(tmp_path) as store:
        (file,) = (tmp_path / "archive").glob("*.warc.gz.open")
        whole = bytearray(file.read_bytes())
        file.write_bytes(whole + whole[:300])
        assert wacz(store, tmp_path, tmp_path / "a", Choice()).damaged == ()
        capture = next(store.captured())
        whole[capture.offset + capture.length // 2] ^= 1
        file.write_bytes(whole)
        made = wacz(store, tmp_path, tmp_path / "b", Choice())
        assert [one.offset for one in made.damaged] == [capture.offset]
        assert made.records == 12


def test_a_bag_has_a_digest_of_every_file(store: Store, home: Path, tmp_path: Path) -> None:
    to = tmp_path / "bag"
    made = write_bag(store, home / "archive", to, Choice(), **TOLD)
    assert (made.releases, made.records) == (4, 13)
    assert (to / "bagit.txt").read_text().startswith("BagIt-Version: 1.0\n")
    lines = (to / "manifest-sha256.txt").read_text().splitlines()
    manifest = {line[66:]: line[:64] for line in lines}
    payload = {
        path.relative_to(to).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in (to / "data").rglob("*")
        if path.is_file()
    }
    assert manifest == payload
    assert {"data/releases.jsonl", "data/log/checkpoint"} <= set(payload)
    assert not any("pending" in name or "lock" in name for name in payload)
    size = sum(path.stat().st_size for path in (to / "data").rglob("*") if path.is_file())
    assert f"Payload-Oxum: {size}.{len(payload)}\n" in (to / "bag-info.txt").read_text()
    assert len((to / "data" / "releases.jsonl").read_text().splitlines()) == 4


def test_a_database_answers_the_questions_of_an_archivist(store: Store, tmp_path: Path) -> None:
    to = tmp_path / "press.db"
    steps: list[tuple[int, int]] = []
    made = write_sqlite(store, to, Choice(), on_progress=lambda *step: steps.append(step))
    assert made.releases == 4
    assert steps[-1] == (4, 4)

    def ask(sql: str, of: Path = to) -> list[Any]:
        with closing(sqlite3.connect(of)) as db:
            return db.execute(sql).fetchall()

    assert ask("PRAGMA integrity_check") == [("ok",)]
    assert ask("PRAGMA foreign_key_check") == []
    found = "SELECT r.title FROM releases r JOIN releases_fts f ON f.rowid = r.rowid"
    assert ask(f"{found} WHERE releases_fts MATCH 'quay' AND source = 'wire'") == [("Statement 3",)]
    assert ask("SELECT number, title FROM revisions WHERE number = 2") == [(2, "Corrected")]
    versions = "SELECT c.file <> '', at FROM revisions JOIN captures c ON capture = record_id"
    assert len(ask(versions)) == 5
    assert ask("SELECT url FROM media WHERE capture IS NOT NULL") == [
        ("https://acme.example/0.pdf",)
    ]
    one = tmp_path / "one.db"
    write_sqlite(store, one, Choice("wire"), on_progress=print)
    assert ask("SELECT id FROM sources", one) == [("wire",)]


def test_a_database_that_cannot_be_written_is_one_sentence(store: Store, tmp_path: Path) -> None:
    with pytest.raises(CopyError, match="could not be written"):
        write_sqlite(store, tmp_path / "nowhere" / "x", Choice(), on_progress=print)


def test_a_failed_copy_leaves_nothing_and_the_next_one_starts_from_scratch(tmp_path: Path) -> None:
    to = tmp_path / "copy"

    def fail() -> None:
        with destination(to) as temporary:
            temporary.mkdir()
            (temporary / "half").write_text("half")
            raise LookupError

    with pytest.raises(LookupError):
        fail()
    assert list(tmp_path.iterdir()) == []
    left = tmp_path / ".copy.part"
    (left / "copy" / "half").mkdir(parents=True)
    (left / "lines").write_text("of a process that was killed")
    with destination(to) as temporary:
        assert list(left.iterdir()) == []
        temporary.write_text("whole")
        assert not to.exists()
    assert to.read_text() == "whole"
    assert list(tmp_path.iterdir()) == [to]


def test_files_added_by_others_in_between_stay(tmp_path: Path) -> None:
    to = tmp_path / "copy"

    def write() -> None:
        with destination(to) as temporary:
            temporary.write_text("ours")
            to.write_text("theirs")

    with pytest.raises(DestinationError, match="already exists"):
        write()
    assert to.read_text() == "theirs"
    assert list(tmp_path.iterdir()) == [to]


def test_a_link_to_a_folder_elsewhere_is_not_cleared(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "kept").touch()
    (tmp_path / ".copy.part").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(OSError, match=r"\.part"), destination(tmp_path / "copy"):
        pass
    assert (tmp_path / "elsewhere" / "kept").exists()


def test_a_copy_replaces_nothing_and_two_do_not_write_at_once(tmp_path: Path) -> None:
    to = tmp_path / "copy"
    to.write_text("mine")
    with pytest.raises(DestinationError, match="already exists"), destination(to):
        pass
    assert to.read_text() == "mine"
    with pytest.raises(DestinationError, match="does not exist"), destination(tmp_path / "a" / "b"):
        pass
    other = tmp_path / "other"
    with destination(other) as temporary:
        temporary.write_text("first")
        refused: list[str] = []

        def second() -> None:
            try:
                with destination(other):
                    pass
            except DestinationError as error:
                refused.append(str(error))

        thread = threading.Thread(target=second)
        thread.start()
        thread.join()
        assert "another process" in refused[0]
    assert other.read_text() == "first"
