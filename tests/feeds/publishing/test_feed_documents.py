"""Documents are, to the byte, those that would be made anew, and only what changed is read."""

from __future__ import annotations

import datetime as dt
import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest

from data.models import Facet, Release, ReleaseSummary, ReleaseTimes
from data.settings import SiteSettings
from data.store.shared_sql.events import PUBLISHING
from feeds.publishing.publish import publish
from feeds.publishing.publish_context import Publication
from feeds.urls import FORMATS
from tests.examples import thorough
from tests.feeds.sample_store import NOON, SampleStore, make_release

SITE = SiteSettings(url="https://press.example", entries=6, title="Presse & <Wort>")
LATER = NOON + dt.timedelta(days=9)


class Counting(SampleStore):
    """A store that notes which releases are asked for, and of which feeds all or the newest."""

    def __init__(self, *releases: Release) -> None:
        self.asked: list[str] = []
        self.compared: list[Facet] = []
        self.broken = ""
        super().__init__(*releases)

    def summaries(self, facet: Facet, *, limit: int | None = None) -> tuple[ReleaseSummary, ...]:
        """Note of which feed."""
        self.compared.append(facet)
        return super().summaries(facet, limit=limit)

    def release(self, release_id: str) -> Release | None:
        """Note which."""
        self.asked.append(release_id)
        if release_id == self.broken:
            raise ValueError("broken row")
        return super().release(release_id)


def run(store: SampleStore, folder: Path, *, everything: bool = False) -> Publication:
    kept = folder / "rendered.db"
    done = publish(store, folder / "site", SITE, all=everything, cache=kept, now=LATER)
    assert done.errors == ()
    return done


def forget_entries(folder: Path) -> None:
    """Take the rendered entries out of what is kept between publications."""
    with sqlite3.connect(folder / "rendered.db") as db:
        assert db.execute("DELETE FROM entries").rowcount > 0
    db.close()


CHANGES: dict[str, Callable[[], Release]] = {
    "a new release": lambda: make_release(20),
    "a release between others": lambda: make_release(3, "wire", title="Between"),
    "an edit": lambda: make_release(5, title="Other", revision=2, updated=LATER),
    "a retraction": lambda: make_release(6, retracted=LATER),
    "another topic": lambda: make_release(4, topics=("energy",)),
    "a story": lambda: make_release(7, "wire", story="s"),
    "text without a language": lambda: make_release(21, language=None),
    "so much that a page fills": lambda: make_release(22, title="x" * 500),
}


FULL_CASES = ("a story", "a retraction", "so much that a page fills")
"""Changes that reach different rules of pages."""


@pytest.mark.parametrize(
    "change", [*FULL_CASES, *thorough(*(one for one in CHANGES if one not in FULL_CASES))]
)
def test_an_incremental_change_gives_the_same_bytes_as_full_rendering(
    tmp_path: Path, change: str
) -> None:
    store = SampleStore(*(make_release(number, story="s" * (number == 2)) for number in range(8)))
    run(store, tmp_path)
    store.put(CHANGES[change]())
    assert run(store, tmp_path).written > 0
    forget_entries(tmp_path)
    assert run(store, tmp_path, everything=True).written == 0


@pytest.mark.thorough
def test_a_feed_that_changes_repeatedly_equals_one_rendered_from_scratch(tmp_path: Path) -> None:
    store = SampleStore(make_release(0))
    for change in (*map(make_release, range(1, 9)), *(one() for one in CHANGES.values())):
        run(store, tmp_path)
        store.put(change)
    run(store, tmp_path)
    # A page that is full keeps its releases; what an edit changed in one comes by the feed.
    again = run(store, tmp_path, everything=True).files
    assert [file for file in again if "/page/" not in file] == []


@pytest.mark.thorough
def test_only_changed_sources_are_examined(tmp_path: Path) -> None:
    store = Counting(*(make_release(number, story="s") for number in range(20)))
    run(store, tmp_path)
    store.compared.clear()
    store.put(make_release(3, title="Another"))
    store.put(make_release(20))
    assert run(store, tmp_path).written > 0
    assert set(store.compared) <= {Facet("acme"), Facet("wire")}, "for the health of sources alone"
    again = run(store, tmp_path, everything=True).files
    assert [file for file in again if "/page/" not in file] == []


@pytest.mark.thorough
def test_a_feed_that_failed_later_gets_the_missed_and_the_new_changes(tmp_path: Path) -> None:
    store = Counting(*(make_release(number) for number in range(4)))
    run(store, tmp_path)
    store.put(make_release(5, "wire", topics=("energy",)))
    store.put(make_release(2, title="Edited"))
    store.broken = make_release(2).id
    kept = tmp_path / "rendered.db"
    assert publish(store, tmp_path / "site", SITE, cache=kept, now=LATER).errors
    store.broken = ""
    store.put(make_release(7, "wire", topics=("energy",)))
    run(store, tmp_path)
    assert not store.dirty_feeds(store.cursor_of(PUBLISHING))
    assert run(store, tmp_path, everything=True).written == 0
    titles = (tmp_path / "site/feeds/all.atom").read_text("utf-8")
    told = ("Statement 5", "Edited", "Statement 7")
    assert all(f"<title>{title}</title>" in titles for title in told)


def test_a_lost_document_is_written_again(tmp_path: Path) -> None:
    store = SampleStore(*(make_release(number) for number in range(4)))
    run(store, tmp_path)
    for kind in FORMATS:
        (tmp_path / f"site/feeds/all.{kind}").unlink()
    store.put(make_release(5))
    run(store, tmp_path)
    assert run(store, tmp_path, everything=True).written == 0


def test_entries_that_stay_are_not_rendered_again(tmp_path: Path) -> None:
    store = Counting(*(make_release(number) for number in range(6)))
    run(store, tmp_path)
    store.asked.clear()
    store.put(make_release(9))
    run(store, tmp_path)
    # The page of the one before names the new one.
    assert set(store.asked) == {make_release(9).id, make_release(5).id}


@pytest.mark.thorough
def test_a_damaged_record_of_feed_contents_loses_nothing(tmp_path: Path) -> None:
    store = SampleStore(*(make_release(number) for number in range(12)))
    run(store, tmp_path)
    with sqlite3.connect(tmp_path / "rendered.db") as db:
        assert db.execute("DELETE FROM current").rowcount > 0
    db.close()
    store.put(make_release(3, title="Edited", revision=2, updated=LATER))
    run(store, tmp_path)
    again = run(store, tmp_path, everything=True).files
    assert [file for file in again if "/page/" not in file] == []


class Late(SampleStore):
    """A store whose source was seen four minutes late, and its feeds came a minute after."""

    def release_times(self, source: str, *, limit: int) -> tuple[ReleaseTimes, ...]:
        """The same for each release, and the last in a publication of its own."""
        times = [ReleaseTimes(0.0, 240.0, 300.0 + (n == 0), 360.0) for n in range(limit)]
        return tuple(times) if source == "acme" else ()


def test_the_page_of_a_source_shows_the_latency_of_its_releases(tmp_path: Path) -> None:
    run(Late(make_release(1), make_release(2, "wire")), tmp_path)
    said = "In the median, releases are found 4 minutes after the time that they state"
    page = (tmp_path / "site/sources/acme/index.html").read_text()
    assert said in page
    assert "in the feeds 1 minute after they were found" in page
    assert "alerts" not in page
    for other in ("sources/wire", "topics/economy", "."):
        assert said not in (tmp_path / "site" / other / "index.html").read_text()
