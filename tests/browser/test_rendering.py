"""`render = true`: pages that scripts fill are read as a browser shows them, and no more."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from data.archive.warc.index import Index
from data.archive.warc.reader import read_record
from data.models import Facet
from data.store.sqlite.store import SqliteStore
from scheduler.children.fetch import PageFetcher
from scheduler.home.home import open_home
from spiders.download.settings import CrawlConnections
from tests.browser.chromium import BROWSER, in_a_browser
from tests.command import collect, make_home
from tests.press_room import Answer, Room, listing_html, release_html, served

pytestmark = in_a_browser

SHELL = (
    '<!DOCTYPE html><html lang="en"><head><title>Harbour Board</title></head><body>'
    '<div id="root"></div><script>'
    'fetch("/parts" + location.pathname).then(r => r.text()).then(t => {{'
    'document.getElementById("root").innerHTML = t.replace(/^[^]*<body>/, "")}});{more}'
    "</script></body></html>"
)


@pytest.fixture
def room() -> Iterator[Room]:
    """A press room whose pages are empty until their scripts have run."""
    with served() as room:
        room.page("/parts/news/", listing_html([1, 2, 3]))
        room.page("/news/", SHELL.format(more=""))
        for number in (1, 2, 3):
            room.page(f"/parts/news/{number}.html", release_html(number))
            room.page(f"/news/{number}.html", SHELL.format(more=""))
        yield room


def test_a_scripted_room_is_collected_if_the_source_requires_a_browser(
    tmp_path: Path, room: Room
) -> None:
    plain = make_home(tmp_path / "plain", f"{room.base}/news/")
    assert [error["kind"] for error in collect(plain)["errors"]] == ["empty"]
    home = make_home(tmp_path / "home", f"{room.base}/news/", render="true")
    run = collect(home)
    assert (run["found"], run["new"], run["errors"]) == (3, 3, [])
    store = SqliteStore(home / "communique.db")
    releases = [*store.releases(Facet())]
    titles = sorted(release.content.title for release in releases)
    store.close()
    for release in releases:
        assert release.capture is not None
        record = read_record(home / "archive", release.capture.file, release.capture.offset)
        # The document as the browser had it, which no server sent.
        assert record.rendered
        assert release.content.title.encode() in record.http.payload
        assert not record.field("WARC-IP-Address")
    assert titles == [f"Notice {n}: ships counted at pier {n}" for n in (1, 2, 3)]


def test_what_the_browser_requested_is_archived_if_the_setting_is_rendered(
    tmp_path: Path, room: Room
) -> None:
    more = 'new Image().src = "/late.png";'
    room.page("/news/1.html", SHELL.format(more=more) + '<script src="/late.js"></script>')
    room.answers["/late.png"] = Answer(b"png", content_type="image/png")
    home = make_home(tmp_path / "home", f"{room.base}/news/", render="true")
    with (home / "communique.toml").open("a") as file:
        file.write('[archive]\nrequisites = "rendered"\n')
    assert collect(home)["new"] == 3
    with closing(Index(home / "archive")) as index:
        assert [one.status for one in index.captures(f"{room.base}/late.png")] == [200]


def test_releases_that_a_router_shows_by_fragments_are_collected(
    tmp_path: Path, room: Room
) -> None:
    router = (
        '<html lang="en"><body><div id="view"></div><script>'
        "function show() { const path = location.hash.slice(1) || '/news/list';"
        "fetch('/parts' + path).then(r => r.text()).then(t => {"
        "document.getElementById('view').innerHTML = t.replace(/^[^]*<body>/, '')});}"
        "addEventListener('hashchange', show); show();</script></body></html>"
    )
    room.page("/parts/news/list", listing_html([1, 2, 3], path="#/news/{}.html"))
    room.page("/news/", router)
    home = make_home(tmp_path / "home", f"{room.base}/news/", render="true")
    run = collect(home)
    assert (run["new"], run["errors"]) == (3, [])
    assert collect(home)["new"] == 0


def test_a_page_of_the_browser_itself_is_not_a_release(tmp_path: Path, room: Room) -> None:
    room.page("/news/2.html", '<script>location.href = "http://127.0.0.1:9/x"</script>')
    run = collect(make_home(tmp_path / "home", f"{room.base}/news/", render="true"))
    assert run["new"] == 2
    assert [error["url"] for error in run["errors"]] == [f"{room.base}/news/2.html"]
    assert "browser" in run["errors"][0]["message"]


def test_an_edit_behind_an_unchanged_document_is_seen(tmp_path: Path, room: Room) -> None:
    home = make_home(tmp_path / "home", f"{room.base}/news/", render="true")
    collect(home)
    edited = release_html(1).replace("37 ships", "38 ships")
    room.page("/parts/news/1.html", edited)
    assert collect(home)["changed"] == 1


def test_redirects_documents_errors_and_changing_pages_all_terminate(
    tmp_path: Path, room: Room
) -> None:
    (tmp_path / "communique.toml").write_text(
        "[network]\nallow_private = true\ntimeout = 4\nmax_bytes = 100_000\n"
    )
    room.page("/to", "", status=302, headers={"Location": "/news/"})
    room.page("/gone", "gone", status=410)
    room.page("/busy", "<p>busy</p><script>while (true) {}</script>")
    room.answers["/huge"] = Answer(b"<p>" + b"x" * 300_000, etag=False)
    urls = [f"{room.base}{path}" for path in ("/to", "/gone", "/busy", "/huge", "/news/")]
    with PageFetcher(open_home(tmp_path), render=True) as fetcher:
        to, gone, busy, huge, news = fetcher.fetch(urls)
    assert to.url == f"{room.base}/news/"
    assert b"Notice 3" in to.body
    assert gone.status == 410
    assert busy.kind == "timeout"
    assert len(huge.body) < 200_000
    assert b"Notice 3" in news.body


def test_the_browser_identifies_itself_and_loads_nothing_decorative(
    tmp_path: Path, room: Room
) -> None:
    (tmp_path / "communique.toml").write_text("[network]\nallow_private = true\n")
    room.page("/news/", '<img src="/picture.png"><p>text</p><script src="/code.js"></script>')
    with PageFetcher(open_home(tmp_path), render=True) as fetcher:
        fetcher.page(f"{room.base}/news/")
    assert room.statuses("/code.js") == [404]
    assert room.statuses("/picture.png") == []
    assert all(agent.startswith("Communique/") for agent in room.agents)


def test_private_addresses_are_refused(tmp_path: Path, room: Room) -> None:
    with PageFetcher(open_home(tmp_path), render=True) as fetcher:
        (answer,) = fetcher.fetch([f"{room.base}/news/"])
    assert answer.kind == "refused"
    assert "allow_private = true" in answer.message
    assert room.log == []


def test_no_traffic_of_the_browser_gets_around_the_gateway(room: Room) -> None:
    """Scripts, redirects and loopback go through the gateway, which refuses: nothing arrives."""
    # Both need the extra `browser`, without which these tests are skipped.
    from playwright.async_api import Error as PlaywrightError  # noqa: PLC0415 - as above

    from spiders.download.playwright_handler import ProxiedBrowserProvider  # noqa: PLC0415 - as above

    class Config:
        browser_type_name = "chromium"
        cdp_url = connect_url = None
        launch_options = {  # noqa: RUF012 - as the real one
            "executable_path": BROWSER,
            "chromium_sandbox": os.geteuid() != 0,
            "communique": {
                "connections": CrawlConnections(),
                "allow_private": False,
                "max_bytes": 1_000_000,
            },
        }

    async def visit() -> list[str]:
        provider = ProxiedBrowserProvider(Config())
        await provider.start()
        browser = await provider.launch_browser()
        try:
            failed = []
            local = room.base.replace("127.0.0.1", "localhost")
            for url in (f"{room.base}/news/", f"{local}/news/", "http://169.254.169.254/latest/"):
                # A tab each: a refused page is replaced by the browser's own, at any moment.
                tab = await browser.new_page()
                try:
                    await tab.goto(url)
                except PlaywrightError as error:
                    failed.append(str(error))
            blank = await browser.new_page()
            await blank.evaluate(f"fetch('{room.base}/news/', {{mode: 'no-cors'}}).catch(() => 0)")
        finally:
            await browser.close()
            await provider.close()
        return failed

    assert len(asyncio.run(visit())) == 3
    assert room.log == []
