"""Classes of edits, which data.revisions.edit_classes determines."""

from typing import Final, Literal, TypeAlias, get_args

import msgspec

EditClass: TypeAlias = Literal[
    "figure",
    "date",
    "name",
    "negation",
    "sentence-added",
    "sentence-removed",
    "link",
    "attachment",
    "title",
    "correction",
    "wording",
    "letters",
]
"""Class of an edit. ``negation`` includes modality ("may", "must"). ``wording`` means other words.
``letters`` means that only letters or formatting changed; it excludes all other classes."""

EditWord: TypeAlias = Literal[EditClass, "announced", "silent"]
"""Class of an edit, or whether the page announced it."""

EDIT_CLASSES: Final[tuple[EditClass, ...]] = get_args(EditClass)

ANNOUNCEMENTS: Final = ("announced", "silent")
"""Values for an edit: ``announced`` if the page announced it, otherwise ``silent``."""


class EditClasses(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """Classes of an edit, its weight from 0 to 1, and whether the page announced it.

    An edit that was not announced is silent. Empty classes mean that nothing was edited.
    """

    classes: tuple[EditClass, ...] = ()
    weight: float = 0.0
    announced: bool = False

    @property
    def words(self) -> tuple[str, ...]:
        """Return the classes, and ``announced`` or ``silent``."""
        return (*self.classes, ANNOUNCEMENTS[not self.announced]) if self.classes else ()

    @property
    def text(self) -> str:
        """Return the classes and the weight in readable form, or an empty string."""
        weight = weight_label(self.weight)
        return f"{', '.join(self.words)}; weight {weight}" if self.classes else ""

    @property
    def labels(self) -> frozenset[tuple[str, str]]:
        """Return names and values of the fields by which searches can filter edits."""
        weight = [("weight", weight_label(self.weight))] if self.classes else []
        return frozenset((*(("edit", word) for word in self.words), *weight))


NO_EDIT: Final = EditClasses()
"""Classes of an event that is not an edit."""


def weight_label(weight: float) -> str:
    """Return a weight as searches expect it: a number with two decimals."""
    return f"{weight:.2f}"
