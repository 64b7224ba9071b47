"""Releases without a date, from the listing to the feed: no flood, no hour that nobody said."""

from __future__ import annotations

import json
from pathlib import Path

from tests.command import collect, communique, make_home
from tests.press_room import Room, served

TOWNS = ("Lindmouth", "Orsholm", "Kettering Vale", "Brae", "Nether Stow", "Pell", "Aldwick")

TEXTS = (
    "",
    "Skippers can hand in their papers from eight to six, and the lamps are lit all night.",
    "The council paid for the roof, a mason of the town for the stairs; nobody paid for the paint.",
    "Ferry tickets are sold at the counter again, three years after the storm took the old booth.",
    "A room upstairs shows the charts of the pilot Anders Voll, who drew them in one summer.",
)


def listing(numbers: list[int]) -> str:
    """A page that lists releases by title alone."""
    rows = "".join(
        f'<li><a href="/news/{n}.html">Harbour office of {TOWNS[n]} opens its doors</a></li>'
        for n in numbers
    )
    return f"<html><body><h1>News</h1><main><ul class='news'>{rows}</ul></main></body></html>"


def release(number: int, date: str = "") -> str:
    """A release page, which says a date or none."""
    town = TOWNS[number]
    return (
        f"<html lang='en'><body><main><h1>Harbour office of {town} opens its doors</h1>{date}"
        f"<p>{TEXTS[number]}</p><p>Visitors find it beside pier {number}.</p>"
        "</main></body></html>"
    )


def undated_home(folder: Path, room: Room) -> Path:
    """A HOME that collects from the room, and is told where its list is."""
    home = make_home(folder, f"{room.base}/news/")
    with (home / "sources" / "harbour.toml").open("a") as file:
        file.write('[listing]\nlink = "ul.news a::attr(href)"\n')
    return home


def feed(home: Path, name: str = "all") -> list[dict[str, object]]:
    """The items of a published feed."""
    text = (home / "site" / "feeds" / f"{name}.json").read_text()
    return json.loads(text)["items"]  # type: ignore[no-any-return]


def exported(home: Path) -> list[dict[str, object]]:
    """All releases as JSON."""
    lines = communique("export", home=home).stdout.splitlines()
    return [json.loads(line) for line in lines]


def test_a_first_visit_floods_no_feed_and_later_releases_are_new_on_their_day(
    tmp_path: Path,
) -> None:
    with served() as room:
        fill(room, [3, 2, 1])
        home = undated_home(tmp_path / "home", room)
        run = collect(home)
        assert (run["new"], run["errors"]) == (3, []), "a room that dates nothing is no error"
        communique("publish", home=home)
        assert feed(home) == []
        assert {(one["published"], one["precision"]) for one in exported(home)} == {(None, "none")}
        fill(room, [4, 3, 2, 1])
        assert collect(home)["new"] == 1
        communique("publish", home=home)
        (item,) = feed(home)
        assert item["title"] == "Harbour office of Nether Stow opens its doors"
        assert str(item["date_published"])[11:19] == "12:00:00"
        page = (home / "site" / "sources" / "harbour" / "index.html").read_text()
        places = [page.index(TOWNS[number]) for number in (4, 3, 2, 1)]
        assert places == sorted(places), "the page keeps the order of the publisher's page"


def test_one_undated_release_among_dated_ones_is_reported(tmp_path: Path) -> None:
    with served() as room:
        fill(room, [3, 2, 1], dated=(1, 2))
        home = undated_home(tmp_path / "home", room)
        run = collect(home)
        assert [(one["kind"], one["url"]) for one in run["errors"]] == [
            ("date", f"{room.base}/news/3.html")
        ]
        assert [one["precision"] for one in exported(home)].count("none") == 1


def test_an_export_of_undated_releases_is_imported_unchanged(tmp_path: Path) -> None:
    with served() as room:
        fill(room, [3, 2, 1])
        home = undated_home(tmp_path / "home", room)
        collect(home)
        lines = communique("export", home=home).stdout
        (tmp_path / "lines.jsonl").write_text(lines)
        other = undated_home(tmp_path / "other", room)
        communique("import", str(tmp_path / "lines.jsonl"), "--source", "harbour", home=other)
        told = ("id", "title", "published", "precision")
        assert [{name: one[name] for name in told} for one in exported(other)] == [
            {name: one[name] for name in told} for one in exported(home)
        ]


def fill(room: Room, numbers: list[int], dated: tuple[int, ...] = ()) -> None:
    """Let the room list these releases."""
    room.page("/news/", listing(numbers))
    for number in numbers:
        date = f"<time datetime='2026-03-0{number}'>{number} March 2026</time>"
        room.page(f"/news/{number}.html", release(number, date if number in dated else ""))


def test_an_impossible_date_is_kept_as_written_and_reported(tmp_path: Path) -> None:
    with served() as room:
        room.page("/news/", listing([1, 2, 3, 4]))
        for number in (1, 2, 3):
            room.page(f"/news/{number}.html", release(number, f"<p>{number} March 2026</p>"))
        room.page("/news/4.html", release(4, '<p class="date">32 March 2026</p>'))
        home = undated_home(tmp_path / "home", room)
        run = collect(home)
    (error,) = run["errors"]
    assert error["kind"] == "date"
    assert "'32 March 2026'" in error["message"]
    (one,) = [one for one in exported(home) if not one["published"]]
    assert one["precision"] == "none"


def test_a_zone_that_is_not_the_sources_is_reported_once(tmp_path: Path) -> None:
    with served() as room:
        room.page("/news/", listing([1, 2, 3]))
        for number in (1, 2, 3):
            day = f'<p class="date">{number} March 2026, 10:30 IST</p>'
            room.page(f"/news/{number}.html", release(number, day))
        home = undated_home(tmp_path / "home", room)
        run = collect(home)
    (error,) = run["errors"]
    assert error["kind"] == "date"
    assert "IST" in error["message"]
