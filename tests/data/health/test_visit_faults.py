"""Signs of faults in sources whose visits work, each with its code and a sentence."""

from __future__ import annotations

import datetime as dt

import msgspec
import pytest

from data.health.codes import Verdict
from data.health.visit_faults import first_sign
from data.models import PageFacts, Run, RunError, Streak, VisitFacts

NOON = dt.datetime(2026, 3, 2, 12, tzinfo=dt.UTC)


def seen(count: int) -> Streak:
    return Streak(count, 1, NOON)


def run(facts: VisitFacts | None, *errors: RunError) -> Run:
    return Run("harbour", NOON, 1.0, found=9, unchanged=9, errors=errors, facts=facts)


@pytest.mark.parametrize(
    ("facts", "code", "said"),
    [
        (
            VisitFacts(unread=seen(2), unread_kind="http:500", unread_why="it failed (http://a/)"),
            "release.unread",
            "2 releases are listed, but could not be read since 2026-03-02 12:00 UTC: it failed",
        ),
        (
            VisitFacts(unread=seen(1), unread_kind="robots", unread_why="robots.txt forbids it"),
            "site.robots",
            "1 release is listed, but could not be read",
        ),
        (
            VisitFacts(lost=seen(9), rows_before=9, replaced=True, place="http://a/home"),
            "listing.moved",
            "http://a/home now, which lists none of its releases",
        ),
        (
            VisitFacts(lost=seen(9), rows_before=9, replaced=True),
            "listing.lost_rows",
            "none of the 9 releases listed before has been listed since",
        ),
        (
            VisitFacts(lost=seen(5), rows_before=10),
            "listing.lost_rows",
            "5 of the 10 releases listed before have disappeared since",
        ),
        (
            VisitFacts(behind=seen(1), newest="2026-02-27", newest_known="2026-03-01"),
            "listing.stands_still",
            "listing is from 2026-02-27, but one from 2026-03-01 is known since",
        ),
        (VisitFacts(new=PageFacts(thin=seen(2))), "release.thin", "2 releases were read since"),
        (VisitFacts(known=PageFacts(undated=seen(3))), "release.fields_lost", "without a date"),
        (
            VisitFacts(new=PageFacts(same_title=seen(1))),
            "release.titles_alike",
            "1 release was read since 2026-03-02 12:00 UTC with the same title",
        ),
        (VisitFacts(known=PageFacts(same_text=seen(4))), "release.texts_alike", "the same text"),
        (
            VisitFacts(unmatched=("listing.link", "release.body")),
            "selector.no_match",
            "listing.link, release.body in its source file match nothing",
        ),
        (VisitFacts(no_feed=seen(1)), "feed.unread", "its feed can't be read"),
        (
            VisitFacts(missed=seen(5), known_meanwhile=20),
            "recall.low",
            "5 of 25 releases linked from its pages since",
        ),
    ],
)
def test_a_sign_has_a_code_and_a_reason(facts: VisitFacts, code: str, said: str) -> None:
    found = first_sign(run(facts))
    assert found
    assert found.code == code
    assert said in found.reason


def test_a_stopped_feed_is_reported_with_the_message_of_the_visit() -> None:
    stale = RunError("http://a/feed", "stale", "the feed ends on 2026-02-20")
    found = first_sign(run(VisitFacts(), stale))
    assert found == Verdict("feed.stale", "the feed ends on 2026-02-20", degraded=True)


FAULTS = {
    "feed.unread": VisitFacts(no_feed=seen(1)),
    "selector.no_match": VisitFacts(unmatched=("release.body",)),
    "recall.low": VisitFacts(missed=seen(5)),
    "site.certificate": VisitFacts(certificate_ended="2026-03-01"),
}


@pytest.mark.parametrize("code", FAULTS)
def test_a_source_that_works_with_a_fault_is_degraded_and_ok(code: str) -> None:
    found = first_sign(run(FAULTS[code]))
    assert found
    assert (found.code, found.state, found.degraded) == (code, "ok", True)


def test_a_source_with_a_fault_that_also_delivers_wrong_texts_fails() -> None:
    facts = msgspec.structs.replace(FAULTS["selector.no_match"], new=PageFacts(thin=seen(2)))
    found = first_sign(run(facts))
    assert found
    assert (found.code, found.state, found.degraded) == ("selector.no_match", "failing", False)


@pytest.mark.parametrize(
    "facts",
    [
        None,
        VisitFacts(rows=9, newest="2026-03-01", changes=9),
        VisitFacts(new=PageFacts(thin=seen(1), undated=seen(1))),
        VisitFacts(missed=seen(4)),
        VisitFacts(missed=seen(5), known_meanwhile=21),
    ],
)
def test_small_numbers_are_not_signs(facts: VisitFacts | None) -> None:
    assert first_sign(run(facts)) is None
