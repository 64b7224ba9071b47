"""What readers see of the records that hold what was served."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import feedparser
import httpx
import pytest
from lxml import html

from data.settings import SiteSettings
from feeds.entries.entry import PROVENANCE_RELATION
from feeds.publishing.publish import publish
from feeds.server.app import create_app
from tests.drafts import capture
from tests.feeds.sample_store import NOON, SampleStore, make_release
from tests.feeds.serving import served_by

SITE = SiteSettings(url="https://press.example/", entries=10)
FIRST, SECOND = capture(1, NOON), capture(2, NOON)
RELEASE = make_release(1, capture=FIRST)
EDITED = replace(
    make_release(1, body_text="It says more."),
    capture=SECOND,
    revision=2,
    updated=RELEASE.updated.replace(year=2023),
)
PAGE = f"https://press.example/releases/{RELEASE.id}/capture/"


@pytest.fixture
def site(tmp_path: Path) -> Path:
    """The site of an archived release that was edited, and of one that was not archived."""
    store = SampleStore(RELEASE, make_release(2))
    store.put(EDITED)
    assert publish(store, tmp_path, SITE).errors == ()
    return tmp_path


@pytest.fixture
def client(site: Path) -> Iterator[httpx.Client]:
    """The site, served."""
    yield from served_by(create_app(site))


def test_the_page_of_captures_shows_where_each_version_is(site: Path) -> None:
    folder = site / "releases" / RELEASE.id
    page = html.fromstring((folder / "capture" / "index.html").read_text())
    for number, one in ((1, FIRST), (2, SECOND)):
        text = str(page.xpath(f"string(id('revision-{number}'))"))
        for said in (one.record_id, one.file, str(one.offset), one.digest, str(one.leaf)):
            assert said in text
    link = str(page.xpath("string(//link[@type='application/json']/@href)"))
    told = json.loads((folder / "capture" / link).read_text())
    assert [one["capture"]["record_id"] for one in told["revisions"]] == [
        FIRST.record_id,
        SECOND.record_id,
    ]
    assert told["gone"] is None
    release = (folder / "index.html").read_text()
    assert f'href="../../releases/{RELEASE.id}/capture/"' in release


def test_unarchived_releases_have_no_page_of_captures_and_no_link_to_one(site: Path) -> None:
    other = make_release(2)
    assert not (site / "releases" / other.id / "capture").exists()
    assert "capture" not in (site / "releases" / other.id / "index.html").read_text()


def test_an_entry_of_every_format_links_to_its_captures(site: Path) -> None:
    for kind in ("atom", "rss"):
        parsed = feedparser.parse((site / f"feeds/source/acme.{kind}").read_bytes())
        found = {
            entry.link: [link.href for link in entry.links if link.rel == PROVENANCE_RELATION]
            for entry in parsed.entries
        }
        assert found == {RELEASE.url: [PAGE], make_release(2).url: []}
    items = json.loads((site / "feeds/source/acme.json").read_bytes())["items"]
    assert [one["_communique"].get("capture") for one in items] == [None, PAGE]


def test_a_difference_names_the_two_captures_that_back_it(site: Path) -> None:
    (item,) = json.loads((site / "feeds/changes.json").read_bytes())["items"]
    for number in (1, 2):
        assert f"{PAGE}#revision-{number}" in item["content_html"]
    assert item["_communique"]["capture"] == PAGE
    page = (site / "releases" / RELEASE.id / "revisions" / "2" / "index.html").read_text()
    assert FIRST.record_id in page
    assert SECOND.record_id in page


def test_the_data_of_captures_are_served_as_json_and_feeds_as_feeds(client: httpx.Client) -> None:
    data = client.get(f"/releases/{RELEASE.id}/capture.json")
    assert data.headers["content-type"] == "application/json"
    assert client.get("/feeds/all.json").headers["content-type"] == "application/feed+json"
    page = client.get(f"/releases/{RELEASE.id}/capture", follow_redirects=True)
    assert page.status_code == 200
    assert page.url.path == f"/releases/{RELEASE.id}/capture/"
