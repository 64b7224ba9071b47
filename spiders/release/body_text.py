"""Extract a release's body as declared by the source file, detected, or found in scripts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from lxml import etree

from spiders.body.clean_html import HUGE, clean_body
from spiders.body.fragment import outer_html, prose_of
from spiders.body.main_content import MainContent
from spiders.body.text_blocks import BlockTree
from spiders.page.css import CssSelector, declared_element
from spiders.page.page import Page
from spiders.release.from_state import StateRelease
from spiders.release.title import Title
from spiders.sources.source_file import ReleaseRules

NO_BODY: Final = "no body was found"
"""Reason given for a page without a body, or with a body that has no text."""

STATE = "state"
"""Name of the rule for a title or body from the JSON state in a page's scripts."""


@dataclass(frozen=True, slots=True)
class BodyText:
    """An extracted body: its element, HTML, text, extraction rule and confidence."""

    element: etree._Element | None = None
    html: str = ""
    text: str = ""
    rule: str = ""
    confidence: float = 0.0


def read_body(  # noqa: PLR0917 - needs all parts of a page
    page: Page,
    rules: ReleaseRules,
    body: MainContent | None,
    seen: BlockTree,
    title: Title | None,
    reasons: list[str],
) -> BodyText:
    """Return the body declared by the source's rules, else the detected body."""
    headline = title.text if title else ""
    if rules.body:
        found = declared_element(page.tree, rules.body, reasons)
        if found is not None:
            prose, doubts = clean_body(outer_html(found), page.base, headline, rules.drop)
            reasons.extend(doubts)
            return BodyText(found, *prose.written(), "declared", 1.0)
        reasons.append(f"the declared body {rules.body!r} is not on the page; it was detected")
    if body is None:
        reasons.append(NO_BODY)
        return BodyText()
    prose = prose_of(body, seen, page.base, dropped_of(page, rules, reasons))
    if prose.is_huge:
        reasons.append(HUGE)
    html, text = prose.written()
    if not text:
        reasons.append(NO_BODY)
    return BodyText(body.container.element, html, text, body.rule, body.confidence)


def dropped_of(page: Page, rules: ReleaseRules, reasons: list[str]) -> list[etree._Element]:
    """Return the elements that a source's `drop` selectors remove from a detected body."""
    found: list[etree._Element] = []
    for selector in rules.drop:
        try:
            found += CssSelector(selector).elements(page.tree)
        except ValueError as error:
            reasons.append(f"the drop rule {selector!r} can't be read: {error}")
    return found


def as_body(stated: StateRelease, page: Page, rules: ReleaseRules, reasons: list[str]) -> BodyText:
    """Clean the body HTML found in a page's scripts."""
    prose, doubts = clean_body(stated.html, page.base, stated.title, rules.drop)
    reasons.extend(doubts)
    element = Page(page.url, f"<body><div>{stated.html}</div></body>".encode()).tree
    return BodyText(element, *prose.written(), STATE, stated.confidence)
