"""Archive pages hold every release once, and a full page never gains or loses one."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Mapping
from dataclasses import replace
from itertools import chain
from pathlib import Path
from typing import Any

import pytest
from lxml import etree

from data.models import ChangeCursor, Facet, Release, ReleaseChange
from data.settings import SiteSettings
from feeds.formats.atom import XML_LANG
from feeds.publishing import event_documents
from feeds.publishing.publish import publish
from feeds.urls import EVENT_FEEDS, EventFeed
from tests.feeds.sample_store import ACME, WIRE, SampleStore, make_release, on_day

ATOM = "{http://www.w3.org/2005/Atom}"
SITE = SiteSettings(url="https://press.example", entries=4)


class Busy(SampleStore):
    """A store into which ``late`` comes while its changes are asked for, after its counts were."""

    late: Release | None = None

    def changes_since(
        self, since: ChangeCursor, *, limit: int
    ) -> Mapping[str, ReleaseChange] | None:
        """Tell changes, after ``late`` came."""
        if late := self.late:
            self.late = None
            self.put(late)
        return super().changes_since(since, limit=limit)


class Archive:
    """A site that is published again and again, and what a subscriber reads of it."""

    def __init__(self, folder: Path, *releases: Any) -> None:
        self.folder = folder / "site"
        self.kept = folder / "rendered.db"
        self.store = Busy(*releases)

    def publish(self, *, everything: bool = False) -> None:
        """Publish what changed, or everything."""
        done = publish(self.store, self.folder, SITE, all=everything, cache=self.kept)
        assert done.errors == ()

    def read(self, address: str) -> Any:
        """The root of one document."""
        return etree.parse(self.folder / address.removeprefix("https://press.example/")).getroot()

    def walk(self, stem: str = "feeds/all") -> list[list[str]]:
        """The titles of each document, from the newest back to the first release."""
        address: str | None = f"{stem}.atom"
        found = []
        while address:
            root = self.read(address)
            found.append([one.text for one in root.findall(f"{ATOM}entry/{ATOM}title")])
            links = {one.get("rel"): one.get("href") for one in root.findall(f"{ATOM}link")}
            address = links.get("prev-archive")
        return found

    def pages(self) -> dict[str, bytes]:
        """Every archive page."""
        return {str(path): path.read_bytes() for path in self.folder.rglob("page/*.atom")}


def titles(*numbers: int) -> list[str]:
    return [f"Statement {number}" for number in numbers]


def test_a_subscriber_can_walk_back_to_the_first_release(tmp_path: Path) -> None:
    archive = Archive(tmp_path, *(make_release(number) for number in range(11)))
    archive.publish()
    assert archive.walk() == [
        titles(10, 9, 8, 7, 6), titles(5, 4), titles(3, 2), titles(1, 0),
    ]  # fmt: skip


def test_pages_name_each_other_and_the_feed_in_every_format(tmp_path: Path) -> None:
    archive = Archive(tmp_path, *(make_release(number) for number in range(11)))
    archive.publish()
    root = archive.read("feeds/all/page/2.atom")
    links = {one.get("rel"): one.get("href") for one in root.findall(f"{ATOM}link")}
    assert links["self"] == "https://press.example/feeds/all/page/2.atom"
    assert links["prev-archive"] == "https://press.example/feeds/all/page/1.atom"
    assert links["next-archive"] == "https://press.example/feeds/all/page/3.atom"
    assert links["current"] == "https://press.example/feeds/all.atom"
    assert root.find("{http://purl.org/syndication/history/1.0}archive") is not None
    assert root.findtext(f"{ATOM}id") == archive.read("feeds/all.atom").findtext(f"{ATOM}id")
    rss = archive.read("feeds/all/page/2.rss")[0]
    assert rss.find("{http://purl.org/syndication/history/1.0}archive") is not None
    made = json.loads((archive.folder / "feeds/all.json").read_bytes())
    assert made["next_url"] == "https://press.example/feeds/all/page/3.json"


@pytest.mark.thorough
def test_full_archive_pages_keep_their_bytes_while_releases_are_added(tmp_path: Path) -> None:
    archive = Archive(tmp_path, *(make_release(number) for number in range(11)))
    archive.publish()
    before = archive.pages()
    last = max(path for path in before if "/all/" in path)
    for number in (20, 21, 22, -5, -6):
        archive.store.put(make_release(number))
        archive.publish()
    after = archive.pages()
    assert len(after) > len(before)
    changed = {path for path, content in before.items() if after[path] != content}
    # The last page of each feed learned what follows it; its entries are the same.
    assert last in changed
    assert all(
        content[content.index(b"<entry") :] == after[path][after[path].index(b"<entry") :]
        for path, content in before.items()
    )
    assert sorted(chain(*archive.walk())) == sorted(titles(*range(11), 20, 21, 22, -5, -6))


@pytest.mark.thorough
def test_an_old_release_found_during_publishing_is_archived_once(
    tmp_path: Path,
) -> None:
    archive = Archive(tmp_path, *(make_release(number) for number in range(0, 22, 2)))
    archive.publish()
    archive.store.late = make_release(13)
    archive.store.put(make_release(40))
    archive.publish()
    for number in (42, 44, 46):
        archive.store.put(make_release(number))
        archive.publish()
    found = sorted(chain(*archive.walk()))
    assert found == sorted(titles(*range(0, 22, 2), 13, 40, 42, 44, 46))


@pytest.mark.thorough
def test_full_rendering_leaves_every_page_unchanged(tmp_path: Path) -> None:
    archive = Archive(tmp_path, *(make_release(number) for number in range(9)))
    archive.publish()
    archive.store.put(make_release(-1))
    archive.publish()
    before = archive.pages()
    archive.publish(everything=True)
    assert archive.pages() == before


def test_an_edit_of_an_archived_release_is_published_again_in_the_feed(tmp_path: Path) -> None:
    archive = Archive(tmp_path, *(make_release(number) for number in range(11)))
    archive.publish()
    before = archive.pages()
    old = archive.store.stored(make_release(0).id)
    edited = replace(
        old,
        content=replace(old.content, title="Statement zero"),
        revision=2,
        updated=make_release(30).updated,
    )
    archive.store.put(edited)
    archive.publish()
    assert "Statement zero" in archive.walk()[0]
    assert archive.pages() == before
    ids = [one.text for one in archive.read("feeds/all.atom").findall(f"{ATOM}entry/{ATOM}id")]
    assert f"urn:uuid:{old.id}" in ids


@pytest.mark.thorough
def test_a_returned_archived_release_is_published_again_and_its_tombstone_removed(
    tmp_path: Path,
) -> None:
    archive = Archive(tmp_path, *(make_release(number) for number in range(11)))
    archive.publish()
    old = archive.store.stored(make_release(0).id)
    gone, back = make_release(30).updated, make_release(31).updated
    for changed in (replace(old, retracted=gone, updated=gone), replace(old, updated=back)):
        archive.store.put(changed)
        archive.publish()
        root = archive.read("feeds/all.atom")
        entry = root.find(f"{ATOM}entry[{ATOM}id='urn:uuid:{old.id}']")
        assert entry.findtext(f"{ATOM}updated") == changed.updated.isoformat()
        stones = root.findall("{http://purl.org/atompub/tombstones/1.0}deleted-entry")
        assert [one.get("when") for one in stones] == [gone.isoformat()] * bool(changed.retracted)
        assert ("Retracted" in entry.findtext(f"{ATOM}content")) == bool(changed.retracted)


def test_a_release_that_an_edit_files_under_another_topic_moves_there(tmp_path: Path) -> None:
    archive = Archive(tmp_path, *(make_release(number) for number in range(11)))
    archive.publish()
    for number in (0, 10):
        old = archive.store.stored(make_release(number).id)
        archive.store.put(replace(old, content=replace(old.content, topics=("energy",))))
    archive.publish()
    assert [*chain(*archive.walk("feeds/topic/energy"))] == titles(10, 0)
    assert titles(10)[0] not in archive.walk("feeds/topic/economy")[0]


def test_state_kept_between_runs_may_be_lost_or_broken(tmp_path: Path) -> None:
    archive = Archive(tmp_path, *(make_release(number) for number in range(9)))
    archive.publish()
    before = {path: path.read_bytes() for path in archive.folder.rglob("*.*")}
    for content in (None, b"no database" * 1000):
        archive.kept.unlink()
        if content:
            archive.kept.write_bytes(content)
        archive.publish()
        assert {path: path.read_bytes() for path in archive.folder.rglob("*.*")} == before


def test_another_name_of_a_source_or_topic_reaches_all_that_shows_it(tmp_path: Path) -> None:
    archive = Archive(tmp_path, make_release(1), make_release(2, "wire"))
    archive.publish()
    archive.store.register(replace(ACME, name="ACME Limited"))
    archive.store.label(economy="Economics")
    archive.publish()
    for file in ("feeds/all.atom", "feeds/topic/economy.rss", "opml.xml", "index.html"):
        text = (archive.folder / file).read_text("utf-8")
        assert "ACME Limited" in text or "Economics" in text, file
        assert "ACME Corporation" not in text, file
        assert ">Economy<" not in text, file


def test_retractions_leave_a_tombstone_and_are_reported(tmp_path: Path) -> None:
    gone = make_release(1, retracted=make_release(9).updated)
    archive = Archive(tmp_path, gone, make_release(2))
    archive.publish()
    stone = archive.read("feeds/all.atom").find(
        "{http://purl.org/atompub/tombstones/1.0}deleted-entry"
    )
    assert stone.get("ref") == f"urn:uuid:{gone.id}"
    assert stone.get("when") == "2022-11-24T17:00:00+00:00"
    assert archive.walk("feeds/retractions") == [["Retracted: Statement 1"]]


def test_a_reported_retraction_keeps_its_time(tmp_path: Path) -> None:
    archive = Archive(tmp_path, make_release(1, retracted=make_release(9).updated))
    archive.publish()
    told = [
        json.loads((archive.folder / f"feeds/{name}.json").read_bytes())["items"][0]["_communique"]
        for name in ("retractions", "all")
    ]
    assert [one["retracted"] for one in told] == ["2022-11-24T17:00:00+00:00"] * 2
    assert archive.read("feeds/retractions.atom").find("{*}deleted-entry") is None


@pytest.mark.parametrize("name", sorted(EVENT_FEEDS))
def test_a_feed_about_releases_links_to_the_page_with_the_same_content(
    tmp_path: Path, name: EventFeed
) -> None:
    archive = Archive(tmp_path, make_release(1))
    archive.publish()
    folder = "changes" if name == "silent-edits" else name
    page = f"https://press.example/{folder}/"
    assert json.loads((archive.folder / f"feeds/{name}.json").read_bytes())["home_page_url"] == page
    links = archive.read(f"feeds/{name}.atom").findall(f"{ATOM}link[@rel='alternate']")
    assert page in [link.get("href") for link in links]
    assert (archive.folder / folder / "index.html").is_file()


def test_edits_are_reported_with_their_difference(tmp_path: Path) -> None:
    archive = Archive(tmp_path, make_release(1))
    archive.publish()
    text = "All that statement 1 says today."
    archive.store.put(make_release(1, body_text=text, revision=2, updated=make_release(9).updated))
    archive.publish()
    assert archive.walk("feeds/changes") == [["Corrected: Statement 1"]]
    entry = archive.read("feeds/changes.atom").find(f"{ATOM}entry")
    content = entry.findtext(f"{ATOM}content")
    assert "says<ins> today</ins>" in content
    assert entry.findtext(f"{ATOM}summary") == "All that statement 1 says{+ today+}."
    page = f"releases/{make_release(1).id}/revisions/2/"
    assert entry.find(f"{ATOM}link").get("href") == f"https://press.example/{page}"
    shown = (archive.folder / page / "index.html").read_text("utf-8")
    assert "says<ins> today</ins>" in shown
    edited = archive.read("feeds/all.atom").find(f"{ATOM}entry/{ATOM}content").text
    assert f"https://press.example/{page}" in edited


def test_our_words_about_releases_are_marked_as_ours_and_theirs_as_theirs(
    tmp_path: Path,
) -> None:
    edited = make_release(1, language="ar", title="بيان الميناء")
    gone = make_release(2, language="az-Latn", retracted=make_release(9).updated)
    archive = Archive(tmp_path, edited, gone)
    archive.publish()
    later = make_release(9).updated
    archive.store.put(
        make_release(
            1, language="ar", title="بيان الميناء", body_text="نص", revision=2, updated=later
        )
    )
    archive.publish()
    for name in ("changes", "retractions", "health"):
        head = archive.read(f"feeds/{name}.rss").find("channel")
        assert head.findtext("language") == "en"
    entry = archive.read("feeds/changes.atom").find(f"{ATOM}entry")
    assert entry.get(XML_LANG) == "en"
    content = entry.findtext(f"{ATOM}content")
    assert content.startswith('<p>ACME Corporation changed <span lang="ar" dir="rtl"><a href=')
    assert '<div lang="ar" dir="rtl">' in content
    entry = archive.read("feeds/retractions.atom").find(f"{ATOM}entry")
    assert entry.get(XML_LANG) == "en"
    assert 'removed <span lang="az-Latn" dir="ltr"><a href=' in entry.findtext(f"{ATOM}content")


def test_days_are_reported_once_they_are_over_and_never_change(tmp_path: Path) -> None:
    archive = Archive(tmp_path, make_release(1), make_release(2))
    archive.publish()
    assert archive.walk("feeds/days") == [["24 November 2022: 2 releases"]]
    before = (archive.folder / "feeds/days.atom").read_bytes()
    archive.store.put(make_release(3))
    archive.publish()
    archive.publish(everything=True)
    assert (archive.folder / "feeds/days.atom").read_bytes() == before
    assert Facet(period="2022-11-24") in archive.store.facets()


@pytest.mark.parametrize(
    ("zones", "day", "over"),
    [
        (("Asia/Baku", "Asia/Baku"), "2022-11-24", "2022-11-24T20:00:00"),
        (("Pacific/Kiritimati", "Pacific/Pago_Pago"), "2022-11-24", "2022-11-25T11:00:00"),
        (("Pacific/Kiritimati", "Pacific/Kiritimati"), "2022-11-24", "2022-11-24T10:00:00"),
        (("Europe/Paris", "Europe/Paris"), "2022-10-30", "2022-10-30T23:00:00"),
        (("Europe/Paris", "Europe/Paris"), "2022-03-27", "2022-03-27T22:00:00"),
    ],
)
def test_a_day_is_over_when_it_is_over_in_the_zones_of_all_sources(
    tmp_path: Path, zones: tuple[str, str], day: str, over: str
) -> None:
    archive = Archive(tmp_path, make_release(1, published=on_day(day, zones[0])))
    for source, zone in zip((ACME, WIRE), zones, strict=True):
        archive.store.register(replace(source, timezone=zone))
    midnight = dt.datetime.fromisoformat(over).replace(tzinfo=dt.UTC)
    for now, told in ((midnight - dt.timedelta(seconds=1), 0), (midnight, 1)):
        publish(archive.store, archive.folder, SITE, cache=archive.kept, now=now)
        assert len(archive.read("feeds/days.atom").findall(f"{ATOM}entry")) == told


def test_a_day_names_a_story_once_with_all_its_publishers(tmp_path: Path) -> None:
    wire, copy = make_release(1, "wire", story="s"), make_release(2, story="s")
    day_after = make_release(40, story="s")
    archive = Archive(tmp_path, wire, copy, make_release(3, title=""), day_after)
    archive.publish()
    today, before = archive.read("feeds/days.atom").findall(f"{ATOM}entry")
    assert today.findtext(f"{ATOM}title") == "26 November 2022: 1 release"
    assert before.findtext(f"{ATOM}title") == "24 November 2022: 2 releases"
    text = before.findtext(f"{ATOM}content")
    assert ">All that statement 3 says.</a> (ACME Corporation)" in text
    assert ">Statement 1</a> (The Wire, ACME Corporation)" in text
    assert "Statement 2" not in text


def test_a_day_with_many_releases_shows_the_newest_and_links_to_the_others(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(event_documents, "MAX_DAY_RELEASES", 5)
    at = make_release(1).published
    archive = Archive(tmp_path, *(make_release(one, published=at) for one in range(10)))
    archive.publish()
    assert archive.walk("feeds/days") == [["24 November 2022: 10 releases"]]
    entry = archive.read("feeds/days.atom").find(f"{ATOM}entry")
    content = entry.findtext(f"{ATOM}content")
    assert content.count("<li>") == 6
    assert content.endswith(
        '<li><a href="https://press.example/days/2022/11/24/">and 5 more</a></li></ul>'
    )
