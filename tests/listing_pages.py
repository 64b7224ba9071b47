"""Messy listing pages of an invented harbour board, in many languages and scripts."""

from __future__ import annotations

import datetime as dt
from typing import Final

from data.dates.context import DateContext
from spiders.items import Listing
from spiders.listing.read import read_listing
from spiders.page.page import Page

HOST: Final = "https://board.example"
NOW: Final = dt.datetime(2026, 8, 1, tzinfo=dt.UTC)

NEWS: Final = {
    "en": (
        "News", "Harbour board opens a pier for ferries", "Minister meets the port authority",
        "Divers find an old anchor in the channel", "Pilot office moves to Quay Street",
        "Storm closes the northern breakwater", "Lighthouse lamp is renewed after forty years",
    ),
    "fr": (
        "Actualités", "Le conseil du port inaugure une jetée", "Le phare retrouve sa lumière",
        "Les pilotes changent de bureau en avril", "Une ancre ancienne trouvée dans le chenal",
        "La tempête ferme la digue nord", "Nouveaux tarifs pour les petits bateaux",
    ),
    "de": (
        "Aktuelles", "Hafenamt weiht die neue Mole ein", "Leuchtturm erhält eine neue Lampe",
        "Lotsen ziehen in die Kaistraße um", "Taucher finden einen alten Anker",
        "Sturm sperrt den nördlichen Wellenbrecher", "Neue Gebühren für kleine Boote",
    ),
    "nl": (
        "Nieuws", "Havenbestuur opent de nieuwe pier", "Vuurtoren krijgt een nieuwe lamp",
        "Loodsen verhuizen naar de Kadestraat", "Duikers vinden een oud anker in de geul",
        "Storm sluit de noordelijke golfbreker", "Nieuwe tarieven voor kleine boten",
    ),
    "tr": (
        "Haberler", "Liman idaresi yeni iskeleyi açtı", "Deniz fenerinin lambası yenilendi",
        "Kılavuzluk bürosu rıhtıma taşındı", "Dalgıçlar eski bir çapa buldu",
        "Fırtına kuzey mendireğini kapattı", "Küçük tekneler için yeni ücretler",
    ),
    "vi": (
        "Tin tức", "Ban quản lý cảng khánh thành cầu tàu mới", "Ngọn hải đăng được thay đèn",
        "Phòng hoa tiêu chuyển đến phố Bến Cảng", "Thợ lặn tìm thấy mỏ neo cổ",
        "Bão khiến đê chắn sóng phía bắc đóng cửa", "Biểu phí mới cho tàu nhỏ",
    ),
    "ru": (
        "Новости", "Портовый совет открыл новый причал", "На маяке заменили старую лампу",
        "Лоцманская служба переехала на набережную", "Водолазы нашли старинный якорь",
        "Шторм закрыл северный волнорез", "Новые сборы для малых судов",
    ),
    "bg": (
        "Новини", "Пристанищният съвет откри нов кей", "Фарът получи нова лампа",
        "Пилотите се преместиха на крайбрежната", "Водолази откриха стара котва",
        "Буря затвори северния вълнолом", "Нови такси за малки лодки",
    ),
    "el": (
        "Νέα", "Το λιμενικό συμβούλιο εγκαινίασε την προβλήτα", "Ο φάρος απέκτησε νέο λαμπτήρα",
        "Το γραφείο πλοηγών μετακόμισε στην προκυμαία", "Δύτες βρήκαν μια παλιά άγκυρα",
        "Καταιγίδα έκλεισε τον βόρειο κυματοθραύστη", "Νέα τέλη για τα μικρά σκάφη",
    ),
    "ar": (
        "الأخبار", "مجلس الميناء يفتتح الرصيف الجديد للعبارات",
        "تجديد مصباح المنارة بعد أربعين عاما",
        "مكتب المرشدين ينتقل إلى شارع الرصيف", "غواصون يعثرون على مرساة قديمة",
        "العاصفة تغلق حاجز الأمواج الشمالي", "رسوم جديدة للقوارب الصغيرة",
    ),
    "he": (
        "חדשות", "מועצת הנמל פתחה את המזח החדש", "מנורת המגדלור הוחלפה אחרי ארבעים שנה",
        "לשכת הנתבים עברה לרחוב הרציף", "צוללנים מצאו עוגן עתיק בתעלה",
        "הסערה סגרה את שובר הגלים הצפוני", "אגרות חדשות לסירות קטנות",
    ),
    "hi": (
        "समाचार", "बंदरगाह परिषद ने नया घाट खोला", "प्रकाश स्तंभ का दीपक बदला गया",
        "पायलट कार्यालय घाट सड़क पर पहुंचा", "गोताखोरों को पुराना लंगर मिला",
        "तूफान से उत्तरी तटबंध बंद हुआ", "छोटी नावों के लिए नया शुल्क",
    ),
    "th": (
        "ข่าว", "คณะกรรมการท่าเรือเปิดท่าเทียบเรือใหม่", "ประภาคารเปลี่ยนโคมไฟใหม่หลังสี่สิบปี",
        "สำนักงานนำร่องย้ายไปถนนริมน้ำ", "นักดำน้ำพบสมอเรือโบราณในร่องน้ำ",
        "พายุปิดเขื่อนกันคลื่นด้านเหนือ", "ค่าธรรมเนียมใหม่สำหรับเรือเล็ก",
    ),
    "ka": (
        "სიახლეები", "ნავსადგურის საბჭომ ახალი ნავმისადგომი გახსნა",
        "შუქურას ახალი ნათურა დაუყენეს",
        "მესაჭეების ოფისი სანაპიროზე გადავიდა", "მყვინთავებმა ძველი ღუზა იპოვეს",
        "ქარიშხალმა ჩრდილოეთ ტალღმჭრელი დაკეტა", "ახალი ტარიფები მცირე ნავებისთვის",
    ),
    "ja": (
        "お知らせ", "港湾局は新しい桟橋を開設しました", "灯台のランプが四十年ぶりに交換されました",
        "水先案内事務所が岸壁通りへ移転しました", "潜水士が古い錨を発見しました",
        "嵐のため北防波堤を閉鎖します", "小型船の新しい料金について",
    ),
    "zh": (
        "新闻中心", "港务局举行新码头启用仪式", "灯塔更换使用四十年的旧灯",
        "引航办公室迁往码头大街新址", "潜水员在航道发现古代船锚",
        "暴风雨导致北防波堤临时关闭", "小型船舶收费标准调整通知",
    ),
    "ko": (
        "보도자료", "항만공사, 여객선 새 부두 개장", "등대 램프 사십 년 만에 교체",
        "도선 사무소 부두길로 이전 안내", "잠수부, 항로에서 오래된 닻 발견",
        "폭풍으로 북방파제 임시 폐쇄", "소형 선박 요금 개편 안내",
    ),
}  # fmt: skip
"""A heading and six titles for each language."""

RIGHT_TO_LEFT: Final = frozenset(("ar", "he"))


def titles(language: str) -> tuple[str, ...]:
    """The six titles of a language."""
    return NEWS[language][1:]


def listing_html(language: str, body: str, *, heading: bool = True, foot: str = "") -> str:
    """A page around the body: cookie notice, menus, footer, tags without ends."""
    name, *said = NEWS[language]
    direction = " dir=rtl" if language in RIGHT_TO_LEFT else ""
    menu = "".join(f"<li><a href='/{n}/'>{one.split()[0][:12]}</a>" for n, one in enumerate(said))
    return (
        f"<!DOCTYPE html><html lang={language}{direction}><head><meta charset=utf-8>"
        f"<title>{name} | board.example</title><script>var a = '<div>';</script>"
        f"<body><div id=cookie-notice class=cookies>Cookies? <a href=/cookies/>&rarr;</a>"
        f"<button>OK</button></div><div id=header><a href=/><img src=/logo.png></a>"
        f"<ul class='menu nav'>{menu}</ul></div><div id=content>"
        f"{f'<h1>{name}</h1>' if heading else ''}{body}</div>{foot}"
        f"<div id=footer><p>&copy; 2026 board.example<p><a href=/imprint/>{name[:4]}</a>"
        f"<a href=https://social.example/board>social</a></div>"
    )


def read(html: str, path: str = "/news/") -> Listing:
    """The listing that a page is read as."""
    page = Page(f"{HOST}{path}", html.encode(), "text/html; charset=utf-8")
    return read_listing(page, DateContext("UTC", now=NOW))


def rows_of(listing: Listing) -> list[tuple[str, str, str | None]]:
    """Path, title and day of each item; the whole address if it leads to another site."""
    return [
        (
            item.url.removeprefix(HOST),
            item.title,
            item.published.day.isoformat() if item.published else None,
        )
        for item in listing.items
    ]


def day(number: int) -> dt.date:
    """The day of a release: number 0 is the newest."""
    return dt.date(2026, 6, 25) - dt.timedelta(days=17 * number)
