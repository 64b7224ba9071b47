"""Publishing a HOME."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.command import collect, communique, make_home
from tests.press_room import Room, listing_html, release_html, served


@pytest.fixture
def room() -> Iterator[Room]:
    """A press room of one release."""
    with served() as room:
        room.page("/news/", listing_html([1]))
        room.page("/news/1.html", release_html(1))
        yield room


def test_a_lost_key_of_the_log_is_told_and_keeps_no_feed_back(room: Room, tmp_path: Path) -> None:
    home = make_home(tmp_path / "home", f"{room.base}/news/")
    collect(home)
    (home / "log.key").unlink()
    result = communique("publish", home=home)
    assert result.returncode == 1
    assert "the key of the log is gone" in result.stderr
    assert "Traceback" not in result.stderr
    assert "Notice 1" in (home / "site" / "feeds" / "all.atom").read_text()


def test_topics_are_called_as_the_file_of_today_says(room: Room, tmp_path: Path) -> None:
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
