"""Lists of releases are read by keys alone, and no key is taken from what people write."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from data.models import Source
from data.settings import SiteSettings
from data.store.sqlite.store import SqliteStore
from feeds.publishing.publish import publish
from feeds.server.app import create_app
from tests.browser.chromium import in_a_browser
from tests.drafts import draft, published
from tests.feeds.serving import served_by

pytestmark = in_a_browser


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    home = tmp_path_factory.mktemp("home")
    store = SqliteStore(home / "communique.db")
    store.register(Source("harbour", "Harbour", "http://harbour.example/"))
    for number in range(4):
        one = draft(
            f"http://harbour.example/{number}",
            title=f"Lamps {number}",
            body_text=f"All about lamps, and the number {number}.",
            published=published(f"2026-03-0{9 - number}"),
        )
        at = one.content.published.at  # type: ignore[union-attr]  # each has a day
        store.record(one, seen=at, since=at)
    store.update_search_index()
    publish(store, home / "site", SiteSettings())
    store.close()
    yield from served_by(create_app(home / "site", f"sqlite:{home / 'communique.db'}"))


@pytest.fixture
def page(browser: Any) -> Iterator[Any]:
    """A tab; what it complains of fails the test."""
    context = browser.new_context(
        reduced_motion="reduce", permissions=["clipboard-read", "clipboard-write"]
    )
    opened = context.new_page()
    said: list[str] = []
    opened.on("console", lambda message: said.append(message.text))
    opened.on("pageerror", lambda error: said.append(str(error)))
    yield opened
    context.close()
    assert said == []


def focused(page: Any) -> str:
    return str(page.evaluate("document.activeElement.textContent.trim()"))


@pytest.mark.parametrize("path", ["/", "/sources/harbour/", "/search?q=lamps"])
def test_keys_move_through_a_list_and_open_the_focused_item(
    site: httpx.Client, page: Any, path: str
) -> None:
    page.goto(f"{site.base_url.join(path)}")
    page.locator(".keys").wait_for(state="visible")
    for key, title in zip("jjkkkjjjjj", "0100012333", strict=True):
        page.keyboard.press(key)
        assert focused(page) == f"Lamps {title}"
    assert page.evaluate("document.activeElement.matches(':focus-visible')")
    page.keyboard.press("o")
    page.wait_for_url("**/releases/**")


def test_a_slash_starts_a_search_but_not_in_a_text_field(site: httpx.Client, page: Any) -> None:
    page.goto(f"{site.base_url}/")
    page.keyboard.press("/")
    page.keyboard.type("jok/?lamps")
    assert page.locator("input[name=q]").input_value() == "jok/?lamps"
    page.keyboard.press("Control+a")
    page.keyboard.type("lamps")
    page.keyboard.press("Enter")
    page.wait_for_url("**/search/?q=lamps")
    assert page.locator(".passage mark").first.inner_text() == "lamps"
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    page.wait_for_url("**/releases/**")


def test_the_keys_are_shown_on_request(site: httpx.Client, page: Any) -> None:
    page.goto(f"{site.base_url}/")
    help_ = page.locator("dialog.keys-help")
    assert not help_.is_visible()
    page.keyboard.press("?")
    help_.wait_for(state="visible")
    page.keyboard.press("j")
    assert "Lamps" not in focused(page)
    page.keyboard.press("Escape")
    help_.wait_for(state="hidden")
    page.keyboard.press("Control+j")
    page.keyboard.press("j")
    assert focused(page) == "Lamps 0"


def test_keys_are_not_lost_to_a_dialog_that_was_closed_just_now(
    site: httpx.Client, page: Any
) -> None:
    page.goto(f"{site.base_url}/")
    page.keyboard.press("?")
    page.locator("dialog.keys-help").wait_for(state="visible")
    # Its button has the focus until the browser draws again.
    page.evaluate("""() => {
        const button = document.querySelector("dialog.keys-help button");
        button.closest("dialog").close();
        button.dispatchEvent(new KeyboardEvent("keydown", { key: "j", bubbles: true }));
    }""")
    assert focused(page) == "Lamps 0"


def test_the_feed_address_of_a_search_is_copied(site: httpx.Client, page: Any) -> None:
    page.goto(f"{site.base_url}/search?q=lamps&source=harbour")
    page.locator(".address button").click()
    page.get_by_text("✓ Copy").wait_for()
    copied = page.evaluate("navigator.clipboard.readText()")
    assert copied == f"{site.base_url}/feeds/search.atom?q=lamps&source=harbour"


def test_a_search_works_without_scripts(site: httpx.Client, browser: Any) -> None:
    context = browser.new_context(java_script_enabled=False, viewport={"width": 360, "height": 740})
    tab = context.new_page()
    tab.goto(f"{site.base_url}/")
    tab.locator("input[name=q]").fill("lamps")
    tab.keyboard.press("Enter")
    tab.wait_for_url("**/search/?q=lamps")
    assert not tab.locator(".keys").is_visible()
    tab.get_by_role("link", name="English 4").click()
    assert tab.locator(".chosen").inner_text().split() == ["Language", "English", "×"]
    assert tab.evaluate("document.documentElement.scrollWidth <= innerWidth")
    tab.get_by_role("link", name="Language English").click()
    assert tab.locator(".chosen").count() == 0
    context.close()


def test_a_fault_of_a_query_is_seen_on_a_phone_above_the_tips(
    site: httpx.Client, page: Any
) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto(f"{site.base_url}/search?q=(storm")
    fault = page.get_by_role("alert").bounding_box()
    assert fault["y"] + fault["height"] < page.viewport_size["height"]
    assert page.evaluate("document.documentElement.scrollWidth") == 390
    widths = page.locator(".operators dd").evaluate_all("all => all.map(one => one.clientWidth)")
    assert min(widths) > 300
