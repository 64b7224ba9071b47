"""The feeds of watches: what they hold, and for whom."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

import feedparser
import httpx
import pytest

from data.models import HealthEvent, Source
from data.settings import SiteSettings
from data.store.open import open_store
from feeds.server.app import HomeFolders, create_app
from tests.drafts import BODY, draft, published
from tests.feeds.serving import served_by

NOON = dt.datetime(2026, 3, 2, 12, tzinfo=dt.UTC)
HOUR = dt.timedelta(hours=1)
TOKEN = "t" * 20
OTHER = "o" * 20


@pytest.fixture(scope="module")
def web(tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    """A site of an edited, a retracted and a hidden release, and of watches with feeds."""
    home = tmp_path_factory.mktemp("home")
    url = f"sqlite:{home / 'communique.db'}"
    store = open_store(url)
    store.register(Source("harbour", "Harbour Board", "http://harbour.example/"))
    ids = {}
    for number, title in enumerate(("Signal station", "Tides", "Hidden tides", "Ferries")):
        made = draft(
            f"http://harbour.example/{number}",
            title=title,
            body_text=f"{BODY} {title} {number}",
            published=published(f"2026-03-0{number + 1}"),
        )
        ids[title] = store.record(made, seen=NOON, since=NOON).release.id
    edited = draft(
        "http://harbour.example/0",
        title="Signal station",
        body_text=BODY.replace("4.2", "4.6"),
        published=published("2026-03-01"),
    )
    store.record(edited, seen=NOON + HOUR, since=NOON)
    store.mark_gone(ids["Tides"], seen=NOON + HOUR)
    store.retract(ids["Tides"], at=NOON + 2 * HOUR)
    store.retract(ids["Ferries"], at=NOON + HOUR)
    store.mark_unchanged(ids["Ferries"], seen=NOON + 2 * HOUR)
    store.hide(ids["Hidden tides"], at=NOON, why="no release")
    store.add_health_events([HealthEvent("harbour", False, NOON, "closed", "blocked")])  # noqa: FBT003 - its state
    store.update_search_index()
    store.close()
    watches = home / "watches"
    watches.mkdir()
    for name, keys, token in (
        ("tides", 'query = "tides -ferries"', TOKEN),
        ("many", f"sources = {[*map('s{}'.format, range(30)), 'harbour']}", OTHER),
        ("all", 'kinds = ["release", "edit", "health"]\nsources = ["harbour"]', OTHER),
    ):
        (watches / f"{name}.toml").write_text(
            f'name = "Watch <{name}>"\n{keys}\n[feed]\ntoken = "{token}"\n'
        )
    (watches / "none.toml").write_text('name = "None"\n')
    (watches / "broken.toml").write_text("name = 1\n")
    site = SiteSettings(url="https://press.example")
    yield from served_by(create_app(home / "site", url, site, home=HomeFolders(watches=watches)))


@pytest.mark.parametrize("kind", ["atom", "rss", "json"])
def test_a_feed_contains_the_matches_of_its_watch_but_not_its_token(
    web: httpx.Client, kind: str
) -> None:
    answer = web.get(f"/feeds/watch/tides.{kind}", params={"token": TOKEN})
    assert answer.status_code == 200
    assert answer.headers["cache-control"] == "private, max-age=60"
    assert TOKEN not in answer.text
    assert TOKEN not in str(answer.headers)
    assert "Retracted: Tides" in answer.text
    assert "Hidden" not in answer.text
    if kind == "atom":
        told = feedparser.parse(answer.content)
        assert told.feed.title == "Watch &lt;tides&gt; · Communique"
        assert [entry.title for entry in told.entries] == ["Retracted: Tides", "Tides"]


def test_a_return_is_in_the_feed_of_a_watch_by_default(web: httpx.Client) -> None:
    told = feedparser.parse(web.get("/feeds/watch/many.atom", params={"token": OTHER}).content)
    assert "Back online: Ferries" in [entry.title for entry in told.entries]


def test_it_contains_the_requested_kinds(web: httpx.Client) -> None:
    told = feedparser.parse(web.get("/feeds/watch/all.atom", params={"token": OTHER}).content)
    assert sorted(entry.title for entry in told.entries) == [
        "Corrected: Signal station",
        "Ferries",
        "Harbour Board: blocks our visits",
        "Signal station",
        "Tides",
    ]


def test_a_watch_may_name_very_many_sources(web: httpx.Client) -> None:
    told = feedparser.parse(web.get("/feeds/watch/many.atom", params={"token": OTHER}).content)
    assert {"Ferries", "Tides", "Signal station"} <= {entry.title for entry in told.entries}


@pytest.mark.parametrize(
    "address",
    [
        "tides.atom",
        f"tides.atom?token={OTHER}",
        "tides.atom?token=",
        "tides.atom?token=%C3%A9",
        f"tides.html?token={TOKEN}",
        f"tides?token={TOKEN}",
        f"none.atom?token={TOKEN}",
        f"broken.atom?token={TOKEN}",
        f"../../watches/tides.atom?token={TOKEN}",
        f"%2e%2e/watches/tides.atom?token={TOKEN}",
        f"missing.atom?token={TOKEN}",
    ],
)
def test_only_its_owner_learns_whether_a_watch_exists(web: httpx.Client, address: str) -> None:
    assert web.get(f"/feeds/watch/{address}").status_code == 404


def test_no_feed_names_it(web: httpx.Client) -> None:
    assert "watch" not in web.get("/opml.xml").text
