"""Passages of a body and pages of attachments that show why a release matches a query."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Final, Literal, TypeAlias

from data.models import Content, FileKind, FileText, Media, Release
from data.search.expression import Term
from data.search.highlights import highlights
from data.search.query import Query
from data.text.folding import fold_search

PASSAGE_LENGTH: Final = 240
"""Maximum length in characters of a passage."""

MAX_SEARCHED_CHARACTERS: Final = 200_000
"""Maximum number of characters of a body that are searched for a passage."""

MAX_LEADING_CHARACTERS: Final = PASSAGE_LENGTH // 3
"""Maximum number of characters in a passage before the first match."""

MAX_CUT_WORD: Final = 40
"""Maximum number of characters removed from the end of a passage to end it at a space."""

Piece: TypeAlias = tuple[int, str]
"""A piece of a text: its start, and its folded words with spaces around them."""

MAX_CHARACTERS_OF_FILES: Final = 1_500_000
"""Maximum number of characters of attachments searched per list of results."""


def passage(content: Content, query: Query) -> str:
    """Return the passage of a body with the most terms of a query, on one line.

    Returns the beginning of the body if it contains none of them.
    """
    text, pieces = _in_pieces(content.body_text[:MAX_SEARCHED_CHARACTERS])
    wanted = query.wanted_in("body")
    start = _best(pieces, wanted)
    if start is None:
        start = 0
    else:
        # A piece may begin within a word, so the position is searched in the text itself.
        found = highlights(text[start : start + 2 * PASSAGE_LENGTH], wanted)
        first = start + (found[0][0] if found else 0)
        start = max(0, text.rfind(" ", 0, max(0, first - MAX_LEADING_CHARACTERS)) + 1)
        # In scripts without spaces, no space may be near.
        start = max(start, first - 2 * MAX_LEADING_CHARACTERS)
    end = start + PASSAGE_LENGTH
    if end < len(text):
        space = text.rfind(" ", end - MAX_CUT_WORD, end)
        end = space if space >= 0 else end
    cut = text[start:end]
    return ("… " if start else "") + cut + (" …" if start + len(cut) < len(text) else "")


def _best(pieces: Sequence[Piece], wanted: Sequence[Term]) -> int | None:
    """Return the start of the first piece with the most terms, or None if no piece matches."""
    needles = [term.spaced for term in wanted]
    best, most = None, 0
    for start, words in pieces:
        count = sum(needle in words for needle in needles)
        if count > most:
            best, most = start, count
            if count == len(needles):
                break
    return best


@lru_cache(maxsize=1)
def _in_pieces(text: str) -> tuple[str, Sequence[Piece]]:
    """Return a text as one line, and overlapping pieces of it.

    The pieces overlap so that each phrase is completely in one of them. The result is cached,
    because many watches check the same release.
    """
    line = " ".join(text.split())
    pieces: list[Piece] = []
    start = 0
    while start < len(line):
        pieces.append((start, f" {fold_search(line[start : start + 2 * PASSAGE_LENGTH])} "))
        start = line.rfind(" ", start + 1, start + PASSAGE_LENGTH) + 1 or start + PASSAGE_LENGTH
    return line, pieces


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
    return frozenset(term for term in terms if term.spaced in words)
