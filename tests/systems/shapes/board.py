"""The posts of a shape, and the HTML that all shapes share: the frame, rows and release pages."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from html import escape
from typing import Final

from babel.dates import format_date

from tests.systems.posts import BOARD, Post, posts
from tests.systems.truth import Held

PER_PAGE: Final = 10
"""Posts on one page of a list."""

NEWS_PATH: Final = "/news/"

WORDS: Final = {
    "en": ("News", "Home", "About us", "Contact", "Privacy", "Next events", "All rights reserved"),
    "de": ("Aktuelles", "Startseite", "Über uns", "Kontakt", "Datenschutz", "Termine", "Impressum"),
    "fr": ("Actualités", "Accueil", "À propos", "Contact", "Confidentialité", "Agenda", "Mentions"),
    "es": ("Noticias", "Inicio", "Nosotros", "Contacto", "Privacidad", "Agenda", "Aviso legal"),
    "pt": ("Notícias", "Início", "Sobre", "Contato", "Privacidade", "Agenda", "Mapa do site"),
    "it": ("Notizie", "Home", "Chi siamo", "Contatti", "Privacy", "Eventi", "Note legali"),
    "nl": ("Nieuws", "Home", "Over ons", "Contact", "Privacy", "Agenda", "Colofon"),
    "pl": ("Aktualności", "Strona główna", "O nas", "Kontakt", "Prywatność", "Kalendarz", "Mapa"),
    "cs": ("Aktuality", "Úvod", "O nás", "Kontakt", "Soukromí", "Kalendář", "Mapa stránek"),
    "tr": ("Haberler", "Ana sayfa", "Hakkımızda", "İletişim", "Gizlilik", "Etkinlikler", "Künye"),
    "el": ("Νέα", "Αρχική", "Σχετικά", "Επικοινωνία", "Απόρρητο", "Εκδηλώσεις", "Χάρτης"),
    "ru": ("Новости", "Главная", "О нас", "Контакты", "Конфиденциальность", "Афиша", "Карта"),
    "uk": ("Новини", "Головна", "Про нас", "Контакти", "Приватність", "Події", "Мапа сайту"),
    "ar": ("الأخبار", "الرئيسية", "من نحن", "اتصل بنا", "الخصوصية", "الفعاليات", "خريطة الموقع"),
    "he": ("חדשות", "בית", "אודות", "צור קשר", "פרטיות", "אירועים", "מפת אתר"),
    "hi": ("समाचार", "मुख्य पृष्ठ", "हमारे बारे में", "संपर्क", "गोपनीयता", "कार्यक्रम", "साइटमैप"),
    "th": ("ข่าว", "หน้าแรก", "เกี่ยวกับเรา", "ติดต่อ", "ความเป็นส่วนตัว", "กิจกรรม", "แผนผังเว็บไซต์"),
    "zh": ("新闻动态", "首页", "关于我们", "联系我们", "隐私", "活动预告", "网站地图"),
    "ja": (
        "お知らせ",
        "ホーム",
        "概要",
        "お問い合わせ",
        "プライバシー",
        "イベント",
        "サイトマップ",
    ),
    "ko": ("보도자료", "홈", "소개", "문의", "개인정보", "행사", "사이트맵"),
}
"""The words of each language's frame: the list's name, five links of menus, and the footer."""

RIGHT_TO_LEFT: Final = frozenset(("ar", "he"))


@dataclass(frozen=True)
class Entry:
    """One post with its address at the shape's site."""

    number: int
    title: str
    day: dt.date
    url: str
    teaser: str
    html: str


def entry(post: Post) -> Entry:
    """The entry of a post."""
    address = f"{NEWS_PATH}{post.slug}.html"
    return Entry(post.number, post.title, post.day, address, post.teaser, post.html)


class Board:
    """All entries, newest first, in the frame of one language."""

    def __init__(self, lang: str) -> None:
        self.lang = lang
        self.entries = tuple(entry(post) for post in reversed(posts()))

    @property
    def pages(self) -> int:
        """Number of pages of the whole list."""
        return -(-len(self.entries) // PER_PAGE)

    @property
    def years(self) -> list[int]:
        """The years of the entries, newest first."""
        return sorted({one.day.year for one in self.entries}, reverse=True)

    @property
    def months(self) -> list[tuple[int, int]]:
        """The years and months of the entries, newest first."""
        return sorted({(one.day.year, one.day.month) for one in self.entries}, reverse=True)

    @property
    def held(self) -> tuple[Held, ...]:
        """What the site holds."""
        return tuple(Held(one.title, one.day, one.html) for one in self.entries)

    def on_page(self, number: int) -> tuple[Entry, ...]:
        """The entries of a page, counted from 1; none beyond the last."""
        return self.entries[max(number - 1, 0) * PER_PAGE : number * PER_PAGE] if number else ()

    def in_year(self, year: int) -> tuple[Entry, ...]:
        """The entries of a year."""
        return tuple(one for one in self.entries if one.day.year == year)

    def in_month(self, year: int, month: int) -> tuple[Entry, ...]:
        """The entries of a month."""
        return tuple(one for one in self.in_year(year) if one.day.month == month)

    def date(self, day: dt.date, style: str = "long") -> str:
        """A date as the language writes it: a CLDR style, or a pattern of strftime."""
        return day.strftime(style) if "%" in style else format_date(day, style, locale=self.lang)

    def rows(
        self, entries: Sequence[Entry], row: Callable[[Board, Entry], str] | None = None
    ) -> str:
        """The rows of some entries."""
        return "\n".join((row or table_row)(self, one) for one in entries)

    def page(self, main: str, *, head: str = "", title: str = "", side: str | None = None) -> str:
        """A whole page of the site."""
        words = [escape(word) for word in WORDS[self.lang]]
        heading, links = words[0], words[1:5]
        paths = ("/", "/about/", "/contact/", "/privacy/")
        menu = "".join(
            f'<li class="menu-item"><a href="{path}">{word}</a></li>'
            for path, word in zip(paths, links, strict=True)
        )
        direction = ' dir="rtl"' if self.lang in RIGHT_TO_LEFT else ""
        aside = events_box(self) if side is None else side
        return (
            f'<!DOCTYPE html>\n<html lang="{self.lang}"{direction}><head><meta charset="utf-8">'
            f"<title>{title or f'{heading} - {BOARD}'}</title>"
            '<link rel="stylesheet" href="/theme/site.css">'
            f"{head}</head>\n<body><div id='cookie-bar'>🍪 <a href='/privacy/'>{links[3]}</a>"
            f"<button type=button>OK</button></div><header class=top><a class=logo href='/'>"
            f"<img src='/theme/logo.svg' alt='{BOARD}'></a><nav><ul class='menu'>{menu}"
            f'<li class="menu-item active"><a href="{NEWS_PATH}">{heading}</a></li></ul></nav>'
            f"</header>\n<div class='wrap'><main id='content'>{main}</main>\n{aside}</div>"
            f"<footer class='site-footer'><p>© {BOARD}. {words[6]}</p><ul>{menu}</ul></footer>"
            "</body></html>"
        )

    def listing(self, main: str, *, head: str = "", side: str | None = None) -> str:
        """A page of the list: its heading above what is given."""
        heading = escape(WORDS[self.lang][0])
        return self.page(f"<h1>{heading}</h1>\n{main}", head=head, side=side)

    def release(
        self, one: Entry, *, above: str = "", below: str = "", side: str | None = None
    ) -> str:
        """The page of an entry, with HTML around its text."""
        title = escape(one.title)
        return self.page(
            f"<article class='release'><h1>{title}</h1>\n{above or self.dateline(one)}\n"
            f"<div class='release-text'>{one.html}</div>\n{below}</article>",
            title=f"{title} - {BOARD}",
            side=side,
        )

    def dateline(self, one: Entry) -> str:
        """The date under the headline."""
        return f"<p class='release-date'>{self.date(one.day)}</p>"


def events_box(board: Board) -> str:
    """A box of coming events beside the list."""
    rows = "".join(
        f"<li><span>{board.date(dt.date(2031, month, 4))}</span> <a href='/events/{month}.html'>"
        f"{escape(WORDS[board.lang][5])} {month}</a></li>"
        for month in (2, 3, 5)
    )
    return f"<aside class='sidebar'><h2>{escape(WORDS[board.lang][5])}</h2><ul>{rows}</ul></aside>"


def table_row(board: Board, one: Entry) -> str:
    """A date and a headline in a row of a list."""
    return (
        f"<li class='news-row'><span class='news-day'>{board.date(one.day)}</span> "
        f"<a href='{one.url}'>{escape(one.title)}</a></li>"
    )


def card(board: Board, one: Entry) -> str:
    """A card with an image, a headline, a teaser and a link to read on."""
    return (
        f"<div class='card'><a href='{one.url}'><img src='/media/card-{one.number}.jpg' alt=''></a>"
        f"<div class='card-body'><h3><a href='{one.url}'>{escape(one.title)}</a></h3>"
        f"<p class='card-date'>{board.date(one.day)}</p><p>{escape(one.teaser[:140])}…</p>"
        f"<a class='more' href='{one.url}'>»</a></div></div>"
    )


def cell_row(board: Board, one: Entry) -> str:
    """A row of an old table."""
    return (
        f"<tr valign=top><td width=20><img src='/theme/dot.gif'><td><a href='{one.url}'>"
        f"{escape(one.title)}</a><td nowrap>{board.date(one.day, 'short')}</tr>"
    )
