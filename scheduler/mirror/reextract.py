"""Re-extraction of archived pages with the current rules, without network access."""

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from contextlib import ExitStack, closing, nullcontext, suppress

import msgspec

from data.archive.warc.index import Index
from data.clock import utc_now
from data.health.run_errors import ARCHIVE, BUG, STORE
from data.identity.decision import decide_reextraction
from data.models import Facet, Release
from data.revisions.extraction_drift import field_differences
from data.store.core.store import Store
from data.text.masked_values import without_secrets
from data.text.source_secrets import Secrets
from data.topics.taxonomy import load_taxonomy
from data.wording import OnStepProgress
from scheduler.home.archived_files import keep_home_files
from scheduler.home.home import SOURCE_LOCK, Home
from scheduler.mirror.unread_pages import Unread, find_unread, read_unread
from scheduler.sources.drift_guard import DriftGuard, why_held
from spiders.sources.source_file import LoadedSource
from spiders.stored.drift import harms_of
from spiders.stored.stored_pages import UNREADABLE, Archived, PageCaptures, StoredPages


class Reread(msgspec.Struct, frozen=True):
    """A release whose extraction changed, or failed with an ``error``.

    ``gained`` are new fields. ``lost`` are fields that are no longer on the page. Their stored
    values are kept. ``changed`` are fields with another value. ``revision`` is the number of the
    new revision, or 0 if the change is too small for a revision.
    """

    id: str
    url: str
    title: str
    gained: Sequence[str] = ()
    lost: Sequence[str] = ()
    changed: Sequence[str] = ()
    revision: int = 0
    error: str = ""


class DiscoveredRelease(msgspec.Struct, frozen=True):
    """A new release, extracted from an archived page that did not belong to a release before."""

    id: str
    url: str
    title: str


class Reextraction(msgspec.Struct, frozen=True):
    """Result of a re-extraction.

    ``read`` is the number of releases. ``unarchived`` is the number of releases without a page in
    the archive. ``without_file`` is the number of releases without a valid source file; their
    sources are ``unread_sources``. ``releases`` lists changes and failures. ``new`` lists releases
    from captured pages that did not belong to a release. ``held`` maps each source for which
    nothing is stored to the reason: too many of its releases would become worse.
    """

    read: int
    unarchived: int
    without_file: int
    unread_sources: Sequence[str]
    releases: Sequence[Reread]
    new: Sequence[DiscoveredRelease] = ()
    held: Mapping[str, str] = {}

    @property
    def failed(self) -> int:
        """Return the number of releases that could not be extracted."""
        return sum(bool(one.error) for one in self.releases)


def reextract(
    home: Home,
    sources: Mapping[str, LoadedSource],
    *,
    source: str | None = None,
    since: dt.date | None = None,
    dry: bool = False,
    accept: bool = False,
    on_progress: OnStepProgress | None = None,
) -> Reextraction:
    """Extract releases again, and store improvements.

    ``source`` limits the releases to one source, and ``since`` to releases published since a day.
    Without ``since``, captured pages that listings contain and that are in no release are extracted
    as well. With ``dry``, nothing is stored. A change that would make many releases of a source
    worse is held for review, unless ``accept`` is set. ``on_progress`` is called with the name of a
    step, the progress, and the total. The result contains ``***`` instead of secrets. Raises
    StoreError, and HomeInUse during a visit to one of the sources.
    """
    with ExitStack() as stack:
        store = stack.enter_context(closing(home.plain_store() if dry else home.store()))
        index = stack.enter_context(closing(Index(home.archive)))
        run = Rereading(home, store, index, dry=dry, accept=accept, on_progress=on_progress)
        counts = store.facets()
        chosen = {one: counts.get(Facet(source=one), 0) for one in store.sources()}
        chosen = {one: count for one, count in chosen.items() if source in {None, one}}
        run.whole = sum(chosen.values())
        for one, count in chosen.items():
            if one not in sources:
                run.skip(one, count)
                continue
            with ExitStack() as held:
                if not dry:
                    held.enter_context(home.lock(f"{SOURCE_LOCK}{one}", "re-extraction"))
                run.read(sources[one], since)
        if not dry:
            store.update_search_index()
        # A rebuilt store does not know the secrets before the next visit.
        addresses = (address for one in sources.values() for address in one.file.addresses)
        outcome: Reextraction = without_secrets(
            without_secrets(run.outcome(), store.secrets()), Secrets(addresses)
        )
    return outcome


class Rereading:
    """One run of ``reextract``, which processes one source after the other."""

    def __init__(
        self,
        home: Home,
        store: Store,
        index: Index,
        *,
        dry: bool,
        accept: bool,
        on_progress: OnStepProgress | None,
    ) -> None:
        self._home = home
        self._store = store
        self._dry = dry
        self._accept = accept
        self._on_progress = on_progress or (lambda _what, _done, _of: None)
        taxonomy = load_taxonomy(home.topics)
        self._guard = DriftGuard(home, store, taxonomy)
        self._held: dict[str, str] = {}
        self._archived = Archived(home.archive, index, store, taxonomy, home.settings)
        self._captures = PageCaptures(home.archive, index, home.settings.network.max_bytes)
        self._changes: list[Reread] = []
        self._new: list[DiscoveredRelease] = []
        self._read = self._unarchived = 0
        self._without_file: dict[str, int] = {}
        self.whole = 0

    def outcome(self) -> Reextraction:
        """Return the result of the re-extraction so far."""
        self._on_progress("releases", self.whole, self.whole)
        counts = self._read, self._unarchived, sum(self._without_file.values())
        return Reextraction(*counts, [*self._without_file], self._changes, self._new, self._held)

    def skip(self, source: str, releases: int) -> None:
        """Skip a source without a source file."""
        if releases:
            self._without_file[source] = releases

    def read(self, loaded: LoadedSource, since: dt.date | None) -> None:
        """Extract the pages of one source again."""
        if loaded.own and not self._dry:
            # Archive the rules that are used from now on.
            keep_home_files(self._home, self._store, [loaded.id])
        if held := self._why_held(loaded):
            self._held[loaded.id] = held
            if not self._dry:
                return
        unread = None if since else find_unread(self._captures, self._store, loaded.id)
        if unread is None or not unread.histories:
            self._read_stored(loaded, since)
            return
        with suppress(Undone), self._store.transaction() if self._dry else nullcontext():
            # These pages come first, because layouts are also learned from them.
            self._read_unread(loaded, unread)
            self._read_stored(loaded, since)
            if self._dry:
                raise Undone

    def _why_held(self, loaded: LoadedSource) -> str:
        """Return the reason why a source's re-extraction is held for review, or an empty string."""
        if self._dry:
            if self._accept:
                return ""
            worse = (one for one in self._guard.drifts(loaded) if one.is_mass_change)
            return next((why_held(loaded.id, one.cause, harms_of(one)) for one in worse), "")
        return self._guard.admit(loaded, accept=self._accept).held

    def _read_unread(self, loaded: LoadedSource, unread: Unread) -> None:
        """Extract captured pages that do not belong to a release."""
        taxonomy = self._archived.taxonomy
        done = read_unread(unread, self._captures, loaded, self._store, taxonomy)
        self._new += (DiscoveredRelease(*one) for one in done.new)
        self._changes += [
            Reread("", one.url, "", error=one.message)
            for one in done.errors
            if one.kind in {ARCHIVE, BUG, STORE}
        ]

    def _read_stored(self, loaded: LoadedSource, since: dt.date | None) -> None:
        """Extract the pages of stored releases again."""
        releases = [*self._store.by_first_seen(loaded.id, since=since)]
        # Captures of removed records have no file.
        archived = [one for one in releases if one.capture and one.capture.file]
        self._unarchived += len(releases) - len(archived)
        pages = StoredPages(self._archived, loaded)
        pages.learn(archived)
        fresh = {one.id for one in self._new}
        for release in archived:
            if release.id not in fresh:
                self._on_progress("releases", self._read, self.whole)
                self._read += 1
                self._changes += self._reread(pages, release)

    def _reread(self, pages: StoredPages, release: Release) -> Iterable[Reread]:
        """Extract one release again, and yield the difference if there is one."""
        try:
            draft, labels = pages.draft(release)
        except UNREADABLE as error:
            yield Reread(release.id, release.url, release.content.title, error=str(error))
            return
        before, decision = None, decide_reextraction(draft, release)
        found = field_differences(release.content, draft.content, decision.release.content)
        if found.lost:
            before = pages.before(release, self._store.revisions(release.id)[-1])
            decision = decide_reextraction(draft, release, before)
            found = field_differences(release.content, draft.content, decision.release.content)
        if decision.release == release and not found.lost:
            return
        if not self._dry and decision.release != release:
            now = utc_now()
            self._store.record_reextraction(release.id, draft, at=now, labels=labels, before=before)
        revision = decision.release.revision if decision.kind == "changed" else 0
        title = decision.release.content.title
        yield Reread(release.id, release.url, title, *found, revision=revision)


class Undone(Exception):
    """Exception that rolls back a transaction."""
