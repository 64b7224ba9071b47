"""A lost HOME comes back from its archive alone."""

from __future__ import annotations

import datetime as dt
import errno
import json
import multiprocessing
import os
import re
import shutil
import signal
import subprocess
import threading
from collections.abc import Iterator, Sequence
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from data.archive.journal.journal import FILE_URIS, JOURNAL_URI, Journal
from data.archive.journal.scan import read_archive
from data.archive.log.tree_log import log_of
from data.archive.warc.archive_record import ArchiveRecord
from data.archive.warc.reader import path_of
from data.clock import utc_now
from data.models import ReleaseTimes
from data.store.sqlite.store import SqliteStore
from scheduler.demo.server import ServedRooms, rooms_served, write_sources
from scheduler.home.home import Home, home_at
from scheduler.mirror.rebuild.rebuild import NotRebuilt, rebuild
from scheduler.mirror.removal import prune
from tests.command import COMMUNIQUE, SETTINGS, collect, communique, make_home
from tests.drafts import draft
from tests.examples import thorough
from tests.press_room import Room, listing_html, release_html, served

SMALL = SETTINGS + "\n[site]\nentries = 4\ntitle = 'Harbours'\n"
"""Feeds so short that archive pages are cut of a few releases."""

TOPICS = '[[topic]]\nslug = "harbours"\nlabel = "Harbours"\nrules = {en = ["harbour*"]}\n'

LINES = [
    {
        "url": f"http://wire.example/{number}",
        "title": f"Line {number}",
        "body_text": f"Text {number}.",
        "published": f"2026-03-{number:02}",
    }
    for number in range(1, 15)
]


WITH_EVENTS = "merrow lunnogorsk wolkenried"
"""Rooms of the demo with an edit, a move, a removal and a copy."""

OTHERS = "guneshqala qamaristan saintebrume"


@pytest.fixture(scope="module")
def rooms() -> Iterator[ServedRooms]:
    """The press rooms of the demo."""
    with rooms_served() as served:
        yield served


def done(*arguments: str, home: Path, codes: tuple[int, ...] = (0,)) -> str:
    """What a command printed that ended well."""
    result = communique(*arguments, home=home)
    assert result.returncode in codes, result.stderr
    return result.stdout


def files_of(folder: Path) -> dict[str, bytes]:
    """All files of a published site, by name."""
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def differing(one: Path, other: Path) -> list[str]:
    """The names of files that two sites have differently, but for those of the log."""
    left, right = files_of(one), files_of(other)
    names = {name for name in left.keys() | right.keys() if left.get(name) != right.get(name)}
    return sorted(name for name in names if not name.startswith("log/"))


def rebuilt(home: Path, target: Path, *arguments: str, codes: tuple[int, ...] = (0,)) -> Any:
    """What `mirror rebuild` says of a HOME of which nothing is left but its archive."""
    lost = target.with_name(f"{target.name}-lost")
    lost.mkdir()
    (home / "archive").rename(lost / "archive")
    told = done(
        "mirror", "rebuild", "--to", str(target), "--json", *arguments, home=lost, codes=codes
    )
    (lost / "archive").rename(home / "archive")
    return json.loads(told)


@pytest.mark.thorough
@pytest.mark.parametrize("names", ["merrow lunnogorsk", *thorough(WITH_EVENTS, OTHERS)])
def test_the_life_of_several_rooms_is_rebuilt_byte_for_byte(
    rooms: ServedRooms, tmp_path: Path, names: str
) -> None:
    bases = {name: rooms.bases[name] for name in names.split()}
    home, target = tmp_path / "home", tmp_path / "again"
    home.mkdir()
    (home / "communique.toml").write_text(SMALL)
    write_sources(home / "sources", bases)
    lines = tmp_path / "lines.jsonl"
    lines.write_text("\n".join(map(json.dumps, LINES)))
    for day in (1, 2, 3):
        rooms.show(day)
        done("collect", home=home, codes=(0, 1))
        done("publish", home=home)
        if day == 2:
            done("import", str(lines), "--source", "wire", home=home)
            wrong, right = (f"http://wire.example/{number}" for number in (3, 14))
            done("publish", home=home)
            done("releases", "hide", wrong, right, "--why", "no release", home=home)
            done("publish", home=home)
            done("releases", "unhide", right, home=home)
    (home / "topics.toml").write_text(TOPICS)
    done("publish", home=home)
    told = rebuilt(home, target, "--key", str(home / "log.key"))
    assert told["damaged"] == told["missing"] == told["releases_lost"] == []
    assert (told["sources"], told["aside"]) == (len(bases) + 1, 0)
    assert differing(home / "site", target / "site") == []
    # With the key, the log is the same as well.
    assert files_of(home / "site" / "log") == files_of(target / "site" / "log")
    assert "checkpoint" in files_of(home / "site" / "log")
    assert any("/page/" in name for name in files_of(home / "site"))
    assert files_of(target / "sources") == files_of(home / "sources")
    assert (target / "communique.toml").read_text() == SMALL
    assert (target / "topics.toml").read_text() == TOPICS
    # It goes on where the lost one ended: nothing is new, and nothing is told twice.
    runs = json.loads(done("collect", "--json", home=target, codes=(0, 1)))["runs"]
    assert len(runs) == len(bases)
    assert sum(run["new"] + run["changed"] + run["retracted"] for run in runs) == 0
    assert not [error for run in runs for error in run["errors"] if error["kind"] == "crawl"]


@pytest.fixture
def room() -> Iterator[Room]:
    """A press room of twelve releases."""
    with served() as room:
        room.page("/news/", listing_html([*range(12, 0, -1)]))
        for number in range(1, 13):
            room.page(f"/news/{number}.html", release_html(number, day=f"{number} March 2026"))
        yield room


def test_a_rebuilt_site_is_published_once_the_secrets_of_its_sources_are_known(
    tmp_path: Path,
) -> None:
    home, target = tmp_path / "home", tmp_path / "again"
    with served() as room:
        asked = f"{room.base}/news/?token=TOPSECRET1"
        room.page("/news/?token=TOPSECRET1", listing_html([1, 2]))
        for number in (1, 2):
            text = f"<p>Harbour {number} bears the mark TOPSECRET1 until the spring of 2027.</p>"
            room.page(f"/news/{number}.html", release_html(number, text=text))
        make_home(home, asked)
        collect(home)
    told = rebuilt(home, target, codes=(1,))
    assert len(told["secrets_cut"]) == len(told["unpublished"]) == 1
    assert not [name for name in files_of(target / "site") if not name.startswith(("log/", "."))]
    refused = communique("publish", home=target)
    assert refused.returncode == 1
    assert "write the secret" in refused.stderr
    (file,) = (target / "sources").iterdir()
    file.write_text(file.read_text().replace("***", "TOPSECRET1"))
    done("publish", "--all", home=target)
    site = files_of(target / "site")
    assert any(b"bears the mark ***" in content for content in site.values())
    assert [name for name, content in site.items() if b"TOPSECRET1" in content] == []
    assert "TOPSECRET1" not in done("export", home=target)


def test_a_rebuilt_site_is_not_published_without_the_user_of_a_source(
    room: Room, tmp_path: Path
) -> None:
    home, target = tmp_path / "home", tmp_path / "again"
    make_home(home, f"{room.base.replace('://', '://clerk:TOPSECRET1@')}/news/")
    collect(home)
    told = rebuilt(home, target, codes=(1,))
    assert len(told["secrets_cut"]) == len(told["unpublished"]) == 1
    assert not [name for name in files_of(target / "site") if not name.startswith(("log/", "."))]


def test_unreadable_records_are_listed_without_secrets(tmp_path: Path) -> None:
    home = tmp_path / "home"
    with served() as room:
        path = "/news/{}.html?token=TOPSECRET1"
        room.page("/news/?token=TOPSECRET1", listing_html([1], path=path))
        room.page(path.format(1), release_html(1))
        make_home(home, f"{room.base}/news/?token=TOPSECRET1")
        collect(home)
        shown = f"{room.base}{path.format(1)}".replace("TOPSECRET1", "***")
    flip(home, records_of(home, shown)[0])
    told = rebuilt(home, tmp_path / "again", codes=(1,))
    assert shown in {one["url"] for one in told["unreadable"]}
    assert "TOPSECRET1" not in json.dumps(told)


@pytest.mark.thorough
def test_delays_of_publication_are_rebuilt(room: Room, tmp_path: Path) -> None:
    home, target = make_home(tmp_path / "home", f"{room.base}/news/"), tmp_path / "again"
    collect(home)
    day = utc_now().strftime("%B %Y")
    for last in (18, 24):
        for number in range(last - 5, last + 1):
            room.page(f"/news/{number}.html", release_html(number, day=f"1 {day}"))
        listing = listing_html([*range(last, 0, -1)])
        room.page("/news/", re.sub(r"\d+ March 2026", f"1 {day}", listing))
        assert collect(home)["new"] == 6
        done("publish", home=home)
    (page,) = (home / "site" / "sources").glob("*/index.html")
    assert "releases are in the feeds" in page.read_text()
    rebuilt(home, target)
    assert differing(home / "site", target / "site") == []
    before, after = (times_of(one) for one in (home, target))
    assert len(before) == 12
    assert before == after


def times_of(home: Path) -> Sequence[ReleaseTimes]:
    """When the releases of a HOME came that were news."""
    with closing(SqliteStore(home / "communique.db")) as store:
        return store.release_times("harbour", limit=99)


def test_a_killed_visit_is_rebuilt_as_far_as_it_got(room: Room, tmp_path: Path) -> None:
    home, target = make_home(tmp_path / "home", f"{room.base}/news/"), tmp_path / "again"
    hold = threading.Event()
    room.answers["/news/7.html"].hold = hold
    visit = subprocess.Popen([*COMMUNIQUE, "collect", "--home", str(home)])  # noqa: S603 - our own program
    room.wait_for("/news/7.html")
    children = Path(f"/proc/{visit.pid}/task/{visit.pid}/children").read_text().split()
    assert children
    for pid in (visit.pid, *map(int, children)):
        os.kill(pid, signal.SIGKILL)
    visit.wait()
    hold.set()
    done("publish", home=home)
    told = rebuilt(home, target)
    assert told["damaged"] == told["missing"] == told["releases_lost"] == []
    assert differing(home / "site", target / "site") == []
    # The next visit brings the rest, and that is rebuilt as well.
    assert collect(home)["errors"] == []
    done("publish", home=home)
    assert rebuilt(home, tmp_path / "third")["releases"] == 12
    assert differing(home / "site", tmp_path / "third" / "site") == []


def killed_before_it_commits(home: Home, at: dt.datetime) -> None:
    """Record a release in a process that is killed when its record is in the archive."""

    class Dying(SqliteStore):
        def keep_journal_end(self, record_id: str) -> None:
            del record_id
            os.kill(os.getpid(), signal.SIGKILL)

    def record() -> None:
        store = Dying(home.path / "communique.db")
        store.journal = Journal(home.open_archive)
        store.record(draft("http://wire.example/9", source="wire"), seen=at, since=at)

    process = multiprocessing.get_context("fork").Process(target=record)
    process.start()
    process.join()
    assert process.exitcode == -signal.SIGKILL


def test_records_without_a_commit_are_not_rebuilt(
    room: Room, tmp_path: Path, noon: dt.datetime
) -> None:
    home, target = make_home(tmp_path / "home", f"{room.base}/news/"), tmp_path / "again"
    collect(home)
    killed_before_it_commits(home_at(home), noon)
    done("publish", home=home)
    told = rebuilt(home, target)
    assert (told["releases"], told["aside"]) == (12, 1)
    assert differing(home / "site", target / "site") == []
    # Without the key, another signs the same tree.
    log, other = files_of(home / "site" / "log"), files_of(target / "site" / "log")
    unsigned = {name: content for name, content in log.items() if name.startswith("tile/")}
    assert unsigned == {name: one for name, one in other.items() if name.startswith("tile/")}
    assert log["checkpoint"] != other["checkpoint"]


def flip(home: Path, record: ArchiveRecord) -> None:
    """Change a bit in the middle of a record."""
    path = home / "archive" / record.file
    path = path if path.exists() else path.with_name(f"{path.name}.open")
    content = bytearray(path.read_bytes())
    content[record.offset + record.length // 2] ^= 0x10
    path.write_bytes(content)


def records_of(home: Path, uri: str) -> list[ArchiveRecord]:
    """The records of an address, but for requests, in the order of the log."""
    found = [
        (leaf, record)
        for record, leaf in read_archive(home / "archive", lambda *_: None)
        if isinstance(record, ArchiveRecord) and record.uri == uri and leaf is not None
    ]
    return [record for _, record in sorted(found, key=lambda one: one[0])]


def exported(home: Path) -> list[dict[str, Any]]:
    """All releases, by address, but for what only tells when and where they were seen."""
    lines = map(json.loads, done("export", home=home).splitlines())
    return sorted(
        ({name: value for name, value in one.items() if name != "last_seen"} for one in lines),
        key=lambda one: str(one["url"]),
    )


def test_releases_of_a_damaged_journal_record_are_restored_from_captures(
    room: Room, tmp_path: Path
) -> None:
    home, target = make_home(tmp_path / "home", f"{room.base}/news/"), tmp_path / "again"
    # One is led to from the address that the listing names.
    moved = room.answers.pop("/news/4.html")
    room.page("/news/4.html", "", status=301, headers={"Location": "/press/4.html"})
    room.answers["/press/4.html"] = moved
    collect(home)
    done("publish", home=home)
    before = exported(home)
    new = [one for one in records_of(home, JOURNAL_URI) if b'"new"' in one.block]
    lost = new[0].block.count(b'"new"')
    assert len(before) == 12 >= lost > 1
    flip(home, new[0])
    told = rebuilt(home, target, codes=(1,))
    assert [(one["file"], one["offset"]) for one in told["damaged"]] == [
        (path_of(home / "archive", new[0].file).name, new[0].offset)
    ]
    assert (len(told["missing"]), told["leaves_lost"]) == (1, 1)
    assert (told["releases"], len(told["unread"])) == (12 - lost, lost)
    assert f"{room.base}/news/4.html" in told["unread"]
    shutil.copytree(target, tmp_path / "visited")
    assert collect(tmp_path / "visited")["new"] == lost
    assert [one["id"] for one in exported(tmp_path / "visited")] == [one["id"] for one in before]
    room.shutdown()
    planned = json.loads(done("mirror", "reextract", "--dry-run", "--json", home=target))
    assert [one["url"] for one in exported(target)] == [
        one["url"] for one in before if one["url"] not in {new["url"] for new in planned["new"]}
    ]
    told = json.loads(done("mirror", "reextract", "--json", home=target))
    assert (told["new"], told["releases"]) == (planned["new"], [])
    assert len(told["new"]) == lost
    assert exported(target) == before
    assert json.loads(done("mirror", "reextract", "--json", home=target))["new"] == []
    # It is in the journal from now on.
    done("publish", home=target)
    told = rebuilt(target, tmp_path / "third", codes=(1,))
    assert (told["releases"], told["unread"]) == (12, [])


def provenance(home: Path, url: str, *arguments: str) -> Any:
    """What `show --provenance` says of the release at an address."""
    return json.loads(done("show", url, "--provenance", "--json", *arguments, home=home))


def test_last_captures_are_rebuilt_and_damaged_ones_listed(room: Room, tmp_path: Path) -> None:
    home = make_home(tmp_path / "home", f"{room.base}/news/")
    urls = [f"{room.base}/news/{number}.html" for number in range(1, 5)]
    collect(home)
    # Some are the same, by 304 or by all of their bytes; one is edited.
    for number in (1, 2):
        room.answers[f"/news/{number}.html"].etag = False
    room.page("/news/3.html", release_html(3, day="3 March 2026", text="The pier is open again."))
    for _ in range(2):
        collect(home)
    done("publish", home=home)
    before = [provenance(home, url) for url in urls]
    assert len({one["last_seen"]["record_id"] for one in before}) == 4
    assert rebuilt(home, tmp_path / "again")["unreadable"] == []
    assert [provenance(tmp_path / "again", url) for url in urls] == before
    first, _, last = records_of(home, urls[0])
    flip(home, first)
    flip(home, records_of(home, urls[1])[-1])
    told = rebuilt(home, tmp_path / "third", codes=(1,))
    assert (told["releases"], told["missing"], told["leaves_lost"]) == (12, [], 2)
    named = [(one["url"], one["shows"], one["offset"]) for one in told["unreadable"]]
    assert named == [(urls[0], "version 1", first.offset), (urls[1], "last seen", 0)]
    assert told["unreadable"][0]["release"] == before[0]["id"]
    shown = provenance(tmp_path / "third", urls[0])
    assert shown["last_seen"]["record_id"] == last.record_id
    assert [*shown["unreadable"]] == [first.record_id]
    assert provenance(tmp_path / "third", urls[2])["unreadable"] == {}


@pytest.mark.thorough
def test_a_removed_last_capture_is_missing_after_a_rebuild(room: Room, tmp_path: Path) -> None:
    home = make_home(tmp_path / "home", f"{room.base}/news/")
    for _ in range(2):
        collect(home)
    done("publish", home=home)
    url = f"{room.base}/news/1.html"
    prune(home_at(home), -1, None, dry_run=False, on_progress=lambda *_: None)
    before = provenance(home, url)
    assert [before[one]["file"] for one in ("capture", "last_seen")] == ["", ""]
    assert before["capture"]["leaf"] < before["last_seen"]["leaf"]
    told = rebuilt(home, tmp_path / "again")
    assert (told["unreadable"], told["leaves_lost"]) == ([], 0)
    assert provenance(tmp_path / "again", url) == before


def test_nothing_is_rebuilt_with_the_key_of_another_log(room: Room, tmp_path: Path) -> None:
    home, target = make_home(tmp_path / "home", f"{room.base}/news/"), tmp_path / "again"
    collect(home)
    (tmp_path / "no.key").write_bytes(b"PK\x03\x04")
    other = log_of(tmp_path / "other")
    other.key()
    for key, cause in (
        (tmp_path / "no.key", "contains no signing key"),
        (tmp_path / "other" / "log.key", "not the key that signs the log"),
    ):
        result = communique("mirror", "rebuild", "--to", str(target), "--key", str(key), home=home)
        assert (result.returncode, cause in result.stderr) == (1, True), result.stderr
        assert not target.exists()


def test_a_file_without_an_event_is_restored_from_its_last_record_or_reported(
    room: Room, tmp_path: Path
) -> None:
    home = make_home(tmp_path / "home", f"{room.base}/news/")
    collect(home)
    for record in records_of(home, JOURNAL_URI):
        if b'"verb":"file"' in record.block:
            flip(home, record)
    told = rebuilt(home, tmp_path / "again", codes=(1,))
    assert told["files_lost"] == []
    assert files_of(tmp_path / "again" / "sources") == files_of(home / "sources")
    assert (tmp_path / "again" / "communique.toml").read_text() == SETTINGS
    (record,) = records_of(home, f"{FILE_URIS}sources/harbour.toml")
    flip(home, record)
    third = tmp_path / "third"
    assert rebuilt(home, third, codes=(1,))["files_lost"] == ["sources/harbour.toml"]
    result = communique("mirror", "reextract", home=third)
    assert "12 releases with no usable source file (harbour)" in result.stdout


def test_a_killed_or_failed_rebuild_leaves_no_files(room: Room, tmp_path: Path) -> None:
    home, target = make_home(tmp_path / "home", f"{room.base}/news/"), tmp_path / "again"
    collect(home)

    def stopped(what: str, _done: int, _of: int) -> None:
        if what == "journal":
            os.kill(os.getpid(), signal.SIGKILL)

    def full(what: str, _done: int, _of: int) -> None:
        if what == "journal":
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), "communique.db")

    fork = multiprocessing.get_context("fork")
    process = fork.Process(target=partial(rebuild, home / "archive", target, on_progress=stopped))
    process.start()
    process.join()
    assert process.exitcode == -signal.SIGKILL
    assert not target.exists()
    with pytest.raises(NotRebuilt, match="No space left on device"):
        rebuild(home / "archive", target, on_progress=full)
    # An empty folder gives its place to the HOME.
    target.mkdir()
    assert rebuild(home / "archive", target).home == str(target)
    assert sorted(one.name for one in tmp_path.iterdir()) == ["again", "home"]


def test_a_folder_with_files_is_not_changed(room: Room, tmp_path: Path) -> None:
    home = make_home(tmp_path / "home", f"{room.base}/news/")
    collect(home)
    before = files_of(home)
    result = communique("mirror", "rebuild", "--to", str(home), home=home)
    assert (result.returncode, "is not empty" in result.stderr) == (2, True)
    assert files_of(home) == before


def test_a_rebuild_needs_a_journal(tmp_path: Path) -> None:
    (tmp_path / "home" / "archive").mkdir(parents=True)
    result = communique(
        "mirror", "rebuild", "--to", str(tmp_path / "again"), home=tmp_path / "home"
    )
    assert (result.returncode, "has no journal" in result.stderr) == (1, True)
    assert not (tmp_path / "again").exists()


def test_a_home_older_than_its_archive_is_rebuilt_too(room: Room, tmp_path: Path) -> None:
    home = make_home(tmp_path / "home", f"{room.base}/news/")
    settings = home / "communique.toml"
    text = settings.read_text()
    off = text + "\n[archive]\nenabled = false\n"
    settings.write_text(off)
    room.answers["/news/3.html"].status = 404
    collect(home)
    done("publish", home=home)
    assert not (home / "archive").exists()
    # On, off and on again: each time something comes that only the store knows, or the archive.
    for number, state in ((3, text), (13, off), (14, text)):
        settings.write_text(state)
        room.page(f"/news/{number}.html", release_html(number, day=f"{number} March 2026"))
        room.page("/news/", listing_html([*range(max(12, number), 0, -1)]))
        assert collect(home)["new"] == 1
    done("publish", "--all", home=home)
    told = rebuilt(home, tmp_path / "again")
    assert told["damaged"] == told["missing"] == told["refused"] == []
    assert told["releases"] == 14
    assert differing(home / "site", tmp_path / "again" / "site") == []
    assert files_of(tmp_path / "again" / "sources") == files_of(home / "sources")
