"""Choose images for two typical screens from ``srcset``, ``sizes`` and ``<picture>``."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from math import sqrt
from typing import Final

from lxml import etree

from spiders.page.media_urls import LAZY
from spiders.requisites.media_queries import SCREENS, matches, source_size

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
        if following is None or (following >= 1 and _is_enough(density, following)):
            return found[density]
    return ""


def _is_enough(density: float, following: float) -> bool:
    """Whether Chromium loads an image although one with a higher density exists.

    Source: Chromium's HTMLSrcsetParser.cpp.
    """
    return density >= 1 and sqrt(density * following) > 1


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
        sources = [one for one in elements if one.tag == "source" and _is_shown(one)]
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


def _is_shown(source: etree._Element) -> bool:
    return (source.get("type") or "").strip().lower() not in UNKNOWN_TYPES


def from_sets(element: etree._Element) -> Iterator[str]:
    """Yield the URLs that SCREENS load from the ``srcset`` of an element such as a preload."""
    for screen in SCREENS:
        yield from _from_sets(element, screen)
