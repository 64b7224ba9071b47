"""Find what surrounds a page's content: header, footer, navigation, sidebar, post metadata.

Post metadata are author, date, category and comments in the text of a blog post. For example, old
WordPress themes print "This entry was posted on … and is filed under …. You can follow any
responses to this entry through the RSS 2.0 feed."
"""

import re
from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import Final, Literal

from lxml import etree

from data.languages.vocabulary import pattern
from data.text.words import tokens
from spiders.page.class_hints import class_and_id
from spiders.page.page import Page

TAGS: Final = frozenset(["header", "footer", "nav", "aside"])
NAMED_TAGS: Final = frozenset(["div", "p", "section", "td"])
FRAME_NAMES: Final = frozenset(
    "foot footer site-footer page-footer colophon copyright imprint legal header site-header nav "  # noqa: SIM905 - words read better in a row
    "navbar breadcrumb breadcrumbs sidebar".split()
)
"""Classes and ids of headers, footers, navigation and sidebars."""

MAX_FRAME_LINE_WORDS: Final = 25
"""Maximum number of words in a text that may be repeated on every page of a site."""

MAX_FRAME_LINE_LENGTH: Final = 500
"""Maximum length, in characters, of a text that may be repeated on every page of a site."""

MAX_NAME_WORDS: Final = 8
"""Maximum number of words in a text that consists of an institution's name."""

FOOTER: Final = re.compile(
    r"(?:^|\s)(?:(?:page|site)?[_-]?foot(?:er)?|colophon)(?:$|\s)", re.IGNORECASE
)
"""Pattern that matches the class or id of a page's footer."""

PARTS: Final = frozenset(["article", "aside", "main", "nav", "section"])
"""Tags of elements that may have their own footer, which is not the page's footer."""


def frame_texts(page: Page) -> Iterator[str]:
    """Yield the text of each header, footer, navigation and sidebar, outermost elements only."""
    walker = etree.iterwalk(page.tree, events=("start",))
    for _, node in walker:
        is_named = node.tag in NAMED_TAGS and not FRAME_NAMES.isdisjoint(own_names(node))
        if node.tag in TAGS or is_named:
            yield " ".join(map(str, node.itertext()))
            walker.skip_subtree()


def is_frame_line(page: Page, text: str, names: Iterable[str]) -> bool:
    """Whether a text is a line of the page's frame or the site's name, not a release's text.

    The frame is header, footer, navigation and sidebar. ``names`` contains names of the
    institution.
    """
    words = tokens(text) if len(text) <= MAX_FRAME_LINE_LENGTH else []
    if not words or len(words) > MAX_FRAME_LINE_WORDS:
        return False
    called = {word for name in names for word in tokens(name)}
    if len(words) <= MAX_NAME_WORDS and sum(word in called for word in words) * 2 >= len(words):
        return True
    line = " ".join(words)
    return any(line in " ".join(tokens(text)) for text in frame_texts(page))


def own_names(node: etree._Element) -> set[str]:
    """Return the classes and id of an element, in lower case."""
    return {*node.get("class", "").lower().split(), node.get("id", "").lower()}


class Footers:
    """Checks whether elements are in their page's footer. Results are cached per element.

    The page's footer is a ``footer`` outside articles, asides and other sections (HTML standard,
    4.3.8), or another element with the class or id of a footer. An article's footer does not count,
    because it may contain the article's date.
    """

    def __init__(self) -> None:
        self._known: dict[etree._Element, Literal["", "footer", "part"]] = {}

    def has(self, node: etree._Element) -> bool:
        """Whether an element is in the page's footer, judged by tags, classes and ids."""
        path: list[etree._Element] = []
        one: etree._Element | None = node
        while one is not None and one not in self._known:
            path.append(one)
            one = one.getparent()
        found = "" if one is None else self._known[one]
        for each in reversed(path):
            if not found and (each.tag == "footer" or FOOTER.search(class_and_id(each))):
                found = "footer"
            elif not found and each.tag in PARTS:
                found = "part"
            self._known[each] = found
        return found == "footer"


MAX_METADATA_LENGTH: Final = 600
"""Maximum length of post metadata, in characters."""

MAX_LABEL_LINE_LENGTH: Final = 160
"""Maximum length in characters of a line that only labels a post."""

METADATA_CLASSES: Final = re.compile(
    r"post-?_?meta-?_?(?:data)?|(?:entry|article|news)-?_?meta(?:data)?|meta-post|"
    r"(?:entry|post)-(?:utility|footer|byline|categories|tags|terms|info)|postinfo|posted-(?:on|by|in)|"
    r"(?:cat|categories|tags?|comments|edit|permalink)-links?|post-edit-link|wp-block-post-(?:date|terms|"
    r"author(?:-name)?|comments-\w+)|field--name-(?:uid|created)|node__(?:meta|submitted)|submitted|"
    r"article-info",
    re.IGNORECASE,
)
"""Pattern that matches class names for post metadata in WordPress, Drupal, Joomla and their
themes."""

NORMALIZED_TEXT: Final = etree.XPath("normalize-space()")

POSTED_SENTENCE: Final = r"^\W*{}"
"""Template of a pattern for the start of a sentence about when or where a post was published."""

FILING_WORDS: Final = r"\b{}\b"
"""Template of the pattern of words about category, tags or comments, which are searched in
sentences that match `POSTED_SENTENCE`."""

LABEL: Final = r"^\W*{}"
"""Template of a pattern for the start of a post's label, such as "Posted in"."""

SENTENCE_END: Final = re.compile(r"[^\W\d]{4,}[.!?]\s*$")
"""Pattern of the end of a sentence. Most labels of posts are not sentences."""

LABEL_SENTENCE: Final = re.compile(
    r"^\W*(?:(?:both )?comments(?: and pings)? are|responses are|you can|bookmark the|"
    r"this entry was posted)",
    re.IGNORECASE,
)
"""Pattern for labels of posts that are sentences."""


def metadata_parts(root: etree._Element) -> list[etree._Element]:
    """Return the descendants of ``root`` that have a class for post metadata and a short text."""
    return [
        part
        for part in root.iterdescendants("*")
        if calls_itself_metadata(part.get("class", ""))
        and len(str(NORMALIZED_TEXT(part))) <= MAX_METADATA_LENGTH
    ]


@lru_cache(maxsize=10_000)  # Cached because the elements of a page share a few hundred classes.
def calls_itself_metadata(named: str) -> bool:
    """Whether one of the classes in ``named`` is a class for post metadata."""
    return any(map(METADATA_CLASSES.fullmatch, named.split()))


def is_metadata(text: str) -> bool:
    """Whether a line contains only post metadata: author, date, category or comments."""
    if len(text) > MAX_METADATA_LENGTH:
        return False
    posted = pattern("posts.sentences", POSTED_SENTENCE).match(text)
    if posted and pattern("posts.filing", FILING_WORDS).search(text, posted.end()):
        return True
    if len(text) > MAX_LABEL_LINE_LENGTH or not pattern("posts.labels", LABEL).match(text):
        return False
    return not SENTENCE_END.search(text) or bool(LABEL_SENTENCE.match(text))
