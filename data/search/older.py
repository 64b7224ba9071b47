"""Translation of queries from version 1 of the query language to the current version.

Version 1 had words, phrases, prefixes and exclusions. Every text was a valid query: brackets,
colons and OR had no meaning. Watches and feed addresses without a version keep this meaning.
"""

import re
from typing import Final

from data.errors import QueryError
from data.search.syntax import MAX_QUERY_LENGTH, MAX_TERMS, MIN_PREFIX_LETTERS, OPERATORS, parse
from data.text.folding import fold_search

TERM: Final = re.compile(r'(-?)(?:"([^"]*)"?|([^\s"]+))')
"""Pattern of a term of version 1: an optional minus, and a phrase or word."""

SIGNS: Final = re.compile(r"[():*]")
"""Pattern of signs that have a meaning in the current query language, including the prefix sign."""


def upgraded(text: str) -> str:
    """Convert a query of version 1 to the current version. The result is always valid."""
    found = []
    for minus, phrase, word in TERM.findall(text[:MAX_QUERY_LENGTH]):
        raw = phrase or word
        words = fold_search(raw)
        if words:
            last = words.rpartition(" ")[2]
            star = "*" if raw.rstrip().endswith("*") and len(last) >= MIN_PREFIX_LETTERS else ""
            term = _bare(SIGNS.sub(" ", raw).strip())
            is_phrase = bool(phrase) or " " in words or len(term.split()) > 1
            found.append(f'{minus}"{term}{star}"' if is_phrase else f"{minus}{term}{star}")
    # A text without words selects nothing, unlike an empty text.
    return " ".join(found[:MAX_TERMS]) or ('""' if text.strip() else "")


def _bare(word: str) -> str:
    """Return a word without leading minus signs, and in lower case if it would be an operator."""
    word = word.lstrip("- ") or word
    return word.lower() if word in OPERATORS else word


def means_the_same(text: str) -> bool:
    """Return whether a query means the same in version 1 and in the current version."""
    try:
        return parse(text) == parse(upgraded(text))
    except QueryError:
        return False


def fault_of_older(text: str) -> str:
    """Return the reason why a query of version 1 would be truncated, or an empty string."""
    if len(text) > MAX_QUERY_LENGTH:
        return f"the query has more than {MAX_QUERY_LENGTH} characters"
    if len(TERM.findall(text)) > MAX_TERMS:
        return f"the query has more than {MAX_TERMS} words and phrases"
    return ""
