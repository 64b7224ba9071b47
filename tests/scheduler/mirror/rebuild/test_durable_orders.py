"""A loss of power after an order: the disk holds the order, whatever else it lost."""

from __future__ import annotations

import os
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from data.clock import utc_now
from data.sqlite_file import files_of
from data.store.core.store import Store
from data.store.open import open_store
from scheduler.home.home import Home, home_at
from scheduler.mirror.removal import redact
from scheduler.sources.rename_and_removal import remove_source
from tests.command import collect, make_home
from tests.examples import thorough
from tests.press_room import Room, listing_html, release_html, served


class Disk:
    """What a store's file and its log hold on the disk: what they held when they were synced."""

    def __init__(self, database: Path) -> None:
        self.files = files_of(database)[:2]
        self.synced: dict[Path, bytes] = {}

    def sync(self, number: int) -> None:
        """Note what a file holds that is synced now."""
        for path in self.files:
            if path.exists() and os.path.samestat(os.fstat(number), path.stat()):
                self.synced[path] = path.read_bytes()

    def copy(self, folder: Path) -> Path:
        """Write a store as a loss of power leaves it."""
        folder.mkdir()
        for path in self.files:
            if path in self.synced:
                (folder / path.name).write_bytes(self.synced[path])
        return folder / self.files[0].name


@pytest.fixture
def room() -> Iterator[Room]:
    with served() as opened:
        opened.page("/", listing_html([1]))
        opened.page("/news/1.html", release_html(1))
        yield opened


@pytest.fixture
def home(room: Room, tmp_path: Path) -> Home:
    folder = make_home(tmp_path / "home", f"{room.base}/")
    assert collect(folder)["new"] == 1
    return home_at(folder)


def hide(home: Home, _: str) -> None:
    with closing(home.store()) as store:
        (release,) = store.by_first_seen()
        assert store.hide(release.id, at=utc_now(), why="an order")


def hide_without_archive(home: Home, address: str) -> None:
    with (home.path / "communique.toml").open("a") as file:
        file.write("\n[archive]\nenabled = false\n")
    hide(home_at(home.path), address)


def redact_page(home: Home, address: str) -> None:
    redact(home, address, "an order", dry_run=False, on_progress=lambda *_: None)


def remove(home: Home, _: str) -> None:
    remove_source(home, "harbour", kept=False)


def is_obeyed(store: Store) -> bool:
    (release,) = store.by_first_seen()
    return release.hidden or release.content.redacted


@pytest.mark.parametrize("give", [hide_without_archive, redact_page, *thorough(hide, remove)])
def test_an_acknowledged_order_survives_a_power_failure(
    give: Callable[[Home, str], None],
    room: Room,
    home: Home,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    disk = Disk(home.database)
    disk.synced[home.database] = home.database.read_bytes()
    fsync = os.fsync

    def watched(number: int) -> None:
        disk.sync(number)
        fsync(number)

    # As a service does, another connection keeps the log from being folded into the file.
    with closing(sqlite3.connect(home.database)) as other:
        other.execute("SELECT count(*) FROM releases").fetchall()
        monkeypatch.setattr(os, "fsync", watched)
        give(home, f"{room.base}/news/1.html")
        monkeypatch.undo()
    with closing(open_store(f"sqlite:{disk.copy(tmp_path / 'after')}")) as store:
        assert is_obeyed(store)


def test_an_order_outlives_the_log_of_its_transaction(home: Home, tmp_path: Path) -> None:
    before = tmp_path / "before.db"
    shutil.copyfile(home.database, before)
    hide(home, "")
    for file in files_of(home.database):
        file.unlink(missing_ok=True)
    shutil.copyfile(before, home.database)
    with closing(open_store(home.store_url)) as store:
        assert not is_obeyed(store)
    with closing(home.plain_store()) as store:
        assert is_obeyed(store)
