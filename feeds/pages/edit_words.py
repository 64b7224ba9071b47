"""Readable names of the classes of edits."""

from collections.abc import Mapping
from typing import Final

from data.models import EditClass, EditClasses
from data.models.edit import weight_label
from data.wording import N_
from feeds.translations import Texts

CLASS_NAMES: Final[Mapping[EditClass, str]] = {
    "figure": N_("figure"),
    "date": N_("date"),
    "name": N_("name"),
    "negation": N_("negation or modality"),
    "sentence-added": N_("sentence added"),
    "sentence-removed": N_("sentence removed"),
    "link": N_("link"),
    "attachment": N_("file"),
    "title": N_("title"),
    "correction": N_("correction note"),
    "wording": N_("wording"),
    "letters": N_("spelling or formatting only"),
}


def edit_words(edit: EditClasses, texts: Texts) -> str:
    """Return the classes of an edit, whether the page announces it, and its weight, as text.

    The text may be empty.
    """
    if not edit.classes:
        return ""
    names = ", ".join(texts.gettext(CLASS_NAMES[one]) for one in edit.classes)
    how = texts.gettext("announced on the page") if edit.announced else texts.gettext("silent")
    weight = texts.gettext("weight %(weight)s", weight=weight_label(edit.weight))
    return f"{names}; {how}; {weight}"
