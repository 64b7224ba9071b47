"""Which release a draft is: pure decisions over values."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

from data.dates.address_days import address_days
from data.models import Content, Draft, Release
from data.revisions.edits import DOCUMENT, files_of, text_fingerprint
from data.text.similarity import Signature, containment, jaccard, signature
from data.text.urls import canonical_url
from data.text.words import tokens

NAMESPACE: Final = uuid.uuid5(uuid.NAMESPACE_URL, "urn:communique:release")
"""Releases of all installations share it: the same page has the same id everywhere."""

MOVED: Final = 0.9
RETITLED: Final = 0.97
RELAUNCHED: Final = 0.6
"""Jaccard similarity from which a body at a new URL is the same release (see `moved`): under the
same title, under another, and under the same title where the old address is gone."""

WITHIN: Final = 0.95
LEAST_WITHIN: Final = 0.5
"""Part of the shorter text that stands in the longer, and part of the longer that the shorter is,
from which a new layout merely shows more or less of the same text."""

LEAST_CLAIM: Final = 0.3
"""Similarity that a page must have with the release whose canonical address it claims."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A stored release that a draft may be; ``gone`` where its address was last found gone."""

    release: Release
    gone: bool
    fingerprint: bytes


class DraftSignature:
    """A draft as it is compared: its words, and a fingerprint of all that readers care about."""

    def __init__(self, draft: Draft) -> None:
        content = draft.content
        files = frozenset([draft.digest]) if is_document(draft) else files_of(content)
        self.title = tokens(content.title)
        self.body = signature(content.body_text)
        self.fingerprint = text_fingerprint(self.title, self.body.words, files)


def is_document(draft: Draft) -> bool:
    """Whether a draft is a file whose bytes alone tell which one it is."""
    return draft.content.body_rule == DOCUMENT and bool(draft.digest)


def mint(source: str, url: str) -> str:
    """The id of a release first seen at ``url``: UUID version 5 (RFC 9562), minted once."""
    return str(uuid.uuid5(NAMESPACE, f"{source} {canonical_url(url)}"))


def keys_of(draft: Draft) -> tuple[str, ...]:
    """The canonical forms of the addresses that surely led to this page, its own first."""
    return tuple(dict.fromkeys(canonical_url(url) for url in (draft.url, *draft.aliases)))


def trusted_canonical(draft: Draft, front: Iterable[str]) -> str | None:
    """The address that the page claims for itself, unless it is of another kind of page.

    Many sites name their front page on every page. ``front`` are addresses of the site that are no
    release; neither is a bare host.
    """
    if not draft.canonical:
        return None
    key = canonical_url(draft.canonical)
    parts = urlsplit(key)
    bare = parts.path == "/" and not parts.query and not parts.fragment
    return None if bare or key in {canonical_url(url) for url in front} else key


def claims(draft: Draft, read: DraftSignature, owner: Release, *, claimed: bool) -> bool:
    """Whether ``owner``, which holds the address that the draft calls canonical, is the draft.

    A claim alone proves nothing: the day and the text must fit as well, fully where the owner was
    only seen at that address, roughly where it alone ``claimed`` the address for itself too.
    """
    alike = jaccard(read.body, signature(owner.content.body_text))
    return _same_day(draft.content, owner) and alike >= (LEAST_CLAIM if claimed else MOVED)


def is_copy(draft: Draft, owner: Release, claimed: str | None) -> bool:
    """Whether a page says of itself that it only shows ``owner``, whose own address is another.

    A view for the printer, say: it has more or less on it than the page that it names.
    """
    own = canonical_url(owner.url)
    return claimed == own and own not in keys_of(draft)


def moved(
    draft: Draft, read: DraftSignature, candidates: Iterable[Candidate], since: dt.datetime
) -> Release | None:
    """The stored release that this draft is, at an address never seen before; or None.

    Candidates are of the same source; language and day must agree. The very same text is the same
    release. A nearly identical one is too, if its title is the same and it was not met at its own
    address in this run (``since``): two notices cut from one template, both alive, stay two. Where
    the old address is gone, less likeness will do, for a new layout cuts texts anew. The same title
    alone never does. If one of the two has no date, their addresses must not name different years.
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
        # Met in this run at its own address; a line of an import may say that it is gone.
        alive = known.last_seen >= since and not one.gone
        if alive or not _same_day(draft.content, known):
            continue
        other = signature(known.content.body_text)
        similarity = jaccard(read.body, other)
        enough = similarity >= RETITLED
        if tokens(known.content.title) == read.title:
            enough = similarity >= (RELAUNCHED if one.gone else MOVED) or _recut(read.body, other)
        if enough and (best is None or similarity > best[0]):
            best = (similarity, known.id, known)
    return best[2] if best else None


def _undated(release: Release) -> bool:
    return release.published.precision == "none"


def _same_day(content: Content, known: Release) -> bool:
    """Whether the days agree; a draft without a date agrees with a release that had none either."""
    if content.published is None:
        return _undated(known)
    return content.published.day == known.published.day


def _near_day(content: Content, known: Release, *, gone: bool) -> bool:
    """Whether the very same text may be the same release: no other day is stated of it.

    A day more or less is a new layout's other zone, if the old address is gone.
    """
    if content.published is None or _undated(known):
        return True
    apart = abs((content.published.day - known.published.day).days)
    return apart <= (1 if gone else 0)


def _other_year(draft: Draft, known: Release) -> bool:
    """Whether one of two releases has no date, and their addresses name different years."""
    if draft.content.published is not None and not _undated(known):
        return False
    left, right = (
        {day.year for url in urls for day in address_days(url)}
        for urls in ((draft.url, *draft.aliases), (known.url, *known.aliases))
    )
    return bool(left and right) and left.isdisjoint(right)


def _same_language(left: Content, right: Content) -> bool:
    """Whether the languages agree, as far as both are known; regions don't count."""
    if not left.language or not right.language:
        return True
    return left.language.partition("-")[0] == right.language.partition("-")[0]


def _recut(left: Signature, right: Signature) -> bool:
    shorter, longer = sorted((len(left.shingles), len(right.shingles)))
    return shorter >= LEAST_WITHIN * longer and containment(left, right) >= WITHIN
