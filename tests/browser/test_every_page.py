"""Every kind of page, in a narrow and a wide window, light and dark, with and without scripts."""

from __future__ import annotations

import gzip
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import httpx
import pytest

from data.access.permissions import Permissions
from data.models import Facet, Release
from data.settings import SiteSettings
from data.store.open import open_store
from feeds.publishing.publish import publish
from feeds.server.access import Access
from feeds.server.app import HomeFolders, create_app
from feeds.urls import href, page_file
from tests.browser.chromium import in_a_browser
from tests.command import communique
from tests.feeds.serving import served_by

pytestmark = in_a_browser

LARGEST = 30_000
"""Bytes of a page, compressed."""

SMALLEST = 24
"""Pixels of what can be pointed at, either way (WCAG 2.2, 2.5.8)."""

PAGES = {
    "home": "/",
    "older": "/page/1/",
    "source": "/sources/merrow/",
    "source health": "/sources/merrow/health/",
    "sources": "/sources/",
    "topics": "/topics/",
    "days": "/days/",
    "languages": "/languages/",
    "corrections": "/changes/",
    "retractions": "/retractions/",
    "health": "/health/",
    "feeds": "/feeds/",
    "builder": "/feeds/builder/?q=harbour",
    "feed": "/feeds/all.atom",
    "search": "/search?q=harbour",
    "no search": "/search?q=-harbour",
    "about": "/about/",
    "api": "/api/",
    "missing": "/sources/nobody/",
}
"""Pages at addresses that are always the same; `found` adds those of releases and facets."""


def found(home: Path) -> Iterator[tuple[str, str]]:
    """Pages of some releases, facets and stories of a HOME."""
    with closing(open_store(f"sqlite:{home / 'communique.db'}")) as store:
        for facet in store.facets():
            yield kind_of(facet), href(page_file(facet))
        for one in store.releases(Facet()):
            yield from of_release(one)


def kind_of(facet: Facet) -> str:
    """What kind of page shows a facet."""
    if facet.period:
        return {4: "year", 7: "month", 10: "day"}[len(facet.period)]
    names = ("source", "topic", "section", "language")
    return " of ".join(name for name in names if getattr(facet, name)) or "home"


def of_release(one: Release) -> Iterator[tuple[str, str]]:
    """The pages of a release."""
    page = f"/releases/{one.id}/"
    yield "retracted" if one.retracted else "corrected" if one.revision > 1 else "release", page
    if one.content.language == "ar":
        yield "right to left", page
    if one.revision > 1:
        yield "version", f"{page}revisions/2/"
    if one.capture:
        yield "captures", f"{page}capture/"
        yield "captured page", f"{page}capture/page"
        yield "memento", f"/memento/{one.capture.at:%Y%m%d%H%M%S}/{one.url}"
        if one.revision > 1:
            yield "comparison", f"{page}capture/compare"
    if one.story:
        yield "story", f"/stories/{one.story}/"


KINDS = (
    *PAGES,
    *(
        "topic",
        "language",
        "year",
        "day",
        "month",
        "release",
        "retracted",
        "corrected",
        "right to left",
    ),
    *("version", "captures", "captured page", "memento", "comparison", "story"),
)

MISSING = {"missing"}
"""Kinds that are answered with 404."""

NOTED = {*MISSING, "captured page", "memento", "comparison"}
"""Kinds of which a console notes something: a 404, and scripts that a captured page may not run."""


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A HOME with the invented press rooms, collected and published."""
    home = tmp_path_factory.mktemp("demo") / "home"
    result = communique("demo", "--once", home=home)
    assert result.returncode == 0, result.stderr
    return home


@pytest.fixture(scope="module")
def site(home: Path) -> Iterator[tuple[httpx.Client, dict[str, str]]]:
    """The served site of the HOME, and the address of each kind of page."""
    url = f"sqlite:{home / 'communique.db'}"
    with closing(open_store(url)) as store:
        publish(store, home / "site", SiteSettings(entries=10), all=True)
    app = create_app(
        home / "site",
        url,
        SiteSettings(entries=10),
        home=HomeFolders(home / "archive"),
        access=Access(Permissions(home / "tokens")),
    )
    for web in served_by(app):
        yield web, {**dict(found(home)), **PAGES}


@pytest.fixture(scope="module", params=[(360, "light", True), (1280, "dark", True)], ids=str)
def view(browser: Any, request: pytest.FixtureRequest) -> Iterator[tuple[Any, list[str]]]:
    """A tab of some width and colours, and what it complained of."""
    width, scheme, scripts = request.param
    context = browser.new_context(
        viewport={"width": width, "height": 800}, color_scheme=scheme, java_script_enabled=scripts
    )
    tab = context.new_page()
    said: list[str] = []
    tab.on("console", lambda message: said.append(message.text))
    tab.on("pageerror", lambda error: said.append(str(error)))
    yield tab, said
    context.close()


@pytest.mark.parametrize("kind", KINDS)
def test_a_page_is_accessible_fits_and_complains_of_nothing(
    site: tuple[httpx.Client, dict[str, str]], view: tuple[Any, list[str]], kind: str
) -> None:
    # axe comes with the extra `test`, its browser with `browser`.
    from axe_playwright_python.sync_playwright import Axe  # noqa: PLC0415 - as above

    web, addresses = site
    tab, said = view
    said.clear()
    tab.goto(str(web.base_url.join(addresses[kind])))
    tab.wait_for_load_state("networkidle")
    assert said == [] or kind in NOTED
    serious = [
        (one["id"], [node["target"] for node in one["nodes"]][:5], one["help"])
        for one in Axe().run(tab).response["violations"]
        if one["impact"] in {"serious", "critical"} or one["id"] in OUTLINE_RULES
    ]
    assert serious == []
    root = "document.documentElement"
    assert tab.evaluate(f"{root}.scrollWidth <= {root}.clientWidth"), "it is wider than its window"
    assert tab.evaluate(SMALL_TARGETS, SMALLEST) == []
    assert tab.locator("h1").count() == 1
    assert tab.locator("link[rel=stylesheet]").count() == 1


OUTLINE_RULES = {"heading-order", "landmark-unique", "landmark-one-main", "page-has-heading-one"}
"""Rules of axe about the outline of a page, which it does not call serious."""

SMALL_TARGETS = """least => [...document.querySelectorAll("a, button, input, select, summary")]
  .filter(one => {
    const box = one.getBoundingClientRect();
    const inText = getComputedStyle(one).display === "inline"
      && one.closest("p, dd, li, td, figcaption, h3");
    return box.width && box.height && !one.closest(".skip, .hidden, .body") && !inText
      && (box.height < least || box.width < least);
  }).map(one => one.outerHTML.slice(0, 200))"""
"""What is too small to be pointed at; links within sentences may be (WCAG 2.2, 2.5.8)."""


@pytest.mark.parametrize("kind", KINDS)
def test_a_page_is_small(site: tuple[httpx.Client, dict[str, str]], kind: str) -> None:
    web, addresses = site
    shown = {"sec-fetch-dest": "document"}
    page = web.get(addresses[kind], headers=shown, follow_redirects=True)
    assert page.status_code == (404 if kind in MISSING else 200)
    assert len(gzip.compress(page.content, 6)) <= LARGEST


@pytest.mark.parametrize("kind", ["health", "source health", "sources"])
def test_a_table_is_whole_in_a_narrow_window(
    site: tuple[httpx.Client, dict[str, str]], browser: Any, kind: str
) -> None:
    web, addresses = site
    context = browser.new_context(viewport={"width": 360, "height": 800})
    tab = context.new_page()
    tab.goto(str(web.base_url.join(addresses[kind])))
    last = tab.locator("main tbody tr:first-child > :last-child").bounding_box()
    assert last["x"] + last["width"] <= 360
    context.close()


@pytest.mark.parametrize("kind", ["home", "release", "search", "builder", "feed", "days"])
def test_without_scripts_all_text_is_there(
    site: tuple[httpx.Client, dict[str, str]], browser: Any, kind: str
) -> None:
    web, addresses = site
    texts = []
    for scripts in (True, False):
        context = browser.new_context(java_script_enabled=scripts)
        tab = context.new_page()
        tab.goto(str(web.base_url.join(addresses[kind])))
        texts.append(tab.locator("main h1, main .title, main .body").all_inner_texts())
        context.close()
    assert texts[0] == texts[1] != []


def test_a_release_is_reached_from_the_first_page_by_keyboard_alone(
    site: tuple[httpx.Client, dict[str, str]], browser: Any
) -> None:
    web, _ = site
    context = browser.new_context(java_script_enabled=False)
    tab = context.new_page()
    tab.goto(str(web.base_url))
    tab.keyboard.press("Tab")
    assert tab.evaluate("document.activeElement.className") == "skip"
    tab.keyboard.press("Enter")
    for _ in range(60):
        tab.keyboard.press("Tab")
        if tab.evaluate("document.activeElement.matches('.releases .title')"):
            break
    outline = "getComputedStyle(document.activeElement).outlineStyle"
    assert tab.evaluate(outline) != "none"
    tab.keyboard.press("Enter")
    tab.wait_for_url("**/releases/*/")
    context.close()
