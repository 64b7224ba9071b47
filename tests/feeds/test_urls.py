"""Every facet has one address, and every address one facet."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from data.models import Facet
from feeds.urls import (
    FORMATS,
    MAX_STEM_BYTES,
    facet_of,
    feed_file,
    file_name,
    href,
    page_file,
    relative,
    release_file,
)


@pytest.mark.parametrize(
    ("facet", "address"),
    [
        (Facet(), "/feeds/all.atom"),
        (Facet(source="acme"), "/feeds/source/acme.atom"),
        (Facet(topic="economy"), "/feeds/topic/economy.atom"),
        (Facet(source="acme", topic="economy"), "/feeds/source/acme/topic/economy.atom"),
        (Facet(source="acme", section="alerts"), "/feeds/source/acme/section/alerts.atom"),
        (Facet(language="az"), "/feeds/language/az.atom"),
        (Facet(language="zh-Hant-TW"), "/feeds/language/zh-hant-tw.atom"),
        (Facet(period="2022"), "/feeds/date/2022.atom"),
        (Facet(period="2022-11"), "/feeds/date/2022/11.atom"),
        (Facet(period="2022-11-24"), "/feeds/date/2022/11/24.atom"),
        (
            Facet(topic="экономика"),
            "/feeds/topic/%D1%8D%D0%BA%D0%BE%D0%BD%D0%BE%D0%BC%D0%B8%D0%BA%D0%B0.atom",
        ),
    ],
)
def test_a_facet_and_its_address_are_converted_both_ways(facet: Facet, address: str) -> None:
    assert href(feed_file(facet, "atom")) == address
    assert facet_of(address) == (facet, "atom")


@given(st.text(max_size=9), st.text(max_size=9))
def test_any_short_topic_and_source_are_restored_from_their_address(
    source: str, topic: str
) -> None:
    facet = Facet(source=source, topic=topic)
    for kind in FORMATS:
        assert facet_of(href(feed_file(facet, kind))) == (facet, kind)


@given(st.text(max_size=300), st.text(max_size=300))
def test_different_names_never_share_a_file(one: str, other: str) -> None:
    same_on_any_disk = file_name(one).casefold() == file_name(other).casefold()
    assert not same_on_any_disk or one == other or one.lower() == other.lower() == one


@given(st.text(max_size=300))
def test_no_name_leaves_its_folder_or_grows_too_long(name: str) -> None:
    file = file_name(name)
    assert file
    assert file not in {".", ".."}
    assert not set(file) & set('/\\:*?"<>|\0')
    assert file == file.lower()
    assert len(file.encode()) <= MAX_STEM_BYTES


@pytest.mark.parametrize(
    "name", ["../../x", "\0", "CON", "con", "a" * 300, "", ".", "a.atom", "-x"]
)
def test_hostile_names_become_plain_files(name: str) -> None:
    file = file_name(name)
    assert "/" not in file
    assert not file.startswith((".", "-"))
    assert not file.endswith(".atom")
    assert file.partition(".")[0] != "con"


@pytest.mark.parametrize(
    "address",
    [
        "/feeds/all.xml",
        "/feeds/x.atom",
        "/feeds/date/22.atom",
        "/feeds/topic/A.atom",
        "/",
        "/feeds/",
    ],
)
def test_other_addresses_are_not_feeds(address: str) -> None:
    assert facet_of(address) is None


def test_a_period_within_a_source_has_no_feed() -> None:
    with pytest.raises(ValueError, match="no feed"):
        feed_file(Facet(source="acme", period="2022"), "rss")


def test_pages_have_addresses_that_end_in_a_slash() -> None:
    assert href(page_file(Facet())) == "/"
    assert href(page_file(Facet(source="acme"))) == "/sources/acme/"
    assert href(page_file(Facet(topic="economy"))) == "/topics/economy/"
    assert href(page_file(Facet(period="2022-11-24"))) == "/days/2022/11/24/"
    assert href(release_file("9b2e")) == "/releases/9b2e/"


def test_pages_link_relative_to_themselves() -> None:
    assert relative("index.html", "index.html") == "./"
    assert relative("index.html", "sources/acme/index.html") == "../../"
    assert relative("feeds/all.atom", "feeds/index.html") == "../feeds/all.atom"
