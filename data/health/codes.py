"""All codes of health, with their states and meanings.

Programs should use the code. The reason beside it is a sentence for people, and may change.
docs/health.md lists the codes.
"""

from __future__ import annotations

from typing import Final, Literal, NamedTuple, TypeAlias

State: TypeAlias = Literal["ok", "late", "silent", "failing", "blocked", "new"]

Condition: TypeAlias = State | Literal["degraded"]
"""A state, or ``degraded``: the source works, with a fault that its code names."""

DEGRADED: Final = "ok, with a fault"
"""How a degraded source is shown to people."""


def shown(condition: str) -> str:
    """A condition for people."""
    return DEGRADED if condition == "degraded" else condition


WELL: Final[frozenset[Condition]] = frozenset({"ok", "late", "new"})
"""Conditions in which a source needs no attention, including ``late``."""


class Meaning(NamedTuple):
    """The meaning of a code: its state, and a sentence for the documentation.

    ``may_degrade`` is whether a source with this fault may still work; its state is then ``ok``.
    """

    state: State
    says: str
    may_degrade: bool = False


class Verdict(NamedTuple):
    """The health of a source: a code, and the reason as a sentence for people.

    ``degraded`` is whether the source works all the same, with the fault that the code names.
    """

    code: str
    reason: str
    degraded: bool = False

    @property
    def state(self) -> State:
        """The state of the code; ``ok`` for a source that works with a fault."""
        return "ok" if self.degraded else state_of_code(self.code)

    @property
    def condition(self) -> Condition:
        """The state, or ``degraded``."""
        return "degraded" if self.degraded else self.state


CODES: Final = {
    "ok": Meaning("ok", "It works, and is heard of as usual."),
    "paused": Meaning(
        "ok", "A person paused it: it is not visited, and nothing is expected of it."
    ),
    "new.unvisited": Meaning("new", "It was not visited yet."),
    "new.no_release": Meaning("new", "It works, but no release of it has been found yet."),
    "late": Meaning("late", "A release was expected by now."),
    "silent": Meaning("silent", "It works, but so long a silence is no chance any more."),
    "listing.empty": Meaning("failing", "Its listing is there, and no release is found on it."),
    "listing.moved": Meaning(
        "failing", "Its listing is not there any more (404, 410), or leads to another page."
    ),
    "listing.lost_rows": Meaning(
        "failing", "Its listing lacks releases that it showed, and nothing new took their place."
    ),
    "listing.stands_still": Meaning(
        "failing",
        "Its listing, or the page beside its feed, ends before releases that are known.",
    ),
    "release.unread": Meaning("failing", "Releases are listed, but their pages can't be read."),
    "release.thin": Meaning(
        "failing", "Its releases have far less text than they used to, or none."
    ),
    "release.titles_alike": Meaning(
        "failing", "Its releases have all the same title, as they did not use to."
    ),
    "release.texts_alike": Meaning(
        "failing", "Its releases have all the same text: a notice stands before them, say."
    ),
    "release.garbled": Meaning(
        "failing", "The letters of its releases became others: a wrong character set."
    ),
    "release.fields_lost": Meaning(
        "failing", "Its releases lack a date or another field that they used to have."
    ),
    "release.vanished": Meaning("failing", "Many of its releases are gone at once."),
    "selector.no_match": Meaning(
        "failing",
        "A selector of its source file matches nothing.",
        may_degrade=True,
    ),
    "site.redirects_away": Meaning("failing", "Its listing leads to another site."),
    "site.certificate": Meaning(
        "failing",
        "No secure connection can be made (TLS), or its certificate has ended.",
        may_degrade=True,
    ),
    "site.timeout": Meaning("failing", "It takes too long to answer."),
    "site.dns": Meaning("failing", "Its host name leads nowhere."),
    "site.connection": Meaning("failing", "No connection can be made, or it is lost."),
    "site.server_error": Meaning(
        "failing", "Its server fails (5xx), or says that it is under maintenance."
    ),
    "site.bad_answer": Meaning("failing", "What it answers can't be taken for a page."),
    "site.robots": Meaning("blocked", "Its robots.txt keeps us out."),
    "site.blocked": Meaning("blocked", "It keeps us out by a status (403, 429, 451)."),
    "site.challenge": Meaning(
        "blocked", "It shows a challenge or a captcha in place of its pages."
    ),
    "site.login": Meaning("blocked", "It shows its pages to those with an account only."),
    "feed.stale": Meaning(
        "failing", "Its feed has stopped, while its page goes on.", may_degrade=True
    ),
    "feed.unread": Meaning(
        "failing",
        "Its feed can't be read: its page is read in its place, and nothing is lost yet.",
        may_degrade=True,
    ),
    "recall.low": Meaning(
        "failing", "Its pages name releases that its listing does not show.", may_degrade=True
    ),
    "visit.failed": Meaning("failing", "The visit could not be made, or not to its end."),
    "visit.overdue": Meaning("failing", "It is not visited, though `communique run` should."),
    "visit.bug": Meaning("failing", "Our own code failed on its pages."),
    "source.broken": Meaning("failing", "Its source file has a mistake."),
    "source.missing": Meaning("failing", "Its source file is not there any more."),
    "source.drift": Meaning(
        "failing",
        "Its changed source file, or a new version of Communique, would spoil many of its releases"
        " and is held back.",
        may_degrade=True,
    ),
    "home.full": Meaning("failing", "Nothing can be written into HOME: the disk is full, say."),
    "home.store": Meaning("failing", "The store could not keep what was read."),
    "home.archive": Meaning("failing", "The archive could not keep what was served."),
    "network.down": Meaning(
        "failing", "Hardly any host answers: our own network is down, told once for all sources."
    ),
}
"""The closed list of codes."""


def state_of_code(code: str) -> State:
    """The state of a code. Raises KeyError for an unknown code."""
    return CODES[code].state
