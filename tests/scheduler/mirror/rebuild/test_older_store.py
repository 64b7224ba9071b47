"""A store older than its archive keeps later orders to hide, remove or redact."""

from __future__ import annotations

import json
import os
import shutil
import socket
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import psycopg
import pytest

from data.sqlite_file import files_of
from data.store.postgres.pool import close_pools
from tests.command import SETTINGS, collect, communique, make_home, without_rights
from tests.press_room import Room, listing_html, release_html, served

ORDERS = "archive/orders.jsonl"


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
    """A HOME of three releases, to copy."""
    show(shared_room)
    home = make_home(tmp_path_factory.mktemp("collected") / "home", f"{shared_room.base}/")
    assert collect(home)["new"] == 3
    return home


@pytest.fixture
def home(collected: Path, room: Room, tmp_path: Path) -> Path:
    """A HOME of three releases, of which a copy of the store was made."""
    assert room.answers
    home = Path(shutil.copytree(collected, tmp_path / "home"))
    shutil.copyfile(home / "communique.db", tmp_path / "old.db")
    return home


def ids(home: Path) -> dict[str, str]:
    """The ids of the releases that readers see, by the number in their addresses."""
    lines = communique("export", home=home).stdout.splitlines()
    return {one["url"].rpartition("/")[2][0]: one["id"] for one in map(json.loads, lines)}


def run(*arguments: str, home: Path) -> str:
    done = communique(*arguments, home=home)
    assert done.returncode == 0, done.stderr
    return done.stdout + done.stderr


def hide(home: Path, number: str) -> None:
    run("releases", "hide", ids(home)[number], "--why", "an order", home=home)


def lose(home: Path) -> None:
    for file in files_of(home / "communique.db"):
        file.unlink(missing_ok=True)


def go_back(home: Path) -> None:
    """Put the older copy of the store in place of the store."""
    lose(home)
    shutil.copyfile(home.parent / "old.db", home / "communique.db")


def rebuilt(home: Path) -> Path:
    folder = home.with_name(f"rebuilt-{len([*home.parent.iterdir()])}")
    run("mirror", "rebuild", "--to", str(folder), home=home)
    return folder


def texts_of(home: Path) -> set[str]:
    lines = communique("export", home=home).stdout.splitlines()
    return {one["title"] for one in map(json.loads, lines)}


@pytest.mark.thorough
def test_an_older_store_hides_releases_hidden_since_then(home: Path) -> None:
    hide(home, "2")
    go_back(home)
    said = run("publish", "--all", home=home)
    assert "1 order" in said
    assert "1 order" not in run("publish", "--all", home=home)
    assert sorted(ids(home)) == ["1", "3"]
    assert collect(home)["errors"] == []
    assert sorted(ids(rebuilt(home))) == ["1", "3"]
    lose(home)
    run("collect", "--new-store", home=home)
    assert sorted(ids(home)) == ["1", "3"]


def test_an_older_store_shows_releases_unhidden_since_then(home: Path) -> None:
    named = ids(home)["2"]
    hide(home, "2")
    shutil.copyfile(home / "communique.db", home.parent / "old.db")
    run("releases", "unhide", named, home=home)
    go_back(home)
    assert sorted(ids(home)) == ["1", "2", "3"]
    assert sorted(ids(rebuilt(home))) == ["1", "2", "3"]


def test_an_older_store_redacts_releases_redacted_since_then(room: Room, home: Path) -> None:
    run("mirror", "redact", f"{room.base}/news/1.html", "--why", "order 7", home=home)
    redacted = texts_of(home)
    assert "[redacted]" in redacted
    go_back(home)
    assert texts_of(home) == redacted
    assert texts_of(rebuilt(home)) == redacted
    room.page("/news/1.html", release_html(1, text="The bridge is open again, says the board."))
    assert collect(home)["errors"] == []
    assert texts_of(home) == redacted
    folder = home.with_name("again")
    communique("mirror", "rebuild", "--to", str(folder), home=home)
    assert texts_of(folder) == redacted


def test_an_older_store_removes_sources_removed_since_then(home: Path) -> None:
    run("sources", "remove", "harbour", home=home)
    go_back(home)
    assert ids(home) == {}
    assert ids(rebuilt(home)) == {}


@pytest.mark.thorough
def test_a_release_missing_in_an_older_store_is_hidden_when_found_again(
    room: Room, home: Path
) -> None:
    room.page("/", listing_html([1, 2, 3, 4]))
    room.page("/news/4.html", release_html(4))
    assert collect(home)["new"] == 1
    hide(home, "4")
    go_back(home)
    assert collect(home)["errors"] == []
    assert sorted(ids(home)) == ["1", "2", "3"]
    assert sorted(ids(rebuilt(home))) == ["1", "2", "3"]


@pytest.mark.thorough
def test_a_rebuilt_store_obeys_the_orders_of_every_branch_of_the_journal(home: Path) -> None:
    hide(home, "2")
    go_back(home)
    # As an earlier version left it: only the journal holds the order, on a branch that ended.
    (home / ORDERS).unlink()
    assert collect(home)["errors"] == []
    hide(home, "3")
    (home / ORDERS).unlink()
    assert sorted(ids(home)) == ["1", "2"]
    assert sorted(ids(rebuilt(home))) == ["1"]
    lose(home)
    run("collect", "--new-store", home=home)
    assert sorted(ids(home)) == ["1"]


def test_orders_given_without_an_archive_outlive_the_store(home: Path) -> None:
    (home / "communique.toml").write_text(f"{SETTINGS}\n[archive]\nenabled = false\n")
    hide(home, "2")
    hide(home, "3")
    run(
        "releases",
        "unhide",
        json.loads((home / ORDERS).read_text().splitlines()[1])["event"]["release"],
        home=home,
    )
    assert sorted(ids(home)) == ["1", "3"]
    assert sorted(ids(rebuilt(home))) == ["1", "3"]
    lose(home)
    run("collect", "--new-store", home=home)
    assert sorted(ids(home)) == ["1", "3"]


def test_an_order_that_failed_is_not_kept(home: Path) -> None:
    one = ids(home)["1"]
    done = communique("releases", "hide", one, "no such release", "--why", "x", home=home)
    assert done.returncode != 0
    assert not (home / ORDERS).exists()


def test_an_order_with_an_incomplete_line_is_ignored(home: Path) -> None:
    hide(home, "1")
    hide(home, "2")
    go_back(home)
    path = home / ORDERS
    path.write_bytes(path.read_bytes()[:-9])
    assert sorted(ids(home)) == ["2", "3"]
    hide(home, "3")
    assert len(path.read_text().splitlines()) == 2
    go_back(home)
    assert sorted(ids(home)) == ["2"]


def test_the_doctor_reports_orders_missing_in_the_store(home: Path) -> None:
    hide(home, "2")
    go_back(home)
    found = json.loads(communique("doctor", "--json", home=home).stdout)["checks"]
    assert [one["level"] for one in found if one["check"] == "orders"] == ["error"]
    run("publish", home=home)
    found = json.loads(communique("doctor", "--json", home=home).stdout)["checks"]
    assert not [one for one in found if one["check"] == "orders" and one["level"] == "error"]


def test_a_restored_backup_obeys_its_newer_archive(home: Path, tmp_path: Path) -> None:
    run("backup", str(tmp_path / "backup"), home=home)
    hide(home, "2")
    restored = tmp_path / "restored"
    run("restore", str(tmp_path / "backup"), home=restored)
    assert sorted(ids(restored)) == ["1", "2", "3"]
    shutil.copytree(home / "archive", restored / "archive", dirs_exist_ok=True)
    assert sorted(ids(restored)) == ["1", "3"]


def test_a_rebuilt_home_has_its_own_list_of_orders(home: Path) -> None:
    hide(home, "2")
    before = (home / ORDERS).read_bytes()
    folder = rebuilt(home)
    hide(folder, "3")
    assert (home / ORDERS).read_bytes() == before
    assert os.path.getsize(folder / ORDERS) > len(before)  # noqa: PTH202 - a name of text


def test_an_older_database_obeys_the_orders_of_its_archive(
    room: Room, tmp_path: Path, postgres_url: str
) -> None:
    home = make_home(tmp_path / "nodes", f"{room.base}/")
    settings = home / "communique.toml"
    settings.write_text(f'{SETTINGS}\n[store]\nurl = "{postgres_url}"\n')
    assert collect(home)["new"] == 3
    place, _, name = postgres_url.rpartition("/")
    close_pools()
    with closing(psycopg.connect(postgres_url, autocommit=True, dbname="postgres")) as server:
        server.execute("DROP DATABASE IF EXISTS older WITH (FORCE)")
        server.execute(f'CREATE DATABASE older TEMPLATE "{name.partition("?")[0]}"'.encode())
        hide(home, "2")
        node = tmp_path / "other-node"
        shutil.copytree(home / "sources", node / "sources")
        (node / "communique.toml").write_text(settings.read_text())
        assert sorted(ids(node)) == ["1", "3"]
        # As pg_restore leaves it.
        for one in (home, node):
            (one / "communique.toml").write_text(f'{SETTINGS}\n[store]\nurl = "{place}/older"\n')
        with socket.create_server(("127.0.0.1", 0)) as taken:
            # It ends because its port is taken, after it opened the store.
            port = str(taken.getsockname()[1])
            assert communique("serve", "--port", port, home=home).returncode == 1
        with closing(psycopg.connect(postgres_url, dbname="older")) as restored:
            assert len(restored.execute("SELECT 1 FROM hidden_releases").fetchall()) == 1
        assert sorted(ids(home)) == ["1", "3"]
        assert sorted(ids(node)) == ["1", "3"]
        close_pools()
        server.execute("DROP DATABASE older WITH (FORCE)")


def test_an_older_store_that_cannot_be_written_is_refused(home: Path) -> None:
    hide(home, "2")
    go_back(home)
    for path in (home / "communique.db", home):
        path.chmod(path.stat().st_mode & ~0o222)
    try:
        done = without_rights("export", home=home)
    finally:
        home.chmod(0o755)
    assert (done.returncode, done.stdout) == (1, "")
    assert "read-only" in done.stderr
