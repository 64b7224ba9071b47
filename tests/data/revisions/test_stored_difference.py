"""A stored difference gives the same passages as a computed one, and holds no text."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from data.models import Content, Media, Revision
from data.revisions import stored_difference
from data.revisions.diff import changes
from data.revisions.stored_difference import changes_between, encode_difference
from tests.examples import examples

NOON = dt.datetime(2026, 3, 2, 12, tzinfo=dt.UTC)
OLD = Content(
    "Harbour opens",
    body_text="All berths are free.\n\nSee the list.",
    attachments=(Media("https://press.example/list.pdf", "application/pdf"),),
)
NEW = Content(
    "Harbour stays shut",
    body_text="No berths are free.\n\nSee the list.\n\nThe board met.",
    attachments=(Media("https://press.example/other.pdf", "application/pdf"),),
)

words = st.text(st.sampled_from("ab c.\ń ß漢"), max_size=60)
contents = st.builds(Content, st.text("ab c", min_size=1, max_size=9), body_text=words)


def versions(old: Content, new: Content, difference: str) -> tuple[Revision, Revision]:
    return Revision("r", 1, NOON, old), Revision("r", 2, NOON, new, difference=difference)


def test_all_fields_are_restored(monkeypatch: pytest.MonkeyPatch) -> None:
    stored, computed = encode_difference(OLD, NEW), changes(OLD, NEW)
    assert [one.field for one in computed] == ["title", "body", "attachments"]
    monkeypatch.delattr(stored_difference, "changes")
    assert changes_between(*versions(OLD, NEW, stored)) == computed


@examples(200)
@given(contents, contents)
def test_any_texts_are_restored(old: Content, new: Content) -> None:
    assert changes_between(*versions(old, new, encode_difference(old, new))) == changes(old, new)


def test_no_text_is_stored() -> None:
    stored = encode_difference(OLD, NEW)
    for content in (OLD, NEW):
        for word in f"{content.title} {content.body_text} list.pdf".split():
            assert word not in stored


@pytest.mark.parametrize(
    "changed",
    [
        replace(NEW, body_text=NEW.body_text.replace("met", "ate")),
        replace(NEW, title="Harbour stays open"),
        replace(NEW, attachments=OLD.attachments),
        Content("[redacted]"),
    ],
)
def test_a_difference_of_other_texts_is_not_used(changed: Content) -> None:
    stored = encode_difference(OLD, NEW)
    assert changes_between(*versions(OLD, changed, stored)) == changes(OLD, changed)
