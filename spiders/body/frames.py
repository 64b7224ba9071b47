"""Find the elements around a page's content: header, footer, navigation, sidebar."""

import re
from collections.abc import Iterable, Iterator
from typing import Final, Literal

from lxml import etree

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
        if is_frame(node):
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


def is_frame(node: etree._Element) -> bool:
    """Whether an element is a header, footer, navigation or sidebar."""
    if node.tag in TAGS:
        return True
    if node.tag not in NAMED_TAGS:
        return False
    return not FRAME_NAMES.isdisjoint(own_names(node))


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
