"""Find, hide and show single releases."""

from collections.abc import Callable
from contextlib import closing
from typing import TypeAlias

from data.errors import CommuniqueError
from data.models import Release
from data.store.core.store import Store
from scheduler.home.home import Home

MAX_NAME_CHARS = 100
"""Maximum length in characters of an unknown name in an error message."""

MAX_CANDIDATES = 10
"""Maximum number of releases listed in the error message for an ambiguous name."""

Choose: TypeAlias = Callable[[Store], list[str]]
"""Function that returns the ids of the selected releases."""


class NoSuchRelease(CommuniqueError):
    """Raised if no release has the given id or address."""

    def __init__(self, name: str) -> None:
        why = f"there is no release {name[:MAX_NAME_CHARS]!r}" if name else "RELEASE is empty"
        super().__init__(
            f"{why}; give an id, the start of an id, or an address of a release "
            "(`communique search` finds releases)"
        )
        self.name = name


class AmbiguousRelease(CommuniqueError):
    """Raised if several releases have the given address, or ids that begin with the given text."""

    exit_code = 2

    def __init__(self, name: str, found: tuple[str, ...]) -> None:
        what = "an address of several releases" if "://" in name else "the start of several ids"
        super().__init__(f"{name!r} is {what}; give one of these ids: {'; '.join(found)}")
        self.name = name
        self.found = found


def find(store: Store, name: str) -> Release:
    """Find a release by id, start of an id, or address.

    Raises NoSuchRelease if no release matches, and AmbiguousRelease if several releases match.
    """
    # All ids would begin with an empty name.
    found = store.find_releases(name, limit=MAX_CANDIDATES) if name else ()
    if not found:
        raise NoSuchRelease(name)
    if len(found) > 1:
        raise AmbiguousRelease(name, tuple(f"{one.id} ({one.content.title})" for one in found))
    return found[0]


def find_all(names: tuple[str, ...]) -> Choose:
    """Return a function that finds releases by id, start of an id, or address."""
    return lambda store: [find(store, name).id for name in names]


def decide(home: Home, choose: Choose, action: Callable[[Store, str], bool]) -> list[str]:
    """Apply an action to all selected releases in one transaction.

    Returns the ids of the changed releases.
    """
    with closing(home.store()) as store, store.transaction():
        return [one for one in choose(store) if action(store, one)]
