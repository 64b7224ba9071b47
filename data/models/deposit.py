"""Deposits: requests to other archives to save the page of a release."""

import datetime as dt
from dataclasses import dataclass
from typing import Literal, NamedTuple, TypeAlias

DepositState: TypeAlias = Literal["waiting", "running", "done", "replaced", "refused", "dead"]
"""States of a deposit.

- ``waiting``: it is requested next
- ``running``: it was requested, and the archive reported no result yet
- ``done``: the archive has a capture
- ``replaced``: a newer version is deposited instead
- ``refused``: its address must not be deposited
- ``dead``: the archive rejected it permanently"""


@dataclass(frozen=True, slots=True)
class Deposit:
    """The deposit of one version of a release at an archive.

    ``release`` is the release's id. Times are in seconds since 1970. ``submitted`` is the time of
    the last request to save the page (stored before sending it), or 0. ``job`` is the id of the
    archive's job. If a running deposit has no job, its request may or may not have reached the
    archive. ``attempts`` counts rejections by the archive.
    """

    release: str
    revision: int
    archive: str
    state: DepositState = "waiting"
    due: float = 0.0
    attempts: int = 0
    submitted: float = 0.0
    job: str = ""
    problem: str = ""


@dataclass(frozen=True, slots=True)
class DepositReceipt:
    """The capture that an archive made for a version of a release.

    ``at`` is the time of the capture (aware UTC), and ``url`` its address at the archive.
    """

    archive: str
    revision: int
    at: dt.datetime
    url: str


class DepositCount(NamedTuple):
    """The number of deposits at an archive in one state, and the problem of one of them, or ""."""

    archive: str
    state: DepositState
    number: int
    problem: str
