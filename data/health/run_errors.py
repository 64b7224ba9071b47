"""The health code of each kind of run error (docs/reference/codes.md lists the kinds).

Some of it is no failure of a source: files that belong to its releases, doubts about single ones.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from data.health.codes import state_of_code
from data.models import Run, RunError

VANISHED: Final = "vanished"
"""The kind of error by which much of a source is gone at once: a person has to look."""

ARCHIVE: Final = "archive"
"""The kind of error by which the archive failed and what was served is not kept: see the disk."""

DRIFT: Final = "drift"
"""The kind of error by which another way of reading is held back: a person has to accept it."""

FILE: Final = "file"
"""The family of errors of files that belong to releases: a source works without them."""

DOUBTS: Final = {"date", "layout", "selector", "stale"}
REDESIGN: Final = "redesign"
"""Kinds, and a family, of errors by which what was read is doubted: signs tell where much is."""

LOST: Final = {"bug", "store", "slow", "slow:visit", "slow:skipped"}
"""Kinds of errors by which we ourselves lose what a page says, until a later visit."""

WAIT: Final = "wait"
"""The family of errors by which a host asks us to stay away for a while."""

KINDS: Final = {
    VANISHED: "release.vanished",
    ARCHIVE: "home.archive",
    DRIFT: "source.drift",
    "store": "home.store",
    "bug": "visit.bug",
    "slow": "visit.bug",
    "slow:visit": "visit.bug",
    "slow:moved": "visit.failed",
    "slow:skipped": "visit.bug",
    "crawl": "visit.failed",
    "browser": "visit.failed",
    "interrupted": "visit.failed",
    "busy": "visit.failed",
    "moved": "listing.moved",
    "replaced": "listing.moved",
    "selector:listing": "selector.no_match",
    "redirect": "site.redirects_away",
    # As reports of earlier versions have it.
    "blocked": "site.challenge",
    "empty": "listing.empty",
    "stale": "feed.stale",
    "robots": "site.robots",
    "blocked:challenge": "site.challenge",
    "blocked:login": "site.login",
    "blocked:maintenance": "site.server_error",
    "http:401": "site.login",
    "http:403": "site.blocked",
    "http:429": "site.blocked",
    "http:451": "site.blocked",
    "wait:429": "site.blocked",
    "wait:503": "site.server_error",
    "http:404": "listing.moved",
    "http:410": "listing.moved",
    "soft-404": "listing.moved",
    "certificate": "site.certificate",
    "timeout": "site.timeout",
    "dns": "site.dns",
    "connection": "site.connection",
    "truncated": "site.connection",
}
"""The code of each kind of error that leaves a source without its listing."""

SERVER_ERROR: Final = "http:5"

BAD_ANSWER: Final = "site.bad_answer"
"""The code of all other kinds."""

OF_RELEASES: Final = {"listing.moved", "listing.empty"}
"""Codes of a listing that, where it was read, are of releases that it names."""


def code_of(kind: str) -> str:
    """The code of a kind of error that leaves a source without its listing."""
    if kind.startswith(SERVER_ERROR):
        return "site.server_error"
    return KINDS.get(kind, BAD_ANSWER)


def code_of_failure(run: Run, error: RunError) -> str:
    """The code of a run that did not work because of an error.

    Where its listing was read, it is the releases that could not be.
    """
    code = code_of(error.kind)
    of_site = code.startswith("site.") and state_of_code(code) == "failing"
    return "release.unread" if run.found and (of_site or code in OF_RELEASES) else code


def decisive(run: Run, listing: str) -> RunError | None:
    """The error that says why a run did not work, None where it did.

    Of several it is what a person has to look at first. ``listing`` is the address of the listing:
    where nothing was found, what is wrong with it says why.
    """
    errors = errors_of_pages(run)
    if works(run):
        return None
    for kinds in ({VANISHED, ARCHIVE, DRIFT}, LOST):
        if found := [error for error in errors if error.kind in kinds]:
            return found[0]
    if not run.found:
        errors = [error for error in errors if error.url == listing] or errors
    broken = [one for one in errors if state_of_code(code_of_failure(run, one)) != "blocked"]
    return (broken or errors)[0]


def works(run: Run) -> bool:
    """Whether a run could read any release, or had nothing to complain of.

    One that found releases and lost all of them on the way to the store does not work, nor does one
    that could read none of them, from which many vanished at once, whose pages could not be
    archived, or whose changed file is held back.
    """
    errors = errors_of_pages(run)
    if not {VANISHED, ARCHIVE, DRIFT}.isdisjoint(error.kind for error in errors):
        return False
    if not errors:
        return True
    if has_delivered(run):
        return True
    # A site that is only asked for what is new may have one page that fails, and work.
    failed = len({error.url for error in errors})
    return failed < run.found and {error.family for error in errors}.isdisjoint(LOST | {WAIT})


def has_delivered(run: Run) -> bool:
    """Whether a run read any release."""
    return bool(run.found and run.new + run.changed + run.unchanged + run.retracted)


def errors_of_pages(run: Run) -> list[RunError]:
    """What went wrong in a run but for files that belong to releases, and mere doubts."""
    return [
        error
        for error in run.errors
        if error.family not in {FILE, REDESIGN} and error.kind not in DOUBTS
    ]


def lost_pages(run: Run) -> list[RunError]:
    """What we ourselves lost of a run, until a later visit, one for each page."""
    found: Iterable[RunError] = (error for error in run.errors if error.kind in LOST)
    return list({error.url: error for error in found}.values())
