"""The pages of releases: what can't be read, and what lacks what others have."""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Callable

import pytest

from data.identity.decision import first_release
from data.models import Draft, Release, Run, RunError, Streak, VisitFacts
from data.text.masking import masked
from spiders.crawl.drafts.release_facts import PastReleases, ReleaseFacts, is_garbled, past_releases
from tests.drafts import BODY, draft, published

NOON = dt.datetime(2026, 3, 2, 12, tzinfo=dt.UTC)
USUAL = PastReleases(least_text=100.0, dated=True, titled=True, titles=("Tides", "Buoys"))


def one(number: int, **changes: object) -> Draft:
    given = {"title": f"Notice {number}", "body_text": f"{BODY} {number}", **changes}
    return draft(f"http://harbour.example/news/{number}", **given)


class Visit:
    """A visit to a source of which the first releases are stored."""

    def __init__(self, stored: int = 0, usual: PastReleases = USUAL, text: str = "") -> None:
        more = {"body_text": text} if text else {}
        known = [first_release(one(number, **more), NOON) for number in range(stored)]
        self._stored = {release.url: release for release in known}
        self.seen = ReleaseFacts(lambda: usual)
        self.errors: list[RunError] = []

    def read(self, *drafts: Draft) -> Visit:
        """Read these pages."""
        for found in drafts:
            self.seen.add_request(found.url, known=found.url in self._stored)
            self.seen.add_draft(found, self._stored.get(found.url))
        return self

    def failed(self, *numbers: int, kind: str = "http:500", known: bool = False) -> Visit:
        """Ask for these pages in vain."""
        for number in numbers:
            url = f"http://harbour.example/news/{number}"
            self.seen.add_request(url, known=known)
            self.errors.append(RunError(url, kind, "the server responded with 500"))
        return self

    def after(
        self, before: VisitFacts | None = None, *, changed: int = 0, at: dt.datetime = NOON
    ) -> VisitFacts:
        """The facts after it."""
        run = Run("harbour", at, 1.0, changed=changed, errors=tuple(self.errors))
        return self.seen.finish(before or VisitFacts(), run, at)


def test_a_new_release_whose_page_fails_is_unread_with_a_reason() -> None:
    facts = Visit(3).read(one(0), one(1), one(2)).failed(9).after()
    assert (facts.unread.count, facts.unread_kind) == (1, "http:500")
    assert facts.unread_why == "the server responded with 500 (http://harbour.example/news/9)"


@pytest.mark.parametrize("kind", ["http:404", "media-type", "soft-404"])
def test_one_row_that_leads_to_no_release_is_not_a_sign(kind: str) -> None:
    assert Visit(1).read(one(0)).failed(9, kind=kind).after().unread.count == 0
    assert Visit(2).read(one(0), one(1)).failed(8, 9, kind=kind).after().unread.count == 2


def test_few_that_fail_while_others_are_read_are_excused_from_then_on() -> None:
    first = Visit().read(one(1), one(2), one(3)).failed(8, 9).after()
    assert (first.unread.count, len(first.excused)) == (0, 2)
    assert Visit(1).read(one(0)).failed(8, 9).after(first).unread.count == 0
    assert Visit(1).read(one(0)).failed(8, 9, 10).after(first).unread.count == 1


def test_an_address_with_a_secret_is_shown_without_it() -> None:
    secret = draft("http://harbour.example/news/9?token=s3cret")
    visit = Visit(1).read(one(0))
    visit.seen.add_request(secret.url, known=False)
    told = RunError(masked(secret.url), "http:500", "the server responded with 500")
    visit.errors.append(told)
    facts = visit.after()
    assert facts.unread.count == 1
    assert "s3cret" not in str(facts)
    known = Visit(1).read(one(0), one(5), one(6))
    known.seen.add_request(secret.url, known=False)
    known.errors.append(told)
    assert len(known.after().excused) == 1
    assert "s3cret" not in str(known.after())


def test_stored_releases_count_if_most_pages_fail() -> None:
    few = Visit(4).read(one(0), one(1), one(2)).failed(3, known=True)
    assert few.after().unread.count == 0
    many = Visit(6).read(one(0)).failed(1, 2, 3, 4, 5, known=True)
    assert many.after().unread.count == 5


def test_unread_releases_are_reported_since_the_first_visit_that_missed_them() -> None:
    first = Visit(1).read(one(0)).failed(9).after()
    second = Visit(1).read(one(0)).failed(9).after(first)
    assert (second.unread.visits, second.unread.since) == (2, NOON)
    assert Visit(1).read(one(0), one(9)).after(second).unread.count == 0


def test_stored_pages_are_compared_with_themselves() -> None:
    short = [one(number, body_text=BODY[:50]) for number in range(3)]
    facts = Visit(10).read(*short, *map(one, range(3, 10))).after()
    assert (facts.known.thin.count, facts.new.thin.count) == (3, 0)
    assert Visit(11).read(*short, *map(one, range(3, 11))).after().known.thin.count == 0
    assert Visit(10).read(*short[:1], *map(one, range(3, 10))).after().known.thin.count == 0


def test_texts_stored_as_edits_stay_thin_until_they_are_longer_again() -> None:
    short = BODY[: len(BODY) // 2]
    first = Visit(3).read(*(one(number, body_text=short) for number in range(3))).after(changed=3)
    assert first.known.thin.count == 3
    again = Visit(3, text=short).read(*(one(number, body_text=short) for number in range(3)))
    second = again.after(first)
    assert (second.known.thin.count, second.known.thin.visits) == (3, 2)
    whole = Visit(3, text=short).read(*map(one, range(3))).after(second, changed=3)
    assert whole.known.thin.count == 0
    fortnight = dt.timedelta(days=14)
    assert again.after(second, at=NOON + fortnight).known.thin.count == 0


def test_stored_pages_that_show_no_date_of_their_own_any_more_are_undated() -> None:
    known = dataclasses.replace(published("2026-03-02"), rule="listing:known")
    plain = [one(number, published=known) for number in range(3)]
    dateless = VisitFacts(dateless=Streak(8, 1, NOON))
    assert Visit(3).read(*plain).after(dateless).known.undated.count == 3
    assert Visit(3).read(*map(one, range(3))).after(dateless).known.undated.count == 0
    assert Visit(3).read(*plain).after().known.undated.count == 0, "the listing dates them"


def test_replaced_letters_are_an_edit_if_most_releases_kept_theirs() -> None:
    spoilt = [one(number, body_text=BODY.replace("e", "\ufffd")) for number in range(3)]
    first = Visit(3).read(*spoilt).after(changed=3)
    assert first.known.garbled.count == 3
    # By now most of what is stored is garbled too.
    used = dataclasses.replace(USUAL, legible=False)
    assert Visit(3, used).read(*spoilt).after(first).known.garbled.visits == 2
    assert Visit(3, used).read(*spoilt).after().known.garbled.count == 0


def test_new_pages_are_compared_with_the_last_releases_and_add_up() -> None:
    first = Visit().read(one(1, body_text="Void.", published=None)).after()
    assert (first.new.thin.count, first.new.undated.count) == (1, 1)
    second = Visit().read(one(2, body_text="Void.", published=None)).after(first)
    assert (second.new.thin.count, second.new.undated.count) == (2, 2)
    assert Visit().read(one(3)).after(second).new.most == 0
    assert Visit(1).read(one(0)).after(second).new == second.new, "nothing new was read"


def test_a_source_with_little_history_misses_nothing() -> None:
    short = [one(number, body_text="Void.", published=None) for number in range(5)]
    assert Visit(usual=PastReleases()).read(*short).after().new.most == 0


def test_releases_with_one_title_or_one_text_are_counted() -> None:
    titled = [one(number, title="News") for number in range(4)]
    assert Visit(4).read(*titled).after().known.same_title.count == 4
    texts = [one(number, body_text=BODY) for number in range(3)]
    assert Visit().read(*texts).after().new.same_text.count == 3
    notices = [one(number, title="Vacancy") for number in range(3)]
    facts = (
        Visit()
        .read(*notices)
        .seen.finish(VisitFacts(), Run("harbour", NOON, 1.0), NOON, listed=["Vacancy", "Tides"])
    )
    assert facts.new.same_title.count == 0, "its publisher calls them so"
    assert Visit().read(*notices).after().new.same_title.count == 3
    # With the titles of the last two, it is the third.
    usual = PastReleases(titled=True, titles=("News", "News"))
    assert Visit(usual=usual).read(one(1, title="News")).after().new.same_title.count == 1
    weekly = PastReleases(titled=False, titles=("News", "News"))
    assert Visit(usual=weekly).read(one(1, title="News")).after().new.same_title.count == 0


def test_distrusted_pages_are_trusted_again_if_they_did_not_change() -> None:
    short = [one(number, body_text="") for number in range(3)]
    refused = Visit(3).read(*short).after()
    believed = Visit(3).read(*short).after(changed=3)
    for before, count in ((refused, 0), (believed, 3)):
        visit = Visit(3)
        visit.seen.add_request(one(0).url, known=True)
        visit.seen.confirmed(one(0).url)
        assert visit.after(before).known.thin.count == count


def stored(count: int, **changes: object) -> list[Release]:
    return [first_release(one(number, **changes), NOON) for number in range(count)]


def test_usual_values_are_learned_from_five_releases() -> None:
    assert past_releases(stored(4)) == PastReleases()
    usual = past_releases(stored(6))
    assert usual.dated
    assert usual.titled
    assert usual.least_text == pytest.approx(len(BODY) / 2, abs=2)
    assert not past_releases(stored(6, title="Weekly notice")).titled
    assert not past_releases(stored(6, published=None)).dated


RUSSIAN = "Совет порта сообщил сегодня, что зимой на молу зажгут второй фонарь для судов. " * 3
GERMAN = "Die Hafenbehörde kündigt größere Änderungen für Fähren über die Förde an. " * 3


def twice(text: str) -> str:
    """The text through UTF-8 twice, by a program that took it for windows-1252 between."""
    return "".join(
        one if one.isascii() else one.encode().decode("cp1252", "replace") for one in text
    )


@pytest.mark.parametrize("text", [RUSSIAN, GERMAN])
@pytest.mark.parametrize(
    "spoil",
    [
        twice,
        lambda text: "".join(one if one.isascii() else "?" for one in text),
        lambda text: "".join(one if one.isascii() else "\ufffd" for one in text),
    ],
    ids=["twice", "question marks", "replaced"],
)
def test_garbled_letters_are_reported(text: str, spoil: Callable[[str], str]) -> None:
    assert is_garbled(spoil(text))
    assert not is_garbled(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "What? Why? How? Who? When? Where? Whose? " * 9,
        "See https://harbour.example/?a=1 and https://harbour.example/list?b=2. " * 9,
        f"{RUSSIAN * 9} One letter of Zo\ufffd was lost ten years ago.",
        "Σύνδεση · São Tomé · Łódź · naïve café – “Größe” № 5 · 第三号 · قمرستان " * 9,
    ],
)
def test_texts_that_are_well_are_not_signs(text: str) -> None:
    assert not is_garbled(text)
