"""Structured data in pages: JSON-LD with the vocabulary of schema.org.

Browsers do not execute a script element of this type, and Content Security Policies do not block it
(HTML, 4.12.1).
"""

from collections.abc import Sequence
from typing import Any

import msgspec
from markupsafe import Markup

from data.models import Revision
from data.text.clean import as_name
from feeds.catalog import Catalog
from feeds.entries.entry import FeedEntry
from feeds.urls import SEARCH_PAGE

MAX_CORRECTIONS = 20
"""Maximum number of corrections in an article's data, newest first."""

MAX_KEYWORDS = 20
"""Maximum number of topics in the keywords of an article."""

SCRIPT_ESCAPES = {ord("<"): "\\u003c", ord(">"): "\\u003e", ord("&"): "\\u0026"}
"""Characters that could end the script element, with their JSON escapes."""


def website(catalog: Catalog, description: str) -> Markup:
    """Return the JSON-LD of the site, including the URL of its search."""
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


def news_article(catalog: Catalog, entry: FeedEntry, revisions: Sequence[Revision]) -> Markup:
    """Return the JSON-LD of a release: publisher, date, corrections and archived copy.

    For an undated release, the data contain no date. For a release with only a day, they contain no
    time. ``revisions`` are the versions, oldest first.
    """
    published = None
    if entry.published and not entry.undated:
        published = entry.published if entry.exact else entry.published.date()
    corrections = [
        {
            "@type": "CorrectionComment",
            "datePublished": one.seen,
            "url": catalog.revision(entry.uuid, one.number),
            "text": as_name(one.content.title),
        }
        for one in revisions
        if one.number > 1 and one.is_numbered and one.reason != "reading"
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
            "keywords": topics[:MAX_KEYWORDS],
            "correction": corrections[-MAX_CORRECTIONS:],
            "archivedAt": entry.capture,
        }
    )


def as_data(values: dict[str, Any]) -> Markup:
    """Encode values as the content of a script element, without empty values."""
    data = {"@context": "https://schema.org", **values}
    text = msgspec.json.encode(without_empty(data)).decode().translate(SCRIPT_ESCAPES)
    return Markup(text)  # noqa: S704 - markup characters are escaped


def without_empty(value: Any) -> Any:
    """Remove None and empty values from nested lists and dicts."""
    if isinstance(value, dict):
        return {
            name: without_empty(one) for name, one in value.items() if one not in (None, "", [])
        }
    return [without_empty(one) for one in value] if isinstance(value, list) else value
