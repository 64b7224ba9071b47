"""Extract a page's machine-readable metadata: meta elements, JSON-LD and ``<title>``."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from spiders.page.html_tree import element_line
from spiders.page.literals import json_objects, load_json
from spiders.page.page import Page

MAX_SCRIPT = 2_000_000
"""Maximum length of a JSON-LD script, in characters. Longer scripts are skipped."""

MAX_VALUE = 4_000
"""Maximum length of a metadata value, in characters. Longer values are cut."""

RELEASE_TYPES = re.compile(
    "Article|Posting|PressRelease|Report$|WebPage$|Event$|Statement$|GovernmentService|Message$"
)
CONTROL = re.compile("[\x00-\x1f]+")
TRAILING_COMMA = re.compile(r",(\s*[}\]])")


@dataclass(frozen=True, slots=True)
class EmbeddedMetadata:
    """The machine-readable metadata of a page.

    - ``metas``: contents of meta elements in page order, by name or property in lower case.
    - ``nodes``: JSON-LD objects that describe a page or an article, articles first.
    - ``title``: the text of the ``<title>`` element.
    - ``broken``: JSON-LD texts that are not valid JSON.
    """

    metas: Mapping[str, tuple[str, ...]]
    nodes: tuple[Mapping[str, Any], ...]
    title: str
    broken: tuple[str, ...] = ()

    def meta(self, *names: str) -> str:
        """Return the first non-empty content of a meta element with one of these names, or "".

        ``names`` are tried in order.
        """
        contents = (content for name in names for content in self.metas.get(name, ()))
        return next(filter(None, contents), "")

    def text(self, *keys: str) -> str:
        """Return the first plain text under one of these keys in the JSON-LD nodes, or "".

        ``keys`` are tried in order.
        """
        values = (plain_value(node.get(key)) for key in keys for node in self.nodes)
        return next(filter(None, values), "")


def read_metadata(page: Page) -> EmbeddedMetadata:
    """Extract the machine-readable metadata of a page. Invalid parts are skipped."""
    metas: dict[str, list[str]] = {}
    nodes: list[Mapping[str, Any]] = []
    broken: list[str] = []
    for element in page.declared["meta"]:
        get = element.get
        name = get("property") or get("name") or get("itemprop") or get("http-equiv")
        content = get("content") or get("value")
        if name and content:
            metas.setdefault(name.strip().lower(), []).append(content[:MAX_VALUE].strip())
    for text in json_ld_scripts(page):
        value = parse_json(text)
        if value is None and text:
            broken.append(text[:MAX_SCRIPT])
        nodes.extend(articles(value))
    ranked = sorted(nodes, key=lambda node: (rank(node), foreign(node, page.url)))
    return EmbeddedMetadata(
        {name: tuple(found) for name, found in metas.items()},
        tuple(ranked),
        title_of(page),
        tuple(broken),
    )


def json_ld_scripts(page: Page) -> Iterator[str]:
    """Yield the texts of a page's JSON-LD scripts (schema.org), in page order."""
    for script in page.declared["script"]:
        if "ld+json" in (script.get("type") or "").lower():
            yield script.text or ""


def title_of(page: Page) -> str:
    """Return the text of the first non-empty ``<title>`` outside SVG images, or ""."""
    found = page.declared["title"]
    shown = (one for one in found if (above := one.getparent()) is None or above.tag != "svg")
    return next(filter(None, map(element_line, shown)), "")


def parse_json(text: str) -> Any:
    """Parse the JSON in a script. Returns None if the JSON is invalid.

    Comments around the JSON, raw control characters and trailing commas are accepted.
    """
    if len(text) > MAX_SCRIPT:
        return None
    text = text.strip().removeprefix("<!--").removesuffix("-->").strip()
    text = text.removeprefix("//<![CDATA[").removesuffix("//]]>").strip().rstrip(";")
    try:
        return load_json(text)
    except (ValueError, RecursionError):
        mended = TRAILING_COMMA.sub(r"\1", CONTROL.sub(" ", text))
    try:
        return load_json(mended)
    except (ValueError, RecursionError):
        return None


def articles(value: Any) -> list[Mapping[str, Any]]:
    """Return the objects in a JSON-LD value that describe an article or the page itself."""
    return [node for node in json_objects(value) if RELEASE_TYPES.search(type_of(node))]


def type_of(node: Mapping[str, Any]) -> str:
    """Return the ``@type`` of a JSON-LD node, with several types joined by spaces."""
    kind = node.get("@type", "")
    if isinstance(kind, list):
        return " ".join(part for part in kind if isinstance(part, str))
    return kind if isinstance(kind, str) else ""


def rank(node: Mapping[str, Any]) -> int:
    """Return the sort key of a JSON-LD node: articles come first and events last."""
    kind = type_of(node)
    if "Article" in kind or "Posting" in kind or "PressRelease" in kind or "Report" in kind:
        return 0 if "headline" in node or "datePublished" in node else 1
    return 3 if "Event" in kind else 2


def foreign(node: Mapping[str, Any], url: str) -> int:
    """Return 0 if a JSON-LD node is about the page at ``url``, 2 if about another page, else 1."""
    named = [node.get(key) for key in ("url", "mainEntityOfPage", "@id")]
    texts = [value.get("@id") if isinstance(value, dict) else value for value in named]
    places = [place_of(text) for text in texts if isinstance(text, str) and "/" in text]
    if not places:
        return 1
    return 0 if place_of(url) in places else 2


def place_of(url: str) -> str:
    """Return a URL without scheme, ``www.``, fragment and trailing slash, for comparison."""
    return url[:MAX_VALUE].partition("#")[0].partition("://")[2].removeprefix("www.").rstrip("/")


def plain_value(value: Any) -> str:
    """Return a JSON-LD value as text, or an empty string.

    For a list, this is the text of its first element, and for an object its name.
    """
    for _ in range(4):
        if isinstance(value, list):
            value = value[0] if value else ""
        elif isinstance(value, dict):
            value = value.get("name") or value.get("@value") or ""
        else:
            break
    return value[:MAX_VALUE].strip() if isinstance(value, str) else ""
