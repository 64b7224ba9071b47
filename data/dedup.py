"""Comparing what releases say: fingerprints, differences, similarity of texts.

Everything here looks at normalized tokens, so that white space, case, punctuation and the numbers
that count visitors never make a difference.
"""

from __future__ import annotations

import hashlib
import re
from urllib.parse import urlsplit

from data.models import Content

WORD = re.compile(r"\w+")

UNSPACED = re.compile(r"[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff]")
"""Letters of scripts that write words without spaces between (Thai, Lao, Khmer, Chinese …)."""

COUNTER = re.compile(
    r"^\W*(views?|visits?( today)?|hits|reads?|downloads?|shares|comments|aufrufe|gelesen|"
    r"vues|lectures|vistas|visitas|visualizações|просмотр\w*|прочитано|переглядів|okunma|"
    r"görüntülenme|baxış\w*|oxunub|المشاهدات|عدد المشاهدات|بازدید|צפיות|"
    r"阅读|浏览\w*|閲覧数|조회수?)"
    r"\W*\d[\d.,\s]*\W*$|^\W*\d[\d.,\s]*\W*(views?|visits?|hits|reads|shares|comments|aufrufe|vues|"
    r"vistas|просмотр\w*|baxış|okunma|görüntülenme)\W*$",
    re.IGNORECASE,
)
"""A whole line that counts visitors, in the forms that press rooms use."""

SEGMENT = re.compile(r"\n|\s[|·•]\s")
"""Parts lines, and a line of small print into its pieces."""

SHINGLE = 3
"""Words in a shingle: short enough for one-paragraph notices."""


def tokens(text: str) -> list[str]:
    """The words of a text, case folded, without lines that only count visitors.

    In scripts without spaces each letter is a word.
    """
    pieces = SEGMENT.split(text)
    kept = "\n".join(piece for piece in pieces if not COUNTER.match(piece))
    words = WORD.findall(kept.casefold())
    if not UNSPACED.search(kept):
        return words
    return [piece for word in words for piece in (word if UNSPACED.search(word) else (word,))]


def fingerprint(content: Content) -> str:
    """128 bits, in hex, over all that readers would care about: equal if nothing differs."""
    parts = (
        " ".join(tokens(content.title)),
        " ".join(tokens(content.body_text)),
        *sorted(_files(content)),
    )
    return hashlib.blake2b("\x00".join(parts).encode(), digest_size=16).hexdigest()


def differences(old: Content, new: Content) -> frozenset[str]:
    """The fields that changed in a way that readers would care about, or none.

    Of ``title``, ``body`` and ``attachments``; the query strings of files don't count.
    """
    changed = set()
    if tokens(old.title) != tokens(new.title):
        changed.add("title")
    if old.body_text != new.body_text and tokens(old.body_text) != tokens(new.body_text):
        changed.add("body")
    if _files(old) != _files(new):
        changed.add("attachments")
    return frozenset(changed)


def shingles(text: str) -> frozenset[str]:
    """The set of all runs of three words; a shorter text is one shingle, an empty one none."""
    words = tokens(text)
    if len(words) < SHINGLE:
        return frozenset([" ".join(words)]) if words else frozenset()
    return frozenset(map(" ".join, zip(words, words[1:], words[2:], strict=False)))


def jaccard(left: frozenset[str], right: frozenset[str]) -> float:
    """Shared shingles over all shingles, 0 to 1; two empty sets have nothing in common."""
    either = len(left | right)
    return len(left & right) / either if either else 0.0


def containment(inner: frozenset[str], outer: frozenset[str]) -> float:
    """The part of ``inner`` that stands in ``outer`` as well, 0 to 1."""
    return len(inner & outer) / len(inner) if inner else 0.0


def _files(content: Content) -> frozenset[str]:
    return frozenset(
        urlsplit(media.url)._replace(query="", fragment="").geturl()
        for media in content.attachments
    )
