"""Input and result of the doctor's checks."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Literal, TypeAlias

import msgspec

from data.errors import StoreError
from data.store.sqlite.copy import StoreCopy, read_copy
from scheduler.home.home import Home

Level: TypeAlias = Literal["ok", "warning", "error"]


class Finding(msgspec.Struct, frozen=True):
    """Result of a check: one sentence, and how to fix the problem (empty without a problem).

    An ``error`` stops Communique from working, or loses data. A ``warning`` may become an error
    later.
    """

    check: str
    level: Level
    text: str
    fix: str = ""


@dataclass(frozen=True)
class Examination:
    """The home directory that all checks of one run examine."""

    home: Home

    @cached_property
    def stored(self) -> StoreCopy | None:
        """Return the contents of the store, or None if it is in PostgreSQL or can't be read."""
        if not self.home.store_files:
            return None
        try:
            return read_copy(self.home.database)
        except StoreError:
            # The check of the store reports this error.
            return None


Check: TypeAlias = Callable[[Examination], Iterator[Finding]]
