"""Which page of an attachment a search result shows."""

import datetime as dt

import pytest

from data.identity.decision import first_release
from data.models import FileText, Media
from data.search import passages as module
from data.search.passages import file_hits
from data.search.query import Query
from tests.drafts import draft

NOON = dt.datetime(2026, 3, 2, 12, tzinfo=dt.UTC)
MINUTES = Media("http://harbour.example/minutes.pdf", "application/pdf", title="Minutes")
PLAN = Media("http://harbour.example/plan.xlsx", "application/octet-stream")
TEXTS = {
    "sha256:a": FileText("pdf", ("The lamp is lit", "Dredging costs 12500 crowns")),
    "sha256:b": FileText("xlsx", ("Dredging 12500 wharf",)),
}
RELEASE = first_release(
    draft(
        title="Second lamp",
        attachments=(MINUTES, PLAN),
        file_digests=((MINUTES.url, "sha256:a"), (PLAN.url, "sha256:b")),
    ),
    NOON,
)


def hit(query: str) -> tuple[str, int] | None:
    """The address and page that a query shows for the release."""
    found = file_hits([RELEASE], TEXTS, Query(query)).get(RELEASE.id)
    return (found.url, found.page) if found else None


@pytest.mark.parametrize(
    ("query", "wanted"),
    [
        ("dredging", (MINUTES.url, 2)),
        ("dredg*", (MINUTES.url, 2)),
        ('"12500 crowns"', (MINUTES.url, 2)),
        ("dredging wharf 12500", (PLAN.url, 1)),
        ("lamp dredging", (MINUTES.url, 2)),
        ("lamp", None),
        ("absent", None),
    ],
)
def test_the_page_with_the_most_words_is_shown_if_the_release_lacks_a_word(
    query: str, wanted: tuple[str, int] | None
) -> None:
    assert hit(query) == wanted


def test_the_characters_that_are_searched_are_limited(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MAX_CHARACTERS_OF_FILES", 10)
    assert hit("dredging") is None
