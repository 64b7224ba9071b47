"""Listings whose next pages are requested by POST are collected, archived and replayed."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from data.archive.warc.archive_record import ArchiveRecord
from data.archive.warc.cdxj import read_entries
from data.archive.warc.index import Index
from data.archive.warc.reader import read_file
from data.archive.warc.warc_file import cdxj_path, own_files
from data.settings import SiteSettings
from data.text.source_secrets import Secrets
from feeds.replay.captured_pages import CapturedPages
from feeds.replay.captured_response import Restrictions
from spiders.sources.source_file import SourceFile
from spiders.stored.stored_pages import ArchivedListings, PageCaptures
from tests.command import collect, communique, make_home
from tests.posting_room import PostingRoom, button_html, button_page, posting_room

OPEN = Restrictions(Secrets(()), lambda _: False, lambda *_: False)
"""Nothing is withheld."""


@pytest.fixture
def room() -> Iterator[PostingRoom]:
    with posting_room(PostingRoom(12)) as room:
        yield room


@pytest.fixture
def home(room: PostingRoom, tmp_path: Path) -> Path:
    return make_home(tmp_path / "home", f"{room.base}/news/")


def records(home: Path) -> list[ArchiveRecord]:
    files = own_files(home / "archive")
    return [one for path in files for one in read_file(path) if isinstance(one, ArchiveRecord)]


@pytest.mark.thorough
def test_a_listing_is_walked_to_its_end_by_postbacks(room: PostingRoom, home: Path) -> None:
    run = collect(home)
    assert (run["new"], run["history"], run["errors"]) == (12, "complete", [])
    assert room.posts == [200, 200, 200]
    assert all("ctl00$mail" not in sent and "ctl00$subscribe" not in sent for sent in room.sent)
    again = collect(home)
    assert (again["new"], again["history"]) == (0, "complete")
    assert len(room.posts) == 3


@pytest.mark.thorough
def test_new_releases_that_fill_the_first_page_are_followed_by_postbacks(
    room: PostingRoom, home: Path
) -> None:
    collect(home)
    room.count = 17
    assert (collect(home)["new"], len(room.posts)) == (5, 5)


@pytest.mark.thorough
def test_a_form_with_a_token_of_the_session_is_followed(tmp_path: Path) -> None:
    room = PostingRoom(8, html=button_html, page_of=button_page, needs_cookie=True)
    with posting_room(room):
        home = make_home(tmp_path / "home", f"{room.base}/news/")
        run = collect(home)
    assert (run["new"], run["history"], run["errors"]) == (8, "complete", [])
    # The token is in no address and in no request that the archive holds.
    lines = b"".join(cdxj_path(path).read_bytes() for path in own_files(home / "archive"))
    assert b"t0ken-77" not in lines
    requests = [one.block for one in records(home) if one.kind == "request"]
    assert any(b"start=3" in block for block in requests)
    assert not any(b"t0ken-77" in block for block in requests)


@pytest.mark.thorough
def test_an_interrupted_walk_continues_and_ends(room: PostingRoom, home: Path) -> None:
    with (home / "communique.toml").open("a") as file:
        file.write("max_pages = 2\n")
    runs = [collect(home) for _ in range(4)]
    assert runs[0]["history"] == "walking"
    assert runs[-1]["history"] == "complete"
    assert sum(run["new"] for run in runs) == 12
    assert all(status == 200 for status in room.posts)


@pytest.mark.thorough
def test_a_postback_that_returns_the_same_page_ends(room: PostingRoom, home: Path) -> None:
    room.stuck = 1
    run = collect(home)
    assert (run["new"], run["history"]) == (3, "bounded")
    assert len(room.posts) <= 4


def test_robots_txt_holds_for_a_postback(room: PostingRoom, home: Path) -> None:
    room.robots = "User-agent: *\nDisallow: /news/all\n"
    room.action = "/news/all"
    run = collect(home)
    assert (run["new"], room.posts) == (3, [])
    assert run["history"] != "complete"
    assert any(error["kind"] == "robots" for error in run["errors"])


@pytest.mark.thorough
def test_a_page_by_post_is_archived_with_its_request_and_verified(
    room: PostingRoom, home: Path
) -> None:
    collect(home)
    found = records(home)
    posted = [one for one in found if one.field("Communique-Posted")]
    assert len(posted) == 3
    by_id = {one.field("WARC-Concurrent-To").strip("<>"): one for one in found}
    for one in posted:
        assert one.uri == f"{room.base}/news/"
        head, _, body = by_id[one.record_id].block.partition(b"\r\n\r\n")
        assert head.startswith(b"POST /news/ HTTP/1.1")
        assert b"__EVENTARGUMENT=Page%24" in body
    entries = [
        entry for path in own_files(home / "archive") for entry, _ in read_entries(cdxj_path(path))
    ]
    keys = {one.address for one in entries if one.posted}
    assert len(keys) == 3
    assert all("__wb_method=POST" in key and "Page%24" in key and len(key) < 600 for key in keys)
    verified = communique("mirror", "verify", "--json", home=home)
    assert verified.returncode == 0, verified.stdout + verified.stderr
    for form in ("wacz", "bagit"):
        out = str(home / f"out.{form}")
        exported = communique("mirror", "export", "--format", form, "--to", out, home=home)
        assert exported.returncode == 0, exported.stderr


@pytest.mark.thorough
def test_a_page_by_post_is_replayed_at_its_own_address(room: PostingRoom, home: Path) -> None:
    collect(home)
    front = f"{room.base}/news/"
    entries = [
        entry for path in own_files(home / "archive") for entry, _ in read_entries(cdxj_path(path))
    ]
    third = next(one.address for one in entries if "Page%243" in one.posted)
    with closing(CapturedPages(home / "archive", SiteSettings())) as pages:
        for address, listed in ((front, "Notice 12"), (third, "Notice 6")):
            gate = pages.answer(address, None, OPEN)
            assert gate
            location = dict(gate.headers)["location"].partition("/memento/")[2]
            shown = pages.answer(location, None, OPEN)
            assert shown
            assert listed.encode() in shown.body
            timemap = pages.answer(f"timemap/{address}", None, OPEN)
            assert timemap
            assert timemap.body.count(b"memento") < 8


@pytest.mark.thorough
def test_a_rebuilt_store_finds_releases_on_listing_pages_requested_by_post(
    room: PostingRoom, home: Path
) -> None:
    collect(home)
    with closing(Index(home / "archive")) as index:
        captures = PageCaptures(home / "archive", index, 1_000_000)
        file = SourceFile(name="Harbour", url=f"{room.base}/news/", timezone="Europe/Oslo")
        listings = ArchivedListings(file, report_error=lambda *_: None)
        listings.read(captures.answers)
    assert len(listings.items) == 12
