"""Compare our copies of releases with the copies of other instances and web archives."""

import asyncio
import datetime as dt
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial
from typing import Annotated, Any, Final, TypeVar
from urllib.parse import quote

import msgspec

from data.archive.archived_response import Served
from data.archive.warc.index import Index
from data.clock import utc_now
from data.errors import CommuniqueError, SourceError
from data.models import Release
from data.network.client import OK, Outbound
from data.network.web_archive_index import possible
from data.revisions.corroboration import (
    OWN_COPY,
    Copy,
    Finding,
    Places,
    content_lines,
    judged,
    lines_of,
    overlaps,
    passage_of,
    true_differences,
    unstable_places,
)
from data.revisions.page_lines import Difference
from data.store.core.store import Store
from data.topics.taxonomy import load_taxonomy
from feeds.deposits.permission import refusal_of_release
from scheduler.home.home import Home
from spiders.download.settings import user_agent
from spiders.sources.source_file import load_source
from spiders.stored.stored_pages import UNREADABLE, Archived, PageCaptures, StoredPages
from spiders.web_archives.raw_capture import is_payload
from spiders.web_archives.web_archive import WebArchive

T = TypeVar("T")

MAX_OWN_CAPTURES: Final = 12
"""Maximum number of our own captures of a page that are compared to find its changing parts."""

MAX_PASSAGES: Final = 20
"""Maximum number of passages per copy in a report."""

MISSING_STATUSES: Final = (404, 405, 410)
"""Response statuses of another instance that does not have a release."""


class PeerError(CommuniqueError):
    """Raised if another instance does not return its copy."""


class PeerRelease(msgspec.Struct):
    """The fields of another instance's release that are compared with ours."""

    title: str
    updated: Annotated[dt.datetime, msgspec.Meta(tz=True)]
    body_text: str = ""
    published: str | None = None
    last_seen: Annotated[dt.datetime, msgspec.Meta(tz=True)] | None = None
    provenance: dict[str, Any] = {}

    @property
    def copy(self) -> Copy:
        """Convert the release to a `Copy`."""
        capture = self.provenance.get("capture") or {}
        digest = capture.get("digest", "") if isinstance(capture, dict) else ""
        lines = lines_of(self.title, self.published or "", self.body_text)
        return Copy(lines, self.updated, self.last_seen or self.updated, str(digest))


class PeerReleases(msgspec.Struct):
    """The releases of another instance at an address."""

    releases: list[PeerRelease]


@dataclass(frozen=True, slots=True)
class Corroboration:
    """The comparison of one release, with a finding per archive."""

    release: Release
    findings: Sequence[Finding]
    ours: Finding | None = None

    @property
    def is_contradicted(self) -> bool:
        """Return whether an archive has a different text from the same time, or did not respond."""
        return any(one.agreement in {"differs", "failed"} for one in self.findings)


class OwnCopies:
    """Our copies of one release: its versions, and further captures of them."""

    def __init__(self, release: Release, versions: Sequence[Copy], pages: "OwnPages") -> None:
        self.release = release
        self.versions = versions
        self._pages = pages
        self._captures: Sequence[tuple[dt.datetime, Sequence[str]]] | None = None
        self._unstable: dict[int, Places] = {}

    def unstable(self, number: int) -> Places:
        """Return the places in a version that differ between our own captures."""
        if self._captures is None:
            self._captures = self._pages.texts(self.release)
        if number not in self._unstable:
            around = self.versions[number : number + 2]
            start, *end = (one.since.replace(microsecond=0) for one in around)
            captures = [
                (lines, start <= at and not (end and at >= end[0])) for at, lines in self._captures
            ]
            self._unstable[number] = unstable_places(around[0].lines, captures)
        return self._unstable[number]

    def nearest(self, theirs: Copy) -> tuple[int, list[Difference]]:
        """Return the number of our version that is most similar to a copy, and the differences.

        A version from the same time is preferred, unless another version equals the copy.
        """
        found: list[tuple[bool, int, int, list[Difference]]] = []
        for number, ours in enumerate(self.versions):
            some = true_differences(ours.lines, theirs, {})
            is_near = number == len(self.versions) - 1 or overlaps(ours, theirs)
            if some and is_near:
                some = true_differences(ours.lines, theirs, self.unstable(number))
            if not some:
                return number, []
            found.append((not overlaps(ours, theirs), len(some), -number, some))
        _, _, number, some = min(found, key=lambda one: one[:3])
        return -number, some


class OwnPages:
    """Extracts the texts of releases from captures, both our own and captures of web archives."""

    def __init__(self, home: Home, store: Store, index: Index) -> None:
        self._home = home
        limit = home.settings.network.max_bytes
        self._captures = PageCaptures(home.archive, index, limit)
        taxonomy = load_taxonomy(home.topics if home.topics.exists() else None)
        self._archived = Archived(home.archive, index, store, taxonomy, home.settings)
        self._pages: dict[str, StoredPages] = {}

    def answers(self, release: Release) -> Iterator[Served]:
        """Yield our distinct captured responses for the page of a release, newest first."""
        for number, answer in enumerate(self._captures.answers(release.url)):
            if number < MAX_OWN_CAPTURES:
                yield answer

    def texts(self, release: Release) -> Sequence[tuple[dt.datetime, Sequence[str]]]:
        """Return the times and lines of our captures of a release, oldest first."""
        found = []
        for answer in self.answers(release):
            with suppress(SourceError, *UNREADABLE):
                found.append((answer.at, self.lines(release, answer)))
        return found[::-1]

    def lines(self, release: Release, answer: Served) -> Sequence[str]:
        """Return the lines of a response.

        Raises NotARelease, Undecodable or SourceError if no release can be extracted from it.
        """
        if release.source not in self._pages:
            loaded = load_source(self._home.sources, release.source)
            self._pages[release.source] = StoredPages(self._archived, loaded)
        return content_lines(self._pages[release.source].content_of(release, answer))


class Corroborator:
    """Requests copies of releases from other archives, and compares them with ours."""

    def __init__(self, home: Home, store: Store, index: Index) -> None:
        self._store = store
        self._pages = OwnPages(home, store, index)
        settings, network = home.settings, home.settings.network
        # These addresses are in the settings, so they may be private.
        self._client = Outbound(
            user_agent(settings),
            allow_private=True,
            patience=network.timeout,
            max_body=network.max_bytes,
        )
        self._instances = [one.rstrip("/") for one in settings.archive.instances]
        self._webs = [
            WebArchive(one, self._client, network.delay) for one in settings.archive.web_archives
        ]
        self._found: set[str] = set()

    def compare(self, release: Release) -> Corroboration:
        """Compare our copies of a release with those of all other archives."""
        own = OwnCopies(release, self._versions(release), self._pages)
        findings: dict[str, Finding] = {}
        groups: dict[int, dict[str, list[Difference]]] = {}
        # A removed page is no secret, so archives may learn its address.
        shown = replace(release, retracted=None)
        reason = refusal_of_release(shown, self._store.secrets(), self._store.hidden())
        for name, ask in self._asks(own, named=not reason):
            try:
                theirs = ask()
            except CommuniqueError as error:
                findings[name] = Finding(name, "failed", problem=str(error))
                continue
            if theirs is None:
                findings[name] = Finding(name, "absent")
                continue
            version, some = own.nearest(theirs)
            ours = own.versions[version]
            if some and not overlaps(ours, theirs):
                passages = [passage_of(ours.lines, one) for one in some[:MAX_PASSAGES]]
                findings[name] = Finding(name, "other_time", passages)
                continue
            same = theirs.digest and theirs.digest in {one.digest for one in own.versions}
            findings[name] = Finding(name, "payload" if same and not some else "text")
            groups.setdefault(version, {})[name] = some
        if reason:
            skipped = (Finding(one.address, "skipped", problem=reason) for one in self._webs)
            findings |= {one.archive: one for one in skipped}
        alone = None
        for version, found in groups.items():
            for name, (differing, accused) in judged(own.versions[version].lines, found).items():
                if name == OWN_COPY and accused:
                    alone = Finding(OWN_COPY, "differs", differing[:MAX_PASSAGES], accused)
                elif name != OWN_COPY and differing:
                    findings[name] = Finding(name, "differs", differing[:MAX_PASSAGES], accused)
        return Corroboration(release, [*findings.values()], alone)

    def _asks(
        self, own: OwnCopies, *, named: bool
    ) -> Iterator[tuple[str, Callable[[], Copy | None]]]:
        """Yield the name of each other archive, and a function that requests its copy.

        The address of the release is sent only if ``named`` is true. Otherwise, web archives are
        left out.
        """
        for site in self._instances:
            yield site, partial(self._instance_copy, site, own.release, named=named)
        for web in self._webs if named else ():
            yield web.address, partial(self._web_copy, web, own)

    def _versions(self, release: Release) -> list[Copy]:
        found = []
        revisions = self._store.revisions(release.id)
        for number, one in enumerate(revisions, start=1):
            is_last = number == len(revisions)
            until = release.last_seen if is_last else one.seen
            # Readers of our site see this content.
            content = release.content if is_last else one.content
            lines = content_lines(content)
            digest = one.capture.digest if one.capture else ""
            found.append(Copy(lines, one.seen, max(until, one.seen), digest))
        return found

    def _instance_copy(self, site: str, release: Release, *, named: bool) -> Copy | None:
        """Return another instance's copy of the release, or None if it has no copy.

        The address of the release is sent only if ``named`` is true. Raises PeerError if a response
        is an error or invalid.
        """
        for path in (f"/api/releases/{release.id}", f"/releases/{release.id}.json"):
            body = self._get(f"{site}{path}")
            if body is not None:
                return decoded(body, PeerRelease, site).copy
        if named:
            body = self._get(f"{site}/api/releases?url={quote(release.url, safe='')}")
            found = decoded(body, PeerReleases, site).releases if body is not None else []
            return next((one.copy for one in found), None)
        return None

    def _get(self, url: str) -> bytes | None:
        answer = asyncio.run(self._client.ask("GET", url))
        if answer.status in MISSING_STATUSES:
            return None
        if answer.status != OK:
            raise PeerError(f"{url} returned status {answer.status}")
        return answer.body

    def _web_copy(self, web: WebArchive, own: OwnCopies) -> Copy | None:
        """Return the copy in a web archive whose time is nearest to our last version, or None."""
        release, last = own.release, own.versions[-1]
        if web.address not in self._found:
            web.find(release.url)
            self._found.add(web.address)
        captures = possible(web.captures(release.url), utc_now())
        good = [one for one in captures if one.status in {0, OK}]
        if not good:
            return None
        # The time between a capture and the period in which the last version was current.
        zero = dt.timedelta()
        nearest = min(good, key=lambda one: max(last.since - one.at, one.at - last.until, zero))
        for answer in self._pages.answers(release) if nearest.digest else ():
            if is_payload(nearest.digest, answer.body):
                lines = last.lines
                with suppress(SourceError, *UNREADABLE):
                    # The text in our store may have been altered.
                    lines = self._pages.lines(release, answer)
                return Copy(lines, nearest.at, nearest.at, last.digest)
        raw = web.fetch(nearest)
        answer = Served(raw.url, raw.at, OK, raw.headers, raw.body, "")
        try:
            lines = self._pages.lines(release, answer)
        except UNREADABLE as error:
            raise PeerError(f"the capture {nearest.stamp} can't be read: {error}") from error
        return Copy(lines, raw.at, raw.at)


def decoded(body: bytes, shape: type[T], site: str) -> T:
    """Decode a JSON response of another instance. Raises PeerError if it is invalid."""
    try:
        return msgspec.json.decode(body, type=shape)
    except (msgspec.DecodeError, RecursionError) as error:
        raise PeerError(f"{site} returned an invalid response: {error}") from error
