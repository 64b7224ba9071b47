"""Reads a release off its page: title, date, body and all that goes with them."""

from __future__ import annotations

from dataclasses import replace

from lxml import etree

from data.dates import Reading, parse_date
from data.language import detect_language, language_tag
from data.models import Content, Link, Published
from data.normalize import clean_line
from data.sanitize import absolute
from spiders.body import clean_body
from spiders.edges import trim
from spiders.editions import canonical_of, editions_of
from spiders.fragment import cut, whole
from spiders.hints import BIT
from spiders.mainbody import MainBody, find_body
from spiders.media import attachments_of, images_of
from spiders.metadata import Metadata, read_metadata
from spiders.page import Page
from spiders.pages import ListingItem, ReleasePage
from spiders.release_dates import Place, find_published
from spiders.source import ReleaseRules
from spiders.survey import Survey, survey
from spiders.titles import Title, find_title

UNTITLED = "(untitled)"
MIN_TITLE, MAX_LINKS = 16, 30
"""Characters of a link's text from which it may be a release's title, and links that are kept."""

ELSEWHERE = (
    BIT["footer"] | BIT["foot"] | BIT["nav"] | BIT["navigation"] | BIT["comment"] | BIT["share"]
)  # fmt: skip


def read_release(
    page: Page,
    reading: Reading,
    rules: ReleaseRules | None = None,
    hint: ListingItem | None = None,
) -> ReleasePage:
    """What a release page says; declared selectors win, the rest is detected.

    ``hint`` is what a listing said of the page, believed only where the page says nothing. Raises
    nothing for any page: what was not found is a sentence in ``reasons``.
    """
    rules = rules or ReleaseRules()
    root = page.tree
    reasons: list[str] = []
    meta = read_metadata(root)
    seen = survey(root)
    if not seen.complete:
        reasons.append("the page is so large that only its beginning was read")
    language = page_language(root, meta)
    if language and not reading.languages:
        reading = replace(reading, languages=(language,))
    body = find_body(seen, meta)
    title = find_title(meta, seen, body, page.url)
    if declared := first_text(page, rules.title, reasons):
        title = Title(clean_line(declared), "declared", 1.0)
    elif title is None and hint is not None and hint.title:
        title = Title(clean_line(hint.title), "listing", 0.5)
    published, doubts = find_published(
        meta, root, seen, place_of(title, body, seen), reading, page.url
    )
    if declared := first_text(page, rules.published, reasons):
        found = parse_date(declared, reading, "declared")
        published = found or published
        if found is None:
            reasons.append(f"the declared date {declared[:60]!r} can't be read")
    if published is None and hint is not None:
        published = hint.published
    if published is None:
        reasons.extend(doubts)
    if title is None:
        reasons.append("no title was found")
    if body is not None:
        headline, order = (title.text, title.order) if title else ("", None)
        body = replace(body, kept=trim(body.kept, headline, order, reading))
    elements, html, text, rule, sure = read_body(page, rules, body, seen, title, reasons)
    content = Content(
        title=title.text if title and title.text else UNTITLED,
        published=published,
        language=language or detect_language(text),
        section=first_text(page, rules.section, reasons) or section_of(meta, seen, body),
        publisher=first_text(page, rules.publisher, reasons) or publisher_of(meta),
        author=clean_line(meta.text("author") or meta.meta("author", "article:author")) or None,
        summary=clean_line(meta.meta("og:description", "description")) or None,
        body_html=html,
        body_text=text,
        images=images_of(elements, meta, page.base),
        attachments=attachments_of([elements] if elements is not None else [], page.base),
        title_rule=title.rule if title else "",
        body_rule=rule,
    )
    return ReleasePage(
        url=page.url,
        content=content,
        canonical=canonical_of(root, page.base),
        links=other_releases(seen, body, page.base),
        editions=editions_of(root, page.base, language),
        confidence={
            "title": title.confidence if title else 0.0,
            "published": trust(published),
            "body": sure,
        },
        reasons=tuple(reasons),
    )


def place_of(title: Title | None, body: MainBody | None, seen: Survey) -> Place:
    """Where the headline and the body stand."""
    order = title.order if title else None
    if body is None:
        start = (order or 0) + 1
        return Place(order, start, min(start + 10, len(seen.blocks)))
    return Place(order, body.kept[0].order, body.kept[-1].order + 1)


def read_body(
    page: Page,
    rules: ReleaseRules,
    body: MainBody | None,
    seen: Survey,
    title: Title | None,
    reasons: list[str],
) -> tuple[etree._Element | None, str, str, str, float]:
    """The body's element, its HTML and text, the rule that found it, and how sure it is."""
    headline = title.text if title else ""
    if rules.body:
        found = select(page, rules.body, reasons)
        if found is not None:
            html, text, doubts = clean_body(
                whole(found), page.base, headline, rules.drop, declared=True
            )
            reasons.extend(doubts)
            return found, html, text, "declared", 1.0
        reasons.append(f"the declared body {rules.body!r} is not on the page; it was detected")
    if body is None:
        reasons.append("no body was found")
        return None, "", "", "", 0.0
    html, text, doubts = clean_body(
        cut(body, seen, named=bool(rules.drop)), page.base, headline, rules.drop
    )
    reasons.extend(doubts)
    return body.frame.element, html, text, body.rule, body.confidence


def select(page: Page, selector: str, reasons: list[str]) -> etree._Element | None:
    """The first element that a selector finds."""
    try:
        for found in page.selector.css(selector.removesuffix("::text")):
            if isinstance(found.root, etree._Element):
                return found.root
    except ValueError as error:
        reasons.append(f"the selector {selector!r} can't be read: {error}")
    return None


def first_text(page: Page, selector: str | None, reasons: list[str]) -> str:
    """The first text that is not blank among what a selector finds."""
    if not selector:
        return ""
    try:
        for found in page.selector.css(selector):
            node = found.root
            text = "".join(node.itertext()) if isinstance(node, etree._Element) else str(node)
            if clean_line(text):
                return clean_line(text)
    except ValueError as error:
        reasons.append(f"the selector {selector!r} can't be read: {error}")
    return ""


def page_language(root: etree._Element, meta: Metadata) -> str | None:
    """The language that a page declares."""
    for declared in (
        root.get("lang"),
        root.get("{http://www.w3.org/XML/1998/namespace}lang"),
        root.get("xml:lang"),
        meta.text("inLanguage"),
        meta.meta("og:locale", "content-language", "dc.language", "language"),
    ):
        found = language_tag(declared)
        if found:
            return found
    return None


def section_of(meta: Metadata, seen: Survey, body: MainBody | None) -> str | None:
    """The section or rubric that a release stands in."""
    said = meta.text("articleSection") or meta.meta("article:section", "section", "dc.type")
    if said:
        return clean_line(said)[:100]
    start = body.kept[0].order if body else 0
    for block in reversed(seen.blocks[max(0, start - 8) : start]):
        for element, _ in block.pieces:
            name = f"{element.get('class') or ''}".lower()
            if "categor" in name or "section" in name or "rubric" in name:
                text = clean_line("".join(element.itertext()))
                if 0 < len(text) < 60:
                    return text
    return None


def publisher_of(meta: Metadata) -> str | None:
    """Who publishes: the institution's own name."""
    said = meta.text("publisher", "sourceOrganization") or meta.meta(
        "og:site_name", "dc.publisher", "dcterms.publisher", "application-name"
    )
    return clean_line(said)[:200] or None


def other_releases(seen: Survey, body: MainBody | None, base: str) -> tuple[Link, ...]:
    """The other releases that a page names after its body."""
    if body is None or not body.kept:
        return ()
    found: dict[str, Link] = {}
    for block in seen.blocks[body.kept[-1].order + 1 :]:
        if not block.anchors or len(block.text) < MIN_TITLE or block.frame.tag == "footer":
            continue
        if (block.frame.above | block.frame.hints) & ELSEWHERE:
            continue
        for element, _ in block.pieces:
            link = element if element.tag == "a" else element.getparent()
            if link is None or link.tag != "a":
                continue
            title = clean_line("".join(map(str, link.itertext())))
            url = absolute(base, link.get("href") or "") if len(title) >= MIN_TITLE else None
            if url and url.startswith("http"):
                found.setdefault(url, Link(url, title))
        if len(found) >= MAX_LINKS:
            break
    return tuple(found.values())


def trust(published: Published | None) -> float:
    """How sure a date is, by the rule that found it."""
    if published is None:
        return 0.0
    if published.rule.startswith(("declared", "json-ld", "meta:")):
        return 0.95
    return {"time": 0.85, "class": 0.75, "url": 0.7}.get(published.rule, 0.5)
