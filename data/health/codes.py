"""Health codes, with their states and meanings.

Programs should use the code, because the sentence with the reason may change. docs/health.md lists
the codes.
"""

from typing import Final, Literal, NamedTuple, TypeAlias

State: TypeAlias = Literal["ok", "late", "silent", "failing", "blocked", "new"]

Condition: TypeAlias = State | Literal["degraded"]
"""State of a source, or ``degraded`` if the source works but has the fault that its code describes.
"""

DEGRADED: Final = "works but has a fault"
"""Readable text for the condition ``degraded``."""

WELL: Final[frozenset[Condition]] = frozenset({"ok", "late", "new"})
"""Conditions in which a source needs no attention."""


def condition_text(condition: str) -> str:
    """Return the readable text for a condition."""
    return DEGRADED if condition == "degraded" else condition


class Meaning(NamedTuple):
    """Meaning of a health code: a state, and a sentence for the documentation.

    ``may_degrade`` is true if a source may work despite this fault. Its state is then ``ok``.
    """

    state: State
    says: str
    may_degrade: bool = False


class Verdict(NamedTuple):
    """Health of a source: a code, and the reason as a readable sentence.

    ``degraded`` is true if the source works despite the fault.
    """

    code: str
    reason: str
    degraded: bool = False

    @property
    def state(self) -> State:
        """Return the state of the source: ``ok`` if the source works despite a fault."""
        return "ok" if self.degraded else state_of_code(self.code)

    @property
    def condition(self) -> Condition:
        """Return the state of the source, or ``degraded`` if it works but has a fault."""
        return "degraded" if self.degraded else self.state


CODES: Final = {
    "ok": Meaning("ok", "It works and publishes as usual."),
    "paused": Meaning("ok", "A person paused the source, so it is not visited."),
    "new.unvisited": Meaning("new", "It was never visited."),
    "new.no_release": Meaning("new", "It works, but no release has been found."),
    "late": Meaning("late", "A release was expected by now."),
    "silent": Meaning("silent", "It works, but the silence is too long to be chance."),
    "listing.empty": Meaning("failing", "Its listing contains no releases."),
    "listing.moved": Meaning(
        "failing", "Its listing is gone (404, 410), or leads to another page."
    ),
    "listing.lost_rows": Meaning(
        "failing", "Releases disappeared from its listing without newer ones."
    ),
    "listing.stands_still": Meaning(
        "failing", "Its listing, or the page of its feed, ends before known releases."
    ),
    "release.unread": Meaning("failing", "The pages of its releases can't be read."),
    "release.thin": Meaning("failing", "Its releases have much less text than before, or none."),
    "release.titles_alike": Meaning("failing", "All its releases suddenly have the same title."),
    "release.texts_alike": Meaning(
        "failing", "All its releases have the same text, for example a notice."
    ),
    "release.garbled": Meaning("failing", "Letters are garbled: a wrong character set."),
    "release.fields_lost": Meaning(
        "failing", "Dates or other fields are missing that were there before."
    ),
    "release.vanished": Meaning("failing", "Many of its releases are gone at once."),
    "selector.no_match": Meaning(
        "failing", "A selector of its source file matches nothing.", may_degrade=True
    ),
    "site.redirects_away": Meaning("failing", "Its listing leads to another site."),
    "site.certificate": Meaning(
        "failing",
        "No secure connection is possible (TLS), or its certificate expired.",
        may_degrade=True,
    ),
    "site.timeout": Meaning("failing", "It responds too slowly."),
    "site.dns": Meaning("failing", "Its host name does not resolve."),
    "site.connection": Meaning("failing", "The connection fails or breaks."),
    "site.server_error": Meaning("failing", "Its server fails (5xx) or is in maintenance."),
    "site.bad_answer": Meaning("failing", "The response of its site is not a page."),
    "site.robots": Meaning("blocked", "Its robots.txt forbids the visit."),
    "site.blocked": Meaning("blocked", "It refuses visits with a status (403, 429, 451)."),
    "site.challenge": Meaning("blocked", "A challenge or captcha replaces its pages."),
    "site.login": Meaning("blocked", "Its pages need a login."),
    "feed.stale": Meaning(
        "failing", "Its feed stopped while its page continues.", may_degrade=True
    ),
    "feed.unread": Meaning(
        "failing",
        "Its feed can't be read. The page is read instead, and nothing is lost.",
        may_degrade=True,
    ),
    "recall.low": Meaning(
        "failing", "Its pages link to releases that its listing does not show.", may_degrade=True
    ),
    "page.restless": Meaning(
        "failing",
        "A single page changes at every visit, so no change is reported.",
        may_degrade=True,
    ),
    "visit.failed": Meaning("failing", "The visit could not start or finish."),
    "visit.overdue": Meaning("failing", "`communique run` should visit it, but does not."),
    "visit.bug": Meaning("failing", "Communique failed on its pages."),
    "source.broken": Meaning("failing", "Its source file has a mistake."),
    "source.missing": Meaning("failing", "Its source file is missing."),
    "source.drift": Meaning(
        "failing",
        "A changed source file or a new version would spoil many releases, and is held for review.",
        may_degrade=True,
    ),
    "home.full": Meaning("failing", "HOME is not writable, for example because the disk is full."),
    "home.store": Meaning("failing", "The store could not save the results."),
    "home.archive": Meaning("failing", "The archive could not save the responses."),
    "network.down": Meaning(
        "failing", "Hardly any host answers: our network is down. One report covers all sources."
    ),
}
"""All health codes with their meanings. Other codes do not occur."""


def state_of_code(code: str) -> State:
    """Return the state of a health code. Raises KeyError if the code is unknown."""
    return CODES[code].state
