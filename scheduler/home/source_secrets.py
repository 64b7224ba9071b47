"""Secrets in the addresses of source files, which a site must not show."""

from collections.abc import Iterable, Sequence
from contextlib import suppress

from data.errors import PublishError, SourceError
from data.store.core.store import Store
from data.text.masking import MASK
from scheduler.home.home import Home
from spiders.sources.source_file import LoadedSource, choose, load_sources

LACKING_MESSAGE = (
    "{} lacks the secret of its address, and pages of this source could show the secret: write the "
    "secret into the file, then run `communique publish --all`"
)


def missing_secrets(names: Iterable[str]) -> tuple[PublishError, ...]:
    """Return an error for each source file, named in its home directory, that lacks its secret."""
    return tuple(PublishError("site", LACKING_MESSAGE.format(name)) for name in names)


def sources_without_secret(home: Home) -> tuple[PublishError, ...]:
    """Return an error for each source file whose address has ``***`` instead of a secret.

    A rebuild writes such files, because the archive contains no secrets. The texts of the source
    may contain the secret, so the site can't be published until the secret is known.
    """
    return missing_secrets(
        f"sources/{one.path.name}"
        for one in _own_sources(home)
        if any(MASK in address for address in one.file.addresses)
    )


def note_source_secrets(home: Home, store: Store) -> None:
    """Store the addresses of source files that contain secrets. Raises StoreError."""
    for one in _own_sources(home):
        store.note_addresses(one.file.addresses)


def _own_sources(home: Home) -> Sequence[LoadedSource]:
    """Return the valid source files of a home directory."""
    with suppress(SourceError):
        return choose(load_sources(home.sources)[0], ())
    return ()
