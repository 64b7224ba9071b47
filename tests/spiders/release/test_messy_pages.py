"""Messy release pages in many languages: counters, bare text, captions and dates in odd places."""

from __future__ import annotations

import datetime as dt
import tomllib
from pathlib import Path
from typing import Final

import pytest

from data.dates.context import DateContext
from spiders.page.page import Page
from spiders.release.read import read_release

READING: Final = DateContext("UTC", now=dt.datetime(2026, 3, 2, tzinfo=dt.UTC))
TEXTS: Final[dict[str, list[str]]] = tomllib.loads(
    (Path(__file__).parents[2] / "release_pages" / "texts.toml").read_text("utf-8")
)
HEADLINES: Final = {
    "en": "The second lock opens for ships",
    "fr": "La deuxième écluse est ouverte aux bateaux",
    "ru": "Вторая очередь шлюза открыта для судов",
    "el": "Η δεύτερη δεξαμενή άνοιξε για τα πλοία",
    "ar": "افتتاح القفل الثاني أمام السفن",
    "he": "הסכר השני נפתח לכלי שיט",
    "hi": "दूसरा जलद्वार जहाजों के लिए खुला",
    "th": "เปิดประตูน้ำแห่งที่สองสำหรับเรือ",
    "ka": "მეორე რაბი გემებისთვის გაიხსნა",
    "ko": "두 번째 갑문이 선박에 개방",
    "zh-Hans": "第二座船闸正式启用",
    "vi": "Âu tàu thứ hai mở cửa cho tàu thuyền",
}
COUNTER: Final = "<div class=stat><h3>Visitors: 123456</h3></div>"
PAGES: Final = {
    "a counter above in a heading": (
        "{h} - Merrow",
        f"{COUNTER}<div class=c><div class=t><b>{{h}}</b></div>{{t}}</div>",
        None,
    ),
    "a counter below in a heading": (
        "Merrow",
        f"<div class=c><h2>{{h}}</h2>{{t}}</div>{COUNTER}",
        None,
    ),
    "a day in brackets below a long text": (
        "{h}",
        "<h1>{h}</h1>{t}<p>[July 5, 2022] {first}</p>{t}",
        "2022-07-05",
    ),
    "a label and a day below a long text": (
        "{h}",
        "<h1>{h}</h1>{t}{t}{t}{t}<div><a href=/s>+</a></div><div>Posted on May 12, 2021</div>",
        "2021-05-12",
    ),
    "a day with dashes": ("{h}", "<h1>{h}</h1><div>23-11-2008</div>{t}", "2008-11-23"),
    "bare text before the first paragraph": (
        "{h}",
        "<div class=c><h1>{h}</h1>{first}<p>{rest}</div>",
        None,
    ),
    "the address of a photo in a caption": (
        "{h}",
        "<h1>{h}</h1><p>{first}</p><figure><figcaption>{photo}</figcaption></figure><p>{rest}</p>",
        "",
    ),
}  # fmt: skip
"""The title element, the body, and the day; "" for no day, None for any."""


@pytest.mark.parametrize("language", HEADLINES)
@pytest.mark.parametrize("kind", PAGES)
def test_a_messy_page_gives_its_headline_its_day_and_its_whole_text(
    kind: str, language: str
) -> None:
    title, body, day = PAGES[kind]
    first, *rest = TEXTS[language]
    said = {
        "h": HEADLINES[language],
        "t": "".join(f"<p>{text}" for text in TEXTS[language]),
        "first": first,
        "rest": "<p>".join(rest),
        "photo": "https://photo.example/2019/04/03/a.jpg",
    }
    html = (
        f"<html><head><title>{title.format(**said)}</title></head><body><div class=top>"
        f"<a href=/>Merrow</a> <a href=/n/>+</a></div>{body.format(**said)}"
        "<div class=foot>© Merrow <a href=/imprint>Imprint</a>"
    )
    page = Page("https://merrow.example/n/view.php?id=7", html.encode())
    content = read_release(page, READING).content
    assert content.title == HEADLINES[language]
    if day is not None:
        assert (content.published.iso if content.published else "") == day
    for text in TEXTS[language]:
        assert text in content.body_text
    assert "123456" not in content.body_text
