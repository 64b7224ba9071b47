"""Comparing what releases say: fingerprints, and differences that readers would care about."""

from __future__ import annotations

import re
from hashlib import blake2b
from typing import Final
from urllib.parse import urlsplit

import numpy as np
from lxml import etree

from data.models import Content
from data.text.urls import page_key
from data.text.words import Hashes, tokens, word_hashes

VERSIONED: Final = re.compile(
    r"[?&](?:v|ver|version|t|ts|time|timestamp|_|rev|hash|token|sig|signature|expires|width|w|h|"
    r"itok|cb|cache)=[^&]*",
    re.IGNORECASE,
)
"""Parameters of a file's address that change while the file stays."""

FILE: Final = re.compile(r"\.[A-Za-z0-9]{2,5}$")
DOCUMENT: Final = "document"
"""The rule of a body where a file is the release, and has none that could be read."""

LINK_BLOCKS: Final = frozenset(["li", "p", "div", "td", "dd", "h2", "h3", "h4", "h5"])
BULLETS: Final = str.maketrans("", "", "-•*–")
PRINT_BYTES: Final = 16


def text_fingerprint(title: list[str], body: Hashes, files: frozenset[str]) -> bytes:
    """128 bits over all that readers would care about: equal if nothing differs.

    ``title`` are words, ``body`` the hashes of words.
    """
    names = sorted(name.encode() for name in files)
    parts = (" ".join(title).encode(), body.tobytes(), *names)
    return blake2b(b"\x00".join(parts), digest_size=PRINT_BYTES).digest()


def fingerprint(content: Content) -> bytes:
    """The fingerprint of a content; see `text_fingerprint`."""
    return text_fingerprint(
        tokens(content.title), word_hashes(content.body_text), files_of(content)
    )


def significant_changes(old: Content, new: Content) -> frozenset[str]:
    """The fields that changed in a way that readers would care about, or none.

    Of ``title``, ``body`` and ``attachments``. Lines that are nothing but a link (boxes of related
    news, which rotate) and the parameters of a file's address that only name its version don't
    count.
    """
    changed = set()
    if old.title != new.title and tokens(old.title) != tokens(new.title):
        changed.add("title")
    if old.body_text != new.body_text and not _same_body(old, new):
        changed.add("body")
    if files_of(old) != files_of(new):
        changed.add("attachments")
    return frozenset(changed)


def ends_early(old: Content, new: Content) -> bool:
    """Whether a new content shows only the beginning of the old one, as a cut page does.

    Its text is a prefix of the old text, in which the last word may be cut, too. It may lack
    attachments, which follow the text, and has no other ones.
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
    """What tells the attachments of a release apart: their addresses without versions."""
    return frozenset(named_files(content))


def named_files(content: Content) -> dict[str, str]:
    """The attachments of a release as people read of them, by what tells them apart.

    Of a document that is a release in itself nothing but its length tells that it was replaced.
    """
    found = {}
    for media in content.attachments:
        told = content.body_rule == DOCUMENT and media.length is not None
        length = f" ({media.length:,} bytes)" if told else ""
        found[file_name(media.url) + length] = media.url + length
    return found


def file_name(url: str) -> str:
    """What tells a file apart: its address without parameters that only name its version."""
    parts = urlsplit(url)
    if FILE.search(parts.path):
        return page_key(parts._replace(query="", fragment="").geturl())
    query = VERSIONED.sub("", "?" + parts.query).lstrip("?&")
    return page_key(parts._replace(query=query).geturl())


def _same_body(old: Content, new: Content) -> bool:
    if np.array_equal(word_hashes(old.body_text), word_hashes(new.body_text)):
        return True
    links = _link_lines(old.body_html) | _link_lines(new.body_html)
    return bool(links) and _without(old.body_text, links) == _without(new.body_text, links)


def _without(text: str, links: frozenset[str]) -> list[str]:
    return tokens("\n".join(line for line in text.split("\n") if squeezed(line) not in links))


def _link_lines(html: str) -> frozenset[str]:
    """The texts of blocks that contain one link and nothing else."""
    if "<a" not in html:
        return frozenset()
    root = etree.fromstring(html, etree.HTMLParser())
    if root is None:
        return frozenset()
    letters = _letters(root)
    found = set()
    for link in root.iter("a"):
        parent = link.getparent()
        if parent is None or parent.tag not in LINK_BLOCKS or letters[parent] != letters[link]:
            continue
        text = squeezed("".join(map(str, link.itertext())))
        if text and squeezed("".join(map(str, parent.itertext()))) == text:
            found.add(text)
    return frozenset(found)


def _letters(root: etree._Element) -> dict[etree._Element, int]:
    """The number of characters in each element, without spaces and bullets.

    Counting them once keeps blocks with many links, and blocks within blocks, linear.
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
    """A line with single spaces, without the bullet before it."""
    return " ".join(text.lstrip(" -•*–").split())
