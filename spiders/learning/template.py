"""A learned template of release pages: its selectors, and the extraction of pages with them.

It is fast: selectors are compiled, a page is parsed only once, and nothing is detected.
"""

import datetime as dt
import json
from dataclasses import replace
from typing import Final

import msgspec
from lxml import etree

from data.dates.context import DateContext
from data.languages.detection import detect_language
from data.models import Content, Published
from data.text.clean import clean_line
from data.wording import counted
from spiders.body.clean_html import clean_body, outer_html
from spiders.body.frames import metadata_parts
from spiders.body.serialize import SerializedBody, serialize
from spiders.body.side_boxes import newsletter_forms
from spiders.body.text_blocks import BlockTree, Container, TextBlock
from spiders.body.trim_edges import trim_edges
from spiders.items import ExtractedRelease, ListingItem
from spiders.learning.excerpt import Excerpt, excerpt_of
from spiders.learning.samples import parts_with_tables
from spiders.page.class_hints import hidden_parts
from spiders.page.css import CssSelector
from spiders.page.embedded_metadata import read_metadata
from spiders.page.html_tree import text_content
from spiders.page.page import Page
from spiders.page.phrases import comparison_key
from spiders.release.date.choice import learned_date, selected_date
from spiders.release.media import attachments_of, images_of
from spiders.release.metadata import (
    author_of,
    canonical_of,
    editions_of,
    links_after,
    page_language,
    publisher_of,
    section_of,
)
from spiders.sources.source_file import ReleaseRules

SELECTORS: Final = ("title", "published", "section", "publisher", "body", "drop")
READER_VERSION: Final = "3"
"""Version of the extraction code. Increase it to discard and relearn all templates."""


MAX_MISFITS: Final = 3
"""Maximum number of consecutive pages without a matching template before a layout is abandoned.
They may be from several visits."""

LEARNED: Final = "learned"
DECLARED: Final = "declared"
LEARNED_CONFIDENCE: Final = 0.95
"""Confidence (0 to 1) in values extracted by a template, except declared titles and bodies
(1.0)."""

_FRAME: Final = Container(etree.Element("html"), "html", "", None, 0, 0, 0)
_NOTHING: Final = BlockTree(_FRAME)


class Template(msgspec.Struct, frozen=True):
    """The selectors for release pages of one layout, with the evidence for them.

    - ``rules``: the selectors; ``declared`` names those from the source file
    - ``date_origin``: the rule for the date if no selector gives it: ``json-ld:datePublished``,
      ``meta:…``, ``url``, ``state`` or ``listing``
    - ``boilerplate``: the lines that all pages repeat around their text
    - ``pages``, ``fitted``: the number of pages on which it was tried, and that it matched
    - ``urls``, ``learned``: the pages from which it was learned, and the time (aware, UTC)
    - ``version``: identifies the code and the declared rules with which it was learned
    - ``misfits``: the pages without a matching template since it last matched a page; after
      MAX_MISFITS such pages, it is abandoned
    - ``look_again``: whether the next visit extracts the misfits again to learn the new layout
    - ``excerpt``: the part of a large page from which the template can extract everything
    """

    source: str
    layout: str
    version: str
    rules: ReleaseRules
    learned: dt.datetime
    urls: tuple[str, ...]
    declared: tuple[str, ...] = ()
    date_origin: str = ""
    boilerplate: tuple[str, ...] = ()
    pages: int = 0
    fitted: int = 0
    misfits: tuple[str, ...] = ()
    look_again: bool = False
    excerpt: Excerpt | None = None

    @property
    def is_abandoned(self) -> bool:
        """Whether too many pages did not match the template, so that it is no longer used."""
        return len(self.misfits) >= MAX_MISFITS


def version_of(declared: ReleaseRules) -> str:
    """Return an identifier of the current code and the declared rules, for a template's version."""
    return f"{READER_VERSION} {msgspec.json.encode(declared).decode()}"


def encode_template(template: Template) -> str:
    """Encode a template as JSON text."""
    return msgspec.json.encode(template).decode()


def decode_template(text: str) -> Template | None:
    """Decode a template from JSON text. Returns None if the text has an older format."""
    try:
        return msgspec.json.decode(text, type=Template)
    except msgspec.DecodeError:
        return None


def described(template: Template) -> list[str]:
    """Return lines that describe a template: its evidence, and its rules as in a source file."""
    rules = template.rules
    lines = ["[release]"]
    values = ((name, getattr(rules, name)) for name in SELECTORS)
    lines += [f"{name} = {json.dumps(value)}" for name, value in values if value]
    if template.date_origin:
        lines.append(f"the date comes from {template.date_origin}")
    lines += [f"boilerplate on all pages: {line[:80]}" for line in template.boilerplate]
    evidence = (
        f"learned {template.learned:%Y-%m-%d %H:%M} UTC from {counted(len(template.urls), 'page')},"
        f" fitted {template.fitted} of {counted(template.pages, 'page')} ({template.layout})"
    )
    if template.is_abandoned:
        lines.append(f"abandoned: the last {counted(len(template.misfits), 'page')} did not match")
    return [evidence, *lines]


class TemplateReader:
    """Extracts pages with a template. The template's selectors are compiled once.

    Raises ValueError if a selector is invalid.
    """

    def __init__(self, template: Template) -> None:
        self.template = template
        rules = template.rules
        self._title = _finder(rules.title)
        self._published = _finder(rules.published)
        self._section = _finder(rules.section)
        self._publisher = _finder(rules.publisher)
        self._body = _finder(rules.body and rules.body.removesuffix("::text"))
        self._drop = CssSelector(*rules.drop, within=True) if rules.drop else None
        self._boilerplate = frozenset(map(comparison_key, template.boilerplate))
        self._longest = 2 * max(map(len, template.boilerplate), default=0)

    def read(
        self, page: Page, context: DateContext, listed: ListingItem | None = None
    ) -> ExtractedRelease | None:
        """Extract the release from a page, or return None if the template does not match it.

        The template matches if it finds a title, a date and a body with text.
        """
        excerpt = self.template.excerpt
        part = excerpt_of(page, excerpt) if excerpt else None
        found = self.read_part(part, context, listed) if part else None
        return found or self.read_part(page, context, listed)

    def read_part(
        self, page: Page, context: DateContext, listed: ListingItem | None
    ) -> ExtractedRelease | None:
        """Extract the release from a whole page or an excerpt.

        Returns None if the template does not match.
        """
        root = page.tree
        title = _value(self._title, root)
        body = self.body_of(root)
        if not title or body is None or self._is_another(root, title):
            return None
        meta = read_metadata(page)
        language = page_language(root, meta)
        if language and not context.languages:
            context = replace(context, languages=(language,))
        published = (
            date_in(self._published.value(root, apart=True), context)
            if self._published
            else learned_date(self.template.date_origin, page, meta, context, listed)
        )
        html, text = self._written(body, page, title, context)
        if published is None or not text:
            return None
        section = _value(self._section, root)
        content = Content(
            title=title,
            published=published,
            language=language or detect_language(text),
            section=section or section_of(page, meta, _NOTHING, None),
            publisher=_value(self._publisher, root) or publisher_of(page, meta),
            author=author_of(page, meta),
            summary=clean_line(meta.meta("og:description", "description")) or None,
            body_html=html,
            body_text=text,
            images=images_of(body, meta, page.base),
            attachments=attachments_of(body, page.base),
            title_rule=self._rule("title"),
            body_rule=self._rule("body"),
        )
        return ExtractedRelease(
            url=page.url,
            content=content,
            canonical=canonical_of(page),
            links=links_after(body, page.base),
            editions=editions_of(page, language),
            confidence=dict.fromkeys(("title", "published", "body"), LEARNED_CONFIDENCE),
        )

    def _is_another(self, root: etree._Element, title: str) -> bool:
        """Whether a page certainly has a different layout from the template's pages.

        There are two cases:

        - The body selector matched a single element per page when it was learned, but now several.
        - The page's only ``h1`` is just a part of the extracted title, which may include a date.
        """
        declared = self.template.declared
        if self._body and "body" not in declared and len(self._body.elements(root)) > 1:
            return True
        if "title" in declared:
            return False
        headings = [comparison_key(text_content(one)) for one in root.iter("h1")]
        key = comparison_key(title)
        return len(headings) == 1 and bool(headings[0]) and headings[0] in key != headings[0]

    def lines(self, page: Page, context: DateContext) -> tuple[str, ...]:
        """Return the lines of a page's body, or an empty tuple if it has none."""
        body = self.body_of(page.tree)
        title = _value(self._title, page.tree)
        if body is None:
            return ()
        return tuple(self.prose_of(body, page, title, context).lines())

    def prose_of(
        self, body: etree._Element, page: Page, title: str, context: DateContext
    ) -> SerializedBody:
        """Serialize a body without dropped elements, boilerplate and other content at its ends."""
        cut = self._cut(body)
        dropped = {
            *newsletter_forms(body.iter("input")),
            *hidden_parts(body),
            *metadata_parts(body),
            *cut,
        }
        prose = serialize(body, page.base, dropped)
        kept = []
        for run in prose.runs:
            short = len(run.text) <= self._longest
            if short and comparison_key(run.text) in self._boilerplate:
                prose.cut(run)
            elif not run.silent:
                kept.append(run)
        if kept:
            blocks = [TextBlock(_FRAME, run.text, 0, 0, 0, [], n) for n, run in enumerate(kept)]
            inside = {block.order for block in trim_edges(blocks, title, None, context)}
            for number, run in enumerate(kept):
                if number not in inside:
                    prose.cut(run)
            prose.runs = [run for number, run in enumerate(kept) if number in inside]
        return prose

    def _cut(self, body: etree._Element) -> list[etree._Element]:
        """Return the elements to remove from a body.

        Learned rules must not remove tables, but rules from the source file may.
        """
        found = self._drop.elements(body) if self._drop else []
        if "drop" in self.template.declared or not found:
            return found
        with_tables = parts_with_tables(body)
        return [one for one in found if one not in with_tables]

    def _written(
        self, body: etree._Element, page: Page, title: str, context: DateContext
    ) -> tuple[str, str]:
        """Return the body as HTML and as text.

        A body with a declared selector is cleaned as on pages without a template.
        """
        if "body" not in self.template.declared:
            return self.prose_of(body, page, title, context).written()
        drop = self.template.rules.drop
        prose, _ = clean_body(outer_html(body), page.base, title, drop)
        return prose.written()

    def _rule(self, name: str) -> str:
        if name in self.template.declared:
            return DECLARED
        return f"{LEARNED} {getattr(self.template.rules, name)}"

    def body_of(self, root: etree._Element) -> etree._Element | None:
        """Return the element that contains the page's body, or None."""
        return self._body.first(root) if self._body else None


def _finder(selector: str | None) -> CssSelector | None:
    return CssSelector(selector) if selector else None


def _value(finder: CssSelector | None, root: etree._Element) -> str:
    return finder.value(root) if finder else ""


def date_in(text: str, context: DateContext) -> Published | None:
    """Parse a text that should contain one date. Returns None if it has no plausible date."""
    return selected_date(text, context, LEARNED)
