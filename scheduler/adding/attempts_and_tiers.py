"""What a home directory knows about catalogue entries: attempts to add them, and their tiers.

The log of attempts is HOME/catalogues/attempts/ID.jsonl. After a kill, the next command uses this
log to continue where the killed command stopped. ``catalogue update`` compares a source file with
the text in this log, to keep edits by people.

A tier is not a rating. It is computed from the source files, the visits and the health of sources
in this home directory, and from sample pages.
"""

import datetime as dt
import os
from collections import Counter
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal, TypeAlias

import msgspec

from data.clock import utc_now
from data.errors import CommuniqueError
from data.files import read_regular
from data.store.core.store import Store
from scheduler.home.home import Home
from spiders.catalogue.catalogue import SUFFIX, Entry
from spiders.sources.source_file import LoadedSource, load_sources

State: TypeAlias = Literal["added", "found", "present", "unsure", "failed"]

TierName: TypeAlias = Literal["listed", "read", "tested", "proven"]

PROVEN_AFTER: Final = dt.timedelta(days=90)
"""Minimum time that a source must be visited without a fault before its tier is ``proven``."""

ATTEMPTS_FOLDER: Final = "attempts"
"""Folder in HOME/catalogues that contains the logs of attempts."""

FINISHED_PREFIX: Final = b'{"finished":'
"""Start of the line that is appended when a command has tried all of its entries."""


class Attempt(msgspec.Struct, frozen=True, omit_defaults=True):
    """Result of an attempt to add a catalogue entry.

    - ``added``: ``text`` was written to the file of ``source``
    - ``found``: the entry can be added; nothing was written, because this was only a check
    - ``present``: ``source`` collects from the entry's press room already
    - ``unsure``: nothing was written, because the releases or the institution are uncertain
    - ``failed``: no releases were found

    ``reason`` explains all results except ``added`` and ``found``. ``listed`` is the catalogue
    entry at the time of the attempt.
    """

    entry: str
    state: State
    at: dt.datetime
    reason: str = ""
    source: str = ""
    url: str = ""
    releases: int = 0
    text: str = ""
    listed: Entry | None = None

    @property
    def shown(self) -> str:
        """Return the result as text, with its day and reason."""
        start = f"{self.state}, {self.at:%Y-%m-%d}"
        return f"{start}: {self.reason}" if self.reason else start


class BadRecord(CommuniqueError):
    """Raised if a log of attempts can't be read or written."""

    def __init__(self, path: Path, why: str) -> None:
        super().__init__(f"{path}: {why}; repair this file, or delete it to begin again")
        self.path = path


class AttemptLog:
    """Log of the attempts to add entries of one catalogue. Only one process may write at a time."""

    def __init__(self, home: Home, catalogue: str) -> None:
        self._path = home.catalogues / ATTEMPTS_FOLDER / f"{catalogue}{SUFFIX}"
        self.attempts: dict[str, Attempt] = {}
        """Last attempt to add each entry, by the entry's id."""
        self.unfinished: dict[str, Attempt] = {}
        """Attempts of the last command by entry id if it was interrupted. Otherwise empty."""
        self.written: dict[str, Attempt] = {}
        """Last attempt that wrote a source file, by the entry's id."""
        self._whole: int | None = None
        """Length in bytes of the file's complete lines when it was read, or None.

        Before the first write, a line that was only partly written is cut off there.
        """
        self._read()

    def add(self, attempt: Attempt) -> None:
        """Append an attempt to the file. Raises BadRecord if the file can't be written."""
        self._append(attempt)
        self._note(attempt)

    def finish(self, at: dt.datetime) -> None:
        """Record that a command has tried all of its entries.

        Raises BadRecord if the file can't be written.
        """
        if self.unfinished:
            self._append({"finished": at})
            self.unfinished = {}

    def _note(self, attempt: Attempt) -> None:
        self.attempts[attempt.entry] = attempt
        self.unfinished[attempt.entry] = attempt
        if attempt.text:
            self.written[attempt.entry] = attempt

    def _read(self) -> None:
        try:
            content = read_regular(self._path)
        except FileNotFoundError:
            return
        except OSError as error:
            raise BadRecord(self._path, f"the file can't be read ({error.strerror})") from error
        # The last line is incomplete if its writer was killed.
        self._whole = content.rfind(b"\n") + 1
        for number, line in enumerate(content.split(b"\n")[:-1], 1):
            try:
                if line.startswith(FINISHED_PREFIX):
                    self.unfinished = {}
                else:
                    self._note(msgspec.json.decode(line, type=Attempt))
            except msgspec.DecodeError as error:
                raise BadRecord(
                    self._path, f"line {number} is not a valid record ({error})"
                ) from error

    def _append(self, row: object) -> None:
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            with self._path.open("ab") as file:
                if self._whole is not None:
                    file.truncate(self._whole)
                    self._whole = None
                file.write(msgspec.json.encode(row) + b"\n")
                file.flush()
                os.fsync(file.fileno())
        except OSError as error:
            raise BadRecord(self._path, f"the file can't be written ({error.strerror})") from error


@dataclass(frozen=True, slots=True)
class Tier:
    """The tier of a catalogue entry, and the id of its source or "".

    - ``listed``: no visit has collected its press room yet
    - ``read``: visits have collected it since ``since``
    - ``tested``: it also has a sample page with expected values
    - ``proven``: it was visited for 90 days, and had no fault in the last 90 days
    """

    name: TierName = "listed"
    source: str = ""
    since: dt.datetime | None = None

    @property
    def shown(self) -> str:
        """The tier, with the day of the first visit."""
        return f"{self.name}, {self.since:%Y-%m-%d}" if self.since else self.name


class Tiers:
    """The tiers of all catalogue entries in a home directory."""

    def __init__(self, home: Home) -> None:
        self._home = home
        self._now = utc_now()
        self.sources = sources_by_entry(home)
        self._tiers: dict[str, Tier] = {}
        if self.sources and home.has_store:
            with closing(home.plain_store()) as store:
                self._rate(store)

    def of(self, key: str) -> Tier:
        """Return the tier of an entry. ``key`` is ``catalogue`` in its source file."""
        if tier := self._tiers.get(key):
            return tier
        source = self.sources.get(key)
        return Tier(source=source.id if source else "")

    def added(self, catalogue: str) -> int:
        """Return the number of entries of a catalogue that have a source."""
        return Counter(key.partition("/")[0] for key in self.sources)[catalogue]

    def _rate(self, store: Store) -> None:
        read, last_changes = store.read_sources(), store.last_health_events()
        for key, source in self.sources.items():
            since = store.first_visit(source.id)
            if since is None or source.id not in read:
                continue
            change = last_changes.get(source.id)
            faultless = change is None or (change.well and self._is_long_ago(change.at))
            tested = (self._home.samples / source.id / "expected.json").is_file()
            name: TierName = "tested" if tested else "read"
            if self._is_long_ago(since) and faultless:
                name = "proven"
            self._tiers[key] = Tier(name, source.id, since)

    def _is_long_ago(self, at: dt.datetime) -> bool:
        return self._now - at >= PROVEN_AFTER


def sources_by_entry(home: Home) -> dict[str, LoadedSource]:
    """Return the user's sources that come from a catalogue, by the value of ``catalogue``."""
    loaded, _ = load_sources(home.sources)
    return {one.file.catalogue: one for one in loaded.values() if one.own and one.file.catalogue}
