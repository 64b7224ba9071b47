"""Bodies in feeds: banners first, and the paragraphs that pages and JSON show."""

from __future__ import annotations

import datetime as dt
import json
import re
from dataclasses import replace
from pathlib import Path

import lxml.html
import pytest

from data.settings import SiteSettings
from feeds.publishing.publish import publish
from tests.feeds.sample_store import SampleStore, make_release

NOON = dt.datetime(2026, 3, 2, 12, tzinfo=dt.UTC)


def content_of(site: Path, feed: str) -> str:
    """The HTML of the newest entry of a feed."""
    found = json.loads((site / f"feeds/{feed}.json").read_text("utf-8"))["items"][0]
    return str(found["content_html"])


@pytest.mark.parametrize("feed", ["all", "source/acme"])
def test_corrected_and_retracted_entries_begin_with_a_banner(tmp_path: Path, feed: str) -> None:
    release = make_release(1)
    publish(SampleStore(replace(release, revision=2)), tmp_path / "edited", SiteSettings())
    text = content_of(tmp_path / "edited", feed)
    assert re.match(r'<p [^>]*><em>Corrected by the publisher[^<]*<a href="[^"]*/2/">', text)
    publish(
        SampleStore(replace(release, revision=2, retracted=NOON)),
        tmp_path / "gone",
        SiteSettings(),
    )
    banners = re.findall(r"<em>(\w+)", content_of(tmp_path / "gone", feed))
    assert banners[:2] == ["Retracted", "Corrected"]


def test_feeds_pages_and_json_show_the_same_paragraphs(tmp_path: Path) -> None:
    release = make_release(1)
    content = replace(release.content, body_html="One<br><br>\nTwo<br><br>\n<hr><br>")
    publish(SampleStore(replace(release, content=content)), tmp_path, SiteSettings())
    made = "<p>One</p><p>Two</p>"
    assert content_of(tmp_path, "all") == made
    kept = json.loads((tmp_path / f"releases/{release.id}.json").read_text("utf-8"))
    assert kept["body_html"] == made
    page = lxml.html.parse(tmp_path / f"releases/{release.id}/index.html").getroot()
    assert page.xpath("//article//p[normalize-space()='One' or normalize-space()='Two']")
