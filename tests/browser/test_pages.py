"""A person who opens a page or a feed in a browser sees it styled, and can copy the address."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from data.models import Published
from data.settings import SiteSettings
from feeds.publishing.publish import publish
from feeds.server.app import create_app
from tests.browser.chromium import in_a_browser
from tests.feeds.sample_store import NOON, SampleStore, make_release
from tests.feeds.serving import served_by

pytestmark = in_a_browser

ILLUSTRATED = make_release(
    2,
    body_html='<p>Look:</p><img src="https://pictures.invalid/quay.jpg" alt="The quay at dusk">',
)

BARE = make_release(3, body_html="All that the statement<br><br>says.")


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    """A site that calls itself as it is reached."""
    folder = tmp_path_factory.mktemp("home") / "site"
    for web in served_by(create_app(folder)):
        publish(
            SampleStore(make_release(0), make_release(1), ILLUSTRATED, BARE),
            folder,
            SiteSettings(url=str(web.base_url).rstrip("/")),
        )
        yield web


@pytest.fixture
def page(browser: Any) -> Iterator[Any]:
    """A narrow tab that may use the clipboard; what it complains of fails the test."""
    context = browser.new_context(
        viewport={"width": 390, "height": 844}, permissions=["clipboard-read", "clipboard-write"]
    )
    opened = context.new_page()
    said: list[str] = []
    opened.on("console", lambda message: said.append(message.text))
    opened.on("pageerror", lambda error: said.append(str(error)))
    yield opened
    context.close()
    assert said == []


@pytest.mark.parametrize("path", ["/", "/sources/acme/", "/days/2022/11/24/", "/feeds/"])
def test_the_address_of_a_feed_is_copied(site: httpx.Client, page: Any, path: str) -> None:
    page.goto(f"{site.base_url}{path}")
    field = page.locator("input[readonly]").input_value()
    page.locator(".address button").click()
    page.get_by_text("✓ Copy").wait_for()
    assert page.evaluate("navigator.clipboard.readText()") == field
    assert site.get(field).headers["content-type"].startswith("application/atom+xml")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_each_feed_of_the_directory_is_copied(site: httpx.Client, page: Any) -> None:
    page.goto(f"{site.base_url}/feeds/")
    page.get_by_label("Copy the address of Economy").first.click()
    page.get_by_text("✓ Copy").wait_for()
    copied = page.evaluate("navigator.clipboard.readText()")
    assert copied == f"{str(site.base_url).rstrip('/')}/feeds/topic/economy.atom"


def test_without_a_script_the_address_is_in_a_field(site: httpx.Client, browser: Any) -> None:
    context = browser.new_context(java_script_enabled=False)
    tab = context.new_page()
    tab.goto(f"{site.base_url}/sources/acme/")
    field = tab.locator("input[readonly]")
    assert field.get_attribute("value") == str(site.base_url).rstrip("/") + (
        "/feeds/source/acme.atom"
    )
    assert not tab.locator(".address button").is_visible()
    context.close()


@pytest.fixture(scope="module")
def crowded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[SampleStore, Path, str]]:
    """A site whose first page is as full as it gets: long titles, a day for each."""
    folder = tmp_path_factory.mktemp("home") / "site"
    store = SampleStore()
    for number in range(60):
        day = dt.timedelta(days=number)
        store.put(
            make_release(
                number,
                f"source-{number % 12}",
                topics=(f"topic-{number % 20}-with-a-name-that-is-long",),
                language=("en", "de", "fr", "az", "ru", "ar", "el", "th")[number % 8],
                title=f"Statement {number}: the board says at length what is to be done and why, "
                "and by whom it is to be paid in the end, which is more than a line can hold",
                publisher="Agency for the Protection of Harbours, Quays and Breakwaters",
                published=Published(NOON + day, "second", "UTC", "", ""),
                order=NOON + day,
                first_seen=NOON + day,
            )
        )
    for web in served_by(create_app(folder)):
        address = str(web.base_url).rstrip("/")
        assert publish(store, folder, SiteSettings(url=address)).errors == ()
        yield store, folder, address


@pytest.mark.parametrize("width", [360, 390, 1280])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_first_page_is_short_and_fits(
    crowded: tuple[SampleStore, Path, str], browser: Any, width: int, scheme: str
) -> None:
    context = browser.new_context(viewport={"width": width, "height": 844}, color_scheme=scheme)
    tab = context.new_page()
    tab.goto(f"{crowded[2]}/")
    assert tab.locator("ol.releases > li").count() == 40
    root = "document.documentElement"
    assert tab.evaluate(f"{root}.scrollWidth") == width
    assert width != 390 or tab.evaluate(f"{root}.scrollHeight") <= 6000
    small = tab.evaluate(
        """[...document.querySelectorAll("a, button, input, summary")].filter(one => {
        const box = one.getBoundingClientRect();
        return box.width && !one.closest(".skip") && (box.height < 24 || box.width < 24);
        }).map(one => one.outerHTML)"""
    )
    assert small == []
    context.close()


def test_releases_since_the_last_visit_are_marked(
    crowded: tuple[SampleStore, Path, str], page: Any
) -> None:
    store, folder, address = crowded
    page.clock.install(time=NOON + dt.timedelta(days=70, hours=6))
    page.goto(f"{address}/")
    assert page.locator("li.new").count() == 0
    assert page.locator(".news").inner_text() == ""
    page.clock.set_fixed_time(NOON + dt.timedelta(days=70, hours=6, minutes=20))
    page.reload()
    assert page.locator("li.new").count() == 0
    for number in (71, 72):
        at = NOON + dt.timedelta(days=number)
        title, language = ("العربية", "ar") if number == 71 else ("Statement 72", "en")
        store.put(make_release(number, title=title, language=language, order=at, first_seen=at))
    publish(store, folder, SiteSettings(url=address))
    page.clock.set_fixed_time(NOON + dt.timedelta(days=73))
    page.reload()
    page.locator("li.new").nth(1).wait_for()
    assert page.locator("li.new").count() == 2
    news = page.locator(".news").inner_text()
    assert "2 Feb 2023" in news
    assert ": 2" in news
    assert page.locator("li.new a.title").first.inner_text().startswith("New:")
    # A mark before a title does not turn it around.
    arabic = page.locator("li.new a.title[lang=ar]")
    assert arabic.evaluate("one => getComputedStyle(one).direction") == "rtl"
    page.get_by_role("button", name="Mark all as seen").click()
    assert page.locator("li.new").count() == 0
    page.clock.set_fixed_time(NOON + dt.timedelta(days=74))
    page.reload()
    page.get_by_text("No new releases since yesterday").wait_for()


def test_the_layout_does_not_shift_while_the_first_page_loads(
    crowded: tuple[SampleStore, Path, str], page: Any
) -> None:
    page.goto(f"{crowded[2]}/")
    page.get_by_role("button", name="Copy").wait_for()
    moved = page.evaluate(
        """new Promise(done => new PerformanceObserver(
        list => done(list.getEntries().map(one => one.value))
        ).observe({type: "layout-shift", buffered: true}) || requestAnimationFrame(() =>
        requestAnimationFrame(() => done([]))))"""
    )
    assert sum(moved) < 0.01


def test_without_a_script_visits_are_not_mentioned(
    crowded: tuple[SampleStore, Path, str], browser: Any
) -> None:
    context = browser.new_context(java_script_enabled=False)
    tab = context.new_page()
    tab.goto(f"{crowded[2]}/")
    assert not tab.locator(".news").is_visible()
    assert not tab.get_by_role("button", name="Mark all as seen").is_visible()
    context.close()


@pytest.mark.parametrize("kind", ["atom", "rss"])
def test_a_feed_is_shown_as_a_page(site: httpx.Client, page: Any, kind: str) -> None:
    page.goto(f"{site.base_url}/feeds/all.{kind}")
    titles = page.locator("ol.releases a.title").all_inner_texts()
    assert titles == [f"Statement {number}" for number in (3, 2, 1, 0)]
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_a_text_is_as_far_from_its_lines_with_paragraphs_as_without(
    site: httpx.Client, page: Any
) -> None:
    gaps = []
    for release in (make_release(1), BARE):
        page.goto(f"{site.base_url}/releases/{release.id}/")
        gaps.append(
            page.evaluate("""() => {
                const body = document.querySelector(".body"), text = document.createRange();
                text.setStart(body, 0);
                text.setEnd(body, body.childNodes.length);
                const within = text.getBoundingClientRect(), all = body.getBoundingClientRect();
                return [within.top - all.top, all.bottom - within.bottom].map(Math.round);
            }""")
        )
    paragraphs, bare = gaps
    assert min(bare) >= min(paragraphs) > 10


def test_the_json_ld_of_a_release_obeys_every_policy(site: httpx.Client, page: Any) -> None:
    page.goto(f"{site.base_url}/releases/{make_release(1).id}/")
    data = page.locator("script[type='application/ld+json']").text_content()
    assert json.loads(data)["@type"] == "NewsArticle"


def test_a_release_runs_no_script(site: httpx.Client) -> None:
    for path, allowed in (("/feeds/", True), (f"/releases/{make_release(1).id}/", False)):
        answer = site.get(path)
        assert ("script-src" in answer.headers["content-security-policy"]) is allowed
        assert ("script-src" in answer.text) is allowed
        assert ("<script src" in answer.text) is allowed


def test_a_release_with_pictures_requests_no_other_site(site: httpx.Client, page: Any) -> None:
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(f"{site.base_url}/releases/{ILLUSTRATED.id}/")
    link = page.get_by_role("link", name="The quay at dusk")
    assert link.get_attribute("href") == "https://pictures.invalid/quay.jpg"
    page.locator("summary", has_text="Citation").click()
    assert page.get_by_text("@misc{release-").is_visible()
    page.wait_for_load_state("networkidle")
    assert asked
    assert all(url.startswith(str(site.base_url)) for url in asked)
