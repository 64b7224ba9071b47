"""Recognize lines in a body that are not text of the release, such as bylines and buttons."""

from collections.abc import Sequence
from functools import cached_property
from typing import Final

from lxml import etree

from data.dates.context import DateContext
from data.dates.parse import find_dates
from data.languages.vocabulary import pattern
from data.models import Content
from data.text.words import tokens
from spiders.body.post_metadata import is_metadata
from spiders.body.trim_edges import DIGIT, SENTENCE, is_bar, is_note
from spiders.page.generic_names import is_label
from spiders.page.phrases import comparison_key, is_share, is_tail, letters

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
        days = {one.published.day for one in self._contents if one.published}
        if not DIGIT.search(line):
            return False
        found = find_dates(line, self._context, "line")
        rest = line
        for date in found:
            rest = rest.replace(date.raw, " ")
        return (
            bool(found)
            and {one.day for one in found} <= days
            and len(letters(rest)) <= MAX_LETTERS_BESIDE_DATE
        )

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
        return frozenset(text for one in self._contents for text in _captions(one.body_html))


def _captions(html: str) -> frozenset[str]:
    """Return the captions in an HTML body, as comparison keys (letters and digits)."""
    if "<figcaption" not in html and "<caption" not in html:
        return frozenset()
    root = etree.fromstring(html, etree.HTMLParser())
    if root is None:
        return frozenset()
    found = root.iter("figcaption", "caption")
    return frozenset(comparison_key("".join(map(str, one.itertext()))) for one in found)
