"""What becomes of a draft: new, changed, unchanged, or not believed; pure decisions over values."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, replace
from typing import Any, Final, Literal

from data.clock import zone_of
from data.dates.parse import on_day
from data.identity.matching import mint
from data.models import UNDATED_BEFORE, Content, Draft, Published, Release
from data.revisions.edits import significant_changes
from data.text.similarity import jaccard, signature
from data.text.urls import canonical_url

SAME: Final = 0.9
"""Jaccard similarity from which a page that an address leads to is the release, on another day."""

LIKE: Final = 0.6
"""The same where it, or the release, states no day."""

REPLACED: Final = 0.1
"""Jaccard similarity below which a page with another title and day is not the release any more."""

FUTURE: Final = dt.timedelta(hours=36)
"""How far ahead of its first sight a date may lie: noon of today, in any zone."""

LISTED: Final = "listing"
"""How the rules begin that name a date which a listing states, not the page."""

KEPT: Final = "kept"
"""The rule of a title that was known before, where the page's own was not believed."""

READ_TOGETHER: Final = (
    ("title", "title_rule"),
    # A page gives no topics: they are what its text is filed under by today's taxonomy.
    ("body_text", "body_html", "body_rule", "topics"),
    *((name,) for name in ("language", "section", "publisher", "author", "summary")),
    ("images",),
    ("attachments",),
)
"""Fields of a content that stay or go with the first of them."""

UNDATED: Final = "undated"
"""Start of the rule of a release whose page has no accepted publication date."""

OLDEST_YEAR: Final = 1800
EPOCH: Final = dt.date(1970, 1, 1)

LOST_BODY: Final = (
    "the page no longer shows a body where it did before; the last good text is kept "
    "(check the source with `communique sources check`)"
)
OTHER_PAGE: Final = (
    "the address now shows another page, with another title, date and text; the last good text is "
    "kept (it may be a notice, a login or a challenge)"
)
LED_AWAY: Final = (
    "the address now leads to another release, of another day or title; the last good text is kept"
)
ENDS_EARLY: Final = (
    "the page shows only the beginning of the known text, as if the response had been cut; the "
    "known text is kept, and a later visit that finds the same records it as an edit (the next "
    "visit, or after 6 hours if the page does not end as its format does)"
)
SHARED_BODY: Final = (
    "the page now shows the text of another release of this source; the last good text is kept "
    "(check the source with `communique sources check`)"
)


@dataclass(frozen=True, slots=True)
class Decision:
    """What a draft turned out to be, and the release as it shall be kept.

    ``fields`` names what changed. ``returned`` is whether the release was retracted until now, and
    is back online. ``doubt`` is a sentence where the draft was not believed and the
    last good content stays.
    """

    kind: Literal["new", "changed", "unchanged"]
    release: Release
    fields: tuple[str, ...] = ()
    doubt: str | None = None
    returned: bool = False


def decide(
    draft: Draft, known: Release, seen: dt.datetime, *, gone: bool = False, reread: bool = False
) -> Decision:
    """Whether a draft of a known release has changed, and the release to keep.

    ``published`` and the id of the release never move, but that a date takes the place of none. A
    page whose bytes are the same has not
    changed, whatever our own code now reads in it: then the better reading is kept without a
    revision; so it is where it is merely ``reread``, from its own page after a copy of that. An
    empty body never replaces one that was read before, nor does a page that shares neither title,
    day nor text with it, nor one of another day or title that the address leads to since. ``gone``
    is whether its address was last found gone: then it is where the draft is.

    A draft is the last word on whether the release stands: one that says ``retracted`` retracts a
    release that stood until now, though the time of the first retraction stays; any other brings
    back a release that was retracted. Where the page is there all the same, its next visit does so.
    """
    published, order = _dated(draft, known, seen)
    content = replace(draft.content, published=published)
    same = reread or (bool(draft.digest) and draft.digest == known.digest)
    fields = frozenset[str]() if same else significant_changes(known.content, content)
    doubt = _doubt(draft.content, known, fields, led=_is_led(draft, known))
    if doubt:
        return Decision("unchanged", known, doubt=doubt)
    met = replace(
        known,
        url=_address(draft, known) if draft.retracted or not gone else draft.url,
        aliases=tuple(sorted({*known.aliases, draft.url, *draft.aliases})),
        content=content if same else replace(known.content, published=published),
        order=order,
        last_seen=seen,
        retracted=(known.retracted or _retracted(draft, seen)) if draft.retracted else None,
        digest=draft.digest or known.digest,
    )
    turned = (known.retracted is None) != (met.retracted is None)
    back = turned and met.retracted is None
    if fields:
        revised = replace(
            met,
            content=content,
            updated=later_update(known.updated, seen),
            revision=known.revision + 1,
            capture=draft.capture,
            reread=0,
        )
        return Decision("changed", revised, tuple(sorted(fields)), returned=back)
    if turned:
        moved = replace(met, updated=later_update(known.updated, seen))
        return Decision("changed", moved, ("retracted",), returned=back)
    return Decision("unchanged", met)


def read_anew(draft: Draft, known: Release, before: Content | None = None) -> Decision:
    """What becomes of a release whose page, as it was served before, is read by other rules.

    What readers would care about makes a revision, but no news: ``updated`` stays, and so do the
    id, a date that was known, and all that the page does not give any more. A text that only lacks
    words of the known one is no better: templates that were learned of its site may be lost. But
    where a person changed the rules of the source file since, ``before`` is what the page gives by
    those of then: what is missing for that change alone was not wanted.
    """
    published, order = _dated(draft, known, known.first_seen)
    content = replace(draft.content, published=published)
    lost = {
        name: getattr(known.content, name)
        for parts in READ_TOGETHER
        for name in parts
        if _only_lacks(getattr(content, parts[0]), getattr(known.content, parts[0]), parts[0])
        and not _is_cut(content, before, parts[0])
    }
    content = replace(content, **lost)
    fields = significant_changes(known.content, content)
    read = replace(known, content=content, order=order)
    if not fields:
        return Decision("unchanged", read)
    revised = replace(read, revision=known.revision + 1, reread=known.reread + 1)
    return Decision("changed", revised, tuple(sorted(fields)))


def _only_lacks(read: Any, known: Any, field: str) -> bool:
    """Whether what is read of a field is nothing, or a part of what is known and nothing else."""
    if not read or read == known:
        return bool(known) and not read
    if field == "body_text":
        words = iter(known.split())
        return all(word in words for word in read.split())
    return field == "attachments" and set(read) < set(known)


def _is_cut(content: Content, before: Content | None, field: str) -> bool:
    """Whether a change of the rules alone takes something off a field; but never all of a text."""
    if before is None or getattr(before, field) == getattr(content, field):
        return False
    return bool(getattr(content, field)) or field not in {"title", "body_text"}


def later_update(updated: dt.datetime, seen: dt.datetime) -> dt.datetime:
    """The new ``updated`` of a release that changed at ``seen``; always later than the one before.

    If the clock was set back, it is one second later: feed readers would miss the change otherwise.
    """
    return seen if seen > updated else updated + dt.timedelta(seconds=1)


def first_release(draft: Draft, seen: dt.datetime) -> Release:
    """The release that a draft is at first sight."""
    stated = draft.content.published
    published = stated if stated and _possible(stated, seen) else _undated(draft, seen)
    return Release(
        id=mint(draft.source, draft.first or draft.url),
        source=draft.source,
        url=draft.url,
        content=draft.content
        if published is stated
        else replace(draft.content, published=published),
        first_seen=seen,
        last_seen=seen,
        updated=seen,
        order=_order(draft, published, seen),
        aliases=tuple(sorted({draft.url, *draft.aliases})),
        retracted=_retracted(draft, seen),
        digest=draft.digest,
        capture=draft.capture,
    )


def _retracted(draft: Draft, seen: dt.datetime) -> dt.datetime | None:
    """Since when a draft is gone: a retraction that is yet to come is one of now."""
    return min(draft.retracted, seen) if draft.retracted else None


REFUSED: Final = (
    "the page states {raw!r}, which was rejected as its publication date; the release is stored"
    " without a date. Set release.published in the source file if this is wrong"
)


def date_doubt(release: Release) -> str | None:
    """Why the date of a new release is not one to rely on, or None where it is."""
    if release.published.precision == "none" and release.published.raw:
        return REFUSED.format(raw=release.published.raw)
    return yet_to_come(release)


def yet_to_come(release: Release) -> str | None:
    """The doubt about a release whose date lies in the future, or None."""
    if release.published.precision == "none" or release.order == release.published.at:
        return None
    return (
        f"its date, {release.published.iso}, is in the future; the date is kept, and the release is"
        " sorted by the time when it was first seen"
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


def _undated(draft: Draft, seen: dt.datetime) -> Published:
    """The date of a release without an accepted publication date: the day it was first seen."""
    stated = draft.content.published
    raw, rule = draft.refused, UNDATED
    if stated:
        raw, rule = stated.raw, f"{UNDATED}, not {stated.rule}"
    day = seen.astimezone(zone_of(draft.zone)).date()
    return replace(on_day(day, draft.zone, raw, rule), precision="none")


def _order(draft: Draft, published: Published, seen: dt.datetime) -> dt.datetime:
    """The instant that feeds sort a new release by."""
    if published.precision == "none":
        if draft.position is None:
            return seen
        return UNDATED_BEFORE - dt.timedelta(seconds=1 + draft.position)
    return seen if published.at > seen + FUTURE else published.at


def _dated(draft: Draft, known: Release, seen: dt.datetime) -> tuple[Published | None, dt.datetime]:
    """The date of a known release and its order: a date that it now states takes that of none."""
    stated = draft.content.published
    if known.published.precision != "none" or stated is None or not _possible(stated, seen):
        return known.content.published, known.order
    return stated, _order(draft, stated, known.first_seen)


def _is_led(draft: Draft, known: Release) -> bool:
    """Whether an address of a release leads to one where it was never seen."""
    seen = {canonical_url(url) for url in known.aliases}
    return canonical_url(draft.url) not in seen and any(
        canonical_url(url) in seen for url in draft.aliases
    )


def _doubt(content: Content, known: Release, fields: frozenset[str], *, led: bool) -> str | None:
    """Why a page is not believed to show the release that it did, or None.

    ``led`` is whether a known address led to it, where it was never seen.
    """
    if not known.content.body_text:
        return None
    if not content.body_text:
        return LOST_BODY
    published = content.published
    stated = published if published and not published.rule.startswith(LISTED) else None
    same_day = stated is not None and stated.day == known.published.day
    # A title that was kept is not the page's own.
    retitled = "title" in fields or content.title_rule == KEPT
    if "body" not in fields or (same_day and not (led and retitled)) or not (retitled or led):
        return None
    alike = jaccard(signature(content.body_text), signature(known.content.body_text))
    other_day = stated is not None and known.published.precision != "none"
    if led and alike < (REPLACED if same_day else SAME if other_day else LIKE):
        return LED_AWAY
    return OTHER_PAGE if retitled and alike < REPLACED else None
