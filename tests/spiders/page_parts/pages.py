"""Invented pages whose releases are sections, in the markup of several systems and languages."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

HEAD: Final = """<!DOCTYPE html>
<html lang="{lang}"><head><meta charset="utf-8"><title>{site}</title></head><body>
<div id="cookie-notice" class="modal"><p>{site}: cookies</p><button>OK</button></div>
<header><nav><ul><li><a href="/">{site}</a></li><li><a href="/about">?</a></li>
<li><a href="#main">&darr;</a></li></ul></nav></header><main id="main"><h1>{site}</h1>"""

FOOT: Final = """</main><aside><h3>{site}</h3>
<ul><li><a href="/a/1">1</a><li><a href="/a/2">2</a></ul>
</aside><footer id="footer"><p>&copy; 2026 {site}<p>
<a href="/imprint">i</a></footer></body></html>"""


@dataclass(frozen=True)
class Said:
    """One invented release: its title, its date as the page writes it, its day and its text."""

    title: str
    date: str
    day: str
    text: str


@dataclass(frozen=True)
class Site:
    """An institution with its releases, newest first."""

    lang: str
    name: str
    said: tuple[Said, ...]

    def page(self, sections: list[str], before: str = "") -> str:
        """The news page with some markup for the sections."""
        head = HEAD.format(lang=self.lang, site=self.name)
        return f"{head}{before}{''.join(sections)}{FOOT.format(site=self.name)}"


def _site(lang: str, name: str, text: str, *rows: tuple[str, str, str]) -> Site:
    said = (Said(title, date, day, f"{text} {title}.") for title, date, day in rows)
    return Site(lang, name, tuple(said))


SITES: Final = {
    site.lang: site
    for site in (
        _site(
            "en", "Weir Authority",
            "The weir keepers of the upper valley met on Tuesday and agreed on what follows.",
            ("Night sailing ends in October", "9 June 2026", "2026-06-09"),
            ("Two locks close for repairs", "1 June 2026", "2026-06-01"),
            ("Water levels published hourly", "20 May 2026", "2026-05-20"),
        ),
        _site(
            "de", "Wehramt Obertal",
            "Die Wehrmeister des oberen Tals haben am Dienstag getagt und Folgendes beschlossen.",
            ("Nachtfahrten enden im Oktober", "9. Juni 2026", "2026-06-09"),
            ("Zwei Schleusen werden gesperrt", "1. Juni 2026", "2026-06-01"),
            ("Pegel erscheinen jede Stunde", "20. Mai 2026", "2026-05-20"),
        ),
        _site(
            "fr", "Office des barrages",
            "Les gardiens des barrages de la vallée se sont réunis mardi et ont décidé ceci.",
            ("Fin de la navigation de nuit", "9 juin 2026", "2026-06-09"),
            ("Deux écluses sont fermées", "1er juin 2026", "2026-06-01"),
        ),
        _site(
            "ru", "Управление плотин",
            "Смотрители плотин верхней долины собрались во вторник и приняли решение.",
            ("Ночное судоходство закончится", "9 июня 2026", "2026-06-09"),
            ("Два шлюза закрыты на ремонт", "1 июня 2026", "2026-06-01"),
        ),
        _site(
            "el", "Υπηρεσία Φραγμάτων",
            "Οι φύλακες των φραγμάτων της κοιλάδας συναντήθηκαν την Τρίτη και αποφάσισαν.",
            ("Τέλος στη νυχτερινή πλεύση", "9 Ιουνίου 2026", "2026-06-09"),
            ("Δύο δεξαμενές κλείνουν", "1 Ιουνίου 2026", "2026-06-01"),
        ),
        _site(
            "ar", "هيئة السدود",
            "اجتمع حراس السدود في الوادي الأعلى يوم الثلاثاء واتفقوا على ما يلي من القرارات.",
            ("انتهاء الملاحة الليلية", "9 يونيو 2026", "2026-06-09"),
            ("إغلاق هويسين للصيانة", "1 يونيو 2026", "2026-06-01"),
        ),
        _site(
            "he", "רשות הסכרים",
            "שומרי הסכרים של העמק העליון נפגשו ביום שלישי והחליטו על הצעדים הבאים לטובת הציבור.",
            ("השיט בלילה יסתיים באוקטובר", "9 ביוני 2026", "2026-06-09"),
            ("שני תאי שיט נסגרים לתיקון", "1 ביוני 2026", "2026-06-01"),
        ),
        _site(
            "zh", "上谷水闸管理局",
            "上谷各水闸的管理员于星期二举行会议，并就以下事项达成一致意见，自即日起施行。",
            ("十月起停止夜间航行", "2026年6月9日", "2026-06-09"),
            ("两座船闸关闭维修", "2026年6月1日", "2026-06-01"),
        ),
        _site(
            "ja", "上谷堰管理局",
            "上谷の各堰の管理者は火曜日に会合を開き、次の事項について合意しました。",
            ("夜間航行は十月に終了します", "2026年6月9日", "2026-06-09"),
            ("二つの水門を修理のため閉鎖", "2026年6月1日", "2026-06-01"),
        ),
        _site(
            "ko", "상류 보 관리소",
            "상류 계곡의 보 관리인들은 화요일에 회의를 열고 다음 사항에 합의하였습니다.",
            ("야간 운항이 시월에 끝납니다", "2026년 6월 9일", "2026-06-09"),
            ("갑문 두 곳을 수리합니다", "2026년 6월 1일", "2026-06-01"),
        ),
        _site(
            "hi", "ऊपरी घाटी बाँध प्राधिकरण",
            "ऊपरी घाटी के बाँध रक्षकों की मंगलवार को बैठक हुई और निम्नलिखित निर्णय लिए गए।",
            ("रात की नौकायन अक्टूबर में बंद", "9 जून 2026", "2026-06-09"),
            ("दो द्वार मरम्मत के लिए बंद", "1 जून 2026", "2026-06-01"),
        ),
        _site(
            "th", "สำนักงานฝาย",
            "ผู้ดูแลฝายของหุบเขาตอนบนประชุมกันในวันอังคารและตกลงกันตามรายละเอียดต่อไปนี้",
            ("ยุติการเดินเรือกลางคืน", "9 มิถุนายน 2569", "2026-06-09"),
            ("ปิดประตูน้ำสองแห่ง", "1 มิถุนายน 2569", "2026-06-01"),
        ),
        _site(
            "tr", "Bent İdaresi",
            "Yukarı vadinin bent bekçileri salı günü toplandı ve aşağıdaki kararları aldı.",
            ("Gece seferleri ekimde bitiyor", "9 Haziran 2026", "2026-06-09"),
            ("İki kapak onarım için kapandı", "1 Haziran 2026", "2026-06-01"),
        ),
    )
}  # fmt: skip


def bootstrap(said: Said, number: int) -> str:
    """A Bootstrap accordion with a document in each panel."""
    return (
        '<div class="accordion-item"><h2 class="accordion-header"><button class="accordion-button'
        f' collapsed" data-bs-toggle="collapse" data-bs-target="#c{number}" aria-expanded="false"'
        f' aria-controls="c{number}">{said.title}</button></h2><div id="c{number}" class='
        f'"accordion-collapse collapse"><div class="accordion-body"><p class="d">{said.date}</p>'
        f'<p>{said.text}</p><p><a href="/files/{number}.pdf">PDF</a></p></div></div></div>'
    )


def details(said: Said, number: int) -> str:
    """A disclosure with an id, its date in the summary."""
    return (
        f'<details id="n-{number}"><summary><span class="date">{said.date}</span> | {said.title}'
        f'</summary><p>{said.text}</p><a href="/files/{number}.pdf">PDF</a></details>'
    )


def modal(said: Said, number: int) -> str:
    """A card that opens a dialog; title and date stand on the card."""
    return (
        f'<div class="card"><h3>{said.title}</h3><time datetime="{said.day}">{said.date}</time>'
        f'<p>{said.text[:12]} …</p><a href="#m{number}" data-toggle="modal" class="btn">+</a></div>'
        f'<div class="modal fade" id="m{number}" style="display:none"><div class="body"><h4>'
        f'{said.title}</h4><p>{said.text}</p><a href="/files/{number}.pdf">PDF</a></div></div>'
    )


def anchored(said: Said, number: int) -> str:
    """A heading with an anchor before it, and its text up to the next heading."""
    return (
        f'<a name="item{number}"></a><h2>{said.title}</h2><p><em>{said.date}</em></p>'
        f'<p>{said.text}</p><p>{said.text}</p><p>{said.text}</p><p><a href="/files/{number}.pdf">'
        "PDF</a></p><hr>"
    )


def article(said: Said, number: int) -> str:
    """A whole text in an element with an id."""
    return (
        f'<article id="press-{number}"><header><h2>{said.title}</h2><p>{said.date}</p></header>'
        f'<p>{said.text}</p><p>{said.text}</p><p>{said.text}</p><ul><li><a href="/files/{number}'
        '.pdf">PDF</a></li></ul></article>'
    )


def definition(said: Said, number: int) -> str:
    """A term that a script opens, without any id."""
    del number
    return (
        f'<dl class="accordion"><dt class="toggle">{said.date} {said.title}</dt>'
        f"<dd><p>{said.text}</p></dd></dl>"
    )


def panel(said: Said, number: int) -> str:
    """A disclosure whose text has headings of its own."""
    return (
        f'<details id="p{number}"><summary>{said.title} <time datetime="{said.day}">{said.date}'
        f"</time></summary><p>{said.text}</p><h2>{said.text[:9]}</h2><p>{said.text}</p></details>"
    )


def row(said: Said, number: int) -> str:
    """A row with a button, whose label all rows share, that opens a dialog with a heading."""
    return (
        f'<tr><td>{said.date}</td><td><button data-bs-toggle="modal" data-bs-target="#d{number}">'
        f'+ PDF &amp; Text</button></td></tr><tr id="d{number}" class="modal" style="display:none">'
        f"<td><h4>{said.title}</h4><p>{said.text}</p></td></tr>"
    )


def chapter(said: Said, number: int) -> str:
    """A section in an element of its own, whose text has headings of the same level."""
    return f'<section>{flat(said, number)}<p><a href="#main">&uarr;</a></p></section>'


def flat(said: Said, number: int) -> str:
    """A heading with an id, and a text with headings of the same level without one."""
    return (
        f'<h2 id="r{number}">{said.title}</h2><p><em>{said.date}</em></p><p>{said.text}</p>'
        f"<p>{said.text}</p><h2>{said.text[:9]}</h2><p>{said.text} {number}</p>"
    )


def entry(said: Said, number: int) -> str:
    """An entry of a weblog below a heading with its day, with its permanent address."""
    return (
        f'<h2>{said.date}</h2><div class="entry"><h3><a name="e{number}">{said.title}</a></h3>'
        f'<div>{said.text} {said.text} {said.text}</div><p>9:30 | <a href="/log/">/</a> | '
        f'<a href="/log/{said.day.replace("-", "/")}#e{number}">#</a></p></div>'
    )
