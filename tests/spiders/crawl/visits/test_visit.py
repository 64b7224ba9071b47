"""Random histories of a site, through the record step that every visit takes."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    consumes,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)

from data.models import Draft, Facet, Media, Release
from data.settings import Collect
from data.store.core.store import Store
from data.store.open import open_store
from data.store.shared_sql.facets import facet_key
from data.store.sqlite.store import SqliteStore
from data.text.urls import canonical_url
from data.topics.facets import facet_keys, facets_of
from data.topics.taxonomy import load_taxonomy
from spiders.crawl.drafts.release_reader import PageDraft
from spiders.crawl.visits.visit import CrawlContext, Visit
from spiders.items import Listing, ListingItem
from spiders.sources.source_file import LoadedSource, SourceFile
from tests.drafts import draft, published
from tests.examples import examples
from tests.postgres_server import PostgresServer
from tests.postgres_store import emptied

TAXONOMY = load_taxonomy()
SITE = "http://harbour.example"
TITLES = ["Personnel announcement", "Tides of the week", "New lamps at the mole"]
PEOPLE = ["Odile Brandt", "Ivo Marell", "Tove Lindqvist", "Aram Petrosian", "Mei Tanaka"]
THINGS = ["lamps", "pilots", "barges", "moorings", "buoys", "cranes", "ferries", "locks"]


@dataclass(frozen=True)
class Page:
    """A release as the site has it now: its ``key`` never changes, all else may."""

    key: int
    path: str
    title: str
    day: str
    figure: int
    alive: bool = True
    shown: str = ""
    document: int = 0
    prefix: str = "/news"
    scheme: str = "http://harbour.example"

    @property
    def url(self) -> str:
        """Its address now."""
        return f"{self.scheme}{self.prefix}/{self.path}"

    @property
    def text(self) -> str:
        """Its text, like that of no other page."""
        person, thing = PEOPLE[self.key % 5], THINGS[self.key * 3 % 8]
        first = (
            f"{person} told the harbour board about {self.key * 17} {thing} on pier"
            f" {self.key * 7} and asked for {self.figure} more of them before winter."
        )
        second = (
            f"The {thing} of number {self.key * 31} came from yard {self.key * 13}, and"
            f" {PEOPLE[self.key * 2 % 5]} paid {self.key * 101} crowns for each one of them."
        )
        third = (
            f"Letter {self.key * 1009} of the board names {THINGS[self.key % 8]} as the next to"
            f" be renewed, in {self.key % 9} years, if {person} has not left by then."
        )
        return f"{first}\n\n{second}\n\n{third}"


class Site(RuleBasedStateMachine):
    """A press room that does what press rooms do, and a store that visits it."""

    pages = Bundle("pages")

    def __init__(self, store: Store | None = None) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        self.store = store or SqliteStore(Path(self.folder.name) / "communique.db")
        file = SourceFile(name="Harbour Board", url=f"{SITE}/news/", timezone="Europe/Oslo")
        self.loaded = LoadedSource("harbour", Path("harbour.toml"), True, file)  # noqa: FBT003
        self.site: dict[int, Page] = {}
        self.redirects: dict[str, int] = {}
        self.ids: dict[int, str] = {}
        self.published: dict[str, str] = {}
        self.expected: dict[int, int] = {}
        self.missed: dict[int, int] = {}
        self.retracted: set[int] = set()
        self.held: set[int] = set()
        self.noise = 0
        self.relaunches = 0
        self.rotating = False
        self.edited: set[int] = set()
        self.returned: set[int] = set()

    def teardown(self) -> None:
        """Let go of the store."""
        self.store.close()
        self.folder.cleanup()

    @initialize(target=pages, title=st.sampled_from(TITLES))
    def begin(self, title: str) -> int:
        """A site has at least one release."""
        return self.publish(title, 2)

    @rule(target=pages, title=st.sampled_from(TITLES), day=st.integers(1, 3))
    def another(self, title: str, day: int) -> int:
        """Publish a release, often under a title that was there before, on the same day."""
        return self.publish(title, day)

    def publish(self, title: str, day: int) -> int:
        """Put a new release on the site."""
        key = len(self.site) + 1
        self.site[key] = Page(
            key,
            f"{key}.html",
            title,
            f"2026-03-0{day}",
            key * 3,
            prefix=f"/v{self.relaunches}/news" if self.relaunches else "/news",
        )
        return key

    @rule(key=pages, figure=st.integers(1000, 9999))
    def edit_figure(self, key: int, figure: int) -> None:
        """Change one figure in a text, in silence."""
        page = self.site[key]
        # One edit between two visits: a figure that is changed back was never edited for a visitor.
        untouched = page.alive and key in self.ids and key not in self.edited
        if untouched and figure != page.figure:
            self.site[key] = replace(page, figure=figure)
            self.edited.add(key)

    @rule(key=pages, title=st.sampled_from(TITLES))
    def retitle(self, key: int, title: str) -> None:
        """Change a title."""
        page = self.site[key]
        # One edit between two visits: a title that is changed back was never edited for a visitor.
        untouched = page.alive and key in self.ids and key not in self.edited
        # Three at once that get one title would look like a page that hides them all.
        if untouched and not self.edited and title != page.title:
            self.site[key] = replace(page, title=title)
            self.edited.add(key)

    @rule(key=pages, day=st.integers(4, 9))
    def redate(self, key: int, day: int) -> None:
        """Print another date on a release; nobody who has it may see it move."""
        if key in self.ids and self.site[key].alive:
            # Known at its address: another address and another date at once make another release.
            self.visit()
            self.site[key] = replace(self.site[key], shown=f"2026-03-0{day}")

    @rule(key=pages)
    def attach(self, key: int) -> None:
        """Replace the attachment."""
        page = self.site[key]
        if page.alive and key in self.ids:
            self.site[key] = replace(page, document=page.document + 1)
            self.edited.add(key)

    @rule(key=pages, redirect=st.booleans())
    def move(self, key: int, redirect: bool) -> None:  # noqa: FBT001 - drawn by hypothesis
        """Give a release another address; the old one redirects there or is gone."""
        page = self.site[key]
        if page.alive and (redirect or not page.shown):
            self.visit()
            if redirect:
                self.redirects[page.url] = key
            self.site[key] = replace(page, path=f"moved-{self.noise}-{key}")
            self.visit()

    @rule(redirect=st.booleans())
    def relaunch(self, redirect: bool) -> None:  # noqa: FBT001 - drawn by hypothesis
        """Give all releases new addresses at once, over https from now on."""
        self.visit()
        self.relaunches += 1
        for key, page in self.site.items():
            if page.alive and (redirect or page.shown):
                self.redirects[page.url] = key
            # What comes back later, at an address never seen, is known by its first date only.
            self.site[key] = replace(
                page,
                prefix=f"/v{self.relaunches}/news",
                scheme="https://www.harbour.example",
                shown=page.shown if page.alive else "",
            )
        if not redirect:
            # While most of a source moves, what is gone may have moved too, and is held.
            self.held |= {key for key, page in self.site.items() if not page.alive}
        self.visit()

    @rule(key=consumes(pages), target=pages)
    def vanish(self, key: int) -> int:
        """Take a release off."""
        self.visit()
        self.site[key] = replace(self.site[key], alive=False)
        return key

    @rule(key=pages)
    def come_back(self, key: int) -> None:
        """Put a release that vanished back where it was."""
        if not self.site[key].alive:
            self.site[key] = replace(self.site[key], alive=True)

    @rule()
    def rotate(self) -> None:
        """Let every address carry another session from now on."""
        self.rotating = not self.rotating

    @rule()
    def visit_again(self) -> None:
        """Visit the site."""
        self.visit()

    @rule()
    def outage(self) -> None:
        """Answer every known address with a challenge page, with 200."""
        before = {release.id: release for release in self.stored()}
        visit = self.new_visit()
        for release in before.values():
            challenge = draft(
                release.url,
                title="Just a moment",
                published=None,
                language=None,
                body_text="Checking your browser before accessing this site, please wait a while.",
                digest=f"challenge {self.noise}",
            )
            visit.record(PageDraft(challenge))
        finish(visit)
        after = {release.id: release for release in self.stored()}
        assert {i: r.content for i, r in after.items()} == {i: r.content for i, r in before.items()}
        assert visit.report.run.new == visit.report.run.changed == 0

    def new_visit(self) -> Visit:
        """A visit such as a crawl makes."""
        self.noise += 1
        crawl = CrawlContext(TAXONOMY, Collect(retract_after=0))
        return Visit(self.loaded, self.store, crawl, explicit=True)

    def visit(self) -> None:
        """Look at every stored release, then at the listing, in an order that changes."""
        visit = self.new_visit()
        due = visit.due()
        answered: set[int] = set()
        for url in due:
            visit.requested.claim(url)
            visit.add_request(url, known=True)
            key = self.behind(url)
            if key is None:
                visit.add_missing(url, 404)
            else:
                answered.add(key)
                visit.record(PageDraft(self.answer(key, url)))
        listed = [key for key, page in self.site.items() if page.alive]
        for key in listed[self.noise % max(len(listed), 1) :] + listed[: self.noise % 3]:
            url = self.listed_url(key)
            if visit.requested.claim(url):
                visit.record(PageDraft(self.answer(key, url)))
                answered.add(key)
        for key in listed:
            if key not in answered and visit.requested.claim(self.listed_url(key)):
                visit.record(PageDraft(self.answer(key, self.listed_url(key))))
        items = tuple(ListingItem(self.site[key].url, "") for key in listed)
        visit.requested.claim(self.loaded.file.url)
        listing = Listing(self.loaded.file.url, items, None, "test", 1.0, ())
        visit.gone.add_listing(self.loaded.file.url, listing, unchanged=False)
        finish(visit)
        self.check(visit)

    def listed_url(self, key: int) -> str:
        """The address of a release on the listing."""
        session = f";jsessionid={self.noise:x}{key:x}?utm_source=list" if self.rotating else ""
        return self.site[key].url + session

    def behind(self, url: str) -> int | None:
        """The release that an address leads to now."""
        wanted = canonical_url(url)
        for key, page in self.site.items():
            if page.alive and canonical_url(page.url) == wanted:
                return key
        for old, key in self.redirects.items():
            if canonical_url(old) == wanted and self.site[key].alive:
                return key
        return None

    def answer(self, key: int, asked: str) -> Draft:
        """The release as its page shows it, with noise that means nothing."""
        page = self.site[key]
        document = f"{SITE}/files/{key}-{page.document}.pdf?v={self.noise}"
        return draft(
            page.url,
            aliases=(asked,),
            canonical=f"{SITE}/" if self.noise % 2 else page.url,
            title=page.title.upper() if self.noise % 3 else page.title,
            published=published(page.shown or page.day),
            body_text=f"{page.text}\n\nViews: {self.noise * 7}".replace(
                " ", "  " if self.noise % 2 else " "
            ),
            body_html=f'<div data-n="{self.noise}">{page.text}</div>',
            attachments=(Media(document, "application/pdf"),),
            digest=f"{self.noise} {key}",
        )

    def stored(self) -> list[Release]:
        """All that the store holds."""
        return list(self.store.releases(Facet()))

    def check(self, visit: Visit) -> None:
        """Compare what the visit did with what happened on the site."""
        releases = self.stored()
        found = {self.key_of(release): release for release in releases}
        assert len(found) == len(releases), "a release appears twice"
        for key, page in self.site.items():
            if key not in found:
                assert not page.alive, "a release is not in the store"
                continue
            release = found[key]
            assert self.ids.setdefault(key, release.id) == release.id, "an id changed"
            first = self.published.setdefault(release.id, release.published.iso)
            assert release.published.iso == first == page.day, "published moved"
            if page.alive:
                self.missed[key] = 0
                self.retracted.discard(key)
                assert release.retracted is None, "a release that is there is called retracted"
            elif key in self.ids:
                self.missed[key] = self.missed.get(key, 0) + 1
                # A listing that names no release that is there says nothing of those that aren't.
                if self.missed[key] > 1 and any(other.alive for other in self.site.values()):
                    self.retracted.add(key)
                is_retracted = release.retracted is not None
                is_held = key in self.held and not is_retracted
                assert is_retracted == (key in self.retracted) or is_held
            if page.alive and key in self.edited:
                self.expected[key] = self.expected.get(key, 1) + 1
            assert release.revision == self.expected.get(key, 1), "an edit went unseen, or noise"
        self.edited = {key for key in self.edited if not self.site[key].alive}
        assert [error for error in visit.report.run.errors if error.kind in ("store", "bug")] == []

    def key_of(self, release: Release) -> int:
        """Which page of the site a stored release is, by a number that only its text has."""
        for key in self.site:
            if f"Letter {key * 1009} of" in " ".join(release.content.body_text.split()):
                return key
        raise AssertionError(release.content.body_text)

    @invariant()
    def counts_are_those_of_the_releases(self) -> None:
        """The facets count what is there."""
        releases = self.stored()
        counted: dict[Facet, int] = {}
        for release in releases:
            assert facet_keys(release) == {facet_key(facet) for facet in facets_of(release)}
            for facet in facets_of(release):
                counted[facet] = counted.get(facet, 0) + 1
        assert self.store.facets() == counted


def finish(visit: Visit) -> None:
    """End a visit that awaits nothing more."""
    visit.requests.choose()
    visit.finish()


Histories = Site.TestCase
Histories.settings = settings(
    examples(60),
    stateful_step_count=25,
    suppress_health_check=list(HealthCheck),
)


@pytest.mark.thorough
def test_the_same_holds_of_histories_on_postgresql(postgres_server: PostgresServer) -> None:
    opened: list[str] = []

    class StoredElsewhere(Site):
        def __init__(self) -> None:
            opened.append(emptied(postgres_server))
            super().__init__(open_store(opened[-1]))

    bounds = settings(examples(8), stateful_step_count=25, suppress_health_check=list(HealthCheck))
    run_state_machine_as_test(StoredElsewhere, settings=bounds)
    assert all(url.startswith("postgresql:") for url in opened)
    assert opened
