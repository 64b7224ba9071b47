"""Structured data of a release: date, publisher, corrections and archived copy."""

from __future__ import annotations

import datetime as dt
import json
from dataclasses import replace
from typing import Any

from data.models import Capture, Published, Release, Revision
from data.settings import SiteSettings
from feeds.catalog import catalog_of
from feeds.entries.entry import entry_of
from feeds.pages.structured_data import news_article
from tests.feeds.sample_store import NOON, SampleStore, make_release

CATALOG = catalog_of(SampleStore(), SiteSettings(url="https://press.example"))


def told(release: Release, *revisions: Revision) -> Any:
    """Return the structured data of a release."""
    text = news_article(CATALOG, entry_of(release, CATALOG, mixed=True), revisions)
    assert not {"<", ">", "&"} & {*text}
    return json.loads(text)


def test_a_release_is_a_news_article_of_its_publisher() -> None:
    release = make_release(1)
    article = told(release)
    assert article["@context"] == "https://schema.org"
    assert article["@type"] == "NewsArticle"
    assert article["headline"] == "Statement 1"
    assert article["datePublished"] == article["dateModified"] == "2022-11-24T13:00:00+04:00"
    assert article["inLanguage"] == "en"
    assert article["publisher"]["name"] == "ACME Press Service"
    assert article["url"] == f"https://press.example/releases/{release.id}/"
    assert article["isBasedOn"] == "https://acme.example/news/1"
    assert article["keywords"] == ["Economy"]
    assert not {"correction", "archivedAt"} & {*article}


def test_unknown_times_and_dates_are_omitted() -> None:
    day = make_release(1, published=Published(NOON, "day", "Asia/Baku", "", ""), order=NOON)
    assert told(day)["datePublished"] == "2022-11-24"
    none = make_release(1, published=Published(NOON, "none", "Asia/Baku", "", ""))
    assert "datePublished" not in told(none)


def test_corrections_are_listed_without_re_extractions() -> None:
    release = make_release(1)
    versions = [
        Revision(
            release.id,
            number,
            NOON + dt.timedelta(days=number),
            replace(release.content, title=f"Statement {number}"),
            reason="reading" if number == 3 else "served",
        )
        for number in (1, 2, 3)
    ]
    article = told(release, *versions)
    (correction,) = article["correction"]
    assert correction["@type"] == "CorrectionComment"
    assert correction["datePublished"] == article["dateModified"] == "2022-11-26T08:00:00Z"
    assert correction["text"] == "Statement 2"
    assert correction["url"].endswith("/revisions/2/")


def test_an_archived_release_links_to_its_records() -> None:
    capture = Capture("urn:uuid:1", "a.warc.gz", 1, 1, "sha256:0", 1, NOON)
    release = replace(make_release(1), capture=capture)
    assert told(release)["archivedAt"].endswith(f"/releases/{release.id}/capture/")


def test_a_title_cannot_end_the_script_element() -> None:
    hostile = "</script><script>alert(1)</script><!-- & \u2028"
    assert told(make_release(1, title=hostile))["headline"].startswith("</script>")
