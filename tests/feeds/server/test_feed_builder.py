"""A feed is put together of what is chosen, and its address leads to just that."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urljoin

import httpx
import pytest
from lxml import html

from data.models import Source
from data.settings import SiteSettings
from data.store.open import open_store
from feeds.pages.builder_page import feed_address
from feeds.publishing.publish import publish
from feeds.server.app import create_app
from tests.drafts import draft
from tests.feeds.serving import served_by

NOON = dt.datetime(2026, 3, 2, 12, tzinfo=dt.UTC)
BUILDER = "/feeds/builder/"


@pytest.fixture(scope="module")
def web(tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    """A site of three sources with a release each, published and served."""
    home = tmp_path_factory.mktemp("home")
    url = f"sqlite:{home / 'communique.db'}"
    store = open_store(url)
    for name, language in (("harbour", "en"), ("wire", "en"), ("liman", "az")):
        store.register(Source(name, f"{name.title()} <b>", f"http://{name}.example/"))
        made = draft(
            f"http://{name}.example/1",
            source=name,
            title=f"Notice of {name}",
            language=language,
            body_text=f"The {name} closes for {len(name)} days because of works.",
        )
        store.record(made, seen=NOON, since=NOON)
    store.update_search_index()
    publish(store, home / "site", SiteSettings())
    store.close()
    yield from served_by(create_app(home / "site", url, SiteSettings()))


def built(web: httpx.Client, **asked: object) -> tuple[str, html.HtmlElement]:
    """The way to the feed that is made, and the page."""
    answer = web.get(BUILDER, params=httpx.QueryParams(asked))  # type: ignore[arg-type]
    assert answer.status_code == 200
    page = html.fromstring(answer.content)
    way = next(
        one.get("data-feed") or "" for one in page.iter("input") if one.get("id") == "address"
    )
    return urljoin(str(answer.url), way), page


def titles(web: httpx.Client, address: str) -> set[str]:
    answer = web.get(address)
    assert answer.status_code == 200, address
    return {one["title"].rpartition(" ")[2] for one in answer.json()["items"]}


@pytest.mark.parametrize(
    ("asked", "path"),
    [
        ({}, "/feeds/all"),
        ({"source": "harbour"}, "/feeds/source/harbour"),
        ({"topic": "transport"}, "/feeds/topic/transport"),
        ({"lang": "az"}, "/feeds/language/az"),
        ({"source": "harbour", "topic": "transport"}, "/feeds/source/harbour/topic/transport"),
        ({"kind": "days"}, "/feeds/days"),
        ({"kind": "health", "q": "x"}, "/feeds/health"),
        ({"kind": "corrected"}, "/feeds/changes"),
        ({"kind": "retracted"}, "/feeds/retractions"),
        ({"kind": "bogus"}, "/feeds/all"),
        ({"q": "works"}, "/feeds/search"),
        ({"source": "harbour,wire"}, "/feeds/search"),
        ({"source": "harbour", "kind": "corrected"}, "/feeds/search"),
        ({"lang": "az", "source": "harbour"}, "/feeds/search"),
    ],
)
def test_a_choice_of_one_thing_is_the_feed_that_is_there(asked: dict[str, str], path: str) -> None:
    assert feed_address(asked, {})[0] == path


@pytest.mark.parametrize(
    ("asked", "held"),
    [
        ({}, {"harbour", "wire", "liman"}),
        ({"source": ["harbour", "wire"]}, {"harbour", "wire"}),
        ({"q": "works", "lang": "az"}, {"liman"}),
        ({"lang": "az"}, {"liman"}),
        ({"topic": "transport", "source": "wire"}, {"wire"}),
        ({"q": "harbour -works"}, set()),
        ({"q": "works", "kind": "corrected"}, set()),
    ],
)
def test_its_address_contains_the_chosen_filters(
    web: httpx.Client, asked: dict[str, object], held: set[str]
) -> None:
    address, _ = built(web, format="json", **asked)
    assert ".json" in address
    assert titles(web, address) == held


def test_chosen_filters_remain_chosen(web: httpx.Client) -> None:
    _, page = built(web, source=["harbour", "wire"], q='"a phrase" <b>', format="rss", kind="days")
    assert page.xpath("//*[@selected or @checked]/@value") == ["harbour", "wire", "days", "rss"]
    assert page.xpath("//input[@name='q']/@value") == ['"a phrase" <b>']
    assert page.xpath("//*[@role='note']")


def test_it_shows_todays_matches(web: httpx.Client) -> None:
    _, page = built(web, q="works")
    assert page.xpath("//*[@role='status']")[0].text_content() == "3 releases currently match."
    assert len(page.xpath("//section[@id='feed']//li/a")) == 3


@pytest.mark.parametrize("asked", [{"q": "-only"}, {"source": "nobody"}, {"q": "x " * 5000}])
def test_impossible_values_are_reported(web: httpx.Client, asked: dict[str, str]) -> None:
    answer = web.get(BUILDER, params=asked)
    page = html.fromstring(answer.content)
    assert page.xpath("//*[@role='alert']")
    assert not page.xpath("//input[@id='address']")


def test_a_copy_of_the_site_states_that_it_builds_no_feeds(tmp_path: Path) -> None:
    store = open_store(f"sqlite:{tmp_path / 'communique.db'}")
    publish(store, tmp_path / "site", SiteSettings())
    store.close()
    text = (tmp_path / "site/feeds/builder/index.html").read_text("utf-8")
    assert "needs the site’s server" in text
