"""`communique add` and `sources sample`: source files and sample pages for unknown sites."""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from scheduler.children.fetch import PageFetcher
from scheduler.home.home import open_home
from spiders.discovery.fetcher import NotFetched
from spiders.download.settings import BrowserMissing, find_browser
from spiders.sources.source_file import read_source
from tests.command import collect, communique
from tests.mounted import fill, mounted
from tests.press_room import Answer, Room, served

DAYS = {1: 16, 2: 17, 3: 18, 4: 19, 5: 20}
TITLES = {
    1: "A second lamp for the northern mole",
    2: "Pilots count ships in the eastern basin",
    3: "Winter timetable of the harbour ferry",
    4: "Dredging of basin three is finished",
    5: "Harbour board elects its chair anew",
}


def release(number: int) -> str:
    """A release page of the invented Harbour Board."""
    text = " ".join(
        f"Sentence {part} of release {number} tells of piers, pilots and {number * 31} ships."
        for part in range(8)
    )
    return (
        f'<!DOCTYPE html><html lang="nb-NO"><head><title>{TITLES[number]} - Harbour Board</title>'
        f"</head><body><nav><a href='/'>Home</a></nav><main><h1>{TITLES[number]}</h1>"
        f'<time datetime="2026-11-{DAYS[number]}">{DAYS[number]} November 2026</time>'
        f"<p>{text}</p><p>{text[::-1]}</p></main></body></html>"
    )


def listing(*numbers: int, head: str = "") -> str:
    """The listing page of the Harbour Board."""
    rows = "".join(
        f'<article><h2><a href="/r/{n}">{TITLES[n]}</a></h2>'
        f'<time datetime="2026-11-{DAYS[n]}">{DAYS[n]} November 2026</time></article>'
        for n in numbers
    )
    return (
        '<!DOCTYPE html><html lang="nb-NO"><head><meta name="geo.country" content="NO">'
        "<title>News - Harbour Board</title>"
        f"{head}</head><body><nav><a href='/'>Home</a></nav><main>{rows}</main></body></html>"
    )


def feed(*numbers: int, page: str = "") -> Answer:
    """The feed of the Harbour Board."""
    items = "".join(
        f"<item><title>{TITLES[n]}</title><link>{page}/r/{n}</link>"
        f"<pubDate>{DAYS[n]} Nov 2026 10:00:00 +0100</pubDate></item>"
        for n in numbers
    )
    text = f"<rss version='2.0'><channel><title>Harbour Board</title><link>{page}/news/</link>"
    return Answer(f"{text}{items}</channel></rss>".encode(), content_type="application/rss+xml")


@pytest.fixture
def room() -> Iterator[Room]:
    """A press room with five releases."""
    with served() as room:
        room.page("/news/", listing(5, 4, 3, 2, 1))
        for number in TITLES:
            room.page(f"/r/{number}", release(number))
        yield room


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A home directory that may fetch from loopback."""
    folder = tmp_path / "home"
    folder.mkdir()
    (folder / "communique.toml").write_text("[network]\nallow_private = true\n")
    return folder


def added(home: Path, page: str, *options: str) -> dict[str, Any]:
    """The output of `communique add --json`."""
    result = communique("add", page, "--json", *options, home=home)
    assert result.returncode == 0, result.stderr
    return dict(json.loads(result.stdout))


def test_a_site_is_shown_and_nothing_is_written_without_save(room: Room, home: Path) -> None:
    result = communique("add", f"{room.base}/news/", home=home)
    assert result.returncode == 0, result.stderr
    for shown in (
        "Harbour Board", "Europe/Oslo", "5 releases", "2026-11-20", TITLES[5], "Sentence 0",
        f'url = "{room.base}/news/"', "nothing was written",
    ):  # fmt: skip
        assert shown in result.stdout
    assert "check this" not in result.stdout
    assert not (home / "sources").exists()
    assert not (home / "samples").exists()


def test_a_saved_source_collects_and_its_golden_test_holds_until_detection_differs(
    room: Room, home: Path
) -> None:
    found = added(home, f"{room.base}/news/", "--save")
    path = home / "sources" / "harbour-board.toml"
    assert found["saved"] == str(path)
    assert found["toml"] == path.read_text("utf-8")
    assert len(found["toml"].splitlines()) == 3
    assert read_source(path).timezone == "Europe/Oslo"
    run = collect(home)
    assert (run["found"], run["new"], run["errors"]) == (5, 5, [])
    golden = home / "samples" / "harbour-board"
    assert (golden / "listing.html").read_bytes() == room.answers["/news/"].body
    assert (golden / "release.html").read_bytes() == room.answers["/r/5"].body
    expected = json.loads((golden / "expected.json").read_text("utf-8"))
    assert expected["listing"]["items"][0]["title"] == TITLES[5]
    assert expected["release"]["published"] == "2026-11-20"
    well = communique("sources", "check", home=home)
    assert (well.returncode, well.stderr) == (0, "")
    expected["release"]["title"] = "As a person reads it"
    del expected["listing"]["items"][1]
    (golden / "expected.json").write_text(json.dumps(expected))
    differs = communique("sources", "check", "harbour-board", home=home)
    assert differs.returncode == 1
    assert 'release.title: expected "As a person reads it", found' in differs.stderr
    assert "listing.items: 0 missing, 1 added" in differs.stderr
    (golden / "expected.json").write_text("{")
    assert communique("sources", "check", home=home).returncode == 2


@pytest.mark.thorough
def test_nothing_is_overwritten(room: Room, home: Path) -> None:
    added(home, f"{room.base}/news/", "--save")
    path = home / "sources" / "harbour-board.toml"
    path.write_text(path.read_text("utf-8") + 'topics = ["maritime"]\n')
    again = communique("add", f"{room.base}/news/", "--save", home=home)
    assert again.returncode == 2
    assert f"{path} collects from {room.base}/news/ already" in again.stderr
    assert "maritime" in path.read_text("utf-8")
    room.page("/other/", listing(5, 4, 3))
    assert added(home, f"{room.base}/other/", "--save")["id"] != "harbour-board"
    broken = home / "sources" / "harbour-board.toml"
    broken.write_text("name = ")
    assert added(home, f"{room.base}/news/")["id"] != "harbour-board"


@pytest.mark.thorough
def test_a_full_disk_leaves_no_part_of_a_source_file(
    room: Room, home: Path, tmp_path: Path
) -> None:
    with mounted(tmp_path / "disk", "1m"):
        (home / "sources").symlink_to(tmp_path / "disk")
        full = fill(tmp_path / "disk")
        refused = communique("add", f"{room.base}/news/", "--save", home=home)
        assert refused.returncode == 2
        assert "the file can't be written" in refused.stderr
        assert [*(tmp_path / "disk").iterdir()] == [full]
        full.unlink()
        assert added(home, f"{room.base}/news/", "--save")["id"] == "harbour-board"


@pytest.mark.thorough
def test_a_complete_feed_is_preferred_and_an_incomplete_one_is_not(room: Room, home: Path) -> None:
    link = '<link rel="alternate" type="application/rss+xml" href="/feed.xml">'
    room.page("/news/", listing(5, 4, 3, head=link))
    room.answers["/feed.xml"] = feed(5, 4, 3, 2, 1, page=room.base)
    found = added(home, f"{room.base}/news/")
    assert found["feed"] == f"{room.base}/feed.xml"
    assert found["offers"][0]["complete"]
    assert len(found["listing"]["items"]) == 5
    assert found["fields"]["title"]["confidence"] > 0.9
    room.answers["/feed.xml"] = feed(4, 3, 2, page=room.base)
    found = added(home, f"{room.base}/news/")
    assert found["feed"] is None
    assert "2 of the 3" in found["offers"][0]["verdict"]


def test_a_news_sitemap_that_robots_txt_names_is_found_through_its_index(
    room: Room, home: Path
) -> None:
    room.answers["/robots.txt"] = Answer(
        b"User-agent: *\nDisallow: /private\nSitemap: /sitemap.xml\n", content_type="text/plain"
    )
    room.answers["/sitemap.xml"] = Answer(
        b"<sitemapindex><sitemap><loc>/pages.xml</loc></sitemap>"
        b"<sitemap><loc>/news-1.xml</loc></sitemap></sitemapindex>",
        content_type="text/xml",
    )
    urls = "".join(
        f"<url><loc>{room.base}/r/{n}</loc><lastmod>2026-11-{DAYS[n]}</lastmod></url>"
        for n in TITLES
    )
    room.answers["/news-1.xml"] = Answer(
        f"<urlset>{urls}</urlset>".encode(), content_type="text/xml"
    )
    found = added(home, f"{room.base}/news/")
    assert found["feed"] == f"{room.base}/news-1.xml"
    assert room.statuses("/pages.xml") == []


def test_the_wordpress_api_is_preferred_if_no_feed_is_complete(room: Room, home: Path) -> None:
    room.page("/news/", listing(5, 4, 3, head='<link rel="https://api.w.org/" href="/wp-json/">'))
    posts = [
        {"id": n, "link": f"{room.base}/r/{n}", "date": f"2026-11-{DAYS[n]}T10:00:00",
         "title": {"rendered": TITLES[n]}} for n in (5, 4, 3, 2)
    ]  # fmt: skip
    path = "/wp-json/wp/v2/posts?per_page=50&_fields=id,link,date,title"
    room.answers[path] = Answer(json.dumps(posts).encode(), content_type="application/json")
    assert added(home, f"{room.base}/news/")["feed"] == f"{room.base}{path}"


def test_a_feed_can_be_named_and_its_page_is_the_cross_check(room: Room, home: Path) -> None:
    room.answers["/feed.xml"] = feed(5, 4, 3, 2, 1, page=room.base)
    found = added(home, f"{room.base}/feed.xml", "--save")
    assert (found["url"], found["feed"]) == (f"{room.base}/news/", f"{room.base}/feed.xml")
    assert found["notes"] == []
    assert communique("sources", "check", home=home).returncode == 0
    room.answers["/feed.xml"] = feed(5, 4, page=room.base)
    found = added(home, f"{room.base}/feed.xml")
    assert "2 of the 5" in found["notes"][0]
    del room.answers["/news/"]
    found = added(home, f"{room.base}/feed.xml")
    assert "can't be read: the server responded with 404" in found["notes"][0]


def test_a_saved_page_is_read_without_the_network(room: Room, home: Path, tmp_path: Path) -> None:
    saved = tmp_path / "saved.html"
    saved.write_text(listing(5, 4, 3, 2, 1))
    nameless = communique("add", str(saved), home=home)
    assert nameless.returncode == 1
    assert "--url" in nameless.stderr
    found = added(home, str(saved), "--url", "https://harbour.example/news/", "--save")
    assert found["listing"]["items"][0]["url"] == "https://harbour.example/r/5"
    assert read_source(Path(found["saved"])).url == "https://harbour.example/news/"
    canonical = '<link rel="canonical" href="https://other.example/news/">'
    saved.write_text(listing(5, 4, 3, head=canonical))
    assert added(home, str(saved))["url"] == "https://other.example/news/"
    saved.write_bytes(feed(5, 4, 3, page="https://harbour.example").body)
    found = added(home, str(saved), "--url", "https://harbour.example/feed")
    assert found["feed"] == "https://harbour.example/feed"
    assert found["url"] == "https://harbour.example/news/"
    assert room.log == []


@pytest.mark.thorough
def test_unreadable_pages_are_reported_in_one_sentence(
    room: Room, home: Path, tmp_path: Path
) -> None:
    room.page("/empty/", "<p>Nothing here today.</p>")
    room.answers["/robots.txt"] = Answer(b"User-agent: *\nDisallow: /forbidden")
    room.answers["/map.pdf"] = Answer(bytes(range(32)) * 9, content_type="application/pdf")
    for page, said in {
        f"{room.base}/gone": "the server responded with 404",
        f"{room.base}/empty/": "no list of releases was found",
        f"{room.base}/r/1": "give the page that lists",
        f"{room.base}/forbidden": "robots.txt forbids",
        "http://127.0.0.1:1/": "could not be read",
        "http://[bad/": "not an http or https address",
        f"HTTP{room.base[4:]}/gone": "the server responded with 404",
        f"{room.base}/map.pdf": "the file is not text",
        "ftp://harbour.example/news": "only http:// and https:// are fetched",
        "javascript:void(0)": "only http:// and https:// are fetched",
        "www.harbour.example/news": "web address begins with https://",
        str(tmp_path / "nothing.html"): "No such file",
        str(tmp_path): "Is a directory",
    }.items():
        result = communique("add", page, home=home)
        assert result.returncode == 1, page
        assert said in result.stderr
        assert result.stderr.startswith("communique: ")
        assert result.stderr.count("\n") == 1
        assert ("# [listing]" in result.stdout) is ("no list of releases" in result.stderr)


def test_an_empty_argument_is_wrong_usage(home: Path) -> None:
    result = communique("add", " ", home=home)
    assert result.returncode == 2
    assert "the address is missing" in result.stderr


@pytest.mark.thorough
def test_the_draft_of_a_source_file_is_written_with_force(room: Room, home: Path) -> None:
    room.page("/about", "<title>About us</title><p>The board runs the harbour.</p>")
    told = communique("add", f"{room.base}/about", home=home)
    assert told.returncode == 1
    assert "nothing was written; --save --force " in told.stdout
    assert not (home / "sources").exists()
    kept = communique("add", f"{room.base}/about", "--save", "--force", home=home)
    assert "nothing was written" not in kept.stdout
    assert len(list((home / "sources").iterdir())) == 1


def test_a_guessed_zone_is_named_in_what_to_check(room: Room, home: Path) -> None:
    room.page("/news/", listing(1, 2, 3, 4, 5).replace("geo.country", "x").replace("nb-NO", "en"))
    for number in DAYS:
        room.page(f"/r/{number}", release(number).replace("nb-NO", "en"))
    told = communique("add", f"{room.base}/news/", home=home)
    assert "check timezone: America/New_York is a guess (only the language en" in told.stderr
    assert "similar links, each with a date" in told.stdout


def test_releases_that_can_t_be_read_are_named_and_the_rest_is_shown(
    room: Room, home: Path
) -> None:
    room.page("/r/5", "gone", status=410)
    room.answers["/r/4"] = Answer(b"%PDF-1.4", content_type="application/pdf")
    found = added(home, f"{room.base}/news/")
    assert found["notes"] == [f"{room.base}/r/5 can't be read: the server responded with 410"]
    assert found["fields"]["title"]["value"] == TITLES[3]


def test_private_addresses_are_refused(room: Room, tmp_path: Path) -> None:
    for base in (room.base, room.base.replace("127.0.0.1", "localhost")):
        result = communique("add", f"{base}/news/", home=tmp_path / "closed")
        assert result.returncode == 1
        assert "allow_private = true" in result.stderr
    assert room.log == []


@pytest.mark.integration
def test_rendering_is_advised_if_scripts_fill_the_page(room: Room, home: Path) -> None:
    try:
        find_browser()
    except BrowserMissing as error:
        pytest.skip(str(error))
    rows = listing(5, 4, 3, 2, 1).partition("<main>")[2].partition("</main>")[0]
    packed = b64encode(rows.encode()).decode()
    room.page(
        "/news/",
        '<html lang="nb-NO"><title>News - Harbour Board</title><div id="root"></div><script>'
        f"document.getElementById('root').innerHTML = atob('{packed}')</script></html>",
    )
    found = added(home, f"{room.base}/news/")
    assert found["render"]
    assert "render = true" in found["toml"]
    assert "render = true" in found["notes"][0]
    assert len(found["listing"]["items"]) == 5


def test_a_list_in_a_frame_of_the_page_is_read_instead(room: Room, home: Path) -> None:
    room.page("/menu", "<a href='/about'>About the board and its members</a>")
    frames = "<frame src='/menu'><frame src='/gone'><frame src='news/'>"
    room.page("/", f"<html><title>Harbour Board</title><frameset cols='9,*'>{frames}</frameset>")
    found = added(home, f"{room.base}/")
    assert f'url = "{room.base}/news/"' in found["toml"]
    assert [item["title"] for item in found["listing"]["items"]] == list(TITLES.values())[::-1]
    assert "in a frame" in found["notes"][0]
    empty = "<p>Welcome to the harbour.</p>"
    room.page("/", f"<html>{empty}<iframe src='/menu'></iframe><iframe src='file:///etc'></iframe>")
    result = communique("add", f"{room.base}/", home=home)
    assert result.returncode == 1
    assert "no list of releases was found" in result.stderr


def test_a_source_that_exists_is_sampled_once(room: Room, home: Path) -> None:
    added(home, f"{room.base}/news/", "--save")
    there = communique("sources", "sample", "harbour-board", home=home)
    assert there.returncode == 1
    assert "expected.json: the file exists already" in there.stderr
    golden = home / "samples" / "harbour-board"
    (golden / "expected.json").unlink()
    room.page("/news/", listing(4, 3, 2, 1))
    sampled = communique("sources", "sample", "harbour-board", home=home)
    assert sampled.returncode == 0, sampled.stderr
    expected = json.loads((golden / "expected.json").read_text("utf-8"))
    assert expected["release"]["title"] == TITLES[4]
    assert communique("sources", "check", home=home).returncode == 0
    room.page("/news/", "<p>Nothing</p>")
    (golden / "expected.json").unlink()
    empty = communique("sources", "sample", "harbour-board", home=home)
    assert empty.returncode == 1
    assert "no release was found on the page" in empty.stderr


@pytest.mark.thorough
def test_pages_are_fetched_on_demand_in_rounds_each_once(room: Room, home: Path) -> None:
    opened = open_home(home)
    with PageFetcher(opened) as fetcher:
        first, second = fetcher.fetch([f"{room.base}/r/1", f"{room.base}/r/2"] * 2)
        assert (first.status, second.page and second.page.body) == (200, release(2).encode())
        assert fetcher.fetch([]) == ()
        with pytest.raises(NotFetched, match="the server responded with 404"):
            fetcher.page(f"{room.base}/nothing")
        assert fetcher.page(f"{room.base}/r/1").url == f"{room.base}/r/1"
    assert room.statuses("/r/1") == [200, 200]


def test_a_release_given_as_a_listing_is_reported(home: Path, tmp_path: Path) -> None:
    saved = tmp_path / "release.html"
    back = "<footer><ul><li><a href='/'>Start of all</a> 20 November 2026</li></ul></footer>"
    saved.write_text(release(5).replace("</main>", f"</main>{back}{back}"))
    result = communique("add", str(saved), "--url", "https://harbour.example/r/5", home=home)
    assert "Give the address of the page that lists" in result.stderr


@pytest.mark.thorough
def test_the_language_of_titles_decides_the_zone_of_a_page_without_one(
    home: Path,
) -> None:
    room = Path(__file__).parents[2] / "sources" / "pl-brzozow" / "listing.html"
    found = added(home, str(room), "--url", "https://brzozow.example/aktualnosci")
    assert found["timezone"]["value"] == "Europe/Warsaw"
    assert found["timezone"]["rule"] == "the language pl of its texts"
