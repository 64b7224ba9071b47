"""What is read off a release page."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path

import pytest

from data.dates import Reading
from spiders.page import Page
from spiders.release_page import read_release

SEED = Path(__file__).parents[2] / "shared" / "seed"
BAKU = Reading("Asia/Baku", now=dt.datetime(2022, 12, 1, tzinfo=dt.UTC))


@pytest.mark.skipif(not SEED.is_dir(), reason="the seed is not beside the project")
def test_the_seed_comes_out_as_expected() -> None:
    expected = json.loads((SEED / "expected.json").read_text("utf-8"))
    page = Page(expected["url"], (SEED / "site/en/news/1781.html").read_bytes())

    found = read_release(page, BAKU)

    content = found.content
    assert content.title == expected["title"]
    assert content.section == expected["section"]
    assert content.language == expected["language"]
    assert content.published is not None
    assert content.published.iso == expected["published"]
    paragraphs = content.body_text.split("\n\n")
    assert len(paragraphs) == expected["paragraphs"]
    assert paragraphs[0].startswith(expected["body_first"])
    assert paragraphs[-1].endswith(expected["body_last"])
    assert not [line for line in expected["not_in_body"] if line in content.body_text]
    links = [link.url for link in found.links]
    assert links == [f"http://press.example{path}" for path in expected["other_news"]]
