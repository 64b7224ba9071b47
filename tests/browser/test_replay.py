"""A hostile page that was captured does nothing in a browser: no script, no network, no way out."""

from __future__ import annotations

import base64
import datetime as dt
import threading
from collections.abc import Iterator
from contextlib import closing
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx
import pytest

from benchmarks.requisite_themes.assets import font
from data.access.permissions import Permissions
from data.access.tokens import new_token
from data.archive.archive import Archive
from data.models import Draft, Source
from data.settings import ArchiveSettings as Settings
from data.settings import SiteSettings
from data.store.open import open_store
from feeds.publishing.publish import publish
from feeds.server.access import Access
from feeds.server.app import HomeFolders, create_app
from tests.archived import START, exchange
from tests.browser.chromium import BROWSER, in_a_browser
from tests.feeds.sample_store import make_release
from tests.feeds.serving import served_by
from tests.peer import PATIENCE

pytestmark = in_a_browser

PIXEL = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)

HOSTILE = """<!doctype html><html><head>
<base href="EVIL/base/" target="_top">
<meta http-equiv="refresh" content="0; url=EVIL/refresh">
<meta http-equiv="Content-Security-Policy" content="script-src * 'unsafe-inline'">
<link rel="preconnect" href="EVIL"><link rel="dns-prefetch" href="EVIL">
<link rel="prefetch" href="EVIL/prefetch"><link rel="preload" as="image" href="EVIL/preload">
<link rel="icon" href="EVIL/icon"><link rel="manifest" href="EVIL/manifest">
<link rel="stylesheet" href="https://acme.example/s.css">
<style>@import "EVIL/import.css"; body { background: url(EVIL/background) }</style>
<script>top.document.title = "owned"; fetch("EVIL/fetch"); document.title = "ran"</script>
<script src="EVIL/script.js"></script></head>
<body onload="location = 'EVIL/onload'">
<h1>Statement</h1>
<img id="ours" src="https://acme.example/a.png"><img src="EVIL/img" onerror="top.location='EVIL/x'">
<img srcset="EVIL/set 1x"><picture><source srcset="EVIL/source"><img src="EVIL/img2"></picture>
<iframe src="EVIL/frame"></iframe><iframe srcdoc="<script>top.name='owned'</script>"></iframe>
<object data="EVIL/object"></object><embed src="EVIL/embed">
<video src="EVIL/video" autoplay></video>
<svg onload="location='EVIL/svg'"><image href="EVIL/svgimage"/><use href="EVIL/use#a"/>
<script>location = "EVIL/svgscript"</script></svg>
<form action="EVIL/form" id="f"><button id="send">send</button></form>
<a id="js" href="javascript:top.document.title='owned'">js</a>
<a id="data" href="data:text/html,<script>top.name='owned'</script>">data</a>
<a id="out" href="EVIL/link" ping="EVIL/ping">out</a>
<a id="blank" href="EVIL/blank" target="_blank">blank</a>
<table background="EVIL/table"><tr><td>x</table>
<img data-src="EVIL/lazy" data-srcset="EVIL/lazyset 1x"><div data-bg="EVIL/lazybackground">x</div>
<p style="background:url(EVIL/style);background:url(javascript:alert(1));width:expression(a())">
<p style="background:ur\\6c(EVIL/escaped);background:image-set('EVIL/set2' 1x)">x</p>
<noscript><img src="EVIL/noscript"></noscript><input type="image" src="EVIL/input">
<svg><style/><p><link rel="preconnect" href="EVIL"><iframe style="width:9px" src="EVIL/frame2">
</body></html>"""


STYLE = """@import 's.css'; @import "EVIL/import2"; @import url(//EVIL/import3);
h1 { color: rgb(1, 2, 3); background: url(EVIL/image); behavior: url(EVIL/behavior) }
@font-face { font-family: Evil; src: url(EVIL/font) } h1 { font-family: Evil }"""


class Evil(ThreadingHTTPServer):
    """A server that must not be asked anything; ``asked`` are the paths that were."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.asked: list[str] = []
        self.connected = 0
        self.url = f"http://127.0.0.1:{self.server_address[1]}"

    def get_request(self) -> Any:
        """Count a connection."""
        self.connected += 1
        return super().get_request()


class Handler(BaseHTTPRequestHandler):
    """Notes what is asked."""

    server: Evil

    def do_GET(self) -> None:
        """Answer."""
        self.server.asked.append(self.path)
        self.send_response(204)
        self.end_headers()

    do_POST = do_GET  # noqa: N815 - the server looks for this name

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture(scope="module")
def evil() -> Iterator[Evil]:
    server = Evil()
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture(scope="module")
def shown(tmp_path_factory: pytest.TempPathFactory, evil: Evil) -> Iterator[tuple[str, str]]:
    """The address of a site, and of the captured page of its one release."""
    home: Path = tmp_path_factory.mktemp("home")
    archive = Archive(home / "archive", Settings())
    release = make_release(0)
    body = HOSTILE.replace("EVIL", evil.url).encode()
    capture = archive.exchange(exchange(release.url, body, START))
    for name, content, kind in (
        ("a.png", PIXEL, "image/png"),
        ("s.css", STYLE.replace("EVIL", evil.url).encode(), "text/css"),
    ):
        archive.exchange(exchange(f"https://acme.example/{name}", content, START, kind))
    svg = f"<svg xmlns='http://www.w3.org/2000/svg'><script>location='{evil.url}/s'</script></svg>"
    url = "https://acme.example/a.svg"
    archive.exchange(exchange(url, svg.encode(), START, "image/svg+xml"))
    archive.close()
    store = open_store(f"sqlite:{home / 'communique.db'}")
    store.register(Source("acme", "ACME", "https://acme.example/", "Asia/Baku"))
    draft = Draft("acme", release.url, release.content, capture=capture)
    kept = store.record(draft, seen=START, since=START - dt.timedelta(days=1)).release
    for web in served_by(
        create_app(
            home / "site", f"sqlite:{home / 'communique.db'}", home=HomeFolders(home / "archive")
        )
    ):
        base = str(web.base_url).rstrip("/")
        publish(store, home / "site", SiteSettings(url=base))
        store.close()
        yield base, f"{base}/releases/{kept.id}/capture/page"


@pytest.fixture
def page() -> Iterator[Any]:
    """A tab that opens no other."""
    # It comes with the extra `browser`, without which these tests are skipped.
    from playwright.sync_api import sync_playwright  # noqa: PLC0415 - as above

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=BROWSER, args=["--no-sandbox"])
        context = browser.new_context()
        opened = context.new_page()
        yield opened
        assert context.pages == [opened]
        browser.close()


def load_in_another_tab(page: Any, address: str) -> None:
    """Load something else: what a click began was asked for before.

    After some refused navigations Playwright waits in vain for a network that is idle.
    """
    context = page.context.browser.new_context()
    context.new_page().goto(address)
    context.close()


def test_a_hostile_page_in_its_frame_does_nothing(
    shown: tuple[str, str], evil: Evil, page: Any
) -> None:
    base, address = shown
    page.goto(address)
    title = page.title()
    frame = page.frame_locator("iframe")
    frame.locator("h1").wait_for()
    page.wait_for_load_state("networkidle")
    for link in ("#js", "#data", "#out", "#blank", "#send"):
        if frame.locator(link).count():
            frame.locator(link).click(no_wait_after=True, force=True)
            load_in_another_tab(page, base)
            page.goto(address)
            frame.locator("h1").wait_for()
    assert page.url == address
    assert page.title() == title
    assert page.evaluate("window.name") == ""
    assert (evil.asked, evil.connected) == ([], 0)


def test_archived_captures_of_a_release_are_shown(shown: tuple[str, str], page: Any) -> None:
    _, address = shown
    page.goto(address)
    page.frame_locator("iframe").locator("h1").wait_for()
    page.wait_for_load_state("networkidle")
    # Scripts don't run in the frame, not even ours: its picture shows what was loaded and applied.
    asked = httpx.get(page.frames[1].url, timeout=PATIENCE).text
    assert "/memento/20221124080000-part/https://acme.example/a.png" in asked
    assert "from 2022-11-24 08:00:00 UTC" in page.locator(".notice").inner_text()
    frame = page.frame_locator("iframe")
    assert frame.locator("h1").evaluate("one => getComputedStyle(one).color") == "rgb(1, 2, 3)"
    size = page.frame_locator("iframe").locator("#ours").bounding_box()
    assert size
    assert size["width"] == 1


@pytest.mark.parametrize("path", ["news/0", "a.svg"])
def test_a_hostile_page_without_its_frame_does_nothing_either(
    shown: tuple[str, str], evil: Evil, page: Any, path: str
) -> None:
    base, _ = shown
    address = f"{base}/memento/20221124080000/https://acme.example/{path}"
    page.goto(address)
    page.wait_for_load_state("networkidle")
    assert page.url == address
    assert page.title() != "owned"
    assert (evil.asked, evil.connected) == ([], 0)


STYLED = """<!doctype html><link rel=stylesheet href=/m.css><h1>Statement</h1><p>Masked</p>
<img id=pixel src=/a.png>"""
MASKED = """@font-face { font-family: Quay; src: url(/quay.woff2) } h1 { font-family: Quay }
p { width: 50px; height: 50px; background: rgb(1, 2, 3); mask-image: url(/mask.svg) }"""
MASK = (
    b"<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 1 1'><rect width='1' height='1'/></svg>"
)


def test_fonts_and_masks_are_shown_on_a_site_with_tokens(tmp_path: Path) -> None:
    # It comes with the extra `browser`, without which these tests are skipped.
    from playwright.sync_api import sync_playwright  # noqa: PLC0415 - as above

    token = new_token(tmp_path / "tokens", "desk", ("read",))
    with closing(Archive(tmp_path / "archive", Settings())) as archive:
        for name, content, kind in (
            ("news/0", STYLED.encode(), "text/html"),
            ("m.css", MASKED.encode(), "text/css"),
            ("quay.woff2", font("quay"), "font/woff2"),
            ("mask.svg", MASK, "image/svg+xml"),
            ("a.png", PIXEL, "image/png"),
        ):
            archive.exchange(exchange(f"https://acme.example/{name}", content, START, kind))
    open_store(f"sqlite:{tmp_path / 'communique.db'}").close()
    app = create_app(
        tmp_path / "site",
        f"sqlite:{tmp_path / 'communique.db'}",
        SiteSettings(access="token"),
        home=HomeFolders(tmp_path / "archive"),
        access=Access(Permissions(tmp_path / "tokens")),
    )
    failed: list[str] = []
    for web in served_by(app):
        address = f"{web.base_url}/memento/20221124080000/https://acme.example/news/0"
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=BROWSER, args=["--no-sandbox"])
            context = browser.new_context(http_credentials={"username": "x", "password": token})
            page = context.new_page()
            page.on("requestfailed", lambda one: failed.append(one.url))
            page.on("response", lambda one: failed.append(one.url) if not one.ok else None)
            page.goto(address)
            page.wait_for_load_state("networkidle")
            frame = page.frame_locator("iframe")
            fonts = frame.locator("h1").evaluate(
                "() => document.fonts.ready.then(() => [...document.fonts].map(one => one.status))"
            )
            width = frame.locator("#pixel").evaluate("one => one.naturalWidth")
            browser.close()
    assert (fonts, width) == (["loaded"], 1)
    assert [one for one in failed if "/memento/" in one] == []
