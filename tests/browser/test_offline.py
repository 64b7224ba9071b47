"""A copy of the site in a folder works in a browser from disk: styled, linked, searched."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from data.export.chosen_records import Choice
from data.models import Draft, Source
from data.settings import SiteSettings
from data.store.open import open_store
from feeds.publishing.offline_copy import write_folder
from tests.browser.chromium import BROWSER, in_a_browser
from tests.feeds.sample_store import make_release

pytestmark = in_a_browser


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("home")
    store = open_store(f"sqlite:{home / 'communique.db'}")
    store.register(Source("acme", "ACME", "https://acme.example/", "Asia/Baku"))
    texts = ("The ferry sails again.", "Café opens on the quay.", "Nothing </script> is new.")
    for number, text in enumerate(texts):
        release = make_release(number, body_text=text, images=())
        draft = Draft("acme", release.url, release.content)
        store.record(draft, seen=release.order, since=release.order)
    (home / "copy").mkdir()
    write_folder(
        store,
        Choice(),
        home / "copy",
        SiteSettings(),
        payload=lambda _: None,
        on_progress=lambda *_: None,
    )
    store.close()
    return home / "copy"


@pytest.fixture
def page() -> Iterator[Any]:
    """A tab without a network; what it complains of fails the test."""
    # It comes with the extra `browser`, without which these tests are skipped.
    from playwright.sync_api import sync_playwright  # noqa: PLC0415 - as above

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=BROWSER, args=["--no-sandbox"])
        opened = browser.new_context(offline=True).new_page()
        said: list[str] = []
        opened.on("console", lambda message: said.append(message.text))
        opened.on("pageerror", lambda error: said.append(str(error)))
        yield opened
        browser.close()
    assert said == []


def test_a_reader_gets_from_the_first_page_to_a_release_and_back(folder: Path, page: Any) -> None:
    page.goto((folder / "index.html").as_uri())
    page.get_by_role("link", name="Statement 1").first.click()
    assert page.locator("h1").inner_text() == "Statement 1"
    assert page.evaluate("getComputedStyle(document.body).fontFamily") != '"Times New Roman"'
    page.get_by_role("link", name="Sources", exact=True).click()
    assert page.url == (folder / "sources" / "index.html").as_uri()


@pytest.mark.parametrize(
    ("query", "titles"),
    [
        ("ferry", ["Statement 0"]),
        ("cafe", ["Statement 1"]),
        ("Statement -ferry", ["Statement 2", "Statement 1"]),
        ('"sails again"', ["Statement 0"]),
        ('"again sails"', []),
    ],
)
def test_a_search_finds_words_of_the_texts(
    folder: Path, page: Any, query: str, titles: list[str]
) -> None:
    page.goto((folder / "search" / "index.html").as_uri())
    page.locator("input[type=search]").fill(query)
    page.get_by_role("button", name="Search").click()
    page.get_by_text(f"{len(titles)} release", exact=False).wait_for()
    assert page.locator("ol.releases a").all_inner_texts() == titles
    if titles:
        page.locator("ol.releases a").first.click()
        assert page.locator("h1").inner_text() == titles[0]


@pytest.mark.parametrize("width", [390, 1100])
def test_search_results_are_lines(folder: Path, page: Any, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 800})
    page.goto((folder / "search" / "index.html").as_uri() + "?q=ferry")
    title = page.get_by_role("link", name="Statement 0")
    title.wait_for()
    box = title.bounding_box()
    assert box["width"] > 300
    assert box["height"] < 40
    assert page.evaluate("document.documentElement.scrollWidth") == width


def test_every_header_searches_the_offline_copy(folder: Path, page: Any) -> None:
    page.goto((folder / "sources" / "acme" / "index.html").as_uri())
    page.locator("header input[type=search]").fill("ferry")
    page.keyboard.press("Enter")
    page.get_by_text("1 release", exact=False).first.wait_for()
    assert page.locator("ol.releases a").all_inner_texts() == ["Statement 0"]


def test_a_link_to_a_search_is_answered(folder: Path, page: Any) -> None:
    page.goto((folder / "search" / "index.html").as_uri() + "?source=acme&topic=economy")
    page.get_by_text("3 releases").wait_for()
    assert page.locator("ol.releases a").count() == 3
