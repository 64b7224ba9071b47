"""Citations of a release as a sentence, in BibTeX and in CSL-JSON.

The BibTeX is for biblatex or BibTeX with UTF-8: non-ASCII letters are kept, and ASCII characters
that are special in TeX are escaped. CSL-JSON follows docs.citationstyles.org 1.0.2, as citeproc and
Zotero read it.
"""

import datetime as dt
import json
import re
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import quote

from data.languages.tags import feed_language
from data.models import Release
from data.text.clean import as_name, plain
from feeds.entries.entry import FeedEntry

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
