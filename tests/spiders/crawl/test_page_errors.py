"""Pages that break something, whatever it is: they are told, and all others are kept."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from data.store.sqlite.store import SqliteStore
from tests.command import collect, communique, make_home
from tests.press_room import Answer, Room, listing_html, release_html, served

LONE = r"\ud800"
"""As JSON and scripts write half of a surrogate pair."""


@pytest.fixture
def room() -> Iterator[Room]:
    """A press room of three releases."""
    with served() as room:
        room.page("/news/", listing_html([3, 2, 1]))
        for number in (1, 2, 3):
            room.page(f"/news/{number}.html", release_html(number, day=f"{2 + number} March 2026"))
        yield room


@pytest.fixture
def home(room: Room, tmp_path: Path) -> Path:
    """A HOME with that source."""
    return make_home(tmp_path / "home", f"{room.base}/news/")


def titles(home: Path) -> set[str]:
    """The titles of all that is stored."""
    lines = communique("export", home=home).stdout.splitlines()
    return {str(json.loads(line)["title"]).partition(":")[0] for line in lines}


def sabotage(home: Path, trigger: str) -> None:
    """Let the store fail at what a trigger describes."""
    SqliteStore(home / "communique.db").close()
    with sqlite3.connect(home / "communique.db") as db:
        db.execute(
            f"CREATE TRIGGER spoilt BEFORE {trigger} BEGIN SELECT RAISE(ABORT, 'spoilt'); END"
        )
    db.close()


def health(home: Path) -> dict[str, Any]:
    """How the one source is."""
    (one,) = json.loads(communique("health", "--json", home=home).stdout)["sources"]
    return dict(one)


def kept_runs(home: Path) -> int:
    """How many reports the store holds."""
    store = SqliteStore(home / "communique.db")
    runs = store.runs("harbour", limit=9)
    store.close()
    return len(runs)


def test_an_invalid_address_affects_no_other(room: Room, home: Path) -> None:
    bad = f"http://127.0.0.1:{99999}/news/4.html"
    row = f'<li class="row"><span class="date">9 March 2026</span> <a href="{bad}">Notice</a></li>'
    room.page(
        "/news/", listing_html([3, 2, 1]).replace('<li class="row">', row + '<li class="row">', 1)
    )
    run = collect(home)
    assert (run["found"], run["new"]) == (4, 3)
    # The page is at fault, not our code, and nothing of ours is lost.
    assert [(error["url"], error["kind"]) for error in run["errors"]] == [(bad, "refused")]
    assert kept_runs(home) == 1


def test_a_next_page_with_an_invalid_address_leaves_the_list_and_the_report(
    room: Room, home: Path
) -> None:
    following = '<a rel="next" href="http://127.0.0.1:99999/news/?page=2">Next page</a>'
    room.page("/news/", listing_html([3, 2, 1], more=following))
    assert collect(home)["new"] == 3
    assert kept_runs(home) == 1


@pytest.mark.thorough
def test_a_release_that_the_store_refuses_is_reported_and_affects_no_other(
    room: Room, home: Path
) -> None:
    sabotage(home, f"INSERT ON releases WHEN NEW.url = '{room.base}/news/2.html'")
    run = collect(home)
    assert run["new"] == 2
    ((url, kind),) = [(error["url"], error["kind"]) for error in run["errors"]]
    assert (url, kind) == (f"{room.base}/news/2.html", "store")
    assert titles(home) == {"Notice 1", "Notice 3"}
    assert kept_runs(home) == 1
    told = health(home)
    assert told["state"] == "ok"
    assert "1 page of its last visit" in told["reason"]


def test_a_source_without_any_stored_release_is_failing(room: Room, home: Path) -> None:
    del room
    sabotage(home, "INSERT ON releases")
    result = communique("collect", "--json", home=home)
    assert result.returncode == 1
    assert health(home)["state"] == "failing"
    assert "spoilt" in health(home)["reason"]


@pytest.mark.parametrize("table", ["layout_templates", "search_rows", "validators"])
def test_a_failure_outside_the_releases_keeps_the_report(
    room: Room, home: Path, table: str
) -> None:
    del room
    sabotage(home, f"INSERT ON {table}")
    result = communique("collect", "--json", home=home)
    assert result.returncode == 1
    (run,) = json.loads(result.stdout)["runs"]
    assert run["errors"]
    assert all(error["kind"] in {"store", "bug"} for error in run["errors"])
    assert kept_runs(home) == 1


def test_a_report_that_cannot_be_kept_is_printed_with_a_note(room: Room, home: Path) -> None:
    del room
    sabotage(home, "INSERT ON runs")
    run = collect(home)
    assert run["new"] == 3
    assert [error["kind"] for error in run["errors"]] == ["store"]


def test_a_source_whose_visit_cannot_begin_spoils_no_other_of_its_batch(
    room: Room, home: Path
) -> None:
    other = (home / "sources/harbour.toml").read_text().replace("/news/", "/other/")
    (home / "sources/pilots.toml").write_text(other)
    room.page("/other/", listing_html([2, 1], path="/other/{}.html"))
    for number in (1, 2):
        room.page(f"/other/{number}.html", release_html(number, day=f"{2 + number} March 2026"))
    sabotage(home, "INSERT ON sources WHEN NEW.id = 'harbour'")
    runs = json.loads(communique("collect", "--json", home=home).stdout)["runs"]
    by_id = {run["source"]: run for run in runs}
    assert [error["kind"] for error in by_id["harbour"]["errors"]] == ["crawl"]
    assert by_id["pilots"]["new"] == 2


def test_half_a_surrogate_pair_in_metadata_loses_nothing(room: Room, home: Path) -> None:
    said = (
        '{"@type": "NewsArticle", "headline": "Notice 2: %s", "image": "http://x.example/%s.png"}'
    )
    script = f'<script type="application/ld+json">{said % (LONE, LONE)}</script></head>'
    room.page("/news/2.html", release_html(2, day="4 March 2026").replace("</head>", script))
    run = collect(home)
    assert (run["new"], run["errors"]) == (3, [])


def test_half_a_surrogate_pair_in_a_feed_loses_none_of_its_items(
    room: Room, tmp_path: Path
) -> None:
    items = [
        {
            "id": f"{room.base}/news/{n}.html",
            "url": f"{room.base}/news/{n}.html" + (f"#{LONE}" if n == 3 else ""),
            "title": f"Notice {n}: ships counted at pier {n}" + (LONE if n == 2 else ""),
            "date_published": f"2026-03-{2 + n:02}T10:00:00Z",
            "image": f"{room.base}/{LONE}.png",
        }
        for n in (3, 2, 1)
    ]
    feed = json.dumps({"version": "https://jsonfeed.org/version/1.1", "title": "x", "items": items})
    body = feed.replace("\\\\u", "\\u").encode()
    room.answers["/feed.json"] = Answer(body, content_type="application/feed+json")
    home = make_home(tmp_path / "feeds", f"{room.base}/news/", feed=f'"{room.base}/feed.json"')
    run = collect(home)
    assert run["new"] == 3
    assert run["errors"] == []


def test_half_a_surrogate_pair_in_a_wordpress_response_loses_no_post(
    room: Room, tmp_path: Path
) -> None:
    posts = [
        {
            "link": f"{room.base}/news/{n}.html",
            "date": f"2026-03-{2 + n:02}T10:00:00",
            "title": {"rendered": f"Notice {n}: ships counted at pier {n}{LONE}"},
            "excerpt": {"rendered": f"<p>{LONE}</p>"},
        }
        for n in (3, 2, 1)
    ]
    body = json.dumps(posts).replace("\\\\u", "\\u").encode()
    room.answers["/wp-json/wp/v2/posts"] = Answer(body, content_type="application/json")
    feed = f'"{room.base}/wp-json/wp/v2/posts"'
    run = collect(make_home(tmp_path / "feeds", f"{room.base}/news/", feed=feed))
    assert (run["new"], run["errors"]) == (3, [])


@pytest.mark.thorough
def test_half_a_surrogate_pair_in_the_state_of_a_script_loses_nothing(
    room: Room, home: Path
) -> None:
    rows = [
        {
            "title": f"Notice {n}: ships counted at pier {n} LONE",
            "url": f"/news/{n}.html",
            "date": f"2026-03-{2 + n:02}",
        }
        for n in (3, 2, 1)
    ]
    state = json.dumps({"news": rows})
    for said in (
        state.replace("LONE", LONE),
        f"JSON.parse({json.dumps(state)})".replace("LONE", "\\" + LONE),
    ):
        script = f"<script>window.__STATE__ = {said}</script>"
        room.page("/news/", f"<html><body><div id=app></div>{script}</body></html>")
        run = collect(home)
        assert (run["found"], run["errors"]) == (3, [])
    assert titles(home) == {"Notice 1", "Notice 2", "Notice 3"}
