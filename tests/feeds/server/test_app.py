"""The web server answers from memory, asks nothing twice, and lets nobody out of the site."""

from __future__ import annotations

import gzip
import os
import socket
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urljoin

import httpx
import pytest
from lxml import html

from data.settings import SiteSettings
from feeds.publishing.publish import publish
from feeds.server.app import create_app
from tests.feeds.sample_store import SampleStore, make_release
from tests.feeds.serving import served_by

FEED = "/feeds/all.atom"


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_site(tmp_path_factory.mktemp("home"))


def make_site(home: Path) -> Path:
    folder = home / "site"
    store = SampleStore(*(make_release(number) for number in range(5)))
    publish(store, folder, SiteSettings(url="https://press.example"))
    (home / "secret.txt").write_text("secret")
    (folder / ".hidden").write_text("secret")
    return folder


@pytest.fixture(scope="module")
def web(site: Path) -> Iterator[httpx.Client]:
    yield from served(site)


def served(site: Path, limit: int = 1_000_000) -> Iterator[httpx.Client]:
    yield from served_by(create_app(site, limit=limit))


@pytest.mark.parametrize(
    ("address", "kind"),
    [
        ("/feeds/all.atom", "application/atom+xml; charset=utf-8"),
        ("/feeds/all.rss", "application/rss+xml; charset=utf-8"),
        ("/feeds/all.json", "application/feed+json"),
        ("/opml.xml", "text/x-opml; charset=utf-8"),
        ("/", "text/html; charset=utf-8"),
        ("/sources/acme/", "text/html; charset=utf-8"),
        ("/static/site.css", "text/css; charset=utf-8"),
    ],
)
def test_each_file_is_served_whole_with_its_media_type(
    web: httpx.Client, site: Path, address: str, kind: str
) -> None:
    answer = web.get(address)
    file = site / (address + "index.html" if address.endswith("/") else address)[1:]
    assert answer.status_code == 200
    assert answer.content == file.read_bytes()
    assert answer.headers["content-type"] == kind
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    assert answer.headers["cache-control"].startswith("public, max-age=")
    assert answer.headers["vary"].startswith("accept-encoding")


def test_the_second_poll_is_a_304_without_a_body(web: httpx.Client) -> None:
    first = web.get(FEED)
    assert first.headers["etag"].startswith('"')
    for headers in (
        {"if-none-match": first.headers["etag"]},
        {"if-none-match": "W/" + first.headers["etag"]},
        {"if-none-match": f'"other", W/"more" , {first.headers["etag"]}'},
        {"if-none-match": "*"},
        {"if-modified-since": first.headers["last-modified"]},
    ):
        again = web.get(FEED, headers=headers)
        assert (again.status_code, again.content) == (304, b""), headers
        for kept in ("etag", "last-modified", "cache-control", "vary"):
            assert again.headers[kept] == first.headers[kept]
        assert "content-length" not in again.headers


@pytest.mark.parametrize("kind", ["atom", "rss", "json"])
def test_a_browser_shows_a_feed_as_a_page(web: httpx.Client, kind: str) -> None:
    feed = web.get(f"/feeds/all.{kind}")
    answer = web.get(f"/feeds/all.{kind}", headers={"sec-fetch-dest": "document"})
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert "sec-fetch-dest" in answer.headers["vary"]
    assert "sec-fetch-dest" in feed.headers["vary"]
    assert "etag" not in answer.headers
    page = html.fromstring(answer.content)
    assert page.xpath("//input/@value") == [f"all.{kind}"]
    ways = [str(link.get("href")) for link in page.iter("a") if link.get("href")]
    assert {"../", "all.atom", "all.rss", "all.json"} <= {*ways}
    for way in ways:
        there = urljoin(str(answer.url), way.partition("#")[0])
        assert web.get(there, follow_redirects=True).status_code == 200, way


def test_a_missing_feed_has_no_page(web: httpx.Client) -> None:
    shown = {"sec-fetch-dest": "document"}
    assert web.get("/feeds/source/nobody.rss", headers=shown).status_code == 404


def test_two_lines_of_if_none_match_count_as_one_list(web: httpx.Client) -> None:
    tag = web.get(FEED).headers["etag"]
    answer = web.get(FEED, headers=[("if-none-match", '"a"'), ("if-none-match", tag)])
    assert answer.status_code == 304


def test_a_tag_takes_precedence_over_a_date(web: httpx.Client) -> None:
    modified = web.get(FEED).headers["last-modified"]
    answer = web.get(FEED, headers={"if-none-match": '"old"', "if-modified-since": modified})
    assert answer.status_code == 200


def test_gzip_has_its_own_tag_and_the_same_content(web: httpx.Client) -> None:
    plain = web.get(FEED)
    with web.stream("GET", FEED, headers={"accept-encoding": "gzip"}) as zipped:
        raw = b"".join(zipped.iter_raw())
    assert zipped.headers["content-encoding"] == "gzip"
    assert zipped.headers["content-length"] == str(len(raw))
    assert gzip.decompress(raw) == plain.content
    assert len(raw) < len(plain.content) * 0.6
    assert zipped.headers["etag"] != plain.headers["etag"]
    for tag in (zipped.headers["etag"], plain.headers["etag"]):
        again = web.get(FEED, headers={"accept-encoding": "gzip", "if-none-match": tag})
        assert (again.status_code, again.headers["etag"]) == (304, tag)


@pytest.mark.parametrize("later", [0, -3600 * 10**9], ids=["same second", "restored"])
def test_a_replaced_feed_is_sent_to_clients_with_if_modified_since(
    tmp_path: Path, later: int
) -> None:
    folder = make_site(tmp_path)
    file = folder / FEED[1:]
    for web in served(folder):
        first = web.get(FEED)
        at = file.stat().st_mtime_ns
        other = file.with_name(".other")
        other.write_bytes(first.content.replace(b"Statement 4", b"Statement 5"))
        os.utime(other, ns=(at + later, at + later))
        other.replace(file)
        answer = web.get(FEED, headers={"if-modified-since": first.headers["last-modified"]})
        assert answer.status_code == 200
        assert b"Statement 5" in answer.content


@pytest.mark.parametrize(
    ("accept", "coding"),
    [
        ("gzip", "gzip"),
        ("GZIP", "gzip"),
        ("x-gzip", "gzip"),
        ("deflate, gzip;q=0.5", "gzip"),
        ("*", "gzip"),
        ("gzip, deflate, br, zstd", "zstd"),
        ("gzip, br", "br"),
        ("br;q=0.5, gzip", "gzip"),
        ("identity;q=0, *", "gzip"),
        ("gzip;q=0", None),
        ("*;q=0", None),
        ("gzip;q=0.2, identity", None),
        ("", None),
        ("deflate", None),
        (";;;,,=q", None),
        ("gzip;q=banana", None),
        ("a" * 5000, None),
    ],
)
def test_the_client_chooses_the_coding(web: httpx.Client, accept: str, coding: str | None) -> None:
    answer = web.get(FEED, headers={"accept-encoding": accept})
    assert answer.status_code == 200
    assert answer.headers.get("content-encoding") == coding


@pytest.mark.parametrize(
    "headers",
    [
        {"if-none-match": "nonsense"},
        {"if-none-match": '"' * 999},
        {"if-none-match": b"\xff\xfe,\x80"},
        {"if-modified-since": "yesterday"},
        {"if-modified-since": "Mon, 99 Foo 99999999999 99:99:99 GMT"},
        {"if-modified-since": b"\xff"},
        {"if-modified-since": "Thu, 01 Jan 1970 00:00:00 GMT"},
        {"range": "bytes=5-"},
    ],
)
def test_invalid_conditional_headers_are_ignored(
    web: httpx.Client, site: Path, headers: dict[str, str]
) -> None:
    answer = web.get(FEED, headers=headers)
    assert answer.status_code == 200
    assert answer.content == (site / "feeds/all.atom").read_bytes()


def test_head_has_the_headers_of_get(web: httpx.Client) -> None:
    for accept in ("gzip", ""):
        with web.stream("GET", FEED, headers={"accept-encoding": accept}) as got:
            got.read()
        head = web.head(FEED, headers={"accept-encoding": accept})
        assert head.content == b""
        for name in ("etag", "content-length", "content-type", "last-modified"):
            assert head.headers[name] == got.headers[name]


def test_new_files_are_served_at_once(tmp_path: Path) -> None:
    site = make_site(tmp_path)
    for client in served(site):
        before = client.get(FEED)
        store = SampleStore(*(make_release(number) for number in range(6)))
        publish(store, site, SiteSettings(url="https://press.example"))
        after = client.get(FEED, headers={"if-none-match": before.headers["etag"]})
        assert after.status_code == 200
        assert b"Statement 5" in after.content
        (site / "feeds/all.atom").unlink()
        # A file is taken to be as it was for a millisecond, which one request may not fill.
        assert 404 in (client.get(FEED).status_code for _ in range(1000))


def test_a_page_without_its_slash_redirects(web: httpx.Client) -> None:
    answer = web.get("/sources/acme")
    assert (answer.status_code, answer.headers["location"]) == (308, "acme/")
    assert web.get("/sources/acme", follow_redirects=True).status_code == 200


@pytest.mark.parametrize(
    "address",
    [
        "/nothing",
        "/feeds/all.atom/",
        "/feeds/nothing.atom",
        "/../secret.txt",
        "/%2e%2e/secret.txt",
        "/feeds/..%2f..%2fsecret.txt",
        "/feeds/%2e%2e/%2e%2e/secret.txt",
        "//secret.txt",
        "/..%5csecret.txt",
        "/.hidden",
        "/%2ehidden",
        "/.layout",
        "/feeds/all.atom%00",
        "/%ff%fe",
        "/" + "a" * 3000,
        "/" + "a/" * 900,
        "//evil.example/%2e%2e",
    ],
)
def test_everything_else_is_a_plain_404(web: httpx.Client, address: str) -> None:
    # Sent as it stands: a client would tidy the path first.
    host, _, port = str(web.base_url.netloc, "ascii").partition(":")
    with socket.create_connection((host, int(port))) as raw:
        raw.sendall(f"GET {address} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n".encode())
        answer = b"".join(iter(lambda: raw.recv(65536), b""))
    assert answer.startswith(b"HTTP/1.1 404 Not Found\r\n")
    assert b"<h1>Not Found</h1>" in answer
    assert b"secret" not in answer


def test_the_site_is_read_only(web: httpx.Client) -> None:
    for method in ("POST", "PUT", "DELETE", "PATCH"):
        answer = web.request(method, FEED)
        assert answer.status_code == 405
        assert answer.headers["allow"] == "GET, HEAD, OPTIONS"
    assert web.options(FEED).status_code == 204


def test_an_unreadable_file_is_a_500_and_affects_no_other_file(tmp_path: Path) -> None:
    folder = make_site(tmp_path)
    file = folder / FEED[1:]
    file.unlink()
    file.symlink_to(file.name)
    for web in served(folder):
        for method in ("GET", "HEAD"):
            answer = web.request(method, FEED)
            assert answer.status_code == 500
            assert answer.headers["content-type"].startswith("text/html")
            assert answer.headers["cache-control"] == "no-store"
        assert "<h1>Internal Server Error</h1>" in web.get(FEED).text
        assert web.get("/feeds/all.rss").status_code == 200


def test_pipes_and_folders_are_not_served(tmp_path: Path) -> None:
    folder = make_site(tmp_path)
    file = folder / FEED[1:]
    for web in served(folder):
        assert web.get(FEED).status_code == 200
        file.unlink()
        os.mkfifo(file)
        assert web.get(FEED).status_code == 404
        file.unlink()
        file.mkdir()
        assert web.get(FEED).status_code == 404
        assert web.get("/feeds/all.rss").status_code == 200


def test_a_small_cache_serves_a_large_site(site: Path) -> None:
    for client in served(site, limit=1):
        for _ in range(2):
            for address in (FEED, "/", "/feeds/all.json"):
                zipped = client.get(address, headers={"accept-encoding": "gzip"})
                assert zipped.content == client.get(address).content != b""


def test_an_unreadable_file_is_a_clean_500(site: Path) -> None:
    if os.geteuid() == 0:
        # Root reads everything but a loop of links.
        (site / "loop").symlink_to("loop")
        address = "/loop"
    else:
        (site / "opml.xml").chmod(0)
        address = "/opml.xml"
    for client in served(site):
        assert client.get(address).status_code == 500
        assert client.get(FEED).status_code == 200


@pytest.mark.parametrize("coding", ["gzip", "br", "zstd"])
@pytest.mark.parametrize("address", [FEED, "/feeds/all.json", "/", "/static/site.css"])
def test_every_coding_has_the_same_content(web: httpx.Client, address: str, coding: str) -> None:
    answer = web.get(address, headers={"accept-encoding": coding})
    assert answer.headers["content-encoding"] == coding
    assert answer.content == web.get(address).content


def test_archive_pages_with_a_next_page_are_immutable(tmp_path: Path) -> None:
    store = SampleStore(*(make_release(number) for number in range(8)))
    settings = SiteSettings(url="https://press.example", entries=2, hub="https://hub.example/")
    publish(store, tmp_path / "site", settings)
    for client in served(tmp_path / "site"):
        head = client.get(FEED)
        assert 'rel="hub"' in head.headers["link"]
        older = head.links["prev-archive"]["url"].removeprefix("https://press.example")
        last = client.get(older)
        assert "immutable" not in last.headers["cache-control"]
        before = client.get(last.links["prev-archive"]["url"].removeprefix("https://press.example"))
        assert before.headers["cache-control"] == "public, max-age=31536000, immutable"
        assert before.links["current"]["url"] == "https://press.example/feeds/all.atom"


def test_symbolic_links_in_the_site_are_not_followed(tmp_path: Path) -> None:
    site = make_site(tmp_path)
    secret = tmp_path / "secret.html"
    secret.write_text("for nobody")
    (site / "stolen.html").symlink_to(secret)
    (site / "outside").symlink_to(tmp_path)
    for web in served(site):
        assert web.get("/feeds/all.atom").status_code == 200
        assert web.get("/stolen.html").status_code == 404
        assert web.get("/outside/secret.html").status_code == 404


def test_a_site_behind_a_symbolic_link_is_served(tmp_path: Path) -> None:
    site = make_site(tmp_path / "real")
    (tmp_path / "link").symlink_to(site)
    for web in served(tmp_path / "link"):
        assert web.get("/feeds/all.atom").status_code == 200
