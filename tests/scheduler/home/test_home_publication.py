"""Publishing a HOME."""

from __future__ import annotations

import datetime as dt
import json
import os
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import feedparser
import pytest

from data.store.core import release_writer
from scheduler.home.home import open_home
from scheduler.home.home_publication import publish_home
from tests.command import collect, communique, make_home
from tests.drafts import BODY, draft
from tests.examples import thorough
from tests.press_room import Room, listing_html, release_html, served

NOON = dt.datetime(2026, 3, 2, 12, tzinfo=dt.UTC)


@pytest.fixture
def room() -> Iterator[Room]:
    """A press room of one release."""
    with served() as room:
        room.page("/news/", listing_html([1]))
        room.page("/news/1.html", release_html(1))
        yield room


def test_a_lost_key_of_the_log_is_reported_and_feeds_are_still_published(
    room: Room, tmp_path: Path
) -> None:
    home = make_home(tmp_path / "home", f"{room.base}/news/")
    collect(home)
    (home / "log.key").unlink()
    result = communique("publish", home=home)
    assert result.returncode == 1
    assert "the key of the log is missing" in result.stderr
    assert "Traceback" not in result.stderr
    assert "Notice 1" in (home / "site" / "feeds" / "all.atom").read_text()


@pytest.mark.parametrize("file", ["checkpoint", *thorough("key/0", "tile/0", "tile/entries")])
def test_a_pipe_in_place_of_a_log_file_is_reported_without_waiting(
    room: Room, tmp_path: Path, file: str
) -> None:
    home = make_home(tmp_path / "home", f"{room.base}/news/")
    collect(home)
    place = home / "archive" / "log" / file
    replaced = next(one for one in (place, *place.rglob("*")) if one.is_file())
    replaced.unlink()
    os.mkfifo(replaced)
    result = communique("publish", home=home)
    assert result.returncode == 1
    assert "the path is a pipe or a device" in result.stderr
    assert "Traceback" not in result.stderr
    assert "Notice 1" in (home / "site" / "feeds" / "all.atom").read_text()


@pytest.mark.parametrize(
    ("made", "said"),
    [
        (lambda site: site.symlink_to("unmounted"), "its target is missing: restore the target"),
        (lambda site: site.touch(), "it is not a folder: move it away"),
    ],
    ids=["a link to a missing file", "a file"],
)
def test_a_file_in_place_of_the_site_folder_is_reported_once(
    room: Room, tmp_path: Path, made: Callable[[Path], None], said: str
) -> None:
    home = make_home(tmp_path / "home", f"{room.base}/news/")
    collect(home)
    made(home / "site")
    result = communique("publish", home=home)
    assert result.returncode == 1
    (line,) = result.stderr.splitlines()
    assert line.startswith(f"communique: could not publish {home / 'site'}: {said}")
    (home / "site").unlink()
    assert communique("publish", home=home).returncode == 0
    assert "Notice 1" in (home / "site" / "feeds" / "all.atom").read_text()


def test_topics_have_the_labels_of_the_current_file(room: Room, tmp_path: Path) -> None:
    home = make_home(tmp_path / "home", f"{room.base}/news/")
    topics, page = home / "topics.toml", home / "site" / "topics" / "boats" / "index.html"
    topics.write_text('[[topic]]\nslug = "boats"\nlabel = "Boats"\nrules.mul = ["notice"]')
    collect(home)
    assert communique("publish", home=home).returncode == 0
    assert "Boats" in page.read_text()
    topics.write_text('[[topic]]\nslug = "boats"\nlabel = "Ships"')
    assert communique("publish", home=home).returncode == 0
    assert "Ships" in page.read_text()
    topics.write_text("topic = [")
    result = communique("publish", home=home)
    assert result.returncode == 0
    assert "topics.toml" in result.stderr
    assert "Ships" in page.read_text()


def titles(home: Path) -> set[str]:
    """What a HOME has published of the source."""
    return {
        one.title.partition(":")[0]
        for one in feedparser.parse(home / "site/feeds/source/harbour.atom").entries
    }


@pytest.mark.thorough
def test_a_home_publishes_changes_that_another_home_published_before(
    room: Room, tmp_path: Path, postgres_url: str
) -> None:
    first, second = (make_home(tmp_path / name, f"{room.base}/news/") for name in ("a", "b"))
    for home in (first, second):
        with (home / "communique.toml").open("a") as settings:
            settings.write(f'[store]\nurl = "{postgres_url}"\n[archive]\nenabled = false\n')
    collect(first)
    for home in (first, second):
        assert communique("publish", home=home).returncode == 0
        assert titles(home) == {"Notice 1"}
    for known, (publishes, follows) in enumerate(((first, second), (second, first)), 2):
        room.page("/news/", listing_html([*range(1, known + 1)]))
        room.page(f"/news/{known}.html", release_html(known))
        collect(publishes)
        for home in (publishes, follows):
            assert communique("publish", home=home).returncode == 0
            assert titles(home) == {f"Notice {one}" for one in range(1, known + 1)}


def test_a_home_alone_on_its_database_writes_only_changes(
    room: Room, tmp_path: Path, postgres_url: str
) -> None:
    home = make_home(tmp_path / "home", f"{room.base}/news/")
    with (home / "communique.toml").open("a") as settings:
        settings.write(f'[store]\nurl = "{postgres_url}"\n[archive]\nenabled = false\n')
    collect(home)
    assert communique("publish", home=home).returncode == 0
    for _ in range(2):
        published = communique("publish", "--json", home=home)
        assert json.loads(published.stdout)["feeds"] == 0


def test_missing_differences_between_versions_are_computed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(release_writer, "MAX_COMPARED_CHARACTERS", 10)
    home = open_home(make_home(tmp_path / "home", "http://harbour.example/"))
    with closing(home.store()) as store:
        for hour, level in enumerate(("4.2", "4.6")):
            at = NOON + dt.timedelta(hours=hour)
            made = draft(body_text=BODY.replace("4.2", level))
            release = store.record(made, seen=at, since=at).release
        assert store.revisions(release.id)[1].difference == ""
    publish_home(home)
    with closing(home.store()) as store:
        assert store.revisions(release.id)[1].difference
