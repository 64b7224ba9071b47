"""Rules that decide whether contents differ significantly, and fingerprints of contents.

data.identity.decision applies these rules to visited pages, with exceptions such as changed
extraction rules.
"""

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import replace
from hashlib import blake2b
from itertools import chain
from typing import Final
from urllib.parse import urlsplit

import numpy as np
from lxml import etree

from data.models import Content, FileText
from data.text.urls import page_key
from data.text.words import Hashes, quantity_signs, tokens, word_hashes, words_and_signs

VERSIONED: Final = re.compile(
    r"[?&](?:v|ver|version|t|ts|time|timestamp|_|rev|hash|token|sig|signature|expires|width|w|h|"
    r"itok|cb|cache)=[^&]*",
    re.IGNORECASE,
)
"""Pattern for query parameters of a file's address that may change although the file is
the same."""

TOKEN: Final = re.compile(
    r";[^/?#]*"
    r"|[?&][^=&#?]*=(?:[^&#]{16,}|\d{9,}|(?=[^&#]*\d)(?=[^&#]*[A-Za-z])[^&#]{6,})(?=[&#]|$)"
)
"""Pattern for parts of an address that may be a session token: path parameters, and query
values that are long or mix letters and digits."""

FILE_EXTENSION: Final = re.compile(r"\.[A-Za-z0-9]{2,5}$")
DOCUMENT: Final = "document"
"""Name of the rule that compares releases that are files without extractable text."""

SINGLE_PAGE: Final = "page"
"""Prefix of the body rules of single pages. Their lines that consist of a link may be names in a
list."""

TEMPORARY_CUTS: Final = frozenset(("time", "memory", "damaged", "kind", "password", "scan"))
"""Reasons for missing text (`Cut`) that may be temporary."""

LINK_BLOCKS: Final = frozenset(["li", "p", "div", "td", "dd", "h2", "h3", "h4", "h5"])
BULLETS: Final = str.maketrans("", "", "-•*–")
PRINT_BYTES: Final = 16


def text_fingerprint(title: list[str], body: Hashes, files: frozenset[str]) -> bytes:
    """Return a 128-bit fingerprint of the significant parts of a release's content.

    ``title`` is a list of words, ``body`` contains hashes of words.
    """
    names = sorted(name.encode() for name in files)
    parts = (" ".join(title).encode(), body.tobytes(), *names)
    return blake2b(b"\x00".join(parts), digest_size=PRINT_BYTES).digest()


def fingerprint(content: Content) -> bytes:
    """Return the fingerprint of ``content``, as computed by `text_fingerprint`."""
    return text_fingerprint(
        tokens(content.title), word_hashes(content.body_text), files_of(content)
    )


EDIT_RULES: Final[Mapping[str, Callable[[Content, Content], bool]]] = {
    "title": lambda old, new: old.title != new.title and tokens(old.title) != tokens(new.title),
    "body": lambda old, new: old.body_text != new.body_text and not _same_body(old, new),
    "attachments": lambda old, new: (
        files_of(old) != files_of(new) or bool(replaced_files(old, new))
    ),
    "links": lambda old, new: bool(moved_links(old, new)),
}
"""For each part of a release, the rule that decides whether it changed significantly. Spaces and
punctuation are ignored, except signs before numbers, such as ≤. Version parameters in addresses of
files are ignored. Lines that consist of a single link are ignored (they are boxes with related
news, which rotate), except on single pages, where signs with a meaning count as well."""


def significant_changes(old: Content, new: Content) -> frozenset[str]:
    """Return the names of the parts that changed significantly (the keys of EDIT_RULES)."""
    return frozenset(part for part, has_changed in EDIT_RULES.items() if has_changed(old, new))


def ends_early(old: Content, new: Content) -> bool:
    """Return whether the new content is only the beginning of the old content.

    This happens if a page is truncated. The new text must be a prefix of the old text, whose last
    word may be cut. Attachments, which follow the text, may be missing, but none may be new.
    """
    before, after = tokens(old.body_text), tokens(new.body_text)
    files, left = files_of(old), files_of(new)
    if not after or len(after) > len(before) or not left <= files:
        return False
    *whole, last = after
    if whole != before[: len(whole)] or not before[len(whole)].startswith(last):
        return False
    return len(after) < len(before) or last != before[-1] or left != files


def files_of(content: Content) -> frozenset[str]:
    """Return the addresses of a release's attachments, without version parameters."""
    return frozenset(named_files(content))


def replaced_files(old: Content, new: Content) -> dict[str, tuple[str, str]]:
    """Map the addresses of replaced attachments to the old and the new digest."""
    before, after = dict(old.file_digests), dict(new.file_digests)
    return {
        url: (before[url], digest)
        for url, digest in after.items()
        if before.get(url, digest) != digest
    }


def with_file_digests(content: Content, *known: Iterable[tuple[str, str]]) -> Content:
    """Return ``content`` with the ``known`` digests of its attachments.

    If several digests are known for an attachment, the last one is used. A document that is itself
    the release gets no digest if its text was extracted, because the same file may be read at
    another time as an attachment of another page.
    """
    if content.body_rule == DOCUMENT and content.body_text:
        return replace(content, file_digests=())
    digests = dict(chain.from_iterable(known))
    found = {one.url: digests[one.url] for one in content.attachments if one.url in digests}
    return replace(content, file_digests=tuple(sorted(found.items())))


def is_text_replaced(before: FileText | None, after: FileText) -> bool:
    """Return whether an attachment was replaced by a file with a different text.

    Texts recognized from scans by different tools can't be compared.
    """
    return before is not None and before.pages != after.pages and before.tool == after.tool


def is_worse(before: FileText | None, after: FileText) -> bool:
    """Return whether a file's text must not replace an earlier text.

    The text must not be used if it is missing or incomplete because of a fault, such as an error
    page in place of the file.
    """
    return before is not None and bool(before.pages) and after.cut in TEMPORARY_CUTS


def named_files(content: Content) -> dict[str, str]:
    """Map the identity of each attachment to a readable description.

    If the release is itself a document, its length is part of the identity, because only the length
    reveals a replacement.
    """
    found = {}
    for media in content.attachments:
        has_document = content.body_rule == DOCUMENT and media.length is not None
        length = f" ({media.length:,} bytes)" if has_document else ""
        found[file_name(media.url) + length] = media.url + length
    return found


def file_name(url: str) -> str:
    """Return the address of a file without version parameters."""
    parts = urlsplit(url)
    if FILE_EXTENSION.search(parts.path):
        return page_key(parts._replace(query="", fragment="").geturl())
    query = VERSIONED.sub("", "?" + parts.query).lstrip("?&")
    return page_key(parts._replace(query=query).geturl())


def _same_body(old: Content, new: Content) -> bool:
    has_same_words = np.array_equal(word_hashes(old.body_text), word_hashes(new.body_text))
    if new.body_rule.startswith(SINGLE_PAGE):
        return has_same_words and words_and_signs(old.body_text) == words_and_signs(new.body_text)
    if has_same_words:
        return quantity_signs(old.body_text) == quantity_signs(new.body_text)
    links = _link_lines(old.body_html) | _link_lines(new.body_html)
    return bool(links) and _without(old.body_text, links) == _without(new.body_text, links)


def _without(text: str, links: frozenset[str]) -> list[str]:
    return tokens("\n".join(line for line in text.split("\n") if squeezed(line) not in links))


def _link_lines(html: str) -> frozenset[str]:
    """Return the texts of HTML blocks that consist of a single link."""
    return frozenset(text for _, text, is_alone in _links(html) if is_alone)


def moved_links(old: Content, new: Content) -> dict[str, tuple[str, str]]:
    """Map the text of each link that leads to another page to its old and new address.

    Three kinds of links are ignored: links to files, which are attachments; links that are the only
    text of their block, because boxes with related news rotate; and links with a text that is new
    or belongs to several addresses.
    """
    if old.body_html == new.body_html:
        return {}
    files = {media.url for one in (old, new) for media in one.attachments}
    before, after = (_linked_texts(one.body_html, files) for one in (old, new))
    return {
        text: (before[text], url)
        for text, url in after.items()
        if url and before.get(text) and _linked_page(before[text]) != _linked_page(url)
    }


def _linked_texts(html: str, without: Collection[str]) -> dict[str, str]:
    """Map the text of each link to its address, or to "" if several addresses have this text."""
    found: dict[str, str] = {}
    for url, text, is_alone in _links(html):
        if text and not is_alone and url not in without:
            found[text] = url if found.get(text, url) == url else ""
    return found


def _linked_page(url: str) -> str:
    """Return the canonical address of a linked page, without tokens."""
    return TOKEN.sub("", file_name(url))


def has_other_links(old: str, new: str, without: Collection[str]) -> bool:
    """Return whether the links in two texts lead to different pages, ignoring ``without``.

    A link that is the only text of its block may be in a box with related news, which rotates. It
    is compared only if both texts contain it once, with the same words.
    """
    before, after = (_linked_pages(html, without) for html in (old, new))
    return before[""] != after[""] or any(
        len(pages) == 1 == len(after[text]) and pages != after[text]
        for text, pages in before.items()
        if text in after
    )


def _linked_pages(html: str, without: Collection[str]) -> dict[str, set[str]]:
    """Return the addresses of links, grouped by the text of the link.

    Links that are not the only text of their block have the key "".
    """
    found: dict[str, set[str]] = {"": set()}
    for url, text, is_alone in _links(html):
        if url and url not in without:
            found.setdefault(text if is_alone else "", set()).add(file_name(url))
    return found


def _links(html: str) -> Iterator[tuple[str, str, bool]]:
    """Yield the address and the text of each link, and whether it is the only text of its block."""
    if "<a" not in html:
        return
    root = etree.fromstring(html, etree.HTMLParser())
    if root is None:
        return
    letters = _letters(root)
    for link in root.iter("a"):
        parent, text = link.getparent(), squeezed("".join(map(str, link.itertext())))
        is_alone = (
            bool(text)
            and parent is not None
            and parent.tag in LINK_BLOCKS
            and letters[parent] == letters[link]
            and squeezed("".join(map(str, parent.itertext()))) == text
        )
        yield str(link.get("href", "")), text, is_alone


def _letters(root: etree._Element) -> dict[etree._Element, int]:
    """Return the number of characters in each element, without spaces and bullets.

    The time is linear, even with nested blocks and many links.
    """
    counts: dict[etree._Element, int] = {}
    totals = [0]
    for event, node in etree.iterwalk(root, events=("start", "end")):
        if event == "start":
            totals.append(_letter_count(node.text if isinstance(node.tag, str) else None))
        else:
            counts[node] = totals.pop()
            totals[-1] += counts[node] + _letter_count(node.tail)
    return counts


def _letter_count(text: str | None) -> int:
    return len("".join(text.translate(BULLETS).split())) if text else 0


def squeezed(text: str) -> str:
    """Return a line with single spaces and without its bullet."""
    return " ".join(text.lstrip(" -•*–").split())
