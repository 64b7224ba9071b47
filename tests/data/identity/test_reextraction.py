"""What becomes of a release whose page, as it was served before, is read by other rules."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from data.identity.decision import decide_reextraction, first_release
from data.models import Media
from tests.drafts import BODY, draft, published


def test_a_better_text_makes_a_revision_but_no_alert(noon: dt.datetime) -> None:
    known = first_release(draft(), noon)
    decision = decide_reextraction(draft(body_text=BODY.replace("4.2", "4.6")), known)
    read = decision.release
    assert (decision.kind, decision.fields) == ("changed", ("body",))
    assert (read.revision, read.edited) == (2, 1)
    assert (read.id, read.updated, read.order) == (known.id, known.updated, known.order)
    again = decide_reextraction(draft(body_text=BODY.replace("4.2", "4.9")), read).release
    assert (again.revision, again.edited) == (3, 1)


@pytest.mark.parametrize(
    "lost",
    [
        {"body_text": "", "body_html": ""},
        {"body_text": BODY.rpartition(" ")[0], "body_html": "<p>Less.</p>"},
        {"body_text": BODY.partition(" ")[2], "body_html": "<p>Less.</p>"},
        {"language": None},
        {"body_text": "", "body_html": "", "topics": ()},
        {"published": None},
    ],
)
def test_fields_that_a_page_no_longer_states_are_kept(
    noon: dt.datetime, lost: dict[str, Any]
) -> None:
    known = first_release(draft(), noon)
    assert decide_reextraction(draft(**lost), known).release == known


def test_a_known_date_is_kept_and_a_missing_one_is_filled_in(noon: dt.datetime) -> None:
    known = first_release(draft(), noon)
    assert decide_reextraction(draft(published=published("2026-01-01")), known).release == known
    undated = first_release(draft(published=None), noon)
    dated = decide_reextraction(draft(published=published("2026-01-01")), undated).release
    assert dated.published.iso == "2026-01-01"
    assert dated.revision == 1


def test_irrelevant_changes_make_no_revision(noon: dt.datetime) -> None:
    known = first_release(draft(), noon)
    decision = decide_reextraction(
        draft(section="News", body_html=f"<div><p>{BODY}</p></div>"), known
    )
    assert decision.kind == "unchanged"
    assert decision.release.content.section == "News"
    assert decision.release.revision == 1


def test_topics_are_those_of_today_and_no_edit(noon: dt.datetime) -> None:
    known = first_release(draft(topics=("conflict", "ships")), noon)
    for topics in ((), ("armed-conflict", "conflict")):
        decision = decide_reextraction(draft(topics=topics), known)
        assert decision.kind == "unchanged"
        assert decision.release.content.topics == topics
        assert decision.release.updated == known.updated


def test_text_removed_only_by_changed_rules_is_removed(noon: dt.datetime) -> None:
    junk, files = "Subscribe today.", (Media("http://harbour.example/a.pdf", "application/pdf"),)
    whole: dict[str, Any] = {
        "body_text": f"{BODY}\n\n{junk}",
        "attachments": files,
        "section": "News",
    }
    known = first_release(draft(**whole), noon)
    shorter = draft(body_text=BODY)
    before = draft(**whole).content
    assert decide_reextraction(shorter, known, before).release.content.body_text == BODY
    assert decide_reextraction(shorter, known, before).release.content.attachments == ()
    # By the rules of before it gives as little: then it is not for them.
    assert decide_reextraction(shorter, known, shorter.content).release == known
    # No change of rules is meant to leave nothing of a text.
    nothing = decide_reextraction(
        draft(body_text="", body_html="", title=""), known, before
    ).release
    assert nothing.content.body_text == known.content.body_text
    assert nothing.content.title == known.content.title
