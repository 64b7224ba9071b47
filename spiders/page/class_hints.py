"""Derive hints about an element's purpose from its class, id and role, and find hidden elements.

Hints are a bit mask. The words come from sites in many countries. A word matches anywhere in a
class or id, as in ``articleBody``, ``news-text`` and ``haber_detay``. Hints are features for the
models; a single hint never decides.

Hidden elements are texts for screen readers, data for scripts and closed dialogs. Texts that open
on a click, such as "read more", are also hidden at first. So only short hidden elements are
skipped, and only if they contain no headline, date or table.
"""

import re
import tomllib
from functools import lru_cache
from importlib.resources import files
from itertools import islice
from typing import Final

from lxml import etree

HINT_WORDS: Final = {
    hint: "|".join(words)
    for hint, words in tomllib.loads(
        files("spiders.page").joinpath("class_hints.toml").read_text("utf-8")
    )["words"].items()
}
"""Words per hint, as regular expressions that match anywhere in a lower-case class or id."""

TAGS: Final = {
    "article": "article main",
    "aside": "aside",
    "navigation": "nav menu",
    "foot": "footer",
    "head": "header",
    "form": "form fieldset button",
    "figure": "figure figcaption",
    "list": "ul ol",
    "table": "table",
    "quotation": "blockquote",
    "heading": "h1 h2 h3 h4 h5 h6",
    "item": "li dd dt",
}
"""Element tags per hint, for hints that depend only on the tag."""

POST_TYPE: Final = re.compile(
    r"schema\.org/(?:BlogPosting|(?:News)?Article|ReportageNewsArticle|PressRelease)\s*$"
)
POST_CLASSES: Final = frozenset(("hentry", "h-entry"))

BIT: Final = {name: 1 << place for place, name in enumerate([*HINT_WORDS, *TAGS])}
TAG_HINTS: Final = {tag: BIT[name] for name, tags in TAGS.items() for tag in tags.split()}
"""Hint bit of each element tag that is in TAGS."""

_EACH = {BIT[name]: re.compile(words) for name, words in HINT_WORDS.items()}
_BEGINNINGS: dict[str, set[int]] = {}
"""Index of hints: the bits of hints by the first three letters of their words."""
for _name, _words in HINT_WORDS.items():
    for _stem in re.findall("[a-z]{3,}", _words):
        _BEGINNINGS.setdefault(_stem[:3], set()).add(BIT[_name])
_SHORT_HINTS = frozenset([BIT["ad"], BIT["bio"]])
"""Hints that are checked for every word with a hyphen or with at most three letters.

Some of their words are too short for the index `_BEGINNINGS`.
"""

_FIRST_PARTS = frozenset(
    stem
    for words in HINT_WORDS.values()
    for stem in re.findall("([a-z]{2,})\\)?[-?_[\\]]{2,}", words)
)
"""First parts of two-part hint words, such as ``article`` in ``article-body``."""

_WORD = re.compile("[^\\W\\d_]{2,}")
MAX_WORD, SHORT_WORD = 40, 3
"""Length limits for the words in a class, in characters.

- ``MAX_WORD``: longer words give no hints
- ``SHORT_WORD``: words up to this length may be too short for `_BEGINNINGS`"""

SUFFIX_CHARACTERS: Final = "0123456789-_"
"""Characters removed from the end of a class or id: ``menu-item-1250`` becomes ``menu-item``."""

NOT_SHOWN: Final = "display:none"
_ROLES = {
    "navigation": BIT["nav"],
    "complementary": BIT["side"],
    "contentinfo": BIT["footer"],
    "search": BIT["nav"],
    "dialog": BIT["cookie"],
}
_CAMEL = re.compile("(?<=[a-z])(?=[A-Z])")


def class_hints(element: etree._Element, tag: str, name: str) -> int:
    """Return the class hints (bit flags) for an element's tag, class, id, role and inline style.

    ``name`` is its class.
    """
    mask = TAG_HINTS.get(tag, 0)
    if name:
        mask |= hints_in(name)
    if len(element.attrib) == bool(name):
        return mask
    get = element.get
    if named := get("id"):
        mask |= hints_in(named)
    role, itemprop = get("role"), get("itemprop")
    if role or itemprop:
        mask |= hints_in(f"{role or ''} {itemprop or ''}")
    style = get("style") or ""
    is_shown = "none" not in style or NOT_SHOWN not in style.replace(" ", "").lower()
    if get("hidden") is not None or not is_shown:
        mask |= BIT["hidden"]
    return mask


@lru_cache(maxsize=20_000)
def hints_in(named: str) -> int:
    """Return the class hints (bit flags) for a space-separated string of classes, ids and roles."""
    mask = 0
    for token in named[:400].split():
        mask |= token_hints(token.rstrip(SUFFIX_CHARACTERS))
    return mask


@lru_cache(maxsize=50_000)
def token_hints(token: str) -> int:
    """Return the class hints (bit flags) for a single class, id or role."""
    text = token if token.islower() else _CAMEL.sub("-", token).lower()
    mask = _ROLES.get(text, 0)
    before = ""
    for word in _WORD.findall(text):
        mask |= word_hints(word)
        if before in _FIRST_PARTS:
            mask |= word_hints(f"{before}-{word}")
        before = word
    return mask


@lru_cache(maxsize=50_000)
def word_hints(word: str) -> int:
    """Return the class hints (bit flags) for a word of a class, or two words joined by a hyphen."""
    if len(word) > MAX_WORD:
        return 0
    # For speed, only hints whose words begin with the same three letters are searched. Most words
    # have no such hint, and the others have one or two.
    asked = set(_SHORT_HINTS if len(word) <= SHORT_WORD or "-" in word else ())
    for place in range(len(word) - 2):
        asked.update(_BEGINNINGS.get(word[place : place + 3], ()))
    return sum(bit for bit in asked if _EACH[bit].search(word))


def class_and_id(node: etree._Element | None) -> str:
    """Return the class and id of an element as one text."""
    if node is None:
        return ""
    return f"{node.get('class') or ''} {node.get('id') or ''}"[:300]


def names_around(node: etree._Element, steps: int) -> str:
    """Return the classes and ids of an element and its ancestors, up to ``steps`` levels above."""
    return " ".join(map(class_and_id, (node, *islice(node.iterancestors(), steps))))


def is_post(node: etree._Element) -> bool:
    """Whether an element is an ``<article>`` or is marked as a post."""
    return node.tag == "article" or bool(post_mark(node))


def post_mark(node: etree._Element) -> str:
    """Return the type of attribute that marks an element as a post, or an empty string.

    All posts of a blog use the same type. Posts in a side box often use a different one.
    """
    if node.get("itemprop") == "blogPost":
        return "blogPost"
    if (kind := node.get("itemtype")) and POST_TYPE.search(kind):
        return "itemtype"
    # A quick check first, because most class attributes contain neither name.
    named = node.get("class")
    is_named = named is not None and "entry" in named and not POST_CLASSES.isdisjoint(named.split())
    return "hentry" if is_named else ""


MAX_HIDDEN_LENGTH: Final = 600
"""Maximum length in characters of a hidden element that may be skipped."""

KEPT_TAGS: Final = ("h1", "time", "table", "article", "main")
"""Tags of elements that are never skipped. A hidden element that contains one of them is not
skipped either."""

CONTENT_TAGS: Final = ("body", "h1", "main")
"""Tags of elements around the content of a page."""

HIDING_CLASS: Final = re.compile(
    r"(?:[\w-]*[-_])?(?:visually|visualy)-?hidden(?:-focusable)?|sr-?only|screen-?reader"
    r"(?:-?(?:only|text|response))?|show-for-sr|element-(?:invisible|hidden)|hidden-visually|a11y-"
    r"(?:hidden|only|text)|assistive-text|off-?screen|hide|hidden|d-none|display-none|is-hidden|"
    r"u-hidden|uk-hidden|js-hidden|ms-hid(?:e|den)|s4-die|nodisplay|no-?display|print-?only|only-?print|visible-print|w-condition-invisible",
    re.IGNORECASE,
)
"""Pattern of class names that hide elements, from common frameworks."""

SHOWN_CLASSES: Final = re.compile(
    r"not-sr-only|(?:sm|md|lg|xl|2xl|dark|group-hover):[\w-]+|d-(?:sm|md|lg|xl|xxl)-(?!none)[\w-]+"
)
"""Pattern of class names that show a hidden element again on wide screens or on hover."""

HIDING_STYLE: Final = re.compile(r"(?:^|;)(?:display:none|visibility:hidden)", re.IGNORECASE)
"""Pattern of inline styles that hide an element. Spaces must be removed first."""

NORMALIZED_TEXT: Final = etree.XPath("normalize-space()")
"""XPath expression for an element's text with normalized spaces."""


def hidden_parts(root: etree._Element) -> list[etree._Element]:
    """Return the hidden descendants of ``root`` that are short enough to skip."""
    parts = root.iterdescendants("*")
    return [part for part in parts if is_hidden(part) and says_little(part)]


def is_hidden(element: etree._Element) -> bool:
    """Whether an element is hidden by its attributes, inline style or classes."""
    # Most elements have no attribute other than a class.
    names = element.keys()
    if "hidden" in names:
        return (element.get("hidden") or "").strip().lower() != "until-found"
    if "style" in names and HIDING_STYLE.search("".join((element.get("style") or "").split())):
        return True
    if "aria-hidden" in names and element.get("aria-hidden") == "true" and element.tag != "a":
        return True
    return "class" in names and calls_itself_hidden(element.get("class") or "")


def shown_by_scripts(root: etree._Element) -> frozenset[etree._Element]:
    """Return the elements around the page's content. If they are hidden, a script shows them."""
    about = (next(root.iter(tag), None) for tag in CONTENT_TAGS)
    return frozenset(
        above for one in about if one is not None for above in (one, *one.iterancestors())
    )


@lru_cache(maxsize=10_000)  # Cached because the elements of a page share a few hundred classes.
def calls_itself_hidden(named: str) -> bool:
    """Whether one of the classes in ``named`` hides an element."""
    classes = named.split()
    return any(map(HIDING_CLASS.fullmatch, classes)) and not any(
        map(SHOWN_CLASSES.fullmatch, classes)
    )


def says_little(element: etree._Element) -> bool:
    """Whether a hidden element can be skipped, because it is short and has no important tag.

    Important tags are those of headlines, times and tables (see `KEPT_TAGS`).
    """
    if element.tag in KEPT_TAGS or next(element.iter(*KEPT_TAGS), None) is not None:
        return False
    return len(str(NORMALIZED_TEXT(element))) <= MAX_HIDDEN_LENGTH
