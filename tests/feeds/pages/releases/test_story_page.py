"""The timeline of a story shows publishers and times, and stays small."""

from __future__ import annotations

import datetime as dt
import gzip
import secrets
from typing import Any

import lxml.html
import pytest

from data.models import Published, Release, Source
from data.stories.copies import StoryMember, republished, story_members
from feeds.catalog import Catalog
from feeds.pages.releases.story_page import later, story_page
from feeds.pages.renderer import PageRenderer
from tests.feeds.sample_store import NOON, make_release

CATALOG = Catalog(
    site="https://press.example",
    title="Press",
    sources={
        name: Source(name, name.title(), f"https://{name}.example/", "Asia/Baku")
        for name in ("acme", "wire")
    },
    topics={},
)
TEXT = " ".join(f"word{number} of the harbour" for number in range(60))


def shown(releases: list[Release]) -> Any:
    page = story_page(PageRenderer(CATALOG, {}), "a-story", story_members(releases))
    assert len(gzip.compress(page)) < 30_000
    return lxml.html.fromstring(page)


def test_a_large_story_shows_the_first_releases_and_counts_the_rest() -> None:
    releases = [
        make_release(number, "wire", title=secrets.token_hex(150), body_text=f"{TEXT} {number}")
        for number in range(1000)
    ]
    tree = shown(releases)
    lines = tree.xpath("//ol[@class='timeline']/li")
    assert len(lines) == 80
    assert "and 920 later releases" in tree.text_content()
    assert "1,000 releases" in tree.xpath("//p[@class='byline']")[0].text_content()


def test_a_copy_shows_its_similarity_to_the_first_release_and_a_quote() -> None:
    copy = make_release(9, "wire", body_text=f"As told elsewhere: {TEXT}")
    first, second = shown([copy, make_release(1, body_text=TEXT)]).xpath("//li[p[@class='when']]")
    assert "Acme" in first.text_content()
    assert not first.xpath(".//blockquote")
    assert "8 hours later" in second.text_content()
    assert "% of the words match" in second.text_content()
    assert "·" not in second.text_content()
    assert second.xpath(".//blockquote")[0].text.startswith("word0 of the harbour")


def test_publishers_are_listed_by_the_share_of_the_first_text_that_they_republished() -> None:
    words = TEXT.split()
    part = " ".join(words[: len(words) // 2])
    few = " ".join(words[:12])
    releases = [
        make_release(1, body_text=TEXT),
        make_release(2, "wire", body_text=part),
        make_release(3, "herald", body_text=f"{part} and more. {TEXT}"),
        make_release(4, "wire", body_text=few),
        make_release(5, "echo", body_text=few),
        make_release(6, body_text=TEXT),
    ]
    found = [(one.release.source, one.share) for one in republished(story_members(releases))]
    assert [source for source, _ in found] == ["herald", "wire"]
    assert found[0][1] == 1.0
    assert 0.4 < found[1][1] < 0.6
    lines = shown(releases).xpath("//section[h2[@id='republished']]//li")
    assert [line.xpath("./a/text()") for line in lines] == [["herald"], ["Wire"]]
    assert "100% of the first release" in lines[0].text_content()


def test_editions_in_other_languages_are_named_by_their_language() -> None:
    other = make_release(2, language="ar", title="بيان", body_text="نص آخر")
    tree = shown([make_release(1, body_text=TEXT), other])
    assert "Arabic, English" in tree.xpath("//p[@class='byline']")[0].text_content()
    line = tree.xpath("//ol[@class='timeline']/li")[1]
    assert "Arabic" in line.text_content()
    assert line.xpath(".//a/@lang") == ["ar"]
    assert "of the words" not in line.text_content()


def day(number: int) -> Published:
    return Published(NOON + dt.timedelta(days=number), "day", "Asia/Baku", "", "class")


@pytest.mark.parametrize(
    ("first", "second", "said"),
    [
        (make_release(1), make_release(3), "2 hours later"),
        (make_release(1), make_release(1, "wire"), "at the same time"),
        (make_release(1, published=day(0)), make_release(3), "on the same day"),
        (make_release(1, published=day(0)), make_release(2, published=day(3)), "3 days later"),
        (make_release(1, published=day(0)), make_release(24, "wire"), "1 day later"),
    ],
)
def test_the_delay_is_as_exact_as_both_dates(first: Release, second: Release, said: str) -> None:
    lag = second.instant - first.instant
    members = (StoryMember(first, dt.timedelta(), 1.0, 1.0), StoryMember(second, lag, 1.0, 1.0))
    assert later(*members, CATALOG.texts) == said
