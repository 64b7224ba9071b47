"""The store tells on which days sources published, and how many did."""

from __future__ import annotations

import datetime as dt

from data.models import Rhythm, Source, SourceRhythm
from data.store.core.store import Store
from tests.drafts import draft, published


def test_rhythms_are_kept_by_source(store: Store, noon: dt.datetime) -> None:
    day = noon.date()
    rhythm = Rhythm(day, day, (0.1,) * 7, (1.0,) * 7, (2.0,) * 7, 1.0, 3.0, ((day, day),))
    known = SourceRhythm(9, rhythm)
    store.keep_rhythms({"harbour": SourceRhythm(1), "wire": known})
    store.keep_rhythms({"harbour": known})
    assert store.rhythms() == {"harbour": known, "wire": known}


def filled(store: Store, noon: dt.datetime) -> Store:
    """Three sources of two zones; one has nothing but what has no date."""
    zones = {"harbour": "Europe/Paris", "wire": "Europe/Paris", "pier": "Asia/Baku", "old": "UTC"}
    for source, zone in zones.items():
        store.register(Source(source, source.title(), f"http://{source}.example/", zone))
    days = {"harbour": (2, 2, 4), "wire": (2, 5), "pier": (4,)}
    for source, some in days.items():
        for number, day in enumerate(some):
            one = draft(
                f"http://{source}.example/{number}",
                source=source,
                title=f"Notice {number} of {source}",
                body_text=f"{source} tells its news number {number}.",
                published=published(f"2026-03-{day:02}"),
            )
            store.record(one, seen=noon + dt.timedelta(9), since=noon)
    undated = draft("http://old.example/1", source="old", published=None, position=0)
    store.record(undated, seen=noon, since=noon)
    return store


def march(day: int) -> dt.date:
    return dt.date(2026, 3, day)


def test_the_days_of_a_source_are_listed_once_newest_first(store: Store, noon: dt.datetime) -> None:
    filled(store, noon)
    assert list(store.release_days("harbour")) == [march(4), march(2)]
    assert store.release_days("old") == store.release_days("nobody") == []


def test_the_first_day_of_each_dated_source_is_known(store: Store, noon: dt.datetime) -> None:
    filled(store, noon)
    assert store.first_days() == {"harbour": march(2), "wire": march(2), "pier": march(4)}


def test_sources_are_counted_by_day_and_zone(store: Store, noon: dt.datetime) -> None:
    filled(store, noon)
    found = store.publishing_sources(march(3))
    assert found == {"Europe/Paris": {march(4): 1, march(5): 1}, "Asia/Baku": {march(4): 1}}
    assert store.publishing_sources(march(1))["Europe/Paris"][march(2)] == 2
