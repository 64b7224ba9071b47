"""Texts and queries in PostgreSQL's full-text search, with the same words as in SQLite.

The words come from data.text.folding.fold_search. They are written as values of the types
``tsvector`` and ``tsquery`` instead of being parsed by PostgreSQL, so that both databases match the
same words. In scripts without spaces, each letter and each pair of neighbouring letters is a word.
``信号站`` is searched as ``信号`` before ``号站``, because pairs are much rarer than letters.

Other lexemes of a vector contain characters that no word contains. ``:`` is the first character of
filters, such as the source or topic of a release. ``~`` separates the language from a stem. ``^``
precedes each word of a title, and ``-`` each word of a title that is not in the body. With these,
the index alone finds a word in a title or body, and no positions are read from large vectors. ``%``
precedes a 16-bit hash of two adjacent words. For a phrase, positions are read only from vectors
with its hashes.

Other forms of a word are found with PostgreSQL's stemmer for its language. A release is indexed
with the stems of its words in its language. A release whose language is unknown or has no stemmer
is found only by its exact words. The index contains each stem with its language as a prefix
(``en~harbour``), so that equal stems of two languages differ. See
https://www.postgresql.org/docs/current/textsearch-dictionaries.html.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final
from zlib import crc32

from data.search.expression import Term
from data.search.highlights import is_word_letter
from data.store.shared_sql.connection import Connection
from data.text.folding import NO_WORD, fold_search, normalized
from data.text.words import UNSPACED, spaced

MAX_WORD_LENGTH: Final = 500
"""Maximum number of letters of a word in the index. The rest of a longer word is not searched."""
MAX_TOKEN_LENGTH: Final = 2000
"""Maximum number of letters of a filter in the index. A lexeme can have at most 2046 bytes."""

LAST_PLACE: Final = 16_383
"""Last position of a word that a ``tsvector`` can store (a limit of PostgreSQL)."""
MAX_WORD_POSITIONS: Final = 255
"""Maximum number of positions of one word that a ``tsvector`` can store."""

MAX_VECTOR_BYTES: Final = 900_000
"""Maximum size of a ``tsvector`` in bytes (PostgreSQL's limit is 1 MB). Later words are not
found."""

BODY_DISTANCE: Final = 2
"""Distance between the last word of a title and the first word of a body. It prevents phrases from
matching words of both."""

STEMMERS: Final = {
    "ar": "arabic", "ca": "catalan", "da": "danish", "de": "german", "el": "greek",
    "en": "english", "es": "spanish", "eu": "basque", "fi": "finnish", "fr": "french",
    "ga": "irish", "hi": "hindi", "hu": "hungarian", "hy": "armenian", "id": "indonesian",
    "it": "italian", "lt": "lithuanian", "nb": "norwegian", "ne": "nepali", "nl": "dutch",
    "nn": "norwegian", "no": "norwegian", "pt": "portuguese", "ro": "romanian", "ru": "russian",
    "sr": "serbian", "sv": "swedish", "ta": "tamil", "tr": "turkish", "yi": "yiddish",
}  # fmt: skip
"""The stemmers of PostgreSQL 15 by ISO 639-1 language tag."""

MAX_STEMMED_TEXT_LENGTH: Final = 100_000
"""Maximum number of letters of a text whose words are stemmed. Later words are indexed without
stems."""

MAX_STEMMED_WORD_LENGTH: Final = 60
"""Maximum number of letters of a word that is stemmed."""

MAX_CACHED_STEMS: Final = 200_000
"""Maximum number of cached stems, so that hostile texts can't fill the memory."""


_known: dict[tuple[str, str], str] = {}
"""Cached stems by language tag and word. The stem of a stop word is empty."""

WEIGHTS: Final = {"": "", "title": "A", "body": "D"}
"""Weights of words in a ``tsvector``, by the field of a term. Words without a weight have the
weight D."""


IN_TITLE: Final = "^"
"""First character of the lexeme of a word in a title."""
ONLY_IN_TITLE: Final = "-"
"""First character of the lexeme of a word that is in the title but not in the body."""


@dataclass(frozen=True, slots=True)
class Vector:
    """A text for searching: its ``tsvector``, and all its words if it has too many positions."""

    lexemes: str
    long_text: str | None


def words_in(text: str) -> list[str]:
    """Return the words of a text in order, as the index contains them."""
    # Variants of capital letters, for example mathematical ones, are folded to capital letters.
    words = fold_search(text).lower().replace("_", " ").split()
    # Currency signs and similar characters stand alone and are not words.
    return [word[:MAX_WORD_LENGTH] for word in words if len(word) > 1 or is_word_letter(word)]


def pairs(words: Sequence[str]) -> Iterable[tuple[int, str]]:
    """Yield each pair of neighbouring letters in scripts without spaces, with its position.

    The position of a pair is that of its first letter.
    """
    alone = [len(word) == 1 and bool(UNSPACED.match(word)) for word in words]
    for place in range(len(words) - 1):
        if alone[place] and alone[place + 1]:
            yield place, words[place] + words[place + 1]


def adjacent(words: Sequence[str]) -> Iterator[str]:
    """Yield a lexeme for each pair of adjacent words. Pairs of letters come from `pairs`."""
    for first, second in pairwise(words):
        if not UNSPACED.match(first) or not UNSPACED.match(second):
            yield f"%{crc32(f'{first} {second}'.encode()) & 0xFFFF:x}"


def vector(title: str, body: str, others: Iterable[str]) -> Vector:
    """Return the vector of a title, a body and ``others`` (quoted lexemes)."""
    places: defaultdict[str, list[str]] = defaultdict(list)
    in_title, in_body = words_in(title), words_in(body)
    hashes = {*adjacent(in_title), *adjacent(in_body)}
    size, is_whole, start = 8 * len(hashes), True, 1
    titled, bodied = set[str](), set[str]()
    for words, weight, found in ((in_title, "A", titled), (in_body, "", bodied)):
        for place, word in [*enumerate(words), *pairs(words)]:
            if size > MAX_VECTOR_BYTES:
                is_whole = False
                break
            found.add(word)
            known = places[word]
            size += 4 if known else 12 + len(word.encode())
            if start + place <= LAST_PLACE and len(known) < MAX_WORD_POSITIONS:
                known.append(f"{start + place}{weight}")
            else:
                is_whole = False
        start += len(words) - 1 + BODY_DISTANCE
    lexemes = [
        f"{quoted(word)}:{','.join(of)}" if of else quoted(word) for word, of in places.items()
    ]
    lexemes += [quoted(f"{IN_TITLE}{word}") for word in titled]
    lexemes += [quoted(f"{ONLY_IN_TITLE}{word}") for word in titled - bodied]
    lexemes += map(quoted, hashes)
    lexemes += others
    long_text = None if is_whole else f" {' '.join(in_title)} \n {' '.join(in_body)} "
    return Vector(" ".join(lexemes), long_text)


def quoted(lexeme: str) -> str:
    """Return a lexeme quoted for tsvectors and tsqueries, with quotes and backslashes escaped."""
    return "'" + lexeme.replace("\\", "\\\\").replace("'", "''") + "'"


def any_of(parts: Sequence[str]) -> str:
    """Return a ``tsquery`` that matches any of these parts."""
    return _joined("|", parts)


def all_of(parts: Sequence[str]) -> str:
    """Return a ``tsquery`` that matches all of these parts."""
    return _joined("&", parts)


def _joined(operator: str, parts: Sequence[str]) -> str:
    """Join parts as a balanced tree, because PostgreSQL's parser stack is limited."""
    if len(parts) == 1:
        return parts[0]
    half = len(parts) // 2
    return f"({_joined(operator, parts[:half])} {operator} {_joined(operator, parts[half:])})"


def filed_under(token: str) -> str:
    """Return an index word for a filter (data.store.shared_sql.search.token) as a quoted lexeme.

    A colon at the beginning distinguishes filters from words. Long filters are truncated to the
    maximum length of a lexeme.
    """
    return quoted(f":{token[:MAX_TOKEN_LENGTH]}")


@dataclass(frozen=True, slots=True)
class TermQuery:
    """A search term in several forms: for the index, as a phrase, as words to rank by, and as text.

    ``ordered`` is a ``tsquery`` for the words in their order and field. It is empty if ``indexed``
    has exactly the same matches as the term. ``text`` is searched in `Vector.long_text`.
    """

    indexed: str
    ordered: str
    ranking: str
    text: str


def phrase(term: Term) -> TermQuery | None:
    """Return a term as a phrase, or None if it contains no words."""
    words = words_in(term.words)
    if not words:
        return None
    found = dict(enumerate(words))
    for place, pair in pairs(words):
        found[place] = pair
        # The last letter is already part of the last pair.
        found.pop(place + 1, None)
    weight = WEIGHTS[term.place]
    places = sorted(found)
    ends = {places[-1]: "*"} if term.prefix else {}
    # A lexeme is followed by its options: 'harb':*A
    ordered, before = "", places[0]
    for place in places:
        options = ends.get(place, "") + weight
        distance = f" <{place - before}> " if ordered else ""
        ordered += f"{distance}{quoted(found[place])}" + (f":{options}" if options else "")
        before = place

    def together(mark: str = "") -> str:
        lexemes = ((place, quoted(f"{mark}{found[place]}")) for place in places)
        return all_of([f"{one}:*" if place in ends else one for place, one in lexemes])

    indexed = together(IN_TITLE if term.place == "title" else "")
    is_exact = len(places) == 1
    if term.place == "body" and is_exact:
        is_exact = not term.prefix
        if is_exact:
            indexed = all_of([indexed, f"!{together(ONLY_IN_TITLE)}"])
    indexed = all_of([indexed, *map(quoted, adjacent(words[:-1] if term.prefix else words))])
    text = f" {' '.join(words)}" + ("" if term.prefix else " ")
    return TermQuery(indexed, "" if is_exact else f"({ordered})", together(), text)


def stems(connection: Connection, language: str, texts: Iterable[str]) -> frozenset[str]:
    """Return the lexemes for the stems of all words in texts of one language."""
    tag = language.partition("-")[0].lower()
    if tag not in STEMMERS:
        return frozenset()
    words = {word for text in texts for word in written_words(text[:MAX_STEMMED_TEXT_LENGTH])}
    return frozenset(_stems_of(connection, [(tag, word) for word in words]))


def forms(connection: Connection, word: str, languages: Iterable[str]) -> list[str]:
    """Return the lexemes for the stems of a word in each of these languages."""
    tags = {tag.partition("-")[0].lower() for tag in languages} & STEMMERS.keys()
    words = written_words(word)
    return sorted(_stems_of(connection, [(tag, words[0]) for tag in tags if len(words) == 1]))


def written_words(text: str) -> list[str]:
    """Return the words of a text in lower case, with the accents that stemmers need."""
    composed = normalized("NFC", text.casefold())
    plain = spaced(composed).encode("utf-8", "replace").decode()
    return [
        word for word in NO_WORD.sub(" ", plain).split() if len(word) <= MAX_STEMMED_WORD_LENGTH
    ]


def _stems_of(connection: Connection, asked: Collection[tuple[str, str]]) -> set[str]:
    """Return the lexemes for the stems of words, each with its language tag."""
    known = {one: _known.get(one) for one in asked}
    if new := [one for one, stem in known.items() if stem is None]:
        tags, words = [tag for tag, _ in new], [word for _, word in new]
        stemmers = [f"pg_catalog.{STEMMERS[tag]}_stem" for tag in tags]
        rows = connection.ask(
            "SELECT g.tag, g.word, array_to_string(ts_lexize(g.stemmer::regdictionary, g.word), '')"
            " FROM unnest(?::text[], ?::text[], ?::text[]) AS g (tag, word, stemmer)",
            [tags, words, stemmers],
        )
        found = {}
        for tag, word, stem in rows:
            folded = "".join(fold_search(stem).split())
            found[tag, word] = f"{tag}~{folded}" if folded else ""
        if len(_known) + len(found) > MAX_CACHED_STEMS:
            _known.clear()
        _known.update(found)
        known |= found
    return {stem for stem in known.values() if stem}
