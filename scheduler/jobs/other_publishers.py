"""Whether another HOME on the same database published since this one did.

A publication marks changed feeds as published in the database, while its files are in one HOME: the
others lack them, and have to render everything when it is their turn. Each publication takes a
number where it begins and another one where it ends. So a HOME whose last numbers are followed by
its next ones was alone.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Final

from data.errors import PublishError
from data.files import Writer
from scheduler.home import Home

FILE: Final = "publication"
"""In HOME: the number after which it goes on where no other HOME publishes."""


@contextmanager
def publication_turn(home: Home) -> Iterator[bool]:
    """Publish within; True where everything has to be rendered, since another HOME published.

    Raises StoreError and PublishError.
    """
    if not home.settings.store.url:
        # A file is the store of one HOME.
        yield False
        return
    # Imported here: a HOME without a database has no library for one.
    from data.store.postgres.publications import count_publication  # noqa: PLC0415

    begun = count_publication(home.store_url)
    another = _last(home) != begun - 1
    if not another:
        _note(home, begun)
    yield another
    # Not the number of the end: where that is a later one, another HOME began or ended meanwhile.
    count_publication(home.store_url)
    _note(home, begun + 1)


def _last(home: Home) -> int:
    with suppress(OSError, ValueError):
        return int((home.path / FILE).read_text(encoding="ascii"))
    return -1


def _note(home: Home, number: int) -> None:
    writer = Writer(home.path)
    try:
        writer.write(FILE, f"{number}\n".encode())
        writer.flush()
    except OSError as error:
        raise PublishError(str(home.path / FILE), error.strerror or str(error)) from error
