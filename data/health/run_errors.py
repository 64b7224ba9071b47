"""Health code for each kind of run error (docs/reference/codes.md lists the kinds).

Errors of files that belong to releases, and doubts about single releases, don't mean that the
source fails.
"""

from collections.abc import Iterable
from typing import Final, Literal, NewType, TypeAlias

from data.health.codes import state_of_code
from data.models import Run, RunError

SLOW_PAGE_MESSAGE: Final = "a page of this visit is too slow to be read together with other visits"
"""Message of a visit that ends early and continues in a separate process."""

FixedErrorKind: TypeAlias = Literal[
    "archive", "blocked:challenge", "blocked:login", "blocked:maintenance", "browser", "bug",
    "busy", "certificate", "connection", "crawl", "date", "dns", "drift", "empty", "interrupted",
    "layout", "media-type", "moved", "network", "redesign:body", "redesign:date", "redesign:title",
    "redirect", "refused", "replaced", "restless", "robots", "section", "selector",
    "selector:listing", "size", "slow", "slow:moved", "slow:skipped", "slow:visit", "soft-404",
    "stale", "store", "timeout", "truncated", "vanished",
]  # fmt: skip
"""Kinds of errors that do not contain a status."""

StatusErrorKind = NewType("StatusErrorKind", str)
"""Kind of error that contains an HTTP status or another kind, such as ``http:403`` and
``file:size``."""

ErrorKind: TypeAlias = FixedErrorKind | StatusErrorKind
"""Kind of run error. Reports stored by earlier versions may contain other kinds."""

VANISHED: Final = "vanished"
"""Kind of error: many releases of a source are missing at once, so an operator must check it."""

STORE: Final = "store"
"""Kind of error: the store rejected a page."""

BUG: Final = "bug"
"""Kind of error: a bug in Communique occurred while a page was processed."""

CRAWL: Final = "crawl"
"""Kind of error: the crawl could not start, or its process died."""

SLOW: Final = "slow"
"""Kind of error: a page took too much CPU time."""

SLOW_VISIT: Final = "slow:visit"
"""Kind of error: a visit took too much CPU time, apart from its pages."""

SLOW_MOVED: Final = "slow:moved"
"""Kind of error: a page was slow, so the rest of the visit runs in a separate process."""

SLOW_SKIPPED: Final = "slow:skipped"
"""Kind of error: a page was slow in a recent visit, so it was skipped."""

ARCHIVE: Final = "archive"
"""Kind of error: responses could not be archived, for example on a full disk."""

DRIFT: Final = "drift"
"""Kind of error: extraction changed, and the new results wait until an operator accepts them."""

CUT: Final = "interrupted"
"""Kind of error: this machine stopped the visit, which is therefore no evidence about its source.
"""

FILE: Final = "file"
"""Family of errors about files of releases. A source with such errors still works."""

DOUBTS: Final = {"date", "layout", "restless", "selector", "stale"}
REDESIGN: Final = "redesign"
"""Family of errors that only cast doubt on extracted values, like the kinds in DOUBTS. Many such
doubts are reported by data.health.visit_faults."""

LOST_KINDS: Final = {BUG, STORE, SLOW, SLOW_VISIT, SLOW_SKIPPED}
"""Kinds of errors after which the content of a page is missing until a later visit."""

WAIT: Final = "wait"
"""Family of errors of a host that asked us to wait."""

BAD_ANSWER: Final = "site.bad_answer"
"""Health code for kinds of errors without a code of their own."""

KINDS: Final[dict[str, str]] = {
    VANISHED: "release.vanished",
    ARCHIVE: "home.archive",
    DRIFT: "source.drift",
    STORE: "home.store",
    BUG: "visit.bug",
    SLOW: "visit.bug",
    SLOW_VISIT: "visit.bug",
    SLOW_MOVED: "visit.failed",
    SLOW_SKIPPED: "visit.bug",
    CRAWL: "visit.failed",
    "browser": "visit.failed",
    CUT: "visit.failed",
    "busy": "visit.failed",
    "moved": "listing.moved",
    "replaced": "listing.moved",
    "selector:listing": "selector.no_match",
    "redirect": "site.redirects_away",
    # This kind occurs in reports from earlier versions.
    "blocked": "site.challenge",
    "empty": "listing.empty",
    "stale": "feed.stale",
    "restless": "page.restless",
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
    **dict.fromkeys(
        (
            "date", "layout", "media-type", "network", "redesign:body", "redesign:date",
            "redesign:title", "refused", "section", "selector", "size",
        ),
        BAD_ANSWER,
    ),
}  # fmt: skip
"""Health code for each kind of error that prevents the extraction of a source's listing."""

SERVER_ERROR: Final = "http:5"

LISTING_CODES: Final = {"listing.moved", "listing.empty"}
"""Health codes about a missing or empty listing. If the listing was extracted, ``release.unread``
replaces them."""


def http_kind(status: int) -> StatusErrorKind:
    """Return the kind of error for a response with an HTTP status."""
    return StatusErrorKind(f"http:{status}")


def wait_kind(status: int) -> StatusErrorKind:
    """Return the kind of error for a host that asked us to wait with this HTTP status."""
    return StatusErrorKind(f"{WAIT}:{status}")


def file_kind(kind: ErrorKind | int) -> StatusErrorKind:
    """Return the kind of error for a release's file, from the kind or status of its request."""
    return StatusErrorKind(f"{FILE}:{kind}")


def code_of(kind: str) -> str:
    """Return the health code for a kind of error that prevented the extraction of the listing."""
    if kind.startswith(SERVER_ERROR):
        return "site.server_error"
    return KINDS.get(kind, BAD_ANSWER)


def code_of_failure(run: Run, error: RunError) -> str:
    """Return the health code for a run that failed because of an error.

    If the listing was extracted, the error concerns release pages.
    """
    code = code_of(error.kind)
    of_site = code.startswith("site.") and state_of_code(code) == "failing"
    return "release.unread" if run.found and (of_site or code in LISTING_CODES) else code


def decisive(run: Run, listing: str) -> RunError | None:
    """Return the error that made a run fail, or None if the run worked.

    If a run has several errors, the most important one is returned. ``listing`` is the URL of the
    listing; an error there explains why nothing was found.
    """
    errors = errors_of_pages(run)
    if works(run):
        return None
    for kinds in ({VANISHED, ARCHIVE, DRIFT}, LOST_KINDS):
        if found := [error for error in errors if error.kind in kinds]:
            return found[0]
    if not run.found:
        errors = [error for error in errors if error.url == listing] or errors
    broken = [one for one in errors if state_of_code(code_of_failure(run, one)) != "blocked"]
    return (broken or errors)[0]


def was_interrupted(run: Run) -> bool:
    """Return whether this machine ended a visit early."""
    return any(error.kind == CUT for error in run.errors)


def works(run: Run) -> bool:
    """Return whether a source worked in a run.

    It worked if a release was extracted or there were no errors. It also worked if fewer pages
    failed than releases were found, and no error means that a host asked us to wait (WAIT) or that
    a page was lost (LOST_KINDS). It did not work if many releases vanished at once, if pages could
    not be archived, or if the changed source file is held for review.
    """
    errors = errors_of_pages(run)
    if not {VANISHED, ARCHIVE, DRIFT}.isdisjoint(error.kind for error in errors):
        return False
    if not errors:
        return True
    if has_delivered(run):
        return True
    # If only new pages were requested, one of them may fail although the site works.
    failed = len({error.url for error in errors})
    return failed < run.found and {error.family for error in errors}.isdisjoint(LOST_KINDS | {WAIT})


def has_delivered(run: Run) -> bool:
    """Return whether a run extracted any release."""
    return bool(run.found and run.new + run.changed + run.unchanged + run.retracted)


def errors_of_pages(run: Run) -> list[RunError]:
    """Return the errors of a run, except errors of attached files and mere doubts."""
    return [
        error
        for error in run.errors
        if error.family not in {FILE, REDESIGN} and error.kind not in DOUBTS
    ]


def lost_pages(run: Run) -> list[RunError]:
    """Return one error for each page whose content is missing until a later visit."""
    found: Iterable[RunError] = (error for error in run.errors if error.kind in LOST_KINDS)
    return list({error.url: error for error in found}.values())


class SlowPage(BaseException):
    """Raised if a page takes too much CPU time.

    A signal handler raises it. It is not a subclass of Exception, because code that handles errors
    in parts of a page must not catch it. ``kind`` is one of the ``slow`` error kinds.
    """

    def __init__(self, kind: ErrorKind, message: str) -> None:
        super().__init__(message)
        self.kind = kind
