"""Rewriting links in our pages, so that they work without a server.

Our templates wrote these pages: attributes are in double quotes, and ``<`` in text is escaped.
"""

import re
from collections.abc import Callable, Iterator
from html import escape, unescape

TAG = re.compile(r"<(?:a|form|img|link|script|source)\b[^>]*>")
ADDRESS = re.compile(r'(?<=\s)(action|href|src)="([^"]*)"')
SCHEME = re.compile(r"[a-zA-Z][a-zA-Z0-9+.-]*:|//")
PICTURE = re.compile(
    r'<a class="picture" href="([^"]*)"[^>]*><span>([^<]*)</span> <small>[^<]*</small></a>'
)
"""Pattern that matches a link to an image, as feeds.pages.releases.release_body writes it."""

IMAGES = frozenset(("avif", "bmp", "gif", "jpeg", "jpg", "png", "webp"))
INDEX = "index.html"


def relinked(page: str, file_of: Callable[[str], str | None]) -> str:
    """Return a page whose links lead to files of the offline copy.

    Links to folders get ``index.html``. ``file_of`` returns the relative link for an absolute URL,
    or None if the copy has no file for the URL. A link to a copied image becomes the image itself.
    """

    def picture(found: re.Match[str]) -> str:
        file = file_of(unescape(found[1]))
        if file is None or file.rpartition(".")[2] not in IMAGES:
            return found[0]
        return f'<img src="{escape(file)}" alt="{found[2]}">'

    def address(found: re.Match[str]) -> str:
        name, old = found[1], unescape(found[2])
        new = (file_of(old) or old) if SCHEME.match(old) else with_index(old)
        return found[0] if new == old else f'{name}="{escape(new)}"'

    return TAG.sub(lambda tag: ADDRESS.sub(address, tag[0]), PICTURE.sub(picture, page))


def with_index(link: str) -> str:
    """Add ``index.html`` to a relative link to a folder. Other links are unchanged."""
    path, mark, rest = re.fullmatch(r"([^?#]*)([?#]?)(.*)", link, re.DOTALL).groups()  # type: ignore[union-attr]  # the pattern matches any text
    last = path.rpartition("/")[2]
    if last in {".", ".."}:
        path += "/"
    elif last or not path:
        return link
    return f"{path}{INDEX}{mark}{rest}"


def absolute_links(page: str) -> Iterator[str]:
    """Yield the absolute URLs of a page's links and images."""
    for tag in TAG.finditer(page):
        for _, link in ADDRESS.findall(tag[0]):
            if SCHEME.match(link):
                yield unescape(link)
