"""The pages of attachments that match a query."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final, Literal

from data.models import FileKind, FileText, Media, Release
from data.search.expression import Term
from data.search.passages import MAX_SEARCHED_CHARACTERS, passage
from data.search.query import Query
from data.text.folding import fold_search

MAX_CHARACTERS_OF_FILES: Final = 1_500_000
"""Maximum number of characters of attachments searched per list of results."""


@dataclass(frozen=True, slots=True)
class FileHit:
    """A matching page of an attachment.

    ``page`` is the number of the page, slide or sheet, from 1. ``passage`` is its matching part.
    """

    url: str
    title: str | None
    kind: FileKind
    page: int
    passage: str

    @property
    def part(self) -> Literal["page", "slide", "sheet"]:
        """Name for the pages of this kind of file."""
        if self.kind in {"xlsx", "ods"}:
            return "sheet"
        return "slide" if self.kind in {"pptx", "odp"} else "page"


def file_hits(
    releases: Iterable[Release], texts: Mapping[str, FileText], query: Query
) -> Mapping[str, FileHit]:
    """Map release ids to the attachment page that contains the most terms of a query.

    ``texts`` maps digests to texts of files. A release is omitted if its own text contains all
    terms, or if its attachments contain no further term.
    """
    finder = _Finder(texts, query)
    found = {one.id: finder.best(one) for one in releases if one.content.file_digests}
    return {id_: hit for id_, hit in found.items() if hit}


class _Finder:
    """Finds the pages of files that match a query. Searches at most MAX_CHARACTERS_OF_FILES."""

    def __init__(self, texts: Mapping[str, FileText], query: Query) -> None:
        self._texts = texts
        self._query = query
        self._wanted = query.wanted_in("body")
        self._left = MAX_CHARACTERS_OF_FILES

    def best(self, release: Release) -> FileHit | None:
        """Return the best page of a release's attachments, or None."""
        content = release.content
        own = f"{content.title}\n{content.body_text[:MAX_SEARCHED_CHARACTERS]}"
        missing = {*self._wanted} - terms_in(own, self._wanted)
        best: tuple[Media, FileKind, int, str] | None = None
        most = 0
        digests = dict(content.file_digests)
        for media in content.attachments if missing else ():
            text = self._texts.get(digests.get(media.url, ""), FileText())
            for number, page in enumerate(text.pages, start=1):
                if self._left <= 0 or most == len(self._wanted):
                    break
                found = terms_in(page[: self._left], self._wanted)
                self._left -= len(page)
                if len(found) > most and not found.isdisjoint(missing):
                    best, most = (media, text.kind, number, page), len(found)
        if best is None:
            return None
        media, kind, number, page = best
        shown = passage(replace(content, body_text=page), self._query)
        return FileHit(media.url, media.title, kind, number, shown)


def terms_in(text: str, terms: Sequence[Term]) -> frozenset[Term]:
    """Return the terms that a text contains."""
    words = f" {fold_search(text)} "
    return frozenset(
        term for term in terms if f" {term.words}" + ("" if term.prefix else " ") in words
    )
