"""Problems of a search, with suggestions, and notes on how its words were interpreted."""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Final

from data.errors import QueryError
from data.languages.tags import OF_TWO_LETTERS, feed_language
from data.search.expression import STATES, check_sources
from data.search.query import Query
from data.search.syntax import MAX_QUERY_LENGTH, MAX_QUOTED, lower_case_operators
from feeds.catalog import Catalog
from feeds.searches import PAGE_PARAMETERS, SearchParameters
from feeds.translations import Texts


@dataclass(frozen=True, slots=True)
class SearchProblem:
    """Message about an invalid search, with suggestions (texts and parameters of links).

    ``excerpt`` shows the faulty part of the query, and a caret under the fault.
    """

    message: str
    suggestions: Sequence[tuple[str, SearchParameters]]
    excerpt: tuple[str, str] | None = None


MAX_SUGGESTIONS: Final = 3
"""Maximum number of suggestions, and maximum number of messages of one kind."""


def problems_of(
    catalog: Catalog, parameters: Mapping[str, str], query: Query
) -> list[SearchProblem]:
    """Return the problems of a search, or an empty list if the search is valid.

    ``query`` contains the words of the search.
    """
    if not parameters.keys() - {*PAGE_PARAMETERS}:
        return []
    texts = catalog.texts
    names = {
        "source": {one.id: one.name for one in catalog.sources.values()},
        "topic": {one: catalog.topic(one) for one in catalog.topics},
        "lang": {},
        "state": {one: one for one in STATES},
    }
    found = [
        one for name, known in names.items() for one in _unknown(texts, parameters, name, known)
    ]
    found += _impossible_days(texts, parameters)
    text = parameters.get("q", "")
    if len(text) > MAX_QUERY_LENGTH:
        message = texts.gettext(
            "This query has %(count)s characters. The maximum is %(most)s.",
            count=texts.number(len(text)),
            most=texts.number(MAX_QUERY_LENGTH),
        )
        return [*found, SearchProblem(message, [])]
    try:
        check_sources(query.expression, query.text, catalog.sources)
    except QueryError as error:
        return [fault_of(texts, error), *found]
    return found or _problems_of_words(texts, query, parameters)


def fault_of(texts: Texts, error: QueryError) -> SearchProblem:
    """Describe the fault of a query in the language of the page."""
    problem, fix = error.translated(texts.translations.gettext)
    message = texts.gettext(
        "At character %(place)s of the query, %(problem)s; %(fix)s.",
        place=texts.number(error.position + 1),
        problem=problem,
        fix=fix,
    )
    if fix.endswith("?"):
        message = message.removesuffix(".")
    return SearchProblem(message, [], error.marked())


def notes_on(texts: Texts, query: Query) -> list[str]:
    """Return notes on parts of a query that may be misunderstood."""
    return [
        texts.gettext(
            "“%(word)s” is searched as a word. Write %(operator)s for the operator.",
            word=word,
            operator=word.upper(),
        )
        for word in lower_case_operators(query.text)
    ]


def _unknown(
    texts: Texts, parameters: Mapping[str, str], name: str, known: Mapping[str, str]
) -> list[SearchProblem]:
    """Return a problem for each unknown source, topic, language or state."""
    unknown = [one for one in parameters.get(name, "").split(",") if one and one not in known]
    if name == "lang" and (unknown := [one for one in unknown if not feed_language(one)]):
        known = {tag: texts.language_name(tag) for tag in OF_TWO_LETTERS}
    return [
        SearchProblem(
            _unknown_message(texts, name, f"“{one[:MAX_QUOTED]}”"),
            [(known[near] or near, {**parameters, name: near}) for near in near_misses(one, known)],
        )
        for one in unknown[:MAX_SUGGESTIONS]
    ]


def _unknown_message(texts: Texts, kind: str, name: str) -> str:
    """Return the message that a source, topic, language or state is unknown."""
    if kind == "source":
        return texts.gettext("No source is named %(name)s.", name=name)
    if kind == "topic":
        return texts.gettext("No release has the topic %(name)s.", name=name)
    if kind == "lang":
        return texts.gettext("%(name)s is not a known language. Use a tag such as en.", name=name)
    return texts.gettext("%(name)s is not a valid release state.", name=name)


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
    texts: Texts, query: Query, parameters: Mapping[str, str]
) -> list[SearchProblem]:
    """Return a problem if a query has no word to search for, otherwise an empty list."""
    text = parameters.get("q", "")
    if query.expression is None and text:
        message = texts.gettext("“%(text)s” contains no word.", text=text[:MAX_QUOTED])
    elif not (
        query.is_empty
        and query.expression
        and not parameters.keys() & {"source", "topic", "lang", "state", "since", "until"}
    ):
        return []
    else:
        message = texts.gettext(
            "This query only excludes words. Add a word to search for, or choose a source, topic"
            " or dates."
        )
    return [SearchProblem(message, [])]
