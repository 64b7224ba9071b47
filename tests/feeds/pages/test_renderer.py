"""Lines of releases on pages are grouped by day, and show a time only if known."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from typing import Any

import lxml.html

from data.models import Published, Release
from data.settings import SiteSettings
from feeds.catalog import Catalog, catalog_of
from feeds.entries.entry import entry_of
from feeds.pages.renderer import PageRenderer, ReleaseRow, day_lists
from feeds.translations import texts_of
from tests.feeds.sample_store import NOON, SampleStore, make_release

HOUR = dt.timedelta(hours=1)


def catalog() -> Catalog:
    return catalog_of(SampleStore(), SiteSettings(url="https://press.example"))


def row_of(release: Release, *others: Release) -> Any:
    """The line of a release, as the browser has it."""
    known = catalog()
    pages = PageRenderer(known, {})
    html = pages.row(entry_of(release, known, mixed=True, others=others)).decode()
    return lxml.html.fragment_fromstring(html.replace("\0", "../"))


def test_each_day_is_listed_once_with_releases_without_a_time_last() -> None:
    lines = [
        ReleaseRow("2022-11-25", b"<li>a</li>", timed=True),
        ReleaseRow("2022-11-24", b"<li>b</li>", timed=False),
        ReleaseRow("2022-11-25", b"<li>c</li>", timed=False),
        ReleaseRow("2022-11-24", b"<li>d</li>", timed=True),
        ReleaseRow("2022-11-25", b"<li>e</li>", timed=True),
        ReleaseRow("", b"<li>f</li>", timed=False),
    ]
    tree: Any = lxml.html.fromstring(
        b"<main>" + day_lists(lines, up="", texts=texts_of("en")) + b"</main>"
    )
    days = [
        (day.xpath("string(h3//time/@datetime)"), "".join(day.xpath(".//li/text()")))
        for day in tree.xpath("section")
    ]
    assert days == [("2022-11-25", "aec"), ("2022-11-24", "db"), ("", "f")]


def test_a_line_shows_the_time_only_if_it_is_known() -> None:
    hourly = make_release(1, published=Published(NOON, "second", "Asia/Baku", "", ""))
    time = row_of(hourly).find(".//time")
    assert (time.text, time.get("title")) == ("12:00", "UTC+04:00")
    daily = row_of(make_release(2, published=Published(NOON, "day", "Asia/Baku", "", "")))
    assert daily.find(".//time") is None
    assert "—" not in daily.text_content()
    assert "No date" not in daily.text_content()
    undated = row_of(make_release(3, published=Published(NOON, "none", "Asia/Baku", "", "")))
    assert undated.find(".//time") is None
    assert "No date" in undated.text_content()


def test_a_line_links_to_its_release_source_and_topics() -> None:
    release = make_release(1)
    links = row_of(release).xpath(".//a/@href")
    assert links == [f"../releases/{release.id}/", "../sources/acme/", "../topics/economy/"]


def test_a_line_names_three_other_publishers_and_counts_the_rest() -> None:
    others = [make_release(number, "wire") for number in range(2, 7)]
    assert row_of(make_release(1), others[0]).find(".//bdi").text == "The Wire"
    assert "and 2 more" in row_of(make_release(1), *others).text_content()


def test_corrections_and_retractions_are_marked() -> None:
    release = make_release(1)
    assert not row_of(release).xpath(".//*[@class='mark']")
    edited = replace(release, revision=2)
    assert row_of(edited).xpath("string(.//*[@class='mark'])") == "Corrected"
    gone = row_of(replace(edited, retracted=NOON + HOUR))
    assert gone.xpath("string(.//*[@class='mark'])") == "Retracted"
    assert gone.get("class") == "retracted"


def test_a_title_is_text_in_the_direction_of_its_language() -> None:
    row = row_of(make_release(1, title="<script>alert(1)</script>", language="ar"))
    assert row.find("a").text == "<script>alert(1)</script>"
    assert (row.get("dir"), row.find("a").get("lang")) == ("rtl", "ar")
