"""Where nothing is, a page says so, with the ways to what is there and what is near."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from typing import Any

import httpx
import pytest
from lxml import html

from data.models import Published, Source
from data.settings import SiteSettings
from data.store.open import open_store
from feeds.publishing.publish import publish
from feeds.server.app import create_app
from tests.drafts import draft
from tests.feeds.serving import served_by

NOON = dt.datetime(2022, 11, 24, 12, tzinfo=dt.UTC)


@pytest.fixture(scope="module")
def web(tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    """A site of two sources, served."""
    folder = tmp_path_factory.mktemp("web")
    url, site = f"sqlite:{folder / 'communique.db'}", SiteSettings(url="https://press.example/news")
    with closing(open_store(url)) as store:
        for source, name in (("harbour", "Harbour Board"), ("tramways", "City Tramways")):
            store.register(Source(source, name, f"https://{source}.example/"))
            made = draft(f"https://{source}.example/1", source=source)
            published = Published(NOON, "day", "UTC", "2022-11-24", "meta")
            content = replace(made.content, published=published, topics=("transport",))
            store.record(replace(made, content=content), seen=NOON, since=NOON)
        assert publish(store, folder / "site", site).errors == ()
    yield from served_by(create_app(folder / "site", url, site))


def offered(web: httpx.Client, address: str) -> list[str]:
    """What the page of an address at which nothing is offers."""
    answer = web.get(address)
    assert answer.status_code == 404
    page: Any = html.document_fromstring(answer.text)
    assert page.xpath("//main//form//input[@name='q']")
    assert page.xpath("//header//nav/a[@href='/sources/']")
    return [str(link) for link in page.xpath("//ul[@class='chips']//a/@href")]


@pytest.mark.parametrize(
    ("address", "near"),
    [
        ("/sources/harbor/", ["/sources/harbour/"]),
        ("/feeds/source/tramway.atom", ["/sources/tramways/"]),
        ("/topics/transports/", ["/topics/transport/"]),
        ("/Harbour", ["/sources/harbour/"]),
        ("/sources/bord/", ["/sources/harbour/"]),
        ("/days/2022/11/31/", ["/days/2022/11/"]),
        ("/feeds/date/2022/11/31.atom", ["/days/2022/11/"]),
        ("/days/2022/13/99/", ["/days/2022/"]),
        ("/days/1822/", []),
        ("/releases/00000000-0000-0000-0000-000000000000/", []),
        ("/page/9999/", []),
        ("/%00%ff/<script>alert(1)</script>", []),
        ("/" + "a" * 3000, []),
    ],
)
def test_a_similar_name_is_suggested(web: httpx.Client, address: str, near: list[str]) -> None:
    assert offered(web, address) == near


def test_every_link_of_the_page_has_a_target(web: httpx.Client) -> None:
    page: Any = html.document_fromstring(web.get("/days/2022/11/31/").text)
    for link in page.xpath("//@href"):
        if link.startswith("/"):
            assert web.get(link).status_code == 200, link


def test_static_hosts_have_a_page_that_links_to_the_site(web: httpx.Client) -> None:
    page: Any = html.document_fromstring(web.get("/404.html").text)
    links = [str(link) for link in page.xpath("//body//a/@href") if not link.startswith("#")]
    assert links
    assert all(link.startswith("/news/") for link in links)


def test_the_home_page_is_unavailable_until_the_first_publication(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    folder = tmp_path_factory.mktemp("unpublished")
    url, site = f"sqlite:{folder / 'communique.db'}", SiteSettings()
    open_store(url).close()
    for web in served_by(create_app(folder / "site", url, site)):
        answer = web.get("/")
        assert answer.status_code == 503
        assert int(answer.headers["retry-after"]) > 0
        assert web.get("/sources/").status_code == 404
