"""Watch files: strictly validated TOML files that define which events cause alerts, in a folder."""

import json
import secrets
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any, ClassVar, Final, TypeAlias

import msgspec

from data.clock import fault_of_zone
from data.errors import QueryError, UnknownWatch, WatchError
from data.languages.tags import fault_of_language
from data.models import AlertKind
from data.models.event import EditWord
from data.search.expression import And, Expression, Not, Term, is_bounded
from data.search.query import fault_of_older, upgraded
from data.search.syntax import LANGUAGE_VERSION, parse
from data.toml_files import ID, check_id, decode, find_file, read_text, toml_files

TOKEN_BYTES: Final = 24
"""Number of random bytes in the token for a watch's feed."""

CLOCK: Final = r"([01]\d|2[0-3]):[0-5]\d"
"""Pattern that matches a time of day."""

WEEKDAYS: Final = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")

DELETE: Final = "\x7f"
"""The only character that JSON encoders write unescaped although TOML requires an escape."""

Stamp: TypeAlias = tuple[int, int, int]
"""Modification time in nanoseconds, size and inode of a file. A change of the file changes them."""


class FeedAccess(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Access to the feed of a watch's matches for anyone who knows its ``token``."""

    token: Annotated[
        Annotated[str, msgspec.Meta(pattern=r"^[A-Za-z0-9_-]{16,128}\Z")],
        msgspec.Meta(description="Letters, digits, hyphens and underscores, 16 or more."),
    ]


class Channel(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Base class for channels: tables in a watch file that define where alerts are sent.

    The channels are subclasses in feeds.alerts.channels; ``table`` is the name of their table.
    """

    table: ClassVar[str]

    @property
    def outputs(self) -> tuple[str, ...]:
        """Return the names of the outputs.

        An output has the name of its table, or ``table:recipient`` if there are several recipients.
        """
        return (self.table,)

    def fault(self) -> tuple[str, str] | None:
        """Return the invalid key and how to fix it, or None if the channel is valid."""
        return None


class Watch(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """Content of a watch file. The file name without its suffix is the watch's id.

    Each condition narrows the watch. ``query`` requires words in a release (see
    data.search.syntax); the other filters require one of their values. ``query_language`` is the
    version of its language. ``topics`` are slugs. A language includes its regions. ``backlog``
    includes imported releases and releases from before the first visit to their source.
    ``min_weight`` and ``edit_classes`` apply only to edits. While the watch is ``paused``, it
    matches nothing, and pending alerts stay queued.

    The outputs of the watch send alerts immediately, or with a ``digest`` as one message per day or
    week. During ``quiet`` hours nothing is sent; at their end, one message follows. Both use
    ``timezone`` (see data.watches.schedule).
    """

    name: Annotated[str, msgspec.Meta(min_length=1)]
    query: str = ""
    query_language: Annotated[int, msgspec.Meta(ge=1, le=LANGUAGE_VERSION)] = 1
    """Write 2 for queries with OR, brackets and fields."""
    sources: tuple[str, ...] = ()
    topics: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()
    kinds: tuple[AlertKind, ...] = ("release", "edit", "retraction", "return")
    min_weight: Annotated[float, msgspec.Meta(ge=0, le=1)] = 0.0
    """Write a number from 0 to 1, such as 0.3."""
    edit_classes: tuple[EditWord, ...] = ()
    backlog: bool = False
    timezone: str = "UTC"
    paused: bool = False
    digest: Annotated[
        Annotated[str, msgspec.Meta(pattern=rf"^((daily|{'|'.join(WEEKDAYS)}) {CLOCK})?\Z")],
        msgspec.Meta(description='Write "daily 08:00", or a day of the week: "monday 08:00".'),
    ] = ""
    quiet: Annotated[
        Annotated[str, msgspec.Meta(pattern=rf"^({CLOCK}-{CLOCK})?\Z")],
        msgspec.Meta(description='Write two times of day such as "22:00-07:00".'),
    ] = ""
    feed: FeedAccess | None = None

    @property
    def present_query(self) -> str:
        """Return the query in the current version of the query language."""
        return self.query if self.query_language > 1 else upgraded(self.query)

    @property
    def channels(self) -> tuple[Channel, ...]:
        """Return the channels that send the alerts. A PlainWatch has none."""
        values = (getattr(self, name) for name in self.__struct_fields__)
        return tuple(one for one in values if isinstance(one, Channel))

    @property
    def outputs(self) -> tuple[str, ...]:
        """Return the outputs of all channels, such as ``mail:desk@news.example``."""
        return tuple(output for channel in self.channels for output in channel.outputs)

    @property
    def sends_nothing(self) -> bool:
        """Whether the watch has neither an output nor a feed. A PlainWatch has no outputs."""
        return not (self.outputs or self.feed)


class PlainWatch(Watch, frozen=True, forbid_unknown_fields=False):
    """A watch without its channels, for code that sends no alerts.

    Tables for channels in its file are ignored.
    """


def watch_type(channels: Iterable[type[Channel]]) -> type[Watch]:
    """Return a subclass of Watch for files that may contain the tables of ``channels``."""
    made: Any = msgspec.defstruct(
        "WatchFile",
        [(one.table, one | None, None) for one in channels],
        bases=(Watch,),
        frozen=True,
        forbid_unknown_fields=True,
        omit_defaults=True,
    )
    kind: type[Watch] = made
    return kind


def load_watch(folder: Path, watch_id: str, kind: type[Watch]) -> Watch:
    """Read the watch with an id from a folder.

    ``kind`` determines the channels that its file may contain. Raises WatchError, and UnknownWatch
    if the file is missing.
    """
    return read_watch(find_watch(folder, watch_id), kind)


def find_watch(folder: Path, watch_id: str) -> Path:
    """Return the path of the watch file with an id. The content of the file may be invalid.

    Raises UnknownWatch if the file is missing, and WatchError if the folder can't be read.
    """
    path = find_file(folder, watch_id, WatchError)
    if path is None:
        raise UnknownWatch(watch_id, tuple(one.stem for one in toml_files(folder, WatchError)))
    return path


def read_watch(path: Path, kind: type[Watch]) -> Watch:
    """Read the watch in a file. Raises WatchError, whose message contains file, key and fix."""
    check_id(path, WatchError)
    return parse_watch(read_text(path, WatchError), str(path), kind)


def parse_watch(text: str, path: str, kind: type[Watch]) -> Watch:
    """Parse the TOML ``text`` of a watch. Raises WatchError.

    ``path`` is used in error messages.
    """
    watch = decode(text, kind, path, WatchError)
    for key, fix in _faults_of(watch):
        raise WatchError(path, key, fix)
    return watch


def _faults_of(watch: Watch) -> Iterator[tuple[str, str]]:
    """Yield the keys with invalid values, and how to correct them."""
    if fault := _fault_of_query(watch):
        yield "query", fault
    for source in watch.sources:
        if not ID.fullmatch(source):
            fix = f"{source!r} is not a source id; `communique sources list` shows all ids"
            yield "sources", fix
    yield from (("languages", fix) for one in watch.languages if (fix := fault_of_language(one)))
    if not watch.kinds:
        yield "kinds", "the list of kinds is empty; remove the key, or write at least one kind"
    if fault := fault_of_zone(watch.timezone):
        yield "timezone", fault
    if watch.quiet and len({*watch.quiet.split("-")}) == 1:
        yield "quiet", "both times are the same; write two different times"
    for channel in watch.channels:
        if found := channel.fault():
            yield f"{channel.table}.{found[0]}", found[1]


def new_token() -> str:
    """Return a random token for a watch's feed."""
    return secrets.token_urlsafe(TOKEN_BYTES)


def to_toml(watch: Watch) -> str:
    """Return the text for a watch's file, without keys that have their default value."""
    values: dict[str, Any] = msgspec.to_builtins(watch)
    tables = {key: values.pop(key) for key, value in [*values.items()] if isinstance(value, dict)}
    lines = [f"{key} = {_value(value)}\n" for key, value in values.items()]
    for name, table in tables.items():
        lines += [f"\n[{name}]\n", *(f"{key} = {_value(value)}\n" for key, value in table.items())]
    return "".join(lines)


def _value(value: object) -> str:
    return json.dumps(value, ensure_ascii=False).replace(DELETE, "\\u007f")


def _fault_of_query(watch: Watch) -> str:
    """Return the fault in the query of a watch and its fix, or an empty string."""
    query = watch.query
    if watch.query_language == 1 and (fault := fault_of_older(query)):
        return f"{fault}; split it into several watches"
    try:
        expression = parse(watch.present_query)
    except QueryError as error:
        return str(error)
    if expression is None:
        return f"{query!r} contains no word; write words, or remove it" if query.strip() else ""
    if contradiction := _contradiction(expression):
        return f"{query!r} both requires and excludes {contradiction!r}, so it never matches"
    if not is_bounded(expression) and not (watch.sources or watch.topics or watch.languages):
        return (
            "the query only excludes words, so it matches nearly everything; write a word that is"
            " not excluded, or narrow the watch by sources, topics or languages"
        )
    return ""


def _contradiction(expression: Expression) -> str:
    """Return words that an expression both requires and excludes, or an empty string."""
    parts = expression.parts if isinstance(expression, And) else ()
    required = [one.spaced for one in parts if isinstance(one, Term)]
    for one in parts:
        match one:
            case Not(Term(place="") as excluded):
                if any(excluded.spaced in other for other in required):
                    return excluded.words
    return ""


class WatchFolder:
    """The watches in a folder. Each file is cached until it changes."""

    def __init__(self, path: Path, kind: type[Watch]) -> None:
        self._path = path
        self._kind = kind
        self._read: dict[str, tuple[Stamp, Watch | WatchError]] = {}

    def refresh(self) -> bool:
        """Read files that were added or changed, and drop removed files.

        Returns whether any file was added, changed or removed.
        """
        found: dict[str, tuple[Stamp, Watch | WatchError]] = {}
        for path in toml_files(self._path, WatchError):
            try:
                stat = path.stat()
                stamp = stat.st_mtime_ns, stat.st_size, stat.st_ino
            except OSError as error:
                if isinstance(error, FileNotFoundError) and not path.is_symlink():
                    continue
                # The link is broken or permissions are missing. Reading the file reports the error.
                stamp = 0, 0, 0
            known = self._read.get(path.stem)
            if known and known[0] == stamp:
                found[path.stem] = known
                continue
            try:
                found[path.stem] = stamp, read_watch(path, self._kind)
            except WatchError as error:
                found[path.stem] = stamp, error
        changed = found != self._read
        self._read = found
        return changed

    @property
    def watches(self) -> Mapping[str, Watch]:
        """Return the valid watches by id."""
        return {name: one for name, (_, one) in self._read.items() if isinstance(one, Watch)}

    @property
    def invalid(self) -> frozenset[str]:
        """Return the ids of invalid watch files."""
        return frozenset(self._read.keys() - self.watches.keys())

    @property
    def errors(self) -> tuple[WatchError, ...]:
        """Return the errors of invalid watch files."""
        return tuple(one for _, one in self._read.values() if isinstance(one, WatchError))


def load_watches(
    folder: Path, kind: type[Watch]
) -> tuple[Mapping[str, Watch], tuple[WatchError, ...]]:
    """Return the valid watches in a folder by id, and the errors of invalid watch files."""
    loaded = WatchFolder(folder, kind)
    loaded.refresh()
    return loaded.watches, loaded.errors
