"""`screenshots = true`: a screenshot and a PDF of each new and changed release are archived."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from data.archive.warc.archive_record import ArchiveRecord
from data.archive.warc.cdxj import CdxjEntry
from data.archive.warc.index import Index
from data.archive.warc.reader import read_record
from data.models import Facet
from data.store.sqlite.store import SqliteStore
from feeds.server.app import HomeFolders, create_app
from tests.browser.chromium import BROWSER, in_a_browser
from tests.command import collect, communique, make_home
from tests.feeds.serving import served_by
from tests.press_room import Answer, Room, listing_html, release_html, served

pytestmark = in_a_browser

STYLE = "body{margin:0;background:url(/blue.svg)}"

POPUP = "<script>open('/popup'); location.href = '/elsewhere'</script>"

BLUE = (
    '<svg xmlns="http://www.w3.org/2000/svg" width="8" height="8">'
    '<path fill="#00f" d="M0 0h8v8H0z"/></svg>'
)

LOOK = """async data => {
    const image = new Image();
    image.src = `data:image/webp;base64,${data}`;
    await image.decode();
    const [width, height] = [image.naturalWidth, image.naturalHeight];
    const drawn = new OffscreenCanvas(width, 16).getContext("2d");
    drawn.drawImage(image, 0, 16 - height);
    return [width, height, ...drawn.getImageData(9, 9, 1, 1).data.slice(0, 3)];
}"""
"""Returns the size of an image, and a colour near its lower left corner."""


@pytest.fixture
def room() -> Iterator[Room]:
    """A press room with two releases on blue ground."""
    with served() as room:
        room.page("/news/", listing_html([1, 2]))
        for number in (1, 2):
            head = "<link rel=stylesheet href=/blue.css>"
            html = release_html(number).replace("</title>", f"</title>{head}")
            room.page(
                f"/news/{number}.html", f"{html}<main style='height:{number**4 * 3000}px'></main>"
            )
        room.answers["/blue.css"] = Answer(STYLE.encode(), content_type="text/css")
        room.answers["/blue.svg"] = Answer(BLUE.encode(), content_type="image/svg+xml")
        yield room


def pictured_home(folder: Path, room: Room, more: str = "", **keys: str) -> Path:
    home = make_home(folder, f"{room.base}/news/", **keys)
    with (home / "communique.toml").open("a") as file:
        file.write(f"[archive]\nscreenshots = true\n{more}")
    return home


def pictures(home: Path, kind: str, url: str) -> list[ArchiveRecord]:
    """The archived pictures of a page, oldest first."""
    with closing(Index(home / "archive")) as index:
        found: list[CdxjEntry] = index.captures(f"urn:{kind}:{url}")
    return [read_record(home / "archive", one.file, one.offset) for one in found]


def look(picture: bytes) -> list[int]:
    """The result of LOOK in a browser."""
    # It comes with the extra `browser`, without which these tests are skipped.
    from playwright.sync_api import sync_playwright  # noqa: PLC0415 - as above

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=BROWSER, args=["--no-sandbox"])
        found: list[int] = browser.new_page().evaluate(LOOK, base64.b64encode(picture).decode())
        browser.close()
    return found


def captures(home: Path) -> dict[str, str]:
    """The record id of the capture of each release, by address."""
    with closing(SqliteStore(home / "communique.db")) as store:
        return {one.url: one.capture.record_id for one in store.releases(Facet()) if one.capture}


def test_each_new_and_changed_release_has_a_screenshot_and_a_pdf(
    tmp_path: Path, room: Room
) -> None:
    home = pictured_home(tmp_path / "home", room)
    run = collect(home)
    assert (run["new"], run["pages"], run["errors"], run["notes"]) == (2, 3, [], [])
    assert len(room.statuses("/news/1.html")) == len(room.statuses("/blue.css")) == 1
    for url, record_id in captures(home).items():
        (shot,), (pdf,) = pictures(home, "screenshot", url), pictures(home, "pdf", url)
        for one, media_type in ((shot, "image/webp"), (pdf, "application/pdf")):
            assert (one.kind, one.field("Content-Type")) == ("resource", media_type)
            assert one.field("WARC-Concurrent-To") == f"<{record_id}>"
        width, height, red, _, blue = look(shot.block)
        assert width == 1280
        assert 3000 < height < 3500 if url.endswith("/1.html") else height == 16_000
        assert (red < 20, blue > 230) == (True, True)
        assert pdf.block.startswith(b"%PDF-")
    page = room.answers["/news/1.html"]
    page.body = page.body.replace(b"</p>", b" The quay reopens in June.</p>", 1)
    run = collect(home)
    assert (run["changed"], run["unchanged"], run["notes"]) == (1, 1, [])
    _, shot = pictures(home, "screenshot", f"{room.base}/news/1.html")
    assert len(pictures(home, "pdf", f"{room.base}/news/2.html")) == 1
    assert communique("mirror", "verify", home=home).returncode == 0
    assert communique("mirror", "reextract", "--dry-run", home=home).returncode == 0
    with closing(SqliteStore(home / "communique.db")) as store:
        (release,) = store.find_releases(f"{room.base}/news/1.html", limit=1)
    store_url = f"sqlite:{home / 'communique.db'}"
    for web in served_by(create_app(home / "site", store_url, home=HomeFolders(home / "archive"))):
        path = f"/releases/{release.id}/capture/screenshot?revision=2"
        assert web.get(path).content == shot.block
    url = f"{room.base}/news/1.html"
    assert communique("mirror", "redact", url, "--why", "order 12", home=home).returncode == 0
    assert pictures(home, "screenshot", url) == pictures(home, "pdf", url) == []
    assert communique("mirror", "verify", home=home).returncode == 0


def test_a_rendered_page_is_pictured_without_its_scripts(tmp_path: Path, room: Room) -> None:
    script = "<script>document.body.append(location.hash || 'Read on.')</script><script>"
    script += "setTimeout(() => { location.href = '/elsewhere' }, 60_000)</script>"
    for number in (1, 2):
        room.answers[f"/news/{number}.html"].body += script.encode()
    home = pictured_home(tmp_path / "home", room, 'requisites = "none"', render="true")
    run = collect(home)
    assert (run["new"], run["errors"], run["notes"]) == (2, [], [])
    (shot,) = pictures(home, "screenshot", f"{room.base}/news/1.html")
    assert look(shot.block)[0] == 1280
