"""A home directory of each earlier schema works, and all commands report an unusable store.

The stores come from tests/data/store/sqlite/schemas. Caches may have any version or be damaged.
"""

from __future__ import annotations

import gzip
import json
import os
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import feedparser
import pytest

from tests.command import communique, make_home
from tests.examples import thorough

SCHEMAS = Path(__file__).parents[2] / "data" / "store" / "sqlite" / "schemas"
FIXTURES = sorted(SCHEMAS.glob("*.db.gz"))


def old_home(folder: Path, fixture: Path) -> Path:
    """A home directory with a store of an earlier version."""
    home = make_home(folder, "http://harbour.example/")
    (home / "communique.db").write_bytes(gzip.decompress(fixture.read_bytes()))
    return home


@pytest.mark.parametrize(
    "fixture",
    [FIXTURES[0], FIXTURES[-1], *thorough(*FIXTURES[1:-1])],
    ids=lambda one: one.name.partition(".")[0],
)
def test_a_home_of_every_schema_is_upgraded_by_the_first_command_and_works(
    fixture: Path, tmp_path: Path
) -> None:
    home = old_home(tmp_path / "home", fixture)
    exported = communique("export", home=home)
    assert (exported.returncode, exported.stderr) == (0, "")
    releases = {one["title"]: one for one in map(json.loads, exported.stdout.splitlines())}
    assert len(exported.stdout.splitlines()) == 3
    assert releases["Tides"]["retracted"] is not None
    found = json.loads(communique("search", "tide", "--json", home=home).stdout)
    assert [one["title"] for one in found["releases"]] == ["Tides"]
    published = communique("publish", home=home)
    assert (published.returncode, published.stderr) == (0, "")
    feeds = home / "site" / "feeds"
    for source, count in (("harbour", 2), ("wire", 1)):
        entries = feedparser.parse((feeds / "source" / f"{source}.atom").read_bytes()).entries
        assert len(entries) == count, source


@pytest.fixture(scope="module")
def present(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A published home directory of the current version, with an archive."""
    home = old_home(tmp_path_factory.mktemp("present") / "home", FIXTURES[0])
    for command in ("publish", "collect", "publish"):
        communique(command, home=home)
    assert (home / "archive" / "index.db").exists()
    return home


def empty(path: Path) -> None:
    path.write_bytes(b"")


def lost(path: Path) -> None:
    path.unlink()


def cut(path: Path) -> None:
    content = path.read_bytes()
    path.write_bytes(content[: len(content) // 3 // 512 * 512])


def text(path: Path) -> None:
    path.write_bytes(b"Dear reader, " * 999)


def foreign(path: Path) -> None:
    """A database of another program that uses some of our table names."""
    path.unlink()
    with closing(sqlite3.connect(path)) as db, db:
        for table in ("releases", "entries", "files", "captures", "notes"):
            db.execute(f"CREATE TABLE {table} (theirs)")


def newer(path: Path) -> None:
    with closing(sqlite3.connect(path)) as db, db:
        db.execute(
            "INSERT INTO _sqlite_migrations (migration_set, name, applied_at)"
            " VALUES ('communique', 'lay_tomorrow', '')"
        )


BROKEN: dict[Callable[[Path], None], str] = {
    lost: "it is missing or empty",
    empty: "it is missing or empty",
    cut: "malformed",
    text: "not a database",
    foreign: "it is a database of another program",
    newer: "it was written by a newer version of Communique",
}

COMMANDS = (
    "backup {to}", "changes", "collect", "doctor", "export", "health",
    "health ack harbour --why no", "import {lines} --source harbour",
    "mirror export --format folder --to {to}",
    "mirror prune --days 1", "mirror redact http://harbour.example/ --why no", "mirror reextract",
    "mirror status", "mirror verify", "prove 1234", "publish", "publish --all",
    "releases hide 1234 --why no", "releases retract 1234 --why no", "search tide", "show 1234",
    "sources list", "sources show harbour", "sources pause harbour", "sources remove harbour",
    "sources rename harbour pier", "watch deliveries", "watch replay --all",
)  # fmt: skip

WITHOUT_STORE = {"doctor", "mirror verify", "sources list"}
"""Commands that may succeed without the store."""


@pytest.mark.parametrize(
    "broken", [lost, text, *thorough(empty, cut, foreign, newer)], ids=lambda one: one.__name__
)
def test_every_command_reports_an_unusable_store_in_one_sentence(
    broken: Callable[[Path], None], present: Path, tmp_path: Path
) -> None:
    home = Path(shutil.copytree(present, tmp_path / "home"))
    for name in ("communique.db-wal", "communique.db-shm"):
        (home / name).unlink(missing_ok=True)
    broken(home / "communique.db")
    before = content_of(home / "communique.db")
    page = (home / "site" / "index.html").read_bytes()
    lines = tmp_path / "lines.jsonl"
    lines.write_text('{"url": "http://harbour.example/7", "title": "Seven"}\n')
    for command in COMMANDS:
        arguments = command.format(to=tmp_path / "to", lines=lines).split()
        result = communique(*arguments, home=home)
        said = result.stdout + result.stderr
        assert "Traceback" not in said, command
        assert result.returncode in {1, 2} or command in WITHOUT_STORE, f"{command}: {said}"
        if command not in WITHOUT_STORE:
            assert BROKEN[broken] in said, f"{command}: {said}"
        assert (home / "sources" / "harbour.toml").exists(), command
    assert content_of(home / "communique.db") == before
    assert (home / "site" / "index.html").read_bytes() == page


def content_of(path: Path) -> bytes | None:
    return path.read_bytes() if path.exists() else None


def folder(path: Path) -> None:
    path.mkdir()


def device(path: Path) -> None:
    path.symlink_to("/dev/zero")


@pytest.mark.parametrize("made", [folder, os.mkfifo, device])
def test_a_folder_instead_of_a_store_is_reported(
    made: Callable[[Path], None], tmp_path: Path
) -> None:
    made(tmp_path / "communique.db")
    for command in ("health", "publish", "doctor", f"backup {tmp_path}-copy"):
        result = communique(*command.split(), home=tmp_path)
        said = result.stdout + result.stderr
        assert "it is not a file: move it away" in said, said
        assert "Traceback" not in said
        assert result.returncode == 1


def test_a_broken_link_to_a_store_is_reported(tmp_path: Path) -> None:
    (tmp_path / "away").mkdir()
    (tmp_path / "home").mkdir()
    (tmp_path / "home" / "communique.db").symlink_to(tmp_path / "away" / "communique.db")
    for command in ("health", "publish", "doctor"):
        result = communique(command, home=tmp_path / "home")
        assert result.returncode == 1
        assert "it is a link to a missing file: mount the disk" in result.stdout + result.stderr
    assert not any((tmp_path / "away").iterdir())


@pytest.mark.parametrize(
    "name", ["communique.toml", "topics.toml", "sources", "watches", "tokens", "locks"]
)
def test_unreachable_files_are_reported_and_not_ignored(name: str, tmp_path: Path) -> None:
    (tmp_path / name).symlink_to(tmp_path / "unmounted" / name)
    for command in ("publish", "doctor"):
        result = communique(command, home=tmp_path)
        assert result.returncode in {1, 2}
        assert f"{name}: link: its target is missing" in result.stdout + result.stderr
    assert not (tmp_path / "communique.db").exists()


@pytest.mark.parametrize("name", ["sources", "locks"])
def test_a_file_instead_of_a_folder_is_reported(name: str, tmp_path: Path) -> None:
    (tmp_path / name).write_text("")
    for command in ("publish", "doctor"):
        result = communique(command, home=tmp_path)
        assert result.returncode in {1, 2}
        assert f"{name}: folder: it is not a folder" in result.stdout + result.stderr


@pytest.mark.parametrize("kept", ["", ".git", "lost+found"])
def test_an_empty_site_folder_does_not_prevent_a_new_store(kept: str, tmp_path: Path) -> None:
    (tmp_path / "site" / kept).mkdir(parents=True)
    assert communique("publish", home=tmp_path).returncode == 0


@pytest.mark.parametrize(
    "broken", [cut, foreign, *thorough(empty, text)], ids=lambda one: one.__name__
)
def test_damaged_and_other_caches_are_rebuilt(
    broken: Callable[[Path], None], present: Path, tmp_path: Path
) -> None:
    home = Path(shutil.copytree(present, tmp_path / "home"))
    for cache in ("rendered.db", "archive/index.db"):
        for name in (f"{cache}-wal", f"{cache}-shm"):
            (home / name).unlink(missing_ok=True)
        broken(home / cache)
    # The visit fails, and its error is archived.
    communique("collect", home=home)
    published = communique("publish", "--all", home=home)
    assert (published.returncode, published.stderr) == (0, "")
    feed = (home / "site" / "feeds" / "all.atom").read_bytes()
    assert feed == (present / "site" / "feeds" / "all.atom").read_bytes()
