"""Words in labels of pagination controls and archive links, in all languages.

They are in the language files (data.languages.vocabulary), and folded here.
"""

from __future__ import annotations

from functools import cache
from typing import Final, NamedTuple

from data.languages.vocabulary import words
from data.text.folding import fold_date

MIN_STEM: Final = 3
"""Minimum length of a word stem that may have an ending, in letters."""


class PagerLabels(NamedTuple):
    """Folded labels of pagination controls.

    Listings show the newest releases first, so ``older`` has labels of the next page, such as
    "previous posts". ``onward`` joins ``next`` and ``older``. ``of`` are words and signs between
    two numbers. ``results`` are words after the number of all results, ``totals`` before it.
    """

    next: frozenset[str]
    older: frozenset[str]
    onward: frozenset[str]
    more: frozenset[str]
    previous: frozenset[str]
    page: frozenset[str]
    page_endings: frozenset[str]
    of: frozenset[str]
    results: frozenset[str]
    totals: frozenset[str]


class ArchiveLabels(NamedTuple):
    """Folded words in labels of archive links.

    ``archives``, ``older`` and ``news`` are stems, joined in ``stems``. ``inner_archives`` are
    stems that mean an archive inside longer words too. ``whole_listing`` are words for all
    releases, ``before`` words beside the first or last year of an archive, and ``parts_of_year``
    stems for a quarter or half of a year. ``linking`` are articles and prepositions. ``complete``
    are other words, which have no ending. ``parts`` are those that may be parts of a compound word.
    ASCII words for years are excluded: the German *Jahresbericht* is a report, not an archive.
    """

    archives: frozenset[str]
    inner_archives: frozenset[str]
    older: frozenset[str]
    news: frozenset[str]
    stems: frozenset[str]
    whole_listing: frozenset[str]
    before: frozenset[str]
    parts_of_year: frozenset[str]
    linking: frozenset[str]
    complete: frozenset[str]
    parts: frozenset[str]


@cache
def pager_labels() -> PagerLabels:
    """Return the labels of pagination controls in all languages."""
    following, older = _folded("pager.next"), _folded("pager.older")
    return PagerLabels(
        next=following,
        older=older,
        onward=following | older,
        more=_folded("pager.more"),
        previous=_folded("pager.previous"),
        page=_folded("pager.page"),
        page_endings=_folded("pager.page_ending"),
        of=_folded("pager.of") | {"/"},
        results=_folded("pager.result"),
        totals=_folded("pager.total"),
    )


@cache
def archive_labels() -> ArchiveLabels:
    """Return the words in labels of archive links in all languages."""
    archives, older, news = map(_folded, ("archive.archive", "archive.older", "archive.news"))
    periods, linking = _folded("archive.period"), _folded("archive.linking")
    return ArchiveLabels(
        archives=archives,
        inner_archives=frozenset(
            stem for stem in archives if len(stem) > MIN_STEM or not stem.isascii()
        ),
        older=older,
        news=news,
        stems=archives | older | news,
        whole_listing=_folded("archive.whole_listing"),
        before=_folded("archive.before"),
        parts_of_year=_folded("archive.part_of_year"),
        linking=linking,
        complete=linking | periods,
        parts=linking | frozenset(word for word in periods if not word.isascii()),
    )


def _folded(key: str) -> frozenset[str]:
    return frozenset(map(fold_date, words(key)))
