"""Parsing of releases from lines of JSON, for `communique import`."""

import codecs
import datetime as dt
import json
import mimetypes
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

import msgspec

from data.clock import zone_of
from data.dates.context import DateContext
from data.dates.parse import on_day, parse_date
from data.identity.matching import mint
from data.languages.detection import detect_language
from data.languages.tags import language_tag
from data.models import Content, Draft, Media, Published
from data.text.clean import clean_line, clean_text
from data.text.folding import RESERVED, SLUG_LENGTH
from data.text.html_text import line_of, paragraphs, text_of
from data.text.masking import MASK, without_user
from data.text.sanitize import is_huge, sanitize
from data.text.urls import absolute, without_campaign
from data.topics.taxonomy import Taxonomy

MAX_LINE_BYTES: Final = 20_000_000
"""Maximum size in bytes of a line of JSON."""
MAX_ADDRESS_LENGTH: Final = 4096
"""Maximum length in characters of an address."""
MAX_RAW_LENGTH: Final = 200
"""Maximum length in characters of a date's original text, and of a value in an error message."""
MAX_LIST_ITEMS: Final = 1000
"""Maximum number of items read per release in each list: aliases, topics, images and attachments.
"""

DAY: Final = re.compile(r"\d{4}-\d{2}-\d{2}")
SLUG: Final = re.compile(r"[a-z0-9]+(?:--?[a-z0-9]+)*|(?:[a-z0-9]+(?:-[a-z0-9]+)*)_[a-z2-9]{10}")
"""Pattern of slugs as data.text.folding.slug_of returns them. A topic name that matches is used
unchanged."""

MEDIA_TYPE: Final = re.compile(r"[a-z0-9.+-]+/[a-z0-9.+*-]+")
SURROGATE: Final = re.compile(rb"\\u[dD][89a-fA-F]")
"""Pattern that matches an escaped surrogate in JSON."""
UNKNOWN_TYPE: Final = "application/octet-stream"


class LineError(ValueError):
    """A line is not a valid release. The message is a sentence."""


class MediaLine(msgspec.Struct, frozen=True):
    """An image or attachment in a line of JSON."""

    url: str
    type: str | None = None
    length: int | None = None
    title: str | None = None


class FieldOrigin(msgspec.Struct, frozen=True):
    """The origin of a field: how its value was extracted."""

    rule: str | None = None
    raw: str | None = None
    zone: str | None = None


class LineProvenance(msgspec.Struct, frozen=True):
    """Origins of a release's fields in a line of JSON."""

    published: FieldOrigin | None = None
    title: FieldOrigin | None = None
    body: FieldOrigin | None = None


class InterchangeLine(msgspec.Struct, frozen=True):
    """A release in a line of JSON, without fields that only a store has (revisions, stories)."""

    url: str
    title: str
    id: str | None = None
    published: str | None = None
    precision: str | None = None
    language: str | None = None
    section: str | None = None
    publisher: str | None = None
    summary: str | None = None
    body_html: str | None = None
    body_text: str | None = None
    aliases: tuple[str, ...] | None = None
    topics: tuple[str, ...] | None = None
    images: tuple[MediaLine, ...] | None = None
    attachments: tuple[MediaLine, ...] | None = None
    retracted: str | None = None
    provenance: LineProvenance | None = None


_decoder = msgspec.json.Decoder(InterchangeLine)


@dataclass(frozen=True, slots=True)
class Imported:
    """A draft from a line, with the line's topics as slugs and labels.

    ``undated`` is true if the line states that the release has no date, and ``is_cut`` if the
    text exceeded the maximum length. ``has_other_id`` is true if the id changes because a secret in
    the address is masked.
    """

    draft: Draft
    topics: tuple[tuple[str, str], ...]
    undated: bool = False
    is_cut: bool = False
    has_other_id: bool = False


def read_line(line: bytes, source: str, context: DateContext, taxonomy: Taxonomy) -> Imported:
    """Parse a line of JSON as a release, and clean its values like the values of a page.

    ``context`` determines how dates without a time zone are parsed. A retraction time in the line
    applies to a new release; a known release is retracted now. Raises LineError.
    """
    if len(line) > MAX_LINE_BYTES:
        raise LineError(f"the line is longer than {MAX_LINE_BYTES:,} bytes")
    try:
        decoded = _decoder.decode(_whole(line.removeprefix(codecs.BOM_UTF8)))
    except (msgspec.DecodeError, ValueError, RecursionError) as error:
        raise LineError(f"the line is not a release in JSON: {error}") from error
    url = _address(decoded.url)
    if url is None:
        raise LineError(f"url is not an http or https address: {decoded.url[:MAX_RAW_LENGTH]!r}")
    origin = decoded.provenance or LineProvenance()
    # If the line contains the title's origin, it is our export and the title is plain text: in such
    # a title, "<b>" is not markup.
    one_line = clean_line if origin.title else line_of
    title = one_line(decoded.title)
    if not title:
        raise LineError("title is empty")
    text = clean_text(decoded.body_text or "")
    whole = decoded.body_html or paragraphs(text)
    html = sanitize(whole, url)
    is_cut = is_huge(whole) or is_huge(text)
    if not text or is_cut:
        text = text_of(html)
    content = Content(
        title=title,
        published=_published(decoded, origin.published or FieldOrigin(), context),
        language=language_tag(decoded.language) or detect_language(text),
        section=one_line(decoded.section or "") or None,
        publisher=one_line(decoded.publisher or "") or None,
        summary=one_line(decoded.summary or "") or None,
        body_html=html,
        body_text=text,
        images=_media(decoded.images, url, "image/jpeg"),
        attachments=_media(decoded.attachments, url, UNKNOWN_TYPE),
        title_rule=_rule(origin.title),
        body_rule=_rule(origin.body),
    )
    others = tuple(filter(None, map(_address, (decoded.aliases or ())[:MAX_LIST_ITEMS])))
    found = (one for one in (url, *others) if decoded.id and mint(source, one) == decoded.id)
    first = next(found, None)
    names = filter(None, map(clean_line, (decoded.topics or ())[:MAX_LIST_ITEMS]))
    draft = Draft(
        source,
        url,
        content,
        tuple(dict.fromkeys(others)),
        retracted=_instant(decoded.retracted, context) if decoded.retracted else None,
        first=first,
        zone=context.zone,
    )
    named = tuple([_topic(name, taxonomy) for name in names])
    undated = decoded.precision == "none" and not decoded.published
    has_other_id = bool(decoded.id) and first is None and MASK in url
    return Imported(draft, named, undated=undated, is_cut=is_cut, has_other_id=has_other_id)


def _whole(line: bytes) -> bytes:
    """Remove escaped lone surrogates from a line, which JSON allows but UTF-8 does not."""
    if not SURROGATE.search(line):
        return line
    return json.dumps(json.loads(line), ensure_ascii=False).encode(errors="ignore")


def _published(
    line: InterchangeLine, origin: FieldOrigin, context: DateContext
) -> Published | None:
    text = clean_line(line.published or "")
    if not text:
        return None
    zone = _zone(origin.zone) or context.zone
    raw = clean_line(origin.raw or "")[:MAX_RAW_LENGTH] if origin.raw is not None else text
    rule = _rule(origin)
    try:
        if DAY.fullmatch(text):
            return on_day(dt.date.fromisoformat(text), zone, raw, rule)
        at = dt.datetime.fromisoformat(text)
    except ValueError:
        found = parse_date(text, context, rule)
        if found is None:
            message = f"published is ambiguous or not a date: {text[:MAX_RAW_LENGTH]!r}"
            raise LineError(message) from None
        return found
    try:
        if at.tzinfo is None:
            at = at.replace(tzinfo=zone_of(zone))
        elif at.utcoffset() != at.astimezone(zone_of(zone)).utcoffset():
            zone = at.strftime("%z")[:3] + ":" + at.strftime("%z")[3:5]
        if line.precision == "day":
            return on_day(at.date(), zone, raw, rule)
        return Published(at.astimezone(dt.UTC).replace(microsecond=0), "second", zone, raw, rule)
    except (OverflowError, ValueError) as error:
        raise LineError(f"published is out of range (years 1 to 9999): {text!r}") from error


def _instant(text: str, context: DateContext) -> dt.datetime:
    try:
        at = dt.datetime.fromisoformat(text)
        if at.tzinfo is None:
            at = at.replace(tzinfo=zone_of(context.zone))
        return at.astimezone(dt.UTC)
    except (OverflowError, ValueError) as error:
        message = f"retracted is not an ISO date or time: {text[:MAX_RAW_LENGTH]!r}"
        raise LineError(message) from error


def _zone(name: str | None) -> str | None:
    try:
        return name if name and zone_of(name) else None
    except (KeyError, ValueError, OSError):
        return None


def _address(url: str) -> str | None:
    found = absolute("", url) if len(url) <= MAX_ADDRESS_LENGTH else None
    if not found or urlsplit(found).scheme not in ("http", "https") or clean_line(found) != found:
        return None
    # A password in the address must not be copied to feeds.
    return without_campaign(without_user(found))


def _rule(found: FieldOrigin | None) -> str:
    return clean_line((found and found.rule) or "")[:MAX_RAW_LENGTH] or "import"


def _media(lines: Iterable[MediaLine] | None, base: str, fallback: str) -> tuple[Media, ...]:
    found = []
    for line in tuple(lines or ())[:MAX_LIST_ITEMS]:
        url = without_user(absolute(base, line.url) or "")
        if urlsplit(url).scheme not in ("http", "https"):
            continue
        stated = (line.type or "").strip().lower()
        guessed = mimetypes.guess_type(urlsplit(url).path)[0] or fallback
        length = line.length if line.length is not None and line.length >= 0 else None
        kind = stated if MEDIA_TYPE.fullmatch(stated) else guessed
        found.append(Media(url, kind, length, line_of(line.title or "") or None))
    return tuple(found)


def _topic(name: str, taxonomy: Taxonomy) -> tuple[str, str]:
    """Return the slug and label of a topic. An unknown slug is also its label."""
    if SLUG.fullmatch(name) and len(name) <= SLUG_LENGTH and name not in RESERVED:
        known = taxonomy.topics.get(name)
        return name, known.label if known else name
    return taxonomy.named(name)
