"""A site that was brought up to date step by step is the one that is made at once."""

from __future__ import annotations

import datetime as dt
import multiprocessing
import os
import random
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest

from data.models import Content, Draft, Facet, Published, Source
from data.settings import SiteSettings
from data.store.core.store import Store
from data.store.open import open_store
from data.store.shared_sql.events import PUBLISHING
from data.store.sqlite.store import SqliteStore
from feeds.publishing import publish as module
from feeds.publishing import publish_context
from feeds.publishing.publish import PublicationRun, publish
from feeds.publishing.release_pages import ReleasePages
from feeds.publishing.render_cache import RenderCache
from tests.examples import thorough
from tests.feeds.sample_store import NOON, SampleStore, make_release

SITE = SiteSettings(url="https://press.example", entries=500)
ZONES = {"acme": "Asia/Baku", "wire": "Pacific/Pago_Pago", "island": "Pacific/Kiritimati"}
TOPICS = ("economy", "energy", "events", "people")
KINDS = ("new", "new", "new", "copy", "copy", "edit", "edit", "rewritten", "topics", "topics")
REST = ("moved", "moved", "gone", "gone", "back")


@dataclass
class Page:
    """A release at its source, as the next visit finds it."""

    source: str
    url: str
    content: Content
    aliases: tuple[str, ...] = ()
    id: str = ""


@dataclass
class Press:
    """Sources where anything happens, and the store that visits them."""

    store: Store
    chance: random.Random
    now: dt.datetime = NOON
    pages: list[Page] = field(default_factory=list)

    def text(self) -> str:
        """A text of its own."""
        return " ".join(f"word{self.chance.randrange(400)}" for _ in range(100))

    def topics(self) -> tuple[str, ...]:
        """Some topics, or none."""
        return tuple(sorted(self.chance.sample(TOPICS, self.chance.randint(0, 3))))

    def happen(self) -> None:
        """Let one thing happen, and the visit that sees it."""
        self.now += dt.timedelta(seconds=self.chance.randint(1, 20_000))
        kind = self.chance.choice(KINDS + REST)
        if kind in {"new", "copy"} or not self.pages:
            known = self.pages if kind == "copy" else []
            self.publish(self.chance.choice(known).content if known else None)
            return
        page = self.chance.choice(self.pages)
        content = page.content
        if kind == "edit":
            page.content = replace(content, title=f"{content.title}, corrected")
        elif kind == "rewritten":
            page.content = worded(content, self.text())
        elif kind == "topics":
            page.content = replace(content, topics=self.topics(), summary=f"Of {self.now}.")
        elif kind == "moved":
            page.aliases, page.url = (*page.aliases, page.url), f"{page.url}/moved"
        elif kind == "gone":
            self.store.mark_gone(page.id, seen=self.now)
            self.now += dt.timedelta(hours=1)
            self.store.retract(page.id, at=self.now)
            return
        elif kind == "back":
            self.store.mark_unchanged(page.id, seen=self.now)
            return
        self.visit(page)

    def publish(self, original: Content | None) -> None:
        """Let a source publish a text of its own, or that of another with a few words more."""
        source, number = self.chance.choice(list(ZONES)), len(self.pages)
        text = f"{original.body_text} word{number}" if original else self.text()
        at = self.now - dt.timedelta(hours=self.chance.randint(0, 50))
        content = replace(
            worded(make_release().content, text),
            title=f"Statement {number}",
            published=Published(at, "second", ZONES[source], at.isoformat(), "json-ld"),
            topics=self.topics(),
        )
        self.pages.append(Page(source, f"https://{source}.example/{number}", content))
        self.visit(self.pages[-1])

    def visit(self, page: Page) -> None:
        """See a page as it is now."""
        draft = Draft(page.source, page.url, page.content, page.aliases)
        page.id = self.store.record(draft, seen=self.now, since=self.now).release.id


def worded(content: Content, text: str) -> Content:
    """A content with another text."""
    return replace(content, body_text=text, body_html=f"<p>{text}</p>")


def files(site: Path) -> Iterator[tuple[Path, bytes]]:
    """The files of a site, but for what is of the day on which it was made."""
    for path in site.rglob("*"):
        if path.is_file() and not path.name.startswith("days."):
            content = path.read_bytes()
            # A topic that has no release any more keeps its feed, which says nothing.
            if b"2000-01-01T00:00:00" not in content:
                yield path.relative_to(site), content


@pytest.mark.parametrize(
    ("seed", "updates"), [(0, 5), *thorough((0, 12), (1, 12), (2, 12), (3, 12))]
)
def test_an_updated_site_equals_a_site_built_at_once(
    sqlite_store: SqliteStore, tmp_path: Path, seed: int, updates: int
) -> None:
    store = sqlite_store
    for source, zone in ZONES.items():
        store.register(Source(source, source.title(), f"https://{source}.example/", zone))
    press = Press(store, random.Random(seed))
    for _ in range(updates):
        for _ in range(5):
            press.happen()
        done = publish(store, tmp_path / "site", SITE, cache=tmp_path / "kept", now=press.now)
        assert done.errors == ()
    assert any(release.story for release in store.releases(Facet()))
    publish(store, tmp_path / "anew", SITE, now=press.now)
    found, made = dict(files(tmp_path / "site")), dict(files(tmp_path / "anew"))
    assert sorted(made.keys() - found.keys()) == []
    assert {file for file in found.keys() - made.keys() if file.parts[0] == "stories"} == set()
    assert sorted(file for file in made if found[file] != made[file]) == []


def publish_or_die(url: str, home: Path, now: dt.datetime, steps: int) -> None:
    """Publish, but die before the last of so many steps that write anything."""
    left = steps

    def counted(step: Callable[..., Any]) -> Callable[..., Any]:
        def counting(*arguments: Any, **options: Any) -> Any:
            nonlocal left
            left -= 1
            if not left:
                os._exit(9)
            return step(*arguments, **options)

        return counting

    with closing(open_store(url)) as store, pytest.MonkeyPatch.context() as patched:
        patched.setattr(os, "replace", counted(os.replace))
        patched.setattr(RenderCache, "commit", counted(RenderCache.commit))
        patched.setattr(type(store), "pass_publication", counted(type(store).pass_publication))
        patched.setattr(type(store), "add_archive_pages", counted(type(store).add_archive_pages))
        publish(store, home / "site", SITE, cache=home / "kept", now=now)
        os._exit(0)


@pytest.mark.parametrize("store_url", ["sqlite", *thorough("postgresql")], indirect=True)
@pytest.mark.parametrize("kills", [4, *thorough(100)])
def test_killed_publications_lose_no_change(
    store: Store, store_url: str, tmp_path: Path, kills: int
) -> None:
    for source, zone in ZONES.items():
        store.register(Source(source, source.title(), f"https://{source}.example/", zone))
    press, chance = Press(store, random.Random(kills)), random.Random(kills)
    killed, steps = 0, 200
    while killed < kills:
        press.happen()
        child = multiprocessing.get_context("fork").Process(
            target=publish_or_die, args=(store_url, tmp_path, press.now, chance.randint(1, steps))
        )
        child.start()
        child.join()
        killed += child.exitcode == 9
        steps = 40 if child.exitcode == 0 else steps
    done = publish(store, tmp_path / "site", SITE, cache=tmp_path / "kept", now=press.now)
    assert done.errors == ()
    assert not store.dirty_feeds(store.cursor_of(PUBLISHING))
    publish(store, tmp_path / "anew", SITE, now=press.now)
    found, made = dict(files(tmp_path / "site")), dict(files(tmp_path / "anew"))
    assert sorted(file for file in made if found.get(file) != made[file]) == []


@pytest.mark.parametrize(
    ("stop", "known_changes"), [("batch", 0), ("links", 99), *thorough(("batch", 99))]
)
def test_neighbours_of_a_moved_release_are_correct_after_an_interrupted_publication(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, stop: str, known_changes: int
) -> None:
    store, site, cache = SampleStore(), tmp_path / "site", tmp_path / "kept"
    for number in range(6):
        store.put(make_release(24 * number))
    publish(store, site, SITE, cache=cache)
    at = NOON + dt.timedelta(hours=100)
    moved = make_release(24)
    dated = replace(moved.content, published=Published(at, "second", "UTC", "", "json-ld"))
    store.put(replace(moved, content=dated, order=at, updated=at))
    monkeypatch.setattr(publish_context, "MAX_CHANGES", known_changes)
    steps = {"batch": (PublicationRun, "_batch"), "links": (ReleasePages, "write")}
    with monkeypatch.context() as patched:
        patched.setattr(module, "FACETS_PER_BATCH", 1)
        patched.setattr(module, "FILES_PER_SYNC", 1)
        kind, name = steps[stop]
        step = getattr(kind, name)

        def stopping(self: object, what: Any) -> None:
            if stop == "batch" and Facet() in what:
                raise KeyboardInterrupt
            step(self, what)
            if stop == "links" and what.shown.summary.id != moved.id:
                raise KeyboardInterrupt

        patched.setattr(kind, name, stopping)
        with pytest.raises(KeyboardInterrupt):
            publish(store, site, SITE, cache=cache)
    assert publish(store, site, SITE, cache=cache).errors == ()
    publish(store, tmp_path / "new", SITE)
    assert dict(files(site)) == dict(files(tmp_path / "new"))


@pytest.mark.thorough
def test_the_latency_on_a_page_is_the_same_when_it_is_rewritten(tmp_path: Path) -> None:
    store = SqliteStore(tmp_path / "communique.db")
    store.register(Source("acme", "ACME", "https://acme.example/", "Asia/Baku"))
    page = "sources/acme/index.html"
    said = []
    for batch in range(3):
        for number in range(batch * 6, batch * 6 + 6):
            release = make_release(number, body_text=f"Pier {number} opens for ship {number * 7}.")
            seen = release.order + dt.timedelta(minutes=4 + number)
            store.record(Draft("acme", release.url, release.content), seen=seen, since=seen)
        publish(store, tmp_path / "site", SITE, cache=tmp_path / "rendered.db")
        said.append((tmp_path / "site" / page).read_bytes())
        publish(store, tmp_path / f"anew{batch}", SITE)
        assert (tmp_path / f"anew{batch}" / page).read_bytes() == said[-1]
    assert [b"found 6 minutes after" in said[0], b"found 12 minutes after" in said[2]] == [True] * 2
    assert [b"in the feeds" in one for one in said] == [False, True, True]
    store.close()


@pytest.mark.parametrize("action", ["redact", *thorough("hide")])
def test_no_feed_or_page_keeps_a_withheld_release(
    sqlite_store: SqliteStore, tmp_path: Path, action: str
) -> None:
    store, site = sqlite_store, SiteSettings(url="https://press.example", entries=2)
    for source, zone in ZONES.items():
        store.register(Source(source, source.title(), f"https://{source}.example/", zone))
    press = Press(store, random.Random(7))

    def publish_into(folder: str) -> set[str]:
        """Publish, and return the files that contain the title of the withheld release."""
        done = publish(
            store, tmp_path / folder, site, cache=tmp_path / f"{folder}.db", now=press.now
        )
        assert done.errors == ()
        files = (path for path in (tmp_path / folder).rglob("*") if path.is_file())
        return {str(path) for path in files if b"A withheld title" in path.read_bytes()}

    press.publish(None)
    withheld = press.pages[0]
    topics = ("economy", "events")
    withheld.content = replace(withheld.content, title="A withheld title", topics=topics)
    press.visit(withheld)
    press.publish(withheld.content)
    for _ in range(9):
        press.publish(None)
        last = press.pages[-1]
        last.content = replace(last.content, topics=("events", "energy"))
        press.visit(last)
    assert publish_into("first")
    assert publish_into("second")
    withheld.content = replace(withheld.content, topics=("economy",), summary="Corrected.")
    press.now += dt.timedelta(hours=1)
    press.visit(withheld)
    assert publish_into("first")
    if action == "hide":
        store.hide(withheld.id, at=press.now, why="a mistake")
        (tmp_path / "first/releases" / f".{withheld.id}.json.part").write_text("A withheld title")
    else:
        store.redact(withheld.id, at=press.now, why="an order")
    assert publish_into("first") == set()
    assert publish_into("second") == set()
