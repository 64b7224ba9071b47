"""Find the requisites of a page in its markup."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final, cast

from lxml import etree

from spiders.page.links import resolve
from spiders.page.page import Page
from spiders.requisites.candidates import from_sets, images_of
from spiders.requisites.media_queries import matches_any
from spiders.requisites.requisite import Kind, Requisite
from spiders.requisites.style_sheet import requisites_of_style

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
        for name in LAZY_BACKGROUNDS:
            if value := element.get(name):
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


def _of_video(video: etree._Element) -> Iterator[tuple[str, Kind]]:
    yield video.get("poster") or "", "image"


def _of_object(element: etree._Element) -> Iterator[tuple[str, Kind]]:
    url = element.get("data") or element.get("src") or ""
    if (element.get("type") or "").lower().startswith("image/") or url.lower().endswith(".svg"):
        yield url, "image"


def _of_drawing(element: etree._Element) -> Iterator[tuple[str, Kind]]:
    for name, value in element.attrib.items():
        if str(name).endswith("href"):
            yield str(value), "image"


def _of_script(script: etree._Element) -> Iterator[tuple[str, Kind]]:
    yield script.get("src") or "", "script"


READERS: Final[Mapping[object, Callable[[etree._Element], Iterator[tuple[str, Kind]]]]] = {
    "link": _of_link,
    "img": _of_image,
    "amp-img": _of_image,
    "input": _of_input,
    "video": _of_video,
    "object": _of_object,
    "embed": _of_object,
    "use": _of_drawing,
    "image": _of_drawing,
    "script": _of_script,
}

WITH_REQUISITES: Final = etree.XPath(
    "|".join(f"descendant-or-self::{tag}" for tag in ("style", *READERS))
    + "|descendant-or-self::*["
    + " or ".join(f"@{name}" for name in ("style", "background", *LAZY_BACKGROUNDS))
    + "]"
)
"""The elements of a page that may refer to requisites, in page order."""
