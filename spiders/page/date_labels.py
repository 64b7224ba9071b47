"""Recognize labels of dates on pages, in all languages (data.languages.vocabulary)."""

from __future__ import annotations

from typing import Final

from data.languages.vocabulary import pattern

MAX_LABEL: Final = 40
"""Maximum length of a date label, in characters."""

AS_OF: Final = r"{}\b[\s:]*$"
OF_EVENT: Final = r"{}\s*[:：]?\s*$"
"""Patterns for labels directly before a date. ``{}`` is replaced with the words of all
languages."""


def is_of_change(text: str) -> bool:
    """Whether a text contains a label for the date of the last change, such as "updated"."""
    return bool(pattern("date_labels.changed").search(text))


def is_of_publication(text: str) -> bool:
    """Whether a text contains a label for a publication date, such as "published" or "date"."""
    return bool(pattern("date_labels.published").search(text))


def is_of_other(text: str) -> bool:
    """Whether a text contains a label for another date, such as "member since" or "today"."""
    return bool(pattern("date_labels.other").search(text))


def is_as_of(before: str) -> bool:
    """Whether a text ends with a label such as "as of", before the day for which it is valid."""
    return bool(pattern("date_labels.as_of", AS_OF).search(before))


def is_of_event(before: str) -> bool:
    """Whether the words directly before a date label it as the date of an event or a deadline."""
    return bool(pattern("date_labels.event", OF_EVENT).search(before[-MAX_LABEL:]))


def names_site(text: str) -> bool:
    """Whether a text contains a word for "website", so that it is about the whole site."""
    return bool(pattern("date_labels.site").search(text))


def is_label(text: str) -> bool:
    """Whether a text is a label for the text after it: it is short and ends with a colon."""
    return len(text) <= MAX_LABEL and text.rstrip().endswith((":", "："))
