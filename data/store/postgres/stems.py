"""Other forms of a word, found with PostgreSQL's stemmer for its language.

A release is indexed with the stems of its words in its language. A release without a language, or
in a language without a stemmer, is found only by its exact words. The index contains each stem with
its language as a prefix (``en~harbour``), so that equal stems of two languages differ. See
https://www.postgresql.org/docs/current/textsearch-dictionaries.html.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Final

from data.store.shared_sql.database.connection import Connection
from data.text.folding import NO_WORD, fold_search, normalized
from data.text.words import spaced

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

REMEMBERED: Final = 200_000
"""Maximum number of cached stems. Without a limit, hostile texts could fill the memory."""


_known: dict[tuple[str, str], str] = {}
"""Cached stems by language tag and word. The stem of a stop word is empty."""


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
        if len(_known) + len(found) > REMEMBERED:
            _known.clear()
        _known.update(found)
        known |= found
    return {stem for stem in known.values() if stem}
