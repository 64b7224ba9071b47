"""What sites ask of robots: to wait, to keep out, to go slowly."""

from __future__ import annotations

import datetime as dt
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from data.store.sqlite.store import SqliteStore
from tests.command import collect, communique, make_home
from tests.examples import thorough
from tests.press_room import Answer, Room, listing_html, release_html, served

MANY = [*range(1, 11)]


@pytest.fixture
def room() -> Iterator[Room]:
    """A press room with ten releases."""
    with served() as room:
        room.page("/news/", listing_html(MANY))
        for number in MANY:
            room.page(f"/news/{number}.html", release_html(number))
        yield room


@pytest.fixture
def home(tmp_path: Path, room: Room) -> Path:
    """A HOME with the room as its one source."""
    return make_home(tmp_path / "home", f"{room.base}/news/")


def busy(status: int = 429, after: str | None = "120") -> Answer:
    """An answer that asks to wait."""
    return Answer(b"later", status, headers={"Retry-After": after} if after else {}, etag=False)


def told(run: dict[str, Any]) -> list[tuple[str, str]]:
    """Kind and address of what a run tells."""
    return [(error["kind"], error["url"]) for error in run["errors"]]


@pytest.mark.thorough
@pytest.mark.parametrize("status", [503, *thorough(429)])
def test_a_host_with_retry_after_is_skipped_by_this_visit_and_the_next_processes(
    room: Room, home: Path, status: int
) -> None:
    room.answers["/news/"] = busy(status)
    for _ in range(2):
        run = collect(home)
        assert told(run) == [(f"wait:{status}", f"{room.base}/news/")]
        assert f"responded with {status} and asked to wait until 20" in run["errors"][0]["message"]
    assert [path for path, _ in room.log] == ["/robots.txt", "/news/"]


def test_of_releases_that_answer_429_one_is_requested_and_earlier_ones_are_kept(
    room: Room, home: Path
) -> None:
    for number in MANY[3:]:
        room.answers[f"/news/{number}.html"] = busy(after=None)
    run = collect(home)
    assert run["new"] < 10
    assert told(run) == [("wait:429", f"{room.base}/news/")]
    # The host set no time, which later visits report too.
    for one in (run, collect(home)):
        message = one["errors"][0]["message"]
        assert "responded with 429 without Retry-After; Communique waits until 20" in message
    shown = communique("sources", "show", "harbour", home=home).stdout
    assert "because its host responded with 429 without Retry-After" in shown
    assert [status for _, status in room.log].count(429) == 1


@pytest.mark.thorough
def test_a_host_is_requested_again_after_its_delay(room: Room, home: Path) -> None:
    room.answers["/news/"] = busy()
    collect(home)
    room.page("/news/", listing_html(MANY))
    store = SqliteStore(home / "communique.db")
    host = room.base.removeprefix("http://")
    wait = store.wait(host)
    assert wait is not None
    store.keep_wait(host, type(wait)(wait.until - dt.timedelta(seconds=130), wait.status))
    store.close()
    assert collect(home)["new"] == 10


@pytest.mark.thorough
def test_collect_reports_how_many_pages_it_did_not_visit_and_until_when(
    room: Room, home: Path
) -> None:
    assert collect(home)["new"] == 10
    for path in room.answers:
        room.answers[path] = busy(503, "600")
    assert collect(home)["errors"][0]["message"].endswith("11 pages not visited")
    result = communique("collect", home=home)
    assert result.returncode == 1
    assert "asked to wait until 20" in result.stderr
    assert "11 pages not visited" in result.stderr


@pytest.mark.parametrize("status", [503, *thorough(500)])
def test_a_failing_robots_txt_forbids_everything_and_is_reported_once(
    room: Room, home: Path, status: int
) -> None:
    room.answers["/robots.txt"] = Answer(b"oops", status, etag=False)
    run = collect(home)
    assert told(run) == [(f"http:{status}", f"{room.base}/news/")]
    assert "/robots.txt can't be read" in run["errors"][0]["message"]
    assert str(status) in run["errors"][0]["message"]
    assert {path for path, _ in room.log} == {"/robots.txt"}
    assert "failing" in communique("health", home=home).stdout


@pytest.mark.thorough
def test_a_robots_txt_that_was_read_the_day_before_holds_while_it_fails(
    room: Room, home: Path
) -> None:
    room.page("/robots.txt", "User-agent: *\nDisallow: /news/7.html\n", content_type="text/plain")
    assert collect(home)["new"] == 9
    room.answers["/robots.txt"] = Answer(b"oops", 500, etag=False)
    run = collect(home)
    assert (run["unchanged"], told(run)) == (9, [("robots", f"{room.base}/news/7.html")])


@pytest.mark.thorough
@pytest.mark.parametrize("status", [403, 404, *thorough(400, 401, 410, 451)])
def test_a_robots_txt_that_is_not_there_allows_everything(
    room: Room, home: Path, status: int
) -> None:
    room.answers["/robots.txt"] = Answer(b"User-agent: *\nDisallow: /\n", status, etag=False)
    assert collect(home)["new"] == 10


def test_of_an_endless_robots_txt_the_first_500_kib_are_obeyed(room: Room, home: Path) -> None:
    rules = b"User-agent: *\nDisallow: /news/7.html\n" + b"#" * 515_000 + b"\nDisallow: /\n"
    room.answers["/robots.txt"] = Answer(rules + b"# and on and on\n" * 100_000, etag=False)
    run = collect(home)
    assert (run["new"], told(run)) == (9, [("robots", f"{room.base}/news/7.html")])


def test_a_robots_txt_is_followed_over_five_redirects_and_no_more(room: Room, home: Path) -> None:
    for number in range(6):
        path = f"/r{number}" if number else "/robots.txt"
        room.answers[path] = Answer(b"", 302, headers={"Location": f"/r{number + 1}"}, etag=False)
    room.page("/r5", "User-agent: *\nDisallow: /\n", content_type="text/plain")
    run = collect(home)
    assert (run["new"], told(run)) == (0, [("robots", f"{room.base}/news/")])
    room.answers["/r5"] = Answer(b"", 302, headers={"Location": "/r6"}, etag=False)
    room.page("/r6", "User-agent: *\nDisallow: /\n", content_type="text/plain")
    assert collect(home)["new"] == 10


def test_extract_and_add_make_no_request_if_robots_txt_fails(room: Room, home: Path) -> None:
    room.answers["/robots.txt"] = Answer(b"oops", 500, etag=False)
    for command in (("extract", f"{room.base}/news/1.html"), ("add", f"{room.base}/news/")):
        result = communique(*command, home=home)
        assert result.returncode != 0
        assert "robots.txt can't be read" in result.stdout + result.stderr
    assert {path for path, _ in room.log} == {"/robots.txt"}


@pytest.mark.thorough
def test_our_machine_is_requested_without_a_delay(room: Room, home: Path) -> None:
    # Kept to but once, it would outlast this test.
    text = "[network]\nallow_private = true\ndelay = 3600\n"
    (home / "communique.toml").write_text(text)
    assert collect(home)["new"] == len(MANY)
    assert [path for path, _ in room.log][:2] == ["/robots.txt", "/news/"]


def test_a_crawl_delay_is_kept_to(room: Room, home: Path) -> None:
    room.page("/robots.txt", "User-agent: *\nCrawl-delay: 1\n", content_type="text/plain")
    room.page("/news/", listing_html([1, 2, 3]))
    run = collect(home)
    assert run["new"] == 3
    # The robots.txt, the listing and three releases: no less than three delays lie between.
    assert run["seconds"] >= 3


@pytest.mark.thorough
def test_a_crawl_delay_begins_with_the_end_of_an_answer(room: Room, home: Path) -> None:
    room.page("/robots.txt", "User-agent: *\nCrawl-delay: 1\n", content_type="text/plain")
    room.page("/news/", listing_html([1, 2]))
    for answer in room.answers.values():
        answer.hold, answer.longest = threading.Event(), 1.0
    run = collect(home)
    assert run["new"] == 2
    # Four answers of a second each, and a second between them.
    assert run["seconds"] >= 4 + 3


def test_no_secret_of_a_source_address_is_shown_published_or_logged(
    tmp_path: Path, room: Room
) -> None:
    secret = room.base.replace("http://", "http://robot:s3cretpw@")
    home = make_home(tmp_path / "secret", f"{secret}/news/?token=TOPSECRET1")
    room.page("/news/?token=TOPSECRET1", listing_html([1, 2, 99]))
    shown = communique("collect", "--json", home=home)
    assert '"new": 2' in shown.stdout
    room.answers["/news/?token=TOPSECRET1"] = Answer(b"oops", 500, etag=False)
    told = [shown.stdout, shown.stderr]
    for command in (("collect",), ("health",), ("sources",), ("publish",), ("export",)):
        result = communique(*command, home=home)
        told += [result.stdout, result.stderr]
    told += [
        path.read_bytes().decode("latin-1") for path in home.rglob("site/**/*.*") if path.is_file()
    ]
    told.append((home / "crawl.log").read_text())
    for text in told:
        assert "s3cretpw" not in text
        assert "TOPSECRET1" not in text
    assert "token=***" in "".join(told)
