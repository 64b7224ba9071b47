"""Which release a draft is, and what becomes of it: pure decisions over values."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Literal
from urllib.parse import urlsplit

from data.dedup import differences, fingerprint, jaccard, shingles
from data.models import Content, Draft, Published, Release
from data.normalize import canonical_url

NAMESPACE = uuid.uuid5(uuid.NAMESPACE_URL, "urn:communique:release")
"""Releases of all installations share it: the same page has the same id everywhere."""

MOVED = 0.9
"""Jaccard similarity from which a body at a new URL is the same release (see `moved`)."""

FUTURE = dt.timedelta(hours=36)
"""How far ahead of its first sight a date may lie: noon of today, in any zone."""

OLDEST_YEAR = 1800
EPOCH = dt.date(1970, 1, 1)


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a draft turned out to be, and the release as it shall be kept.

    ``fields`` names what changed. ``doubt`` is a sentence where the draft was not believed and the
    last good content stays.
    """

    kind: Literal["new", "changed", "unchanged"]
    release: Release
    fields: tuple[str, ...] = ()
    doubt: str | None = None


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


def claims(draft: Draft, owner: Release) -> bool:
    """Whether ``owner``, which holds the address that the draft calls canonical, is the draft.

    A claim alone proves nothing: the day and the text must fit as well.
    """
    return _same_day(draft.content, owner) and _alike(draft.content, owner.content) >= MOVED


def moved(draft: Draft, candidates: Iterable[Release], since: dt.datetime) -> Release | None:
    """The stored release that this draft is, at an address never seen before; or None.

    Candidates are of the same source, language and day. The very same text is the same release.
    A nearly identical one is too, if its title is the same and it was not met at its own address in
    this run (``since``): two notices cut from one template, both alive, stay two.
    """
    print_of_draft = fingerprint(draft.content)
    best: tuple[float, str, Release] | None = None
    for known in candidates:
        if not _same_day(draft.content, known) or known.content.language != draft.content.language:
            continue
        if fingerprint(known.content) == print_of_draft and draft.content.body_text:
            return known
        if known.last_seen >= since and known.retracted is None:
            continue
        similarity = _alike(draft.content, known.content)
        titled = differences(known.content, draft.content).isdisjoint({"title"})
        if similarity >= (MOVED if titled else 0.97) and (best is None or similarity > best[0]):
            best = (similarity, known.id, known)
    return best[2] if best else None


def judge(draft: Draft, known: Release | None, seen: dt.datetime) -> Verdict:
    """Whether the draft is new, changed or unchanged, and the release to keep.

    ``published`` and the id of a known release never move. A page whose bytes are the same has not
    changed, whatever our own code now reads in it: then the better reading is kept without a
    revision. An empty body never replaces one that was read before.
    """
    if known is None:
        return Verdict("new", _born(draft, seen))
    met = replace(
        known,
        url=_address(draft, known),
        aliases=tuple(sorted({*known.aliases, draft.url, *draft.aliases})),
        last_seen=seen,
        retracted=None,
        digest=draft.digest or known.digest,
    )
    if known.content.body_text and not draft.content.body_text:
        return Verdict("unchanged", replace(met, digest=known.digest), doubt=LOST_BODY)
    content = replace(draft.content, published=known.content.published)
    fields = differences(known.content, content)
    if draft.digest and draft.digest == known.digest:
        return Verdict("unchanged", replace(met, content=content))
    returned = known.retracted is not None
    if not fields and not returned:
        return Verdict("unchanged", met)
    if not fields:
        return Verdict("changed", replace(met, updated=seen), ("retracted",))
    revised = replace(met, content=content, updated=seen, revision=known.revision + 1)
    return Verdict("changed", revised, tuple(sorted(fields)))


LOST_BODY = (
    "the page no longer shows a body where it did before; the last good text is kept "
    "(check the source with `communique sources check`)"
)


def _born(draft: Draft, seen: dt.datetime) -> Release:
    stated = draft.content.published
    published = stated if stated and _possible(stated, seen) else _first_seen(stated, seen)
    return Release(
        id=mint(draft.source, draft.url),
        source=draft.source,
        url=draft.url,
        content=replace(draft.content, published=published),
        first_seen=seen,
        last_seen=seen,
        updated=seen,
        order=seen if published.at > seen + FUTURE else published.at,
        aliases=tuple(sorted({draft.url, *draft.aliases})),
        digest=draft.digest,
    )


def _address(draft: Draft, known: Release) -> str:
    """Where the release is now: it moves to an address never seen, or where the old one leads.

    A page that answers under two addresses doesn't move back and forth between them.
    """
    here, there = canonical_url(draft.url), canonical_url(known.url)
    if here == there:
        upgraded = draft.url.startswith("https:") and known.url.startswith("http:")
        return draft.url if upgraded else known.url
    redirected = there in {canonical_url(url) for url in draft.aliases}
    unseen = here not in {canonical_url(url) for url in known.aliases}
    return draft.url if redirected or unseen else known.url


def _possible(stated: Published, seen: dt.datetime) -> bool:
    return OLDEST_YEAR <= stated.at.year <= seen.year + 10 and stated.day != EPOCH


def _first_seen(stated: Published | None, seen: dt.datetime) -> Published:
    raw, rule = (stated.raw, f"first-seen, not {stated.rule}") if stated else ("", "first-seen")
    return Published(seen.replace(microsecond=0), "second", "UTC", raw, rule)


def _same_day(content: Content, known: Release) -> bool:
    """Whether the days agree; a draft without a date agrees with a release that had none either."""
    if content.published is None:
        return known.published.rule.startswith("first-seen")
    return content.published.day == known.published.day


def _alike(left: Content, right: Content) -> float:
    return jaccard(shingles(left.body_text), shingles(right.body_text))
