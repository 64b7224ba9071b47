"""What is not believed of several releases at once."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field, replace
from typing import Any

from data.identity.decision import KEPT_RULE, first_release
from data.models import Draft, Media, Published, Release
from spiders.crawl.drafts.pending_drafts import MAX_WAITING_DRAFTS, SharedValues
from spiders.crawl.drafts.release_reader import PageDraft
from spiders.items import ListingItem
from tests.drafts import draft, published

NOON = dt.datetime(2026, 3, 10, 12, tzinfo=dt.UTC)
WALL = "We value your privacy. " * 12
OWN = "Pier {0} of the harbour was closed for {0} days, said the master of {0} ships, in winter."


@dataclass
class Watched:
    """The values of a visit, with the reported doubts."""

    told: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.values = SharedValues()

    def pass_all(self, *drafts: tuple[Draft, Release | None, ListingItem | None]) -> list[Draft]:
        """What comes out of it."""
        passed = []
        for given, known, listed in drafts:
            passed += [given] if self.values.admit(PageDraft(given, listed), known) else []
            passed += self.let_go(at_most=MAX_WAITING_DRAFTS)
        return [*passed, *self.let_go()]

    def let_go(self, *, at_most: int = 0) -> list[Draft]:
        """What waits no longer, and may be recorded."""
        passed = []
        for url in self.values.waiting(at_most=at_most):
            passing, doubts = self.values.take(url)
            for _, doubt in doubts:
                self.told[url] = doubt
            passed += [passing] if passing else []
        return passed


def page(number: int, **changes: Any) -> Draft:
    """The page of a release."""
    shown: dict[str, Any] = {"title": f"Notice {number}", "body_text": OWN.format(number)}
    shown["published"] = day(number)
    return draft(f"http://harbour.example/{number}", **{**shown, **changes})


def day(number: int) -> Published:
    """When it was published."""
    return published(f"2026-03-{number:02}")


def stored(number: int) -> Release:
    """The release as it was."""
    return first_release(page(number), NOON)


def item(number: int) -> ListingItem:
    """What a listing says of it."""
    return ListingItem(f"http://harbour.example/{number}", f"Notice {number}", day(number))


def test_a_notice_before_every_known_page_changes_none() -> None:
    watched = Watched()
    walls = [(page(n, body_text=WALL), stored(n), None) for n in (1, 2, 3)]
    assert watched.pass_all(*walls, (page(4), stored(4), None)) == [page(4)]
    assert len(watched.told) == 3


def test_a_notice_before_every_new_page_is_not_a_release() -> None:
    watched = Watched()
    assert watched.pass_all(*[(page(n, body_text=WALL), None, item(n)) for n in (1, 2, 3)]) == []


def test_two_alike_and_short_notes_with_a_file_pass() -> None:
    watched = Watched()
    two = [(page(n, body_text=WALL), None, item(n)) for n in (1, 2)]
    notes = [(page(n, body_text="Read the document below."), None, item(n)) for n in (3, 4, 5)]
    files = [
        (
            page(n, body_text=WALL + "file", attachments=(Media(f"{n}.pdf", "application/pdf"),)),
            None,
            item(n),
        )
        for n in (6, 7, 8)
    ]
    given = [*two, *notes, *files]
    assert watched.pass_all(*given) == [one for one, _, _ in given]
    assert watched.told == {}


def test_one_title_for_all_is_not_kept_but_their_texts_are() -> None:
    watched = Watched()
    known = [
        (page(n, title="Harbour Board", body_text=OWN.format(n * 7)), stored(n), None)
        for n in (1, 2, 3)
    ]
    new = [(page(n, title="Harbour Board"), None, item(n)) for n in (4, 5, 6)]
    passed = watched.pass_all(*known, *new)
    assert [one.content.title for one in passed] == [f"Notice {n}" for n in range(1, 7)]
    assert [one.content.body_text for one in passed] == [
        OWN.format(n) for n in (7, 14, 21, 4, 5, 6)
    ]
    assert len(watched.told) == 6


def test_one_title_of_two_known_releases_or_of_a_known_and_a_new_one_is_not_kept() -> None:
    second: tuple[tuple[Release | None, ListingItem | None], ...]
    second = ((stored(2), None), (None, item(2)))
    for known, listed in second:
        watched = Watched()
        passed = watched.pass_all(
            (page(1, title="Harbour Board News"), stored(1), None),
            (page(2, title="Harbour Board News"), known, listed),
        )
        assert [one.content.title for one in passed] == ["Notice 1", "Notice 2"]
        assert len(watched.told) == 2
    watched = Watched()
    renamed = page(1, title="Notice 1, corrected")
    assert watched.pass_all((renamed, stored(1), None), (page(2), stored(2), None))[-1] == renamed
    assert watched.told == {}


def test_a_title_that_shares_no_word_with_the_listing_is_rejected() -> None:
    foreign = page(1, title="Harbour Board News")
    watched = Watched()
    (kept,) = watched.pass_all((foreign, stored(1), item(1)))
    assert (kept.content.title, kept.content.title_rule) == ("Notice 1", KEPT_RULE)
    assert len(watched.told) == 1
    # A new text, another title on the listing or a shared word show an edit.
    edited = page(1, title="Harbour Board News", body_text=OWN.format(70))
    for one, listed in (
        (edited, item(1)),
        (foreign, replace(item(1), title="Harbour Board News")),
        (foreign, None),
        (page(1, title="Notice withdrawn"), item(1)),
    ):
        watched = Watched()
        assert watched.pass_all((one, stored(1), listed)) == [one]
        assert watched.told == {}


def test_one_date_for_all_releases_is_replaced_by_the_dates_of_the_listing() -> None:
    watched = Watched()
    today = published("2026-03-09")
    passed = watched.pass_all(*[(page(n, published=today), None, item(n)) for n in (1, 2, 3)])
    assert [one.content.published for one in passed] == [item(n).published for n in (1, 2, 3)]


def test_recurring_titles_and_shared_days_pass() -> None:
    watched = Watched()
    same = [
        (
            page(n, title="Tides of the week", published=published("2026-03-02")),
            None,
            ListingItem(
                f"http://harbour.example/{n}", "Tides of the week", published("2026-03-02")
            ),
        )
        for n in (1, 2, 3, 4)
    ]
    assert watched.pass_all(*same) == [one for one, _, _ in same]
    assert watched.told == {}


def test_a_long_visit_does_not_wait_for_its_end() -> None:
    watched = Watched()
    for n in range(1, 29):
        watched.values.admit(PageDraft(page(n)), None)
    passed = watched.let_go(at_most=MAX_WAITING_DRAFTS)
    assert [one.url for one in passed] == [page(n).url for n in range(1, 29 - MAX_WAITING_DRAFTS)]
