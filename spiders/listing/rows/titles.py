"""Choose the titles of records by comparing all records.

Titles have the same signature in most records, differ from record to record, and look like titles.

On court pages, the caption of a case is shortened to the name used in citations. ``State of X,
Respondent, vs. A. B., et al., Appellants. 2024 X 57`` becomes ``State of X v. A. B.``. The Bluebook
(rule 10.2.1) requires "v." and omits "et al.", procedural roles, docket numbers and citations.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from functools import lru_cache
from itertools import chain
from typing import Final

from lxml import etree

from data.languages.vocabulary import pattern
from spiders.listing.rows.flat_page import TextMark
from spiders.listing.rows.records import Record
from spiders.listing.rows.side_lists import HEADINGS

GENERIC_LINK: Final = r"\W*{}\b.{0,24}"
"""Template of the pattern of link texts such as *Read more*, which are not titles."""

MAX_CACHED_TEXTS = 4_096
"""Maximum number of texts whose words are cached."""

_TITLE_CLASS = re.compile(r"title|headline|heading|caption|subject", re.IGNORECASE)
_NAMED_TITLE = re.compile(
    r"(?:^|[\s_-])(?:title|headline|titel|titre|titulo|titolo|naslov|tytul|nadpis|baslik)(?:$|\s)",
    re.IGNORECASE,
)
# Python does not count combining signs of Latin, Hebrew, Arabic and Indic scripts as letters.
_WORDS = re.compile(r"[^\W\d_](?:[^\W\d_]|[\u0300-\u036f\u0591-\u05c7\u0610-\u065f\u0900-\u0dff])+")
_UNSPACED = re.compile(r"[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff]{2,}")
_FILE = re.compile(r"\S{1,200}\.\w{2,4}")
_MAX_MEAN_LENGTH = 200
"""Maximum mean length of texts with the full title score, in characters."""

_MIN_FULL_SCORE_WORDS = 4
"""Minimum number of words in a text with the full title score."""

_MAX_TITLE_SENTENCE_WORDS = 9
"""Maximum number of words in a title that ends with a full stop. Longer texts are sentences."""

_MAX_LABEL_LENGTH = 24
"""Maximum length of a label before a colon, in characters."""

_MIN_COMMON_SHARE = 0.5
"""Minimum share of texts with the same label, or of titles that begin with the same words."""

_MIN_IGNORED_SHARE = 0.9
"""A word is ignored if at least this share of the texts contains it."""

_MIN_TEXTS = 4
"""Common words are ignored only if there are at least this many texts."""

_MAX_REPLACED_SCORE = 0.4
"""Maximum score of a title that may be replaced by a better title above its record."""

_MAX_HEADING_LEVELS = 4
"""Maximum number of levels from an element up to its heading, including the element."""

_MIN_DATED_SHARE, _MIN_WORDS_LEFT = 0.75, 2
"""Limits for removing dates from titles.

- `_MIN_DATED_SHARE`: minimum share of titles with a date
- `_MIN_WORDS_LEFT`: minimum number of words that must remain in a title
"""

_SEPARATORS = " \t-–—:|·•,;.()[]/>»"
"""Characters that are removed between a title and its date."""

_VERSUS = re.compile(r"\s+(?:vs\.?|v\.)(?!\w)[\s,]*", re.IGNORECASE)
_IS_CAPTION = re.compile(
    r"[^\W\d_].{0,400}?\s(?:vs?\.?|versus)\s.{0,400}[^\W\d_]|"
    r"in re\b|in the (?:matter|interest)\b|ex parte\b",
    re.IGNORECASE,
)
# Words that only courts use. "vs." alone may be a match between two teams.
_IS_LAW = re.compile(
    r"\bet\.? al\b|\bin re\b|\bex (?:rel|parte)\b|"
    r",\s(?:appell|respond|petition|plaintiff|defendant)|"
    r"\b(?:state|people|commonwealth|united states|county|city)(?: of \w+)? vs?\b|"
    r"\svs?\.? (?:the )?(?:state|people|commonwealth|united states|county|city)\b",
    re.IGNORECASE,
)
_ET_AL = re.compile(r",?\s+et\.?\s+al(?:\b|ii)\.?", re.IGNORECASE)
_ROLE = (
    r"(?:cross[-/ ])?(?:appell(?:ee|ant)s?|respondents?|petitioners?|plaintiffs?|defendants?"
    r"|claimants?|complainants?|relators?|intervenors?)"
)
_ROLES = re.compile(
    rf",\s*{_ROLE}(?:[-/ ]+(?:in[- ]error|{_ROLE}))*(?=\s*(?:[.,;]|$|\(|\sv))[.,]?", re.IGNORECASE
)
_CITATION = re.compile(
    r"[\s,(–-]+(?:\(?\d{2,4}\s+[A-Z][\w.]{0,8}(?:\s[A-Z][\w.]{0,6}){0,3}\s+\d+\b|"
    r"[A-Z]{1,3}\d{2}-\d{3,}).*$"
)
_TRAILING = re.compile(
    r"[\s,]*\((?=[^()]*(?:\d|publish|unpublish|merits|slip))[^()]{1,80}\)\s*$", re.IGNORECASE
)
_MIN_CAPTION_SHARE = 0.6
"""Minimum share of case captions among the titles of a court's listing."""


def generic_text() -> re.Pattern[str]:
    """Return the pattern of link texts such as *Read more*, which are not titles."""
    return pattern("links.more", GENERIC_LINK)


class Titles:
    """Scores the texts of records as titles, by signature."""

    def __init__(self, records: list[Record]) -> None:
        self._size = len(records)
        self._scores = self._learn(record.undated for record in records)
        self._leads = self._learn(record.lead for record in records)

    def score(self, text: TextMark) -> float:
        """Return the title score of texts with the same signature as ``text``."""
        return self._scores.get(text.sign, 0.0)

    def best(self, record: Record) -> str | None:
        """Return the best title inside a record or right above it, or None."""
        inner = max(record.undated, key=self.score, default=None)
        score = self.score(inner) if inner else 0.0
        if score < _MAX_REPLACED_SCORE:
            lead = max(record.lead, key=self._lead_score, default=None)
            if lead and self._lead_score(lead) > max(score, _MAX_REPLACED_SCORE):
                return lead.text
        return inner.text if inner and score > 0 else None

    def _lead_score(self, text: TextMark) -> float:
        return self._leads.get(text.sign, 0.0)

    def _learn(self, texts_of_records: Iterable[list[TextMark]]) -> dict[int, float]:
        """Return the title score of each signature, based on its first text in each record."""
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
        score *= 0.3 if sum(map(len, texts)) / len(texts) > _MAX_MEAN_LENGTH else 1.0
        score *= 0.6 if sum(map(_is_sentence, texts)) > half else 1.0
        score *= 0.2 if sum(text.endswith(":") for text in texts) > half else 1.0
        score *= 0.5 if labelled > half else 1.0
        order = sum(order for order, _ in placed) / len(placed)
        return len(texts) / self._size * score / (1 + 0.1 * order)


def title_likeness(texts: Iterable[str]) -> float:
    """Return how much texts look like titles (0 to 1): have several words, and differ.

    Words in nearly all texts, such as "opens in a new window", don't count.
    """
    texts = list(texts)
    if not texts:
        return 0.0
    words = [_telling_words(text) for text in texts]
    common = _common_words(words)
    value = 0.0
    for text, each in zip(texts, words, strict=True):
        likely = min(1.0, len(each - common) / _MIN_FULL_SCORE_WORDS)
        value += likely * (0.6 if _is_sentence(text) else 1.0)
    if len(texts) == 1:
        return value
    commonest = Counter(texts).most_common(1)[0][1]
    repeated = (commonest - 1) / (len(texts) - 1)
    labels = Counter(text.partition(":")[0] for text in texts if ":" in text[:_MAX_LABEL_LENGTH])
    labelled = labels.most_common(1)[0][1] / len(texts) if labels else 0.0
    return value / len(texts) * (1 - repeated) * (0.4 if labelled >= _MIN_COMMON_SHARE else 1.0)


def _common_words(words: Sequence[frozenset[str]]) -> frozenset[str]:
    """Return the words that nearly all texts contain.

    If there are only a few texts, the result is empty.
    """
    if len(words) < _MIN_TEXTS:
        return frozenset()
    shares = Counter(chain.from_iterable(words))
    enough = max(_MIN_TEXTS, _MIN_IGNORED_SHARE * len(words))
    return frozenset(word for word, count in shares.items() if count >= enough)


def lead_of(titles: Sequence[str], alternatives: Iterable[Iterable[str]]) -> str:
    """Return the words before the actual title in most titles, such as "Read more: ", or "".

    ``alternatives`` contains other texts of each record that may be the title.
    """
    leads = Counter(
        lead_in(title, texts) for title, texts in zip(titles, alternatives, strict=True)
    )
    lead, count = max(leads.items(), key=lambda pair: pair[1], default=("", 0))
    return lead if count >= _MIN_COMMON_SHARE * len(titles) else ""


def lead_in(title: str, texts: Iterable[str]) -> str:
    """Return the part of a title before the longest of ``texts`` that it ends with.

    Returns an empty string if it ends with none of them.
    """
    ends = (text for text in texts if text and text != title and title.endswith(text))
    return title.removesuffix(max(ends, key=len, default=title))


def undated_titles(titles: Sequence[str], dates: Sequence[str]) -> list[str]:
    """Remove the dates at the start or end of titles, if most titles have one.

    The titles are returned unchanged if some would become equal. ``dates`` contains the date of
    each title as written on the page, or an empty string.
    """
    bare = [without_date(title, date) for title, date in zip(titles, dates, strict=True)]
    mended = [one for one, title in zip(bare, titles, strict=True) if one != title]
    apart = len(set(bare)) == len(set(titles)) and len(set(mended)) == len(mended) > 1
    return bare if apart and len(mended) > _MIN_DATED_SHARE * len(titles) else list(titles)


def without_date(title: str, date: str) -> str:
    """Remove a date from the beginning or end of a title, unless fewer than two words remain."""
    rest = title
    if date and title.startswith(date):
        rest = title.removeprefix(date).lstrip(_SEPARATORS)
    elif date and title.rstrip(")]").endswith(date):
        rest = title.rstrip(")]").removesuffix(date).rstrip(_SEPARATORS)
    return rest if rest != title and len(_words(rest)) >= _MIN_WORDS_LEFT else title


def in_named_title(node: etree._Element | None, link: etree._Element) -> bool:
    """Whether an element is, or is inside, the part of a link that has a class for titles."""
    for _ in range(_MAX_HEADING_LEVELS):
        if node is None or node is link:
            return False
        if _NAMED_TITLE.search(node.get("class") or ""):
            return True
        node = node.getparent()
    return False


def in_heading(node: etree._Element | None) -> bool:
    """Whether an element is a heading, or at most a few levels inside a heading."""
    for _ in range(_MAX_HEADING_LEVELS):
        if node is None:
            return False
        if node.tag in HEADINGS:
            return True
        node = node.getparent()
    return False


def _telling_words(text: str) -> frozenset[str]:
    """Return the words of a text, or an empty set for a generic text such as *Read more*."""
    return _cached_words(text) if len(text) <= _MAX_MEAN_LENGTH else _read_words(text)


def _read_words(text: str) -> frozenset[str]:
    return frozenset() if generic_text().fullmatch(text) else frozenset(_words(text))


# Cached because the texts of a row are rated in every region that contains the row.
_cached_words = lru_cache(maxsize=MAX_CACHED_TEXTS)(_read_words)


def _words(text: str) -> set[str]:
    """Return the words of a text. A file name is one word.

    In writing systems without spaces, every three characters count as a word.
    """
    if _FILE.fullmatch(text):
        return {text}
    text = text[:_MAX_MEAN_LENGTH]
    if text.isascii():
        return set(_WORDS.findall(text))
    return set(_WORDS.findall(_UNSPACED.sub(" ", text))) | {
        run[at : at + 3] for run in _UNSPACED.findall(text) for at in range(0, len(run), 3)
    }


def _is_sentence(text: str) -> bool:
    return text.endswith(".") and len(text.split()) > _MAX_TITLE_SENTENCE_WORDS


def are_captions(titles: Sequence[str]) -> bool:
    """Whether most titles of a listing are captions of court cases."""
    captions = [title for title in titles if _IS_CAPTION.match(title)]
    return len(captions) >= _MIN_CAPTION_SHARE * max(1, len(titles)) and any(
        map(_IS_LAW.search, captions)
    )


def case_name(caption: str) -> str:
    """Return the name of a court case, given its caption. It is never empty."""
    name = _TRAILING.sub("", caption)
    name = _CITATION.sub("", name)
    name = _ET_AL.sub("", name)
    name = _ROLES.sub("", name)
    name = _VERSUS.sub(" v. ", name) if _VERSUS.search(name) else name
    return name.strip(" ,;.–-" if not name.endswith((".", "Inc.", "Co.")) else " ,;–-") or caption
