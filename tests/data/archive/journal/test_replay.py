"""Events of a damaged journal: what can be written is."""

from __future__ import annotations

import datetime as dt

from data.archive.journal.replay import JournalReplay
from data.models import Facet, Source
from data.store.core.store import Store
from data.store.unit_of_work import decisions
from tests.drafts import draft


def test_unwritable_files_are_reported_and_affect_no_other(store: Store, noon: dt.datetime) -> None:
    release = store.record(draft(), seen=noon, since=noon).release
    replay = JournalReplay(store)
    page = decisions.Paged(Facet(), 1, [release.id])
    replay.write(
        [
            decisions.Registered(Source("harbour", "Harbour Board", "")),
            page,
            # Twice on a page; of a release that is not there; a zone of no place.
            page,
            decisions.Retracted("no-such-release", noon),
            decisions.Recorded(
                "new",
                {
                    "id": "1",
                    "source": "x",
                    "url": "http://x.example/",
                    "content": {
                        "title": "One",
                        "published": {
                            "at": noon.isoformat(),
                            "precision": "day",
                            "zone": "No/Where",
                            "raw": "",
                            "rule": "",
                        },
                    },
                    **dict.fromkeys(
                        ("first_seen", "last_seen", "updated", "order"), noon.isoformat()
                    ),
                },
                b"",
                (),
            ),
            decisions.Registered(Source("wire", "Wire", "")),
        ]
    )
    assert [one.partition(":")[0] for one in replay.refused] == ["archive_page", "record"]
    assert replay.lost == {"no-such-release"}
    assert sorted(store.sources()) == ["harbour", "wire"]
    assert store.archive_page(Facet(), 1) == (release.id,)


def test_a_release_whose_beginning_is_lost_is_named(store: Store, noon: dt.datetime) -> None:
    times = dict.fromkeys(("first_seen", "last_seen", "updated", "order"), noon.isoformat())
    changed = {"id": "1", "source": "x", "url": "http://x.example/", "revision": 2, **times}
    replay = JournalReplay(store)
    replay.write([decisions.Recorded("changed", changed, b"", ())])
    assert (replay.lost, replay.refused) == ({"1"}, [])


def test_a_release_without_a_version_is_named(store: Store, noon: dt.datetime) -> None:
    release = store.record(draft(), seen=noon, since=noon).release
    replay = JournalReplay(store)
    times = dict.fromkeys(("first_seen", "last_seen", "updated", "order"), noon.isoformat())
    fields = {"id": release.id, "source": "harbour", "url": release.url, **times}
    replay.write([decisions.Recorded("changed", {**fields, "revision": 2}, b"", ())])
    assert replay.lost == set()
    replay.write([decisions.Recorded("changed", {**fields, "revision": 4}, b"", ())])
    assert replay.lost == {release.id}
