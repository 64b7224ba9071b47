"""Recognize changed lines and links of a release that are not edits, such as bylines."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from functools import cached_property
from typing import Final
from urllib.parse import urlsplit

from lxml import etree

from data.dates.context import DateContext
from data.languages.vocabulary import pattern
from data.models import Content
from data.revisions.edits import moved_links
from data.text.urls import page_key
from data.text.words import tokens
from spiders.body.frames import is_metadata
from spiders.body.trim_edges import SENTENCE, days_of_line, is_bar, is_note
from spiders.page.phrases import comparison_key, is_label, is_share, is_tail

MAX_LABEL_LINE_LENGTH: Final = 160
"""Maximum length of a line that may be a label, byline, date line or button, in characters."""

MAX_LETTERS_BESIDE_DATE: Final = 30
"""Maximum number of letters beside the publication date in a date line, such as the author's
name."""

LABELLED_LINE: Final = r"^\W*{}\b(?:\W|$)"
"""Template of a pattern that matches the start of a line that only labels a release or links to
another page."""


class LineKinds:
    """Recognizes lines that are not text of a release, by comparing them with its extracted fields.

    ``contents`` contains one or more extractions of the release.
    """

    def __init__(self, contents: Sequence[Content], context: DateContext) -> None:
        self._contents = contents
        self._context = context

    def is_named(self, line: str) -> bool:
        """Whether a line repeats the release's title, publisher, section, author or a topic."""
        return bool(key := comparison_key(line)) and key in self._names

    def is_label(self, line: str) -> bool:
        """Whether a line begins like a label, a byline or a link to another page.

        Lines of the release's text may begin like this, too.
        """
        if is_metadata(line):
            return True
        if len(line) > MAX_LABEL_LINE_LENGTH or SENTENCE.search(line):
            return False
        return is_label(line) or bool(pattern("posts.beside", LABELLED_LINE).match(line))

    def is_beside(self, line: str) -> bool:
        """Whether a line is certainly not text of the release, such as a caption or button."""
        if not (tokens(line[:MAX_LABEL_LINE_LENGTH]) or tokens(line)):
            return True
        key = comparison_key(line)
        if key in self._captions or (key and key in self._names):
            return True
        if len(line) > MAX_LABEL_LINE_LENGTH:
            return False
        if is_bar(line) or is_share(line) or is_tail(line) or is_note(line, self._context):
            return True
        return not SENTENCE.search(line) and self._is_date_line(line)

    def _is_date_line(self, line: str) -> bool:
        """Whether a line contains the publication date and little else.

        Any other date does not count, because the release may be about it.
        """
        found = days_of_line(line, self._context, MAX_LETTERS_BESIDE_DATE)
        return bool(found) and found <= {
            one.published.day for one in self._contents if one.published
        }

    @cached_property
    def _names(self) -> frozenset[str]:
        names = [
            name
            for one in self._contents
            for name in (one.title, one.publisher, one.section, one.author, *one.topics)
        ]
        return frozenset(comparison_key(name) for name in names if name)

    @cached_property
    def _captions(self) -> frozenset[str]:
        """The captions in the HTML bodies, as comparison keys (letters and digits)."""
        bodies = [one.body_html for one in self._contents]
        captioned = [html for html in bodies if "<figcaption" in html or "<caption" in html]
        roots = [etree.fromstring(html, etree.HTMLParser()) for html in captioned]
        found = [
            each
            for root in roots
            if root is not None
            for each in root.iter("figcaption", "caption")
        ]
        return frozenset(comparison_key("".join(map(str, one.itertext()))) for one in found)


MIN_MOVES: Final = 3
"""Minimum number of releases and of linked pages that move in the same way for the moves to come
from new addresses of the linked site."""

PAGE_EXTENSION: Final = re.compile(r"\.(?:x?html?|php|aspx?|jsp|cfm|do)$", re.IGNORECASE)
"""Extensions of web pages, which a site may change without changing the page."""


Move = tuple[str, str, str, str]
"""The old host and extension and the new host and extension of a link with the same path."""


class LinkMoves:
    """Moved links in the changed releases of one visit.

    A new host or extension such as ``.html`` of several linked pages comes from the linked site.
    All other changes of links are edits, because a similar path may be another page, for
    example ``/plan/open/1`` and ``/plan/cancelled/1``.
    """

    def __init__(self) -> None:
        self._moved: defaultdict[Move, tuple[set[str], set[str]]] = defaultdict(
            lambda: (set(), set())
        )
        """URLs of the releases with a move, and paths of the pages that moved."""

    def note(self, url: str, old: Content, new: Content) -> None:
        """Add the moved links of the release at ``url``, for comparison with other releases."""
        for move, path in _moves(old, new):
            for known, one in zip(self._moved[move], (url, path), strict=True) if move else ():
                # More releases or paths than the minimum would only use memory.
                if len(known) < MIN_MOVES:
                    known.add(one)

    def are_new_addresses(self, old: Content, new: Content) -> bool:
        """Return whether all moved links of a release still lead to the same pages.

        Several releases must have each move, and the links must lead to different pages. If several
        links now lead to one page, they are edits.
        """
        return all(
            move and all(len(known) >= MIN_MOVES for known in self._moved[move])
            for move, _ in _moves(old, new)
        )


def _moves(old: Content, new: Content) -> Iterator[tuple[Move | None, str]]:
    """Yield the moves of a release's links, and the paths of the old addresses.

    The move is None if the path changed, because the link then leads to another page.
    """
    for before, after in moved_links(old, new).values():
        (*was, path), (*now, new_path) = map(_parts, (before, after))
        yield (was[0], was[1], now[0], now[1]) if path == new_path != "/" else None, path


def _parts(url: str) -> tuple[str, str, str]:
    """Return the host and extension of a URL, and the rest after the host."""
    parts = urlsplit(page_key(url))
    path = PAGE_EXTENSION.sub("", parts.path)
    rest = parts._replace(scheme="", netloc="", path=path).geturl()
    return parts.netloc, parts.path[len(path) :], rest
