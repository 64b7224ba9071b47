"""Links of our own pages, as they have to be where no server answers.

Pages are ours: their attributes stand in double quotes, and in their text ``<`` is escaped.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from html import escape, unescape

TAG = re.compile(r"<(?:a|form|img|link|script|source)\b[^>]*>")
ADDRESS = re.compile(r'(?<=\s)(action|href|src)="([^"]*)"')
SCHEME = re.compile(r"[a-zA-Z][a-zA-Z0-9+.-]*:|//")
PICTURE = re.compile(
    r'<a class="picture" href="([^"]*)"[^>]*><span>([^<]*)</span> <small>[^<]*</small></a>'
)
"""A link to a picture, as feeds.pages.releases.release_body writes it; its words are escaped."""

IMAGES = frozenset(("avif", "bmp", "gif", "jpeg", "jpg", "png", "webp"))
INDEX = "index.html"


def relinked(page: str, file_of: Callable[[str], str | None]) -> str:
    """A page whose links lead to files: those to folders, and those to what ``file_of`` knows.

    ``file_of`` gives for an absolute address a relative one, or None for what is no file here. A
    link to a picture that is a file here becomes the picture: no other site is asked for it.
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
    """A relative link that names the page of a folder, which a server would look for."""
    path, mark, rest = re.fullmatch(r"([^?#]*)([?#]?)(.*)", link, re.DOTALL).groups()  # type: ignore[union-attr]  # it matches any text
    last = path.rpartition("/")[2]
    if last in {".", ".."}:
        path += "/"
    elif last or not path:
        return link
    return f"{path}{INDEX}{mark}{rest}"


def absolute_links(page: str) -> Iterator[str]:
    """The absolute addresses that a page links or shows."""
    for tag in TAG.finditer(page):
        for _, link in ADDRESS.findall(tag[0]):
            if SCHEME.match(link):
                yield unescape(link)
