"""Problems of a search, with suggestions, and notes on how its words were interpreted."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Final

from data.languages.tags import OF_TWO_LETTERS, feed_language
from data.search.query import (
    MAX_QUERY_LENGTH,
    MAX_TERMS,
    MIN_PREFIX_LETTERS,
    STATES,
    Query,
    operators_read_as_words,
    short_beginnings,
    terms_of,
)
from feeds.catalog import Catalog
from feeds.pages.search_facets import SearchParameters
from feeds.translations import Texts


@dataclass(frozen=True, slots=True)
class SearchProblem:
    """Message about an invalid search, and suggestions: names with search parameters."""

    message: str
    suggestions: Sequence[tuple[str, SearchParameters]]


MAX_QUOTED: Final = 40
"""Maximum length in characters of the user's input that a message quotes."""

MAX_SUGGESTIONS: Final = 3
"""Maximum number of suggestions, and maximum number of messages of one kind."""


def problems_of(catalog: Catalog, parameters: Mapping[str, str]) -> list[SearchProblem]:
    """Return the problems of a search, or an empty list if the search is valid."""
    if not parameters.keys() - {"sort", "cursor", "more"}:
        return []
    found = [
        *_unknown(
            catalog, parameters, "source", {one.id: one.name for one in catalog.sources.values()}
        ),
        *_unknown(
            catalog, parameters, "topic", {one: catalog.topic(one) for one in catalog.topics}
        ),
        *_unknown_languages(catalog.texts, parameters),
        *_unknown(catalog, parameters, "state", {one: one for one in STATES}),
        *_impossible_days(catalog.texts, parameters),
    ]
    text = parameters.get("q", "")
    return found or _problems_of_words(catalog.texts, text, parameters)


def notes_on(texts: Texts, query: Query) -> list[str]:
    """Return notes on parts of a query that may be misunderstood."""
    notes = [
        texts.gettext(
            "%(word)s is searched as a whole word. A prefix needs at least %(count)s letters.",
            word=beginning[:MAX_QUOTED],
            count=MIN_PREFIX_LETTERS,
        )
        for beginning in short_beginnings(query.text)[:MAX_SUGGESTIONS]
    ]
    instead = {
        "AND": texts.gettext("AND is searched as a word. Leave it out: all words must match."),
        "OR": texts.gettext(
            "OR is searched as a word, and all words must match. Search for each word separately."
        ),
        "NOT": texts.gettext("NOT is searched as a word. Use -word to exclude a word."),
    }
    notes += [instead[operator] for operator in operators_read_as_words(query.text)]
    if len(terms_of(query.text, most=MAX_TERMS + 1)) > MAX_TERMS:
        notes.append(
            texts.gettext("Only the first %(count)s words of this query are used.", count=MAX_TERMS)
        )
    return notes


def _unknown(
    catalog: Catalog, parameters: Mapping[str, str], name: str, known: Mapping[str, str]
) -> list[SearchProblem]:
    """Return a problem for each unknown source, topic or state."""
    unknown = [one for one in parameters.get(name, "").split(",") if one and one not in known]
    return [
        SearchProblem(
            _unknown_message(catalog.texts, name, f"“{one[:MAX_QUOTED]}”"),
            [(known[near] or near, {**parameters, name: near}) for near in near_misses(one, known)],
        )
        for one in unknown[:MAX_SUGGESTIONS]
    ]


def _unknown_message(texts: Texts, kind: str, name: str) -> str:
    """Return the message that a source, topic or state is unknown."""
    if kind == "source":
        return texts.gettext("No source is named %(name)s.", name=name)
    if kind == "topic":
        return texts.gettext("No release has the topic %(name)s.", name=name)
    return texts.gettext("%(name)s is not a state of a release.", name=name)


def near_misses(word: str, known: Mapping[str, str]) -> list[str]:
    """Return the ids of ``known`` sources or topics that are similar to a word.

    ``known`` maps ids to names. The word is compared with ids, with names, and with single words of
    names.
    """
    word = word[:MAX_QUOTED].casefold()
    ids = {part: one for one, name in known.items() for part in name.casefold().split()}
    ids |= {name.casefold(): one for one, name in known.items()} | {one: one for one in known}
    near = [ids[name] for name in get_close_matches(word, ids, MAX_SUGGESTIONS)]
    return list(dict.fromkeys(near))


def _unknown_languages(texts: Texts, parameters: Mapping[str, str]) -> list[SearchProblem]:
    unknown = [
        one for one in parameters.get("lang", "").split(",") if one and not feed_language(one)
    ]
    if not unknown:
        return []
    known = {tag: texts.language_name(tag) for tag in OF_TWO_LETTERS}
    return [
        SearchProblem(
            texts.gettext(
                "%(name)s is not a known language. Use a tag such as en.",
                name=f"“{one[:MAX_QUOTED]}”",
            ),
            [(known[near], {**parameters, "lang": near}) for near in near_misses(one, known)],
        )
        for one in unknown[:MAX_SUGGESTIONS]
    ]


def _impossible_days(texts: Texts, parameters: Mapping[str, str]) -> list[SearchProblem]:
    days = []
    for name in ("since", "until"):
        try:
            days.append(dt.date.fromisoformat(parameters[name]) if name in parameters else None)
        except ValueError:
            message = texts.gettext(
                "%(day)s is not a date. Write it as 2026-11-24.",
                day=f"“{parameters[name][:MAX_QUOTED]}”",
            )
            return [SearchProblem(message, [])]
    since, until = days
    if since and until and since > until:
        turned = {**parameters, "since": parameters["until"], "until": parameters["since"]}
        return [
            SearchProblem(
                texts.gettext("The start date is after the end date."),
                [(texts.gettext("Swap the dates"), turned)],
            )
        ]
    return []


def _problems_of_words(
    texts: Texts, text: str, parameters: Mapping[str, str]
) -> list[SearchProblem]:
    """Return a problem if a query is too long or has no word to search for.

    For other queries, the result is empty.
    """
    terms = terms_of(text)
    if len(text) > MAX_QUERY_LENGTH:
        message = texts.gettext(
            "This query has %(count)s characters. The maximum is %(most)s.",
            count=texts.number(len(text)),
            most=texts.number(MAX_QUERY_LENGTH),
        )
    elif any(term.wanted for term in terms):
        return []
    elif text and not terms:
        message = texts.gettext("“%(text)s” contains no word.", text=text[:MAX_QUOTED])
    elif not terms or parameters.keys() & {"source", "topic", "lang", "state", "since", "until"}:
        return []
    else:
        message = texts.gettext(
            "This query only excludes words. Add a word to search for, or choose a source, topic"
            " or dates."
        )
    return [SearchProblem(message, [])]
