"""Lines of source, author and date are never headlines, and lengths hold in all scripts."""

from __future__ import annotations

import pytest

from spiders.release.headline_text import is_credit_line, is_no_headline, latin_lengths


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
