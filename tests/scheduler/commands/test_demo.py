"""`communique demo`: collect, publish and serve the bundled press rooms."""

from __future__ import annotations

import json
import re
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, NamedTuple
from urllib.parse import urljoin

import feedparser
import httpx
import pytest

from data.archive.warc.reader import read_record
from data.models import Facet
from data.store.sqlite.store import SqliteStore
from scheduler.commands.demo import SETTINGS_TEXT
from scheduler.demo.rooms import load_events, load_releases
from scheduler.home.home import open_home
from tests.command import communique
from tests.examples import thorough
from tests.peer import PATIENCE
from tests.scheduler.demo.expected import expected
from tests.services import ForkedCommand, forked_command, started
from tests.site_walk import pages_of, walked

DAYS = (1, 2, 3)


THREE_ROOMS = ("lunnogorsk", "merrow", "wolkenried")
"""They have all kinds of events: new, changed, moved, retracted and copied releases."""


def some_rooms(*rooms: str) -> str:
    """Code that has the demo visit some press rooms, or all of them."""
    return (
        "from scheduler.commands import demo\nchoose = demo.choose\n"
        f"demo.choose = lambda found, _: choose(found, {rooms!r})\n"
    )


ONE_ROOM = some_rooms("merrow")

COUNTS = re.compile(
    r"(?P<releases>\d+) releases of (?P<sources>\d+) institutions \((?P<changed>\d+) changed,"
    r" (?P<retracted>\d+) retracted, (?P<stories>\d+) stor(?:y|ies)\) in (?P<feeds>\d+) feeds:"
    r" (?P<site>.+)"
)


class Shown(NamedTuple):
    """What a complete demo printed, and what its web server responded."""

    lines: list[str]
    feed: dict[str, Any]
    base: str
    style: httpx.Response
    edits: list[httpx.Response]
    original: httpx.Response


@pytest.fixture(scope="module", params=[THREE_ROOMS, *thorough(((),))], ids=["three", "all"])
def rooms(request: pytest.FixtureRequest) -> tuple[str, ...]:
    """The press rooms that the demo visits; all of them if empty."""
    visited: tuple[str, ...] = request.param
    return visited


@pytest.fixture(scope="module")
def home(rooms: tuple[str, ...], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder for the demo."""
    return tmp_path_factory.mktemp("demo") / str(len(rooms))


@pytest.fixture(scope="module")
def shown(home: Path, rooms: tuple[str, ...]) -> Shown:
    """A demo that was stopped when it served its site."""
    with started("demo", home, first=some_rooms(*rooms)) as (demo, log):
        *lines, address = told(log, "Open ")
        base = address.split()[1]
        with httpx.Client(timeout=PATIENCE, follow_redirects=True) as web:
            feed = web.get(f"{base}feeds/changes.json").json()
            sheet = re.search(
                r'stylesheet[^>]*href="([^"]+)"', web.get(f"{base}feeds/all.atom").text
            )
            assert sheet is not None
            style = web.get(urljoin(f"{base}feeds/", sheet[1]))
            edits = [web.get(item["url"]) for item in feed["items"]]
            release = web.get(f"{base}feeds/source/merrow.json").json()["items"][0]["url"]
            original = web.get(release)
        demo.send_signal(signal.SIGINT)
        demo.wait(PATIENCE)
    return Shown(lines, feed, base, style, edits, original)


@pytest.fixture(scope="module")
def counts(shown: Shown) -> dict[str, int | str]:
    """The counts that the demo printed; those of visits are added up."""
    found = next(filter(None, map(COUNTS.match, shown.lines)))
    counted: dict[str, int | str] = {
        name: value if name == "site" else int(value) for name, value in found.groupdict().items()
    }
    visits = [line for line in shown.lines if " found, " in line]
    return counted | {"new": sum(int(line.split(" new")[0].split()[-1]) for line in visits)}


def told(log: IO[str], beginning: str) -> list[str]:
    """Wait for the line of a demo that starts like this; returns all lines up to it."""
    lines: list[str] = []
    for line in log:
        lines.append(line)
        if line.startswith(beginning):
            break
    return lines


def test_every_new_changed_retracted_and_copied_release_is_counted_once(
    counts: dict[str, int | str], home: Path, rooms: tuple[str, ...]
) -> None:
    days = [expected(day, rooms) for day in DAYS]
    last = days[-1]
    assert counts == {
        "sources": last["sources"],
        "releases": last["releases"],
        "new": sum(day["new"] for day in days),
        "changed": sum(day["changed"] for day in days),
        "retracted": sum(day["retracted"] for day in days),
        "stories": last["stories"],
        "feeds": counts["feeds"],
        "site": str(home / "site"),
    }
    assert all(counts.values())


def test_responses_are_archived_and_every_release_refers_to_its_own(
    counts: dict[str, int | str], home: Path
) -> None:
    lines = communique("export", "--json", home=home).stdout.splitlines()
    assert len(lines) == counts["releases"]
    for line in lines:
        capture = json.loads(line)["provenance"]["capture"]
        record = read_record(home / "archive", capture["file"], capture["offset"])
        assert record.record_id == capture["record_id"]
        assert record.field("WARC-Payload-Digest") == capture["digest"]
    site = sum(path.stat().st_size for path in (home / "site").rglob("*") if path.is_file())
    assert site < 8 * (home / "communique.db").stat().st_size


def test_parsed_feeds_match_the_store(counts: dict[str, int | str], home: Path) -> None:
    store = SqliteStore(home / "communique.db")
    for source in store.sources():
        releases = list(store.releases(Facet(source=source)))
        for kind in ("atom", "rss"):
            read = feedparser.parse((home / f"site/feeds/source/{source}.{kind}").read_bytes())
            assert not read.bozo
            assert [entry.id for entry in read.entries] == [
                f"urn:uuid:{release.id}" for release in releases
            ]
    store.close()
    files = [
        file for kind in ("atom", "rss", "json") for file in home.glob(f"site/feeds/**/*.{kind}")
    ]
    assert len(files) == counts["feeds"]


@pytest.mark.thorough
def test_the_same_store_yields_the_same_bytes(counts: dict[str, int | str], home: Path) -> None:
    result = communique("publish", "--all", "--json", home=home)
    assert json.loads(result.stdout)["written"] == 0
    assert json.loads(result.stdout)["unchanged"] == counts["feeds"]


def test_the_demo_refuses_the_users_own_home(tmp_path: Path) -> None:
    (tmp_path / "communique.toml").write_text("[site]\ntitle = 'Mine'\n")
    result = communique("demo", "--once", home=tmp_path)
    assert result.returncode == 2
    assert "give the demo an empty folder" in result.stderr


def test_a_folder_has_one_demo_at_a_time(tmp_path: Path) -> None:
    (tmp_path / "communique.toml").write_text(SETTINGS_TEXT)
    with open_home(tmp_path).lock("run", "communique demo"):
        result = communique("demo", "--once", home=tmp_path)
    assert result.returncode == 1
    assert "is in use by communique demo" in result.stderr
    assert not (tmp_path / "sources").exists()


def test_errors_are_reported_in_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "communique.toml").write_text(SETTINGS_TEXT)
    with (
        open_home(tmp_path).lock("source-merrow", "a visit to this source"),
        started("demo", tmp_path, first=ONE_ROOM, options=["--once", "--json"]) as (demo, log),
    ):
        *_, error = log
        assert demo.wait(PATIENCE) == 1
    assert error.startswith("communique: merrow: ")
    assert "RunError(" not in error


@pytest.mark.thorough
def test_the_counts_are_printed_as_json(tmp_path: Path) -> None:
    with started("demo", tmp_path, first=ONE_ROOM, options=["--once", "--json"]) as (demo, log):
        counts = json.loads(log.read())
        assert demo.wait(PATIENCE) == 0
    moved = sum(event.kind == "edit" and event.room == "merrow" for event in load_events())
    gone = sum(event.kind == "vanish" and event.room == "merrow" for event in load_events())
    releases = len(load_releases("merrow"))
    assert counts == {
        "sources": 1,
        "releases": releases,
        "new": releases,
        "changed": moved,
        "retracted": gone,
        "stories": 0,
        "feeds": len([*tmp_path.glob("site/feeds/**/*.atom")]) * 3,
        "site": str(tmp_path / "site"),
    }


def test_a_day_is_printed_before_its_visits(shown: Shown) -> None:
    days = [at for at, line in enumerate(shown.lines) if line.startswith("Day ")]
    visits = [at for at, line in enumerate(shown.lines) if " found, " in line]
    assert len(days) == len(DAYS)
    assert days[0] < visits[0] < days[1]


def test_the_served_feeds_contain_the_printed_address(shown: Shown) -> None:
    assert shown.feed["feed_url"] == f"{shown.base}feeds/changes.json"
    assert shown.style.headers["content-type"].startswith("text/css")
    assert shown.edits
    assert {page.status_code for page in shown.edits} == {200}
    assert shown.original.status_code == 200


@contextmanager
def in_a_temporary_folder(folder: Path) -> Iterator[tuple[ForkedCommand, IO[str]]]:
    """Run the demo without --home. Its temporary folders are created in ``folder``.

    COMMUNIQUE_HOME is a missing folder, which the demo must not create.
    """
    own = folder / "own"
    environment = (
        f"import os\nos.environ['TMPDIR'] = {str(folder)!r}\n"
        f"os.environ['COMMUNIQUE_HOME'] = {str(own)!r}\n"
    )
    with forked_command(["demo"], environment + ONE_ROOM) as running:
        yield running
    assert not own.exists()


@pytest.mark.parametrize(
    ("sent", "beginning"),
    [
        (signal.SIGTERM, "Day 1"),
        *thorough((signal.SIGINT, "Open "), (signal.SIGINT, "Day 1"), (signal.SIGTERM, "Open ")),
    ],
)
def test_the_temporary_folder_is_deleted_if_the_demo_is_stopped(
    tmp_path: Path, sent: signal.Signals, beginning: str
) -> None:
    with in_a_temporary_folder(tmp_path) as (demo, log):
        assert told(log, beginning)[-1].startswith(beginning)
        assert list(tmp_path.glob("communique-demo-*"))
        demo.send_signal(sent)
        demo.wait(PATIENCE)
    assert list(tmp_path.glob("communique-demo-*")) == []


def test_a_read_only_folder_is_reported_in_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    result = communique("demo", "--once", home=tmp_path / "file" / "home")
    assert result.returncode == 2
    assert result.stderr.startswith("communique: ")
    assert "Traceback" not in result.stderr


@pytest.mark.usefixtures("counts")
def test_every_page_is_reached_from_the_first_by_links_and_no_link_is_dead(home: Path) -> None:
    reached, dead = walked(home / "site")
    assert dead == set()
    assert pages_of(home / "site") - reached == set()
