"""Derive hints about an element's purpose from its class, id and role, as a bit mask.

The words come from sites in many countries. A word matches anywhere in a class or id, as in
``articleBody``, ``news-text`` and ``haber_detay``. Hints are features for the models; a single hint
never decides.
"""

import re
import tomllib
from functools import lru_cache
from importlib.resources import files
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
    style = get("style")
    if get("hidden") is not None or (style and "none" in style and NOT_SHOWN in _bare(style)):
        mask |= BIT["hidden"]
    return mask


def _bare(style: str) -> str:
    return style.replace(" ", "").lower()


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
    names = []
    above: etree._Element | None = node
    for _ in range(steps + 1):
        if above is None:
            break
        names.append(class_and_id(above))
        above = above.getparent()
    return " ".join(names)


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
