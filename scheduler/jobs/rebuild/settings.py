"""The settings of a HOME that was written anew: its store is a file of its own.

The database that the old one named may be at work still, for other machines: nothing that is
written anew goes there but by `communique migrate`.
"""

from __future__ import annotations

from typing import Final

import tomlkit
from tomlkit.exceptions import ParseError

LEFT_OUT: Final = ("store", "run")

NOTE: Final = (
    "Written anew from the archive: the store is communique.db here, so [store] and [run] were "
    "left out. `communique migrate` moves it into a database again."
)


def with_own_store(content: bytes) -> bytes:
    """The text of communique.toml without the database that it names; else as it is."""
    try:
        settings = tomlkit.parse(content)
    except (ParseError, ValueError):
        # Whoever opens this HOME is told of it.
        return content
    named = [name for name in LEFT_OUT if name in settings]
    for name in named:
        settings.remove(name)
    if not named:
        return content
    return f"# {NOTE}\n{tomlkit.dumps(settings)}".encode()
