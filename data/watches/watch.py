"""Watches: what people want to be told of, each a TOML file that is read strictly."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Final

import msgspec

from data.errors import UnknownWatch, WatchError
from data.models import AlertKind
from data.search.query import LONGEST, MOST_TERMS, TERM, terms_of
from data.text.language_names import fault_of_language
from data.toml_files import ID, check_id, decode, read_text


class Watch(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """One watch as its file describes it; the file's stem is its id.

    Every part narrows it, and what is left out narrows nothing: ``query`` by the words of a release
    (as data.search.query reads it), the others to any of what they list. ``topics`` are slugs. A
    language takes in its regions. ``backlog`` asks also for what was there before its source was
    first visited, and for what is imported.
    """

    name: Annotated[str, msgspec.Meta(min_length=1)]
    query: str = ""
    sources: tuple[str, ...] = ()
    topics: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()
    kinds: tuple[AlertKind, ...] = ("release", "edit", "retraction")
    backlog: bool = False


def load_watches(folder: Path) -> tuple[Mapping[str, Watch], tuple[WatchError, ...]]:
    """The watches in a folder by their ids, and what is wrong with the others."""
    watches: dict[str, Watch] = {}
    errors = []
    for path in sorted(folder.glob("*.toml")):
        try:
            watches[path.stem] = read_watch(path)
        except WatchError as error:
            errors.append(error)
    return watches, tuple(errors)


def load_watch(folder: Path, watch_id: str) -> Watch:
    """One watch by its id. Raises WatchError, and UnknownWatch."""
    path = folder / f"{watch_id}.toml"
    if not ID.fullmatch(watch_id) or not path.exists():
        raise UnknownWatch(watch_id, tuple(sorted(one.stem for one in folder.glob("*.toml"))))
    return read_watch(path)


def read_watch(path: Path) -> Watch:
    """The watch in the file at ``path``. Raises WatchError that names the file, key and fix."""
    check_id(path, WatchError)
    return parse_watch(read_text(path, WatchError), str(path))


def parse_watch(text: str, path: str) -> Watch:
    """The watch that the TOML ``text`` describes; ``path`` is for messages. Raises WatchError."""
    watch = decode(text, Watch, path, WatchError)
    if fault := _fault_of_query(watch.query):
        raise WatchError(path, "query", fault)
    for source in watch.sources:
        if not ID.fullmatch(source):
            raise WatchError(path, "sources", f"{source!r} is no id; see `communique sources list`")
    for language in watch.languages:
        if fault := fault_of_language(language):
            raise WatchError(path, "languages", fault)
    if not watch.kinds:
        raise WatchError(path, "kinds", "it is empty; leave it out, or write at least one")
    return watch


def to_toml(watch: Watch) -> str:
    """The file of a watch: the keys that say more than is meant without them."""
    said: dict[str, Any] = msgspec.to_builtins(watch)
    return "".join(f"{key} = {_value(value)}\n" for key, value in said.items())


DELETE: Final = "\x7f"
"""The one character that JSON writes as it is and TOML does not."""


def _value(value: object) -> str:
    return json.dumps(value, ensure_ascii=False).replace(DELETE, "\\u007f")


def _fault_of_query(query: str) -> str:
    """What is wrong with a query, and the fix; empty where nothing is."""
    if len(query) > LONGEST:
        return f"it has {len(query)} characters, and {LONGEST} are read; make several watches of it"
    if len(TERM.findall(query)) > MOST_TERMS:
        return f"it has more than {MOST_TERMS} words and phrases; make several watches of it"
    if query.strip() and not terms_of(query):
        return f"{query!r} holds no word; write words, or leave it out"
    return ""
