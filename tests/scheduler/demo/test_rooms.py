"""The bundled press rooms: their pages, feeds, files and events."""

from __future__ import annotations

import datetime as dt
import itertools
import os
import re
import signal
import socket
import subprocess
import sys
import tomllib
import zlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from urllib.parse import urljoin, urlsplit
from urllib.robotparser import RobotFileParser

import feedparser
import httpx
import msgspec
import pytest
from parsel import Selector

from scheduler.demo.responses import INNER_LINK, RoomResponse, responses
from scheduler.demo.rooms import (
    LAST_DAY,
    ReleaseText,
    load_events,
    load_releases,
    load_rooms,
    showing,
)
from scheduler.demo.server import DemoError, ServedRooms, rooms_served, write_sources
from spiders.sources.source_file import SourceFile
from tests.examples import thorough
from tests.scheduler.demo.expected import expected

ROOMS = tuple(load_rooms())
DAYS = tuple(range(1, LAST_DAY + 1))
BASE = "http://press.example"
TEXTS = [(room, text) for room in ROOMS for text in load_releases(room).values()]
PICTURES = ("src", "data-src", "srcset", "data-srcset")


@pytest.fixture(scope="module")
def served() -> Iterator[ServedRooms]:
    """The served press rooms. Each test sets the day that it needs."""
    with rooms_served() as rooms:
        yield rooms


@pytest.fixture
def client() -> Iterator[httpx.Client]:
    """A client without redirects and proxies."""
    with httpx.Client(trust_env=False, timeout=60) as made:
        yield made


@pytest.mark.thorough
def test_a_used_port_is_reported_in_a_sentence() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        ended = subprocess.run(  # noqa: S603 - our own program
            [sys.executable, "-m", "scheduler.demo.server", "--port", str(port)],
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )
    assert ended.returncode == 1
    (line,) = ended.stderr.splitlines()
    assert f"127.0.0.1:{port}" in line
    assert "--port" in line


def plain(text: str) -> str:
    """Text without block marks and with single spaces."""
    return " ".join(INNER_LINK.sub(r"\1", text).split())


def decoded(room: str, answer: RoomResponse) -> str:
    """Decode a page with the encoding of its room."""
    return answer.body.decode(load_rooms()[room].encoding)


def body_text(page: str) -> str:
    """The text of a page."""
    return " ".join(Selector(page).xpath("//body//text()").getall())


def addresses(room: str, day: int) -> dict[str, ReleaseText]:
    """The releases of a room by address."""
    return {load_rooms()[room].address(text): text for text in showing(room, day).releases}


def words(text: ReleaseText) -> list[str]:
    return [word for block in text.blocks for word in plain(block.text).split() if word != "|"]


def test_six_rooms_write_in_six_languages_about_at_least_96_releases() -> None:
    assert len(ROOMS) == 6
    assert {room.language for room in load_rooms().values()} == {"en", "de", "ru", "ar", "az", "fr"}
    assert sum(len(showing(room, 1).releases) for room in ROOMS) >= 96


@pytest.mark.parametrize("room", ROOMS)
def test_a_room_has_releases_from_2019_to_the_first_day(room: str) -> None:
    days = [text.day for text in showing(room, 1).releases]
    assert min(days).year == 2019
    assert dt.date(2026, 11, 15) <= max(days) <= dt.date(2026, 11, 20)
    assert len({day.year for day in days}) == 8


def test_every_release_has_the_length_of_a_real_one() -> None:
    for room, text in TEXTS:
        assert 60 <= len(words(text)) <= 220, (room, text.key, len(words(text)))
        assert 2 <= len(text.blocks) <= 7, (room, text.key)


def test_only_a_copy_shares_text_with_its_original() -> None:
    sets = {}
    for room, text in TEXTS:
        said = words(text)
        sets[room, text.key] = set(zip(said, said[1:], said[2:], strict=False))
    near = [
        (one, other)
        for (one, left), (other, right) in itertools.combinations(sets.items(), 2)
        if len(left & right) > 0.05 * len(left | right)
    ]
    copy = ("wolkenried", "joint-surge-warnings-merrow-sound")
    assert near == [(("merrow", "0409"), copy)]
    original, copied = sets["merrow", "0409"], sets[copy]
    assert len(original & copied) > 0.9 * len(original | copied)


def test_different_releases_may_have_the_same_headline() -> None:
    recurring = [text for _, text in TEXTS if text.title == "Personnel announcement"]
    assert len(recurring) == 2
    assert len({text.title for _, text in TEXTS}) == len(TEXTS) - 1


def test_bodies_hold_tables_lists_quotes_images_and_attachments() -> None:
    kinds = {block.kind for _, text in TEXTS for block in text.blocks}
    assert kinds >= {"paragraph", "table", "list", "quote"}
    assert sum(bool(text.images) for _, text in TEXTS) >= 20
    assert sum(bool(text.files) for _, text in TEXTS) >= 10


@pytest.mark.parametrize("day", [DAYS[-1], *thorough(*DAYS[:-1])])
@pytest.mark.parametrize("room", ROOMS)
def test_a_release_page_shows_its_title_and_its_whole_text_in_order(room: str, day: int) -> None:
    table = responses(room, day, BASE)
    for address, text in addresses(room, day).items():
        shown = plain(body_text(decoded(room, table[address])))
        at = shown.find(plain(text.title))
        assert at >= 0, text.title
        for block in text.blocks:
            for line in block.lines:
                for cell in line.split("|"):
                    after = shown.find(plain(cell), at)
                    assert after >= at, cell
                    at = after


def test_no_two_rooms_share_a_layout() -> None:
    marks = {}
    for room in ROOMS:
        table = responses(room, 1, BASE)
        page = Selector(decoded(room, table[next(iter(addresses(room, 1)))]))
        named = page.xpath("//body//*[@class or @id]")
        assert len(named) >= 3
        marks[room] = {
            (node.root.tag, node.root.get("class"), node.root.get("id")) for node in named
        }
    for one, other in itertools.combinations(ROOMS, 2):
        assert not marks[one] & marks[other], (one, other)


@pytest.mark.parametrize("day", [DAYS[-1], *thorough(*DAYS[:-1])])
def test_every_link_within_a_press_room_has_a_target(
    day: int, served: ServedRooms, client: httpx.Client
) -> None:
    served.show(day)
    for room in ROOMS:
        seen = walked(served.bases[room], start_of(room), client)
        for address in addresses(room, day):
            assert address in {target.partition("?utm")[0] for target in seen}, (room, address)


def start_of(room: str) -> str:
    """The address where readers of a room start."""
    found = load_rooms()[room]
    return found.listing_path or found.feed_path or "/"


def walked(base: str, start: str, client: httpx.Client) -> set[str]:
    """All paths of the origin that links lead to from ``start``. Each must return 200."""
    seen, waiting = {start}, [start]
    while waiting:
        here = waiting.pop()
        answer = client.get(base + here)
        assert answer.status_code == 200, (base + here, answer.status_code)
        for link in links_of(base + here, answer):
            parts = urlsplit(link)
            target = parts.path + (f"?{parts.query}" if parts.query else "")
            if link.startswith(base) and target not in seen:
                seen.add(target)
                waiting.append(target)
    return seen


def links_of(url: str, answer: httpx.Response) -> Iterator[str]:
    """The absolute addresses in an HTML page or a feed."""
    if "rss" in answer.headers["Content-Type"]:
        for entry in feedparser.parse(answer.content).entries:
            yield entry.link
            yield from (part.href for part in entry.enclosures)
    if "html" not in answer.headers["Content-Type"]:
        return
    page = Selector(answer.text)
    start = urljoin(url, page.xpath("//base/@href").get(""))
    for node in page.css("a, link, img, script, form"):
        for name in ("href", "action", *PICTURES):
            for part in node.attrib.get(name, "").split(", "):
                if part and not part.startswith(("data:", "javascript:", "mailto:")):
                    yield urljoin(start, part.split(" ")[0])


def test_links_of_the_old_site_only_work_with_its_base(
    served: ServedRooms, client: httpx.Client
) -> None:
    served.show(1)
    base = served.bases["merrow"]
    page = Selector(client.get(f"{base}/press/2026/0411.htm").text)
    link = page.xpath("//ul//a/@href").getall()[0]
    assert client.get(urljoin(f"{base}/press/2026/0411.htm", link)).status_code == 404
    assert client.get(urljoin(f"{base}/press/", link)).status_code == 200


def test_one_site_names_a_wrong_charset_and_one_names_its_own_only_in_the_page(
    served: ServedRooms, client: httpx.Client
) -> None:
    served.show(1)
    lying = client.get(served.bases["merrow"] + "/press/2021/0249.htm")
    assert lying.headers["Content-Type"] == "text/html; charset=ISO-8859-1"
    assert "£1.1 million" in lying.content.decode("utf-8")
    silent = client.get(served.bases["lunnogorsk"] + "/press/news.aspx?id=77")
    assert silent.headers["Content-Type"] == "text/html"
    assert b"charset=windows-1251" in silent.content
    assert "медвежонка" in silent.content.decode("windows-1251")
    with pytest.raises(UnicodeDecodeError):
        silent.content.decode("utf-8")


def test_the_right_to_left_site_dates_in_native_digits() -> None:
    page = decoded("qamaristan", responses("qamaristan", 1, BASE)["/akhbar/1053"])
    assert '<html lang="ar" dir="rtl">' in page
    assert "الخميس ٢٤ نوفمبر ٢٠٢٢" in page


VALIDATED = [room for room in ROOMS if load_rooms()[room].validators]


def test_at_least_half_of_the_rooms_send_validators() -> None:
    assert len(VALIDATED) >= 3
    kinds = {kind for room in VALIDATED for kind in load_rooms()[room].validators}
    assert kinds == {"etag", "weak-etag", "last-modified"}


@pytest.mark.parametrize("room", VALIDATED)
def test_an_unchanged_page_returns_304(
    room: str, served: ServedRooms, client: httpx.Client
) -> None:
    served.show(1)
    for path in [start_of(room), *addresses(room, 1)]:
        first = client.get(served.bases[room] + path)
        assert first.status_code == 200
        again = client.get(served.bases[room] + path, headers=conditions(first))
        assert again.status_code == 304, path
        assert again.content == b""
        assert again.headers.get("ETag") == first.headers.get("ETag")


def conditions(answer: httpx.Response) -> Mapping[str, str]:
    """The headers of a conditional request."""
    names = {"ETag": "If-None-Match", "Last-Modified": "If-Modified-Since"}
    found = {asks: answer.headers[has] for has, asks in names.items() if has in answer.headers}
    assert found
    return found


def test_an_edited_page_is_sent_again(served: ServedRooms, client: httpx.Client) -> None:
    url = served.bases["wolkenried"] + "/aktuelles/pressemitteilungen/2026/winterausblick-2026/"
    served.show(1)
    first = client.get(url)
    served.show(2)
    again = client.get(url, headers=conditions(first))
    assert again.status_code == 200
    assert "mild und nass bis in den Februar" in again.text


def test_a_weak_etag_ignores_the_boxes_around_the_text(
    served: ServedRooms, client: httpx.Client
) -> None:
    url = served.bases["guneshqala"] + "/xeberler/2022/xeber-152.html"
    served.show(1)
    first = client.get(url)
    served.show(2)
    assert client.get(url).content != first.content
    assert client.get(url, headers=conditions(first)).status_code == 304


def test_a_site_that_compresses_sends_the_same_page(
    served: ServedRooms, client: httpx.Client
) -> None:
    url = served.bases["wolkenried"] + "/aktuelles/pressemitteilungen/"
    packed = client.get(url, headers={"Accept-Encoding": "gzip"})
    bare = client.get(url, headers={"Accept-Encoding": "identity"})
    assert packed.headers["Content-Encoding"] == "gzip"
    assert "Content-Encoding" not in bare.headers
    assert packed.content == bare.content
    assert packed.headers["ETag"] == f"W/{bare.headers['ETag']}"


def test_head_returns_the_headers_of_get_without_a_body(
    served: ServedRooms, client: httpx.Client
) -> None:
    url = served.bases["guneshqala"] + "/xeberler/index.html"
    head, get = client.head(url), client.get(url)
    assert head.status_code == 200
    assert head.content == b""
    assert head.headers["Content-Length"] == str(len(get.content))


@pytest.mark.parametrize("room", ROOMS)
def test_robots_may_read_every_release(
    room: str, served: ServedRooms, client: httpx.Client
) -> None:
    served.show(LAST_DAY)
    answer = client.get(served.bases[room] + "/robots.txt")
    assert answer.status_code == 200
    rules = RobotFileParser()
    rules.parse(answer.text.splitlines())
    assert rules.crawl_delay("*") is None
    for path in [start_of(room), *addresses(room, LAST_DAY)]:
        assert rules.can_fetch("Communique", served.bases[room] + path)


def test_robots_txt_disallows_the_print_versions(served: ServedRooms, client: httpx.Client) -> None:
    rules = RobotFileParser()
    rules.parse(client.get(served.bases["merrow"] + "/robots.txt").text.splitlines())
    copy = served.bases["merrow"] + "/press/print/0411.htm"
    assert client.get(copy).status_code == 200
    assert not rules.can_fetch("Communique", copy)


def test_images_and_attachments_are_valid_files() -> None:
    kinds = set()
    for room in ROOMS:
        for answer in responses(room, LAST_DAY, BASE).values():
            kinds.add(answer.content_type.partition(";")[0])
            if answer.content_type == "image/png":
                check_png(answer.body)
            elif answer.content_type == "application/pdf":
                check_pdf(answer.body)
    assert {"image/png", "application/pdf"} <= kinds


def check_png(content: bytes) -> None:
    """Check the checksums and the number of pixels of a PNG."""
    assert content[:8] == b"\x89PNG\r\n\x1a\n"
    at, parts = 8, {}
    while at < len(content):
        length = int.from_bytes(content[at : at + 4])
        kind, inner = content[at + 4 : at + 8], content[at + 8 : at + 8 + length]
        assert int.from_bytes(content[at + 8 + length : at + 12 + length]) == zlib.crc32(
            kind + inner
        )
        parts[kind] = inner
        at += 12 + length
    width, height = (int.from_bytes(parts[b"IHDR"][spot : spot + 4]) for spot in (0, 4))
    assert len(zlib.decompress(parts[b"IDAT"])) == height * (width + 1)
    assert parts[b"IEND"] == b""


def check_pdf(content: bytes) -> None:
    """Check the place and the offsets of a PDF's table of objects."""
    assert content.startswith(b"%PDF-1.4")
    start = int(content.rsplit(b"startxref\n", 1)[1].split()[0])
    assert content[start : start + 4] == b"xref"
    offsets = [int(found) for found in re.findall(rb"(\d{10}) 00000 n", content[start:])]
    assert len(offsets) == 6
    for number, offset in enumerate(offsets, start=1):
        assert content[offset:].startswith(b"%d 0 obj" % number)


def test_the_feed_names_every_release_and_leaves_some_bodies_out() -> None:
    answer = responses("saintebrume", 1, BASE)["/flux/actualites.rss"]
    parsed = feedparser.parse(answer.body)
    assert not parsed.bozo
    releases = showing("saintebrume", 1).releases
    assert [entry.title for entry in parsed.entries] == [text.title for text in releases]
    whole = [entry for entry in parsed.entries if "content" in entry]
    assert 0 < len(whole) < len(releases)
    assert len({entry.id for entry in parsed.entries}) == len(releases)
    table = next(entry for entry in whole if entry.title.startswith("Début"))
    assert "<li>les écoles de Port-Chagrin restent ouvertes.</li>" in table.content[0].value
    home = Selector(decoded("saintebrume", responses("saintebrume", 1, BASE)["/"]))
    assert not [href for href in home.xpath("//a/@href").getall() if "communiques" in href]


def test_a_correct_collector_reports_these_counts() -> None:
    totals = {"sources": 6}
    assert expected(1) == totals | {
        "releases": 102,
        "new": 102,
        "changed": 0,
        "retracted": 0,
        "stories": 0,
    }
    assert expected(2) == totals | {
        "releases": 105,
        "new": 3,
        "changed": 2,
        "retracted": 0,
        "stories": 1,
    }
    assert expected(3) == totals | {
        "releases": 106,
        "new": 1,
        "changed": 0,
        "retracted": 1,
        "stories": 1,
    }


def differences(before: int, after: int) -> dict[str, set[tuple[str, str]]]:
    """The new, vanished and edited pages between two days, as pairs of room and address."""
    found: dict[str, set[tuple[str, str]]] = {"came": set(), "went": set(), "edited": set()}
    for room in ROOMS:
        old, new = addresses(room, before), addresses(room, after)
        found["came"] |= {(room, address) for address in new.keys() - old.keys()}
        found["went"] |= {(room, address) for address in old.keys() - new.keys()}
        found["edited"] |= {
            (room, address)
            for address in old.keys() & new.keys()
            if (old[address].title, old[address].body) != (new[address].title, new[address].body)
        }
    return found


def test_day_two_differs_from_day_one_as_promised() -> None:
    press = "/aktuelles/pressemitteilungen/2026"
    assert differences(1, 2) == {
        "came": {
            ("wolkenried", f"{press}/joint-surge-warnings-merrow-sound/"),
            ("qamaristan", "/akhbar/1103"),
            ("saintebrume", "/communiques/2026/11/essaim-20-novembre.html"),
            ("lunnogorsk", "/press/news.aspx?id=1218"),
            ("guneshqala", "/xeberler/2026/xeber-203-robot.html"),
        },
        "went": {
            ("lunnogorsk", "/press/news.aspx?id=218"),
            ("lunnogorsk", "/press/news.aspx?id=221"),
            ("guneshqala", "/xeberler/2026/xeber-203.html"),
        },
        "edited": {
            ("merrow", "/press/2026/0411.htm"),
            ("wolkenried", f"{press}/winterausblick-2026/"),
        },
    }


def test_day_three_adds_one_release_and_nothing_else() -> None:
    assert differences(2, 3) == {
        "came": {("merrow", "/press/2026/0414.htm")},
        "went": set(),
        "edited": set(),
    }


def test_a_moved_release_keeps_its_text_and_its_day() -> None:
    for room, old, new in [
        ("lunnogorsk", "/press/news.aspx?id=218", "/press/news.aspx?id=1218"),
        ("guneshqala", "/xeberler/2026/xeber-203.html", "/xeberler/2026/xeber-203-robot.html"),
    ]:
        before, after = addresses(room, 1)[old], addresses(room, 2)[new]
        assert (before.title, before.body, before.day) == (after.title, after.body, after.day)


@pytest.mark.parametrize("day", [2, 3])
def test_old_addresses_redirect_or_answer_410(
    day: int, served: ServedRooms, client: httpx.Client
) -> None:
    served.show(day)
    railway, university = served.bases["lunnogorsk"], served.bases["guneshqala"]
    assert client.get(f"{railway}/press/news.aspx?id=221").status_code == 404
    assert client.get(f"{railway}/press/news.aspx?id=218").status_code == 404
    moved = client.get(f"{university}/xeberler/2026/xeber-203.html")
    assert moved.status_code == 301
    target = urljoin(str(moved.url), moved.headers["Location"])
    assert target == f"{university}/xeberler/2026/xeber-203-robot.html"


def test_the_edits_change_a_figure_and_a_sentence_here_and_only_the_title_there() -> None:
    old = addresses("merrow", 1)["/press/2026/0411.htm"]
    new = addresses("merrow", 2)["/press/2026/0411.htm"]
    assert old.title == new.title
    assert "214,000 tonnes" in old.body
    assert "241,000 tonnes" in new.body
    assert "open day is held on Saturday" in new.body
    address = "/aktuelles/pressemitteilungen/2026/winterausblick-2026/"
    old, new = addresses("wolkenried", 1)[address], addresses("wolkenried", 2)[address]
    assert old.title != new.title
    assert old.body == new.body


def test_counters_and_boxes_change_from_day_to_day_around_the_same_text() -> None:
    for room, address in [
        ("merrow", "/press/2022/0301.htm"),
        ("wolkenried", "/aktuelles/pressemitteilungen/2022/leitung-wechselt/"),
        ("guneshqala", "/xeberler/2022/xeber-152.html"),
        ("qamaristan", "/akhbar/1053"),
    ]:
        assert addresses(room, 1)[address] == addresses(room, 2)[address]
        assert responses(room, 1, BASE)[address].body != responses(room, 2, BASE)[address].body


def test_a_listing_was_put_in_another_order() -> None:
    keys = [text.key for text in showing("qamaristan", 1).releases]
    assert keys[:3] == ["1101", "1098", "1092"]
    keys = [text.key for text in showing("qamaristan", 2).releases]
    assert keys[:4] == ["1092", "1103", "1101", "1098"]


def test_pages_depend_on_nothing_but_the_day() -> None:
    assert responses.__wrapped__("merrow", 2, BASE) == responses("merrow", 2, BASE)
    assert [event.day for event in load_events()] == sorted(event.day for event in load_events())


def test_an_unknown_address_returns_the_rooms_own_404_page(
    served: ServedRooms, client: httpx.Client
) -> None:
    answer = client.get(served.bases["lunnogorsk"] + "/press/news.aspx?id=99999")
    assert answer.status_code == 404
    assert "ЛУННОГОРСКАЯ" in answer.content.decode("windows-1251")


def test_source_files_need_a_name_an_address_and_a_zone(
    served: ServedRooms, tmp_path: Path
) -> None:
    assert write_sources(tmp_path, served.bases) == list(ROOMS)
    for room, base in served.bases.items():
        text = (tmp_path / f"{room}.toml").read_text("utf-8")
        source = msgspec.convert(tomllib.loads(text), SourceFile)
        assert source.name == load_rooms()[room].name
        assert source.timezone == load_rooms()[room].timezone
        assert source.url.startswith(base)
        assert source.listing == SourceFile("x", "x", "UTC").listing
        assert source.release == SourceFile("x", "x", "UTC").release
    feed = msgspec.convert(tomllib.loads((tmp_path / "saintebrume.toml").read_text()), SourceFile)
    assert feed.feed == served.bases["saintebrume"] + "/flux/actualites.rss"


@pytest.mark.thorough
def test_a_dead_server_is_reported_in_one_sentence() -> None:
    with rooms_served() as rooms:
        os.kill(rooms.child.pid, signal.SIGKILL)
        with pytest.raises(DemoError, match="status -9"):
            rooms.show(2)


def test_a_port_in_use_is_reported_in_one_sentence(served: ServedRooms) -> None:
    taken = urlsplit(served.bases[ROOMS[0]]).port or 0
    with pytest.raises(DemoError, match="can't be served"), rooms_served(port=taken):
        pass
