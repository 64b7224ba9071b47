"""Every JSON Feed of a site is one by the letter of JSON Feed 1.1.

The structures below write its specification down (jsonfeed.org/version/1.1): what it names, of
which type, and what it requires. Nothing else may stand in a feed but extensions, whose names begin
with an underscore.
"""

from __future__ import annotations

import datetime as dt
import re
from pathlib import Path
from typing import Annotated, Any, Literal

import msgspec
import pytest

from data.models import Media
from data.settings import SiteSettings
from feeds.publishing.publish import publish
from tests.feeds.sample_store import NOON, SampleStore, make_release

URL = Annotated[str, msgspec.Meta(pattern=r"^https?://[^\s]+$")]
MediaType = Annotated[str, msgspec.Meta(pattern=r"^[\w.+-]+/[\w.+-]+$")]
Language = Annotated[str, msgspec.Meta(pattern=r"^[A-Za-z]{2,3}(-[A-Za-z0-9]{1,8})*$")]
Moment = Annotated[dt.datetime, msgspec.Meta(tz=True)]
Text = Annotated[str, msgspec.Meta(min_length=1)]
Size = Annotated[int, msgspec.Meta(ge=0)]


class Author(msgspec.Struct, forbid_unknown_fields=True, omit_defaults=True):
    """At least one of its fields has to be there."""

    name: Text | None = None
    url: URL | None = None
    avatar: URL | None = None


class Attachment(msgspec.Struct, forbid_unknown_fields=True):
    """A file; its address and type have to be there."""

    url: URL
    mime_type: MediaType
    title: Text | None = None
    size_in_bytes: Size | None = None
    duration_in_seconds: Size | None = None


class Hub(msgspec.Struct, forbid_unknown_fields=True):
    """Where to subscribe to the feed."""

    type: Text
    url: URL


class Item(msgspec.Struct, forbid_unknown_fields=True, rename={"extension": "_communique"}):
    """An item; its id has to be there, and one of the two contents."""

    id: Text
    extension: dict[str, Any]
    url: URL | None = None
    external_url: URL | None = None
    title: Text | None = None
    content_html: Text | None = None
    content_text: Text | None = None
    summary: Text | None = None
    image: URL | None = None
    banner_image: URL | None = None
    date_published: Moment | None = None
    date_modified: Moment | None = None
    authors: list[Author] | None = None
    tags: list[Text] | None = None
    language: Language | None = None
    attachments: list[Attachment] | None = None


class JSONFeed(msgspec.Struct, forbid_unknown_fields=True):
    """A feed; its version, title and items have to be there."""

    version: Literal["https://jsonfeed.org/version/1.1"]
    title: Text
    items: list[Item]
    home_page_url: URL | None = None
    feed_url: URL | None = None
    description: Text | None = None
    user_comment: Text | None = None
    next_url: URL | None = None
    icon: URL | None = None
    favicon: URL | None = None
    authors: list[Author] | None = None
    language: Language | None = None
    expired: bool | None = None
    hubs: list[Hub] | None = None


def read(content: bytes) -> JSONFeed:
    """A feed that is as the specification says, or an error."""
    assert b":null" not in re.sub(rb'"_communique":\{.*?\}\}', b"", content)
    feed = msgspec.json.decode(content, type=JSONFeed)
    people = [*(feed.authors or ()), *(one for item in feed.items for one in item.authors or ())]
    assert all(one.name or one.url or one.avatar for one in people)
    assert all(item.content_html or item.content_text for item in feed.items)
    assert len({item.id for item in feed.items}) == len(feed.items)
    return feed


def test_every_feed_of_a_site_is_valid(tmp_path: Path) -> None:
    later = NOON + dt.timedelta(days=2)
    store = SampleStore(
        *(make_release(number) for number in range(9)),
        make_release(10, language=None, title="", summary="", publisher="", topics=()),
        make_release(11, attachments=(Media("https://a.example/x y", "", -1, ""),), images=()),
        make_release(12, "wire", retracted=later),
    )
    store.put(make_release(3, title="Edited", revision=2, updated=later))
    site = SiteSettings(url="https://press.example", entries=4, hub="https://hub.example/")
    assert publish(store, tmp_path, site, now=later + dt.timedelta(days=9)).errors == ()
    feeds = [read(path.read_bytes()) for path in (tmp_path / "feeds").rglob("*.json")]
    assert len(feeds) > 30
    assert any(feed.next_url for feed in feeds)
    assert all(feed.hubs for feed in feeds if feed.feed_url and "/page/" not in feed.feed_url)
    assert sum(len(feed.items) for feed in feeds) > 60


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (b'"version":"https', b'"version":"http'),
        (b'"id":', b'"guid":'),
        (b'"content_html":', b'"content":'),
        (b'"mime_type":', b'"type":'),
        (b'"url":"https:', b'"url":"/'),
        (b'"date_published":"2022-', b'"date_published":"22-'),
        (b'"size_in_bytes":1234', b'"size_in_bytes":"1234"'),
        (b'"language":"en"', b'"language":null'),
    ],
)
def test_an_invalid_feed_is_detected(tmp_path: Path, before: bytes, after: bytes) -> None:
    publish(SampleStore(make_release()), tmp_path, SiteSettings(url="https://press.example"))
    content = (tmp_path / "feeds/all.json").read_bytes()
    assert before in content
    read(content)
    with pytest.raises((msgspec.ValidationError, AssertionError)):
        read(content.replace(before, after))
