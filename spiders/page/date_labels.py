"""Recognize date labels, such as "published", in all languages of data.languages.vocabulary."""

from typing import Final

from data.languages.vocabulary import pattern

MAX_LABEL: Final = 40
"""Maximum length of a date label, in characters."""

AS_OF: Final = r"{}\b[\s:]*$"
EVENT_LABEL: Final = r"{}\s*[:：]?\s*$"
"""Template of the pattern of an event label directly before a date. The label words of all
languages replace ``{}``."""


def is_of_change(text: str) -> bool:
    """Whether a text contains a label for the date of the last change, such as "updated"."""
    return bool(pattern("date_labels.changed").search(text))


def is_of_publication(text: str) -> bool:
    """Whether a text contains a label for a publication date, such as "published" or "date"."""
    return bool(pattern("date_labels.published").search(text))


def is_of_other(text: str) -> bool:
    """Whether a text contains a label for a date of another kind, such as "member since"."""
    return bool(pattern("date_labels.other").search(text))


def is_as_of(before: str) -> bool:
    """Whether the words before a date end with a label such as "as of", for the day of validity."""
    return bool(pattern("date_labels.as_of", AS_OF).search(before))


def is_of_event(before: str) -> bool:
    """Whether the words before a date are a label for the date of an event or a deadline."""
    return bool(pattern("date_labels.event", EVENT_LABEL).search(before[-MAX_LABEL:]))


def names_site(text: str) -> bool:
    """Whether a text contains a word for "website", so that it refers to the whole site."""
    return bool(pattern("date_labels.site").search(text))


def is_date_label(text: str) -> bool:
    """Whether a text is short and ends with a colon, like a label of the text after it."""
    return len(text) <= MAX_LABEL and text.rstrip().endswith((":", "："))
