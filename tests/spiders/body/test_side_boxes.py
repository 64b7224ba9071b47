"""Boxes of other news and widgets are no part of a text, whether their lines are links or not."""

from __future__ import annotations

import datetime as dt

import pytest
from lxml import html

from data.dates.context import DateContext
from data.languages.vocabulary import vocabulary
from scheduler.demo.responses import responses
from spiders.body.main_content import outside_boxes
from spiders.body.side_boxes import MAX_FIELDS, newsletter_forms
from spiders.body.text_blocks import segment
from spiders.page.page import Page
from spiders.release.read import read_release

READING = DateContext("UTC", now=dt.datetime(2026, 3, 2, tzinfo=dt.UTC))
RELATED = {tag: found for tag, one in vocabulary().items() if (found := one.headings.related)}
FIRST = (
    "The harbour authority of Lower Merrow has opened its second lock to ships of up to ninety "
    "metres, after four years of work."
)
LAST = "The old lock will be kept for small craft, for the school and for the lifeboat."
TEXT = f"<p>{FIRST}</p><p>{LAST}</p>"
ITEM = "The mayor met the divers of the harbour board, who had worked in the dark, on day"
ITEMS = "".join(f"<div><p><span>1{day}/06/25</span> {ITEM} {day}</p></div>" for day in range(5))


def body(html: str) -> str:
    head = "<html><head><title>Second lock opens</title></head><body>"
    menu = "<div class='menu'><a href='/'>Home</a><a href='/news'>News</a></div>"
    page = Page("https://merrow.example/71", f"{head}{menu}{html}".encode())
    return read_release(page, READING).content.body_text


@pytest.mark.parametrize("tag", RELATED)
def test_a_column_of_related_news_is_left_out_in_each_language(tag: str) -> None:
    column = f"<div class='c2'><h4>{RELATED[tag][0]}</h4><div class='w'>{ITEMS}</div></div>"
    found = body(f"<div class='c1'><h1>Second lock opens</h1>{TEXT}</div>{column}")
    assert LAST in found
    assert ITEM not in found


BEFORE = f"<div class='c2'><h3>Latest news</h3>{ITEMS}</div>"
AMID = f"<div><b class='title'>Read also</b><p>{ITEM} 1</p></div>"
HEADED = "<h1>Second lock opens</h1>"


@pytest.mark.parametrize(
    "html",
    [
        pytest.param(f"<div>{BEFORE}{HEADED}{TEXT}</div>", id="before the text"),
        pytest.param(f"<div>{HEADED}{TEXT}<h3>Latest news</h3>{ITEMS}</div>", id="flat, below"),
        pytest.param(f"<div>{HEADED}<p>{FIRST}</p>{AMID}<p>{LAST}</p></div>", id="in the text"),
    ],
)
def test_a_box_is_left_out_wherever_it_is(html: str) -> None:
    found = body(html)
    assert FIRST in found
    assert LAST in found
    assert ITEM not in found


@pytest.mark.parametrize(
    "heading", ["Latest news from the lock", "Agenda", "Contact", "Related work on the river"]
)
def test_a_section_of_a_text_is_kept(heading: str) -> None:
    section = f"<h3>{heading}</h3><p>{ITEM} 1</p><p>{ITEM} 2</p>"
    found = body(f"<div><h1>Second lock opens</h1><p>{FIRST}</p>{section}<p>{LAST}</p></div>")
    assert f"{ITEM} 2" in found
    assert f"{ITEM} 2" in body(f"<div><h1>Second lock opens</h1>{section}<p>{LAST}</p></div>")


def test_a_widget_above_the_text_is_left_out() -> None:
    widget = "<div class='l'><h3>Weather</h3><p>Rain, 12 degrees, wind from the west</p></div>"
    found = body(f"{widget}<div><h1>Second lock opens</h1>{TEXT}</div>")
    assert FIRST in found
    assert "Rain" not in found


RIYADH_READING = DateContext("Asia/Riyadh", now=dt.datetime(2026, 11, 25, tzinfo=dt.UTC))
FIELD = '<input type="email" name="e"><button>{}</button>'


def boxes(body: str) -> list[str | None]:
    """The classes of the boxes on a page."""
    return [box.get("class") for box in newsletter_forms(segment(html.fromstring(body)).inputs)]


@pytest.mark.thorough
def test_of_very_many_boxes_the_first_are_looked_at() -> None:
    body = f"<div><form class=box>{FIELD}</form></div>" * 20_000
    assert boxes(f"<html><body><div>{body}</div></body></html>") == [None] * MAX_FIELDS


def test_the_demo_room_with_a_form_in_its_text_is_read_without_it() -> None:
    pages = {
        path: answer
        for path, answer in responses("qamaristan", 1, "http://press.example").items()
        if path.startswith("/akhbar/1")
    }
    assert len(pages) > 10
    for path, answer in pages.items():
        content = read_release(
            Page(f"http://press.example{path}", answer.body), RIYADH_READING
        ).content
        assert content.body_text.count("\n\n") >= 1
        assert "النشرة البريدية" not in content.body_html
        assert "تصلك أخبار المكتبة" not in content.body_text


def test_a_named_subscription_box_may_describe_itself() -> None:
    form = f"<form>{FIELD.format('Go')}</form>"
    said = "<h3>News</h3><p>Never miss what happens in the port.</p>"
    for name in ("newsletter", "c-subscribe-box", "abonnement"):
        assert boxes(f'<div><p>Text.</p><div class="{name}">{said}{form}</div></div>') == [name]
    assert boxes(f'<div><p>Text.</p><div class="text">{said}{form}</div></div>') == [None]
    much = f"<p>{'All that was said in the port. ' * 20}</p>"
    assert boxes(f'<div><div class="newsletter">{much}{form}</div></div>') == [None]


@pytest.mark.parametrize(
    "form",
    [
        f"<p>Kirje ilmestyy joka maanantai.</p>{FIELD.format('Tilaa')}",
        f"<b>Bülten</b>{FIELD.format('Kaydol')}",
        '<label>メールマガジン<input name="user_mail"></label><input type="submit">',
    ],
)
def test_a_form_for_an_email_address_is_a_box_with_its_heading_and_wrappers(form: str) -> None:
    box = f'<div class="outer"><h3>1</h3><div class="inner"><form>{form}</form></div></div>'
    assert boxes(f'<div class="text"><p>Text of it.</p>{box}<p>More of it.</p></div>') == ["outer"]


@pytest.mark.parametrize(
    "form",
    [
        '<p>Which lamp do you mean?</p><input type="search" name="q">',
        '<p>Which lamp do you mean?</p><input type="hidden" name="mail">',
        f"<article><p>Lamps were lit.</p></article>{FIELD.format('Go')}",
        f"<h1>Lamps</h1><p>Lamps were lit.</p>{FIELD.format('Go')}",
        f"<p>{'Lamps were lit along the whole shore. ' * 20}</p>{FIELD.format('Go')}",
    ],
)
def test_a_form_for_other_input_or_around_the_page_is_not_a_box(form: str) -> None:
    assert boxes(f'<div><form class="form">{form}</form></div>') == []


def test_a_text_that_is_hardly_longer_than_its_box_is_left_whole() -> None:
    """There is no telling which of them is the text."""
    form = f"<form><p>We write to you each week.</p>{FIELD.format('Ask')}</form>"
    for said, kept in (("Lamps were lit. " * 12, 1), ("Lamps were lit.", 3)):
        seen = segment(html.fromstring(f"<body><p>{said}</p>{form}</body>"))
        assert len(outside_boxes(seen, range(3))) == kept


TEASERS = {
    "date": "<div class=card><b>1{n}/02/2026</b><h4>{t}</h4><p>{x}</p></div>",
    "click": "<div class=card onclick='go({n})'><h4>{t}</h4><p>{x}</p></div>",
    "image": "<div class=card><img src=/{n}.jpg><h4>{t}</h4><p>{x}</p></div>",
    "class": "<section class=t data-href=/{n}><div class=title>{t}</div><p>{x}</p></section>",
}
HEADLINES = (
    ("Pilots move to a new office on the quay", "The door is green, and open until noon."),
    ("码头大街新址启用引航员办公室", "办公室将于三月起对外开放。"),
    ("ย้ายสำนักงานนำร่องไปถนนริมน้ำ", "สำนักงานเปิดทำการแล้ว"),
    ("Лоцманы переехали в новое здание порта", "Дверь зелёная и открыта до полудня."),
)


@pytest.mark.parametrize("kind", TEASERS)
@pytest.mark.parametrize(("title", "text"), HEADLINES)
def test_teasers_beside_a_text_need_no_links(kind: str, title: str, text: str) -> None:
    teasers = "".join(TEASERS[kind].format(n=n, t=f"{title} {n}", x=text) for n in range(4))
    found = body(f"<div class=a><h1>Second lock opens</h1>{TEXT}</div><div class=b>{teasers}</div>")
    assert found.split("\n\n") == [FIRST, LAST]


def test_sections_of_a_text_with_images_stay() -> None:
    sections = "".join(TEASERS["image"].format(n=n, t=f"{ITEM} {n}", x=LAST) for n in range(4))
    found = body(f"<div class=a><h1>Second lock opens</h1><p>{FIRST}</p>{sections}</div>")
    assert found.count(LAST) == 4
