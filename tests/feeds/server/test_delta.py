"""A reader that asks for no more than it lacks gets just that, and in doubt the whole feed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import httpx
import pytest
from lxml import etree

from data.settings import SiteSettings
from feeds.publishing.publish import publish
from feeds.server.app import create_app
from feeds.server.requests.conditional import FeedVersions, feed_parts, wants_delta
from tests.feeds.sample_store import SampleStore, make_release
from tests.feeds.serving import served_by

SITE = SiteSettings(url="https://press.example", entries=8)
KINDS = pytest.mark.parametrize("kind", ["atom", "rss"])


class Press:
    """A served site that changes."""

    def __init__(self, home: Path, web: httpx.Client) -> None:
        self.home = home
        self.web = web
        self.store = SampleStore(*(make_release(number) for number in range(5)))
        self.publish()

    def publish(self) -> None:
        """Publish what changed."""
        publish(self.store, self.home / "site", SITE, cache=self.home / "rendered.db")

    def change(self) -> None:
        """Let one release come, one be edited and one be retracted."""
        self.store.put(make_release(9))
        later = make_release(10).updated
        one, two = (self.store.stored(make_release(number).id) for number in (1, 2))
        content = replace(one.content, title="Statement one, corrected")
        self.store.put(replace(one, content=content, revision=2, updated=later))
        self.store.put(replace(two, retracted=later))
        self.publish()

    def ask(self, kind: str, tag: str, **headers: str) -> httpx.Response:
        """Ask for what is new since a tag."""
        named = {"if-none-match": tag, "a-im": "feed", **headers}
        return self.web.get(f"/feeds/all.{kind}", headers=named)


@pytest.fixture
def press(tmp_path: Path) -> Iterator[Press]:
    for web in served_by(create_app(tmp_path / "site")):
        yield Press(tmp_path, web)


def titles(answer: httpx.Response) -> list[str | None]:
    root = etree.fromstring(answer.content)
    entries = (*root.iter("{http://www.w3.org/2005/Atom}entry"), *root.iter("item"))
    return [entry.findtext("{*}title") for entry in entries]


CHANGED = ["Statement 9", "Statement 2", "Statement one, corrected"]


@KINDS
def test_only_new_and_changed_releases_are_returned(press: Press, kind: str) -> None:
    before = press.web.get(f"/feeds/all.{kind}")
    assert "a-im" in before.headers["vary"]
    press.change()
    answer = press.ask(kind, before.headers["etag"])
    assert answer.status_code == 226
    assert titles(answer) == CHANGED
    whole = press.web.get(f"/feeds/all.{kind}")
    assert answer.headers["im"] == "feed"
    assert answer.headers["delta-base"] == before.headers["etag"]
    assert answer.headers["etag"] == whole.headers["etag"]
    assert answer.headers["content-type"] == whole.headers["content-type"]
    assert answer.headers["cache-control"] == "no-store, im"
    assert answer.headers["vary"] == "accept-encoding, a-im, sec-fetch-dest, if-none-match"
    assert press.ask(kind, answer.headers["etag"]).status_code == 304
    start = whole.content[: whole.content.index(b"Statement 9") - 200]
    assert answer.content.startswith(start)


@KINDS
def test_a_compressed_feed_is_known_by_its_own_tag(press: Press, kind: str) -> None:
    before = press.web.get(f"/feeds/all.{kind}", headers={"accept-encoding": "gzip"})
    press.change()
    answer = press.ask(kind, before.headers["etag"], **{"accept-encoding": "br"})
    assert (answer.status_code, answer.headers["content-encoding"]) == (226, "br")
    assert titles(answer) == CHANGED
    assert press.ask(kind, answer.headers["etag"]).status_code == 304
    head = press.web.head(
        f"/feeds/all.{kind}", headers={"if-none-match": before.headers["etag"], "a-im": "feed"}
    )
    assert (head.status_code, head.content) == (226, b"")


def test_every_earlier_state_is_remembered(press: Press) -> None:
    tags = []
    for number in (20, 21, 22):
        tags.append(press.web.get("/feeds/all.atom").headers["etag"])
        press.store.put(make_release(number))
        press.publish()
    for count, tag in enumerate(tags):
        assert len(titles(press.ask("atom", tag))) == 3 - count
    assert len(titles(press.ask("atom", f'"unknown", W/{tags[1]}'))) == 2


@pytest.mark.parametrize("asked", ["", "vcdiff, diffe", "feed;q=0", "feeds", "feed;q=0.000"])
def test_everything_is_served_without_a_filter(press: Press, asked: str) -> None:
    tag = press.web.get("/feeds/all.atom").headers["etag"]
    press.change()
    answer = press.ask("atom", tag, **{"a-im": asked})
    assert (answer.status_code, len(titles(answer))) == (200, 6)
    assert "im" not in answer.headers


@pytest.mark.parametrize("tag", ['"nothing"', "*", "nonsense", '""'])
def test_requests_without_a_known_version_are_answered_in_full(press: Press, tag: str) -> None:
    press.change()
    answer = press.ask("atom", tag)
    assert answer.status_code == (304 if tag == "*" else 200)


def test_json_feeds_are_read_completely(press: Press) -> None:
    tag = press.web.get("/feeds/all.json").headers["etag"]
    press.change()
    assert press.ask("json", tag).status_code == 200


def test_a_header_is_read_with_its_weights() -> None:
    assert wants_delta(b"vcdiff, Feed ; q=0.5")
    assert wants_delta(b"feed")
    assert not wants_delta(b"feed;q=0.0, vcdiff")


def test_a_feed_that_holds_its_own_marks_is_not_parted() -> None:
    body = b"<rss>\n<item><a><![CDATA[\n<item>]]></a></item>\n</channel></rss>\n"
    assert feed_parts(body, ".rss") is None
    assert feed_parts(b"no feed", ".rss") is None
    assert feed_parts(body, ".json") is None


def test_memory_of_states_is_bounded() -> None:
    states = FeedVersions(limit=2)
    feed = b"<feed>\n<entry>%d</entry>\n</feed>\n"
    for number in range(3):
        states.remember(b'"%d"' % number, feed % number, ".atom")
    assert states.newer(b'"0"', feed % 9, ".atom") is None
    assert states.newer(b'"2"', feed % 9, ".atom") == (feed % 9, b'"2"')
