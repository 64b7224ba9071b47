"""Lines of source, author and date are never headlines, and lengths hold in all scripts."""

from __future__ import annotations

import datetime as dt
from typing import Final

import pytest

from data.dates.context import DateContext
from data.models import Content
from spiders.page.page import Page
from spiders.release.headline_text import is_credit_line, is_no_headline, latin_lengths
from spiders.release.read import read_release


@pytest.mark.parametrize(
    "line",
    [
        "来源： 发布时间： 2024-05-14 作者： 办公室", "来源：麦罗日报 时间：2024-05-14 09:12",
        "2024-05-14 09:12:00 来源：麦罗日报", "資料來源：港務局 發布日期：2024-05-14 瀏覽人次：35",
        "掲載日：2024年5月14日", "작성자: 홍보팀 등록일: 2024-05-14 조회수: 120",
        "เผยแพร่เมื่อ 14 พฤษภาคม 2567", "Ngày đăng: 14/05/2024", "Published on Tuesday, 14 May 2024",
        "Posted on May 14, 2024 by admin", "Publié le 14 mai 2024",
        "Veröffentlicht am 14. Mai 2024", "Опубликовано 14 мая 2024", "Источник: Порт",
        "نشر بتاريخ 14 مايو 2024",
        "Tarix: 14.05.2024", "प्रकाशित: 14 मई 2024", "Δημοσιεύθηκε στις 14/05/2024",
        "Date: 14 May 2024 | Views: 120",
    ],
)  # fmt: skip
def test_a_line_of_labels_is_a_credit_line(line: str) -> None:
    assert is_credit_line(line)
    assert is_no_headline(line)


@pytest.mark.parametrize(
    "line",
    [
        "第二座船闸正式启用", "作者：王小明谈船闸为什么必须马上启用的三个理由和一个更好的建议",
        "时间就是生命：第二座船闸正式启用", "Published: the annual report 2024",
        "Published 3 reports on 14 May 2024", "Posted workers directive of 14 May 2024",
        "Second lock opens on 14 May 2024", "Minister: second lock opens", "",
        "Автор первого шлюза порта рассказал о работе: год в темноте", ":" * 200,
    ],
)  # fmt: skip
def test_a_headline_is_not_a_credit_line(line: str) -> None:
    assert not is_credit_line(line)


@pytest.mark.parametrize(
    "heading",
    ["Visitors: 1,204", "Погода", "Ziyarətçi sayğacı", "參觀人數", "สถิติผู้เข้าชม", "Accessibility",
     "Latest news", "HAVA DURUMU"],
)  # fmt: skip
def test_the_heading_of_a_box_is_not_a_headline(heading: str) -> None:
    assert is_no_headline(heading)


def test_lengths_are_those_of_a_latin_script() -> None:
    assert latin_lengths("Second lock opens") == (17, 2)
    assert latin_lengths("Открыт второй шлюз") == (18, 2)
    size, spaces = latin_lengths("第二座船闸正式启用")
    assert (size, spaces) == (27, 3)
    assert latin_lengths("제2갑문 개통 안내")[1] == 2
    assert latin_lengths("เปิดใช้ประตูน้ำแห่งที่สอง")[1] > 2


CONTEXT: Final = DateContext("UTC", now=dt.datetime(2026, 8, 1, tzinfo=dt.UTC))
HEADLINE: Final = "Zweite Schleuse für große Schiffe geöffnet"
TEXT: Final = (
    "Die Hafenbehörde hat nach vier Jahren Bauzeit die neue Kammer am Nordufer freigegeben."
    "<br>Der Direktor dankte den Tauchern, die im Dunkeln gearbeitet hatten, und den Nachbarn."
)
MENU: Final = "<td><a href=/>Start</a><br><a href=/presse>Presse</a><br><a href=/amt>Amt</a></td>"


def read(cell: str, *, title: str = "Hafenamt Merrow", above: str = "") -> Content:
    html = (
        f"<html lang=de><head><meta charset=utf-8><title>{title}</title></head><body>{above}"
        f"<table><tr>{MENU}{cell}</tr></table></body></html>"
    )
    return read_release(Page("https://hafen.example/p.php?id=7", html.encode()), CONTEXT).content


@pytest.mark.parametrize(
    "opening",
    [
        f"{HEADLINE}<br>25.06.2026<br>",
        f"25.06.2026<br>{HEADLINE}<br>",
        f"<b>{HEADLINE}</b><br>Donnerstag, 25.06.2026<br>",
        f"<font size=4>{HEADLINE}</font><br><i>25.06.2026</i><br>",
    ],
)
def test_headline_and_day_are_parted_from_the_text(opening: str) -> None:
    content = read(f"<td>{opening}{TEXT}</td>")
    assert content.title == HEADLINE
    assert content.published
    assert content.published.iso == "2026-06-25"
    assert content.body_text == TEXT.replace("<br>", "\n")


def test_a_line_below_the_day_is_no_headline_if_the_page_has_a_heading() -> None:
    cell = f"<td>25.06.2026<br>Die Kaistraße wird erst im Herbst gesperrt<br>{TEXT}</td>"
    assert read(cell, above=f"<h1>{HEADLINE}</h1>").title == HEADLINE


def test_the_place_above_the_day_is_no_headline() -> None:
    content = read(f"<td>Merrow<br>25.06.2026<br>{TEXT}</td>", title=f"{HEADLINE} - Hafenamt")
    assert content.title == HEADLINE


def test_the_lines_of_several_events_are_not_parted() -> None:
    event = "<td>Konzert am Fährkai mit Kapelle<br>{}.07.2026<br>Der Eintritt ist frei. {}</td>"
    events = "".join(event.format(day, TEXT) for day in (11, 18))
    content = read(f"<td><h1>{HEADLINE}</h1><p>25.06.2026</p><p>{TEXT}</p></td>{events}")
    assert content.title == HEADLINE
