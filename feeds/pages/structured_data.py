"""What pages say of themselves to programs, in the words of schema.org, as JSON-LD.

A script of that type is data, which no browser runs and no policy forbids (HTML, section 4.12.1).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec
from markupsafe import Markup

from data.models import Revision
from data.text.clean import as_name
from feeds.catalog import Catalog
from feeds.entries.entry import Entry
from feeds.urls import SEARCH_PAGE

CORRECTIONS = 20
"""The newest corrections of an article that are told; its page leads to all."""

KEYWORDS = 20
"""Topics that an article is said to be about at the most."""

ESCAPED = {ord("<"): "\\u003c", ord(">"): "\\u003e", ord("&"): "\\u0026"}
"""What could end a script, as JSON writes it otherwise."""


def website(catalog: Catalog, description: str) -> Markup:
    """The site, and how it is searched."""
    return as_data(
        {
            "@type": "WebSite",
            "name": catalog.title,
            "url": f"{catalog.site}/",
            "description": description,
            "inLanguage": catalog.language,
            "potentialAction": {
                "@type": "SearchAction",
                "target": {
                    "@type": "EntryPoint",
                    "urlTemplate": f"{catalog.site}{SEARCH_PAGE}/?q={{search_term_string}}",
                },
                "query-input": "required name=search_term_string",
            },
        }
    )


def news_article(catalog: Catalog, entry: Entry, revisions: Sequence[Revision]) -> Markup:
    """A release as its publisher issued it: when, by whom, what was corrected, where it is kept.

    The date of what has none is not told, and of what has no hour the day alone. ``revisions`` are
    its versions, the first one first.
    """
    published = None
    if entry.published and not entry.undated:
        published = entry.published if entry.exact else entry.published.date()
    corrections = [
        {
            "@type": "CorrectionComment",
            "datePublished": one.seen,
            "url": catalog.revision(entry.release, one.number),
            "text": as_name(one.content.title),
        }
        for one in revisions
        if one.number > 1 and one.reason != "reading"
    ]
    topics = [one.label for one in entry.categories if one.scheme == f"{catalog.site}/topics/"]
    return as_data(
        {
            "@type": "NewsArticle",
            "headline": entry.title,
            "url": entry.page,
            "isBasedOn": entry.url if entry.url != entry.page else None,
            "datePublished": published,
            "dateModified": corrections[-1]["datePublished"] if corrections else published,
            "inLanguage": entry.language,
            "publisher": {
                "@type": "Organization",
                "name": entry.publisher.name,
                "url": entry.publisher.url,
            },
            "keywords": topics[:KEYWORDS],
            "correction": corrections[-CORRECTIONS:],
            "archivedAt": entry.capture,
        }
    )


def as_data(values: dict[str, Any]) -> Markup:
    """Values as the content of a script element; what is unknown or empty is left out."""
    told = {"@context": "https://schema.org", **values}
    text = msgspec.json.encode(without_empty(told)).decode().translate(ESCAPED)
    return Markup(text)  # noqa: S704 - no character of markup is left in it


def without_empty(value: Any) -> Any:
    """A value without the parts of it that are None or empty."""
    if isinstance(value, dict):
        return {
            name: without_empty(one) for name, one in value.items() if one not in (None, "", [])
        }
    return [without_empty(one) for one in value] if isinstance(value, list) else value
