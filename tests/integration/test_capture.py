"""What a visit is answered is in the archive as it was served, and releases point to it."""

from __future__ import annotations

import gzip
import json
import random
import shutil
import signal
import sqlite3
import subprocess
import threading
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import closing
from dataclasses import replace
from http import HTTPStatus
from pathlib import Path
from typing import Any

import brotli
import pytest

from data.archive.log.tree_log import log_of
from data.archive.warc.archive_record import ArchiveRecord
from data.archive.warc.reader import read_file, read_record
from data.archive.warc.warc_file import own_files, take_over
from data.models import Capture, Facet, Release
from data.store.sqlite.store import SqliteStore
from tests.command import COMMUNIQUE, SETTINGS, collect, communique, make_home
from tests.examples import thorough
from tests.fork_server import forking_python
from tests.press_room import Answer, Room, listing_html, release_html, served
from tests.raw_server import plain, serving
from tests.spiders.attachments.made_files import docx

HOP = "/news/2-old.html"
"""An address that leads to another."""


@pytest.fixture
def room() -> Iterator[Room]:
    """A press room of two releases, the second of which is a redirect away."""
    with served() as room:
        page = listing_html([1, 2]).replace("/news/2.html", HOP).encode()
        room.answers["/news/"] = Answer(page, headers={"Set-Cookie": "visitor=abc123"})
        room.page("/news/1.html", release_html(1))
        room.page("/news/2.html", release_html(2))
        place = room.base.replace("://", "://odile:tide@") + "/news/2.html"
        room.answers[HOP] = Answer(status=302, headers={"Location": place}, etag=False)
        yield room


@pytest.fixture
def home(tmp_path: Path, room: Room) -> Path:
    """A HOME that visited it once."""
    home = make_home(tmp_path / "home", f"{room.base}/news/")
    run = collect(home)
    assert (run["new"], run["errors"]) == (2, [])
    return home


def records(home: Path) -> list[ArchiveRecord]:
    """All records of the archive of a HOME, in the order in which they were made."""
    found = [one for path in own_files(home / "archive") for one in read_file(path)]
    assert all(isinstance(one, ArchiveRecord) for one in found)
    return sorted((one for one in found if isinstance(one, ArchiveRecord)), key=lambda one: one.at)


def answers(home: Path, path: str) -> list[ArchiveRecord]:
    """The answers that were archived of an address, in their order."""
    kinds = {"response", "revisit"}
    return [one for one in records(home) if one.kind in kinds and one.uri.endswith(path)]


def stored(home: Path, path: str) -> tuple[Release, list[Capture], Capture | None, Capture | None]:
    """A release by its address, the captures of its versions, of its last sight, of its absence."""
    store = SqliteStore(home / "communique.db")
    (release,) = (one for one in store.releases(Facet()) if one.url.endswith(path))
    found = store.sightings(release.id)
    store.close()
    return release, [*found.versions.values()], found.seen, found.gone


def read(home: Path, capture: Capture | None) -> ArchiveRecord:
    """The record that a capture points to."""
    assert capture is not None
    found = read_record(home / "archive", capture.file, capture.offset)
    assert (found.record_id, found.length, found.at) == (
        capture.record_id,
        capture.length,
        capture.at,
    )
    return found


def test_a_page_is_archived_as_served_and_its_release_bears_the_time_of_the_capture(
    home: Path, room: Room
) -> None:
    release, versions, seen, gone = stored(home, "/news/1.html")
    (first,) = versions
    record = read(home, first)
    assert record.http.payload == room.answers["/news/1.html"].body
    assert record.http.status == HTTPStatus.OK
    assert record.field("WARC-IP-Address") == "127.0.0.1"
    assert (seen, gone) == (first, None)
    assert release.first_seen == release.updated == release.last_seen == first.at
    (robots,) = answers(home, "/robots.txt")
    assert robots.http.status == HTTPStatus.NOT_FOUND


@pytest.mark.thorough
def test_a_304_and_repeated_bytes_refer_to_the_earlier_response(home: Path, room: Room) -> None:
    room.answers["/news/2.html"] = replace(room.answers["/news/2.html"], tag='"another"')
    collect(home)
    release, (first,), seen, _ = stored(home, "/news/1.html")
    unchanged = read(home, seen)
    assert unchanged.http.status == HTTPStatus.NOT_MODIFIED
    assert unchanged.field("WARC-Profile").endswith("/server-not-modified")
    assert unchanged.field("WARC-Refers-To") == f"<{first.record_id}>"
    assert release.first_seen == first.at < release.last_seen == unchanged.at
    _, (first,), seen, _ = stored(home, "/news/2.html")
    again = read(home, seen)
    assert again.http.status == HTTPStatus.OK
    assert again.field("WARC-Profile").endswith("/identical-payload-digest")
    assert again.field("WARC-Payload-Digest") == first.digest


@pytest.mark.thorough
def test_an_edit_points_to_the_capture_that_showed_it(home: Path, room: Room) -> None:
    room.page("/news/1.html", release_html(1, text="<p>Pier 1 is closed all winter long.</p>"))
    collect(home)
    release, (first, second), seen, _ = stored(home, "/news/1.html")
    assert b"closed all winter" in read(home, second).http.payload
    assert b"closed all winter" not in read(home, first).http.payload
    assert (release.capture, seen, release.updated) == (second, second, second.at)
    told = communique("show", "--diff", "--json", release.id, home=home)
    (edit,) = json.loads(told.stdout)["edits"]
    assert edit["captures"]["before"]["record_id"] == first.record_id
    assert edit["captures"]["after"]["record_id"] == second.record_id
    for view in ("--diff", "--provenance"):
        text = communique("show", view, release.id, home=home).stdout
        assert f"{second.record_id} at byte {second.offset} of {second.file}" in text


@pytest.mark.thorough
def test_a_retraction_points_to_the_404_that_confirmed_it(home: Path, room: Room) -> None:
    room.page("/news/", listing_html([2]).replace("/news/2.html", HOP))
    del room.answers["/news/1.html"]
    collect(home)
    first = stored(home, "/news/1.html")[3]
    run = collect(home)
    assert run["retracted"] == 1
    release, _, _, gone = stored(home, "/news/1.html")
    record = read(home, gone)
    assert record.http.status == HTTPStatus.NOT_FOUND
    assert gone != first
    assert release.retracted == release.updated == record.at
    assert answers(home, "/news/1.html")[-1].record_id == record.record_id
    communique("publish", home=home)
    (item,) = json.loads((home / "site/feeds/retractions.json").read_bytes())["items"]
    assert item["_communique"]["capture"].endswith(f"/releases/{release.id}/capture/")
    page = (home / "site" / "releases" / release.id / "capture" / "index.html").read_text()
    assert record.record_id in page


def test_each_hop_is_archived_and_no_user_password_or_cookie_of_a_request(
    home: Path, room: Room
) -> None:
    (hop,) = answers(home, HOP)
    assert hop.http.status == HTTPStatus.FOUND
    (page,) = answers(home, "/news/2.html")
    assert page.uri == f"{room.base}/news/2.html"
    assert room.sent == {"visitor=abc123"}
    asked = [one for one in records(home) if one.kind == "request"]
    assert Counter(one.uri for one in asked) == Counter(
        f"{room.base}{path}" for path, _ in room.log
    )
    for one in asked:
        assert one.http.header(b"host") == room.base.removeprefix("http://").encode()
        assert one.http.header(b"user-agent")
        for secret in (b"cookie", b"authorization", b"visitor", b"tide"):
            assert secret not in one.block.lower()
    assert not [one for one in records(home) if "tide" in one.uri]


@pytest.mark.parametrize("coding", ["gzip", "br"])
def test_a_compressed_body_is_archived_byte_for_byte(tmp_path: Path, coding: str) -> None:
    page = release_html(1).encode()
    body = gzip.compress(page, mtime=0) if coding == "gzip" else brotli.compress(page)
    with served() as room:
        room.page("/news/", listing_html([1]))
        room.answers["/news/1.html"] = Answer(body, headers={"Content-Encoding": coding})
        home = make_home(tmp_path / "home", f"{room.base}/news/")
        assert collect(home)["new"] == 1
    record = read(home, stored(home, "/news/1.html")[2])
    assert record.http.payload == body
    assert record.http.header(b"content-encoding") == coding.encode()


def test_a_body_that_is_too_long_is_archived_up_to_the_limit(tmp_path: Path) -> None:
    long = release_html(1).encode() + b"<p>on</p>" * 20_000

    def answering(path: str) -> Iterable[bytes]:
        if path == "/news/":
            return plain(listing_html([1, 2]).encode())
        if path == "/news/1.html":
            return plain(long)
        if path == "/news/2.html":
            chunk = b"%x\r\n%s\r\n" % (len(long), long)
            head = (
                b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nTransfer-Encoding: chunked\r\n\r\n"
            )
            return (head, chunk, b"0\r\n\r\n")
        return plain(b"User-agent: *\nAllow: /\n")

    with serving(answering) as base:
        home = make_home(tmp_path / "home", f"{base}/news/")
        (home / "communique.toml").write_text(
            SETTINGS.replace("\n\n", "\nmax_bytes = 50000\n\n", 1)
        )
        run = collect(home)
    assert {error["kind"] for error in run["errors"]} == {"size"}
    (told,) = answers(home, "/news/1.html")
    (chunked,) = answers(home, "/news/2.html")
    assert (told.field("WARC-Truncated"), told.http.payload) == ("length", b"")
    assert (chunked.field("WARC-Truncated"), chunked.http.payload) == ("length", long[:50_000])


@pytest.mark.thorough
def test_attachments_are_archived_once_after_the_releases_and_images_if_configured(
    tmp_path: Path,
) -> None:
    said = "The pilots asked for a second lamp on the northern mole. " * 5
    text = (
        f'<p>{said}</p><p><img src="/files/lamp.jpg" alt="A lamp" width="900"></p><p>{said}</p>'
        '<p><a href="/files/a.pdf">Chart</a> <a href="/files/lost.pdf">Lost</a></p>'
    )
    with served() as room:
        room.page("/news/", listing_html([1]))
        room.page("/news/1.html", release_html(1, text=text))
        room.answers["/files/a.pdf"] = Answer(b"%PDF-1.4 chart", content_type="application/pdf")
        room.answers["/files/lamp.jpg"] = Answer(b"\xff\xd8lamp", content_type="image/jpeg")
        home = make_home(tmp_path / "home", f"{room.base}/news/")
        # Without requisites, images of pages are archived only if the source wants all files.
        (home / "communique.toml").write_text(f'{SETTINGS}[archive]\nrequisites = "none"\n')
        run = collect(home)
        assert [error["kind"] for error in run["errors"]] == ["file:404"]
        health = communique("health", "--json", home=home)
        assert json.loads(health.stdout)["sources"][0]["state"] == "ok"
        collect(home)
        assert room.statuses("/files/a.pdf") == [HTTPStatus.OK]
        assert room.statuses("/files/lamp.jpg") == []
        assert room.log.index(("/files/a.pdf", HTTPStatus.OK)) > room.log.index(
            ("/news/1.html", HTTPStatus.OK)
        )
        every = make_home(tmp_path / "every", f"{room.base}/news/", archive='"all"')
        collect(every)
        none = make_home(tmp_path / "none", f"{room.base}/news/", archive='"none"')
        collect(none)
        assert room.statuses("/files/a.pdf") == [HTTPStatus.OK] * 2
        assert room.statuses("/files/lamp.jpg") == [HTTPStatus.OK]
    (record,) = answers(home, "/files/a.pdf")
    assert record.http.payload == b"%PDF-1.4 chart"
    told = communique("show", "--provenance", "--json", f"{room.base}/news/1.html", home=home)
    files = json.loads(told.stdout)["files"]
    assert files[f"{room.base}/files/a.pdf"]["record_id"] == record.record_id


def test_the_text_of_an_attachment_is_found_with_its_page_and_a_replaced_file_is_an_edit(
    tmp_path: Path,
) -> None:
    said = "The pilots asked for a second lamp on the northern mole. " * 5
    text = f'<p>{said}</p><p><a href="/files/minutes.pdf">Minutes</a></p>'
    first, second = (
        docx(["The lamp is lit", f"Dredging costs {crowns} crowns"]) for crowns in (12500, 13900)
    )
    with served() as room:
        room.page("/news/", listing_html([1]))
        room.page("/news/1.html", release_html(1, text=text))
        room.answers["/files/minutes.pdf"] = Answer(first, content_type="application/pdf")
        home = make_home(tmp_path / "home", f"{room.base}/news/")
        collect(home)
        (found,) = search(home, "dredging 12500")
        assert (found["revision"], found["file"]["kind"], found["file"]["page"]) == (1, "docx", 2)
        assert "12500 crowns" in found["file"]["passage"]
        # The file is due again after a day. The same file is not sent again.
        for sent, answered in ((first, 304), (second, 200)):
            room.answers["/files/minutes.pdf"] = Answer(sent, content_type="application/pdf")
            with closing(sqlite3.connect(home / "communique.db")) as db, db:
                db.execute("UPDATE files SET asked = 1")
            collect(home)
            assert room.statuses("/files/minutes.pdf")[-1] == answered
        (found,) = search(home, "dredging 13900")
        assert (found["revision"], search(home, "12500")) == (2, [])
    told = communique("show", "--diff", "--json", found["id"][:8], home=home)
    changed = json.loads(told.stdout)
    assert "[-12500-]{+13900+}" in json.dumps(changed)
    file = f"{room.base}/files/minutes.pdf"
    assert communique("mirror", "redact", file, "--why", "a court order", home=home).returncode == 0
    assert search(home, "13900") == []
    with closing(sqlite3.connect(home / "communique.db")) as db:
        assert db.execute("SELECT * FROM file_texts").fetchall() == []


def search(home: Path, query: str) -> list[dict[str, Any]]:
    """The releases that a search finds."""
    told = communique("search", "--json", query, home=home)
    found: list[dict[str, Any]] = json.loads(told.stdout)["releases"]
    return found


@pytest.mark.thorough
def test_a_site_gets_no_more_requests_than_without_the_archive(tmp_path: Path, room: Room) -> None:
    asked = []
    for name, switch in (("on", "true"), ("off", "false")):
        home = make_home(tmp_path / name, f"{room.base}/news/")
        (home / "communique.toml").write_text(f"{SETTINGS}\n[archive]\nenabled = {switch}\n")
        for _ in range(2):
            collect(home)
        asked.append(Counter(room.log))
        room.log.clear()
    assert asked[0] == asked[1]
    assert not (tmp_path / "off" / "archive").exists()
    told = communique("export", "--json", home=tmp_path / "off")
    lines = [json.loads(line) for line in told.stdout.splitlines()]
    assert [one["provenance"]["capture"] for one in lines] == [None, None]


def broken(home: Path) -> None:
    """An archive that nothing can be written to, whoever asks."""
    (home / "archive").write_text("no folder")


def full(home: Path) -> None:
    """An archive whose budget is used up."""
    (home / "communique.toml").write_text(f"{SETTINGS}\n[archive]\nbudget = 1\n")


@pytest.mark.parametrize("fail", [broken, full])
def test_a_failing_archive_is_reported_by_run_and_health_and_collection_continues(
    tmp_path: Path, room: Room, fail: object
) -> None:
    home = make_home(tmp_path / "home", f"{room.base}/news/")
    assert callable(fail)
    fail(home)
    run = collect(home)
    assert run["new"] == 2
    assert {error["kind"] for error in run["errors"]} == {"archive"}
    health = communique("health", "--json", home=home)
    (source,) = json.loads(health.stdout)["sources"]
    assert source["state"] == "failing"
    assert source["code"] == "home.archive"
    assert stored(home, "/news/1.html")[2] is None
    assert collect(home, "--backfill")["unchanged"] >= 2


def collect_on(options: str, home: Path) -> dict[str, Any]:
    """The report of a visit whose archive lies on a disk of its own, of which a copy is kept."""
    script = (
        f'mount -t tmpfs -o {options} tmpfs "$0/archive" && "$@"; cp -r "$0/archive" "$0/copy/"'
    )
    asked = [*COMMUNIQUE, "collect", "--json", "--home", str(home)]
    (home / "archive").mkdir()
    done = subprocess.run(  # noqa: S603 - our own program
        ["unshare", "-rm", "sh", "-c", script, str(home), *asked],  # noqa: S607
        capture_output=True,
        text=True,
        check=False,
        timeout=110,
    )
    if "mount" in done.stderr:
        pytest.skip("no disk can be mounted here")
    (run,) = json.loads(done.stdout)["runs"]
    return dict(run)


@pytest.mark.thorough
@pytest.mark.skipif(shutil.which("unshare") is None, reason="no disk can be mounted here")
@pytest.mark.parametrize("options", ["size=400k", *thorough("ro")])
def test_a_full_disk_archives_whole_records_and_collecting_goes_on(
    tmp_path: Path, options: str
) -> None:
    with served() as room:
        room.page("/news/", listing_html([*range(1, 7)]))
        for number in range(1, 7):
            # What no compression makes small.
            noise = random.Random(number).randbytes(60_000).hex()
            room.page(f"/news/{number}.html", f"{release_html(number)}<!-- {noise} -->")
        home = make_home(tmp_path / "home", f"{room.base}/news/")
        (home / "copy").mkdir()
        run = collect_on(options, home)
    assert run["new"] == 6
    assert {error["kind"] for error in run["errors"]} == {"archive"}
    store = SqliteStore(home / "communique.db")
    captures = {*store.captured()}
    store.close()
    assert bool(captures) == (options != "ro")
    for one in captures:
        assert read_record(home / "copy" / "archive", one.file, one.offset).at == one.at


def test_a_crawl_that_is_stopped_seals_its_archive(tmp_path: Path, room: Room) -> None:
    release = room.answers["/news/1.html"]
    hold = threading.Event()
    room.answers["/news/1.html"] = replace(release, hold=hold)
    home = make_home(tmp_path / "home", f"{room.base}/news/")
    with subprocess.Popen(  # noqa: S603 - our own program
        [forking_python(), "-P", "-m", "scheduler.children.crawl"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as child:
        assert child.stdin is not None
        start = b'{"home": "%s"}\n{"source": "harbour"}\n' % str(home).encode()
        child.stdin.write(start)
        child.stdin.flush()
        room.wait_for("/news/1.html")
        child.send_signal(signal.SIGTERM)
        hold.set()
        child.communicate(timeout=60)
    checkpoint = log_of(home).checkpoint()
    assert checkpoint is not None
    assert checkpoint.size == len(records(home)) > 2
    assert not [path for path in own_files(home / "archive") if take_over(path) is None]
