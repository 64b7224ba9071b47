"""The operator's room in a browser: what a hostile page can't do, and what a person can."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.browser.chromium import in_a_browser
from tests.command import command, make_home
from tests.press_room import Room, listing_html, release_html, served

pytestmark = in_a_browser

HOSTILE = """
<script>top.document.title = parent.document.title = document.title = "taken"</script>
<img src="/beacon-1" onerror="top.location='/beacon-2'">
<a href="/beacon-3" target="_top" onclick="top.location='/beacon-4'">Pier of the north</a>
<iframe src="/beacon-6"></iframe>
<form action="/beacon-7"><button>Pier of the south</button></form>
<svg onload="top.location='/beacon-8'"><a href="/beacon-9"><text>Pier</text></a></svg>
<style>* { background: url(/beacon-10) }</style>
"""


@pytest.fixture(scope="module")
def room() -> Iterator[Room]:
    """A press room whose pages try what they can."""
    with served() as room:
        room.page("/news/", listing_html([1, 2]))
        for number in (1, 2):
            page = release_html(number).replace("</h1>", f"</h1>{HOSTILE}", 1)
            room.page(f"/news/{number}.html", page)
        yield room


@pytest.fixture(scope="module")
def site(room: Room, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a service that has visited it."""
    home: Path = make_home(tmp_path_factory.mktemp("admin") / "home", f"{room.base}/news/")
    with (home / "communique.toml").open("a") as settings:
        settings.write("\n[site]\nport = 0\n")
    with subprocess.Popen(  # noqa: S603 - our own program
        [*command(), "run", "--home", str(home)],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as service:
        assert service.stdout is not None
        found = ""
        try:
            for line in service.stdout:
                if told := re.search(r"event=running .*admin=(\S+)/admin/", line):
                    found = told[1]
                if "event=visited" in line:
                    break
            yield found
        finally:
            service.terminate()
            service.wait(60)


@pytest.fixture(params=["with scripts", "without scripts"])
def page(browser: Any, request: pytest.FixtureRequest) -> Iterator[Any]:
    """A tab; ``asked`` are the addresses that it asked for, ``said`` what it complained of."""
    context = browser.new_context(java_script_enabled=request.param == "with scripts")
    opened = context.new_page()
    opened.set_default_timeout(60_000)
    opened.asked, opened.said = [], []
    opened.on("request", lambda one: opened.asked.append(one.url))
    opened.on("console", lambda message: opened.said.append(message.text))
    opened.on("pageerror", lambda error: opened.said.append(str(error)))
    yield opened
    context.close()


def test_a_hostile_page_does_nothing_and_its_texts_choose_elements(
    page: Any, site: str, room: Room
) -> None:
    room.log.clear()
    page.goto(f"{site}/admin/sources/harbour/correct/?field=release.title")
    frame = page.frame_locator("iframe")
    frame.get_by_text("Pier of the north").click()
    page.wait_for_url("**element=**")
    assert "/admin/sources/harbour/correct/?field=release.title" in page.url
    assert page.title().startswith("Correct a field")
    assert [url for url in page.asked if "beacon" in url] == []
    assert [path for path, _ in room.log if "beacon" in path] == []
    page.frame_locator("iframe").locator("h1 a").first.click()
    page.wait_for_url(re.compile("element="))
    page.get_by_role("button", name="Preview").click()
    page.get_by_role("button", name="Save").wait_for()
    assert page.said == []


def test_a_source_is_paused_by_a_click(page: Any, site: str) -> None:
    page.goto(f"{site}/admin/")
    page.get_by_role("link", name="harbour").first.click()
    page.get_by_label("Reason for the pause").fill("they move house")
    page.get_by_role("button", name="Pause visits").click()
    page.get_by_role("status").get_by_text("harbour is paused: they move house").wait_for()
    page.get_by_role("button", name="Resume visits").click()
    page.get_by_role("status").get_by_text("is no longer paused").wait_for()
    assert page.said == []


def test_an_open_page_changes_without_being_loaded(browser: Any, site: str) -> None:
    page, other = browser.new_page(), browser.new_page()
    page.goto(f"{site}/admin/sources/")
    page.evaluate("window.same = true")
    other.goto(f"{site}/admin/sources/harbour/")
    other.get_by_role("button", name="Pause visits").click()
    page.locator("#sources").get_by_text("paused").wait_for(timeout=60_000)
    assert page.evaluate("window.same")
    other.get_by_role("button", name="Resume visits").click()
    for one in (page, other):
        one.close()


def test_a_page_of_another_site_changes_nothing(browser: Any, site: str, room: Room) -> None:
    room.page(
        "/trap/",
        f'<form method="post" action="{site}/admin/sources/harbour/pause">'
        '<input name="why" value="mischief"><input name="form" value="0"></form>'
        "<script>document.forms[0].submit()</script>",
    )
    page = browser.new_page()
    page.goto(f"{site}/admin/sources/harbour/")
    page.goto(f"{room.base.replace('127.0.0.1', 'localhost')}/trap/")
    page.get_by_role("heading", name="Forbidden").wait_for(timeout=60_000)
    page.goto(f"{site}/admin/sources/harbour/")
    assert page.get_by_role("button", name="Pause visits").is_visible()
    page.close()


def test_its_tables_are_whole_in_a_narrow_window(page: Any, site: str) -> None:
    page.set_viewport_size({"width": 360, "height": 800})
    for path in ("", "sources/", "sources/harbour/"):
        page.goto(f"{site}/admin/{path}")
        assert page.locator("table.stacked").count()
        wide = "[...document.querySelectorAll('.wide')].filter(one => one.scrollWidth > innerWidth)"
        assert page.evaluate(f"{wide}.length") == 0
