"""A lost store with an archive: no command replaces it unasked, and a new store hides the same."""

from __future__ import annotations

import datetime as dt
import json
import shutil
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import msgspec
import pytest

from data.archive.journal.journal import JOURNAL_URI, JSON, JournalRecord
from data.clock import utc_now
from data.identity.matching import DatedContent
from data.sqlite_file import files_of
from data.store.open import open_store
from data.store.unit_of_work import decisions
from feeds.replay.withheld_captures import known_by
from scheduler.home.errors import LostStore
from scheduler.home.home import Home, home_at
from scheduler.mirror.rebuild.new_store import begin_new_store
from tests.command import SETTINGS, collect, communique, make_home
from tests.press_room import Room, listing_html, release_html, served


@pytest.fixture(scope="module")
def shared_room() -> Iterator[Room]:
    """The server of all tests of this module."""
    with served() as opened:
        yield opened


def show(room: Room) -> None:
    """Let the room have three releases."""
    room.reset()
    room.page("/", listing_html([1, 2, 3]))
    for number in (1, 2, 3):
        room.page(f"/news/{number}.html", release_html(number))


@pytest.fixture
def room(shared_room: Room) -> Room:
    show(shared_room)
    return shared_room


@pytest.fixture(scope="module")
def collected(shared_room: Room, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A HOME of three releases, of which the second is hidden, to copy."""
    show(shared_room)
    home = make_home(tmp_path_factory.mktemp("collected") / "home", f"{shared_room.base}/")
    assert collect(home)["new"] == 3
    named = ids(home)[f"{shared_room.base}/news/2.html"]
    assert communique("releases", "hide", named, "--why", "an order", home=home).returncode == 0
    return home


@pytest.fixture
def home(collected: Path, room: Room, tmp_path: Path) -> Path:
    """A HOME of three releases, of which the second is hidden."""
    assert room.answers
    return Path(shutil.copytree(collected, tmp_path / "home"))


def ids(home: Path) -> dict[str, str]:
    """The ids of the releases that readers see, by address."""
    lines = communique("export", home=home).stdout.splitlines()
    return {one["url"]: one["id"] for one in map(json.loads, lines)}


def lose(home: Path) -> None:
    for file in files_of(home / "communique.db"):
        file.unlink(missing_ok=True)


@pytest.mark.parametrize(
    "command",
    [
        ("collect",),
        ("run",),
        ("publish",),
        ("health",),
        ("search", "quay"),
        ("export",),
        ("changes",),
        ("mirror", "status"),
        ("import", "/dev/null", "--source", "harbour"),
        ("releases", "hide", "0", "--why", "an order"),
        ("doctor",),
    ],
)
def test_no_command_replaces_a_lost_store(command: tuple[str, ...], home: Path) -> None:
    lose(home)
    result = communique(*command, home=home)
    assert result.returncode == 1
    said = result.stdout if command == ("doctor",) else result.stderr
    for way in ("communique mirror rebuild --to", "communique restore", "--new-store"):
        assert said.count(way) == 1
    assert not (home / "communique.db").exists()


def test_serve_fails_without_a_store_and_site(home: Path) -> None:
    lose(home)
    assert not (home / "site").exists()
    result = communique("serve", home=home)
    assert (result.returncode, result.stdout) == (1, "")
    assert "communique mirror rebuild --to" in result.stderr


def test_verify_reports_that_a_missing_store_was_not_compared(home: Path) -> None:
    assert "missing" not in communique("mirror", "verify", home=home).stdout
    lose(home)
    assert "the store, which is missing" in communique("mirror", "verify", home=home).stdout
    told = json.loads(communique("mirror", "verify", "--json", home=home).stdout)
    assert any("the store, which is missing" in one for one in told["not_compared"])


def test_verify_checks_the_archive_beside_a_damaged_store(home: Path) -> None:
    (home / "communique.db").write_bytes(b"no database" * 999)
    result = communique("mirror", "verify", "--json", home=home)
    told = json.loads(result.stdout)
    assert result.returncode == 0
    assert told["records"] > 0
    assert any("the store, which can't be read" in one for one in told["not_compared"])


@pytest.mark.parametrize(
    "command", [("health",), ("run", "--new-store"), ("collect",), ("export",), ("publish",)]
)
def test_commands_name_the_fix_for_a_store_that_is_not_a_database(
    command: tuple[str, ...], home: Path
) -> None:
    lose(home)
    (home / "communique.db").write_bytes(b"Dear reader, " * 999)
    result = communique(*command, home=home)
    assert result.returncode == 1
    assert "file is not a database" in result.stderr
    for way in ("communique restore", "communique mirror rebuild --to"):
        assert way in result.stderr


def test_a_store_with_empty_tables_is_lost(home: Path) -> None:
    lose(home)
    # As a command of an earlier version left it, which replaced the store.
    open_store(f"sqlite:{home / 'communique.db'}").close()
    assert communique("collect", home=home).returncode == 1
    doctor = communique("doctor", "--json", home=home)
    stores = [one for one in json.loads(doctor.stdout)["checks"] if one["check"] == "store"]
    assert [one["level"] for one in stores] == ["error"]


def test_a_killed_first_visit_is_repeated(room: Room, tmp_path: Path) -> None:
    home = make_home(tmp_path / "killed", f"{room.base}/")
    opened = home_at(home)
    opened.plain_store().close()
    # A journal record without its transaction is all that a kill leaves.
    with closing(opened.open_archive()) as archive:
        told = msgspec.json.encode(JournalRecord([decisions.FileKept("topics.toml")]))
        archive.metadata(JOURNAL_URI, JSON, told, at=utc_now())
    assert home_at(home).has_journal()
    assert collect(home)["new"] == 3


def test_a_new_store_hides_the_releases_hidden_in_the_lost_one(room: Room, home: Path) -> None:
    hidden = f"{room.base}/news/2.html"
    room.page("/news/3.html", release_html(3, text="The pier is open again."))
    assert collect(home)["changed"] == 1
    redacted = f"{room.base}/news/1.html"
    done = communique("mirror", "redact", redacted, "--why", "order 7", home=home)
    assert done.returncode == 0, done.stderr
    lose(home)
    run = collect(home, "--new-store")
    assert (run["new"], run["errors"]) == (1, [])
    assert [*ids(home)] == [f"{room.base}/news/3.html"]
    with closing(open_store(f"sqlite:{home / 'communique.db'}")) as store:
        for address, why in ((hidden, "an order"), (redacted, "order 7")):
            (release,) = store.find_releases(address, limit=9)
            assert release.hidden
            known = store.hidden_release(release.id)
            assert known
            assert why in known.why
    assert communique("publish", home=home).returncode == 0
    pages = [path for path in (home / "site").rglob("*.html") if path.is_file()]
    assert pages
    assert not [path for path in pages if hidden in path.read_text()]


def test_earlier_versions_of_a_hidden_release_stay_hidden_in_a_new_store(home: Path) -> None:
    early = dt.datetime(2018, 4, 1, tzinfo=dt.UTC)
    with closing(home_at(home).store()) as store:
        (release,) = (one for one in store.by_first_seen() if one.hidden)
        assert release.capture
        capture = replace(release.capture, digest="sha256:early", at=early)
        content = replace(release.content, body_text="Nobody may enter the pier this summer.")
        store.add_earlier_versions(release.id, [DatedContent(early, content, capture)])
        assert "sha256:early" in known_by(store, lambda *_: ()).digests
    lose(home)
    begin_new_store(home_at(home), lambda *_: None)
    with closing(open_store(f"sqlite:{home / 'communique.db'}")) as store:
        (version,) = store.earlier_versions(release.id)
        assert version.content == content
        assert "sha256:early" in known_by(store, lambda *_: ()).digests


@pytest.mark.thorough
def test_a_new_store_hides_a_release_that_moved(room: Room, home: Path) -> None:
    lose(home)
    room.page("/", listing_html([1, 3], more='<a href="/moved/2.html">Release number 2</a>'))
    moved = release_html(2)
    room.page("/moved/2.html", moved)
    room.page("/", listing_html([1, 2, 3], path="/moved/{}.html"))
    for number in (1, 3):
        room.page(f"/moved/{number}.html", release_html(number))
    assert collect(home, "--new-store")["errors"] == []
    assert f"{room.base}/moved/2.html" not in ids(home)


@pytest.mark.thorough
def test_a_new_store_knows_renamed_and_removed_sources(room: Room, home: Path) -> None:
    (home / "sources" / "wire.toml").write_text((home / "sources" / "harbour.toml").read_text())
    assert communique("collect", "wire", home=home).returncode == 0
    assert communique("sources", "rename", "harbour", "port", home=home).returncode == 0
    assert communique("sources", "rename", "port", "pier", home=home).returncode == 0
    assert communique("sources", "remove", "wire", home=home).returncode == 0
    lose(home)
    assert communique("collect", "--new-store", home=home).returncode == 0
    with closing(open_store(f"sqlite:{home / 'communique.db'}")) as store:
        assert store.source_moves() == {"harbour": "pier", "port": "pier"}
        assert [*store.removed_sources()] == ["wire"]
        (release,) = store.find_releases(f"{room.base}/news/2.html", limit=9)
        assert (release.source, release.hidden) == ("pier", True)


@pytest.mark.thorough
def test_releases_hidden_by_a_new_store_stay_hidden_after_its_loss(
    room: Room, home: Path, tmp_path: Path
) -> None:
    lose(home)
    assert communique("collect", "--new-store", home=home).returncode == 0
    lose(home)
    assert communique("publish", "--new-store", home=home).returncode == 0
    collect(home)
    assert f"{room.base}/news/2.html" not in ids(home)
    rebuilt = tmp_path / "rebuilt"
    done = communique("mirror", "rebuild", "--to", str(rebuilt), home=home)
    assert done.returncode == 0, done.stderr
    assert ids(rebuilt) == ids(home)


@pytest.mark.thorough
def test_an_existing_store_is_kept(room: Room, home: Path, tmp_path: Path) -> None:
    assert begin_new_store(home_at(home), lambda *_: None) is None
    before = ids(home)
    assert collect(home, "--new-store")["unchanged"] == 3
    assert ids(home) == before
    new = make_home(tmp_path / "new", f"{room.base}/")
    assert collect(new, "--new-store")["new"] == 3


@pytest.mark.thorough
def test_an_empty_database_with_a_journal_is_a_lost_store(
    room: Room, home: Path, tmp_path: Path, postgres_url: str
) -> None:
    store = f'\n[store]\nurl = "{postgres_url}"\n'
    node = make_home(tmp_path / "node", f"{room.base}/")
    (home / "communique.toml").write_text(SETTINGS + store)
    for command in ("collect", "doctor", "export"):
        assert communique(command, home=home).returncode == 1
    with pytest.raises(LostStore):
        home_at(home).plain_store()
    # Nothing was created there, so that pg_restore finds the database empty.
    lose(home)
    assert collect(home, "--new-store")["new"] == 2
    assert f"{room.base}/news/2.html" not in ids(home)
    # A new node of a fleet has no archive yet, and its store is in the database.
    (node / "communique.toml").write_text(SETTINGS + store)
    assert ids(node) == ids(home)


class CollectedMeanwhile(Home):
    """A HOME where another process collects while this one looks for a journal."""

    def has_journal(self, *, committed: bool = False) -> bool:
        """Let the other process create the store and begin the journal."""
        assert collect(self.path)["errors"] == []
        return super().has_journal(committed=committed)


@pytest.mark.thorough
@pytest.mark.parametrize("blank", [False, True])
def test_a_store_that_another_process_creates_is_not_lost(
    room: Room, tmp_path: Path, *, blank: bool
) -> None:
    path = make_home(tmp_path / "home", f"{room.base}/")
    home = CollectedMeanwhile(path, home_at(path).settings)
    home.archive.mkdir()
    if blank:
        open_store(home.store_url).close()
    with closing(home.plain_store()) as store:
        assert [*store.sources()] == ["harbour"]
