"""Years of two digits on listing pages: the whole list decides the order of its dates."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

import pytest

from data.dates.context import DateContext
from spiders.learning.site_day_order import listed_order
from spiders.listing.read import read_listing
from spiders.page.page import Page
from spiders.sources.source_file import ListingRules

NOW = dt.datetime(2026, 8, 1, tzinfo=dt.UTC)

MENU = (
    "<div id=cookies>Cookies <a href=/ok>OK</a></div><ul class=nav><li><a href=/>1</a>"
    "<li><a href=/a>2</a></ul>"
)
FOOT = "<div class=footer>\u00a9 1998-2026 <a href=/privacy>?</a> Tel. 12-34-56</div>"

CHINESE = (
    "港务局召开年度安全生产工作会议", "北码头扩建工程正式开工建设", "本市渔民获得新型救生设备",
    "航道疏浚工作提前一个月完成", "轮渡公司增开夜间航班的通知", "海事救援演练在外港顺利举行",
)  # fmt: skip
KOREAN = (
    "항만공사, 북부 방파제 보강 공사 착수", "여객선 야간 운항 시간 연장 안내",
    "해양 구조 훈련 성공적으로 마쳐",
    "어민 대상 안전 장비 무상 지원", "항로 준설 작업 예정보다 일찍 완료",
)  # fmt: skip
HUNGARIAN = (
    "Elkészült az északi móló új világítása", "Éjszakai kompjárat indul a szigetre",
    "Mentési gyakorlat a külső kikötőben", "Új díjszabás lép életbe a hajósoknak",
)  # fmt: skip
CZECH = (
    "Přístav otevírá nové molo pro trajekty", "Lodivodi dostali nové čluny", "Zimní cvičení hasičů",
    "Nový sazebník poplatků za kotvení", "Oprava majáku skončila dříve",
)  # fmt: skip


def days_of(
    titles: Sequence[str], written: str, address: str, days: Sequence[str], lang: str = ""
) -> tuple[list[str | None], str]:
    """The days that are read from a list whose rows have these dates, and its HTML."""
    rows = ""
    for number, (title, day) in enumerate(zip(titles, days, strict=True)):
        date = dt.date.fromisoformat(day)
        url = date.strftime(address).format(n=number + 501)
        rows += (
            f"<tr><td><img src=dot.gif><td><a href='{url}'>{title}</a><td class=d>"
            f"{date.strftime(written)}"
        )
    html = f"<html{lang}><body>{MENU}<div class=main><table>{rows}</table></div>{FOOT}"
    items = read_listing(page(html), DateContext("UTC", now=NOW)).items
    return [item.published.iso if item.published else None for item in items], html


def page(html: str) -> Page:
    """A listing of an invented board."""
    return Page("https://board.example/news/", html.encode(), "text/html; charset=utf-8")


SIX = ["2012-12-06", "2012-11-10", "2012-10-11", "2012-09-12", "2011-12-08", "2010-11-10"]


@pytest.mark.parametrize(
    ("titles", "written", "address", "days", "lang"),
    [
        (CHINESE, "%y-%m-%d", "%Y%m/t%Y%m%d_{n}.html", SIX, " lang=zh-CN"),
        (CHINESE, "%y-%m-%d", "%Y/{n}.shtml", SIX, ""),
        (CHINESE, "[%y-%m-%d]", "show.asp?id={n}", SIX, " lang=zh"),
        (KOREAN, "%y.%m.%d", "view.do?seq={n}", SIX[:5], " lang=ko"),
        (HUNGARIAN, "%y. %m. %d", "/hirek/{n}", SIX[2:], " lang=hu"),
        (CZECH, "%d.%m.%y", "/aktuality/%Y/{n}", SIX[:5], ""),
        (CZECH, "%d.%m.%y", "/aktuality/{n}", SIX[:5], " lang=cs"),
        (CZECH, "%d/%m/%y", "/files/2025/02/{n}.pdf", SIX[:5], " lang=cs"),
    ],
)
def test_a_list_with_years_of_two_digits_is_read_in_its_own_order(
    titles: Sequence[str], written: str, address: str, days: Sequence[str], lang: str
) -> None:
    found, _ = days_of(titles, written, address, days, lang)
    assert found == [*days]


def test_a_list_of_two_on_a_page_whose_language_writes_the_year_first() -> None:
    found, _ = days_of(
        CHINESE[:2], "%y-%m-%d", "{n}.html", ["2020-12-06", "2020-11-20"], " lang=zh"
    )
    assert found == ["2020-12-06", "2020-11-20"]


def test_the_order_of_a_visit_is_that_of_its_list() -> None:
    _, html = days_of(CHINESE, "%y-%m-%d", "%Y%m/t%Y%m%d_{n}.html", SIX)
    assert listed_order(page(html), NOW.date()) == "YMD"
    _, html = days_of(CZECH, "%d/%m/%y", "/%Y/{n}", SIX[:5])
    assert listed_order(page(html), NOW.date()) == "DMY"


def test_declared_selectors_use_the_addresses_beside_their_dates() -> None:
    days = ["2012-12-06", "2011-11-10"]
    _, html = days_of(CHINESE[:2], "%y-%m-%d", "%Y%m/t%Y%m%d_{n}.html", days)
    for rules in (
        ListingRules(item="tr", link="a", published="td.d::text"),
        ListingRules(link="table a", published="td.d::text"),
    ):
        items = read_listing(page(html), DateContext("UTC", now=NOW), rules).items
        assert [item.published.iso if item.published else None for item in items] == days
