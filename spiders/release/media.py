"""Extract the images and attachments of a release."""

import mimetypes
from collections.abc import Iterator
from functools import lru_cache
from itertools import islice

from lxml import etree

from data.models import Media
from data.text.clean import clean_line
from data.text.urls import loadable
from spiders.page.embedded_metadata import EmbeddedMetadata, rank
from spiders.page.html_tree import text_content
from spiders.page.media_files import file_of, largest_source, leads_to_file, leads_to_image, path_of
from spiders.release.title_doubts import is_home, is_home_link

MAX_MEDIA = 200
MAX_SUFFIX = 12
"""Number of characters at the end of a path that are checked for a file extension."""

MAX_URL = 4_000
NEARBY_ELEMENTS = 4
"""Number of elements before and after a body that are searched for its lead image and files."""


HOLDER_ATTRIBUTES = {
    "a": "href", "video": "src", "audio": "src", "source": "src",
    "iframe": "src", "embed": "src", "object": "data",
}  # fmt: skip
"""Tags of elements that link to or embed a file, each with the attribute that contains the file's
URL."""


def around(element: etree._Element | None) -> Iterator[etree._Element]:
    """Yield a body element, with up to four elements before and after it.

    If the body is a table cell, the other rows of its table are yielded instead of these elements.
    """
    if element is None:
        return
    row = element.getparent() if element.tag == "td" else None
    rows = row.getparent() if row is not None else None
    held = row if row is not None and rows is not None and len(rows) > 1 else element
    before = list(islice(held.itersiblings(preceding=True), NEARBY_ELEMENTS))
    yield from reversed(before)
    yield element
    yield from islice(held.itersiblings(), NEARBY_ELEMENTS)


def images_of(
    element: etree._Element | None, meta: EmbeddedMetadata, base: str
) -> tuple[Media, ...]:
    """Return the lead image from metadata, and the images in and before the body.

    They are in this order, without duplicates. An image before the body that links to the home page
    is the site's logo and is left out.
    """
    found: dict[str, Media] = {}
    for part in around(element):
        for node in part.iter("img"):
            link = node.getparent()
            href = link.get("href") or "" if link is not None and link.tag == "a" else ""
            named = {str(name): value for name, value in node.items()}
            if part is not element and is_home_link(href, base) and not is_home(base):
                continue
            source = href if leads_to_image(href) else largest_source(named)
            url = loadable(base, source) if len(found) < MAX_MEDIA else None
            if url and url not in found:
                title = clean_line(node.get("alt") or "") or None
                found[url] = Media(url, image_type(url), title=title)
        if part is element:
            break
    images = meta.meta("og:image:secure_url", "og:image", "twitter:image") or stated_image(meta)
    lead = loadable(base, images)
    if lead and lead not in found:
        return (Media(lead, image_type(lead)), *found.values())
    return tuple(found.values())


def stated_image(meta: EmbeddedMetadata) -> str:
    """Return the URL of the article's image in JSON-LD, or "".

    The JSON-LD value may be a string, an object or a list.
    """
    for node in meta.nodes:
        value = node.get("image") if rank(node) == 0 else None
        value = value[0] if isinstance(value, list) and value else value
        if isinstance(value, dict):
            value = value.get("url") or value.get("contentUrl")
        if isinstance(value, str):
            return value[:MAX_URL]
    return ""


def image_type(url: str) -> str:
    """Return the media type of an image, judging by its URL (default ``image/jpeg``)."""
    kind = media_type(path_of(url)) or ""
    return kind if kind.startswith("image/") else "image/jpeg"


def media_type(path: str) -> str | None:
    """Return the media type of a file, judging by the extension of ``path``, or None."""
    return _type_of(path[-MAX_SUFFIX:].partition(".")[2])


@lru_cache(maxsize=1024)  # Cached because few different extensions occur.
def _type_of(ending: str) -> str | None:
    return mimetypes.guess_type(f"file.{ending}")[0]


def attachments_of(element: etree._Element | None, base: str) -> tuple[Media, ...]:
    """Return the files that are linked, played or embedded in or beside a body."""
    found: dict[str, Media] = {}
    for part in around(element):
        for node in part.iter(*HOLDER_ATTRIBUTES):
            href = node.get(HOLDER_ATTRIBUTES[node.tag]) or ""
            if not leads_to_file(href):
                continue
            url = loadable(base, href)
            if url and url not in found and len(found) < MAX_MEDIA:
                kind = media_type(file_of(url)) or "application/octet-stream"
                text = text_content(node) if node.tag == "a" else node.get("title") or ""
                found[url] = Media(url, kind, title=clean_line(text) or None)
    return tuple(found.values())
