"""Invented listings and releases in the markup of many content systems (tests/site_pages)."""

from __future__ import annotations

import datetime as dt
import html
import tomllib
from pathlib import Path
from typing import Any, Final
from urllib.parse import urljoin

import pytest

from data.dates.context import DateContext
from spiders.listing.read import read_listing
from spiders.page.page import Page
from spiders.release.read import read_release

FOLDER: Final = Path(__file__).parents[2] / "site_pages"
TEXTS: Final[dict[str, list[str]]] = tomllib.loads(
    (FOLDER.parent / "release_pages" / "texts.toml").read_text("utf-8")
)
NOW: Final = dt.datetime(2026, 8, 1, tzinfo=dt.UTC)


def pages(name: str) -> list[Any]:
    held = tomllib.loads((FOLDER / f"{name}.toml").read_text("utf-8"))["page"]
    return [pytest.param(page, id=f"{page['lang']}: {page['id']}") for page in held]


def links_of(page: dict[str, Any]) -> list[str]:
    """The addresses of a listing's releases, as its page writes them."""
    days = [day or "2026-01-01" for day in page["days"]]
    return [
        page["link"].format(
            n=n, year=day[:4], slashed="/".join(str(int(one)) for one in day.split("-"))
        )
        for n, day in enumerate(days, 1)
    ]


def listing_html(page: dict[str, Any]) -> str:
    """A listing with its rows."""
    links = [html.escape(link) for link in links_of(page)]
    rows = page.get("rows") or [page["row"]] * len(links)
    written = []
    for at, (row, link) in enumerate(zip(rows, links, strict=True)):
        day = page["days"][at] and dt.date.fromisoformat(page["days"][at])
        values = {
            "n": str(at + 1),
            "link": link,
            "title": page["titles"][at],
            "date": page["dates"][at],
            **dict(zip(("date0", "date1"), page["dates"][at].split(), strict=False)),
            "day": str(day),
            "eve": str(day - dt.timedelta(days=1)) if day else "",
            "odd": "even" if at % 2 else "odd",
            "kind": page["kinds"][at] if "kinds" in page else "",
        }
        filled = row
        for name, value in values.items():
            filled = filled.replace(f"{{{name}}}", value)
        written.append(filled)
    text: str = page["html"].replace("{first}", links[0]).replace("{second}", links[1])
    text = text.replace("{next}", html.escape(page.get("next", "")))
    return text.replace("{rows}", "\n".join(written))


@pytest.mark.parametrize("page", pages("listings"))
def test_releases_days_and_the_next_page_of_a_listing_are_read(page: dict[str, Any]) -> None:
    served = Page(page["url"], listing_html(page).encode(), "text/html; charset=utf-8")
    read = read_listing(served, DateContext(page.get("zone", "UTC"), now=NOW))
    found = [(item.url, item.title, item.day) for item in read.items]
    wanted = [
        (urljoin(page["url"], link), title, day)
        for link, title, day in zip(links_of(page), page["titles"], page["days"], strict=True)
    ]
    assert found == wanted
    assert read.next == page.get("next")


@pytest.mark.parametrize("page", pages("releases"))
def test_headline_day_and_text_of_a_release_are_read(page: dict[str, Any]) -> None:
    paragraphs = TEXTS[page["lang"]]
    text = page["html"].replace("{text}", "".join(f"<p>{one}</p>" for one in paragraphs))
    served = Page(page["url"], text.replace("{single}", "<br>".join(paragraphs)).encode())
    content = read_release(served, DateContext("UTC", now=NOW)).content
    day = content.published and content.published.day.isoformat()
    assert (content.title, day) == (page["title"], page["published"])
    assert all(one in content.body_text for one in paragraphs)
    assert not [one for one in page.get("not_body", ()) if one in content.body_text]
    assert content.title not in content.body_text.splitlines()
