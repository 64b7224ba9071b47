"""The fields of a source file that can be corrected by pointing at an element."""

from __future__ import annotations

from typing import Final, Literal, NamedTuple, TypeAlias

PageKind: TypeAlias = Literal["release", "listing"]


class Field(NamedTuple):
    """A key of a source file that holds a selector: its table, its name, and what it is of."""

    table: PageKind
    key: str
    says: str


FIELDS: Final = {
    f"{field.table}.{field.key}": field
    for field in (
        Field("release", "title", "Title of a release"),
        Field("release", "published", "Date of a release"),
        Field("release", "body", "Text of a release"),
        Field("release", "section", "Section of a release"),
        Field("release", "publisher", "Publisher of a release"),
        Field("release", "drop", "What is cut out of the text"),
        Field("listing", "link", "Links of the listing to releases"),
        Field("listing", "item", "Each row of the listing"),
        Field("listing", "title", "Title of a row"),
        Field("listing", "published", "Date of a row"),
        Field("listing", "next", "Link to the next page"),
    )
}
"""The fields by ``table.key``, in the order in which they are offered."""
