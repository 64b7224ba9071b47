"""Insert a selector into a source file without changing the rest of the file."""

import hashlib
from pathlib import Path
from typing import Final, Literal, NamedTuple, TypeAlias

import tomlkit
from tomlkit.exceptions import TOMLKitError
from tomlkit.items import AoT, Table

from data.errors import CommuniqueError, SourceError
from data.files import rewrite
from data.toml_files import read_text
from scheduler.home.home import Home
from spiders.sources.source_file import load_source, parse_source

PageKind: TypeAlias = Literal["release", "listing"]


class Field(NamedTuple):
    """A key of a source file that contains a selector: its table, its name, and its label."""

    table: PageKind
    key: str
    label: str


FIELD_BY_KEY: Final = {
    f"{field.table}.{field.key}": field
    for field in (
        Field("release", "title", "Title of a release"),
        Field("release", "published", "Date of a release"),
        Field("release", "body", "Text of a release"),
        Field("release", "section", "Section of a release"),
        Field("release", "publisher", "Publisher of a release"),
        Field("release", "drop", "Parts that are cut out of the text"),
        Field("listing", "link", "Links of the listing to releases"),
        Field("listing", "item", "Each row of the listing"),
        Field("listing", "title", "Title of a row"),
        Field("listing", "published", "Date of a row"),
        Field("listing", "next", "Link to the next page"),
    )
}
"""Fields by ``table.key``, in the order in which the menu lists them."""


class SourceFileChanged(CommuniqueError):
    """Raised if the source file was changed while a person prepared the correction."""

    def __init__(self, path: Path) -> None:
        super().__init__(
            f"{path} was changed by someone else, so it was not overwritten: reload the page"
        )
        self.path = path


def source_digest(text: str) -> str:
    """Return the digest of a source file's text, by which a change is detected."""
    return hashlib.sha256(text.encode()).hexdigest()


def with_selector(text: str, path: str, field: Field, selector: str) -> str:
    """Return the text of a source file with a selector for a field.

    An empty selector removes the current selector. If the file has several ``[[release]]`` tables,
    the table for the newest releases is changed. A selector for ``drop`` is added to the list.
    Raises SourceError if the result is invalid.
    """
    try:
        document = tomlkit.parse(text)
        if not selector and field.table not in document:
            return text
        table = _table(document, field.table)
        if field.key == "drop":
            known = [str(one) for one in table.get("drop", ())]
            dropped = [*known, selector] if selector and selector not in known else known
            value: object = dropped if selector else []
        else:
            value = selector
        if value:
            table[field.key] = value
        else:
            table.pop(field.key, None)
        changed = tomlkit.dumps(document)
    except (TOMLKitError, TypeError, ValueError, KeyError) as error:
        raise SourceError(
            path,
            field.table,
            f"this table can't be edited here: edit the source file instead ({error})",
        ) from error
    parse_source(changed, path)
    return changed


def _table(document: tomlkit.TOMLDocument, name: str) -> Table:
    """Return a table of a TOML document, and create it if it is missing."""
    found = document.get(name)
    if isinstance(found, AoT):
        newest = next((one for one in found if "until" not in one), None)
        if newest is None:
            newest = tomlkit.table()
            found.append(newest)
        return newest
    if found is None:
        found = tomlkit.table()
        if document.body and not document.as_string().endswith("\n\n"):
            document.add(tomlkit.nl())
        document.add(name, found)
    return found


def save_selector(home: Home, source: str, field: Field, selector: str, digest: str) -> Path:
    """Write a selector into a source file of the home directory, atomically.

    ``digest`` is the digest of the text that the person saw. A bundled source is first copied into
    the home directory, whose files take precedence. Raises SourceFileChanged, SourceError,
    UnknownSource, HomeInUse and OSError.
    """
    with home.files_lock():
        loaded = load_source(home.sources, source)
        text = read_text(loaded.path, SourceError)
        if source_digest(text) != digest:
            raise SourceFileChanged(loaded.path)
        path = home.sources / f"{source}.toml"
        changed = with_selector(text, str(path), field, selector)
        path.parent.mkdir(exist_ok=True)
        rewrite(path, changed)
        return path
