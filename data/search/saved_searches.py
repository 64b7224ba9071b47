"""Saved searches: named queries that other queries, feeds and watches refer to as ``saved:NAME``.

Each search is a file, HOME/searches/NAME.toml.
"""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Final

import msgspec

from data.errors import QueryError, SearchError, UnknownSearch
from data.files import rewrite
from data.search.query import Query
from data.search.syntax import LANGUAGE_VERSION, MAX_QUERY_LENGTH, too_long
from data.toml_files import check_id, check_name, decode, find_file, read_text, toml_files
from data.wording import N_

MAX_SEARCHES: Final = 1000
"""Maximum number of saved searches of a home directory."""


class SearchFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Content of the file of a saved search."""

    query: Annotated[str, msgspec.Meta(min_length=1)]
    query_language: Annotated[int, msgspec.Meta(ge=LANGUAGE_VERSION, le=LANGUAGE_VERSION)] = (
        LANGUAGE_VERSION
    )


class SavedSearches(Mapping[str, str]):
    """Mapping from names to queries of the saved searches in a folder. Files are read when needed.

    Invalid files are missing from the mapping. Without a folder, it is empty.
    """

    def __init__(self, folder: Path | None) -> None:
        self._folder = folder

    def __getitem__(self, name: str) -> str:
        """Return the query of a saved search. Raises KeyError if it is missing or invalid."""
        try:
            path = find_file(self._folder, name, SearchError) if self._folder else None
            if path is not None:
                return read_search(path).query
        except SearchError as error:
            raise KeyError(name) from error
        raise KeyError(name)

    def readable(self) -> dict[str, str]:
        """Return the queries of all readable files, by name."""
        found = ((name, self.get(name)) for name in self)
        return {name: query for name, query in found if query is not None}

    def __iter__(self) -> Iterator[str]:
        """Yield the names of the files in the folder."""
        try:
            found = toml_files(self._folder, SearchError) if self._folder else []
        except SearchError:
            found = []
        return (one.stem for one in found)

    def __len__(self) -> int:
        """Return the number of files in the folder."""
        return sum(1 for _ in iter(self))


def read_search(path: Path) -> SearchFile:
    """Read the file of a saved search. Raises SearchError."""
    check_id(path, SearchError)
    return decode(read_text(path, SearchError), SearchFile, str(path), SearchError)


def load_searches(folder: Path) -> tuple[Mapping[str, str], tuple[SearchError, ...]]:
    """Return the queries of all valid saved searches by name, and the errors of invalid files.

    The queries are also parsed and checked. Raises SearchError if the folder can't be read.
    """
    saved = SavedSearches(folder)
    found: dict[str, str] = {}
    errors: list[SearchError] = []
    for path in toml_files(folder, SearchError):
        try:
            query = read_search(path).query
            check_query(query, saved)
        except SearchError as error:
            errors.append(error)
        except QueryError as error:
            errors.append(SearchError(str(path), "query", str(error)))
        else:
            found[path.stem] = query
    return found, tuple(errors)


def check_query(query: str, saved: Mapping[str, str]) -> None:
    """Raise QueryError if a query is invalid or only excludes releases."""
    if len(query) > MAX_QUERY_LENGTH:
        raise too_long(query)
    if Query(query, saved=saved).is_empty:
        fix = N_("write a term that is not excluded")
        raise QueryError(query, 0, N_("the query contains nothing to search for"), fix)


def save_search(folder: Path, name: str, query: str, *, dry_run: bool = False) -> bool:
    """Save a query under a name, and return whether the name is new.

    In a dry run, only check the query and its name.

    Raises SearchError if the name is invalid or the folder is full, QueryError if the query is
    invalid or would contain itself, and OSError.
    """
    path = folder / f"{name}.toml"
    check_name(folder, name, SearchError)
    saved = SavedSearches(folder)
    check_query(query, {**saved.readable(), name: query})
    is_new = find_file(folder, name, SearchError) is None
    if is_new and len(saved) >= MAX_SEARCHES:
        problem = f"the maximum of {MAX_SEARCHES:,} saved searches is reached; remove a search"
        raise SearchError(str(folder), "folder", problem)
    if dry_run:
        return is_new
    folder.mkdir(parents=True, exist_ok=True)
    # JSON strings are TOML strings, except for this character.
    quoted = json.dumps(query, ensure_ascii=False).replace("\x7f", "\\u007f")
    rewrite(path, f"query = {quoted}\nquery_language = {LANGUAGE_VERSION}\n")
    return is_new


def remove_search(folder: Path, name: str, *, dry_run: bool = False) -> Path:
    """Remove a saved search, even if its file is invalid, and return the path of its file.

    In a dry run, only find the file.

    Raises UnknownSearch if it is missing, SearchError if the folder can't be read, and OSError.
    """
    path = find_file(folder, name, SearchError)
    if path is None:
        raise UnknownSearch(name, tuple(SavedSearches(folder)))
    if not dry_run:
        path.unlink()
    return path
