"""Detect pages and lists that are empty until a browser runs scripts or loads frames.

`without_scripts` returns a page as a browser without scripts shows it: noscript elements and
declarative shadow trees become ordinary elements. Extraction otherwise ignores their text.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import islice
from typing import Final

from lxml import etree

from data.text.urls import ROUTE, absolute, is_web
from spiders.page.class_hints import class_and_id, names_around
from spiders.page.html_tree import element_line
from spiders.page.page import Page

ROOT_NAME = re.compile(r"(?:root|app|__next|__nuxt|___gatsby|svelte|react-root|app-root|main-app)")
"""Pattern of ids and tags of elements that JavaScript frameworks fill."""

ENABLE_SENTENCE = re.compile(
    r"(?:enable|activate|turn on|requires?|needs?|без|activer|aktivieren|activa[re]?)\W+"
    r"(?:\w+\W+){0,3}javascript|javascript\W+(?:\w+\W+){0,4}(?:enabled|required|disabled|aktiviert|activé)",
    re.IGNORECASE,
)
"""Pattern of a sentence that asks users to enable JavaScript."""

MIN_VISIBLE_LENGTH, MIN_CERTAIN_LENGTH = 200, 3_000
"""Limits for the visible text of a page, in characters.

- ``MIN_VISIBLE_LENGTH``: pages with less text need scripts
- ``MIN_CERTAIN_LENGTH``: pages with less text need scripts if there is other evidence
"""

FRAMES = ("frame", "iframe")
SILENT = ("script", "style", "noscript", "template")


LIST_TAGS = ("div", "section", "ul", "ol", "main", "tbody")
MAX_PLACES = 20_000
"""Maximum number of elements per page that are searched for an empty list."""

MAX_WITHIN = 8
"""Number of elements, including the list itself, from which a list is not empty."""

LIST_NAME = re.compile(
    r"news|press|release|aktuell|meldung|mitteil|presse|actualit|communiqu|notici|comunicad|novedad|"
    r"nyhet|uutis|uudis|haber|xeber|novosti|novin|vesti|aktualn|artic|article|post|feed|widget|"
    r"list|results?|items|grid|archive|stories",
    re.IGNORECASE,
)
"""Pattern of class names and ids of elements that may contain a list of releases."""

SIDE_CLASS = re.compile(
    r"letter|relat|ticker|side|foot|head|menu|nav|comment|share|social|twitter|facebook|instagram|"
    r"banner|cookie|modal|popup|\bads?\b|weather|event|calend|search|breadcrumb|tags?\b|players?",
    re.IGNORECASE,
)
"""Pattern of class names and ids of elements outside the main list that scripts also fill."""

BESIDE_LEVELS = 3
"""Maximum number of ancestors whose class names and ids are matched with `SIDE_CLASS`."""

ASIDES = frozenset(["aside", "footer", "nav", "header", "article"])

LOADING_WORDS = re.compile(
    r"\bload(?:ing)?\b|\bplease wait\b|wird geladen|\blade[nt]?\b|laster|indlæser|ladataan|charg|"
    r"cargando|carregando|a carregar|carica|wczyt|ładowan|načít|načita|betölt|încarc|загру|"
    r"завантаж|зарежд|yüklen|yüklən|φόρτωση|تحميل|بارگذاری|טוען|लोड|กำลังโหลด|đang tải|memuat|"
    r"加载|載入|读取|読み込み|로딩|불러오",
    re.IGNORECASE,
)
"""Pattern of words for "loading", which pages show while scripts load content."""

LOADING_LENGTH = 60
"""Maximum length of a loading message, in characters."""

REQUEST_CODE = re.compile(
    r"\bfetch\s*\(|\bXMLHttpRequest\b|\baxios\b|\$\.(?:get|getJSON|ajax|post)\b|\.load\s*\(\s*[\"']"
)
"""Pattern of JavaScript code that requests data."""

TARGET_ID = re.compile(
    r"""getElementById\(\s*["']([\w-]{1,80})["']|["']#([\w-]{1,80})(?=["' >.])"""
)
"""Pattern of an element id in a script's code."""

MAX_SCRIPTS, MAX_SCRIPT = 50, 100_000
"""Maximum number of scripts that are searched for element ids, and their maximum length in
characters."""

MAX_FRAMES = 4
"""Maximum number of frames read per page."""

START: Final = re.compile(rb"<(noscript|template)\b([^<>]{0,500})>", re.IGNORECASE)

SHADOW: Final = re.compile(rb"\bshadowroot(?:mode)?\s*=", re.IGNORECASE)
"""Pattern of the attribute that makes a template a declarative shadow tree (WHATWG HTML, 4.12.3).
"""

BODY: Final = re.compile(rb"<body\b", re.IGNORECASE)
VISIBLE_TAG: Final = re.compile(rb"<(?:a|p|h[1-6]|li|article)\b", re.IGNORECASE)
"""Pattern of tags of visible content. A noscript element without them is often a tracking pixel."""

MAX_PARTS: Final = 200
"""Maximum number of noscript elements and templates checked per page."""

PLACEHOLDER: Final = re.compile(rb"\{\{|\$\{|<%")
"""Pattern of a placeholder in a template that scripts fill."""

UTF8: Final = "text/html; charset=utf-8"


def frames_of(page: Page) -> tuple[str, ...]:
    """Return the URLs of the pages in a page's frames, at most ``MAX_FRAMES``."""
    found = (absolute(page.base, node.get("src") or "") for node in page.tree.iter(*FRAMES))
    pages = (url for url in found if url and is_web(url))
    return tuple(islice(dict.fromkeys(pages), MAX_FRAMES))


def needs_scripts(page: Page) -> bool:
    """Whether a page has scripts and shows little text without them.

    Also returns True for a page with some text if its list is filled by scripts.
    """
    if not any(node.get("src") or node.text for node in page.tree.iter("script")):
        return False
    length = _said(page)
    if length < MIN_VISIBLE_LENGTH or _rooted(page):
        return True
    asked = any(ENABLE_SENTENCE.search(element_line(node)) for node in page.tree.iter("noscript"))
    return length < MIN_CERTAIN_LENGTH and (asked or has_scripted_list(page))


def has_scripted_list(page: Page) -> bool:
    """Whether a page has an element that is empty or shows a loading message until scripts fill it.

    Its name is typical of a news list, or a script contains its id and requests data.
    """
    if not any(node.get("src") or node.text for node in page.tree.iter("script")):
        return False
    return _has_empty_list(page) or _has_target(page)


def shown_by_route(urls: Iterable[str]) -> bool:
    """Whether most URLs have a fragment that scripts use as a route, such as ``#/news/1``."""
    routed = [bool(ROUTE.match(url.partition("#")[2])) for url in urls]
    return 2 * sum(routed) > len(routed)


def _said(page: Page) -> int:
    """Return the number of characters that a page shows if scripts are disabled."""
    body = page.tree.find("body")
    if body is None:
        return 0
    silent = sum(len(element_line(node)) for node in body.iter(*SILENT))
    return len(element_line(body)) - silent


def _has_empty_list(page: Page) -> bool:
    """Whether an element named like a news list is empty or shows a loading message.

    Elements in side parts of the page, such as menus and footers, don't count.
    """
    for node in islice(page.tree.iter(), MAX_PLACES):
        is_own = "-" in node.tag
        if not is_own and node.tag not in LIST_TAGS:
            continue
        names = f"{node.tag if is_own else ''} {class_and_id(node)}"
        if not LIST_NAME.search(names) or len([*islice(node.iter(), MAX_WITHIN)]) == MAX_WITHIN:
            continue
        text = element_line(node)
        loads = len(text) <= LOADING_LENGTH and LOADING_WORDS.search(text)
        is_empty = not text and node.find(".//a") is None and node.find(".//img") is None
        if not (loads or is_empty) or SIDE_CLASS.search(
            f"{names} {names_around(node, BESIDE_LEVELS)}"
        ):
            continue
        if not any(one.tag in ASIDES for one in node.iterancestors()):
            return True
    return False


def _has_target(page: Page) -> bool:
    """Whether a script requests data and contains the id of an empty element.

    The element must be in the main content of the page.
    """
    named: set[str] = set()
    for script in islice(page.tree.iter("script"), MAX_SCRIPTS):
        text = (script.text or "")[:MAX_SCRIPT]
        if REQUEST_CODE.search(text):
            named.update(one or other for one, other in TARGET_ID.findall(text))
    if not named:
        return False
    places = islice(page.tree.iter(*LIST_TAGS), MAX_PLACES)
    return any(node.get("id") in named and _is_empty(node) for node in places)


def _is_empty(node: etree._Element) -> bool:
    """Whether an element shows nothing and is in the main content of the page."""
    if element_line(node) or next(node.iter("a", "img", "input"), None) is not None:
        return False
    beside = SIDE_CLASS.search(f"{class_and_id(node)} {names_around(node, BESIDE_LEVELS)}")
    return not beside and not any(one.tag in ASIDES for one in node.iterancestors())


def _rooted(page: Page) -> bool:
    """Whether a page has an empty root element for a JavaScript framework."""
    return any(
        ROOT_NAME.fullmatch(node.get("id") or str(node.tag))
        and not len(node)
        and not element_line(node)
        for node in page.tree.iter("div", "main", "section", "app-root")
    )


def without_scripts(page: Page) -> Page | None:
    """Return the page with its noscript elements and shadow trees as ordinary elements.

    Returns None if none of these elements contains visible text.
    """
    markup = page.markup
    pieces: list[bytes] = []
    at = 0
    for begin, inner, inner_end, end in _parts(markup):
        content = markup[inner:inner_end]
        if not VISIBLE_TAG.search(content) or PLACEHOLDER.search(content):
            continue
        pieces += (markup[at:begin], b"<div>", content, b"</div>")
        at = end
    if not pieces:
        return None
    return replace(page, body=b"".join((*pieces, markup[at:])), content_type=UTF8)


def _parts(markup: bytes) -> Iterator[tuple[int, int, int, int]]:
    """Yield the positions of each noscript element or shadow tree, in page order.

    Each tuple contains the start of the element, the start and end of its content, and the end of
    the element.
    """
    body = BODY.search(markup)
    at = body.end() if body else 0
    lower = markup.lower()
    for _ in range(MAX_PARTS):
        start = START.search(markup, at)
        if start is None:
            return
        name = start[1].lower()
        at = start.end()
        if name == b"template" and not SHADOW.search(start[2]):
            continue
        inner_end = lower.find(b"</" + name, at)
        end = markup.find(b">", inner_end) + 1 if inner_end >= 0 else 0
        if not end:
            return
        yield start.start(), at, inner_end, end
        at = end
