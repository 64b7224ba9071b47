"""Choose the publication date of a release from the dates found on its page.

Without a learned template, `choose_date` returns the first of these dates:

1. The date at the selector of the source file (rule "declared").
2. If the release's text is in the JSON state of the page's scripts: the date in the same JSON
   object. JSON-LD, ``article`` meta elements and microdata take precedence over it.
3. A date in metadata that can only mean publication. If it is later than the last modification,
   it is used only if no other date is plausible. If it contradicts the day in the URL, it is
   scored in step 4, unless its name contains "publish". Day and month are swapped if the URL or
   the page has them in the other order. A time in UTC becomes the visible local day.
4. The date with the best score among vague metadata, the day in the URL and the visible dates.
   A visible date labelled as that of an event or another day is excluded. An update label
   lowers the score, and such a date is used only if the release shows no other.
5. A visible day with a year from the URL or ``<body>``, a labelled date far below the text, the
   first ``<time>``, or a date in the JSON state of the scripts.
6. The date of the last modification, if the page labels it as such.
7. An implausible date in metadata that can only mean publication, such as a future date.

If steps 3 to 7 find no date, the listing's date is used. It also replaces a visible date that
differs from it by more than a day, because that date may belong to another release. If no date
remains, `rejected_date` returns the text of an impossible date.

Two other functions choose dates: `learned_date` for a learned template, which is used only if it
matches the page, and `document_date` for a PDF. The dates of page parts are in spiders.page_parts.
This module never changes the date of a stored release; data.identity.decision does.
"""

import datetime as dt
import re
from dataclasses import replace
from typing import Final

from data.dates.context import DateContext
from data.dates.parse import MAX_CHARS, find_dates, on_day, parse_date, plausible
from data.models import Published
from spiders.body.text_blocks import TextBlock
from spiders.items import ListingItem
from spiders.page.css import declared_text
from spiders.page.date_labels import is_of_event, is_of_other, is_of_publication
from spiders.page.embedded_metadata import EmbeddedMetadata
from spiders.page.media_files import DocumentText
from spiders.page.page import Page
from spiders.release.date.date_candidates import DateCandidates
from spiders.release.date.metadata_dates import VAGUE_DATES, metadata_dates, state_date, url_date
from spiders.release.date.places import (
    DATED,
    MAX_PLAIN_LINE_LENGTH,
    OUTSIDE,
    blocks_around,
    label_before,
)
from spiders.release.date.visible_dates import (
    CERTAIN_DATE_SCORE,
    CHANGED_RULE,
    DOTTED_DATE,
    near,
    stated_change,
)
from spiders.sources.source_file import ReleaseRules

PREFERRED_TO_STATE: Final = ("declared", "json-ld", "meta:article", "microdata")
"""Prefixes of rules whose dates take precedence over a date in the JSON state of scripts."""

METADATA_RULES: Final = ("json-ld", "meta", "microdata", "state")
"""Prefixes of rules for dates in a page's metadata or in the JSON state of its scripts."""

VAGUE_RULES: Final = frozenset(["json-ld:uploadDate"]) | frozenset(
    f"meta:{name}" for name in ("og:article:published_time", *VAGUE_DATES)
)
"""Rules for metadata dates that may not be the publication date."""

IN_UTC: Final = re.compile(r"(?:Z|GMT|UTC|[+-]00:?00)\s*$", re.IGNORECASE)
SLASHED: Final = re.compile(r"\d{1,2}([/.-])\d{1,2}\1\d{4}")
CLOSE_DIGITS: Final = re.compile(r"\d(?:\D{0,12}\d){2}")
"""Pattern of three digits close together, as in every numeric date and every date with a year."""

MAX_DATE_LAG: Final = dt.timedelta(hours=1)
"""Maximum time by which a publication date may be later than the page's last modification time."""

TRUSTED_WORTH, ADDRESS_WORTH, VAGUE_WORTH = 2.2, 1.6, 1.2
"""Scores of a date in trusted metadata, in the URL, and in vague metadata, for comparison with the
scores of visible dates."""

MIN_OFFSET_HOURS, MAX_OFFSET_HOURS = -8, 12
"""Minimum and maximum UTC offset of nearly all press rooms, in hours."""

OFFSET_STEP_MINUTES: Final = 15
"""Smallest difference in minutes between two UTC offsets. All differences are multiples of it."""

MAX_OFFSET: Final = 14 * 60
"""Maximum UTC offset of a time zone, in minutes."""

DOCUMENT_TOP_LINES, DOCUMENT_END_LINES = 14, 2
"""Numbers of lines at the top and at the end of a document that are searched for its date."""

MAX_AFTER_CREATION: Final = dt.timedelta(days=7)
"""Maximum time from a document's creation day to the release date. A later date in the text is
probably the date of an announced event."""


def choose_date(
    rules: ReleaseRules,
    listed: ListingItem | None,
    in_state: Published | None,
    candidates: DateCandidates,
    reasons: list[str],
) -> Published | None:
    """Return the publication date of a release without a learned template, or None.

    ``in_state`` is the date in the JSON state of the page's scripts, from the object with the
    release's text. Problems are added to ``reasons`` as sentences. The module's docstring lists the
    order of precedence.
    """
    found = _declared_or_detected(rules, listed, candidates, reasons)
    if found is not None and found.rule.startswith(PREFERRED_TO_STATE):
        return found
    return in_state or found


def _declared_or_detected(
    rules: ReleaseRules,
    listed: ListingItem | None,
    candidates: DateCandidates,
    reasons: list[str],
) -> Published | None:
    """Return the date at the source file's selector, the detected date, or the listing's date.

    The listing's date replaces a detected date that is more than a day away, unless the detected
    date is from metadata. Problems are added to ``reasons``.
    """
    if declared := declared_text(candidates.page.tree, rules.published, reasons, apart=True):
        found = parse_date(declared, candidates.context, "declared")
        if found is not None:
            return found
        reasons.append(f"the declared date {declared[:60]!r} can't be read")
    detected, problems = _detected(candidates)
    if listed is not None and listed.published is not None:
        in_metadata = detected is not None and detected.rule.startswith(METADATA_RULES)
        day = listed.published.day
        apart = detected is None or abs(detected.day - day) > dt.timedelta(days=1)
        if apart and not in_metadata:
            return listed.published
    if detected is None or detected.rule == CHANGED_RULE:
        reasons.extend(problems)
    return detected


def _detected(of: DateCandidates) -> tuple[Published | None, list[str]]:
    """Return the detected publication date, and a sentence about each problem with the dates."""
    problems: list[str] = []
    stated: Published | None = None
    implausible: Published | None = None
    for text, rule in metadata_dates(of.meta, of.page):
        found = parse_date(text, of.context, rule)
        if found is None:
            continue
        if (
            found.precision == "second"
            and (modified := of.modified)
            and found.at > modified.at + MAX_DATE_LAG
        ):
            stated = stated or found
            continue
        if plausible(found, of.context.now):
            stated = _with_day_and_month_swapped(found, of)
            break
        problems.append(f"the date {found.iso} of {rule} can't be a publication date")
        implausible = implausible or (found if _is_trusted(found) else None)
    if stated and _is_trusted(stated):
        is_published = "publish" in stated.rule or stated.rule == "json-ld:datePublished"
        if of.address is None or near(stated, of.address) or is_published:
            return _as_shown(stated, of), problems
    best = _best_scored(stated, of) or next(of.remaining(), None)
    if best is None:
        problems.append("no publication date was found")
        best = stated_change(of.seen, of.place, of.context)
        if best is not None:
            problems.append(f"the date {best.iso} is the date of the last change")
    # An implausible date from trusted metadata is kept. The store reports the date, but does not
    # sort releases by it.
    return best or implausible, problems


def _best_scored(stated: Published | None, of: DateCandidates) -> Published | None:
    """Return the date with the best score among metadata, URL and visible dates, or None.

    ``stated`` is the date from the metadata, or None.
    """
    best, top = stated, 0.0
    if stated is not None:
        top = TRUSTED_WORTH if _is_trusted(stated) else VAGUE_WORTH
    address, month = of.in_address
    if address is not None and top < ADDRESS_WORTH:
        best, top = address, ADDRESS_WORTH
    today = of.context.now.date()
    for worth, found in of.shown:
        if not plausible(found, of.context.now):
            continue
        bonus = -1.5 if found.day == today else 0.0
        if address is not None:
            bonus += 1.5 if found.day == address.day else -1.0
        elif month is not None:
            bonus += 0.5 if (found.day.year, found.day.month) == month else -0.5
        if worth + bonus > top:
            best, top = found, worth + bonus
    return best


def _with_day_and_month_swapped(stated: Published, of: DateCandidates) -> Published:
    """Swap day and month of a metadata date if the page shows that they are in the wrong order.

    A day in the URL is decisive. Without one, the visible dates decide about a numeric date.
    """
    try:
        turned = stated.day.replace(month=stated.day.day, day=stated.day.month)
    except ValueError:
        return stated
    if of.address is not None:
        return of.address if turned == of.address.day else stated
    if turned == stated.day or not SLASHED.match(stated.raw):
        return stated
    shown = {found.day: found for _, found in of.shown}
    return stated if stated.day in shown else shown.get(turned, stated)


def _is_trusted(stated: Published) -> bool:
    """Whether a metadata date is certainly a publication date, judging by its rule.

    For example, the meta element ``date`` may contain any date.
    """
    return stated.rule not in VAGUE_RULES


def _as_shown(stated: Published, of: DateCandidates) -> Published:
    """Replace a UTC time from metadata with the local day on the page or in its URL.

    Some systems write UTC in metadata but show readers the local day. If the source's time zone is
    unknown, the visible day is returned without a time. Other dates are returned unchanged.
    """
    if stated.precision != "second":
        return stated
    if stated.zone != "UTC":
        return _as_labelled(stated, of)
    day, address = stated.day, of.address
    others = {
        (stated.at + dt.timedelta(hours=hours)).date()
        for hours in (MIN_OFFSET_HOURS, MAX_OFFSET_HOURS)
    } - {day}
    if not others or not IN_UTC.search(stated.raw):
        return stated
    shown = [
        found
        for worth, found in of.shown
        if worth > CERTAIN_DATE_SCORE and _may_be_same(found, stated)
    ]
    days = {found.day for found in shown if found.rule != "time"}
    if address is not None and address.day in others and day not in days:
        return replace(address, raw=stated.raw)
    if address is None and day not in days and len(days & others) == 1:
        return next(found for found in shown if found.day in others)
    return stated


def _as_labelled(stated: Published, of: DateCandidates) -> Published:
    """Return the visible day instead of a metadata time that is probably wrongly labelled as UTC.

    Some systems label local time as UTC, or write midnight UTC for a day without a time. The
    visible day may then differ from the day in the source's time zone. Any other metadata date is
    returned unchanged.
    """
    labelled = stated.at.date()
    midnight = stated.at.time() == dt.time()
    if not IN_UTC.search(stated.raw) or (labelled == stated.day and not midnight):
        return stated
    shown = [found for worth, found in of.shown if worth > CERTAIN_DATE_SCORE]
    if labelled != stated.day and any(found.day == stated.day for found in shown):
        return stated
    days = (found for found in shown if found.day == labelled and found.precision == "day")
    return next(days, stated)


def _may_be_same(shown: Published, stated: Published) -> bool:
    """Whether a visible date may be the metadata time ``stated`` in another time zone.

    If the visible date has a time, the difference must be a possible UTC offset: a multiple of 15
    minutes.
    """
    if shown.precision != "second":
        return True
    minutes = round((shown.at - stated.at).total_seconds() / 60)
    return abs(minutes) <= MAX_OFFSET and (minutes + 1) % OFFSET_STEP_MINUTES <= 2  # noqa: PLR2004 - tolerance of one minute


def confidence_of(published: Published | None) -> float:
    """Return the confidence (0 to 1) in a publication date, based on its extraction rule."""
    if published is None:
        return 0.0
    if published.rule.startswith(("declared", "json-ld", "meta:")):
        return 0.95
    return {"time": 0.85, "class": 0.75, "url": 0.7, CHANGED_RULE: 0.3}.get(published.rule, 0.5)


def rejected_date(of: DateCandidates) -> str:
    """Return the text of an impossible date on the page, such as 32 March, or "".

    It is stored with a release that has no valid date. Metadata is searched first, then implausible
    visible dates, then the text of elements marked or labelled as dates.
    """
    for text, _ in metadata_dates(of.meta, of.page):
        if CLOSE_DIGITS.search(text):
            return text[:MAX_CHARS].strip()
    shown = [
        (worth, found.raw)
        for worth, found in of.shown
        if worth >= CERTAIN_DATE_SCORE and not plausible(found, of.context.now)
    ]
    if shown:
        return max(shown)[1]
    around = blocks_around(of.seen, of.place)
    return next((block.text for block in around if _is_marked(block, of)), "")


def _is_marked(block: TextBlock, of: DateCandidates) -> bool:
    """Whether a short block with digits is marked or labelled as a publication date."""
    if len(block.text) > MAX_PLAIN_LINE_LENGTH or not CLOSE_DIGITS.search(block.text):
        return False
    names = block.hints | block.container.near
    if (names | block.container.above) & OUTSIDE:
        return False
    labelled = f"{label_before(block, of.seen, of.place)} {block.text}"
    if is_of_other(labelled) or is_of_event(labelled):
        return False
    return bool(names & DATED or is_of_publication(labelled))


def learned_date(
    origin: str,
    page: Page,
    meta: EmbeddedMetadata,
    context: DateContext,
    listed: ListingItem | None,
) -> Published | None:
    """Return the page's date from the source ``origin`` that a learned template names, or None.

    ``origin`` is "listing", "url", "state", or a metadata rule. A metadata time in UTC is converted
    to the source's time zone.
    """
    if origin == "listing":
        return listed.published if listed else None
    if origin == "url":
        return url_date(page.url, context)[0]
    if origin == "state":
        return state_date(page.tree, context)
    texts = (text for text, rule in metadata_dates(meta, page) if rule == origin)
    found = parse_date(next(texts, ""), context, origin)
    if found is None or not plausible(found, context.now):
        return None
    utc = found.precision == "second" and found.zone == "UTC"
    return replace(found, zone=context.zone) if utc else found


def selected_date(text: str, context: DateContext, rule: str) -> Published | None:
    """Parse the text at a template's date selector. Returns None if the date is implausible."""
    if context.order is None and DOTTED_DATE.search(text):
        context = replace(context, order="DMY")
    found = parse_date(text, context, rule) if text else None
    return found if found and plausible(found, context.now) else None


def document_date(
    document: DocumentText, context: DateContext, listed: ListingItem | None
) -> Published | None:
    """Return the publication date of a document such as a PDF, or None.

    The listing's date is used, or else a date at the top of the document, at its end, or its
    creation day.
    """
    if listed and listed.published:
        return listed.published
    made = dt.date.fromisoformat(document.created) if document.created else None
    lines = [line for page in document.pages for line in page.splitlines() if line.strip()]
    for part in (lines[:DOCUMENT_TOP_LINES], lines[DOCUMENT_TOP_LINES:][-DOCUMENT_END_LINES:]):
        for found in find_dates("\n".join(part), context, "pdf:text"):
            early = made is None or found.day <= made + MAX_AFTER_CREATION
            if plausible(found, context.now) and early:
                return found
    if made is None:
        return None
    found = on_day(made, context.zone, document.created, "pdf:metadata")
    return found if plausible(found, context.now) else None
