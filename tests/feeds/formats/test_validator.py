"""The W3C's feed validator has nothing to say of our feeds, where it is at hand.

It is no package: a copy of github.com/w3c/feedvalidator has its modules under ``src``, which
PYTHONPATH has to name, beside html5lib and rdflib.
"""

from __future__ import annotations

import datetime as dt
import importlib
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from data.models import Media
from data.settings import SiteSettings
from feeds.publishing.publish import publish
from tests.feeds.sample_store import NOON, SampleStore, make_release

SITE = SiteSettings(url="https://press.example", entries=4, hub="https://hub.example/")
TEXT = 'a < b & c, <b onclick="x">AT&amp;T</b> &#1; ]]> \ufffe <a href="x">'
TEXT_IN_TITLE = "What <title> means & why &#38; is &amp;amp; to <b some"
pytestmark = pytest.mark.integration
ALLOWED = {("UnknownNamespace", "http://purl.org/atompub/tombstones/1.0")}


@pytest.fixture(scope="module")
def validator() -> Any:
    """The validator's package."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return pytest.importorskip(
            "feedvalidator", reason="a copy of w3c/feedvalidator is not on the path"
        )


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A site with all that feeds can hold."""
    later = NOON + dt.timedelta(days=2)
    store = SampleStore(
        *(make_release(number) for number in range(9)),
        make_release(10, title="", summary="", publisher="", language="zxx", topics=()),
        make_release(
            11, summary=TEXT, publisher="R&amp;D", body_html=TEXT, topics=("economy", "energy")
        ),
        make_release(15, title=TEXT_IN_TITLE),
        make_release(12, attachments=(Media("https://a.example/x y", "", -1, ""),), images=()),
        make_release(13, "wire", retracted=later, language="ar", story="s"),
        make_release(14, story="s", language="gcf"),
    )
    store.put(make_release(3, title="Edited", revision=2, updated=later + dt.timedelta(hours=1)))
    folder = tmp_path_factory.mktemp("site")
    assert publish(store, folder, SITE, now=later + dt.timedelta(days=9)).errors == ()
    return folder


def events(validator: Any, file: Path, site: Path) -> Iterator[tuple[str, str]]:
    """What the validator says of a file at the level of its web page, by kind and detail."""
    address = f"{SITE.url}/{file.relative_to(site)}"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            said = validator.validateString(file.read_bytes(), firstOccurrenceOnly=1, base=address)[
                "loggedEvents"
            ]
        except validator.logging.ValidationFailure as failure:
            said = [failure.event]
    level = importlib.import_module("feedvalidator.compatibility").AA
    for event in level(said):
        yield type(event).__name__, str(event.params.get("namespace") or event.params)


@pytest.mark.parametrize("kind", ["*.atom", "*.rss", "opml.xml"])
def test_the_w3c_validator_reports_nothing(validator: Any, site: Path, kind: str) -> None:
    files = sorted(site.rglob(kind))
    assert files
    found = {
        (str(file.relative_to(site)), *event)
        for file in files
        for event in events(validator, file, site)
    }
    assert {one for one in found if one[1:] not in ALLOWED} == set()
