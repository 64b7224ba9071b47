"""Compute numeric features of a page's text blocks, for the model that detects the body.

The features describe:

- the block itself: length, links, punctuation, tag, words in its classes
- its three nearest containers of different size: share of running text and links, words in their
  classes
- its neighbours, its position on the page, and its distance from the headline
- matches with the page's title, description and JSON-LD text
"""

import re
from bisect import bisect_right
from collections.abc import Sequence
from itertools import accumulate
from typing import Final

import numpy as np
from numpy.typing import NDArray

from spiders.body.layout_features import AT, BASE, BlockTable, ContainerColumns, Matrix, assemble
from spiders.body.text_blocks import BlockTree, TextBlock
from spiders.page.embedded_metadata import EmbeddedMetadata
from spiders.page.html_tree import LEVEL_OF
from spiders.page.phrases import comparison_key, lines, tail_lines

TAG_CODES: Final = {
    "p": 1, "li": 2, "h1": 3, "h2": 4, "h3": 5, "h4": 5, "h5": 6, "h6": 6, "td": 7, "th": 7,
    "blockquote": 8, "pre": 9, "figcaption": 10, "dd": 11, "dt": 11, "section": 12, "article": 13,
    "div": 14, "label": 15, "button": 15, "form": 15, "ul": 16, "address": 17, "header": 18,
    "footer": 19, "aside": 20,
}  # fmt: skip
LEGAL_TERMS: Final = (
    "©", "copyright", "all rights", "cookie", "newsletter", "subscri", "sign up", "javascript",
    "log in", "login", "alle rechte", "datenschutz", "abonn", "anmelden", "registr", "suscr",
    "inscri", "derechos", "droits", "права защищены", "prawa", "advertis", "anzeige", "werbung",
    "publicid",
)  # fmt: skip
CREDIT_WORDS: Final = frozenset(
    "foto photo image bild credit crédit fuente quelle source picture getty reuters by von par por "  # noqa: SIM905 - words read better in a row
    "di da av door autor author text".split()
)
LEAD_IN_WORDS: Final = frozenset(
    "read see more lesen mehr lire leer lea leggi читайте also related watch video follow click "  # noqa: SIM905 - words read better in a row
    "siehe weiter voir ver meer lees les läs oku zobacz czytaj".split()
)
WORD: Final = re.compile(r"[^\W\d_]+")
EDGE_CHARACTERS: Final = " .,:;!?…»«›‹→←|-–—•·()[]/\\\"'0123456789"
UNSPACED_PUNCTUATION: Final = "、。，،؛।๐។፣"
SENTENCE_END_CHARACTERS: Final = frozenset(".!?:»”\"'。！？؟।…")
KNOWN_WORD_STARTS: Final = frozenset(word[:2] for word in CREDIT_WORDS | LEAD_IN_WORDS)
MIN_COMMON_START, MIN_KEY = 20, 3
"""Limits for comparing a block with metadata, in characters.

- ``MIN_COMMON_START``: minimum length of a common beginning of block and page description
- ``MIN_KEY``: minimum length of a block that is searched for in the JSON-LD text"""

MAX_TITLE, MIN_TITLE_PART, MAX_BUTTON, MAX_DATE_LINE = 300, 15, 60, 100
"""Length limits, in characters.

- ``MAX_TITLE``: maximum length of a title, and minimum length of an article body in JSON-LD
- ``MIN_TITLE_PART``: minimum length of a block that counts as a part of the title
- ``MAX_BUTTON``: maximum length of a button such as "Share", or of a line that introduces other
  content
- ``MAX_DATE_LINE``: maximum length of a date line"""

DATE_OR_TIME: Final = re.compile(r"\d(?:\d{0,3}[./:-]\d{1,2}|\d{3})")
DIGIT: Final = re.compile("[0-9]")
ABSENT_DISTANCE: Final = 200
"""Distance in blocks that is assumed if no heading, title or introducing line precedes a block."""

MAX_COMPARED_LENGTH: Final = 400

MAX_SIZE, MAX_SPACES = 3000, 500
"""Maximum values of the features for a block's length (in characters) and number of spaces.

The training data has too few larger blocks to learn from.
"""

MAX_UNSPACED, UNSPACED_RATIO, LETTERS_PER_WORD = 12, 12, 3
"""Limits for texts in writing systems without spaces.

- ``MAX_UNSPACED``: maximum length of a block without spaces in any script, in characters
- ``UNSPACED_RATIO``: minimum number of characters per space in a script without spaces
- ``LETTERS_PER_WORD``: number of characters that count as one word in such a script"""


def block_features(seen: BlockTree, meta: EmbeddedMetadata) -> BlockTable:
    """Compute the features of a page's blocks, and of the containers around the blocks."""
    blocks = seen.blocks
    base = np.zeros((len(BASE), len(blocks)), dtype=np.float32)
    texts = [block.text for block in blocks]
    lows = [text.casefold() for text in texts]
    levels = [LEVEL_OF.get(block.container.tag, 0) for block in blocks]
    _counted(base, blocks)
    _written(base, texts, lows)
    _said(base, lows, levels, meta)
    _known(base, texts, lows)
    _set_repeated(base, texts, lows, meta)
    containers = ContainerColumns.of(seen.containers)
    holders = np.array([block.container.index for block in blocks], dtype=np.intp)
    hints = np.array([block.hints for block in blocks], dtype=np.int64)
    return BlockTable(*assemble(base, containers, holders, hints), containers.spans)


def _counted(base: Matrix, blocks: Sequence[TextBlock]) -> None:
    """Fill in the features that were counted while the page was split into blocks."""
    sizes = [len(block.text) for block in blocks]
    np.minimum(sizes, MAX_SIZE, out=base[AT["size"]], casting="unsafe")
    base[AT["links"]] = [block.links for block in blocks]
    base[AT["anchors"]] = [block.anchors for block in blocks]
    base[AT["tag"]] = [TAG_CODES.get(block.container.tag, 0) for block in blocks]
    base[AT["depth"]] = [block.container.depth for block in blocks]
    base[AT["siblings"]] = [block.container.blocks for block in blocks]
    base[AT["twins"]] = [block.container.twins for block in blocks]


def _written(base: Matrix, texts: Sequence[str], lows: Sequence[str]) -> None:
    """Fill in the features that depend on the characters of a block.

    They count spaces and punctuation, and flag sentence endings, dates and legal terms.
    """
    base[AT["spaces"]] = _spaces(base[AT["size"]], texts)
    marks = [text.count(", ") + text.count(". ") for text in texts]
    joined = "" if all(map(str.isascii, texts)) else "\n".join(texts)
    for mark in filter(joined.__contains__, UNSPACED_PUNCTUATION):
        marks = [count + text.count(mark) for count, text in zip(marks, texts, strict=True)]
    base[AT["marks"]] = marks
    base[AT["ended"]] = [text[-1] in SENTENCE_END_CHARACTERS for text in texts]
    base[AT["lower"]] = [text[0].islower() for text in texts]
    base[AT["stamp"]] = [
        len(text) < MAX_DATE_LINE and bool(DIGIT.search(text)) and bool(DATE_OR_TIME.search(text))
        for text in texts
    ]
    short = [low if len(low) < MAX_COMPARED_LENGTH else "" for low in lows]
    starts = [0, *accumulate(len(low) + 1 for low in short)]
    line = "\n".join(short)
    for part in LEGAL_TERMS:
        place = line.find(part)
        while place >= 0:
            block = bisect_right(starts, place) - 1
            base[AT["legal"], block] = 1
            place = line.find(part, starts[block + 1])


def _spaces(size: Matrix, texts: Sequence[str]) -> Matrix:
    """Return the number of spaces in each block.

    In scripts without spaces (Chinese, Thai …), the number is estimated.
    """
    counts = np.array([text.count(" ") for text in texts], dtype=np.float32)
    spaces = np.minimum(counts, np.float32(MAX_SPACES))
    for place in np.flatnonzero((size > MAX_UNSPACED) & (spaces * UNSPACED_RATIO < size)).tolist():
        if not texts[place].isascii():
            spaces[place] = size[place] // LETTERS_PER_WORD
    return spaces


def _said(base: Matrix, lows: Sequence[str], levels: Sequence[int], meta: EmbeddedMetadata) -> None:
    """Fill in the features about headings and the title, and the blocks' distances from both."""
    titles = (meta.text("headline"), meta.meta("og:title", "twitter:title"), meta.title)
    headline = {text.casefold() for text in titles if text}
    squashed = {comparison_key(text) for text in headline} - {""}
    whole = "\n".join(headline)
    heads = []
    for place, low in enumerate(lows):
        size = len(low)
        if size >= MAX_TITLE:
            continue
        level = levels[place]
        if low in headline or (level and comparison_key(low) in squashed):
            base[AT["is_title"], place] = 2
            heads.append(place)
        elif size > MIN_TITLE_PART and low in whole:
            base[AT["is_title"], place] = 1
            if level == 1:
                heads.append(place)
    headings = [place for place, level in enumerate(levels) if level]
    for place in headings:
        base[AT["level"], place:] = levels[place]
    base[AT["since_heading"]] = since(headings, len(lows))
    base[AT["since_title"]] = since(heads, len(lows))
    base[AT["since_title"], : heads[0] if heads else None] = -1


def _known(base: Matrix, texts: Sequence[str], lows: Sequence[str]) -> None:
    """Fill in the features about known phrases, and about beginnings shared by several blocks."""
    tails, shares = tail_lines(), lines("share")
    starts: dict[str, int] = {}
    ends = []
    for place, low in enumerate(lows):
        if len(low) < MAX_BUTTON:
            line = low.strip(EDGE_CHARACTERS)
            if line in tails:
                ends.append(place)
            if line in shares:
                base[AT["share"], place] = 1
        if low[:2] in KNOWN_WORD_STARTS and (opening := WORD.match(low)):
            base[AT["credit"], place] = opening[0] in CREDIT_WORDS
            base[AT["lead_in"], place] = opening[0] in LEAD_IN_WORDS
        start = texts[place][:60]
        repeated = starts.get(start, 0)
        if repeated:
            base[AT["repeated"], place] = repeated
        starts[start] = repeated + 1
    base[AT["tail"], ends] = 1
    base[AT["since_tail"]] = since(ends, len(lows))


def _set_repeated(
    base: Matrix, texts: Sequence[str], lows: Sequence[str], meta: EmbeddedMetadata
) -> None:
    """Fill in the features about blocks whose text is also in the page's description or JSON-LD."""
    summary = (meta.meta("og:description", "description") or meta.text("description")).casefold()
    summary = " ".join(summary.split())
    if len(summary) >= MIN_COMMON_START:
        for place, low in enumerate(lows):
            if len(low) >= MIN_COMMON_START and low[:MIN_COMMON_START] in summary:
                # 1 for the same beginning, and 0.5 for a block inside the description.
                length = min(len(summary), len(low), 60)
                is_start = summary[:length] == low[:length]
                base[AT["summary"], place] = 1 if is_start else 0.5 if low in summary else 0
    if article := article_text(meta):
        base[AT["in_json_ld"]] = [in_json_ld(text, article) for text in texts]


def since(places: Sequence[int], count: int) -> NDArray[np.intp]:
    """Return the distance of each of ``count`` blocks from the nearest position at or before it.

    ``places`` contains the positions, such as those of headings. If none precedes a block, the
    distance is counted from ABSENT_DISTANCE + 1 blocks before the page.
    """
    last = np.full(count, -ABSENT_DISTANCE - 1)
    last[[*places]] = places
    return np.arange(count) - np.maximum.accumulate(last)


def article_text(meta: EmbeddedMetadata) -> str:
    """Return the letters and digits of the longest JSON-LD article body, or an empty string."""
    longest = ""
    for node in meta.nodes:
        text = node.get("articleBody")
        if isinstance(text, str) and len(text) > len(longest):
            longest = text
    return comparison_key(longest[:200_000]) if len(longest) > MAX_TITLE else ""


def in_json_ld(text: str, article: str) -> float:
    """Return 1 if a page's JSON-LD article body contains the text of a block, else -1."""
    key = comparison_key(text)
    return 1.0 if len(key) >= MIN_KEY and key[:80] in article and key[-40:] in article else -1.0
