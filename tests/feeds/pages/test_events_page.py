"""All corrections, retractions and changes in health are on pages, back to the first."""

from __future__ import annotations

import datetime as dt
import json
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from urllib.parse import urljoin

import pytest
from lxml import html

from data.models import HealthEvent
from data.revisions.diff import COARSE
from data.settings import SiteSettings
from feeds.publishing.publish import publish
from tests.feeds.sample_store import NOON, SampleStore, make_release

SITE = SiteSettings(url="https://press.example", entries=10)


class News:
    """A site whose releases are edited and retracted."""

    def __init__(self, folder: Path, count: int) -> None:
        self.folder = folder / "site"
        self.kept = folder / "rendered.db"
        self.store = SampleStore(*(make_release(number) for number in range(count)))

    def edit(self, number: int) -> None:
        """Have a release corrected, so many hours later."""
        release = self.store.stored(make_release(number).id)
        content = replace(release.content, body_text=f"All that notice {number} says now.")
        later = NOON + dt.timedelta(days=9, hours=number)
        self.store.put(replace(release, content=content, updated=later, revision=2))

    def replace_text(self, number: int, before: str, after: str) -> None:
        """Have a release published with one text, then corrected to another."""
        release = self.store.stored(make_release(number).id)
        for revision, text in enumerate((before, after), 2):
            content = replace(release.content, body_html="", body_text=text)
            later = NOON + dt.timedelta(days=9, hours=revision)
            self.store.put(replace(release, content=content, updated=later, revision=revision))

    def retract(self, number: int) -> None:
        """Have a release taken down, so many hours later."""
        release = self.store.stored(make_release(number).id)
        later = NOON + dt.timedelta(days=9, hours=number)
        self.store.put(replace(release, retracted=later, updated=later))

    def put_back(self, number: int) -> None:
        """Have a retracted release back online, a day after its retraction."""
        release = self.store.stored(make_release(number).id)
        later = NOON + dt.timedelta(days=10, hours=number)
        self.store.put(replace(release, retracted=None, updated=later))

    def publish(self) -> None:
        """Publish what changed."""
        assert publish(self.store, self.folder, SITE, cache=self.kept).errors == ()

    def page(self, address: str) -> html.HtmlElement:
        """A page by its address."""
        return html.parse(self.folder / address / "index.html").getroot()

    def walk(self, address: str) -> Iterator[tuple[str, list[str]]]:
        """Each page to the oldest, with what its lines say."""
        while address:
            page = self.page(address)
            items = page.xpath("//ol[@class='events']/li")
            yield address, [" ".join(" ".join(item.itertext()).split()) for item in items]
            links = page.xpath("//nav[@class='paging']/a[@rel='next']/@href")
            address = urljoin(f"/{address}", links[0])[1:] if links else ""


@pytest.fixture
def news(tmp_path: Path) -> News:
    """A site of eight releases."""
    return News(tmp_path, 8)


def test_a_return_replaces_its_retraction_and_is_a_change(news: News) -> None:
    news.retract(3)
    news.edit(4)
    news.publish()
    assert len(next(news.walk("retractions/"))[1]) == 1
    news.put_back(3)
    news.publish()
    [(_, [back])] = news.walk("retractions/")
    assert "Back online. Retracted on 3 December 2022." in back
    assert back.startswith("Statement 3 4 December 2022, 11:00 UTC ACME Corporation")
    [(_, changes)] = news.walk("changes/")
    assert changes[0] == back
    assert changes[1].startswith("Statement 4")
    for name in ("changes", "retractions"):
        feed = json.loads((news.folder / f"feeds/{name}.json").read_text())
        assert feed["items"][0]["title"] == "Back online: Statement 3"
        assert feed["items"][0]["date_modified"] == "2022-12-04T11:00:00+00:00"
    page = news.page(f"releases/{make_release(3).id}")
    (notice,) = page.xpath("//p[@class='notice']")
    assert "Retracted on 3 December 2022, back online since 4 December 2022." in (
        notice.text_content()
    )


def test_corrections_link_their_feed_and_the_feed_of_silent_edits(news: News) -> None:
    news.publish()
    page = news.page("changes/")
    for links in ("//p[@class='lead']/a/@href", "//link[@rel='alternate']/@href"):
        feeds = {urljoin("/changes/", link) for link in page.xpath(links)}
        assert {"/feeds/changes.atom", "/feeds/silent-edits.atom"} <= feeds
    (feed,) = news.page("retractions/").xpath("//p[@class='lead']/a/@href")
    assert urljoin("/retractions/", feed) == "/feeds/retractions.atom"


def test_corrections_show_their_changes_and_link_to_the_version(news: News) -> None:
    news.edit(3)
    news.publish()
    [(_, [line])] = news.walk("changes/")
    words = "wording; silent; weight 0.65"
    assert line.startswith(f"Statement 3 3 December 2022, 11:00 UTC ACME Corporation {words}")
    assert words in news.page(f"releases/{make_release(3).id}").text_content()
    assert "says now" in line
    assert news.page("changes/").xpath("//del/text()") == ["statement"]
    assert news.page("changes/").xpath("//ins/text()") == ["notice", " now"]
    links = news.page("changes/").xpath("//p[@class='more']/a/@href")
    assert [urljoin("/changes/", link) for link in links] == [
        f"/releases/{make_release(3).id}/revisions/2/"
    ]


def test_silent_edits_of_more_than_letters_have_a_feed(news: News) -> None:
    text = "The pier costs 5 million euros, say the engineers."
    news.replace_text(3, text, text.replace("5", "6"))
    news.replace_text(4, text, text.replace("engineers", "enigneers"))
    news.replace_text(5, text, f"{text}\n\nCorrection: it is not 5 million.")
    news.publish()
    feed = json.loads((news.folder / "feeds/silent-edits.json").read_text())
    third = [one for one in feed["items"] if f"{make_release(3).id}/revisions/3/" in one["url"]]
    (item,) = third
    assert {"Figure", "Silent"} <= {*item["tags"]}
    assert re.search(r"Weight: 0\.\d\d", item["content_html"])
    versions = {one["url"].partition("/releases/")[2] for one in feed["items"]}
    assert not any(f"{make_release(4).id}/revisions/3/" in one for one in versions)
    assert not any(f"{make_release(5).id}/revisions/3/" in one for one in versions)


def test_a_coarse_difference_is_marked_everywhere(news: News) -> None:
    before, after = (" ".join(f"{letter}{n % 7}" for n in range(9_000)) for letter in "ab")
    news.replace_text(3, before, after)
    news.publish()
    assert COARSE in news.page("changes/").text_content()
    assert COARSE in news.page(f"releases/{make_release(3).id}/revisions/3/").text_content()
    assert COARSE in (news.folder / "feeds/changes.atom").read_text()
    plain = news.page(f"releases/{make_release(3).id}/revisions/2/").text_content()
    assert COARSE not in plain


@pytest.mark.thorough
def test_all_corrections_are_linked_and_a_new_one_changes_no_full_page(tmp_path: Path) -> None:
    news = News(tmp_path, 66)
    for number in range(65):
        news.edit(number)
    news.publish()
    pages = dict(news.walk("changes/"))
    assert [*pages] == ["changes/", "changes/page/2/", "changes/page/1/"]
    told = [int(line.split()[1]) for page in pages.values() for line in page]
    assert told == [*range(64, -1, -1)]
    before = {path: path.read_bytes() for path in news.folder.glob("changes/page/*/index.html")}
    news.edit(65)
    news.publish()
    assert {path: path.read_bytes() for path in before} == before
    assert next(news.walk("changes/"))[1][0].startswith("Statement 65 ")


@pytest.mark.thorough
def test_an_old_correction_shows_the_current_title(tmp_path: Path) -> None:
    news = News(tmp_path, 45)
    for number in range(45):
        news.edit(number)
    news.publish()
    news.retract(2)
    news.publish()
    [page] = [lines for address, lines in news.walk("changes/") if address == "changes/page/1/"]
    assert page[-3].startswith("Statement 2 ")
    news.store.hide(make_release(2).id, at=NOON, why="a test")
    news.store.put(make_release(69))
    news.publish()
    told = [line for _, lines in news.walk("changes/") for line in lines]
    assert len(told) == 44
    assert not any(line.startswith("Statement 2 ") for line in told)


def test_retractions_show_the_time_and_the_copy_until_the_release_is_back(news: News) -> None:
    news.retract(4)
    news.publish()
    [(_, [line])] = news.walk("retractions/")
    assert line.startswith("Statement 4 3 December 2022, 12:00 UTC ACME Corporation ")
    news.put_back(4)
    news.publish()
    [(_, [line])] = news.walk("retractions/")
    assert "Back online" in line


def test_older_pages_are_removed_with_their_events(tmp_path: Path) -> None:
    news = News(tmp_path, 45)
    for number in range(45):
        news.retract(number)
    news.publish()
    assert (news.folder / "retractions/page/1/index.html").is_file()
    for number in range(30):
        # As if it was hidden.
        news.store.hide(make_release(number).id, at=NOON, why="a test")
    news.publish()
    assert not (news.folder / "retractions/page").exists()
    assert len(next(news.walk("retractions/"))[1]) == 15


def test_health_shows_the_last_state_and_all_changes(news: News) -> None:
    news.store.put(make_release(1, "wire"))
    news.store.visited("acme", "wire")
    news.store.add_health_events(
        [
            HealthEvent("acme", well=False, at=NOON, reason="It answers 500.", state="failing"),
            HealthEvent("acme", well=True, at=NOON + dt.timedelta(days=1), reason="", state="ok"),
            HealthEvent("wire", False, NOON, "It asks for a login.", "blocked"),  # noqa: FBT003 - its state
        ]
    )
    news.publish()
    rows = news.page("health/").xpath("//table//tbody/tr")
    assert [" ".join(" ".join(row.itertext()).split()) for row in rows] == [
        "The Wire blocked It asks for a login. 24 November 2022, 08:00",
        "ACME Corporation ok 25 November 2022, 08:00",
    ]
    [(_, lines)] = news.walk("health/changes/")
    assert [line.split(",")[0] for line in lines] == [
        "The Wire blocks our visits 24 November 2022",
        "ACME Corporation works again 25 November 2022",
        "ACME Corporation stopped working 24 November 2022",
    ]


def test_hostile_titles_are_text(tmp_path: Path) -> None:
    news = News(tmp_path, 1)
    news.store.put(make_release(1, title="<script>alert(1)</script>"))
    news.edit(1)
    news.publish()
    assert news.page("changes/").xpath("//main//script") == []
    assert next(news.walk("changes/"))[1][0].startswith("<script>alert(1)</script> ")


@pytest.mark.thorough
def test_the_home_page_lists_the_newest_corrections_and_retractions(news: News) -> None:
    news.publish()
    assert news.page("").xpath("//ul[contains(@class, 'recent')]") == []
    for number in (1, 2, 3):
        news.edit(number)
    news.retract(4)
    news.publish()
    news.retract(5)
    news.publish()
    lines = news.page("").xpath("//ul[contains(@class, 'recent')]/li")
    assert [" ".join(" ".join(line.itertext()).split()) for line in lines] == [
        "Retracted 3 December 2022 Statement 5",
        "Retracted 3 December 2022 Statement 4",
        "Corrected 3 December 2022 Statement 3",
        "Corrected 3 December 2022 Statement 2",
    ]
    links = [urljoin("/", line.xpath("a/@href")[0]) for line in lines]
    assert links[1] == f"/releases/{make_release(4).id}/"
    assert links[2] == f"/releases/{make_release(3).id}/revisions/2/"


def test_a_corrected_release_links_to_the_changes_in_its_text(news: News) -> None:
    news.edit(3)
    news.publish()
    folder = f"releases/{make_release(3).id}"
    (notice,) = news.page(folder).xpath("//p[@class='notice']")
    assert "3 December 2022" in notice.text_content()
    assert [urljoin(f"/{folder}/", link) for link in notice.xpath("a/@href")] == [
        f"/{folder}/revisions/2/"
    ]
    assert news.page(f"releases/{make_release(4).id}").xpath("//p[@class='notice']") == []
