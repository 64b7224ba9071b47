"""Publication of a home directory: feeds, pages and the archive's log, and upload to a bucket."""

import logging
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from dataclasses import replace
from functools import partial

from data.archive.log.tree_log import log_of
from data.clock import utc_now
from data.errors import (
    ArchiveError,
    CommuniqueError,
    PublishError,
    SettingsError,
    SourceError,
    UnknownSource,
)
from data.files import FileWriter
from data.network.bucket import BucketError, open_bucket
from data.network.request_signer import DIRECTORY_PATH
from data.search.saved_searches import SavedSearches
from data.sqlite_file import delete_file
from data.store.core.store import Store
from data.text.clean import clean_line
from data.text.folding import slug_of
from data.text.masking import MASK
from data.topics.taxonomy import load_taxonomy
from feeds.pages.home_and_about_pages import BotFacts
from feeds.publishing.bucket_push import CROWDED_MESSAGE, SiteBucket, Superseded
from feeds.publishing.bucket_records import PushedFiles
from feeds.publishing.log_files import publish_log, publish_witness
from feeds.publishing.publish import publish
from feeds.publishing.publish_context import Publication
from feeds.publishing.render_cache import DamagedCacheError
from feeds.urls import OWN_HUB, hub_of
from feeds.websub.generated_feeds import note_changed_searches
from feeds.websub.publisher import note_changed_feeds
from scheduler.home.home import BROKEN_LINK_MESSAGE, NO_FOLDER, Home
from scheduler.home.home_records import keep_home_files
from spiders.download.settings import ROBOT, user_agent
from spiders.sources.source_file import LoadedSource, choose, load_source, load_sources

MAX_DIFFERENCES = 500
"""Maximum number of differences between versions that one publication computes and stores."""

MAX_ATTEMPTS = 3
"""Maximum number of attempts of a publication. Attempts fail if another home directory publishes to
the same bucket at the same time."""

log = logging.getLogger(__name__)


def publish_home(home: Home, *, everything: bool = False) -> Publication:
    """Publish the changes of a home directory, or the whole site with ``everything``.

    Only one process publishes at a time.
    """
    with home.lock("publish", "communique publish", wait=True):
        # A missing folder will be created.
        problem = NO_FOLDER if home.site.exists() and not home.site.is_dir() else ""
        if home.site.is_symlink() and not home.site.exists():
            problem = BROKEN_LINK_MESSAGE
        if problem:
            # Files in the bucket must not be deleted because the folder is missing.
            return Publication(errors=(PublishError(str(home.site), problem), *sign_log(home)))
        if not home.settings.site.target:
            return publish_here(home, everything=everything)
        return publish_to_bucket(home, everything=everything)


def publish_here(home: Home, *, everything: bool) -> Publication:
    """Publish to HOME/site."""
    published = publish_store(home, everything=everything)
    # Closing the store has signed the log.
    errors = publish_proofs(home, everything=everything)
    return replace(published, errors=(*published.errors, *errors))


def publish_to_bucket(home: Home, *, everything: bool) -> Publication:
    """Publish to HOME/site, and copy the files to the bucket.

    If the bucket is unavailable, HOME/site is published, and a later publication copies the files.
    """
    published: list[Publication] = []

    def render() -> bool:
        """Render the site. Returns whether all of it succeeded."""
        published.append(publish_here(home, everything=everything))
        return not published[-1].errors

    try:
        render_and_push(home, render)
    except (BucketError, OSError) as error:
        last = published[-1] if published else publish_here(home, everything=everything)
        cause = error.cause if isinstance(error, BucketError) else str(error)
        problem = PublishError(home.settings.site.target, cause)
        return replace(last, errors=(*last.errors, problem))
    return published[-1]


def render_and_push(home: Home, render: Callable[[], bool]) -> None:
    """Render HOME/site and copy it to the bucket.

    Tries again if another home directory started to publish. If rendering failed, nothing is
    deleted from the bucket, because a missing file may have failed to render. Raises BucketError
    and OSError.
    """
    place = home.settings.site.target
    bucket = open_bucket(place, home.settings.bucket)
    with (
        closing(PushedFiles(home.path / "pushed.db", place)) as kept,
        SiteBucket(bucket, home.site, kept) as target,
    ):
        is_whole = False
        for turn in range(MAX_ATTEMPTS):
            with closing(home.plain_store()) as store:
                another = target.begin(store)
            if another or not turn:
                is_whole = render()
            with suppress(Superseded):
                target.push(deletes=is_whole)
                return
    raise BucketError(place, CROWDED_MESSAGE)


def publish_store(home: Home, *, everything: bool) -> Publication:
    """Publish feeds and pages, even if the log can't be signed.

    Nothing is published if a source file lacks its secret.
    """
    # A rebuild writes *** instead of a secret. The texts of the source may contain the secret.
    files = [one for one in _own_sources(home) if any(MASK in url for url in one.file.addresses)]
    if files:
        return Publication(errors=missing_secrets(f"sources/{one.path.name}" for one in files))
    errors: list[PublishError] = []
    with signed_after(home, errors) as store:
        keep_home_files(home, store, ())
        for one in _own_sources(home):
            # Their addresses may contain secrets.
            store.note_addresses(one.file.addresses)
        settle_topics(home, store)
        store.compute_differences(limit=MAX_DIFFERENCES)
        kept = home.path / "rendered.db"
        make = partial(
            publish,
            store,
            home.site,
            home.settings.site,
            all=everything,
            cache=kept,
            bot=bot_facts(home),
        )
        try:
            published = make()
        except DamagedCacheError as error:
            log.warning(
                "the cache of rendered pages is damaged; all pages are rendered again: %s", error
            )
            delete_file(kept)
            published = make()
        if published.written and store.journal:
            store.note_published(utc_now(), everything=published.rewritten)
        if published.files:
            note_changes(home, published.files)
    return replace(published, errors=(*published.errors, *errors))


def bot_facts(home: Home) -> BotFacts | None:
    """Return the facts about visits for owners of sites, or None without a contact."""
    network = home.settings.network
    if not network.contact:
        return None
    agent, keys = user_agent(home.settings), f"{home.settings.site.url.rstrip('/')}{DIRECTORY_PATH}"
    return BotFacts(
        agent,
        ROBOT,
        network.contact,
        network.delay,
        home.settings.collect.interval,
        keys if network.sign else "",
    )


@contextmanager
def signed_after(home: Home, errors: list[PublishError]) -> Iterator[Store]:
    """Context manager that yields the store of a home directory, and signs its log at the end.

    If the log can't be signed, the reason is added to ``errors``.
    """
    store = home.store()
    try:
        yield store
    finally:
        try:
            store.close()
        except ArchiveError as error:
            errors.append(PublishError(str(home.site / "log"), str(error)))


def publish_proofs(home: Home, *, everything: bool) -> Iterator[PublishError]:
    """Publish the keys, the archive's log, and logs that this witness signed. Yields errors."""
    try:
        # For static hosts. The published file is not signed.
        if signer := home.request_signer():
            writer = FileWriter(home.site)
            writer.write(DIRECTORY_PATH.removeprefix("/"), signer.directory())
            writer.flush()
    except (CommuniqueError, OSError) as error:
        yield PublishError(DIRECTORY_PATH, str(error))
    yield from sign_log(home)
    try:
        publish_log(log_of(home.path), home.site, everything=everything)
    except PublishError as error:
        yield error
    except ArchiveError as error:
        yield PublishError(str(home.site / "log"), str(error))
    try:
        publish_witness(home.path / "witness", home.site)
    except PublishError as error:
        yield error


def sign_log(home: Home) -> Iterator[PublishError]:
    """Sign the log of a fleet. Yields errors.

    In a fleet, the log is signed only during publishing. Otherwise, each visit signs it.
    """
    if home.settings.archive.enabled and (log := home.log_signed_later()):
        try:
            with closing(log):
                log.sign()
        except ArchiveError as error:
            yield PublishError(str(home.site / "log"), str(error))


def note_changes(home: Home, files: Iterable[str] | None = None) -> None:
    """Record which feeds changed, if a hub must be notified.

    ``files`` limits the check to these files (default all feeds). If this site is its own hub,
    feeds that are generated on request are checked too.
    """
    site = home.settings.site
    if hub_of(site) is None:
        return
    with closing(home.store()) as store:
        note_changed_feeds(store, home.site, files)
        if site.hub == OWN_HUB:
            # Imported here: only this part of publishing needs it.
            from feeds.server.on_demand import OnDemand  # noqa: PLC0415

            demand = OnDemand(home.store_url, site, searches=home.searches)
            note_changed_searches(store, demand.document, SavedSearches(home.searches))


def settle_topics(home: Home, store: Store) -> None:
    """Update the labels of topics in the store, and remove topics that are only sections.

    Earlier versions created a topic for every section. Such a topic is removed from releases if it
    is neither in the taxonomy nor in their source file.
    """
    try:
        taxonomy = load_taxonomy(home.topics)
    except SettingsError as error:
        log.warning(
            "topics.toml is invalid; topics keep their labels until it is corrected: %s", error
        )
        return
    store.keep_taxonomy(taxonomy.labels(home.settings.site.language), taxonomy.parents)
    for source, topic in store.section_topics():
        try:
            own = load_source(home.sources, source).file.topics
        except UnknownSource:
            own = ()
        except SourceError as error:
            log.warning(
                "releases of an invalid source file keep the topic %s until it is corrected: %s",
                topic,
                error,
            )
            continue
        # Compare slugs, because the topic was named before the taxonomy contained it.
        if topic not in map(slug_of, map(clean_line, own)):
            store.drop_section_topic(source, topic)


LACKING_MESSAGE = (
    "{} lacks the secret of its address, and pages of this source could show the secret: write the "
    "secret into the file, then run `communique publish --all`"
)


def missing_secrets(names: Iterable[str]) -> tuple[PublishError, ...]:
    """Return an error for each source file, named in its home directory, that lacks its secret."""
    return tuple(PublishError("site", LACKING_MESSAGE.format(name)) for name in names)


def _own_sources(home: Home) -> Sequence[LoadedSource]:
    """Return the valid source files of a home directory."""
    with suppress(SourceError):
        return choose(load_sources(home.sources)[0], ())
    return ()
