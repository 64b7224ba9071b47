"""The record of attempts to add the entries of a catalogue, HOME/catalogues/attempts/ID.jsonl.

It has two uses. After a kill, the next command continues where the last one ended. And `catalogue
update` compares a source file with the text that was written, to keep the edits of people.
"""

import datetime as dt
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Final, Literal, TypeAlias

import msgspec

from data.errors import CommuniqueError
from data.files import read_regular
from scheduler.home.home import Home
from spiders.catalogue.catalogue import SUFFIX, Entry

State: TypeAlias = Literal["added", "found", "present", "unsure", "failed"]

FOLDER: Final = "attempts"
"""Folder in HOME/catalogues with these records."""

FINISHED_PREFIX: Final = b'{"finished":'
"""Beginning of the line that a command appends after its last entry."""


class Attempt(msgspec.Struct, frozen=True, omit_defaults=True):
    """The result of an attempt to add an entry.

    - ``added``: ``text`` was written to the file of ``source``
    - ``found``: the entry can be added; nothing was written, because this was only a check
    - ``present``: ``source`` collects from the entry's press room already
    - ``unsure``: nothing was written, because the releases or the institution are uncertain
    - ``failed``: nothing was found

    ``reason`` explains all results except ``added`` and ``found``. ``listed`` is the entry in the
    catalogue at that time.
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
        """The result with its day and reason."""
        start = f"{self.state}, {self.at:%Y-%m-%d}"
        return f"{start}: {self.reason}" if self.reason else start


class BadRecord(CommuniqueError):
    """The record of attempts can't be read or written."""

    def __init__(self, path: Path, why: str) -> None:
        super().__init__(f"{path}: {why}; repair this file, or delete it to begin again")
        self.path = path


class AttemptLog:
    """The attempts for one catalogue. Only one process may write at a time."""

    def __init__(self, home: Home, catalogue: str) -> None:
        self._path = home.catalogues / FOLDER / f"{catalogue}{SUFFIX}"
        self.attempts: dict[str, Attempt] = {}
        """The last attempt of each entry."""
        self.unfinished: dict[str, Attempt] = {}
        """The attempts of the last command, if it did not try all its entries."""
        self.written: dict[str, Attempt] = {}
        """The last attempt of each entry that wrote a source file."""
        self._whole: int | None = None
        """Length in bytes of all complete lines. An incomplete last line is cut off."""
        self._read()

    def add(self, attempt: Attempt) -> None:
        """Append an attempt. Raises BadRecord."""
        self._append(attempt)
        self._note(attempt)

    def finish(self, at: dt.datetime) -> None:
        """Record that a command has tried all entries that it was given. Raises BadRecord."""
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
                raise BadRecord(self._path, f"line {number} is not a record ({error})") from error

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


def last_attempts(home: Home, catalogue: str) -> Mapping[str, Attempt]:
    """Return the last attempt to add each entry of a catalogue, by entry. Raises BadRecord."""
    return AttemptLog(home, catalogue).attempts
