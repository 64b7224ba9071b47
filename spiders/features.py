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
from numpy.typing import NDArray

from spiders.hints import BIT
from spiders.metadata import Metadata
from spiders.survey import Frame, Survey
from spiders.phrases import letters, phrases, squash

Matrix = NDArray[np.float32]
Places = NDArray[np.int32]

LEVELS: Final = 3
"""How many enclosing elements are measured."""

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
    "foto photo image bild credit crédit fuente quelle source picture getty reuters by von par por "
    "di da av door autor author text".split()
)
LEAD_IN: Final = frozenset(
    "read see more lesen mehr lire leer lea leggi читайте also related watch video follow click "
    "siehe weiter voir ver meer lees les läs oku zobacz czytaj".split()
)
WORD: Final = re.compile(r"[^\W\d_]+")
STAMP = re.compile(r"\d{1,4}[./:-]\d{1,2}|\d{4}")
FAR: Final = 200.0
LONG_LINE: Final = 400


def block_features(seen: Survey, meta: Metadata) -> tuple[Matrix, Places]:
    """A matrix with one row per block and one column per name in NAMES; and the enclosing elements.

    The second has one row per block: the numbers of the LEVELS nearest elements that hold more than
    the block, counted from 0 as they are first met.
    """
    blocks = seen.blocks
    count = len(blocks)
    headline = {squash(text) for text in titles(meta)}
    headline.discard("")
    whole = "".join(headline)
    summary = squash(meta.meta("og:description", "description") or meta.text("description"))
    told = article_text(meta)
    rows: list[tuple[float, ...]] = []
    masks: list[tuple[int, ...]] = []
    frames: dict[int, int] = {}
    levels: list[tuple[int, ...]] = []
    sums: list[tuple[float, ...]] = []
    seen_texts: dict[str, int] = {}
    tails, shares = phrases("tails"), phrases("share")
    since_tail = FAR
    since_heading, level = FAR, 0
    since_title = -1.0
    for block in blocks:
        text = block.text
        size = len(text)
        frame = block.frame
        tag = frame.tag
        key = squash(text) if size < 300 else ""
        is_title = 2.0 if key in headline else 1.0 if size > 15 and key and key in whole else 0.0
        if is_title == 2.0 or (is_title and tag == "h1"):
            since_title = 0.0
        elif since_title >= 0:
            since_title += 1
        line = letters(text) if size < 60 else ""
        tail = line in tails
        since_tail = 0.0 if tail else since_tail + 1
        if tag[0] == "h" and len(tag) == 2 and tag != "hr":
            since_heading, level = 0.0, ord(tag[1]) - 48
        else:
            since_heading += 1
        lower = text.lower() if size < LONG_LINE else ""
        legal = any(part in lower for part in LEGAL)
        opening = WORD.match(text)
        word = opening[0].lower() if opening else ""
        repeated = seen_texts.get(text[:60], 0)
        seen_texts[text[:60]] = repeated + 1
        rows.append(
            (
                size,
                block.links,
                block.anchors,
                text.count(" "),
                punctuation(text),
                text[-1] in ".!?:»”\"'。！？؟।…",
                TAG_CODES.get(tag, 0),
                frame.depth,
                is_title,
                since_title,
                tail,
                since_tail,
                since_heading,
                level,
                size < 40 and line in shares,
                repeated,
                legal,
                word in CREDIT,
                word in LEAD_IN,
                STAMP.search(text) is not None if size < 100 else 0.0,
                told_before(summary, key or squash(text[:120])),
                witness(text, told),
                frame.blocks,
                text[0].islower(),
                frame.twins,
            )
        )
        outer: Frame | None = frame.outer
        chain = []
        mask = []
        for _ in range(LEVELS):
            if outer is None:
                outer = seen.top
            place = frames.get(id(outer))
            if place is None:
                place = frames[id(outer)] = len(sums)
                sums.append((outer.chars, outer.links, outer.blocks, outer.rich, outer.twins))
            chain.append(place)
            mask.append(outer.near or outer.hints)
            outer = outer.outer
        levels.append(tuple(chain))
        masks.append((block.hints | frame.near, mask[0], mask[1] | mask[2], frame.above))
    return _assemble(rows, levels, sums, masks, count)


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
    return squash(longest[:200_000]) if len(longest) > 300 else ""


def told_before(summary: str, key: str) -> float:
    """Whether a block begins as the page's description does (1), or is part of it (0.5)."""
    length = min(len(summary), len(key), 60)
    if length < 20:
        return 0.0
    return 1.0 if summary[:length] == key[:length] else 0.5 if key in summary else 0.0


def witness(text: str, told: str) -> float:
    """Whether the page's JSON-LD holds a block: 1 yes, -1 no, 0 unknown."""
    if not told:
        return 0.0
    key = squash(text)
    return 1.0 if len(key) > 2 and key[:80] in told and key[-40:] in told else -1.0


def punctuation(text: str) -> int:
    """The marks that running text has and menus lack."""
    count = text.count(", ") + text.count(". ")
    if not text.isascii():
        count += sum(map(text.count, "、。，،؛।๐។፣።"))
    return count


BASE: Final = (
    "size links anchors spaces marks ended tag depth is_title since_title tail since_tail "
    "since_heading level share repeated legal credit lead_in stamp summary witness siblings lower twins"
).split()
HINTS: Final = tuple(BIT)


def _names() -> tuple[str, ...]:
    names = [
        *BASE,
        "density",
        "word",
        "place",
        "before",
        "after",
        "page_chars",
        "page_rich",
        "page_density",
    ]
    for step in ("-1", "+1", "-2", "+2"):
        names += [f"size{step}", f"density{step}", f"tag{step}", f"same{step}", f"marks{step}"]
    for level in range(LEVELS):
        names += [
            f"{name}@{level}"
            for name in ("chars", "density", "blocks", "rich", "share", "mean", "own", "twins")
        ]
    names += ["run_rich", "run_links"]
    for scope in ("own", "outer", "further", "above"):
        names += [f"{hint}:{scope}" for hint in HINTS]
    return tuple(names)


NAMES: Final = _names()


def _assemble(
    rows: list[tuple[float, ...]],
    levels: list[tuple[int, ...]],
    sums: list[tuple[float, ...]],
    masks: list[tuple[int, ...]],
    count: int,
) -> tuple[Matrix, Places]:
    base = np.array(rows, dtype=np.float32).reshape(count, len(BASE))
    size, links, tag, marks = base[:, 0], base[:, 1], base[:, 6], base[:, 4]
    density = links / np.maximum(size, 1)
    rich = np.where((size > 80) & (density < 0.34), size, 0)
    total, total_rich = max(float(size.sum()), 1.0), max(float(rich.sum()), 1.0)
    cum = np.cumsum(rich) - rich
    columns = [
        base,
        np.stack(
            [
                density,
                size / (base[:, 3] + 1),
                np.arange(count, dtype=np.float32) / max(count, 1),
                cum / total_rich,
                (total_rich - cum - rich) / total_rich,
                np.full(count, total, dtype=np.float32),
                np.full(count, total_rich, dtype=np.float32),
                np.full(count, float(links.sum()) / total, dtype=np.float32),
            ],
            axis=1,
        ),
    ]
    chain = np.array(levels, dtype=np.int32).reshape(count, LEVELS)
    for step in (-1, 1, -2, 2):
        columns.append(
            np.stack(
                [
                    shift(size, step),
                    shift(density, step),
                    shift(tag, step),
                    shift(chain[:, 0].astype(np.float32) + 1, step) == chain[:, 0] + 1,
                    shift(marks, step),
                ],
                axis=1,
            )
        )
    table = np.array(sums, dtype=np.float32).reshape(-1, 5)
    for level in range(LEVELS):
        held = table[chain[:, level]]
        chars = np.maximum(held[:, 0], 1)
        columns.append(
            np.stack(
                [
                    chars,
                    held[:, 1] / chars,
                    held[:, 2],
                    held[:, 3],
                    held[:, 3] / total_rich,
                    chars / np.maximum(held[:, 2], 1),
                    size / chars,
                    held[:, 4],
                ],
                axis=1,
            )
        )
    window = np.convolve(rich, np.ones(9, dtype=np.float32), "same")[:count] if count >= 9 else rich
    linked = (
        np.convolve(links, np.ones(9, dtype=np.float32), "same")[:count] if count >= 9 else links
    )
    columns.append(np.stack([window, linked], axis=1))
    bits = np.array(masks, dtype=np.int64).reshape(count, 4)
    places = np.arange(len(HINTS), dtype=np.int64)
    columns.append(((bits[:, :, None] >> places) & 1).reshape(count, -1))
    return np.concatenate(columns, axis=1, dtype=np.float32), chain


def shift(column: Matrix, step: int) -> Matrix:
    """A column moved so that each row holds its neighbour's value; -1 where there is none."""
    moved = np.full_like(column, -1)
    if step > 0:
        moved[:-step] = column[step:]
    else:
        moved[-step:] = column[:step]
    return moved
