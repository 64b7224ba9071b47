"""Which text of a record is its title.

Decided for all records together: what stands in one kind of place in most of them, differs from one
to the next and reads like a title.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from functools import lru_cache
from itertools import chain

from lxml import etree

from spiders.listing.rows.flat_page import TextMark
from spiders.listing.rows.records import Record

GENERIC = re.compile(
    r"\W*(?:read|learn|view|see|show|find out|full|more|continue|click|download|details?|open|here|"
    r"pdf|html?|docx?|link|watch|listen|print|share|overview|summary|agenda|minutes|weiterlesen|"
    r"mehr|lire|leer|leia|подробнее|читать|далее|devam|ətraflı|اقرأ|المزيد|阅读|詳細|更多|자세히)"
    r"\b.{0,24}",
    re.IGNORECASE,
)
"""What a link says that leads on from a title, instead of the title."""

HEADINGS = frozenset(("h1", "h2", "h3", "h4", "h5", "h6", "dt"))

MAX_CACHED_TEXTS = 4_096
"""Maximum number of texts whose words are cached."""

_TITLE_CLASS = re.compile(r"title|headline|heading|caption|subject", re.IGNORECASE)
# Signs that follow letters are no letters to Python: those of Hebrew, Arabic and India.
_WORDS = re.compile(r"[^\W\d_](?:[^\W\d_]|[\u0300-\u036f\u0591-\u05c7\u0610-\u065f\u0900-\u0dff])+")
_UNSPACED = re.compile(r"[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff]{2,}")
_FILE = re.compile(r"\S{1,200}\.\w{2,4}")
_LONG = 200
_ENOUGH_WORDS = 4
_SENTENCE_WORDS = 9
_LABEL = 24
_OFTEN = 0.5
_NEARLY_ALL = 0.9
_FEW = 4
_POOR = 0.4
_HEADING_ABOVE = 4
_MOST, _LEFT = 0.75, 2
_BETWEEN = " \t-–—:|·•,;.()[]/>»"


class Titles:
    """What stands in each kind of place in the records of a block, and how like titles it is."""

    def __init__(self, records: list[Record]) -> None:
        self._size = len(records)
        self._scores = self._learn(record.undated for record in records)
        self._leads = self._learn(record.lead for record in records)

    def score(self, text: TextMark) -> float:
        """How good a title what stands in the place of ``text`` makes."""
        return self._scores.get(text.sign, 0.0)

    def best(self, record: Record) -> str | None:
        """The title of a record: in it, or in a row of its own right above; None where none is."""
        inner = max(record.undated, key=self.score, default=None)
        score = self.score(inner) if inner else 0.0
        if score < _POOR:
            lead = max(record.lead, key=self._lead_score, default=None)
            if lead and self._lead_score(lead) > max(score, _POOR):
                return lead.text
        return inner.text if inner and score > 0 else None

    def _lead_score(self, text: TextMark) -> float:
        return self._leads.get(text.sign, 0.0)

    def _learn(self, texts_of_records: Iterable[list[TextMark]]) -> dict[int, float]:
        """The scores of the kinds of places, from the first text in each of every record."""
        found: dict[int, list[tuple[int, TextMark]]] = defaultdict(list)
        labelled: Counter[int] = Counter()
        for texts in texts_of_records:
            seen: set[int] = set()
            for order, text in enumerate(texts):
                if text.sign not in seen:
                    seen.add(text.sign)
                    found[text.sign].append((order, text))
                    labelled[text.sign] += bool(order and texts[order - 1].text.endswith(":"))
        return {sign: self._rate(placed, labelled[sign]) for sign, placed in found.items()}

    def _rate(self, placed: list[tuple[int, TextMark]], labelled: int) -> float:
        parent = placed[0][1].parent
        texts = [text.text for _, text in placed]
        half = len(texts) / 2
        score = title_likeness(texts)
        score += 0.5 * in_heading(parent)
        score += 0.4 * bool(_TITLE_CLASS.search(parent.get("class") or ""))
        score += 0.15 * (parent.tag in {"b", "strong"})
        score *= 0.3 if sum(map(len, texts)) / len(texts) > _LONG else 1.0
        score *= 0.6 if sum(map(_is_sentence, texts)) > half else 1.0
        score *= 0.2 if sum(text.endswith(":") for text in texts) > half else 1.0
        score *= 0.5 if labelled > half else 1.0
        order = sum(order for order, _ in placed) / len(placed)
        return len(texts) / self._size * score / (1 + 0.1 * order)


def title_likeness(texts: Iterable[str]) -> float:
    """How much texts look like titles, 0 to 1: several words, and not the same each time.

    Words that nearly all share ("opens in a new window") say nothing.
    """
    texts = list(texts)
    if not texts:
        return 0.0
    words = [_telling_words(text) for text in texts]
    common = _common_words(words)
    value = 0.0
    for text, each in zip(texts, words, strict=True):
        likely = min(1.0, len(each - common) / _ENOUGH_WORDS)
        value += likely * (0.6 if _is_sentence(text) else 1.0)
    if len(texts) == 1:
        return value
    commonest = Counter(texts).most_common(1)[0][1]
    repeated = (commonest - 1) / (len(texts) - 1)
    labels = Counter(text.partition(":")[0] for text in texts if ":" in text[:_LABEL])
    labelled = labels.most_common(1)[0][1] / len(texts) if labels else 0.0
    return value / len(texts) * (1 - repeated) * (0.4 if labelled >= _OFTEN else 1.0)


def _common_words(words: Sequence[frozenset[str]]) -> frozenset[str]:
    """The words that nearly all of some texts share; none of a few texts."""
    if len(words) < _FEW:
        return frozenset()
    shares = Counter(chain.from_iterable(words))
    enough = max(_FEW, _NEARLY_ALL * len(words))
    return frozenset(word for word, count in shares.items() if count >= enough)


def lead_of(titles: Sequence[str], said: Iterable[Iterable[str]]) -> str:
    """What stands in front of most of these titles and leads on to them, as "Read more: " does.

    ``said`` is what else may be the title of each. Empty where nothing leads on.
    """
    leads = Counter(lead_in(title, texts) for title, texts in zip(titles, said, strict=True))
    lead, count = max(leads.items(), key=lambda pair: pair[1], default=("", 0))
    return lead if count >= _OFTEN * len(titles) else ""


def lead_in(title: str, said: Iterable[str]) -> str:
    """What a title has in front of the longest other text that it ends with."""
    ends = (text for text in said if text and text != title and title.endswith(text))
    return title.removesuffix(max(ends, key=len, default=title))


def undated_titles(titles: Sequence[str], dates: Sequence[str]) -> list[str]:
    """Titles without the dates that they begin or end with, where most do and stay apart.

    ``dates`` are the items' dates as they are written, empty where one has none.
    """
    bare = [without_date(title, date) for title, date in zip(titles, dates, strict=True)]
    mended = [one for one, title in zip(bare, titles, strict=True) if one != title]
    apart = len(set(bare)) == len(set(titles)) and len(set(mended)) == len(mended) > 1
    return bare if apart and len(mended) > _MOST * len(titles) else list(titles)


def without_date(title: str, date: str) -> str:
    """A title without the date at its beginning or end, unless hardly a word is left."""
    rest = title
    if date and title.startswith(date):
        rest = title.removeprefix(date).lstrip(_BETWEEN)
    elif date and title.rstrip(")]").endswith(date):
        rest = title.rstrip(")]").removesuffix(date).rstrip(_BETWEEN)
    return rest if len(_words(rest)) >= _LEFT else title


def in_heading(node: etree._Element | None) -> bool:
    """Whether an element is a heading or lies close below one."""
    for _ in range(_HEADING_ABOVE):
        if node is None:
            return False
        if node.tag in HEADINGS:
            return True
        node = node.getparent()
    return False


def _telling_words(text: str) -> frozenset[str]:
    """The words of a text; none of one that leads on from a title."""
    return _cached_words(text) if len(text) <= _LONG else _read_words(text)


def _read_words(text: str) -> frozenset[str]:
    return frozenset() if GENERIC.fullmatch(text) else frozenset(_words(text))


# The texts of a row are rated in every region of the page that contains the row.
_cached_words = lru_cache(maxsize=MAX_CACHED_TEXTS)(_read_words)


def _words(text: str) -> set[str]:
    """The words of a text; a name of a file is one, and so are three signs without a space."""
    if _FILE.fullmatch(text):
        return {text}
    text = text[:_LONG]
    if text.isascii():
        return set(_WORDS.findall(text))
    return set(_WORDS.findall(_UNSPACED.sub(" ", text))) | {
        run[at : at + 3] for run in _UNSPACED.findall(text) for at in range(0, len(run), 3)
    }


def _is_sentence(text: str) -> bool:
    return text.endswith(".") and len(text.split()) > _SENTENCE_WORDS
