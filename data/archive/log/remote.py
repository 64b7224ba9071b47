"""Reader of the log and cosignatures of another instance, from a folder or over HTTP."""

import asyncio
from collections.abc import Iterable
from functools import partial
from pathlib import Path
from typing import Final

from data.archive.log.tiles import Read, read_file
from data.errors import ArchiveError
from data.network.client import OK, Outbound

LOG_BELOW: Final = ("", "log", "site/log", "archive/log")
"""Paths where a log may be, relative to the given address or path."""

WITNESS_BELOW: Final = ("", "witness", "site/witness")
"""Paths where a witness's published files may be, relative to the given address or path."""

GONE_STATUSES: Final = {404, 410}


def log_at(place: str, client: Outbound) -> Read:
    """Return a function that reads files of the log at an address or path.

    Raises ArchiveError if no log is found.
    """
    return reader_of(place, LOG_BELOW, "checkpoint", client)


def witness_at(place: str, client: Outbound) -> Read:
    """Return a function that reads the published files of the witness at an address or path.

    Raises ArchiveError if the files are missing.
    """
    return reader_of(place, WITNESS_BELOW, "key", client)


def reader_of(place: str, below: Iterable[str], sought: str, client: Outbound) -> Read:
    """Return a function that reads files from the first folder with the file ``sought``.

    ``below`` lists the folders, relative to the address or path ``place``.
    """
    for folder in below:
        if is_address(place):
            base = "/".join(filter(None, (place.rstrip("/"), folder)))
            read: Read = partial(fetched, client, base)
        else:
            read = partial(read_file, Path(place).expanduser() / folder)
        try:
            read(sought)
        except (FileNotFoundError, NotADirectoryError):
            continue
        return read
    raise ArchiveError(
        place,
        f"the file {sought!r} is missing here and in the usual folders of a home directory",
    )


def fetched(client: Outbound, base: str, path: str) -> bytes:
    """Download a file over HTTP. Raises FileNotFoundError, OutboundError and ArchiveError."""
    address = f"{base}/{path}"
    answer = asyncio.run(client.ask("GET", address))
    if answer.status in GONE_STATUSES:
        raise FileNotFoundError(address)
    if answer.status != OK:
        raise ArchiveError(address, f"the server returned status {answer.status}")
    return answer.body


def is_address(place: str) -> bool:
    """Return whether ``place`` is an HTTP address and not a path."""
    return place.startswith(("http://", "https://"))
