"""Find a release whose text is only in JSON state in a page's scripts.

The release is an object with a title and a body. Its URL or title matches the page's, unlike those
of related releases or cookie notices.

The state may be deeply nested or contain itself, so it is traversed without recursion, and each
object only once. Only image values are searched recursively, a few levels deep.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from html import unescape
from typing import Any, Final
from urllib.parse import unquote, urlsplit

from data.dates.context import DateContext
from data.dates.parse import DateReader, plausible
from data.models import Media, Published
from data.text.clean import FORBIDDEN, clean_line
from data.text.urls import is_web, loadable
from spiders.body.main_content import MainContent
from spiders.json_state.json_fields import published_in, record_fields
from spiders.json_state.rich_text import Writer
from spiders.json_state.scripts import states
from spiders.page.embedded_metadata import EmbeddedMetadata, plain_value
from spiders.page.literals import NoLiteral, decoded
from spiders.page.media_files import leads_to_image
from spiders.page.page import Page
from spiders.page.phrases import comparison_key
from spiders.release.media import image_type

MIN_UNMATCHED_BODY_LENGTH = 400
"""Minimum length in letters of a body in a JSON object whose title and URL do not match the page's.
"""

MIN_TITLE_LETTERS, MIN_SEGMENT_LETTERS = 8, 3
"""Minimum lengths, in letters, of a title and of a URL's last path segment that identify a
release."""

MIN_KEPT_LENGTH, MIN_KEPT_CONFIDENCE, MIN_LENGTH_RATIO = 1_000, 0.6, 2
"""Limits for preferring a body from scripts to the visible body.

- `MIN_KEPT_LENGTH`, `MIN_KEPT_CONFIDENCE`: minimum length (in characters) and minimum confidence of
  a visible body that is kept
- `MIN_LENGTH_RATIO`: minimum length of the body in scripts, as a multiple of the visible body's
length"""

MAX_RECORDS: Final = 200
"""Maximum number of objects per page whose bodies are compared, best matches first."""

MAX_PLACE = 2_000
BODY_CONFIDENCES: Final = (0.5, 0.8, 0.9, 0.95)
"""Confidence (0 to 1) in a body by what its object shares with the page: nothing, the title, the
URL, or both."""

PLACE: Final = re.compile(
    r"(?:canonical_?|perma_?|web_?|page_?|website_?|full_?)*(?:url|link|href|uri|path|slug|alias|route)s?"
    r"|id|_id|uid|uuid",
    re.IGNORECASE,
)

MAX_VALUES: Final = 40_000
"""Maximum number of values that are visited per JSON state."""

DEEPEST: Final = 40
MAX_NESTED: Final = 2_000_000
"""Maximum number of characters in a state's strings that are parsed as nested JSON."""

MIN_BODY_LENGTH: Final = 80
"""Minimum length of a release's body in JSON state, in characters."""

MAX_TITLE_LEVELS: Final = 3
"""Maximum number of enclosing objects searched for the title of a body."""

MIN_PREFERRED_TITLE_LENGTH: Final = 8
"""Minimum length in characters of a title that is preferred to shorter ones in the same JSON
object."""

MAX_TITLE_LENGTH, NESTED = 500, 5

BODY: Final = re.compile(
    r"(?:field_|article_?|post_?|page_?|news_?|press_?|release_?|main_?|full_?|rich_?|long_?|story_?)*"
    r"(?:body|content|contents|text|html|copy|story|description|details?|markdown|document|blocks|"
    r"paragraphs|sections|components|elements|content_elements|value|body_?text|article)"
    r"(?:_?(?:html|text|raw|json|value|content|blocks|elements|markdown|rendered|body))*",
    re.IGNORECASE,
)
TITLE: Final = re.compile(
    r"(?:page_?|article_?|post_?|news_?|main_?|seo_?|meta_?|og_?)*(?:title|headline|heading|name|subject)s?",
    re.IGNORECASE,
)
LEAD: Final = re.compile(
    r"(?:lead|hero|main|cover|featured?|header|top|primary|teaser|og|social|promo|thumb)?_?"
    r"(?:image|photo|picture|media|thumbnail|visual|img)s?",
    re.IGNORECASE,
)
IMAGE_KEY: Final = re.compile("hero|cover|poster|key_?visual|banner", re.IGNORECASE)
"""Pattern of keys that may have an image as their value. The value's URL must have an image suffix.
"""

OTHER_KEYS: Final = re.compile(
    r"related|recommend|cookie|consent|footer|menu|navig|newsletter|banner|modal|privacy|comment|"
    r"sidebar|latest|trending|popular|more_?|next|prev|translation|locale|i18n|messages|config|"
    r"settings|alert|widget|ads\b|seo|author|contact|boilerplate|about",
    re.IGNORECASE,
)
"""Pattern of keys whose values are not part of the page's release."""

WRAPPERS: Final = (
    "data", "attributes", "fields", "asset", "image", "media", "file", "node", "formats", "large",
)  # fmt: skip
PICTURE: Final = ("url", "src", "href", "sourceUrl", "source_url", "original", "path", "file")
TAG: Final = re.compile(r"<[^<>]{0,2000}>")


@dataclass(frozen=True, slots=True)
class StateRelease:
    """A release from the JSON state of a page's scripts. ``html`` is its unsanitized body."""

    title: str
    html: str
    published: Published | None
    image: Media | None
    author: str | None
    confidence: float


@dataclass(frozen=True, slots=True)
class PageIdentity:
    """The last path segment of a page's URL and its titles, by which its release is recognized."""

    place: str
    titles: tuple[str, ...]

    def rank(self, record: StateObject) -> int:
        """Return how well a JSON object matches the page, from 0 to 3.

        A matching URL adds 2 and a matching title adds 1.
        """
        by_place = any(self._is_place(part) for part in record.whole[:2])
        key = comparison_key(title_in(record))
        by_title = len(key) >= MIN_TITLE_LETTERS and any(key in title for title in self.titles)
        return 2 * by_place + by_title

    def _is_place(self, value: Mapping[str, Any]) -> bool:
        return bool(self.place) and any(
            last_of(address) == self.place
            for name, part in value.items()
            if PLACE.fullmatch(name)
            for address in (part.values() if isinstance(part, dict) else (part,))
            if isinstance(address, (str, int))
        )


def release_in_state(
    page: Page, meta: EmbeddedMetadata, body: MainContent | None, listed: str, context: DateContext
) -> StateRelease | None:
    """Return the release in a page's scripts that best matches the page, or None.

    Returns None if the visible body is not missing or far shorter. To save CPU time, scripts are
    not searched if the visible body is long and its confidence high. ``listed`` is the title of the
    page in a listing.
    """
    shown = sum(len(block.text) for block in body.kept) if body else 0
    if body is not None and shown >= MIN_KEPT_LENGTH and body.confidence >= MIN_KEPT_CONFIDENCE:
        return None
    titles = (listed, meta.title, meta.meta("og:title", "twitter:title"), meta.text("headline"))
    named = PageIdentity(last_of(page.url), tuple(filter(None, map(comparison_key, titles))))
    records = [record for state in states(page.tree) for record in state_objects(state)]
    ranked = [(named.rank(record), record) for record in records]
    writer = Writer()
    best: tuple[int, int] = (0, 0)
    found: tuple[StateObject, str] | None = None
    for rank, record in sorted(ranked, key=lambda pair: -pair[0])[:MAX_RECORDS]:
        if rank < best[0] or not (rank or (record.alone and title_in(record))):
            continue
        html, length = body_in(record.value, writer)
        least = MIN_BODY_LENGTH if rank else MIN_UNMATCHED_BODY_LENGTH
        if length >= least and (rank, length) > best:
            best, found = (rank, length), (record, html)
    if found is None or len(TAG.sub(" ", found[1])) < shown * MIN_LENGTH_RATIO:
        return None
    record, html = found
    return StateRelease(
        title_in(record),
        html,
        date_in(record, context),
        image_in(record, page.base),
        author_in(record),
        BODY_CONFIDENCES[best[0]],
    )


def last_of(place: str | int) -> str:
    """Return the letters and digits of a URL's last path segment, or "" if there are too few."""
    try:
        parts = urlsplit(str(place)[:MAX_PLACE])
    except ValueError:
        return ""
    segments = [part for part in unquote(parts.path).split("/") if part]
    last = re.sub(r"\.\w{2,5}$", "", segments[-1]) if segments else ""
    key = comparison_key(last)
    return key if len(key) >= MIN_SEGMENT_LETTERS else ""


@dataclass(frozen=True, slots=True)
class StateObject:
    """A JSON object in a script's state.

    ``around`` contains its enclosing objects, innermost first. ``alone`` is false if the object is
    one of several in a list, or is below a key that matches `OTHER_KEYS`.
    """

    value: Mapping[str, Any]
    around: tuple[Mapping[str, Any], ...]
    alone: bool

    @property
    def whole(self) -> tuple[Mapping[str, Any], ...]:
        """The object and all objects that contain it, innermost first."""
        return (self.value, *self.around)


def state_objects(state: Any) -> Iterator[StateObject]:
    """Yield each object of a state that may contain a body, outermost first."""
    waiting: list[tuple[Any, tuple[Mapping[str, Any], ...], int, bool]] = [(state, (), 0, True)]
    seen: set[int] = set()
    nested = MAX_NESTED
    for _ in range(MAX_VALUES):
        if not waiting:
            return
        value, around, depth, alone = waiting.pop()
        if isinstance(value, str):
            nested -= len(value)
            text, value = value, None
            with suppress(NoLiteral):
                value = decoded(text) if nested > 0 else None
        if not isinstance(value, (dict, list)) or id(value) in seen or depth > DEEPEST:
            continue
        seen.add(id(value))
        if isinstance(value, list):
            many = alone and sum(isinstance(one, dict) for one in value) < 2  # noqa: PLR2004 - at most one object
            waiting += [(one, around, depth + 1, many) for one in reversed(value) if holds(one)]
            continue
        if any(is_body(name, part) for name, part in value.items()):
            yield StateObject(value, around, alone)
        inner = (value, *around)[:MAX_TITLE_LEVELS]
        for name, part in reversed(value.items()):
            if holds(part):
                waiting.append((part, inner, depth + 1, alone and not OTHER_KEYS.search(name)))


def holds(part: Any) -> bool:
    """Whether a JSON value may contain objects."""
    if isinstance(part, str):
        return len(part) >= MIN_BODY_LENGTH and part[:2] in {'{"', "[{"}
    return isinstance(part, (dict, list)) and bool(part)


def is_body(name: str, part: Any) -> bool:
    """Whether a value in a JSON object may be a body, judging by its key and size."""
    if isinstance(part, str):
        large = len(part) >= MIN_BODY_LENGTH
    else:
        large = isinstance(part, (dict, list)) and bool(part)
    # Apollo's cache stores a field's arguments in the field's name.
    return large and BODY.fullmatch(name.partition("(")[0][:60]) is not None


def body_in(value: Mapping[str, Any], writer: Writer) -> tuple[str, int]:
    """Return an object's longest body as HTML, and its number of letters."""
    best, most = "", 0
    for name, part in value.items():
        if is_body(name, part):
            html = FORBIDDEN.sub("", writer.html(part))
            letters = len(comparison_key(TAG.sub(" ", html)))
            if letters > most:
                best, most = html, letters
    return best, most


def title_in(record: StateObject) -> str:
    """Return the title of an object or of the nearest object around it with a title, or ""."""
    for value in record.whole:
        found = ""
        for name, part in value.items():
            text = part.get("rendered") or part.get("value") if isinstance(part, dict) else part
            if isinstance(text, str) and len(text) <= MAX_TITLE_LENGTH and TITLE.fullmatch(name):
                title = clean_line(unescape(TAG.sub(" ", text)))
                found = max(
                    found,
                    title,
                    key=lambda one: (len(one) >= MIN_PREFERRED_TITLE_LENGTH, not found),
                )
        if found:
            return found
    return ""


def date_in(record: StateObject, context: DateContext) -> Published | None:
    """Return the publication date of an object or of its parent object, or None."""
    for value in record.whole[:2]:
        found = published_in(dict(record_fields(value)), DateReader(context))
        if found and plausible(found, context.now):
            return replace(found, rule="state")
    return None


def image_in(record: StateObject, base: str) -> Media | None:
    """Return the lead image of an object or of its parent object, or None."""
    for value in record.whole[:2]:
        for name, part in value.items():
            sure = LEAD.fullmatch(name)
            if not sure and not IMAGE_KEY.fullmatch(name):
                continue
            found = picture(part, base, 0)
            if found and (sure or leads_to_image(found.url)):
                return found
    return None


def author_in(record: StateObject) -> str | None:
    """Return the author's name in a JSON object, or None. Values that are URLs are skipped."""
    for name in ("author", "authors", "byline", "authorName", "author_name"):
        author = clean_line(plain_value(record.value.get(name)))
        if author and not is_web(author):
            return author
    return None


def picture(value: Any, base: str, depth: int) -> Media | None:
    """Return the first image in a JSON value, or None.

    ``base`` is the base URL. ``depth`` is the current level of recursion.
    """
    if isinstance(value, list):
        return picture(value[0], base, depth + 1) if value and depth < NESTED else None
    if isinstance(value, str):
        url = loadable(base, value) if leads_to_image(value) else None
        return Media(url, image_type(url)) if url else None
    if not isinstance(value, dict) or depth >= NESTED:
        return None
    for name in PICTURE:
        if isinstance(value.get(name), str) and (url := loadable(base, value[name])):
            alt = value.get("alt") or value.get("altText") or value.get("alternativeText")
            title = clean_line(alt) if isinstance(alt, str) else ""
            return Media(url, image_type(url), title=title or None)
    inner = (picture(value.get(name), base, depth + 1) for name in WRAPPERS)
    return next((found for found in inner if found), None)
