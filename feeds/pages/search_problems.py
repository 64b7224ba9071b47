"""Why a search can't be asked as it was written, and what may have been meant."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Final

from data.search.matches import STATES
from data.search.query import (
    LEAST_BEGINNING,
    LONGEST,
    MOST_TERMS,
    Query,
    operators_read_as_words,
    short_beginnings,
    terms_of,
)
from data.text.language_tags import OF_TWO_LETTERS, feed_language
from feeds.catalog import Catalog
from feeds.pages.search_facets import Asked
from feeds.translations import Texts


@dataclass(frozen=True, slots=True)
class Problem:
    """Why a search can't be asked, and what may have been meant: names, and what they ask for."""

    said: str
    meant: Sequence[tuple[str, Asked]]


QUOTED: Final = 40
"""Characters of what was asked for that a sentence repeats."""

MEANT: Final = 3
"""Near misses that are named."""


def problems_of(catalog: Catalog, asked: Mapping[str, str]) -> list[Problem]:
    """All that is wrong with what is asked for; nothing where it can be searched."""
    if not asked.keys() - {"sort", "cursor", "more"}:
        return []
    found = [
        *_unknown(catalog, asked, "source", {one.id: one.name for one in catalog.sources.values()}),
        *_unknown(catalog, asked, "topic", {one: catalog.topic(one) for one in catalog.topics}),
        *_unknown_languages(catalog.texts, asked),
        *_unknown(catalog, asked, "state", {one: one for one in STATES}),
        *_impossible_days(catalog.texts, asked),
    ]
    text = asked.get("q", "")
    return found or _wordless(catalog.texts, text, asked)


def notes_on(texts: Texts, query: Query) -> list[str]:
    """What of a query is read otherwise than it may be meant."""
    notes = [
        texts.gettext(
            "%(word)s is read as a whole word: a beginning has %(count)s letters or more.",
            word=beginning[:QUOTED],
            count=LEAST_BEGINNING,
        )
        for beginning in short_beginnings(query.text)[:MEANT]
    ]
    instead = {
        "AND": texts.gettext("AND is read as a word: leave it out, as all words must be there."),
        "OR": texts.gettext(
            "OR is read as a word, and all words must be there: ask for each alone instead."
        ),
        "NOT": texts.gettext("NOT is read as a word: write -word for what must not be there."),
    }
    notes += [instead[operator] for operator in operators_read_as_words(query.text)]
    if len(terms_of(query.text, most=MOST_TERMS + 1)) > MOST_TERMS:
        notes.append(
            texts.gettext("Of this query the first %(count)s words are read.", count=MOST_TERMS)
        )
    return notes


def _unknown(
    catalog: Catalog, asked: Mapping[str, str], name: str, known: Mapping[str, str]
) -> list[Problem]:
    """The sources, topics or states that are asked for and not there."""
    unknown = [one for one in asked.get(name, "").split(",") if one and one not in known]
    return [
        Problem(
            _said(catalog.texts, name, f"“{one[:QUOTED]}”"),
            [(known[near] or near, {**asked, name: near}) for near in near_misses(one, known)],
        )
        for one in unknown[:MEANT]
    ]


def _said(texts: Texts, kind: str, name: str) -> str:
    """That something of a kind is not there."""
    if kind == "source":
        return texts.gettext("There is no source %(name)s.", name=name)
    if kind == "topic":
        return texts.gettext("No release has the topic %(name)s.", name=name)
    return texts.gettext("%(name)s is nothing that becomes of releases.", name=name)


def near_misses(word: str, known: Mapping[str, str]) -> list[str]:
    """Those ids of ``known`` that are written, or called, or have a word in their name, alike."""
    word = word[:QUOTED].casefold()
    said = {part: one for one, name in known.items() for part in name.casefold().split()}
    said |= {name.casefold(): one for one, name in known.items()} | {one: one for one in known}
    near = [said[name] for name in get_close_matches(word, said, MEANT)]
    return list(dict.fromkeys(near))


def _unknown_languages(texts: Texts, asked: Mapping[str, str]) -> list[Problem]:
    unknown = [one for one in asked.get("lang", "").split(",") if one and not feed_language(one)]
    if not unknown:
        return []
    known = {tag: texts.language_name(tag) for tag in OF_TWO_LETTERS.split()}
    return [
        Problem(
            texts.gettext(
                "%(name)s is no language; write its tag, such as en.", name=f"“{one[:QUOTED]}”"
            ),
            [(known[near], {**asked, "lang": near}) for near in near_misses(one, known)],
        )
        for one in unknown[:MEANT]
    ]


def _impossible_days(texts: Texts, asked: Mapping[str, str]) -> list[Problem]:
    days = []
    for name in ("since", "until"):
        try:
            days.append(dt.date.fromisoformat(asked[name]) if name in asked else None)
        except ValueError:
            said = texts.gettext(
                "%(day)s is no day; write one such as 2026-11-24.", day=f"“{asked[name][:QUOTED]}”"
            )
            return [Problem(said, [])]
    since, until = days
    if since and until and since > until:
        turned = {**asked, "since": asked["until"], "until": asked["since"]}
        return [
            Problem(
                texts.gettext("The first day is after the last one."),
                [(texts.gettext("Turn them round"), turned)],
            )
        ]
    return []


def _wordless(texts: Texts, text: str, asked: Mapping[str, str]) -> list[Problem]:
    """Why the words of a query can't be searched for, where that is so."""
    terms = terms_of(text)
    if len(text) > LONGEST:
        said = texts.gettext(
            "This query has %(count)s characters, and %(most)s are the most that a search takes.",
            count=texts.number(len(text)),
            most=texts.number(LONGEST),
        )
    elif any(term.wanted for term in terms):
        return []
    elif text and not terms:
        said = texts.gettext("There is no word in “%(text)s”.", text=text[:QUOTED])
    elif not terms or asked.keys() & {"source", "topic", "lang", "state", "since", "until"}:
        return []
    else:
        said = texts.gettext(
            "This query says only what must not be there; add a word that must, or choose a source,"
            " a topic or days."
        )
    return [Problem(said, [])]
