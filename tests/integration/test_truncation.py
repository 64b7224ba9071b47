"""Responses that are cut on their way: nothing is recorded of them, and the next visit goes on."""

from __future__ import annotations

import gzip
import json
import zlib
from collections.abc import Callable, Iterable, Iterator
from itertools import product
from pathlib import Path
from typing import Any

import brotli
import pytest
import zstandard

from data.archive.warc.archive_record import ArchiveRecord
from data.archive.warc.reader import read_file
from tests.command import collect, communique, make_home
from tests.examples import thorough
from tests.press_room import listing_html, release_html
from tests.raw_server import serving

NUMBERS = [4, 3, 2, 1]
LONG = "".join(
    f"<p>The Harbour Board of Lindmouth counted {n * 37} ships in basin {n} last week, and "
    f"{n * 11} of them came from the eastern ports, pilot {n} said.</p>"
    for n in range(1, 60)
)


def page(number: int) -> str:
    """A long release of the room."""
    return release_html(number, day="6 March 2026", text=LONG.replace("pilot", f"{number}. pilot"))


PAGE = page(4)


def bare_deflate(body: bytes) -> bytes:
    """Deflate without the frame of zlib, as some servers send it."""
    packer = zlib.compressobj(wbits=-15)
    return packer.compress(body) + packer.flush()


CODINGS: dict[str, tuple[str, Callable[[bytes], bytes]]] = {
    "gzip": ("gzip", gzip.compress),
    "zlib": ("deflate", zlib.compress),
    "bare deflate": ("deflate", bare_deflate),
    "brotli": ("br", brotli.compress),
    "zstd": ("zstd", zstandard.compress),
}


def response(
    body: bytes,
    *headers: str,
    status: str = "200 OK",
    length: int | None = -1,
    kind: str = "text/html",
    version: str = "1.1",
) -> list[bytes]:
    """A response; ``length`` None announces none, and the connection then closes at its end."""
    lines = [f"HTTP/{version} {status}", f"Content-Type: {kind}", *headers]
    if length is not None:
        lines.append(f"Content-Length: {len(body) if length < 0 else length}")
    return ["\r\n".join((*lines, "", "")).encode() + body]


class Server:
    """A press room of four releases; ``answers`` replaces what it sends at some paths.

    ``changing`` makes another response each time.
    A path in ``closing`` has its connection closed after the response.
    """

    def __init__(self) -> None:
        self.answers: dict[str, list[bytes]] = {}
        self.changing: dict[str, Callable[[], list[bytes]]] = {}
        self.closing: set[str] = set()
        self.asked: list[str] = []
        self.numbers = NUMBERS

    def __call__(self, path: str) -> Iterable[bytes]:
        """Send what is at a path."""
        self.asked.append(path)
        changing = self.changing.get(path)
        yield from (changing and changing()) or self.answers.get(path) or self.usual(path)
        if path in self.closing:
            raise ConnectionAbortedError

    def usual(self, path: str) -> list[bytes]:
        """What the room sends while nothing is wrong."""
        if path == "/news/":
            return response(listing_html(self.numbers).encode())
        if path == "/news/4.html":
            return response(PAGE.encode())
        if path.startswith("/news/"):
            return response(release_html(int(path[6])).encode())
        return response(b"no", status="404 Not Found")


@pytest.fixture
def server() -> Server:
    """A room whose responses a test cuts."""
    return Server()


@pytest.fixture
def home(server: Server, tmp_path: Path) -> Iterator[Path]:
    """A HOME that has collected all four releases."""
    with serving(server) as base:
        home = make_home(tmp_path / "home", f"{base}/news/")
        assert collect(home)["new"] == 4
        server.asked.clear()
        yield home


def stored(home: Path) -> dict[str, dict[str, Any]]:
    """The stored releases, by the last part of their address."""
    lines = communique("export", home=home).stdout.splitlines()
    return {one["url"].rpartition("/")[2]: one for one in map(json.loads, lines)}


def kinds(run: dict[str, Any]) -> set[tuple[str, str]]:
    """The errors of a run: the last part of the address, and the kind."""
    return {(one["url"].rpartition("/")[2], one["kind"]) for one in run["errors"]}


def cut_packed(coding: str) -> list[bytes]:
    """The page, packed, of which the last third is missing, with a Content-Length that is right."""
    name, pack = CODINGS[coding]
    packed = pack(PAGE.encode())
    return response(packed[: len(packed) * 2 // 3], f"Content-Encoding: {name}")


HALF = PAGE.encode()[:3000]
SHORT = HALF + b"</p></article></body></html>"
PART = ("206 Partial Content", f"Content-Range: bytes 0-2999/{len(PAGE.encode())}")


@pytest.mark.parametrize(
    "cut", ["gzip", *thorough(*sorted({*CODINGS} - {"gzip"}), "206", "206 without a range")]
)
def test_a_response_that_is_cut_is_a_failed_request_and_changes_nothing(
    cut: str, server: Server, home: Path
) -> None:
    before = stored(home)
    if cut in CODINGS:
        server.answers["/news/4.html"] = cut_packed(cut)
    else:
        headers = PART[1:] if cut == "206" else ()
        server.answers["/news/4.html"] = response(HALF, *headers, status=PART[0])
    for _ in range(3):
        server.asked.clear()
        run = collect(home)
        assert (run["changed"], run["unchanged"]) == (0, 3)
        assert kinds(run) == {("4.html", "truncated")}
        assert server.asked.count("/news/4.html") == 2, "it is requested once more, as others are"
    assert {name: one["body_text"] for name, one in stored(home).items()} == {
        name: one["body_text"] for name, one in before.items()
    }
    server.answers.clear()
    assert (collect(home)["changed"], collect(home)["errors"]) == (0, [])


def test_complete_responses_are_read_in_any_compression(server: Server, tmp_path: Path) -> None:
    first, second, third, fourth = (page(number).encode() for number in sorted(NUMBERS))
    two = gzip.compress(fourth[:2000]) + gzip.compress(fourth[2000:]) + b"\0 garbage"
    server.answers = {
        "/news/1.html": response(brotli.compress(first), "Content-Encoding: br", length=None),
        "/news/2.html": response(zstandard.compress(second), "Content-Encoding: zstd"),
        "/news/3.html": response(
            third, f"Content-Range: bytes 0-{len(third) - 1}/{len(third)}", status=PART[0]
        ),
        "/news/4.html": response(two, "Content-Encoding: gzip"),
    }
    server.closing = {"/news/1.html"}
    with serving(server) as base:
        home = make_home(tmp_path / "home", f"{base}/news/")
        run = collect(home)
    assert run["errors"] == []
    texts = {one["body_text"] for one in stored(home).values()}
    assert all(text.endswith("pilot 59 said.") for text in texts)


def test_the_archive_keeps_the_received_part_of_a_lost_connection(
    server: Server, home: Path
) -> None:
    server.answers["/news/4.html"] = response(HALF, length=9_000)
    server.closing = {"/news/4.html"}
    run = collect(home)
    assert kinds(run) == {("4.html", "connection")}
    records = [
        one
        for path in (home / "archive").glob("*.warc.gz*")
        for one in read_file(path)
        if isinstance(one, ArchiveRecord) and one.kind == "response" and one.uri.endswith("/4.html")
    ]
    kept = [one.http.payload for one in records if one.field("WARC-Truncated") == "disconnect"]
    assert kept == [HALF, HALF]


def test_a_listing_a_feed_and_robots_txt_that_are_cut_fail_too(server: Server, home: Path) -> None:
    packed = gzip.compress(listing_html(NUMBERS).encode())
    server.answers["/news/"] = response(packed[: len(packed) // 2], "Content-Encoding: gzip")
    run = collect(home)
    assert (run["found"], kinds(run)) == (0, {("", "truncated")})
    server.answers = {"/robots.txt": response(b"User-agent: *\n", status="206 Partial Content")}
    run = collect(home)
    assert {one["kind"] for one in run["errors"]} == {"robots"} or run["found"] == 4


@pytest.mark.parametrize("version", ["1.0", *thorough("1.1")])
def test_a_server_that_never_announces_a_length_is_collected(
    version: str, server: Server, tmp_path: Path
) -> None:
    paths = ["/news/", *(f"/news/{number}.html" for number in NUMBERS)]
    for path in paths:
        body = server.usual(path)[0].partition(b"\r\n\r\n")[2]
        server.answers[path] = response(body, length=None, version=version)
    server.closing = {*paths}
    with serving(server) as base:
        home = make_home(tmp_path / "home", f"{base}/news/")
        run = collect(home)
        assert (run["new"], run["errors"]) == (4, [])
        before = stored(home)
        server.answers["/news/4.html"] = response(HALF, length=None, version=version)
        run = collect(home)
        assert (run["changed"], kinds(run)) == (0, {("4.html", "truncated")})
        assert stored(home)["4.html"]["body_text"] == before["4.html"]["body_text"]


@pytest.mark.thorough
def test_a_page_without_an_end_or_a_length_is_new_in_the_second_visit_that_finds_it(
    server: Server, tmp_path: Path
) -> None:
    unended = PAGE.replace("</body></html>", "").encode()
    server.answers["/news/4.html"] = response(unended, length=None)
    server.closing = {"/news/4.html"}
    with serving(server) as base:
        home = make_home(tmp_path / "home", f"{base}/news/")
        run = collect(home)
        assert (run["new"], kinds(run)) == (3, {("4.html", "truncated")})
        server.answers["/news/4.html"] = response(unended[:-500], length=None)
        run = collect(home)
        assert (run["new"], kinds(run)) == (0, {("4.html", "truncated")}), "cut elsewhere"
        server.answers["/news/4.html"] = response(unended, length=None)
        assert collect(home)["new"] == 0
        run = collect(home)
        assert (run["new"], run["errors"]) == (1, [])
        assert collect(home)["errors"] == [], "nor is it doubted again"
    assert stored(home)["4.html"]["body_text"].endswith("pilot 59 said.")


def test_a_text_that_only_ends_earlier_is_an_edit_in_the_second_visit_that_finds_it(
    server: Server, home: Path
) -> None:
    before = stored(home)["4.html"]
    server.answers["/news/4.html"] = response(SHORT)
    run = collect(home)
    assert (run["changed"], kinds(run)) == (0, {("4.html", "layout")})
    assert stored(home)["4.html"]["body_text"] == before["body_text"]
    server.answers.clear()
    assert (collect(home)["errors"], stored(home)["4.html"]["revision"]) == ([], 1)
    server.answers["/news/4.html"] = response(SHORT)
    assert collect(home)["changed"] == 0, "a visit in between read it well"
    assert collect(home)["changed"] == 1
    after = stored(home)["4.html"]
    assert after["revision"] == 2
    assert before["body_text"].startswith(after["body_text"][:-20])
    assert collect(home)["errors"] == []


def test_a_page_that_is_cut_in_the_same_place_each_time_is_not_an_edit(
    server: Server, home: Path
) -> None:
    before = stored(home)["4.html"]
    server.answers["/news/4.html"] = response(b"<!-- <p>old</p> -->" + HALF, length=None)
    server.closing = {"/news/4.html"}
    runs = [collect(home) for _ in range(4)]
    assert [kinds(run) for run in runs] == [
        {("4.html", "truncated")},
        *[{("4.html", "layout")}] * 3,
    ]
    assert [run["changed"] for run in runs] == [0] * 4
    assert stored(home)["4.html"]["body_text"] == before["body_text"]
    server.answers["/news/4.html"] = response(SHORT)
    assert collect(home)["changed"] == 1, "the page has an end: the publisher shortened it"


def flushed(body: bytes, wbits: int) -> bytes:
    """A body as a server packs it that flushes its stream and does not end it."""
    packer = zlib.compressobj(wbits=wbits)
    return packer.compress(body) + packer.flush(zlib.Z_SYNC_FLUSH)


def unsure(path: str, text: str) -> list[bytes]:
    """A response that does not show whether it is whole, of another kind at each path."""
    body = text.encode()
    match path:
        case "/news/1.html":
            return response(flushed(body, 31), "Content-Encoding: gzip")
        case "/news/2.html":
            return response(body, status=PART[0])
        case "/news/3.html":
            field = f"Content-Range: bytes 0-{len(body) - 1}/*"
            return response(body, field, status=PART[0])
    return response(body, length=None, version="1.0")


def test_a_page_with_an_end_is_whole_though_its_message_does_not_show_it(
    server: Server, tmp_path: Path
) -> None:
    for number in NUMBERS:
        path = f"/news/{number}.html"
        server.answers[path] = unsure(path, page(number))
    server.closing = {"/news/4.html"}
    with serving(server) as base:
        run = collect(make_home(tmp_path / "home", f"{base}/news/"))
    assert (run["new"], run["errors"]) == (4, [])


@pytest.mark.thorough
def test_a_text_that_three_visits_found_is_accepted_in_the_fourth_with_a_note(
    server: Server, tmp_path: Path
) -> None:
    def changing(number: int, cut: int | None = None) -> Callable[[], list[bytes]]:
        path, text = f"/news/{number}.html", page(number).replace("</body></html>", "")[:cut]
        words = iter(product("ghijklmnop", repeat=4))
        return lambda: unsure(path, f"{text}<p>{'-'.join(next(words)[::-1])}</p>")

    paths = {f"/news/{number}.html": changing(number) for number in NUMBERS}
    errors = {(path.rpartition("/")[2], "truncated") for path in paths}
    server.changing = paths
    server.closing = {"/news/4.html"}
    with serving(server) as base:
        home = make_home(tmp_path / "home", f"{base}/news/")
        for _ in range(3):
            run = collect(home)
            assert (kinds(run), run["notes"]) == (errors, [])
        run = collect(home)
        assert (run["new"], run["errors"], len(run["notes"])) == (4, [], 1)
        run = collect(home)
        assert (run["errors"], len(run["notes"])) == ([], 1), "and in later visits"
        server.changing = {path: changing(int(path[6]), -900) for path in paths}
        assert kinds(collect(home)) == errors, "a cut in another place starts over"


def test_a_text_that_is_shorter_in_its_midst_is_an_edit_at_once(server: Server, home: Path) -> None:
    shorter = PAGE.replace("pilot 7 said", "pilot 7 wrote").replace("pilot 59 said", "he said")
    server.answers["/news/4.html"] = response(shorter.encode())
    run = collect(home)
    assert (run["changed"], run["errors"]) == (1, [])
