"""`communique catalogue add`: add many press rooms at once, and resume after a kill."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from spiders.sources.source_file import read_source
from tests.command import SETTINGS, communique
from tests.press_room import Answer, Room, listing_html, release_html, served
from tests.services import forked_command

ENTRY = {"kind": "agency", "country": "GB", "timezone": "Europe/London"}
NAME = "Harbour Board of Lindmouth"


def fill(room: Room) -> None:
    """Give a room a listing with four releases of the Harbour Board."""
    foot = f"<div class='foot'>{NAME}</div>"
    room.page("/", listing_html([1, 2, 3, 4], more=foot))
    for number in range(1, 5):
        room.page(f"/news/{number}.html", release_html(number))


@pytest.fixture
def rooms() -> Iterator[list[Room]]:
    """Three servers with the press room of the Harbour Board."""
    with ExitStack() as stack:
        found = [stack.enter_context(served()) for _ in range(3)]
        for room in found:
            fill(room)
        yield found


def home_with(folder: Path, *entries: dict[str, Any]) -> tuple[Path, str]:
    """A HOME that may reach loopback, and a catalogue with these entries."""
    home = folder / "home"
    home.mkdir()
    (home / "communique.toml").write_text(SETTINGS)
    head = {
        "catalogue": "own",
        "name": "Own",
        "licence": "none",
        "origin": "-",
        "date": "2026-11-30",
    }
    rows = [
        head,
        *({**ENTRY, "id": f"board-{n}", "name": NAME, **e} for n, e in enumerate(entries)),
    ]
    file = folder / "own.jsonl"
    file.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return home, str(file)


def added(home: Path, *arguments: str) -> dict[str, Any]:
    """The entries of `catalogue add --json` by id."""
    told = communique("catalogue", "add", *arguments, "--yes", "--json", home=home)
    assert told.returncode in {0, 1}, told.stderr
    return {one["id"]: one for one in json.loads(told.stdout)["entries"]}


def test_press_rooms_are_added_and_the_second_time_nothing_is_requested(
    rooms: list[Room], tmp_path: Path
) -> None:
    home, file = home_with(tmp_path, *({"url": f"{room.base}/"} for room in rooms))
    assert {one["state"] for one in added(home, file).values()} == {"added"}
    for number, room in enumerate(rooms):
        source = read_source(home / "sources" / f"board-{number}.toml")
        assert source.catalogue == f"own/board-{number}"
        assert (source.name, source.timezone) == (NAME, "Europe/London")
        assert source.url == f"{room.base}/"
        assert (home / "samples" / f"board-{number}" / "expected.json").is_file()
        assert room.log[0][0] == "/robots.txt"
        room.log.clear()
    texts = {path: path.read_bytes() for path in (home / "sources").iterdir()}
    assert {one["state"] for one in added(home, file).values()} == {"present"}
    assert [room.log for room in rooms] == [[], [], []]
    assert {path: path.read_bytes() for path in (home / "sources").iterdir()} == texts


def test_an_entry_is_not_added_if_its_site_is_empty_closed_or_has_another_owner(
    rooms: list[Room], tmp_path: Path
) -> None:
    rooms[1].page("/", "<title>Board</title><p>Welcome to the board.</p>")
    rooms[2].answers["/robots.txt"] = Answer(b"User-agent: *\nDisallow: /\n")
    home, file = home_with(
        tmp_path,
        {"url": f"{rooms[0].base}/", "name": "Ministry of Tides"},
        {"url": f"{rooms[1].base}/"},
        {"url": f"{rooms[2].base}/"},
        {"url": f"{rooms[0].base}/news/", "press": f"{rooms[0].base}/"},
    )
    found = added(home, file)
    assert [one["state"] for one in found.values()] == ["unsure", "failed", "failed", "added"]
    assert "Ministry of Tides" in found["board-0"]["reason"]
    assert "robots" in found["board-2"]["reason"]
    assert [path.name for path in (home / "sources").iterdir()] == ["board-3.toml"]
    shown = communique("catalogue", "show", file, "--json", home=home).stdout
    rows = {one["id"]: one for one in json.loads(shown)["entries"]}
    for name in found:
        assert rows[name]["attempt"]["state"] == found[name]["state"]
        assert rows[name]["attempt"]["at"] == found[name]["at"]
    assert (rows["board-2"]["tier"], rows["board-3"]["tier"]) == ("listed", "listed")
    table = " ".join(communique("catalogue", "show", file, home=home).stdout.split())
    assert "unsure, 20" in table
    assert "added, 20" not in table
    # All are tried again, and --force adds the uncertain one unless its page is collected already.
    again = communique("catalogue", "add", file, "board-0", "--yes", "--force", home=home)
    assert "board-0: present (board-3 collects from" in again.stdout


def test_the_time_zone_of_an_entry_without_one_is_that_of_its_country(
    rooms: list[Room], tmp_path: Path
) -> None:
    urls = ({"url": f"{room.base}/", "timezone": ""} for room in rooms)
    home, file = home_with(tmp_path, *({**one, "country": "IE"} for one in urls))
    assert added(home, file, "board-0")["board-0"]["state"] == "added"
    assert 'timezone = "Europe/Dublin"\n' in (home / "sources/board-0.toml").read_text()


def test_lines_and_a_table_of_reasons_are_printed_in_a_pipe(
    rooms: list[Room], tmp_path: Path
) -> None:
    rooms[1].answers.clear()
    home, file = home_with(tmp_path, {"url": f"{rooms[0].base}/"}, {"url": f"{rooms[1].base}/"})
    told = communique("catalogue", "add", file, "--yes", home=home)
    assert told.returncode == 1
    assert f"board-0: added, 4 releases at {rooms[0].base}/" in told.stdout
    assert told.stdout.splitlines()[-1] == "1 added, 0 present, 0 unsure, 1 failed"
    refused = communique("catalogue", "add", file, home=home)
    assert refused.returncode == 2
    assert "--yes" in refused.stderr


def test_a_killed_command_continues_and_adds_nothing_twice(
    rooms: list[Room], tmp_path: Path
) -> None:
    rooms[1].page("/", "<title>Board</title><p>Welcome to the board.</p>")
    rooms[2].answers["/"].hold = held = threading.Event()
    home, file = home_with(tmp_path, *({"url": f"{room.base}/"} for room in rooms))
    log = home / "catalogues" / "attempts" / "own.jsonl"
    command = ["catalogue", "add", file, "--yes", "--home", str(home)]
    with forked_command(command, "") as (process, said):
        rooms[2].wait_for("/")
        assert {next(said).split()[0] for _ in range(2)} == {"board-0:", "board-1:"}
        process.kill()
    held.set()
    assert log.read_bytes().count(b"\n") == 2
    # The last line of a killed writer may be incomplete.
    with log.open("ab") as file_of_log:
        file_of_log.write(b'{"entry":"bo')
    asked = [len(room.log) for room in rooms]
    found = added(home, file)
    assert [one["state"] for one in found.values()] == ["added", "failed", "added"]
    assert [len(room.log) for room in rooms[:2]] == asked[:2]
    assert sorted(path.name for path in (home / "sources").iterdir()) == [
        "board-0.toml", "board-2.toml",
    ]  # fmt: skip


def test_a_newer_catalogue_is_merged_and_a_moved_site_is_inspected_again(
    rooms: list[Room], tmp_path: Path
) -> None:
    home, file = home_with(tmp_path, *({"url": f"{room.base}/"} for room in rooms[:2]))
    added(home, file)
    edited = home / "sources" / "board-1.toml"
    edited.write_text(edited.read_text().replace("Europe/London", "Asia/Baku") + "# ours\n")
    rooms[0].log.clear()
    text = Path(file).read_text().replace("Europe/London", "Asia/Tbilisi")
    Path(file).write_text(text.replace(rooms[0].base, rooms[2].base))
    before = {one: one.read_bytes() for one in (home / "sources").iterdir()}
    dry = communique("catalogue", "update", file, "--dry-run", home=home).stdout
    assert "board-0: updated (url, timezone)" in dry
    assert {one: one.read_bytes() for one in (home / "sources").iterdir()} == before
    told = communique("catalogue", "update", file, home=home)
    assert told.returncode == 0, told.stderr
    assert told.stdout.splitlines()[0] == "board-1: kept your timezone"
    assert "board-0: updated (url, timezone)" in told.stdout
    moved = read_source(home / "sources" / "board-0.toml")
    assert (moved.url, moved.timezone) == (f"{rooms[2].base}/", "Asia/Tbilisi")
    assert edited.read_text().endswith("# ours\n")
    assert rooms[0].log == []
    # A new owner's site changes nothing.
    rooms[1].page("/", listing_html([1, 2, 3, 4]).replace("Harbour Board", "Casino"))
    for number in range(1, 5):
        page = release_html(number).replace("Harbour Board", "Casino").replace("Lindmouth", "Luck")
        rooms[1].page(f"/news/{number}.html", page)
    Path(file).write_text(Path(file).read_text().replace(rooms[2].base, rooms[1].base))
    again = communique("catalogue", "update", file, "--json", home=home)
    assert again.returncode == 1
    first = next(one for one in json.loads(again.stdout)["sources"] if one["entry"] == "board-0")
    assert (first["outcome"], "changed" in first) == ("unsure", False)
    assert read_source(home / "sources" / "board-0.toml") == moved


def test_entries_are_checked_without_writing_anything(rooms: list[Room], tmp_path: Path) -> None:
    home, file = home_with(tmp_path, {"url": f"{rooms[0].base}/"}, {"url": "http://127.0.0.1:9/"})
    checked = communique("catalogue", "check", file, "board-0", home=home)
    assert (checked.returncode, checked.stderr) == (0, "")
    assert f"board-0: found, 4 releases at {rooms[0].base}/" in checked.stdout
    assert not (home / "sources").exists()
    assert not (home / "catalogues").exists()
    assert communique("catalogue", "check", file, "--country", "gb", home=home).returncode == 1
