"""Convert the body texts in a page's JSON state to HTML.

A text may be HTML, Markdown (CommonMark), or a tree of editor nodes, each with a type, text and
child nodes. Trees of ProseMirror, Slate, Lexical, Contentful, Portable Text, Editor.js, Strapi and
similar editors are supported.
"""

from __future__ import annotations

import re
from functools import cache
from html import escape
from typing import TYPE_CHECKING, Any, Final

from data.text.html_text import paragraphs

if TYPE_CHECKING:
    from markdown_it import MarkdownIt

MAX_NODES: Final = 20_000
"""Maximum number of values converted per page."""

MAX_DEPTH: Final = 60
MAX_TEXT_CHARACTERS: Final = 2_000_000
"""Maximum length of the HTML generated per page, in characters."""

HTML: Final = re.compile(r"</(?:p|div|h[1-6]|li|a|strong|em|b|span|table|blockquote)>|<br\s*/?>")
KINDS: Final = ("nodeType", "_type", "__typename", "type", "tag", "name", "style", "blockType")
CONTENT_KEYS: Final = (
    "content", "children", "nodes", "blocks", "root", "document", "items", "data", "json", "body",
    "value", "components", "content_elements", "paragraphs", "sections", "elements", "fields",
    "attrs", "attributes", "text", "html", "processed", "rendered", "raw", "rows", "cells", "model",
    "richText", "rich_text", "markup", "copy", "columns",
)  # fmt: skip
"""Keys of a node that contain its children or text. Their values are converted in the node's order.
"""

RENDERED_HTML_KEYS: Final = ("processed", "rendered", "html")
"""Keys that contain a node's HTML as rendered by the site. If one exists, the other keys are
ignored."""

NODE_TAGS: Final = (
    (re.compile(r"heading|header$|sub_?head|^h[1-6]$|^title$", re.IGNORECASE), "h2"),
    (re.compile(r"list_?-?item|^li$|^item$", re.IGNORECASE), "li"),
    (re.compile(r"(?<!un)ordered|number(?:ed)?_?-?list|^ol", re.IGNORECASE), "ol"),
    (re.compile(r"unordered|bullet|^ul|^list$", re.IGNORECASE), "ul"),
    (re.compile(r"quot", re.IGNORECASE), "blockquote"),
    (re.compile(r"table_?-?row|^row$|^tr$", re.IGNORECASE), "tr"),
    (re.compile(r"cell|^td$|^th$", re.IGNORECASE), "td"),
    (re.compile(r"^table$", re.IGNORECASE), "table"),
    (re.compile(r"link$|^a$", re.IGNORECASE), "a"),
    (re.compile(r"paragraph|^p$|^block$|^text_?block$|^unstyled$|^normal$", re.IGNORECASE), "p"),
)
"""HTML tags for editor nodes, with the patterns of their types."""

SIDE_NODE: Final = re.compile(
    r"\bads?\b|advert|promo|related|newsletter|sign_?up|embed|gallery|share|recommend|teaser|"
    r"interstitial|oembed|iframe|script|style|poll|widget|cookie|consent|^image$|^picture$|"
    r"^video$|^figure$|^audio$|^code$|correction|list_?of_?links|story_?list|subscribe",
    re.IGNORECASE,
)
"""Pattern of node types that are shown beside a text but are not part of it, such as ads."""

BREAK: Final = re.compile(r"hard_?-?break|line_?-?break|^br$", re.IGNORECASE)
ADDRESS: Final = ("href", "uri", "url", "linkUrl")
BULLET: Final = re.compile(r"^[ \t]*•", re.MULTILINE)
"""Pattern of a bullet character at the start of a line. Markdown does not treat it as a list item.
"""

MAX_MARKDOWN_CHARACTERS: Final = 50_000
"""Maximum length in characters of a text that is parsed as Markdown. Longer texts are treated as
plain text."""


class Writer:
    """Converts the texts of one page to HTML, with size limits for all of them together."""

    def __init__(self) -> None:
        self._left = MAX_NODES
        self._size = MAX_TEXT_CHARACTERS

    def html(self, value: Any) -> str:
        """Convert a text in any supported form to unsanitized HTML.

        Returns "" if the value contains no text.
        """
        if isinstance(value, str):
            return self._took(value if HTML.search(value) else from_markdown(value))
        if isinstance(value, (dict, list)):
            return "".join(self._node(value, 0, within=""))
        return ""

    def _took(self, text: str) -> str:
        if len(text) > self._size:
            return ""
        self._size -= len(text)
        return text

    def _node(  # noqa: PLR0911 - one return per form
        self, value: Any, depth: int, within: str
    ) -> list[str]:
        self._left -= 1
        if depth > MAX_DEPTH or self._left < 0:
            return []
        if isinstance(value, str):
            return [self._took(value if HTML.search(value) else escape(value))]
        if isinstance(value, list):
            return [part for one in value for part in self._node(one, depth + 1, within)]
        if not isinstance(value, dict):
            return []
        kinds = [kind for key in KINDS if isinstance(kind := value.get(key), str)]
        if any(map(SIDE_NODE.search, kinds)):
            return []
        if any(map(BREAK.search, kinds)):
            return ["<br>"]
        tag = tag_of(value, kinds)
        inner: list[str] = []
        ready = next((key for key in RENDERED_HTML_KEYS if isinstance(value.get(key), str)), None)
        for key, part in value.items():
            inside = key == ready if ready else key in CONTENT_KEYS
            if inside and isinstance(part, (dict, list, str)):
                inner += self._node(part, depth + 1, tag or within)
        if not tag and not within and inner and isinstance(value.get("text"), str):
            tag = "p"
        return wrapped(tag, value, inner) if any(map(str.strip, inner)) else []


def tag_of(node: dict[str, Any], kinds: list[str]) -> str:
    """Return the HTML tag for an editor node, or "" if the node needs no HTML element."""
    if isinstance(node.get("listItem"), str):
        return "li"  # Portable Text
    for kind in reversed(kinds):
        for pattern, tag in NODE_TAGS:
            if pattern.search(kind):
                return tag
    return ""


def wrapped(tag: str, node: dict[str, Any], inner: list[str]) -> list[str]:
    """Wrap a node's converted content in the HTML element ``tag``."""
    if not tag:
        return inner
    if tag == "a":
        data = node.get("data") if isinstance(node.get("data"), dict) else node.get("attrs")
        places = [node, data] if isinstance(data, dict) else [node]
        found = (str(place[key]) for place in places for key in ADDRESS if place.get(key))
        href = next(found, "")
        return [f'<a href="{escape(href)}">', *inner, "</a>"] if href else inner
    return [f"<{tag}>", *inner, f"</{tag}>"]


def from_markdown(text: str) -> str:
    """Convert plain text or Markdown to HTML. HTML tags in ``text`` are escaped."""
    if len(text) > MAX_MARKDOWN_CHARACTERS:
        return paragraphs(text)
    return str(_markdown().render(BULLET.sub("-", text)))


@cache
def _markdown() -> MarkdownIt:
    """Return a CommonMark parser that keeps line breaks and has no indented code blocks.

    Indented text in a release is rarely program code.
    """
    from markdown_it import MarkdownIt  # noqa: PLC0415 - slow import that few pages need

    return MarkdownIt("commonmark", {"html": False, "breaks": True}).disable("code")
