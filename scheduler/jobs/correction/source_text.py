"""A source file with one selector changed, and all else as a person wrote it."""

from __future__ import annotations

import hashlib
from pathlib import Path

import tomlkit
from tomlkit.exceptions import TOMLKitError
from tomlkit.items import AoT, Table

from data.errors import CommuniqueError, SourceError
from data.files import rewrite
from data.toml_files import read_text
from scheduler.home import Home
from scheduler.jobs.correction.fields import Field
from spiders.sources.loader import load_source, parse_source


class SourceFileChanged(CommuniqueError):
    """A source file is not the one any more that a correction was made for."""

    def __init__(self, path: Path) -> None:
        super().__init__(f"{path} was changed meanwhile, and was left as it is: look again")
        self.path = path


def digest_of(text: str) -> str:
    """By what a text is known again."""
    return hashlib.sha256(text.encode()).hexdigest()


def with_selector(text: str, path: str, field: Field, selector: str) -> str:
    """The text of a source file with a selector for a field; an empty one has it detected again.

    Of several ``[[release]]`` the one for the newest releases is changed, and what is to be dropped
    is added to the list. Raises SourceError for what no source file may say.
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
        raise SourceError(path, field.table, f"it can't be changed here ({error})") from error
    parse_source(changed, path)
    return changed


def _table(document: tomlkit.TOMLDocument, name: str) -> Table:
    """The table of a file, made where it is not there."""
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
    """Write a source file of HOME with a selector for a field, whole or not at all.

    ``digest`` is that of the text that the person saw. Of a source that is shipped a copy is
    written into HOME, which wins. Raises SourceFileChanged, SourceError, UnknownSource, OSError.
    """
    loaded = load_source(home.sources, source)
    text = read_text(loaded.path, SourceError)
    if digest_of(text) != digest:
        raise SourceFileChanged(loaded.path)
    path = home.sources / f"{source}.toml"
    changed = with_selector(text, str(path), field, selector)
    path.parent.mkdir(exist_ok=True)
    rewrite(path, changed)
    return path
