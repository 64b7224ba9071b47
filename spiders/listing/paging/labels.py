"""Parse the labels of pagination controls and archive links: words, icons, page numbers.

The words of all languages come from the language files (data.languages.vocabulary).
"""

import re
from collections import Counter
from collections.abc import Sequence
from functools import cache
from itertools import islice
from typing import Final
from urllib.parse import unquote, urlsplit

from lxml import etree

from data.languages.vocabulary import words
from data.text.folding import fold_date
from spiders.page.class_hints import class_and_id
from spiders.page.html_tree import element_line

MAX_LABEL: Final = 200
"""Maximum length of a label, in characters."""

MAX_ICONS: Final = 8
"""Maximum number of elements inside a control that are checked for an icon."""

FORWARD_ARROWS: Final = frozenset(
    ("›", "»", ">", ">>", "→", "▶", "►", "⟩", "❯", "≫", "⇒", "〉", "＞", "➔", "➜", "➡", "⟶", "▸")
) | {"…", "..."}
"""Arrows and dots that label links to the next page."""

BACKWARD_ARROWS: Final = frozenset(
    ("‹", "«", "<", "<<", "←", "◀", "◄", "⟨", "❮", "≪", "⇐", "〈", "＜", "⬅", "⟵", "◂")
)
"""Arrows that label links to the previous page."""

RIGHT_ARROW, LEFT_ARROW = "›", "‹"
"""Labels that replace icons pointing right and left."""

_POINTER = r"arrows?|chevrons?|angle|caret|triangle|pfeil|fleche|flecha|freccia|pijl|strelka|ok"
_RIGHT_WORDS = r"right|rechts|droite|derecha|destra|sag|vpravo|prawo|r|east"
_LEFT_WORDS = r"left|links|gauche|izquierda|sinistra|sol|vlevo|lewo|l|west"
_NEXT_ICON: Final = re.compile(
    r"(?:^|[^a-z])(?:navigate_next|arrow_forward(?:_ios)?|next|nxt|fwd|forward)(?:$|[^a-z])"
)
_PREVIOUS_ICON: Final = re.compile(
    r"(?:^|[^a-z])(?:navigate_before|arrow_back(?:_ios)?|prev|previous|backward)(?:$|[^a-z])"
)
_KIND = r"(?:[-_ ]?(?:long|circle|alt|small|thin|line|icon)){0,3}[-_ ]?"
_RIGHT_ICON: Final = re.compile(
    rf"(?:^|[^a-z])(?:{_POINTER}){_KIND}(?:{_RIGHT_WORDS})(?:$|[^a-z])"
    r"|(?:^|[^a-z])right[-_ ]?(?:arrow|chevron)"
)
_LEFT_ICON: Final = re.compile(
    rf"(?:^|[^a-z])(?:{_POINTER}){_KIND}(?:{_LEFT_WORDS})(?:$|[^a-z])"
    r"|(?:^|[^a-z])left[-_ ]?(?:arrow|chevron)"
)
_FAR_ICON: Final = re.compile(r"double|last|first|end|fast|skip|external|download")
_LIGATURE: Final = re.compile(
    r"(?:navigate_(?:next|before)|chevron_(?:right|left)|arrow_(?:forward|back|right|left)(?:_ios)?|"
    r"keyboard_arrow_(?:right|left))"
)
_BACKGROUND: Final = re.compile(r"url\(\s*['\"]?([^'\")]{1,300})")

_DIGIT: Final = re.compile(r"\d")
_EDGES: Final = "[](){}<>|·•.-–—_ \t\r\n\u00a0«»‹›"
_NUMBERED: Final = re.compile(
    r"(?P<before>[^\d\s]{0,14}?)\s?(?P<number>\d{1,5})\s?(?P<after>[^\d\s]{0,8}?)"
)
_OF_TOTAL: Final = re.compile(
    r"(?P<before>[^\d\s]{1,14})\s?(?P<number>\d{1,5})\s?[^\d\s]{1,8}\s?\d{1,6}\W{0,3}"
)
_RANGE: Final = re.compile(r"(\d{1,6})\s?(?:-|\.\.|…|to|a|до)\s?(\d{1,6})")
_ROMAN: Final = re.compile(r"(x{0,3})(ix|iv|v?i{0,3})")
"""Pattern of a number from 1 to 39 in Roman numerals."""

_CHINESE: Final = {char: number for number, char in enumerate("一二三四五六七八九", 1)}

ONWARD: Final = ("pager.next", "pager.older")
"""Keys of labels that lead to the next page. Older releases are on the next page, because listings
begin with the newest releases."""

MIN_STEM: Final = 3
"""Minimum length in letters of a word stem that may have an ending."""

MAX_SAME_LABELS: Final = 2
"""Maximum number of pagination controls with the same label. More frequent labels, such as *more*,
belong to the rows of the list."""

_LABEL_EDGES = re.compile(r"^[\s\W]+|[\s\W]+$")
_MORE_NAMES = re.compile(
    r"(?:load|show|view)[_-]?more|more[_-]?(?:news|posts|items)", re.IGNORECASE
)


def label_of(node: etree._Element, *, is_rtl: bool = False) -> str:
    """Return the label of a control.

    This is its text, the alternative text of its image, or its title. For a control with only an
    icon, it is an arrow forward or backward. ``is_rtl`` is true if the page is written from right
    to left, where an icon that points left means the next page.
    """
    text = element_line(node)[:MAX_LABEL]
    if text and not _LIGATURE.fullmatch(text):
        return text
    if not text:
        image = node.find(".//img")
        text = (node.get("value") or "") if node.tag == "input" else ""
        text = text or node.get("alt") or node.get("title") or node.get("aria-label") or ""
        if image is not None:
            text = image.get("alt") or image.get("title") or text
        if text.strip():
            return text
    return _icon(node, text, is_rtl=is_rtl)


def _icon(node: etree._Element, text: str, *, is_rtl: bool) -> str:
    """Return the arrow that the class or file name of a control's icon suggests, or ""."""
    names = " ".join((text, *islice(_icon_names(node), 4 * MAX_ICONS))).lower()[:2000]
    if _FAR_ICON.search(names):
        return ""
    is_next, is_previous = _NEXT_ICON.search(names), _PREVIOUS_ICON.search(names)
    if bool(is_next) != bool(is_previous):
        return RIGHT_ARROW if is_next else LEFT_ARROW
    to_right, to_left = _RIGHT_ICON.search(names), _LEFT_ICON.search(names)
    if bool(to_right) == bool(to_left):
        return ""
    return RIGHT_ARROW if bool(to_right) != is_rtl else LEFT_ARROW


def _icon_names(node: etree._Element) -> list[str]:
    found = []
    for one in islice(node.iter("*"), MAX_ICONS):
        found.append(class_and_id(one))
        for name in ("src", "href", "xlink:href", "data-icon"):
            if (value := one.get(name)) and one is not node:
                path = urlsplit(value[:500].replace("[", "").replace("]", ""))
                found.append(unquote(path.path.rpartition("/")[2] or path.fragment))
                found.append(path.fragment)
        if (style := one.get("style")) and (background := _BACKGROUND.search(style[:500])):
            found.append(background[1].rpartition("/")[2])
    return found


def number_in(label: str) -> int | None:
    """Return the page number in a label: ``2``, ``[2]``, ``Page 2 of 9``, ``第二页``, ``II``.

    Returns None if the label contains other words.
    """
    if not label or len(label) > 40:  # noqa: PLR2004 - far longer than any page number
        return None
    folded = fold_date(label).strip(_EDGES)
    if not _DIGIT.search(folded):
        if folded.isascii():
            return _roman_number(folded)
        return _chinese_number(label.strip().removeprefix("第").rstrip("页頁"))
    pages = label_words("pager.page")
    if match := _NUMBERED.fullmatch(folded):
        before, after = match["before"].strip(_EDGES), match["after"].strip(_EDGES)
        is_page = not after or after in label_words("pager.page_ending")
        is_page = is_page and (not before or before in pages)
        return int(match["number"]) if is_page else None
    if (match := _OF_TOTAL.fullmatch(folded)) and match["before"].strip(_EDGES) in pages:
        return int(match["number"])
    return None


def _roman_number(folded: str) -> int | None:
    """Parse a number from 1 to 39 in Roman numerals."""
    found = _ROMAN.fullmatch(folded)
    if not found or not folded:
        return None
    ones = {"ix": 9, "iv": 4}.get(found[2]) or 5 * ("v" in found[2]) + found[2].count("i")
    return 10 * len(found[1]) + ones


def _chinese_number(text: str) -> int | None:
    """Parse a number from 1 to 99 in Chinese numerals."""
    tens, ten, ones = text.partition("十")
    if not ten:
        return _CHINESE.get(text)
    if (tens and tens not in _CHINESE) or (ones and ones not in _CHINESE):
        return None
    return 10 * _CHINESE.get(tens, 1) + _CHINESE.get(ones, 0)


def range_in(label: str) -> tuple[int, int] | None:
    """Return the first and last row number in a label such as ``11-20``, or None.

    Ranges that begin with a year are rejected.
    """
    if not label or len(label) > 24:  # noqa: PLR2004 - far longer than any range
        return None
    match = _RANGE.fullmatch(fold_date(label).strip(_EDGES))
    if match is None:
        return None
    first, last = int(match[1]), int(match[2])
    return (first, last) if first < last and not is_year(first) else None


def is_year(number: int) -> bool:
    """Whether a number may be a year with press releases."""
    return 1900 <= number <= 2100  # noqa: PLR2004 - years of press releases


def is_written_rtl(root: etree._Element) -> bool:
    """Whether a page is written from right to left."""
    body = root.find("body")
    for node in (root, body):
        if node is not None and (direction := node.get("dir")):
            return direction.strip().lower() == "rtl"
    language = (root.get("lang") or "").lower().partition("-")[0]
    return language in {"ar", "fa", "he", "iw", "ur", "ps", "ckb", "ug", "dv", "yi", "sd"}


@cache
def label_words(*keys: str) -> frozenset[str]:
    """Return the words in labels of pagination controls and archive links, in normalized form.

    ``keys`` are keys of the language files, such as ``pager.next``. The words of all languages and
    keys are joined.
    """
    return frozenset(fold_date(word) for key in keys for word in words(key))


def control_to_click(controls: Sequence[Sequence[str]]) -> int | None:
    """Return the index of the control that loads more rows, or None.

    ``controls`` contains the label of each control, and its class and id. A "more" control is
    preferred to a "next" control.
    """
    labels = [fold_date(_LABEL_EDGES.sub("", label)) for label, _ in controls]
    counts = Counter(labels)
    following: int | None = None
    for place, label in enumerate(labels):
        if counts[label] > MAX_SAME_LABELS:
            continue
        if label in label_words("pager.more") or _MORE_NAMES.search(controls[place][1]):
            return place
        if following is None and label in label_words(*ONWARD):
            following = place
    return following
