"""Structured data about the site and its releases: JSON-LD, and citations in BibTeX and CSL-JSON.

JSON-LD uses the vocabulary of schema.org. Browsers do not execute a script element of this type,
and Content Security Policies do not block it (HTML, 4.12.1).

The BibTeX is for biblatex or BibTeX with UTF-8: non-ASCII letters are kept, and ASCII characters
that are special in TeX are escaped. CSL-JSON follows docs.citationstyles.org 1.0.2, as citeproc and
Zotero read it.
"""

import datetime as dt
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import quote

import msgspec
from markupsafe import Markup

from data.languages.tags import feed_language
from data.models import Release, Revision
from data.text.clean import as_name, plain
from feeds.catalog import Catalog
from feeds.entries.entry import FeedEntry
from feeds.urls import SEARCH_PAGE, revision_file

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
            "url": catalog.url(revision_file(entry.uuid, one.number)),
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


CITED_GENRE: Final = "Press release"
"""The genre of a release in citations, which are always in English."""

TEX_ESCAPES: Final = {
    "\\": r"\textbackslash{}",
    "{": r"\{",
    "}": r"\}",
    "$": r"\$",
    "&": r"\&",
    "%": r"\%",
    "#": r"\#",
    "_": r"\_",
    "^": r"\textasciicircum{}",
    "~": r"\textasciitilde{}",
}
TEX_SPECIAL: Final = re.compile("[" + re.escape("".join(TEX_ESCAPES)) + "]")
DIRECTION_MARKS: Final = re.compile("[\u200e\u200f\u061c\u202a-\u202e\u2066-\u2069]")
"""Pattern for invisible characters that change text direction. After a name, they would
affect the text that follows."""


@dataclass(frozen=True, slots=True)
class Citation:
    """A citation of a release as a sentence, BibTeX and CSL-JSON."""

    text: str
    bibtex: str
    csl: str


def citation_of(release: Release, entry: FeedEntry) -> Citation:
    """Return the citation of a release.

    It contains the archived copy and the day on which the release was first seen.
    """
    day = "" if entry.undated else release.day
    title, publisher = shown_name(entry.title), shown_name(entry.publisher.name)
    seen = release.first_seen.date()
    when = f"{day}." if day else "Undated."
    sentence = (
        f"{publisher}: {title}. {CITED_GENRE}, {when} {entry.url} (copy of {seen}: {entry.page})"
    )
    return Citation(sentence, bibtex(release, entry, day), csl(release, entry, day))


def key_of(release: str) -> str:
    """Return the permanent bibliography key of a release, derived from its id."""
    return "release-" + re.sub(r"[^0-9a-z]", "", release.lower())[:12]


def bibtex(release: Release, entry: FeedEntry, day: str) -> str:
    """Return the BibTeX entry for a release. ``day`` is an ISO date, or empty if undated."""
    year, month, number = day.split("-") if day else ("", "", "")
    fields = {
        "author": f"{{{escaped(entry.publisher.name)}}}",
        "title": f"{{{escaped(entry.title)}}}",
        "year": year,
        "month": month.lstrip("0"),
        "day": number.lstrip("0"),
        "date": day,
        "howpublished": CITED_GENRE,
        "url": verbatim(entry.url),
        "urldate": release.first_seen.date().isoformat(),
        "note": f"Copy: {escaped(entry.page)}",
        "langid": feed_language(release.content.language) or "",
    }
    lines = (f"  {name} = {{{value}}},\n" for name, value in fields.items() if value)
    return f"@misc{{{key_of(release.id)},\n{''.join(lines)}}}\n"


def csl(release: Release, entry: FeedEntry, day: str) -> str:
    """Return the CSL-JSON for a release: a list of one item.

    ``day`` is an ISO date, or empty if the release is undated.
    """
    item: dict[str, Any] = {
        "id": key_of(release.id),
        "type": "report",
        "genre": CITED_GENRE,
        "title": shown_name(entry.title),
        "author": [{"literal": shown_name(entry.publisher.name)}],
        "publisher": shown_name(entry.publisher.name),
        "URL": entry.url,
        "accessed": {"date-parts": [date_parts(release.first_seen.date())]},
        "archive": shown_name(entry.page),
    }
    if day:
        item["issued"] = {"date-parts": [date_parts(dt.date.fromisoformat(day))]}
    if language := feed_language(release.content.language):
        item["language"] = language
    return json.dumps([item], ensure_ascii=False)


def date_parts(day: dt.date) -> list[int]:
    """Return a day as CSL-JSON date parts: year, month, day."""
    return [day.year, day.month, day.day]


def shown_name(text: str) -> str:
    """Return a name on one line, without marks that change text direction."""
    return as_name(DIRECTION_MARKS.sub("", plain(text)))


def escaped(text: str) -> str:
    """Escape the characters of a text that are special to TeX."""
    return TEX_SPECIAL.sub(lambda found: TEX_ESCAPES[found[0]], shown_name(text))


def verbatim(url: str) -> str:
    """Return a URL for a BibTeX field, percent-encoding only braces, backslashes and spaces."""
    return re.sub(r"[{}\\\s]", lambda found: quote(found[0]), plain(url))
