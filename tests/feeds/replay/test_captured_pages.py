"""Captured pages are mementos of their original addresses, and are shown in a sandbox."""

from __future__ import annotations

import datetime as dt
import re
import shutil
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any
from urllib.parse import urljoin

import httpx
import pytest
from lxml import html

from data.access.permissions import Permissions
from data.archive.archive import Archive
from data.models import Capture
from data.settings import ArchiveSettings as Settings
from data.settings import SiteSettings
from data.store.open import open_store
from feeds.publishing.publish import publish
from feeds.replay.captured_response import SANDBOX_POLICY
from feeds.replay.memento import http_date
from feeds.server.access import Access
from feeds.server.app import HomeFolders, create_app
from tests.archived import PDF, START, archived_home, exchange
from tests.feeds.serving import served_by

SITE = "https://press.example"
URL = "https://acme.example/news/0"
PICTURE = "https://acme.example/a.png"
MINUTE = dt.timedelta(minutes=1)
DAY = dt.timedelta(days=1)
MANY_LINKS = b"<base href=/" + b"a" * 2000 + b"/>" + b"<a href=b>" * 11_000
SHIFT_JIS = "<meta charset=shift_jis><p>発表</p>".encode("shift_jis")


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("home")
    with archived_home(folder) as store:
        publish(store, folder / "site", SiteSettings(url=SITE))
    archive = Archive(folder / "archive", Settings())
    for at, body in (
        (START - 9 * DAY, b"older"),
        (START + MINUTE, b"\x89PNG"),
        (START + DAY, b"newer"),
    ):
        archive.exchange(exchange(PICTURE, body, at, "image/png"))
    old = "https://acme.example/old?a=1&b=%C3%A6"
    for url, body, kind, more in (
        (old, b"", "text/html", {"status": 301, "headers": ((b"Location", b"/news/0#top"),)}),
        ("https://acme.example/gone", b"<p>Not here", "text/html", {"status": 404}),
        ("https://acme.example/j", SHIFT_JIS, "text/html", {}),
        (
            "https://acme.example/s.css",
            b"a{b:url(/a.png),url(/gone.png)}@import 's.css';",
            "text/css",
            {},
        ),
        ("https://acme.example/font", b"wOF2", "font/woff2", {}),
        ("https://acme.example/mislabelled", b"GIF89a<script>", "text/html", {}),
        ("https://acme.example/fake.gif", b"<script>alert(1)</script>", "image/gif", {}),
        (
            "https://acme.example/moved.png",
            b"",
            "text/html",
            {"status": 302, "headers": ((b"Location", b"a.png"),)},
        ),
        (
            "https://acme.example/styled",
            b"<link rel=stylesheet href=s.css><img src=moved.png>",
            "text/html",
            {},
        ),
        ("https://acme.example/odd", b"\x00\x01", "text/x\r\nEvil: 1", {}),
        ("https://acme.example/many", MANY_LINKS, "text/html", {}),
        ("https://acme.example/hex", b"<p>words", "text/html; charset=hex", {}),
        ("https://acme.example/899", b"<p>odd", "text/html", {"status": 899}),
        ("https://acme.example/bare", b"<!DOCTYPE html><p>bare", "", {}),
    ):
        archive.exchange(exchange(url, body, START, kind, **more))
    archive.close()
    return folder


@pytest.fixture(scope="module")
def web(home: Path) -> Iterator[httpx.Client]:
    url = f"sqlite:{home / 'communique.db'}"
    site = SiteSettings(url=SITE)
    yield from served_by(create_app(home / "site", url, site, home=HomeFolders(home / "archive")))


def links(answer: httpx.Response) -> dict[str, str]:
    """The addresses that a Link header names, by their relation."""
    return {rel: to for to, rel in re.findall(r'<([^>]+)>; rel="([^"]+)"', answer.headers["link"])}


def test_a_timegate_redirects_to_the_capture_of_a_time(web: httpx.Client) -> None:
    for at, stamp in (
        (START - 99 * DAY, "20221124080000"),
        (START + DAY, "20221124080000"),
        (START + 20 * DAY, "20221214080000"),
    ):
        answer = web.get(f"/memento/{URL}", headers={"accept-datetime": http_date(at)})
        assert answer.status_code == 302
        assert answer.headers["location"] == f"{SITE}/memento/{stamp}/{URL}"
        assert answer.headers["vary"] == "accept-datetime"
        assert "memento-datetime" not in answer.headers
    newest = web.get(f"/memento/{URL}")
    assert newest.headers["location"] == f"{SITE}/memento/20221214080000/{URL}"
    named = links(newest)
    assert named["original"] == URL
    assert named["timegate"] == f"{SITE}/memento/{URL}"
    assert named["timemap"] == f"{SITE}/memento/timemap/{URL}"
    bad = web.get(f"/memento/{URL}", headers={"accept-datetime": "2022"})
    assert (bad.status_code, bad.headers["vary"]) == (400, "accept-datetime")


def test_a_memento_is_the_page_as_it_was_and_negotiates_nothing(web: httpx.Client) -> None:
    path = f"/memento/20221124080000/{URL}"
    for headers in ({}, {"accept-datetime": "nonsense"}):
        answer = web.get(path, headers=headers)
        assert answer.status_code == 200
        assert answer.headers["memento-datetime"] == "Thu, 24 Nov 2022 08:00:00 GMT"
        # The frame depends on the browser, the capture on nothing.
        assert answer.headers["vary"] == "sec-fetch-dest"
        assert "Ærø" in answer.text
        assert f'<img src="/memento/20221124080000-part/{PICTURE}">' in answer.text
        assert links(answer)["last next memento"] == f"{SITE}/memento/20221214080000/{URL}"
    tag = answer.headers["etag"]
    assert web.get(path, headers={"if-none-match": tag}).status_code == 304


def test_a_time_without_a_capture_redirects_to_the_capture_before_it(
    web: httpx.Client,
) -> None:
    answer = web.get(f"/memento/20221125000000/{URL}")
    assert answer.status_code == 302
    assert answer.headers["location"] == f"{SITE}/memento/20221124080000/{URL}"
    assert "vary" not in answer.headers
    assert "memento-datetime" not in answer.headers


@pytest.mark.parametrize(
    ("asked", "stamp"),
    [
        ("2021", "20221124080000"),
        ("202211", "20221124080000"),
        ("202212", "20221214080000"),
        ("20221124", "20221124080000"),
        ("2022112407", "20221124080000"),
        ("202212140800", "20221214080000"),
        ("9999", "20221214080000"),
    ],
)
def test_a_partial_time_redirects_to_the_capture_current_at_its_end(
    web: httpx.Client, asked: str, stamp: str
) -> None:
    answer = web.get(f"/memento/{asked}/{URL}", headers={"accept-datetime": "nonsense"})
    assert answer.status_code == 302
    assert answer.headers["location"] == f"{SITE}/memento/{stamp}/{URL}"
    assert "vary" not in answer.headers


def test_a_timemap_of_an_address_lists_its_captures(web: httpx.Client) -> None:
    answer = web.get(f"/memento/timemap/{URL}", headers={"accept-datetime": "nonsense"})
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/link-format"
    assert "vary" not in answer.headers
    assert answer.text.startswith(f'<{URL}>; rel="original",\n')
    assert answer.text.count('memento"; datetime=') == 2


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/memento/https://nobody.example/", 404),
        ("/memento/20221124080000/https://nobody.example/", 404),
        ("/memento/timemap/https://nobody.example/", 404),
        ("/memento/20221399080000/https://acme.example/news/0", 400),
        ("/memento/202213/https://acme.example/news/0", 400),
        ("/memento/0000/https://acme.example/news/0", 400),
        ("/memento/20221/https://acme.example/news/0", 400),
        ("/memento/202211240800001/https://acme.example/news/0", 400),
        ("/memento/latest/https://acme.example/news/0", 400),
        ("/memento/2022/https://nobody.example/", 404),
        ("/memento/urn:communique:journal", 404),
        ("/memento/file:///etc/passwd", 404),
        ("/memento/", 404),
        ("/memento/https://", 404),
    ],
)
def test_an_address_without_captures_is_not_found(
    web: httpx.Client, path: str, status: int
) -> None:
    answer = web.get(path, headers={"accept-datetime": http_date(START)})
    assert answer.status_code == status
    assert ("no capture of this address" in answer.text) == (status == 404)
    assert "vary" not in answer.headers


def test_an_address_keeps_its_escapes(web: httpx.Client) -> None:
    asked = "https://acme.example/old?a=1&b=%C3%A6"
    answer = web.get(f"/memento/20221124080000/{asked}")
    assert answer.status_code == 301
    assert answer.headers["location"] == f"/memento/20221124080000/{URL}#top"
    assert answer.headers["memento-datetime"]
    once = web.get(f"/memento/20221124080000/{asked.replace('://', ':/')}")
    assert once.status_code == 301


def test_a_captured_410_is_replayed_as_410(web: httpx.Client) -> None:
    answer = web.get("/memento/20221124080000/https://acme.example/gone")
    assert (answer.status_code, answer.text) == (404, "<p>Not here")
    assert answer.headers["memento-datetime"]


def test_texts_styles_and_files_keep_their_types(web: httpx.Client) -> None:
    base = "/memento/20221124080000/https://acme.example"
    assert "発表" in web.get(f"{base}/j").text
    style = web.get(f"{base}/s.css")
    assert style.headers["content-type"] == "text/css; charset=utf-8"
    part = "/memento/20221124080000-part/https://acme.example"
    assert style.text == (f'a{{b:url("{part}/a.png"),url("about:invalid")}}@import "{part}/s.css";')
    file = web.get("/memento/20221214080000/https://acme.example/0.pdf")
    assert (file.content, file.headers["content-disposition"]) == (PDF, "attachment")
    assert "words" in web.get(f"{base}/hex").text
    # Browsers show an image with a wrong type, and never run what only has the type of an image.
    for name in ("mislabelled", "fake.gif"):
        assert web.get(f"{base}/{name}").headers["content-type"] == "image/gif"
    odd = web.get(f"{base}/odd")
    assert odd.headers["content-type"] == "application/octet-stream"
    assert "evil" not in odd.headers
    assert web.get(f"{base}/bare").headers["content-type"] == "text/html; charset=utf-8"


def test_a_part_is_the_capture_nearest_to_the_time_of_its_page(web: httpx.Client) -> None:
    for stamp, body, at in (
        ("20221124080000", b"\x89PNG", "Thu, 24 Nov 2022 08:01:00 GMT"),
        ("20221214080000", b"newer", "Fri, 25 Nov 2022 08:00:00 GMT"),
        ("20221101000000", b"older", "Tue, 15 Nov 2022 08:00:00 GMT"),
    ):
        part = web.get(f"/memento/{stamp}-part/{PICTURE}")
        assert (part.content, part.headers["memento-datetime"]) == (body, at)
        assert part.headers["content-type"] == "image/png"
        # A page in a sandbox has no origin, and loads masks and fonts only with this header.
        assert part.headers["access-control-allow-origin"] == "*"
    font = web.get("/memento/20221124080000-part/https://acme.example/font")
    assert font.headers["access-control-allow-origin"] == "*"
    moved = web.get("/memento/20221124080000-part/https://acme.example/moved.png")
    assert moved.headers["location"] == f"/memento/20221124080000-part/{PICTURE}"
    assert "access-control-allow-origin" not in web.get(f"/memento/20221124080000/{URL}").headers
    for path in ("20221124080000-part/https://nobody.example/", f"2022-part/{PICTURE}"):
        assert web.get(f"/memento/{path}").status_code in {400, 404}


def test_a_part_without_a_token_is_refused_without_allowing_other_origins(home: Path) -> None:
    url = f"sqlite:{home / 'communique.db'}"
    site = SiteSettings(url=SITE, access="token")
    access = Access(Permissions(home / "tokens"))
    app = create_app(home / "site", url, site, home=HomeFolders(home / "archive"), access=access)
    for web in served_by(app):
        part = web.get(f"/memento/20221124080000-part/{PICTURE}", headers={"origin": "null"})
        assert part.status_code == 401
        assert "access-control-allow-origin" not in part.headers


def test_a_browser_tab_shows_a_memento_in_a_frame_with_the_times_of_its_parts(
    web: httpx.Client,
) -> None:
    address = "/memento/20221124080000/https://acme.example/styled"
    tab = web.get(address, headers={"sec-fetch-dest": "document"})
    assert tab.headers["memento-datetime"] == "Thu, 24 Nov 2022 08:00:00 GMT"
    assert tab.headers["vary"] == "sec-fetch-dest"
    assert tab.headers["cache-control"].startswith("private")
    page: Any = html.fromstring(tab.text)
    notice = " ".join(page.xpath("string(//p[@role='note'])").split())
    assert "https://acme.example/styled as served on 2022-11-24 08:00:00 UTC" in notice
    assert "from 2022-11-24 08:00:00 UTC to 2022-11-24 08:01:00 UTC" in notice
    assert "UTC. 1 file that the page may use is not in the archive. Scripts" in notice
    (framed,) = page.xpath("//iframe/@src")
    shown = web.get(framed, headers={"sec-fetch-dest": "iframe"})
    assert shown.headers["content-security-policy"] == SANDBOX_POLICY
    assert "styled" not in shown.text
    assert framed != address
    (home,) = page.xpath("//a[@class='brand']/@href")
    assert home == "/"


def test_all_captures_are_served_in_a_sandbox(web: httpx.Client) -> None:
    base = "/memento/20221124080000/https://acme.example"
    for path in ("/news/0", "/gone", "/j", "/s.css", "/odd", "/old?a=1&b=%C3%A6"):
        headers = web.get(base + path).headers
        assert headers["content-security-policy"] == SANDBOX_POLICY
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "no-referrer"


def test_a_versions_page_is_in_a_frame_with_its_time(web: httpx.Client, home: Path) -> None:
    store = open_store(f"sqlite:{home / 'communique.db'}")
    release = store.find_releases(URL, limit=1)[0].id
    store.close()
    answer = web.get(f"/releases/{release}/capture/page")
    assert answer.status_code == 200
    assert f'src="/memento/20221214080000/{URL}"' in answer.text
    assert "<iframe sandbox referrerpolicy" in answer.text
    assert "2022-12-14 08:00:00 UTC" in answer.text
    assert 'href="../../../releases/' in answer.text
    assert "frame-src 'self'" in answer.headers["content-security-policy"]
    first = web.get(f"/releases/{release}/capture/page?revision=1")
    assert f'src="/memento/20221124080000/{URL}"' in first.text
    for version in ("3", "99", "999999999"):
        page = f"/releases/{release}/capture/page?revision={version}"
        assert web.get(page).status_code == 404
    for version in ("x", "", "0", "-1", "1.0", "1&revision=x", "٢"):
        bad = web.get(f"/releases/{release}/capture/page?revision={version}")
        assert bad.status_code == 400
        assert "number of a version" in bad.text
    assert web.get("/releases/nobody/capture/page").status_code == 404


def test_the_frame_of_the_current_version_names_its_last_capture(
    web: httpx.Client, home: Path
) -> None:
    store = open_store(f"sqlite:{home / 'communique.db'}")
    release = store.find_releases(URL, limit=1)[0].id
    frame = f"/releases/{release}/capture/page"
    assert "last seen unchanged" not in web.get(frame).text
    at = dt.datetime(2022, 12, 24, 9, 30, tzinfo=dt.UTC)
    capture = Capture("urn:uuid:1", "a.warc.gz", 7, 9, "sha256:1", 41, at)
    store.mark_unchanged(release, seen=at, capture=capture)
    store.close()
    shown = web.get(frame).text
    assert "2022-12-24 09:30:00 UTC (record urn:uuid:1, leaf 41)" in shown
    assert "last seen unchanged" not in web.get(f"{frame}?revision=1").text


def test_the_captures_page_links_captured_pages_and_the_last_sighting(
    web: httpx.Client, home: Path
) -> None:
    with closing(open_store(f"sqlite:{home / 'communique.db'}")) as store:
        (release,) = store.find_releases(URL, limit=1)
        last = Capture("urn:uuid:2", "a.warc.gz", 7, 9, "sha256:1", 42, START + 99 * DAY)
        store.mark_unchanged(release.id, seen=last.at, capture=last)
    path = f"/releases/{release.id}/capture/"
    page: Any = html.fromstring(web.get(path).text)
    for number in (1, 2):
        link = page.xpath(f"id('revision-{number}')//a/@href")[0]
        shown = web.get(urljoin(path, link))
        assert shown.status_code == 200
        assert f"version {number} as served" in shown.text
    assert "urn:uuid:2" in page.xpath("string(id('seen'))")
    assert f"communique prove {release.id}" in page.text_content()
    # A static host has none of these pages: no file leads there.
    file: Any = html.fromstring((home / "site" / path.strip("/") / "index.html").read_text())
    assert file.xpath("id('revision-1')//a | id('seen')") == []
    assert f"communique prove {release.id}" in file.text_content()
    assert web.get("/releases/nobody/capture/").status_code == 404


def test_missing_bytes_are_reported(tmp_path: Path) -> None:
    with archived_home(tmp_path) as store:
        capture = next(store.captured())
        release = store.find_releases(URL, limit=1)[0].id
    (file,) = (tmp_path / "archive").glob("*.warc.gz.open")
    whole = bytearray(file.read_bytes())
    whole[capture.offset + capture.length // 2] ^= 1
    file.write_bytes(whole)
    url = f"sqlite:{tmp_path / 'communique.db'}"
    app = create_app(
        tmp_path / "site", url, SiteSettings(url=SITE), home=HomeFolders(tmp_path / "archive")
    )
    for web in served_by(app):
        answer = web.get(f"/releases/{release}/capture/page?revision=1")
        assert answer.status_code == 404
        assert "can&#x27;t be shown" in answer.text
        assert web.get(f"/memento/20221124080000/{URL}").status_code == 404
        assert web.get(f"/memento/20221214080000/{URL}").status_code == 200
        # The reason names no folder of this machine.
        file.unlink()
        for path in (f"/releases/{release}/capture/page", f"/memento/20221124080000/{URL}"):
            assert str(tmp_path) not in web.get(path).text


@pytest.mark.thorough
def test_a_page_with_huge_links_is_refused_and_an_odd_status_is_not(
    web: httpx.Client,
) -> None:
    huge = web.get("/memento/20221124080000/https://acme.example/many")
    assert huge.status_code == 404
    assert "20,000,000 bytes" in huge.text
    odd = web.get("/memento/20221124080000/https://acme.example/899")
    assert (odd.status_code, "odd" in odd.text) == (200, True)


def test_without_an_archive_nothing_was_captured(tmp_path: Path) -> None:
    url = f"sqlite:{tmp_path / 'communique.db'}"
    app = create_app(
        tmp_path / "site", url, SiteSettings(url=SITE), home=HomeFolders(tmp_path / "archive")
    )
    for web in served_by(app):
        assert web.get(f"/memento/{URL}").status_code == 404
    assert not (tmp_path / "archive").exists()


@pytest.mark.skipif(not Path("/proc/self/fd").is_dir(), reason="the system does not list files")
def test_the_server_closes_the_archive_when_it_stops(home: Path, tmp_path: Path) -> None:
    archive = shutil.copytree(home / "archive", tmp_path / "archive")

    def still_open() -> list[Path]:
        files = (link.resolve() for link in Path("/proc/self/fd").iterdir() if link.exists())
        return [file for file in files if file.is_relative_to(archive)]

    store = f"sqlite:{home / 'communique.db'}"
    for other in served_by(
        create_app(home / "site", store, SiteSettings(url=SITE), home=HomeFolders(archive))
    ):
        assert other.get(f"/memento/{URL}").status_code == 302
        assert still_open()
    assert still_open() == []
