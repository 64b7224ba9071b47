"""Everything that is published is reached from the first page, in a folder that nobody serves."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from pathlib import Path

import pytest

from data.models import UNDATED_BEFORE, HealthEvent, Published
from data.settings import SiteSettings
from feeds.publishing.publish import publish
from tests.feeds.sample_store import NOON, SampleStore, make_release, on_day
from tests.site_walk import pages_of, walked

SITE = SiteSettings(url="https://press.example", entries=42)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A site with releases of several days, of one day, without a date, edited, taken down."""
    folder = tmp_path_factory.mktemp("reachable")
    none = Published(NOON, "none", "Asia/Baku", "", "undated")
    store = SampleStore(
        *(make_release(number) for number in range(70)),
        *(make_release(number, "wire", language="az", topics=()) for number in range(70, 75)),
        make_release(80, published=on_day("2019-02-28", "Asia/Baku"), topics=("energy",)),
    )
    for place in range(60):
        order = UNDATED_BEFORE - dt.timedelta(seconds=1 + place)
        store.put(make_release(100 + place, "wire", published=none, order=order))
    for number in range(45):
        release = store.stored(make_release(number).id)
        content = replace(release.content, body_text=f"What notice {number} says.")
        later = NOON + dt.timedelta(days=20, hours=number)
        retracted = later if number % 2 else None
        store.put(replace(release, content=content, updated=later, revision=2, retracted=retracted))
    store.add_health_events(
        [HealthEvent("wire", well=False, at=NOON, reason="500", state="failing")]
    )
    assert publish(store, folder / "site", SITE, cache=folder / "rendered.db").errors == ()
    return folder / "site"


@pytest.mark.thorough
def test_every_page_is_reached_and_no_link_is_dead(site: Path) -> None:
    reached, dead = walked(site)
    assert dead == set()
    assert pages_of(site) - reached == set()


def test_every_release_and_every_feed_is_reached(site: Path) -> None:
    reached, _ = walked(site)
    assert sum(file.startswith("releases/") and file.count("/") == 2 for file in reached) >= 136
    feeds = {path.relative_to(site).as_posix() for path in (site / "feeds").rglob("*.atom")}
    assert {file for file in feeds if "/page/" not in file} - reached == set()
