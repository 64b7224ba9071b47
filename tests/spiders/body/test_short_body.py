"""Releases of one paragraph are read, whatever design shows them."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import pytest
from lxml import html

from data.dates.context import DateContext
from data.text.words import tokens
from spiders.items import ListingItem
from spiders.page.page import Page
from spiders.release.read import read_release
from tests.themes import THEMES, posts, shown

READING = DateContext("Europe/Oslo", now=dt.datetime(2026, 11, 26, tzinfo=dt.UTC))
LOOSE = ("portlet", "utility")
"""Themes that put a line of their own right below the text."""


@pytest.mark.parametrize("theme", THEMES)
def test_one_paragraph_is_a_body(theme: str) -> None:
    short = [replace(post, body=post.body.partition("</p>")[0] + "</p>") for post in posts()]
    for post in short:
        url = f"https://port.example/{post.name}.html"
        page = Page(url, shown(theme, post, short, "/").encode())
        read = read_release(page, READING, None, ListingItem(url, post.title)).content
        said = tokens(" ".join(map(str, html.fromstring(post.body).itertext())))
        assert read.title == post.title
        if theme in LOOSE:
            continue
        assert tokens(read.body_text) == said, post.title


def test_a_page_of_links_has_no_body() -> None:
    links = "".join(f'<li><a href="/{n}">Notice number {n} of the board</a></li>' for n in range(9))
    page = Page("https://port.example/", f"<h1>Notices</h1><ul>{links}</ul>".encode())
    assert not read_release(page, READING).content.body_text


@pytest.mark.parametrize("end", ["23-Nov-26", "Nov 23, 26", "23 Nov '26", "11/23/26", "23.11.26"])
def test_a_lone_date_of_two_figures_a_year_is_read_at_the_end(end: str) -> None:
    text = "<p>" + "The harbour board counted ships in its basins last week. " * 5 + "</p>"
    page = Page(
        "https://port.example/1", f"<h1>Ships</h1><div>{text * 2}<p>{end}</p></div>".encode()
    )
    published = read_release(page, READING).content.published
    assert published is not None
    assert published.iso == "2026-11-23"


SHORT = {
    "zh": (
        "北部渡轮启用新时刻表",
        "新时刻表自三月一日起施行，由市港务局负责实施。",
        "乘客可在码头领取。",
    ),
    "ja": (
        "渡し船の時刻表を改めます",
        "新しい時刻表は三月一日から使われます。",
        "港湾課で配布します。",
    ),
    "th": ("เรือข้ามฟากมีตารางเวลาใหม่", "ตารางเวลาใหม่เริ่มใช้ตั้งแต่วันที่หนึ่งมีนาคม", "ขอรับได้ที่ท่าเรือทุกวัน"),
}
CELLS = (
    "<td class=c><h1>{0}</h1>2026-03-01<br><br>{1}<br><br>{2}</td>",
    "<td class=c><b>{0}</b><br><br>2026-03-01<br><br>{1}<br><br>{2}</td>",
    "<td><p><font size=5>{0}</font></p><p>2026-03-01</p><p>{1}</p><p>{2}</p></td>",
    "<td class=c><h2>{0}</h2>{1}<p>{2}</p></td>",
)


@pytest.mark.parametrize("cell", CELLS)
@pytest.mark.parametrize("language", SHORT)
def test_two_short_paragraphs_in_the_cell_of_the_headline_are_a_body(
    language: str, cell: str
) -> None:
    title, *paragraphs = SHORT[language]
    shown = cell.format(title, *paragraphs)
    page = Page(
        "https://port.example/7.html",
        f"<html lang={language}><meta charset=utf-8><title>{title}</title><div id=nav><a href=/>"
        f"Home</a></div><table><tr>{shown}</table><div id=foot><p>Port, Quay Street 1".encode(),
    )
    read = read_release(page, READING).content
    assert (read.title, read.body_text.split("\n\n")) == (title, paragraphs)
