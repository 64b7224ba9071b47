"""Files of another instance, read from its folder or by HTTP: its log, and what it witnessed."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from functools import partial
from pathlib import Path
from typing import Final

from data.archive.log.tiles import Read, read_file
from data.errors import ArchiveError
from data.network.client import OK, Outbound

LOG_BELOW: Final = ("", "log", "site/log", "archive/log")
"""Where the log lies below what somebody names: the log itself, a site, a HOME."""

WITNESS_BELOW: Final = ("", "witness", "site/witness")
"""Where the folder of a witness lies, likewise."""

GONE: Final = {404, 410}


def log_at(place: str, client: Outbound) -> Read:
    """A reader of the log at an address or a path. Raises ArchiveError where there is none."""
    return reader_of(place, LOG_BELOW, "checkpoint", client)


def witness_at(place: str, client: Outbound) -> Read:
    """A reader of what a witness publishes. Raises ArchiveError where there is nothing."""
    return reader_of(place, WITNESS_BELOW, "key", client)


def reader_of(place: str, below: Iterable[str], sought: str, client: Outbound) -> Read:
    """A reader of the first folder below a place that has the file ``sought``."""
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
    raise ArchiveError(place, f"there is no file {sought!r} here, nor where a HOME has it")


def fetched(client: Outbound, base: str, path: str) -> bytes:
    """A file by HTTP. Raises FileNotFoundError, OutboundError and ArchiveError."""
    address = f"{base}/{path}"
    answer = asyncio.run(client.ask("GET", address))
    if answer.status in GONE:
        raise FileNotFoundError(address)
    if answer.status != OK:
        raise ArchiveError(address, f"the server answered {answer.status}")
    return answer.body


def is_address(place: str) -> bool:
    """Whether somebody named an address, not a path."""
    return place.startswith(("http://", "https://"))
