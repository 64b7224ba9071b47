"""How to cite a release: as a sentence, in BibTeX and in CSL-JSON.

BibTeX is written for biblatex and for BibTeX with UTF-8: letters stay, and of ASCII what TeX takes
for a command is escaped. CSL-JSON is that of citeproc and Zotero (docs.citationstyles.org, 1.0.2).
"""

from __future__ import annotations

import datetime as dt
import json
import re
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import quote

from data.models import Release
from data.text.clean import as_name, plain
from data.text.language_tags import feed_language
from feeds.entries.entry import Entry

KIND: Final = "Press release"
"""What it is, as bibliographies say it; they are in English, whatever the site speaks."""

TEX: Final = {
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
COMMAND: Final = re.compile("[" + re.escape("".join(TEX)) + "]")
INVISIBLE: Final = re.compile("[\u200e\u200f\u061c\u202a-\u202e\u2066-\u2069]")
"""Marks of direction: what they do to a line of one script, they do to all that follows it."""


@dataclass(frozen=True, slots=True)
class Citation:
    """A release as others cite it, in three forms."""

    text: str
    bibtex: str
    csl: str


def citation_of(release: Release, entry: Entry) -> Citation:
    """How to cite a release, with the copy kept and the day on which it was first seen."""
    day = "" if entry.undated else release.day
    title, publisher = shown(entry.title), shown(entry.publisher.name)
    seen = release.first_seen.date()
    when = f"{day}." if day else "Undated."
    said = f"{publisher}: {title}. {KIND}, {when} {entry.url} (copy of {seen}: {entry.page})"
    return Citation(said, bibtex(release, entry, day), csl(release, entry, day))


def key_of(release: str) -> str:
    """The key of a release in a bibliography: made of its id, and so for good."""
    return "release-" + re.sub(r"[^0-9a-z]", "", release.lower())[:12]


def bibtex(release: Release, entry: Entry, day: str) -> str:
    """The entry for BibTeX and biblatex. Without a date it has no year."""
    year, month, number = day.split("-") if day else ("", "", "")
    fields = {
        "author": f"{{{escaped(entry.publisher.name)}}}",
        "title": f"{{{escaped(entry.title)}}}",
        "year": year,
        "month": month.lstrip("0"),
        "day": number.lstrip("0"),
        "date": day,
        "howpublished": KIND,
        "url": verbatim(entry.url),
        "urldate": release.first_seen.date().isoformat(),
        "note": f"Copy: {escaped(entry.page)}",
        "langid": feed_language(release.content.language) or "",
    }
    lines = (f"  {name} = {{{value}}},\n" for name, value in fields.items() if value)
    return f"@misc{{{key_of(release.id)},\n{''.join(lines)}}}\n"


def csl(release: Release, entry: Entry, day: str) -> str:
    """The item in CSL-JSON, in a list as programs take it. Without a date it has none."""
    item: dict[str, Any] = {
        "id": key_of(release.id),
        "type": "report",
        "genre": KIND,
        "title": shown(entry.title),
        "author": [{"literal": shown(entry.publisher.name)}],
        "publisher": shown(entry.publisher.name),
        "URL": entry.url,
        "accessed": {"date-parts": [parts_of(release.first_seen.date())]},
        "archive": shown(entry.page),
    }
    if day:
        item["issued"] = {"date-parts": [parts_of(dt.date.fromisoformat(day))]}
    if language := feed_language(release.content.language):
        item["language"] = language
    return json.dumps([item], ensure_ascii=False)


def parts_of(day: dt.date) -> list[int]:
    """A day as CSL-JSON writes it."""
    return [day.year, day.month, day.day]


def shown(text: str) -> str:
    """A name on one line, without marks of direction."""
    return as_name(INVISIBLE.sub("", plain(text)))


def escaped(text: str) -> str:
    """A text in which TeX sees no command and no brace."""
    return COMMAND.sub(lambda found: TEX[found[0]], shown(text))


def verbatim(url: str) -> str:
    """An address as ``url`` takes it, untouched but for what would end the field."""
    return re.sub(r"[{}\\\s]", lambda found: quote(found[0]), plain(url))
