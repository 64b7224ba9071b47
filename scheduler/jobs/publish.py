"""Publishing a HOME: here, for `communique publish`, or in a child, for the service.

Rendering and health estimates keep the interpreter busy, and readers would wait for them. A child
process does both for the service, and stays between two publications. Where the service dies, it
ends what is under way, and gives back what that one held among several.
"""

from __future__ import annotations

import asyncio
import logging
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TypeAlias

import msgspec

from data.archive.journal.journaled_store import JournaledStore
from data.archive.log.tree_log import log_of
from data.clock import utc_now
from data.errors import ArchiveError, CommuniqueError, PublishError
from data.models import Lease
from data.network.bucket import BucketError, open_bucket
from data.sqlite_file import delete_file
from data.store.protocol import Store
from feeds.publishing.bucket.push import CROWDED, SiteBucket, Superseded
from feeds.publishing.bucket.pushed_files import PushedFiles
from feeds.publishing.context.cache_file import DamagedCacheError
from feeds.publishing.log_files import publish_log, publish_witness
from feeds.publishing.publication import Publication
from feeds.publishing.publish import publish
from feeds.urls import OWN_HUB, hub_of
from feeds.websub.made_feeds import note_changed_searches
from feeds.websub.publisher import note_changed_feeds
from scheduler.home import NO_FOLDER, NOWHERE, Home, open_home
from scheduler.jobs.health import note_health
from scheduler.jobs.home_files import keep_home_files
from scheduler.jobs.other_publishers import publication_turn
from scheduler.jobs.topics import settle_topics
from scheduler.logs import log_as
from scheduler.parent_lines import ParentLines, write_line


class Published(msgspec.Struct, frozen=True):
    """What one publication did: counts of feeds, and what failed, in sentences."""

    feeds: int = 0
    written: int = 0
    errors: tuple[str, ...] = ()


class PublishJob(msgspec.Struct, frozen=True, omit_defaults=True, tag=True):
    """A line that has the HOME published once, or else names a ``lease`` of the service."""

    lease: Lease | None = None


class HealthJob(msgspec.Struct, frozen=True, tag=True):
    """A line that has the health of all sources noted once."""


class HealthNoted(msgspec.Struct, frozen=True):
    """How many changes of health were noted, and the error in a sentence, or empty."""

    changes: int = 0
    error: str = ""


Job: TypeAlias = PublishJob | HealthJob

MAX_DIFFERENCES = 500
"""Maximum number of differences of versions that one publication computes and stores."""

TURNS = 3
"""How often a publication begins anew, where others publish to the same bucket."""

log = logging.getLogger(__name__)


def publish_home(home: Home, *, everything: bool = False) -> Publication:
    """Publish what changed in a HOME, or all of it; one process at a time, the next waits."""
    with home.lock("publish", "communique publish", wait=True):
        if problem := no_folder(home.site):
            # Nothing is deleted from a bucket because it is not there.
            return Publication(errors=(PublishError(str(home.site), problem), *signed(home)))
        if not home.settings.site.target:
            return publish_here(home, everything=everything)
        return publish_to_bucket(home, everything=everything)


def no_folder(path: Path) -> str:
    """Why no file can be written into a folder, made if it is not there, or empty."""
    if path.is_symlink() and not path.exists():
        return NOWHERE
    return NO_FOLDER if path.exists() and not path.is_dir() else ""


def publish_here(home: Home, *, everything: bool) -> Publication:
    """Publish into HOME/site."""
    published = publish_store(home, everything=everything)
    # Closing the store signed the log.
    errors = publish_proofs(home, everything=everything)
    return replace(published, errors=(*published.errors, *errors))


def publish_to_bucket(home: Home, *, everything: bool) -> Publication:
    """Publish into HOME/site, and from there into the bucket.

    While the bucket can't be used, HOME/site is published all the same, and pushed by a later
    publication.
    """
    published: list[Publication] = []

    def render(*, all_of_it: bool) -> bool:
        """Whether nothing failed."""
        published.append(publish_here(home, everything=everything or all_of_it))
        return not published[-1].errors

    try:
        render_and_push(home, render)
    except (BucketError, OSError) as error:
        last = published[-1] if published else publish_here(home, everything=everything)
        cause = error.cause if isinstance(error, BucketError) else str(error)
        problem = PublishError(home.settings.site.target, cause)
        return replace(last, errors=(*last.errors, problem))
    return published[-1]


def render_and_push(home: Home, render: Callable[..., bool]) -> None:
    """Have HOME/site rendered, and push it; again where another installation began meanwhile.

    All of it is rendered then: changes that another published are marked no more. Where rendering
    failed, nothing is deleted: what is not there may be what failed. Raises BucketError and
    OSError.
    """
    place = home.settings.site.target
    bucket = open_bucket(place, home.settings.bucket)
    with (
        closing(PushedFiles(home.path / "pushed.db", place)) as kept,
        SiteBucket(bucket, home.site, kept) as target,
    ):
        is_whole = False
        for turn in range(TURNS):
            with closing(home.plain_store()) as store:
                another = target.begin(store)
            if another or not turn:
                is_whole = render(all_of_it=another)
            with suppress(Superseded):
                target.push(deletes=is_whole)
                return
    raise BucketError(place, CROWDED)


def publish_store(home: Home, *, everything: bool) -> Publication:
    """Publish feeds and pages; that the log can't be signed keeps none of them back."""
    errors: list[PublishError] = []
    with publication_turn(home) as another, signed_after(home, errors) as store:
        keep_home_files(home, store, ())
        settle_topics(home, store)
        store.compute_differences(limit=MAX_DIFFERENCES)
        kept = home.path / "rendered.db"
        everything = everything or another
        make = partial(publish, store, home.site, home.settings.site, all=everything, cache=kept)
        try:
            published = make()
        except DamagedCacheError as error:
            log.warning("%s; all is rendered anew", error)
            delete_file(kept)
            published = make()
        if published.written and isinstance(store, JournaledStore):
            store.note_published(utc_now(), everything=published.rewritten)
        if published.files:
            note_changes(home, published.files)
    return replace(published, errors=(*published.errors, *errors))


@contextmanager
def signed_after(home: Home, errors: list[PublishError]) -> Iterator[Store]:
    """The store of a HOME; why its log could not be signed in the end is one of the errors."""
    store = home.store()
    try:
        yield store
    finally:
        try:
            store.close()
        except ArchiveError as error:
            errors.append(PublishError(str(home.site / "log"), str(error)))


def publish_proofs(home: Home, *, everything: bool) -> Iterator[PublishError]:
    """Publish the log of the archive, and what this HOME signed as a witness; what failed."""
    yield from signed(home)
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


def signed(home: Home) -> Iterator[PublishError]:
    """Sign the log where publications do that; what failed."""
    if home.has_fleet and home.settings.archive.enabled:
        try:
            with closing(home.shared_log(signs=True)) as log:
                log.sign()
        except ArchiveError as error:
            yield PublishError(str(home.site / "log"), str(error))


def note_changes(home: Home, files: Iterable[str] | None = None) -> None:
    """Note which feeds changed, of some files or of all, where there is a hub to tell.

    With them those that are made on demand, where we are the hub.
    """
    site = home.settings.site
    if hub_of(site) is None:
        return
    store = home.store()
    try:
        note_changed_feeds(store, home.site, files)
        if site.hub == OWN_HUB:
            # Imported here: nothing else that publishes makes feeds on demand.
            from feeds.server.on_demand import OnDemand  # noqa: PLC0415

            note_changed_searches(store, OnDemand(home.store_url, site).document)
    finally:
        store.close()


def published(home: Home) -> Published:
    """Publish a HOME, and report an error in place of raising it."""
    try:
        done = publish_home(home)
    except CommuniqueError as error:
        return Published(errors=(str(error),))
    return Published(done.feeds, done.written, tuple(map(str, done.errors)))


def noted_health(home: Home) -> HealthNoted:
    """Note the health of all sources, and report an error in place of raising it."""
    try:
        return HealthNoted(note_health(home))
    except (CommuniqueError, OSError) as error:
        return HealthNoted(error=str(error))


def main() -> None:
    """Do each job that comes in, and keep the leases that jobs name."""
    home = open_home(Path(sys.argv[1]))
    log_as(home.settings.log)
    lines, leases = ParentLines(), dict[str, Lease]()
    for line in lines:
        match msgspec.json.decode(line, type=Job):
            case HealthJob():
                write_line(noted_health(home))
            case PublishJob(lease=Lease() as lease):
                # Whether or not the service has let go of it since.
                leases[lease.host] = lease
            case _:
                write_line(published(home))
    if leases and lines.parent_died:
        # One machine alone needs no psycopg.
        from scheduler.jobs.leased.orphan import give_back  # noqa: PLC0415

        asyncio.run(give_back(home.store_url, leases.values()))


if __name__ == "__main__":
    main()
