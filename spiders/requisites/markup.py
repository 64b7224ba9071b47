"""Find the requisites of a page in its markup.

Images are chosen for two typical screens from ``srcset``, ``sizes`` and ``<picture>``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import islice
from math import sqrt
from typing import Any, Final, cast

from lxml import etree

from spiders.page.links import resolve
from spiders.page.media_files import LAZY
from spiders.page.page import Page
from spiders.requisites.media_queries import SCREENS, matches, matches_any, source_size
from spiders.requisites.style_sheet import Kind, Requisite, requisites_of_style

MAX_CANDIDATES: Final = 200
"""Maximum number of image candidates read from one ``srcset``."""

MAX_SOURCES: Final = 20
"""Maximum number of elements of a ``<picture>`` read for one of its images."""

SET_ATTRIBUTES: Final = ("srcset", "data-srcset", "data-lazy-srcset", "imagesrcset")

SIZE_ATTRIBUTES: Final = ("data-sizes", "sizes", "imagesizes")

SOURCES: Final = ("src", *(name for name in LAZY if not name.endswith("srcset")))

UNKNOWN_TYPES: Final = frozenset({"image/jxl", "image/jp2", "image/jpx", "image/vnd.ms-photo"})
"""Media types of images that common browsers do not show."""

SPACES: Final = " \t\n\r\f"


def candidates(srcset: str) -> Iterator[tuple[str, str]]:
    """Yield the URLs and descriptors in a ``srcset`` (WHATWG HTML, 4.8.4.2.1)."""
    place, length = 0, len(srcset)
    for _ in range(MAX_CANDIDATES):
        while place < length and srcset[place] in SPACES + ",":
            place += 1
        start = place
        while place < length and srcset[place] not in SPACES:
            place += 1
        url = srcset[start:place]
        if not url:
            return
        if url.endswith(","):
            yield url.rstrip(","), ""
            continue
        start, depth = place, 0
        while place < length and (depth or srcset[place] != ","):
            depth += (srcset[place] == "(") - (srcset[place] == ")")
            place += 1
        yield url, srcset[start:place].strip()


def chosen(srcset: str, sizes: str, screen: tuple[int, int], source: str = "") -> str:
    """Return the URL in a ``srcset`` that Chromium loads on a screen, or an empty string.

    ``source`` is the image's ``src``. Its density is 1, unless the ``srcset`` contains widths.
    """
    found: dict[float, str] = {}
    has_widths = False
    width = source_size(sizes, screen) or 1.0
    for url, descriptor in candidates(srcset):
        has_widths = has_widths or descriptor.endswith("w")
        found.setdefault(_density(descriptor, width), url)
    if found and source and not has_widths:
        found.setdefault(1.0, source)
    ordered = sorted(found)
    for place, density in enumerate(ordered):
        following = ordered[place + 1] if place + 1 < len(ordered) else None
        # Chromium takes the lower density if it is nearer (HTMLSrcsetParser.cpp).
        is_enough = following is not None and density >= 1 and sqrt(density * following) > 1
        if following is None or (following >= 1 and is_enough):
            return found[density]
    return ""


def _density(descriptor: str, width: float) -> float:
    for part in descriptor.lower().split():
        try:
            number = float(part[:-1])
        except ValueError:
            continue
        if part.endswith("w"):
            return number / width
        if part.endswith("x"):
            return number
    return 1.0


def images_of(element: etree._Element) -> Iterator[str]:
    """Yield the URLs of the images that an ``<img>`` loads on the typical screens (SCREENS).

    They come from its attributes, its ``<picture>``, and attributes for lazy loading. A URL may be
    yielded twice, or be relative or invalid.
    """
    sources: Sequence[etree._Element] = ()
    parent = element.getparent()
    while parent is not None and parent.tag == "source":
        # libxml2 makes the elements after a <source> its children.
        parent = parent.getparent()
    if parent is not None and parent.tag == "picture":
        elements = islice(parent.iter(etree.Element), MAX_SOURCES)
        found = (one for one in elements if one.tag == "source")
        types = ((one, (one.get("type") or "").strip().lower()) for one in found)
        sources = [one for one, media_type in types if media_type not in UNKNOWN_TYPES]
    for screen in SCREENS:
        yield from _taken(element, sources, screen)


def _taken(
    element: etree._Element, sources: Iterable[etree._Element], screen: tuple[int, int]
) -> Iterator[str]:
    for source in sources:
        if matches(source.get("media") or "", screen):
            found = [*_from_sets(source, screen)]
            if found:
                yield from found
                return
    yield from _from_sets(element, screen)
    is_set = bool(element.get("srcset"))
    for name in SOURCES:
        value = element.get(name)
        if value and not (is_set and name == "src"):
            yield value


def _from_sets(element: etree._Element, screen: tuple[int, int]) -> Iterator[str]:
    sizes = next(filter(None, map(element.get, SIZE_ATTRIBUTES)), "")
    for name in SET_ATTRIBUTES:
        source = (element.get("src") or "") if name == "srcset" else ""
        if url := chosen(element.get(name) or "", sizes, screen, source):
            yield url


def from_sets(element: etree._Element) -> Iterator[str]:
    """Yield the URLs that SCREENS load from the ``srcset`` of an element such as a preload."""
    for screen in SCREENS:
        yield from _from_sets(element, screen)


ICONS: Final = frozenset({"icon", "apple-touch-icon", "apple-touch-icon-precomposed", "mask-icon"})

PRELOADED: Final[Mapping[str, Kind]] = {"style": "style", "font": "font", "image": "image"}

LAZY_BACKGROUNDS: Final = (
    "data-bg",
    "data-bg-url",
    "data-background",
    "data-background-image",
    "data-lazy-background",
)

BACKGROUNDS: Final = frozenset({"body", "table", "tr", "td", "th", "thead", "tbody"})

MAX_ELEMENTS: Final = 3_000
"""Maximum number of a page's elements that are searched for requisites, in page order."""

ORDER: Final[Mapping[Kind, int]] = {"style": 0, "font": 1, "image": 2, "script": 3}


def requisites_of_page(page: Page, *, scripts: bool) -> list[Requisite]:
    """Return the requisites in the markup of a page: styles first, each URL once per kind.

    Scripts are included only if ``scripts`` is true.
    """
    found: dict[Requisite, None] = {}
    read = 0
    for element in cast("list[Any]", WITH_REQUISITES(page.tree)):
        reader = READERS.get(element.tag)
        if reader and read < MAX_ELEMENTS:
            read += 1
            for url, kind in reader(element):
                if kind != "script" or scripts:
                    _add(found, url, kind, page.base)
        if element.tag in BACKGROUNDS:
            _add(found, element.get("background") or "", "image", page.base)
        if style := element.get("style"):
            found |= dict.fromkeys(requisites_of_style(style, page.base))
        if element.tag == "style" and matches_any(element.get("media") or ""):
            found |= dict.fromkeys(requisites_of_style(element.text or "", page.base))
        for value in filter(None, map(element.get, LAZY_BACKGROUNDS)):
            _add_background(found, value, page.base)
    return sorted(found, key=lambda one: ORDER[one.kind])


def _add(found: dict[Requisite, None], written: str, kind: Kind, base: str) -> None:
    written = written.strip()
    if written and written[0] != "#" and (url := resolve(written, base)):
        found[Requisite(url, kind)] = None


def _add_background(found: dict[Requisite, None], value: str, base: str) -> None:
    if "url(" in value.lower():
        found |= dict.fromkeys(requisites_of_style(value, base))
    elif not value.lstrip().startswith(("#", "{", "[")):
        _add(found, value, "image", base)


def _of_link(link: etree._Element) -> Iterator[tuple[str, Kind]]:
    rel = frozenset((link.get("rel") or "").lower().split())
    href, media = link.get("href") or "", link.get("media") or ""
    if rel & ICONS:
        yield href, "image"
    elif "stylesheet" in rel and "alternate" not in rel:
        # Scripts of some pages load a style sheet as one for paper, and change this later.
        if matches_any(media) or link.get("onload"):
            yield href, "style"
    elif "preload" in rel and matches_any(media):
        kind = PRELOADED.get((link.get("as") or "").lower())
        if kind == "image":
            for url in from_sets(link):
                yield url, "image"
        if kind and not (kind == "image" and link.get("imagesrcset")):
            yield href, kind


def _of_image(image: etree._Element) -> Iterator[tuple[str, Kind]]:
    for url in images_of(image):
        yield url, "image"


def _of_input(field: etree._Element) -> Iterator[tuple[str, Kind]]:
    if (field.get("type") or "").lower() == "image":
        yield field.get("src") or "", "image"


def _of_object(element: etree._Element) -> Iterator[tuple[str, Kind]]:
    url = element.get("data") or element.get("src") or ""
    if (element.get("type") or "").lower().startswith("image/") or url.lower().endswith(".svg"):
        yield url, "image"


def _of_drawing(element: etree._Element) -> Iterator[tuple[str, Kind]]:
    for name, value in element.attrib.items():
        if str(name).endswith("href"):
            yield str(value), "image"


READERS: Final[Mapping[object, Callable[[etree._Element], Iterator[tuple[str, Kind]]]]] = {
    "link": _of_link,
    "img": _of_image,
    "amp-img": _of_image,
    "input": _of_input,
    "video": lambda video: iter([(video.get("poster") or "", "image")]),
    "object": _of_object,
    "embed": _of_object,
    "use": _of_drawing,
    "image": _of_drawing,
    "script": lambda script: iter([(script.get("src") or "", "script")]),
}

WITH_REQUISITES: Final = etree.XPath(
    "|".join(f"descendant-or-self::{tag}" for tag in ("style", *READERS))
    + "|descendant-or-self::*["
    + " or ".join(f"@{name}" for name in ("style", "background", *LAZY_BACKGROUNDS))
    + "]"
)
"""The elements of a page that may refer to requisites, in page order."""
