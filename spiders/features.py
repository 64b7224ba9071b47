"""The blocks of a page as rows of numbers, for the model that tells the body from the rest.

What is measured: the block itself (length, links, punctuation, tag, words of its classes), the
three nearest elements that hold more than it (how much running text and how many links they hold,
what they call themselves), its neighbours, its place on the page and after the headline, and
witnesses: the page's own title, description and JSON-LD text.
"""

from __future__ import annotations

import re
from typing import Final

import numpy as np

from spiders.columns import BASE, FrameColumns, Matrix, Places, assemble
from spiders.frames import Survey
from spiders.metadata import Metadata
from spiders.phrases import lines, squash

TAG_CODES: Final = {
    "p": 1, "li": 2, "h1": 3, "h2": 4, "h3": 5, "h4": 5, "h5": 6, "h6": 6, "td": 7, "th": 7,
    "blockquote": 8, "pre": 9, "figcaption": 10, "dd": 11, "dt": 11, "section": 12, "article": 13,
    "div": 14, "label": 15, "button": 15, "form": 15, "ul": 16, "address": 17, "header": 18,
    "footer": 19, "aside": 20,
}  # fmt: skip
LEGAL: Final = (
    "©", "copyright", "all rights", "cookie", "newsletter", "subscri", "sign up", "javascript",
    "log in", "login", "alle rechte", "datenschutz", "abonn", "anmelden", "registr", "suscr",
    "inscri", "derechos", "droits", "права защищены", "prawa", "advertis", "anzeige", "werbung",
    "publicid",
)  # fmt: skip
CREDIT: Final = frozenset(
    "foto photo image bild credit crédit fuente quelle source picture getty reuters by von par por "  # noqa: SIM905 - words read better in a row
    "di da av door autor author text".split()
)
LEAD_IN: Final = frozenset(
    "read see more lesen mehr lire leer lea leggi читайте also related watch video follow click "  # noqa: SIM905 - words read better in a row
    "siehe weiter voir ver meer lees les läs oku zobacz czytaj".split()
)
WORD: Final = re.compile(r"[^\W\d_]+")
LEVEL_OF: Final = {f"h{level}": level for level in range(1, 7)}
AROUND: Final = " .,:;!?…»«›‹→←|-–—•·()[]/\\\"'0123456789"
MARKS: Final = np.array([ord(char) for char in "、。，،؛।๐។፣"], dtype=np.uint32)
ENDS: Final = np.array([ord(char) for char in ".!?:»”\"'。！？؟।…"], dtype=np.uint32)
SAME_START, SHORTEST = 20, 3
"""Characters that two texts share at the least to be one, and those that a text must have."""

TITLE_LINE, SHORT_TITLE, LINE, STAMP_LINE = 300, 15, 60, 100
"""Characters up to which, or from which, a block is looked at for each."""
STAMP = re.compile(r"\d{1,4}[./:-]\d{1,2}|\d{4}")
FAR: Final = 200.0

LONG_LINE: Final = 400


def block_features(seen: Survey, meta: Metadata) -> tuple[Matrix, Places]:
    """A matrix with one row per block and one column per name in NAMES; and the enclosing elements.

    The second has one row per block: the numbers of the LEVELS nearest frames that hold more than
    the block.
    """
    blocks = seen.blocks
    base = np.array(_rows(seen, meta), dtype=np.float32).reshape(len(blocks), len(BASE))
    written = _written([block.text for block in blocks])
    for name, column in written.items():
        base[:, BASE.index(name)] = column
    holders = np.array([block.frame.index for block in blocks], dtype=np.int32)
    hints = np.array([block.hints for block in blocks], dtype=np.int64)
    return assemble(base, FrameColumns.of(seen.frames), holders, hints)


def _rows(seen: Survey, meta: Metadata) -> list[tuple[float, ...]]:
    """What each block says that is not counted in letters; 0 where ``_written`` fills it in."""
    headline = {text.casefold() for text in titles(meta) if text}
    squashed = {squash(text) for text in headline} - {""}
    whole = "\n".join(headline)
    summary = (meta.meta("og:description", "description") or meta.text("description")).casefold()
    summary = " ".join(summary.split())
    told = article_text(meta)
    tails, shares = lines("tails"), lines("share")
    starts: dict[str, int] = {}
    since_tail, since_heading, since_title, level = FAR, FAR, -1.0, 0
    rows: list[tuple[float, ...]] = []
    for block in seen.blocks:
        text = block.text
        size = len(text)
        frame = block.frame
        tag = frame.tag
        code = TAG_CODES.get(tag, 0)
        low = text.casefold()
        heading = LEVEL_OF.get(tag, 0)
        is_title = 0.0
        if size < TITLE_LINE:
            if low in headline or (heading and squash(low) in squashed):
                is_title = 2.0
            elif size > SHORT_TITLE and low in whole:
                is_title = 1.0
        if is_title == 2.0 or (is_title and heading == 1):  # noqa: PLR2004 - the whole title
            since_title = 0.0
        elif since_title >= 0:
            since_title += 1
        line = low.strip(AROUND) if size < LINE else ""
        tail = line in tails
        since_tail = 0.0 if tail else since_tail + 1
        if heading:
            since_heading, level = 0.0, heading
        else:
            since_heading += 1
        opening = WORD.match(low)
        word = opening[0] if opening else ""
        start = text[:60]
        repeated = starts.get(start, 0)
        starts[start] = repeated + 1
        rows.append(
            (
                size, block.links, block.anchors, 0.0, 0.0, 0.0, code, frame.depth, is_title,
                since_title, tail, since_tail, since_heading, level, line in shares, repeated, 0.0,
                word in CREDIT, word in LEAD_IN, 0.0, told_before(summary, low),
                witness(text, told) if told else 0.0, frame.blocks, text[0].islower(), frame.twins,
            )
        )  # fmt: skip
    return rows


def _written(texts: list[str]) -> dict[str, Matrix]:
    """What is counted in the letters of all blocks at once: spaces, marks, endings, known words."""
    joined = "\n".join(texts)
    codes = np.frombuffer(joined.encode("utf-32-le", "replace"), dtype=np.uint32)
    sizes = np.array([len(text) for text in texts], dtype=np.int64)
    starts = np.concatenate([[0], np.cumsum(sizes + 1)[:-1]])
    space = codes == 32  # noqa: PLR2004 - U+0020
    marks = np.zeros(len(codes), dtype=bool)
    marks[:-1] = ((codes[:-1] == 44) | (codes[:-1] == 46)) & space[1:]  # noqa: PLR2004 - comma, stop
    if not joined.isascii():
        marks |= np.isin(codes, MARKS)
    low = joined.replace("İ", "I").lower()
    legal = np.zeros(len(texts), dtype=np.float32)
    for part in LEGAL:
        place = low.find(part)
        while place >= 0:
            legal[np.searchsorted(starts, place, "right") - 1] = 1.0
            place = low.find(part, place + 1)
    legal[sizes >= LONG_LINE] = 0.0
    stamp = np.zeros(len(texts), dtype=np.float32)
    digits = np.add.reduceat((codes >= 48) & (codes <= 57), starts, dtype=np.int32)  # noqa: PLR2004
    for place in np.flatnonzero((digits > 0) & (sizes < STAMP_LINE)).tolist():
        stamp[place] = STAMP.search(texts[place]) is not None
    return {
        "spaces": np.add.reduceat(space, starts, dtype=np.int32),
        "marks": np.add.reduceat(marks, starts, dtype=np.int32),
        "ended": np.isin(codes[starts + sizes - 1], ENDS),
        "legal": legal,
        "stamp": stamp,
    }


def titles(meta: Metadata) -> list[str]:
    """What a page calls itself."""
    return [meta.text("headline"), meta.meta("og:title", "twitter:title"), meta.title]


def article_text(meta: Metadata) -> str:
    """The text of the article that JSON-LD gives, squashed; empty where it gives none."""
    longest = ""
    for node in meta.nodes:
        text = node.get("articleBody")
        if isinstance(text, str) and len(text) > len(longest):
            longest = text
    return squash(longest[:200_000]) if len(longest) > TITLE_LINE else ""


def told_before(summary: str, key: str) -> float:
    """Whether a block begins as the page's description does (1), or is part of it (0.5)."""
    length = min(len(summary), len(key), 60)
    if length < SAME_START:
        return 0.0
    return 1.0 if summary[:length] == key[:length] else 0.5 if key in summary else 0.0


def witness(text: str, told: str) -> float:
    """Whether the page's JSON-LD holds a block: 1 yes, -1 no, 0 unknown."""
    if not told:
        return 0.0
    key = squash(text)
    return 1.0 if len(key) >= SHORTEST and key[:80] in told and key[-40:] in told else -1.0
