"""Each press room in tests/sources is read as a person reads it, field by field.

A room is a folder: source.toml, listing.html (or .json, .xml), release.html and expected.json. A
new one needs no code here; where its expected.json is missing, that is written and the test fails
once, for a person to read it.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from spiders.sources.source_file import SourceFile
from tests.golden import Room, rooms

UNSOLVED: dict[str, str] = {}
"""Fields that detection does not get right yet, and why: room, part and field."""

ALL = rooms()


def case(room: Room, part: str, field: str) -> object:
    """One field of a room to read; expected to fail where it is unsolved."""
    name = f"{room.folder.name}.{part}.{field}"
    reason = UNSOLVED.get(name)
    marks = [pytest.mark.xfail(strict=True, reason=reason)] if reason else []
    return pytest.param(room, part, field, id=name, marks=marks)


CASES = [case(room, *field) for room in ALL for field in room.fields()]


@pytest.mark.parametrize(("room", "part", "field"), CASES)
def test_a_room_is_read_as_a_person_reads_it(room: Room, part: str, field: str) -> None:
    assert room.found(part, field) == room.wanted(part, field)


@pytest.mark.parametrize("room", ALL, ids=lambda room: room.folder.name)
def test_expectations_are_written_by_a_person(room: Room) -> None:
    if not room.expected:
        pytest.fail(f"{room.write().name} was written; read it, correct it and run again")
    assert {"items", "next"} <= set(room.expected["listing"])
    assert {"title", "published", "precision", "language", "body_text"} <= set(
        room.expected["release"]
    )


def test_a_name_a_url_and_a_zone_are_enough_for_nearly_all_rooms() -> None:
    plain = SourceFile("", "", "")
    helped = [
        room.folder.name
        for room in ALL
        if (room.source.listing, room.source.releases) != (plain.listing, plain.releases)
    ]
    assert len(helped) <= 3


def test_every_unsolved_field_is_one_that_a_room_states() -> None:
    stated = {f"{room.folder.name}.{part}.{field}" for room in ALL for part, field in room.fields()}
    assert set(UNSOLVED) <= stated


def test_a_missing_expectation_is_written_once_and_holds_from_then_on(tmp_path: Path) -> None:
    model = ALL[0]
    for path in model.folder.iterdir():
        if path.name != "expected.json":
            (tmp_path / path.name).write_bytes(path.read_bytes())
    first = Room(tmp_path)
    assert not first.expected
    first.write()
    again = Room(tmp_path)
    assert all(again.found(*field) == again.wanted(*field) for field in again.fields())
