"""Boxes that ask readers for an address stand in no body, whatever their language."""

from __future__ import annotations

import datetime as dt

import pytest
from lxml import html

from data.dates.context import DateContext
from scheduler.demo.responses import responses
from spiders.body.main_content import outside_boxes
from spiders.body.newsletter_forms import MAX_FIELDS, newsletter_forms
from spiders.body.segmentation import segment
from spiders.page.page import Page
from spiders.release.read import read_release

READING = DateContext("Asia/Riyadh", now=dt.datetime(2026, 11, 25, tzinfo=dt.UTC))
FIELD = '<input type="email" name="e"><button>{}</button>'


def boxes(body: str) -> list[str | None]:
    """The classes of the boxes on a page."""
    return [box.get("class") for box in newsletter_forms(segment(html.fromstring(body)).inputs)]


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
        content = read_release(Page(f"http://press.example{path}", answer.body), READING).content
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
