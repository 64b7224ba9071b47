"""Decision whether a draft (extracted release) is new, changed, unchanged, rejected or backlog.

Backlog releases existed before the first visit to their source and cause no alerts. Paging through
a listing may take many visits, so a release on a later page may still be new. This depends on its
date and its position in the listing: a release that appears above known releases is new.
"""

import datetime as dt
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final, Literal

from data.clock import zone_of
from data.dates.parse import on_day
from data.identity.matching import mint
from data.models import UNDATED_BEFORE, Content, Draft, Published, Release
from data.revisions.edits import significant_changes, with_file_digests
from data.text.similarity import jaccard, signature
from data.text.urls import canonical_url

OTHER_DAY_SIMILARITY: Final = 0.9
"""Minimum Jaccard similarity between a release and the target of a redirect from its address, if
their days differ."""

NO_DAY_SIMILARITY: Final = 0.6
"""Minimum Jaccard similarity between a release and the target of a redirect from its address, if
one of them has no day."""

REPLACED_SIMILARITY: Final = 0.1
"""Minimum Jaccard similarity between a release and its page if title and day differ. Below it, the
page shows another release."""

MAX_FUTURE: Final = dt.timedelta(hours=36)
"""Maximum time by which a date may be later than the first sighting of its release. It allows
today's noon in any time zone."""

LISTING_RULE: Final = "listing"
"""Prefix of the rules for dates that come from a listing and not from the release's page."""

KEPT_RULE: Final = "kept"
"""Title rule of a release whose stored title was kept because the title on the page was
rejected."""

FIELD_GROUPS: Final = (
    ("title", "title_rule"),
    # Topics are replaced with the text, because the current taxonomy assigns them.
    ("body_text", "body_html", "body_rule", "topics"),
    *((name,) for name in ("language", "section", "publisher", "author", "summary")),
    ("images",),
    ("attachments",),
)
"""Groups of fields that are kept or replaced together, depending on the first field of the group.
"""

UNDATED_RULE: Final = "undated"
"""Prefix of the date rules of releases without an accepted publication date."""

OLDEST_YEAR: Final = 1800
"""First year of accepted dates. Dates before this year are rejected."""
EPOCH: Final = dt.date(1970, 1, 1)
"""Rejected date, because it usually comes from a missing time stamp."""

LOST_BODY: Final = (
    "the page no longer shows a body; the last good text is kept "
    "(check the source with `communique sources check`)"
)
OTHER_PAGE: Final = (
    "the address now shows another page, with another title, date and text; the last good text is "
    "kept (the page may be a notice, a login or a challenge)"
)
LED_AWAY: Final = (
    "the address now leads to another release, with another day or title; the last good text is "
    "kept"
)
ENDS_EARLY: Final = (
    "the page shows only the beginning of the known text, so the response may be truncated; the "
    "known text is kept until a later visit finds the same (the next visit, or a visit 6 hours "
    "later if the page has no proper end)"
)
SHARED_BODY: Final = (
    "the page now shows the text of another release of this source; the last good text is kept "
    "(check the source with `communique sources check`)"
)

RESTLESS: Final = (
    "most of the page changes at every visit, so no change can be reported. Select its stable part"
    " with release.body in the source file"
)

REFUSED: Final = (
    "the page states {raw!r}, which was rejected as its publication date; the release is stored"
    " without a date. Set release.published in the source file if this is wrong"
)


@dataclass(frozen=True, slots=True)
class DraftDecision:
    """Decision about a draft, with the release to store.

    ``fields`` contains the names of changed fields. ``returned`` is true if a retracted release is
    online again. ``doubt`` is the reason (a sentence) if the draft was rejected and the last good
    content is kept. ``waits`` is true if a single page shows a change that the next visit may
    confirm.
    """

    kind: Literal["new", "changed", "unchanged"]
    release: Release
    fields: tuple[str, ...] = ()
    doubt: str | None = None
    returned: bool = False
    waits: bool = False


def decide(
    draft: Draft, known: Release, seen: dt.datetime, *, gone: bool = False, reread: bool = False
) -> DraftDecision:
    """Decide whether a draft changes a known release, and return the release to store.

    The id never changes, and ``published`` changes only from no date to a date. A page with the
    same bytes has not changed. If our code now extracts more from it, the better content is stored
    without a revision, and so is content from a stored copy (``reread``).

    Some pages never replace a stored body: a page without a body, a page with another title, day
    and text, and the target of a redirect with another day or title. ``gone`` is true if the known
    address was gone at the last visit; the release then moves to the draft's address.

    A draft also decides whether the release is online. A ``retracted`` draft retracts the release,
    but keeps the time of an earlier retraction. Any other draft ends a retraction.
    """
    published, order = _dated(draft, known, seen)
    content = with_file_digests(
        draft.content, known.content.file_digests, draft.content.file_digests
    )
    content = replace(content, published=published)
    # A page with the bytes of the last visit may confirm a change that this visit did not accept.
    same = reread or (bool(draft.digest) and draft.digest == known.digest and not draft.is_page)
    fields = frozenset[str]() if same else significant_changes(known.content, content)
    doubt = _doubt(draft, known, fields)
    if doubt:
        return DraftDecision("unchanged", known, doubt=doubt)
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
        return DraftDecision("changed", revised, tuple(sorted(fields)), returned=back)
    if turned:
        moved = replace(met, updated=later_update(known.updated, seen))
        return DraftDecision("changed", moved, ("retracted",), returned=back)
    return DraftDecision("unchanged", met)


def decide_reextraction(
    draft: Draft, known: Release, before: Content | None = None
) -> DraftDecision:
    """Decide what changes when a stored page is extracted again with other rules.

    A significant change creates a revision, but ``updated`` does not change. The id, a known date,
    and fields missing in the new extraction are kept. A known text is also kept if the new text
    only lacks some words, because learned templates may be missing.

    If an operator changed the rules in the source file, ``before`` is the extraction with the old
    rules. Parts that are missing only because of that change were unwanted and are removed.
    """
    published, order = _dated(draft, known, known.first_seen)
    content = replace(draft.content, published=published)
    lost = {
        name: getattr(known.content, name)
        for parts in FIELD_GROUPS
        for name in parts
        if _only_lacks(getattr(content, parts[0]), getattr(known.content, parts[0]), parts[0])
        and not _is_cut(content, before, parts[0])
    }
    content = replace(content, **lost)
    content = with_file_digests(content, known.content.file_digests)
    # The links of the same page lead to the same pages.
    fields = significant_changes(known.content, content) - {"links"}
    read = replace(known, content=content, order=order)
    if not fields:
        return DraftDecision("unchanged", read)
    revised = replace(read, revision=known.revision + 1, reread=known.reread + 1)
    return DraftDecision("changed", revised, tuple(sorted(fields)))


def _only_lacks(read: Any, known: Any, field: str) -> bool:
    """Return whether the new value of a field is empty or a part of the known value."""
    if not read or read == known:
        return bool(known) and not read
    if field == "body_text":
        words = iter(known.split())
        return all(word in words for word in read.split())
    return field == "attachments" and set(read) < set(known)


def _is_cut(content: Content, before: Content | None, field: str) -> bool:
    """Return whether a field is shorter only because an operator changed the rules.

    Returns False if the text becomes empty. ``before`` is the extraction with the old rules.
    """
    if before is None or getattr(before, field) == getattr(content, field):
        return False
    return bool(getattr(content, field)) or field not in {"title", "body_text"}


def later_update(updated: dt.datetime, seen: dt.datetime) -> dt.datetime:
    """Return a new ``updated`` time that is later than the previous time.

    If the clock was set back, the result is one second after the previous time, because feed
    readers miss a change if its time is not later.
    """
    return seen if seen > updated else updated + dt.timedelta(seconds=1)


def first_release(draft: Draft, seen: dt.datetime) -> Release:
    """Return the release to store for a new draft."""
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
    """Return the retraction time of a draft, or None. A time in the future becomes ``seen``."""
    return min(draft.retracted, seen) if draft.retracted else None


def date_doubt(release: Release) -> str | None:
    """Return a sentence that explains why the date of a new release is unreliable, or None."""
    if release.published.precision == "none" and release.published.raw:
        return REFUSED.format(raw=release.published.raw)
    return yet_to_come(release)


def yet_to_come(release: Release) -> str | None:
    """Return a sentence about a release's date if the date is in the future, otherwise None."""
    if release.published.precision == "none" or release.order == release.published.at:
        return None
    return (
        f"its date, {release.published.iso}, is in the future; the date is kept, and the release is"
        " sorted by the time when it was first seen"
    )


def _address(draft: Draft, known: Release) -> str:
    """Return the address that a known release should have now.

    The draft's address is used if it is new to the release, or if the known address redirects to
    it. Otherwise the release keeps its address, so that it does not alternate between two addresses
    of one page.
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
    """Return the date for a release without an accepted date: the day when it was first seen."""
    stated = draft.content.published
    raw, rule = draft.refused, UNDATED_RULE
    if stated:
        raw, rule = stated.raw, f"{UNDATED_RULE}, not {stated.rule}"
    day = seen.astimezone(zone_of(draft.zone)).date()
    return replace(on_day(day, draft.zone, raw, rule), precision="none")


def _order(draft: Draft, published: Published, seen: dt.datetime) -> dt.datetime:
    """Return the time by which a new release is sorted in feeds."""
    if published.precision == "none":
        if draft.position is None or draft.is_page:
            return seen
        return UNDATED_BEFORE - dt.timedelta(seconds=1 + draft.position)
    return seen if published.at > seen + MAX_FUTURE else published.at


def _dated(draft: Draft, known: Release, seen: dt.datetime) -> tuple[Published | None, dt.datetime]:
    """Return the date and the sort time of a known release.

    If it has no date, the draft's date is used.
    """
    stated = draft.content.published
    if known.published.precision != "none" or stated is None or not _possible(stated, seen):
        return known.content.published, known.order
    return stated, _order(draft, stated, known.first_seen)


def _is_led(draft: Draft, known: Release) -> bool:
    """Return whether a known address of a release redirects to an unknown address."""
    seen = {canonical_url(url) for url in known.aliases}
    return canonical_url(draft.url) not in seen and any(
        canonical_url(url) in seen for url in draft.aliases
    )


def _doubt(draft: Draft, known: Release, fields: frozenset[str]) -> str | None:
    """Return the reason why a page no longer shows its release, or None.

    ``fields`` are the changed fields. A single page may change completely.
    """
    content, led = draft.content, _is_led(draft, known)
    if not known.content.body_text:
        return None
    if not content.body_text:
        return LOST_BODY
    if draft.is_page:
        return None
    published = content.published
    stated = published if published and not published.rule.startswith(LISTING_RULE) else None
    same_day = stated is not None and stated.day == known.published.day
    # A kept title does not come from the page.
    retitled = "title" in fields or content.title_rule == KEPT_RULE
    if "body" not in fields or (same_day and not (led and retitled)) or not (retitled or led):
        return None
    alike = jaccard(signature(content.body_text), signature(known.content.body_text))
    other_day = stated is not None and known.published.precision != "none"
    if led and alike < (
        REPLACED_SIMILARITY
        if same_day
        else OTHER_DAY_SIMILARITY
        if other_day
        else NO_DAY_SIMILARITY
    ):
        return LED_AWAY
    return OTHER_PAGE if retitled and alike < REPLACED_SIMILARITY else None


def published_since(
    published: Published | None,
    first_visit: dt.datetime,
    seen: dt.datetime,
    *,
    same_day: bool = False,
) -> bool:
    """Return whether a date proves that a release was published after the first visit.

    ``seen`` is the current time; a date more than `MAX_FUTURE` later proves nothing. ``same_day``
    is the result for the day of the first visit, if the date has no time.
    """
    if published is None or published.precision == "none" or published.at > seen + MAX_FUTURE:
        return False
    if published.precision == "second":
        return published.at >= first_visit
    first_day = first_visit.astimezone(published.local.tzinfo).date()
    return published.day > first_day or (same_day and published.day == first_day)


def listed_since(keys: Sequence[str], before: Collection[str], *, anywhere: bool) -> frozenset[str]:
    """Return the addresses on a listing page that are new since earlier visits.

    ``keys`` are the addresses in page order, newest first, and ``before`` those listed earlier. A
    new address must be above an address listed earlier, unless the page has none: further down, it
    may have moved up from a page that no visit has read. With ``anywhere``, its position does not
    matter.
    """
    known = [place for place, key in enumerate(keys) if key in before]
    last = max(known, default=len(keys))
    if anywhere:
        last = len(keys)
    return frozenset(key for place, key in enumerate(keys) if place < last and key not in before)
