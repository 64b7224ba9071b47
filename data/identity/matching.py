"""Matching of drafts and archived captures with stored releases, by pure functions.

Captures from web archives may show earlier versions of a release. These versions are identified by
their time. They have no number, because the numbers of known versions never change.
"""

import datetime as dt
import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from hashlib import sha1
from typing import Final
from urllib.parse import urlsplit

from data.dates.address_days import address_days
from data.models import Capture, Content, Draft, Release
from data.revisions.edits import DOCUMENT, files_of, significant_changes, text_fingerprint
from data.text.similarity import containment, jaccard, signature
from data.text.urls import canonical_url
from data.text.words import tokens

NAMESPACE: Final = uuid.uuid5(uuid.NAMESPACE_URL, "urn:communique:release")
"""UUID namespace for release ids. All installations use the same namespace, so that a page has the
same id everywhere."""

MOVED_SIMILARITY: Final = 0.9
"""Minimum Jaccard similarity between a release and a page at a new address, if the page has the
same title or declares the release's address."""
RETITLED_SIMILARITY: Final = 0.97
"""Minimum Jaccard similarity between a release and a page with another title at a new address."""
RELAUNCHED_SIMILARITY: Final = 0.6
"""Minimum Jaccard similarity between a release and a page with the same title at a new address, if
the release's old address is gone."""

MIN_CONTAINMENT: Final = 0.95
"""Minimum share of the shorter text that the longer text must contain. It applies if a new layout
shows more or less of the same text."""
MIN_LENGTH_RATIO: Final = 0.5
"""Minimum ratio between the lengths of the shorter and the longer text, for `MIN_CONTAINMENT` to
apply."""

CLAIMED_SIMILARITY: Final = 0.3
"""Minimum Jaccard similarity between a page and the release at the page's canonical address."""


@dataclass(frozen=True, slots=True)
class MatchCandidate:
    """A stored release that may match a draft.

    ``gone`` is true if its address was gone at the last visit.
    """

    release: Release
    gone: bool
    fingerprint: bytes


class DraftSignature:
    """Hashes of a draft's words, and a fingerprint of its significant content."""

    def __init__(self, draft: Draft) -> None:
        content = draft.content
        files = frozenset([draft.digest]) if is_document(draft) else files_of(content)
        self.title = tokens(content.title)
        self.body = signature(content.body_text)
        self.fingerprint = text_fingerprint(self.title, self.body.words, files)


def is_document(draft: Draft) -> bool:
    """Return whether a draft is a file without text, which only its bytes identify."""
    return draft.content.body_rule == DOCUMENT and bool(draft.digest)


def mint(source: str, url: str) -> str:
    """Return the id for a release that was first seen at ``url``: UUID version 5 (RFC 9562)."""
    name = f"{source} {canonical_url(url)}".encode()
    digest = bytearray(sha1(NAMESPACE.bytes + name, usedforsecurity=False).digest()[:16])
    # The uuid module takes several times as long.
    digest[6] = digest[6] & 0x0F | 0x50
    digest[8] = digest[8] & 0x3F | 0x80
    text = digest.hex()
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"


def keys_of(draft: Draft) -> tuple[str, ...]:
    """Return the canonical forms of all addresses that led to a page, starting with its own."""
    return tuple(dict.fromkeys(canonical_url(url) for url in (draft.url, *draft.aliases)))


def trusted_canonical(draft: Draft, front: Iterable[str]) -> str | None:
    """Return the canonical address that a page declares, or None if it can't be trusted.

    Many sites declare their home page on every page. ``front`` contains addresses of the site that
    are not releases. An address without a path is not a release either.
    """
    if not draft.canonical:
        return None
    key = canonical_url(draft.canonical)
    parts = urlsplit(key)
    bare = parts.path == "/" and not parts.query and not parts.fragment
    return None if bare or key in {canonical_url(url) for url in front} else key


def claims(draft: Draft, read: DraftSignature, owner: Release, *, claimed: bool) -> bool:
    """Return whether a draft is the release ``owner``, which owns the draft's canonical address.

    A declared address alone proves nothing: day and text must also match. The text must match
    closely if the owner was only seen at that address, or roughly if the owner's page also declared
    it (``claimed``).
    """
    alike = jaccard(read.body, signature(owner.content.body_text))
    return _same_day(draft.content, owner) and alike >= (
        CLAIMED_SIMILARITY if claimed else MOVED_SIMILARITY
    )


def is_copy(draft: Draft, owner: Release, claimed: str | None) -> bool:
    """Return whether a page declares itself a copy of the release ``owner``.

    An example is a print view. It may show more or less than the original page.
    """
    own = canonical_url(owner.url)
    return claimed == own and own not in keys_of(draft)


def moved_release(
    draft: Draft, read: DraftSignature, candidates: Iterable[MatchCandidate], since: dt.datetime
) -> Release | None:
    """Return the stored release that matches a draft at a new address, or None.

    All candidates are from the same source. Language and day must match. A release with identical
    text matches. A release with nearly identical text matches if it has the same title and was not
    seen at its own address in this run, which began at ``since``. So two notices from one template
    that are both online remain two releases.

    If the old address is gone, less similarity is enough, because a new layout divides texts
    differently. The same title alone is never enough. If the draft or the release has no date,
    their addresses must not contain different years.
    """
    best: tuple[float, str, Release] | None = None
    for one in candidates:
        known = one.release
        if not _same_language(draft.content, known.content):
            continue
        if not one.gone and _other_year(draft, known):
            continue
        if one.fingerprint == read.fingerprint:
            if _near_day(draft.content, known, gone=one.gone):
                return known
            continue
        # The release was seen in this run at its own address. An imported draft may report it as
        # gone.
        alive = known.last_seen >= since and not one.gone
        if alive or not _same_day(draft.content, known):
            continue
        other = signature(known.content.body_text)
        similarity = jaccard(read.body, other)
        enough = similarity >= RETITLED_SIMILARITY
        if tokens(known.content.title) == read.title:
            least = RELAUNCHED_SIMILARITY if one.gone else MOVED_SIMILARITY
            shorter, longer = sorted((len(read.body.shingles), len(other.shingles)))
            enough = similarity >= least or (
                shorter >= MIN_LENGTH_RATIO * longer
                and containment(read.body, other) >= MIN_CONTAINMENT
            )
        if enough and (best is None or similarity > best[0]):
            best = (similarity, known.id, known)
    return best[2] if best else None


def _undated(release: Release) -> bool:
    return release.published.precision == "none"


def _same_day(content: Content, known: Release) -> bool:
    """Return whether a draft and a release have the same publication day, or both have none."""
    if content.published is None:
        return _undated(known)
    return content.published.day == known.published.day


def _near_day(content: Content, known: Release, *, gone: bool) -> bool:
    """Return whether the days of two identical texts match, or a day is missing.

    If the old address is gone, the days may differ by one, because a new layout may use another
    time zone.
    """
    if content.published is None or _undated(known):
        return True
    apart = abs((content.published.day - known.published.day).days)
    return apart <= (1 if gone else 0)


def _other_year(draft: Draft, known: Release) -> bool:
    """Return whether the draft or the release is undated and their addresses differ in the year."""
    if draft.content.published is not None and not _undated(known):
        return False
    left, right = (
        {day.year for url in urls for day in address_days(url)}
        for urls in ((draft.url, *draft.aliases), (known.url, *known.aliases))
    )
    return bool(left and right) and left.isdisjoint(right)


def _same_language(left: Content, right: Content) -> bool:
    """Return whether two contents have the same language or one is unknown. Regions are ignored."""
    if not left.language or not right.language:
        return True
    return left.language.partition("-")[0] == right.language.partition("-")[0]


@dataclass(frozen=True, slots=True)
class DatedContent:
    """The content of a release at a certain time.

    ``capture`` is set for content that is not stored yet.
    """

    at: dt.datetime
    content: Content
    capture: Capture | None = None


def earlier_versions(
    known: Sequence[DatedContent], found: Sequence[DatedContent]
) -> list[DatedContent]:
    """Return the items of ``found`` that are distinct versions, oldest first.

    ``known`` are the stored versions. Two versions never have the same time in seconds. Two kinds
    of items are omitted: those that look the same as the version before or the stored version after
    them, and those without a body text if another version has one.
    """
    has_text = any(one.content.body_text for one in (*known, *found))
    times = {_second(one.at) for one in known}
    fresh: dict[dt.datetime, DatedContent] = {}
    for one in found:
        if _second(one.at) not in times and (one.content.body_text or not has_text):
            fresh.setdefault(_second(one.at), one)
    line = sorted((*known, *fresh.values()), key=lambda one: one.at)
    changes: list[DatedContent] = []
    for one in line:
        if one.capture and changes and not significant_changes(changes[-1].content, one.content):
            continue
        changes.append(one)
    after = (*changes[1:], None)
    return [
        one
        for one, following in zip(changes, after, strict=False)
        if one.capture
        and not (
            following
            and following.capture is None
            and not significant_changes(one.content, following.content)
        )
    ]


def _second(at: dt.datetime) -> dt.datetime:
    return at.replace(microsecond=0)
