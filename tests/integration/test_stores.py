"""The way from a press room to a feed is the same on each kind of store."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.command import SETTINGS, collect, communique, make_home
from tests.examples import thorough
from tests.press_room import Answer, Room, listing_html, release_html, served


@pytest.fixture
def room() -> Iterator[Room]:
    """A press room with four releases."""
    with served() as room:
        show(room, [4, 3, 2, 1])
        yield room


def show(room: Room, numbers: list[int]) -> None:
    """Let the room list these releases, and have a page for each."""
    room.page("/news/", listing_html(numbers))
    for number in numbers:
        room.page(f"/news/{number}.html", release_html(number))


@pytest.fixture
def home(room: Room, store_url: str, tmp_path: Path) -> Path:
    """A HOME that keeps what it collects in either kind of store."""
    home = make_home(tmp_path / "home", f"{room.base}/news/")
    if not store_url.startswith("sqlite:"):
        (home / "communique.db").unlink()
        (home / "communique.toml").write_text(f'{SETTINGS}\n[store]\nurl = "{store_url}"\n')
    return home


def done(home: Path, *arguments: str) -> str:
    """What a command says that works."""
    result = communique(*arguments, home=home)
    assert (result.returncode, result.stderr) == (0, "")
    return result.stdout


def test_collected_edited_and_retracted_releases_are_published_and_found(
    room: Room, home: Path
) -> None:
    first = collect(home)
    assert (first["new"], first["errors"]) == (4, [])
    edited = release_html(2).replace("second lamp", "third lamp")
    room.page("/news/2.html", edited)
    room.answers["/news/1.html"] = Answer(status=404)
    room.page("/news/", listing_html([4, 3, 2]))
    assert collect(home)["changed"] == 1
    assert collect(home)["retracted"] == 1
    done(home, "publish")
    feed = (home / "site/feeds/source/harbour.atom").read_text()
    assert feed.count("<entry") == 4
    assert "third lamp" in feed
    found = json.loads(done(home, "search", "third lamp", "--json"))["releases"]
    assert [one["url"] for one in found] == [f"{room.base}/news/2.html"]
    lines = [json.loads(line) for line in done(home, "export").splitlines()]
    assert [bool(one["retracted"]) for one in lines].count(True) == 1
    assert (home / "communique.db").exists() == (
        "[store]" not in (home / "communique.toml").read_text()
    )


@pytest.mark.parametrize("store_url", ["sqlite", *thorough("postgresql")], indirect=True)
def test_all_records_are_in_one_signed_log_and_the_store_is_rebuilt_from_it(
    room: Room, home: Path, tmp_path: Path
) -> None:
    collect(home)
    room.page("/news/2.html", release_html(2).replace("second lamp", "third lamp"))
    assert collect(home)["changed"] == 1
    done(home, "publish")
    # It ends with code 1 where anything is damaged or missing.
    done(home, "mirror", "verify")
    size = int((home / "site/log/checkpoint").read_text().splitlines()[1])
    # Each release has a page, one of them two, and each page a request and an answer.
    assert size > 10
    proof = tmp_path / "proof"
    proved = communique("prove", f"{room.base}/news/2.html", "--to", str(proof), home=home)
    assert proved.returncode == 0, proved.stderr
    rebuilt = tmp_path / "rebuilt"
    done(home, "mirror", "rebuild", "--to", str(rebuilt))
    assert done(rebuilt, "export") == done(home, "export")


@pytest.mark.parametrize("store_url", ["postgresql", *thorough("sqlite")], indirect=True)
def test_an_address_too_long_for_an_index_is_collected_as_any_other(room: Room, home: Path) -> None:
    # Nothing of it can be packed.
    digits = "".join(hashlib.sha256(str(number).encode()).hexdigest() for number in range(50))
    long = f"/news/4.html?words={digits}"
    room.page("/news/", listing_html([4, 3, 2, 1]).replace("/news/4.html", long))
    room.page(long, release_html(4))
    first = collect(home)
    assert (first["new"], first["errors"]) == (4, [])
    again = collect(home)
    assert (again["new"], again["changed"], again["errors"]) == (0, 0, [])
