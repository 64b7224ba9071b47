"""`communique add` on any page of a site finds the press room, or reports that there is none."""

from __future__ import annotations

import contextlib
import json
import shutil
import socket
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from spiders.sources.source_file import read_source
from tests.command import collect, communique
from tests.examples import thorough
from tests.press_room import Answer, Room, release_html, served

HEAD = (
    '<!DOCTYPE html><html lang="nb-NO"><head><title>{} - Harbour Board of Lindmouth</title></head>'
)
TITLES = (
    "A second lamp is lit on the northern mole",
    "Pilots ask for a longer pier in the eastern basin",
    "Winter timetable of the harbour ferry begins",
    "Dredging of basin three is finished before the ice",
    "Harbour board elects Odile Brandt as its chair anew",
    "More ships than ever were counted in the last year",
    "Cruise ships will lie at the southern quay from May",
    "The old crane is taken down and given to the museum",
)
MONTHS = ("January", "February", "March", "April", "May", "June", "July", "August", "September")


def page(title: str, body: str) -> str:
    """A page of the invented Harbour Board, whose menu has few entries."""
    menu = "<nav><ul><li><a href='/about'>About us</a></li><li><a href='/tides'>Tides</a></li></ul>"
    return f"{HEAD.format(title)}<body>{menu}</nav><main>{body}</main></body></html>"


def rows(*numbers: int, dated: bool = True) -> str:
    """The listing of the Harbour Board."""
    day = '<span class="date">{} March 2026</span> ' if dated else ""
    return "<h1>Press releases</h1><ul class='list'>{}</ul>".format(
        "".join(
            f'<li>{day.format(2 + n % 20)}<a href="/press/{n}.html">'
            f"Notice {n}: ships counted at pier {n}</a></li>"
            for n in numbers
        )
    )


@pytest.fixture
def room() -> Iterator[Room]:
    """A site with a home page, a page for journalists, a listing, and releases."""
    with served() as room:
        link = "<p><a href='/media'>Press</a> <a href='/contact'>Press contact</a></p>"
        room.page("/", page("Welcome", f"<h1>Welcome</h1><p>The harbour is open.</p>{link}"))
        hub = "<h1>For journalists</h1><p>Ask us.</p><a href='/media/all'>All press releases</a>"
        room.page("/media", page("Press", hub))
        room.page("/media/all", page("Press releases", rows(*range(12, 0, -1))))
        for number in range(1, 13):
            text = release_html(number, day=f"{2 + number % 20} March 2026")
            room.page(f"/press/{number}.html", text)
        yield room


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A home directory that may fetch from loopback."""
    folder = tmp_path / "home"
    folder.mkdir()
    (folder / "communique.toml").write_text("[network]\nallow_private = true\n")
    return folder


def added(home: Path, *arguments: str, code: int = 0) -> dict[str, Any]:
    """The output of `communique add --json`."""
    result = communique("add", "--json", *arguments, home=home)
    assert result.returncode == code, result.stderr
    return dict(json.loads(result.stdout))


@pytest.mark.thorough
def test_from_a_front_page_the_list_of_releases_is_found_through_the_hub(
    room: Room, home: Path
) -> None:
    found = added(home, f"{room.base}/", "--save")
    assert found["url"] == f"{room.base}/media/all"
    assert found["certainty"]["enough"]
    assert next(one["url"] for one in found["tried"]) == f"{room.base}/media/all"
    assert f"{room.base}/media/all ('All press releases')" in found["notes"][0]
    assert f"{room.base}/media (" in found["notes"][1]
    assert room.statuses("/contact") == []
    run = collect(home)
    assert (run["found"], run["new"]) == (12, 12)


def test_the_full_listing_is_preferred_to_a_home_page_with_a_few_releases(
    room: Room, home: Path
) -> None:
    few = "".join(
        f"<article><h3><a href='/press/{n}.html'>Notice {n}: ships counted at pier {n}</a></h3>"
        f"<time>{2 + n % 20} March 2026</time></article>"
        for n in (12, 11, 10)
    )
    room.page("/", page("Welcome", f"{few}<p><a href='/media/all'>All news</a></p>"))
    assert added(home, f"{room.base}/")["url"] == f"{room.base}/media/all"


@pytest.mark.thorough
def test_a_home_page_with_links_to_older_releases_is_the_listing(room: Room, home: Path) -> None:
    category = "<aside><h2>Categories</h2><a href='/media/all'>Press releases</a></aside>"
    older = "<nav class='pagination'><a class='next' href='/page/2/'>Next page</a></nav>"
    newer = "<nav class='pagination'><a class='prev' href='/'>Previous page</a></nav>"
    room.page("/", page("News", rows(*range(12, 4, -1)) + older + category))
    room.page("/page/2/", page("News", rows(*range(4, 0, -1)) + newer + category))
    room.page("/media/all", page("Press releases", rows(*range(12, 0, -1)) + category))
    found = added(home, f"{room.base}/", "--save")
    assert found["url"] == f"{room.base}/"
    assert collect(home)["new"] == 12


def test_a_home_page_is_preferred_to_a_category_that_misses_some_of_its_rows(
    room: Room, home: Path
) -> None:
    menu = "<aside><h2>Categories</h2><a href='/category/press'>Press releases</a></aside>"
    room.page("/", page("Lindmouth", rows(*range(12, 4, -1)) + menu))
    room.page("/category/press", page("Press releases", rows(12, 11, 9, 8, 6, 5, 3, 2) + menu))
    found = added(home, f"{room.base}/")
    assert found["url"] == f"{room.base}/"
    assert len(found["listing"]["items"]) == 8
    assert found["certainty"]["enough"]


def test_a_home_page_with_much_text_is_kept_if_its_listing_has_more_pages(
    room: Room, home: Path
) -> None:
    text = "The harbour board keeps its basins open to ships of every flag, in ice and in storm. "
    told = "".join(f"<h3>Service {n}</h3><p>{text * 2}</p>" for n in range(6))
    menu = "<p>in <a href='/?cat=2'>Press releases</a></p>"
    older = "<nav class='pagination'><a class='next' href='{}paged=2'>Next Page</a></nav>"

    def listed(*numbers: int) -> str:
        return "".join(
            f"<li><h2><a href='/?p={n}'>Notice {n}: ships counted at pier {n}</a></h2>{menu}</li>"
            for n in numbers
        )

    for n in range(1, 13):
        room.page(f"/?p={n}", release_html(n, day=f"{2 + n} March 2026"))
    for place, numbers in (("/?", range(12, 7, -1)), ("/?cat=2&amp;", (12, 11, 9, 8, 6))):
        shown = f"<div><h2>Watch, Read</h2><ul>{listed(*numbers)}</ul>{older.format(place)}</div>"
        if place == "/?":
            page_of_all = f"<h1>A board for every ship</h1><p>{text * 6}</p>{told}{shown}"
            room.page("/", page("Lindmouth", page_of_all))
        else:
            room.page("/?cat=2", page("Press releases", f"<h1>Press releases</h1>{shown}"))
    found = added(home, f"{room.base}/")
    assert found["url"] == f"{room.base}/"
    assert len(found["listing"]["items"]) == 5


def test_a_complete_listing_is_preferred_to_a_home_page_with_eight_releases(
    room: Room, home: Path
) -> None:
    links = "<p><a href='/category/press'>Press releases</a> <a href='/media/all'>All news</a></p>"
    room.page("/", page("Welcome", rows(*range(12, 4, -1)) + links))
    room.page("/category/press", page("Press releases", rows(12, 11, 9, 8, 6, 5, 3, 2)))
    assert added(home, f"{room.base}/")["url"] == f"{room.base}/media/all"


@pytest.mark.thorough
@pytest.mark.parametrize("way", ["folder", "menu", *thorough("breadcrumb", "front page")])
def test_from_a_release_its_list_is_found(room: Room, home: Path, way: str) -> None:
    path = "/press/5.html"
    if way == "folder":
        room.page("/press/", page("Press releases", rows(*range(12, 0, -1))))
        wanted = f"{room.base}/press/"
    elif way == "menu":
        menu = "<ul><li><a href='/media/all'>Nyheter</a></li></ul>"
        room.page(path, release_html(5, day="7 March 2026").replace("</body>", f"{menu}</body>"))
        wanted = f"{room.base}/media/all"
    elif way == "front page":
        wanted = f"{room.base}/media/all"
    else:
        crumbs = (
            '<script type="application/ld+json">{"@type": "BreadcrumbList", "itemListElement": '
            '[{"@type": "ListItem", "position": 1, "item": {"@id": "/media/all"}}]}</script>'
        )
        room.page(path, release_html(5, day="7 March 2026").replace("</head>", f"{crumbs}</head>"))
        wanted = f"{room.base}/media/all"
    found = added(home, f"{room.base}{path}")
    assert found["url"] == wanted
    assert f"{path} links to {wanted}" in found["notes"][0]


def test_a_release_without_a_listing_is_reported_with_the_tried_links(
    room: Room, home: Path
) -> None:
    del room.answers["/"]
    result = communique("add", f"{room.base}/press/5.html", "--save", home=home)
    assert result.returncode == 1
    assert "Give the address of the page that lists" in result.stderr
    assert len(result.stderr) < 1000
    assert f"{room.base}/press/ (the server responded with 404)" in result.stderr
    assert not (home / "sources").exists()


@pytest.mark.parametrize(
    "text",
    [
        "",
        "<p>Nothing here today.</p>",
        "<title>Log in</title><h1>Log in</h1><form><input type=password></form>",
    ],
    ids=["empty", "nearly empty", "login"],
)
def test_an_empty_page_and_a_login_exit_with_1_without_trying_other_pages(
    room: Room, home: Path, text: str
) -> None:
    room.page("/closed", text)
    result = communique("add", f"{room.base}/closed", "--save", home=home)
    assert result.returncode == 1
    assert "no list of releases was found" in result.stderr
    assert room.statuses("/") == []
    assert not (home / "sources").exists()


@pytest.mark.thorough
def test_the_months_of_a_page_are_not_releases_but_lead_to_them(room: Room, home: Path) -> None:
    months = "".join(
        f"<li><a href='/archive/2026/{n}'>{month} 2026</a> <span>(1{n})</span></li>"
        for n, month in enumerate(MONTHS, start=1)
    )
    for number, month in enumerate(MONTHS, start=1):
        room.page(f"/archive/2026/{number}", page(f"{month} 2026", rows(number, number + 1)))
    room.page("/archive", page("Archive", f"<h1>Archive</h1><ul>{months}</ul>"))
    found = added(home, f"{room.base}/archive", "--save")
    assert found["url"] == f"{room.base}/archive"
    run = collect(home)
    assert (run["new"], run["history"], run["errors"]) == (10, "complete", [])


def test_uncertain_results_are_saved_only_with_force(room: Room, home: Path) -> None:
    for number in range(1, 13):
        room.page(f"/press/{number}.html", page("Notice", "<form><input></form>"))
    found = added(home, f"{room.base}/media/all", "--save", code=1)
    assert found["saved"] is None
    assert not found["certainty"]["enough"]
    assert "3 of 3 pages" in str(found["certainty"]["reasons"])
    shown = communique("add", f"{room.base}/media/all", home=home)
    assert shown.returncode == 1
    assert "Notice 12" in shown.stdout
    assert "--save --force" in shown.stderr
    assert Path(added(home, f"{room.base}/media/all", "--save", "--force")["saved"]).exists()


@pytest.mark.thorough
def test_a_listing_without_dates_is_certain_if_its_releases_have_them(
    room: Room, home: Path
) -> None:
    plain = "".join(
        f"<li><a href='/press/{n}.html'>{title}</a></li>" for n, title in enumerate(TITLES, start=1)
    )
    for n, title in enumerate(TITLES, start=1):
        text = release_html(n, day=f"{2 + n} March 2026")
        room.page(f"/press/{n}.html", text.replace(f"Notice {n}: ships counted at pier {n}", title))
    room.page("/news", page("News", f"<h1>News</h1><ul class='list'>{plain}</ul>"))
    found = added(home, f"{room.base}/news", "--save")
    assert found["certainty"]["value"] >= 0.8
    assert collect(home)["new"] == len(TITLES)


def test_a_list_of_documents_is_a_list(room: Room, home: Path) -> None:
    documents = "".join(
        f"<li>{2 + n} March 2026 <a href='/files/{n}.pdf'>Notice {n}: ships counted at pier {n}"
        "</a></li>"
        for n in range(9, 0, -1)
    )
    room.page("/notices", page("Notices", f"<h1>Notices</h1><ul>{documents}</ul>"))
    found = added(home, f"{room.base}/notices")
    assert len(found["listing"]["items"]) == 9
    assert not any("looks like a release" in why for why in found["certainty"]["reasons"])


@pytest.mark.thorough
@pytest.mark.parametrize("scripted", [True, False])
def test_render_is_suggested_only_for_a_long_page_with_a_scripted_listing(
    room: Room, home: Path, *, scripted: bool
) -> None:
    text = "<p>The Harbour Board keeps its piers, its locks and its lamps in good order.</p>" * 60
    place = "<div id='news-list'></div><script src='/app.js'></script>" if scripted else ""
    room.page("/", page("Welcome", f"<h1>Welcome</h1>{text}{place}"))
    room.page("/press-desk", page("Press desk", f"<h1>Press desk</h1>{text}{place}"))
    result = communique("add", f"{room.base}/press-desk", home=home)
    assert result.returncode == 1
    assert ("render = true" in result.stderr) is scripted
    assert ("looks like a release" in result.stderr) is not scripted


def test_a_draft_with_candidates_is_shown_if_nothing_is_found(room: Room, home: Path) -> None:
    boxes = "".join(
        f"<div class='box'><div class='name'><a href='/p?{n}'>Harbour chart {n}</a></div></div>"
        for n in range(4)
    )
    del room.answers["/"]
    links = "<a href='/gone'>Nyhetsarkiv</a> <a href='/newsroom'>Newsroom</a>"
    room.page("/charts", page("Charts", f"{links}{boxes}<p>{'Depths in metres. ' * 60}</p>"))
    result = communique("add", f"{room.base}/charts", home=home)
    assert result.returncode == 1
    assert f'# url = "{room.base}/newsroom"  # Newsroom' in result.stdout
    assert '# link = "div.name > a"  # 4, the first: Harbour chart 0' in result.stdout
    assert f"tried: {room.base}/newsroom (the server responded with 404)" in result.stderr
    assert not (home / "sources").exists()
    assert communique("add", f"{room.base}/charts", "--save", home=home).returncode == 1
    assert not (home / "sources").exists()
    forced = communique("add", f"{room.base}/charts", "--save", "--force", home=home)
    assert forced.returncode == 1
    (path,) = home.glob("sources/*.toml")
    assert read_source(path).url == f"{room.base}/charts"
    text = path.read_text("utf-8").replace("# [listing]", "[listing]").replace("# link", "link")
    path.write_text(text)
    assert read_source(path).listing.link == "div.name > a"


def test_id_name_and_zone_can_be_given(room: Room, home: Path) -> None:
    said = ("--id", "lindmouth", "--name", "Port of Lindmouth", "--timezone", "Europe/Dublin")
    found = added(home, f"{room.base}/media/all", "--save", *said)
    path = home / "sources" / "lindmouth.toml"
    assert found["saved"] == str(path)
    file = read_source(path)
    assert (file.name, file.timezone) == ("Port of Lindmouth", "Europe/Dublin")
    assert "check this" not in path.read_text("utf-8")
    taken = communique("add", f"{room.base}/media/all", "--id", "lindmouth", home=home)
    assert taken.returncode == 2
    assert f"{path} has the id 'lindmouth' already; choose another with --id" in taken.stderr
    for option, value, why in (
        ("--id", "Not An Id", "lower-case letters"),
        ("--timezone", "Europe/Nowhere", "IANA zone"),
    ):
        wrong = communique("add", f"{room.base}/media/all", option, value, home=home)
        assert wrong.returncode == 2
        assert why in wrong.stderr


def test_each_address_of_a_list_is_added_despite_errors_of_others(
    room: Room, home: Path, tmp_path: Path
) -> None:
    listed = tmp_path / "rooms.txt"
    room.answers["/robots.txt"] = Answer(
        b"User-agent: *\nDisallow: /closed", content_type="text/plain"
    )
    listed.write_text(
        f"# rooms\n\n{room.base}/\nnonsense\n{room.base}/closed\n  {room.base}/media/all \n"
        f"{room.base}/press/5.html\n"
    )
    result = communique("add", "--from", str(listed), "--save", home=home)
    assert result.returncode == 1
    (path,) = home.glob("sources/*.toml")
    assert result.stdout.splitlines()[0].startswith(f"{path.stem}: 12 releases at ")
    assert result.stdout.splitlines()[-1] == "5 addresses, 4 failed"
    assert "nonsense could not be read" in result.stderr
    assert "/closed could not be read: the site's robots.txt forbids" in result.stderr
    assert f"collects from {room.base}/media/all already" in result.stderr
    path.unlink()
    shutil.rmtree(home / "samples")
    listed.write_text(f"\ufeff{room.base}/media/all\r\n")
    told = added(home, "--from", str(listed), "--timezone", "Europe/Dublin", "--save")
    assert told["sources"][0]["given"] == f"{room.base}/media/all"
    assert read_source(Path(told["sources"][0]["saved"])).timezone == "Europe/Dublin"
    both = communique("add", f"{room.base}/", "--from", str(listed), home=home)
    assert both.returncode == 2


def test_each_outline_of_an_opml_file_is_added_with_its_name(
    room: Room, home: Path, tmp_path: Path
) -> None:
    listed = tmp_path / "rooms.opml"
    saved = tmp_path / "saved.html"
    saved.write_text("<title>Not to be read</title>")
    listed.write_text(
        "<opml version='2.0'><body><outline text='Harbours'>"
        f"<outline text='Port of Lindmouth' htmlUrl='{room.base}/media/all'/>"
        f"<outline text='A file' xmlUrl='{saved}'/>"
        "</outline></body></opml>"
    )
    result = communique("add", "--from", str(listed), "--save", home=home)
    assert result.returncode == 1
    assert result.stdout.splitlines()[-1] == "2 addresses, 1 failed"
    assert f"{saved} could not be read: only http:// and https:// are fetched" in result.stderr
    (path,) = home.glob("sources/*.toml")
    assert (path.stem, read_source(path).name) == ("port-of-lindmouth", "Port of Lindmouth")
    listed.write_text("<opml><!ENTITY a 'b'></opml>")
    refused = communique("add", "--from", str(listed), home=home)
    assert (refused.returncode, refused.stdout) == (2, "")
    assert "declares XML entities, which are not allowed" in refused.stderr


@pytest.mark.parametrize(
    ("sent", "said"),
    [
        (b"", "the server closed the connection without a response"),
        (
            b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n<p>half",
            "lost during the response",
        ),
        (b"SSH-2.0-OpenSSH\r\n\r\n", "does not speak HTTP"),
        (b"HTTP/1.1 200 OK\r\nNo colon : 1\r\n\r\n", "header fields of the response"),
        (
            b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 8\r\n\r\n<p>plain",
            "does not match its Content-Encoding",
        ),
        (
            b"HTTP/1.1 200 OK\r\nContent-Encoding: deflate\r\nContent-Length: 8\r\n\r\n<p>plain",
            "does not match its Content-Encoding",
        ),
    ],
)
def test_a_closed_connection_is_reported_plainly(home: Path, sent: bytes, said: str) -> None:
    def answer() -> None:
        for _ in range(20):
            with contextlib.suppress(OSError):
                connection, _ = listening.accept()
                with connection:
                    connection.recv(65_536)
                    connection.sendall(sent)

    with socket.create_server(("127.0.0.1", 0)) as listening:
        threading.Thread(target=answer, daemon=True).start()
        place = f"http://127.0.0.1:{listening.getsockname()[1]}/"
        result = communique("add", place, home=home)
    assert result.returncode == 1
    assert said in result.stderr
    assert "twisted" not in result.stderr
    assert result.stderr.count("\n") == 1


def test_titles_of_a_draft_have_no_soft_hyphens(home: Path, tmp_path: Path) -> None:
    saved = tmp_path / "saved.html"
    text = page("Press releases", rows(*range(12, 0, -1)))
    saved.write_text(text.replace("counted", "coun\u00adted"))
    found = added(home, str(saved), "--url", "https://harbour.example/press")
    assert found["listing"]["items"][0]["title"] == "Notice 12: ships counted at pier 12"


def test_the_home_directory_is_created_when_a_source_is_saved(room: Room, tmp_path: Path) -> None:
    home = tmp_path / "new" / "home"
    saved = tmp_path / "saved.html"
    saved.write_bytes(room.answers["/media/all"].body)
    place = (str(saved), "--url", "https://harbour.example/media/all")
    assert communique("add", *place, home=home).returncode == 0
    assert not home.parent.exists()
    assert communique("add", *place, "--save", home=home).returncode == 0
    assert list(home.glob("sources/*.toml"))


@pytest.mark.parametrize("given", ["/", *thorough("/media/all")])
def test_a_page_that_lists_only_years_is_added_with_the_rows_of_the_newest(
    room: Room, home: Path, given: str
) -> None:
    years = "".join(f"<li><a href='/media/all/{year}'>{year}</a></li>" for year in (2026, 2025))
    room.page("/media/all", page("Pressemeldinger", f"<h1>Pressemeldinger</h1><ul>{years}</ul>"))
    room.page("/media/all/2026", page("2026", rows(*range(12, 6, -1))))
    older = rows(*range(6, 0, -1)).replace("March 2026", "March 2025")
    room.page("/media/all/2025", page("2025", older))
    found = added(home, f"{room.base}{given}", "--save")
    assert found["url"] == f"{room.base}/media/all"
    assert found["certainty"]["value"] == 1
    assert f"{room.base}/media/all/2026" in str(found["notes"])
    run = collect(home)
    assert (run["new"], run["history"], run["errors"]) == (12, "complete", [])


@pytest.mark.parametrize("given", ["/media", *thorough("/reports")])
def test_years_of_reports_make_no_list_of_releases(room: Room, home: Path, given: str) -> None:
    hub = "<h1>For journalists</h1><p>Ask us.</p><a href='/reports'>Press releases and reports</a>"
    room.page("/media", page("Press", hub))
    years = "".join(f"<li><a href='/reports/{year}'>{year}</a></li>" for year in (2026, 2025))
    room.page("/reports", page("Reports", f"<h1>Annual reports</h1><ul>{years}</ul>"))
    for year in (2026, 2025):
        room.page(
            f"/reports/{year}", page("Report", f"<h1>Report of {year}</h1><p>Ships came.</p>")
        )
    result = communique("add", f"{room.base}{given}", home=home)
    assert result.returncode == 1
    assert "no list of releases was found" in result.stderr
