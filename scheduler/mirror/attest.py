"""Get the log signed by witnesses and timestamp authorities, and sign logs of other instances."""

from pathlib import Path
from typing import Final

import msgspec

from data.archive.log.cosigning import ask_witness, asked_witness, is_address, log_at, stamp
from data.archive.log.tree_log import log_of
from data.archive.log.witness import Cosigned, Witness
from data.clock import utc_now
from data.errors import CommuniqueError
from data.network.client import Outbound
from scheduler.home.home import Home
from spiders.download.settings import user_agent

TIMEOUT_SECONDS: Final = 10.0
"""Maximum duration of a request in seconds. A stopping service also waits for a running request."""


class Cosignature(msgspec.Struct, frozen=True):
    """A witness as written in the settings, and the number of leaves that it signed."""

    witness: str
    size: int


class Witnessed(msgspec.Struct, frozen=True):
    """The log of another instance, as written in the settings.

    ``size`` is the number of leaves in its signed tree.
    """

    log: str
    size: int


class Attestation(msgspec.Struct, frozen=True):
    """The witnesses that sign the current log, and the ``witnessed`` logs of other instances.

    ``timestamp`` is the size of the tree that got a time stamp, or None.
    """

    cosignatures: tuple[Cosignature, ...]
    witnessed: tuple[Witnessed, ...]
    timestamp: int | None
    errors: tuple[str, ...]


def is_configured(home: Home) -> bool:
    """Return whether the settings contain a witness, time-stamp authority or log to witness."""
    settings = home.settings.archive
    return bool(settings.witnesses or settings.witnessed or settings.timestamp)


def attest(home: Home) -> Attestation:
    """Request signatures and time stamps from all witnesses and authorities in the settings.

    If a request fails, the remaining requests are still sent.
    """
    settings = home.settings.archive
    log = log_of(home.path)
    client = client_of(home)
    signed, errors = [], []
    for setting in settings.witnesses:
        try:
            asked = asked_witness(setting, home.path)
            if checkpoint := ask_witness(log, asked, client):
                signed.append(Cosignature(asked.place, checkpoint.size))
        except CommuniqueError as error:
            errors.append(str(error))
    witnessed = []
    for place in settings.witnessed:
        try:
            where = place if is_address(place) else str(home.path / Path(place).expanduser())
            size = witness_log(home, where).checkpoint.size
            witnessed.append(Witnessed(place, size))
        except CommuniqueError as error:
            errors.append(str(error))
    dated = None
    if settings.timestamp:
        try:
            dated = stamp(log, settings.timestamp, client)
        except CommuniqueError as error:
            errors.append(str(error))
    at = dated.size if dated else None
    return Attestation(tuple(signed), tuple(witnessed), at, tuple(errors))


def witness_log(home: Home, place: str) -> Cosigned:
    """Sign the log of another instance if it has only grown since the last signature."""
    own = Witness(home.path / "witness", home.path / "witness.key")
    return own.cosign(log_at(place, client_of(home)), place, utc_now())


def client_of(home: Home) -> Outbound:
    """Return the HTTP client for addresses in the settings, which may be in private networks."""
    return Outbound(user_agent(home.settings), allow_private=True, patience=TIMEOUT_SECONDS)
