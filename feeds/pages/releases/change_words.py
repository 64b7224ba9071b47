"""What an edit changed, in a few words: ``title; 2 paragraphs``."""

from __future__ import annotations

from itertools import pairwise

from data.models import Revision
from data.revisions.stored_difference import changes_between
from feeds.translations import Texts

SUMMED_UP = 20
"""The last versions of a release of which it is told what changed: comparing takes time."""


def change_words(before: Revision, after: Revision, texts: Texts) -> str:
    """What differs between two versions in a way that readers would care about."""
    said = []
    for change in changes_between(before, after):
        match change.field:
            case "title":
                said.append(texts.gettext("title"))
            case "body":
                said.append(
                    texts.ngettext("%(num)s paragraph", "%(num)s paragraphs", change.passages)
                )
            case _:
                said.append(texts.ngettext("%(num)s file", "%(num)s files", change.passages))
    return "; ".join(said)


def changed_in(revisions: tuple[Revision, ...], texts: Texts) -> dict[int, str]:
    """What each of the last versions changed, by its number."""
    some = revisions[-SUMMED_UP - 1 :]
    return {
        after.number: texts.gettext("Read anew, its publisher changed nothing")
        if after.reason == "reading"
        else change_words(before, after, texts)
        for before, after in pairwise(some)
    }
