"""The page of how a source is tells its visits, its history and when it is visited next."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from lxml import html

from data.models import HealthEvent, Run, RunError, Source
from data.settings import SiteSettings
from data.store.open import open_store
from feeds.server.app import create_app
from feeds.server.monitoring import Measurements
from tests.drafts import draft
from tests.feeds.serving import served_by

NOON = dt.datetime(2026, 3, 2, 12, tzinfo=dt.UTC)
HOUR = dt.timedelta(hours=1)


@pytest.fixture
def web(tmp_path: Path) -> Iterator[httpx.Client]:
    """A server over a store of one source that failed and works again."""
    url = f"sqlite:{tmp_path / 'communique.db'}"
    store = open_store(url)
    store.register(Source("harbour", "Harbour <b>", "http://harbour.example/"))
    store.record(draft(), seen=NOON, since=NOON)
    error = RunError("http://harbour.example/", "blocked", "it answered <script>403</script>")
    store.add_run(Run("harbour", NOON - HOUR, 2.5, found=0, errors=(error,)))
    store.add_run(Run("harbour", NOON, 1.0, found=12, new=1, retracted=3))
    store.add_health_events(
        [
            HealthEvent("harbour", False, NOON - HOUR, "it keeps us out", "blocked"),  # noqa: FBT003 - its state
            HealthEvent("harbour", True, NOON, "it answers", "ok"),  # noqa: FBT003 - as above
        ]
    )
    store.close()
    app = create_app(
        tmp_path / "site", url, SiteSettings(), measured=Measurements(due=lambda *_: NOON + HOUR)
    )
    yield from served_by(app)


def test_it_shows_visits_history_and_the_next_visit(web: httpx.Client) -> None:
    answer = web.get("/sources/harbour/health/")
    assert answer.status_code == 200
    assert answer.headers["cache-control"] == "no-store"
    page = html.fromstring(answer.content)
    text = " ".join("".join(map(str, page.itertext())).split())
    assert "2 March 2026, 13:00 (UTC)" in text
    assert [one.text for one in page.iter("title")][1:] == [
        "2026-03-02 11:00: 0",
        "2026-03-02 12:00: 12",
    ]
    assert "it answered <script>403</script>" in text
    assert not [one for one in page.iter("script") if one.text]
    assert page.xpath("//tbody/tr/td[@data-label='Retracted']/text()") == ["3", "0"]
    history = [" ".join(map(str, one.itertext())) for one in page.iterfind(".//aside//li")]
    assert ["works again" in one for one in history] == [True, False]


def test_the_page_of_all_sources_links_there(web: httpx.Client) -> None:
    page = html.fromstring(web.get("/health/").content)
    assert "../sources/harbour/health/" in [one.get("href") for one in page.iter("a")]


def test_a_source_that_is_not_known_has_none(web: httpx.Client) -> None:
    assert web.get("/sources/nobody/health/").status_code == 404
    assert web.get("/sources/~ff/health/").status_code == 404
