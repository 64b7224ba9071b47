"""The name in a line on copyright."""

from __future__ import annotations

import pytest

from spiders.discovery.site_name import guess_name, named_in, without_copyright
from spiders.page.page import Page

LINES = [
    ("Copyright 2026 by Press desk of Merrow", "Press desk of Merrow"),
    ("© Copyright 2026 by Press desk of Merrow", "Press desk of Merrow"),
    ("Copyright © 2019-2026 Harbour Board. All rights reserved", "Harbour Board"),
    ("Powered by Quill | © 2026 Weir Authority", "Weir Authority"),
    ("© 2001 - 2026, City of Merrow. Privacy", "City of Merrow"),
    ("Copyright 2026 Department of Weirs and Locks", "Department of Weirs and Locks"),
    ("Copyright Office of Norland © 2026", "Copyright Office of Norland"),
    ("© 2026 Wehramt Obertal. Alle Rechte vorbehalten.", "Wehramt Obertal"),
    ("© Office des barrages 2026 – Tous droits réservés", "Office des barrages"),
    ("Tous droits réservés © 2026 Office des barrages", "Office des barrages"),
    ("Todos los derechos reservados. Autoridad de Presas, 2026", "Autoridad de Presas"),
    ("© 2026 Autoridade das Represas. Todos os direitos reservados", "Autoridade das Represas"),
    ("© 2026 Ente delle dighe – Tutti i diritti riservati", "Ente delle dighe"),
    ("Wszelkie prawa zastrzeżone © Zarząd Jazów 2026", "Zarząd Jazów"),
    ("Все права защищены © 2010–2026 Управление плотин", "Управление плотин"),
    ("© 2026 Управління гребель. Усі права захищені", "Управління гребель"),
    ("Με επιφύλαξη παντός δικαιώματος © 2026 Υπηρεσία Φραγμάτων", "Υπηρεσία Φραγμάτων"),
    ("© 2026 Bent İdaresi. Tüm hakları saklıdır.", "Bent İdaresi"),
    ("Bütün hüquqlar qorunur © 2026 Bənd İdarəsi", "Bənd İdarəsi"),
    ("جميع الحقوق محفوظة © 2026 هيئة السدود", "هيئة السدود"),
    ("כל הזכויות שמורות לרשות הסכרים © 2026", "רשות הסכרים"),
    ("© 2026 ऊपरी घाटी बाँध प्राधिकरण। सर्वाधिकार सुरक्षित।", "ऊपरी घाटी बाँध प्राधिकरण"),
    ("สงวนลิขสิทธิ์ © 2569 สำนักงานฝาย", "สำนักงานฝาย"),
    ("Bản quyền thuộc về Cục Đập nước", "Cục Đập nước"),
    ("Hak Cipta © 2026 Otoritas Bendungan", "Otoritas Bendungan"),
    ("上谷水闸管理局 版权所有 © 2026", "上谷水闸管理局"),
    ("版权所有：上谷水闸管理局 京ICP备05012345号", "上谷水闸管理局"),
    ("© 2026 上谷堰管理局 無断転載を禁じます", "上谷堰管理局"),
    ("저작권자 ⓒ 2026 상류 보 관리소, 무단 전재 및 재배포 금지", "상류 보 관리소"),
    ("© 2026", ""),
    ("All rights reserved", ""),
]


@pytest.mark.parametrize(("line", "name"), LINES)
def test_a_line_on_copyright_names_an_institution(line: str, name: str) -> None:
    assert named_in(line) == name


@pytest.mark.parametrize(("line", "name"), [one for one in LINES if one[1]])
def test_a_site_is_named_by_the_line_at_its_foot(line: str, name: str) -> None:
    html = f"<title>News</title><h1>News</h1><p>Text.</p><footer><p>{line}</p></footer>"
    assert guess_name(Page("http://127.0.0.1/news/", html.encode()), []).value == name


def test_a_line_in_several_elements_names_the_institution() -> None:
    foot = "<footer><div><span>©</span> <span>2026</span> <b>Weir Authority</b></div></footer>"
    html = f"<title>News</title><p>Text.</p>{foot}"
    assert guess_name(Page("http://127.0.0.1/news/", html.encode()), []).value == "Weir Authority"


def test_a_name_that_is_stated_as_a_line_on_copyright_is_read_as_one() -> None:
    stated = "Copyright 2026 by Press desk of Merrow"
    html = f'<meta property="og:site_name" content="{stated}"><title>News</title>'
    found = guess_name(Page("http://127.0.0.1/news/", html.encode()), [])
    assert found.value == "Press desk of Merrow"


@pytest.mark.parametrize("name", ["Copyright Office", "Weir Authority 2026", "Rights Watch"])
def test_a_name_that_is_not_a_line_on_copyright_stays(name: str) -> None:
    assert without_copyright(name) == name
