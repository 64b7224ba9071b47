"""Invented release pages in many languages and scripts (tests/release_pages)."""

from __future__ import annotations

import datetime as dt
import tomllib
from pathlib import Path
from typing import Any, Final

import pytest

from data.dates.context import DateContext
from spiders.page.page import Page
from spiders.release.read import read_release

FOLDER: Final = Path(__file__).parents[2] / "release_pages"
READING: Final = DateContext("UTC", now=dt.datetime(2026, 3, 2, tzinfo=dt.UTC))
TEXTS: Final[dict[str, list[str]]] = tomllib.loads((FOLDER / "texts.toml").read_text("utf-8"))


def pages(name: str) -> list[Any]:
    held = tomllib.loads((FOLDER / f"{name}.toml").read_text("utf-8"))["page"]
    return [pytest.param(page, id=f"{page['lang']}: {page['id']}") for page in held]


@pytest.mark.parametrize("page", [*pages("headlines"), *pages("bodies")])
def test_headline_and_whole_text_are_read_in_any_language(page: dict[str, Any]) -> None:
    paragraphs = TEXTS[page["lang"]]
    html = page["html"].replace("{text}", "".join(f"<p>{said}</p>" for said in paragraphs))
    html = html.replace("{plain}", "<br><br>".join(paragraphs))
    read = read_release(Page("https://merrow.example/news/view.php?id=71", html.encode()), READING)
    content = read.content
    assert content.title == page["title"]
    for said in (*paragraphs, *filter(None, [page.get("body")])):
        assert said in content.body_text
    assert content.title not in content.body_text.splitlines()
    for said in page.get("not_body", []):
        assert said not in content.body_text
