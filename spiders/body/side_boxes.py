"""Remove boxes that the models keep as body text: related news, widgets, newsletter forms.

A box without links is recognized by its heading, which must be a known line in phrases.toml. The
box is the element that begins with the heading, or else the short lines below it. Teasers are
recognized by their similar markup, and newsletter forms by their input fields, because their
wording varies.
"""

import re
from collections.abc import Iterable, Sequence
from functools import cached_property
from itertools import accumulate, islice
from typing import Final

from lxml import etree

from spiders.body.text_blocks import NORMALIZED_TEXT, BlockTree, Container, count_words, holder
from spiders.page.class_hints import BIT, class_and_id
from spiders.page.html_tree import LEVEL_OF
from spiders.page.phrases import is_related, is_widget

MAX_SHARE, MAX_WIDGET_SHARE = 0.6, 0.25
"""Maximum share of the body text in a side box and in a widget. Larger parts are not removed."""

MAX_LINE: Final = 250
"""Maximum length in characters of a line in a box without an element of its own."""

MAX_BLOCKS_ABOVE: Final = 3
"""Maximum number of blocks above the body that are checked for box headings."""

TITLED: Final = BIT["title"]

MIN_TEASERS, MAX_TEASER_BLOCKS = 3, 6
"""Minimum number of teasers in a column, and maximum number of blocks in a teaser."""

MAX_TEASER_LENGTH, MIN_TEXT = 400, 120
"""Maximum length of a teaser, and minimum length of the body text beside teasers, in characters."""

MIN_TEASER_SHARE: Final = 0.8
"""Minimum share of teasers among similar elements. Below it, none of them is removed."""

MIN_HEADLINE_WORDS: Final = 4
"""Minimum number of words in the headline of a teaser."""

MAX_DATE: Final = 40
"""Maximum length in characters of a teaser's date line."""

YEAR: Final = re.compile(r"(?<!\d)(?:19|20|25)\d\d(?!\d)")
CLICK_ATTRIBUTES: Final = ("onclick", "data-href", "data-url", "data-link")
"""Attributes of elements that scripts make clickable."""

MAIL: Final = re.compile(r"e[-_]?mail|(?<![a-z])mail", re.IGNORECASE)
NEWSLETTER_CLASS: Final = re.compile(
    "news-?_?letter|subscri|sign-?_?up|mailing|abonn|abone|iscrizion|suscri|inscri|podpis|zapis",
    re.IGNORECASE,
)
"""Pattern that matches classes and ids of newsletter boxes."""

FIELD_TYPES: Final = frozenset(["", "text", "email"])
"""Types of input fields that may be for e-mail addresses."""

EMAIL_ATTRIBUTES: Final = ("autocomplete", "name", "id", "placeholder")
"""Attributes that contain "mail" in an input field for an e-mail address."""

MAX_BOX_LENGTH: Final = 400
"""Maximum length of a newsletter box, in characters. Some forms wrap a whole page."""

MAX_FIELDS, MAX_ELEMENTS_AROUND = 50, 20
"""Limits for newsletter boxes.

- ``MAX_FIELDS``: maximum number of input fields checked per page
- ``MAX_ELEMENTS_AROUND``: maximum number of child elements in an element that wraps a box"""

CONTENT_TAGS: Final = ("h1", "article", "main", "time", "nav", "table")
"""Tags of elements that a newsletter box never contains."""

WRAPPERS: Final = frozenset(["div", "section", "aside"])
HEADINGS: Final = frozenset(["h2", "h3", "h4", "h5", "h6", "legend", "b", "strong", "label"])


def without_side_boxes(seen: BlockTree, keep: Sequence[int]) -> Sequence[int]:
    """Return the positions in ``keep`` whose blocks are outside related-news boxes and widgets.

    Widgets are removed only above the first paragraph, because sections of a text may have the same
    headings ("Contact"). Returns all positions if none would remain.
    """
    boxes = SideBoxes(seen, keep)
    dropped: set[int] = set()
    above = True
    at = max(0, keep[0] - MAX_BLOCKS_ABOVE)
    while at <= keep[-1]:
        block = seen.blocks[at]
        related = is_related(block.text)
        end = boxes.end(at) if related or (above and is_widget(block.text)) else at
        if end > at and (related or boxes.share(at, end) <= MAX_WIDGET_SHARE):
            dropped.update(range(at, end))
            at = end
            continue
        above = above and len(block.text) <= MAX_LINE
        at += 1
    return [place for place in keep if place not in dropped] or keep


def without_teasers(seen: BlockTree, keep: Sequence[int]) -> Sequence[int]:
    """Return the positions in ``keep`` whose blocks are not teasers of other releases.

    Teasers are several similar elements before or after the text. A teaser has a headline, little
    text, and a date, a click handler, or an image outside the column of the text. It has no link if
    a script makes it clickable. Returns all positions if too little text would remain.
    """
    groups: dict[tuple[Container | None, str, str], list[Container]] = {}
    for one in seen.containers:
        if one.twins >= MIN_TEASERS and one.name and 1 < one.blocks <= MAX_TEASER_BLOCKS:
            groups.setdefault((one.parent, one.tag, one.name), []).append(one)
    for group in groups.values():
        first, last = group[0].first, group[-1].last
        around = [place for place in keep if not first <= place < last]
        if len(around) == len(keep) or not around or around[0] < first <= around[-1]:
            continue
        size = sum(len(seen.blocks[place].text) for place in around)
        column = holder([seen.blocks[around[0]], seen.blocks[around[-1]]])
        beside = not column.first <= first < column.last
        teasers = sum(is_teaser(seen, one, beside=beside) for one in group)
        if size >= MIN_TEXT and teasers >= max(MIN_TEASERS, MIN_TEASER_SHARE * len(group)):
            keep = around
    return keep


def is_teaser(seen: BlockTree, container: Container, *, beside: bool) -> bool:
    """Whether an element is a teaser of another release.

    A teaser has a headline, little text, and a date, a click handler or an image. An image counts
    only if the element is outside the column of the text (``beside``).
    """
    blocks = seen.blocks[container.first : container.last]
    if sum(len(block.text) for block in blocks) > MAX_TEASER_LENGTH:
        return False
    headlines = (
        block
        for block in blocks
        if block.container.tag in LEVEL_OF or (block.hints | block.container.hints) & TITLED
    )
    if not any(count_words(block.text) >= MIN_HEADLINE_WORDS for block in headlines):
        return False
    element = container.element
    has_date = any(len(block.text) <= MAX_DATE and YEAR.search(block.text) for block in blocks)
    has_image = beside and next(element.iter("img"), None) is not None
    return has_date or has_image or any(map(element.get, CLICK_ATTRIBUTES))


class SideBoxes:
    """Finds the side boxes of a page. ``keep`` contains the positions of body blocks."""

    def __init__(self, seen: BlockTree, keep: Sequence[int]) -> None:
        self._blocks = seen.blocks
        self._kept = frozenset(keep)

    @cached_property
    def _before(self) -> list[int]:
        """The number of characters of body text before each block.

        It is computed on demand, because most pages have no box.
        """
        sizes = (len(one.text) if one.order in self._kept else 0 for one in self._blocks)
        return [0, *accumulate(sizes)]

    def end(self, at: int) -> int:
        """Return the position after the box whose heading is the block ``at``.

        Returns ``at`` if no box begins there.
        """
        heading = self._blocks[at]
        end = at
        container: Container | None = heading.container
        while container is not None and container.first == heading.order:
            if self.share(at, container.last) > MAX_SHARE:
                break
            end = container.last
            container = container.parent
        if end > at + 1:
            return end
        level = LEVEL_OF.get(heading.container.tag, 0)
        titled = level or (heading.hints | heading.container.hints) & TITLED
        if not titled or at not in self._kept:
            return at
        below = range(at + 1, len(self._blocks))
        return next((place for place in below if self._is_past(place, level)), len(self._blocks))

    def share(self, at: int, end: int) -> float:
        """Return the share of the body text in the blocks from ``at`` to ``end``."""
        return (self._before[end] - self._before[at]) / max(self._before[-1], 1)

    def _is_past(self, at: int, level: int) -> bool:
        block = self._blocks[at]
        other = LEVEL_OF.get(block.container.tag, 0)
        return len(block.text) > MAX_LINE or bool(other and (not level or other <= level))


def newsletter_forms(inputs: Iterable[etree._Element]) -> list[etree._Element]:
    """Return the boxes around short forms that have a field for an e-mail address.

    ``inputs`` contains the input fields of the page, in page order.
    """
    fields = islice(filter(asks_for_address, inputs), MAX_FIELDS)
    forms = dict.fromkeys(next(field.iterancestors("form"), None) for field in fields)
    boxes = (box_of(form) for form in forms if form is not None and says_little(form))
    return list(dict.fromkeys(boxes))


def asks_for_address(field: etree._Element) -> bool:
    """Whether an input field is for an e-mail address."""
    kind = (field.get("type") or "").strip().lower()
    if kind not in FIELD_TYPES:
        return False
    return kind == "email" or any(MAIL.search(field.get(name) or "") for name in EMAIL_ATTRIBUTES)


def says_little(form: etree._Element) -> bool:
    """Whether a form is a small box, not a wrapper around the main content."""
    size = 0
    for text in form.itertext():
        size += len(text.strip())
        if size > MAX_BOX_LENGTH:
            return False
    return next(form.iter(*CONTENT_TAGS), None) is None


def box_of(form: etree._Element) -> etree._Element:
    """Return the largest element around a form that contains only the form and headings.

    An element with a newsletter class may also contain a paragraph about the form.
    """
    box = form
    while (around := box.getparent()) is not None and around.tag in WRAPPERS:
        if len(around) > MAX_ELEMENTS_AROUND:
            break
        others = [child for child in around if child is not box]
        loose = [around.text, box.tail, *(child.tail for child in others)]
        if any(text and not text.isspace() for text in loose):
            break
        named = NEWSLETTER_CLASS.search(class_and_id(around))
        plain = HEADINGS | {"p"} if named and says_little(around) else HEADINGS
        if any(child.tag not in plain and NORMALIZED_TEXT(child) for child in others):
            break
        box = around
    return box
