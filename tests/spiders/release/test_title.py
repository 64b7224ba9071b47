"""A heading that only says what kind of page this is stands above a headline, and is none."""

from __future__ import annotations

import datetime as dt

import pytest

from data.dates.context import DateContext
from spiders.page.page import Page
from spiders.page.phrases import is_label
from spiders.release.read import read_release

READING = DateContext("Europe/London", now=dt.datetime(2026, 3, 2, tzinfo=dt.UTC))
HEADLINE = "Second lock opens to larger ships"
TEXT = (
    "<p>The harbour authority of Lower Merrow has opened its second lock to ships of up to ninety "
    "metres, after four years of work and two winters in which the basin froze over.</p><p>The "
    "director thanked the divers, who had worked in the dark, and said that the old lock would be "
    "kept for small craft, for the school and for the lifeboat.</p>"
)


def title(above: str, head: str = "Port of Merrow") -> str:
    html = f"<html><head><title>{head}</title></head><body>{above}<p>3 March 2026</p>{TEXT}"
    return read_release(Page("https://merrow.example/?id=7", html.encode()), READING).content.title


@pytest.mark.parametrize(
    "label",
    ["Press release", "Press Release No. 44/2025", "Pressemitteilung Nr. 12", "News", "Tiedote",
     "COMMUNIQUÉ DE PRESSE", "Nota de prensa 3", "Пресс-релиз № 7", "Medienmitteilung",
     "ΔΕΛΤΙΟ ΤΥΠΟΥ", "FOR IMMEDIATE RELEASE"],
)  # fmt: skip
def test_the_heading_below_a_label_is_the_headline(label: str) -> None:
    assert title(f"<h1>{label}</h1><h2>{HEADLINE}</h2>") == HEADLINE
    assert title(f"<h1>{label}</h1><h3>{HEADLINE}</h3>", f"{label} - Port of Merrow") == HEADLINE


def test_a_bold_line_below_a_label_is_the_headline() -> None:
    assert title(f"<h1>Press release</h1><p>3 March</p><p><b>{HEADLINE}</b></p>") == HEADLINE
    assert title(f"<p><b>For immediate release</b></p><p><b>{HEADLINE}</b></p>") == HEADLINE


def test_of_the_headings_below_a_label_the_first_is_the_headline() -> None:
    """Be it that the page calls itself as the second one, and so knows that first."""
    below = f"<h2>{HEADLINE}</h2><h2>Port of Merrow</h2>"
    assert title(f"<h1>Press release</h1>{below}") == HEADLINE


def test_a_label_is_kept_if_no_heading_follows() -> None:
    assert title("<h1>Press release</h1>", "Press release") == "Press release"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Press release 44/2025", True), ("Communiqué", True), ("Aktuelles", True),
        ("Press release on the second lock", False), ("News of the second lock", False),
        ("44/2025", False), ("", False),
    ],
)  # fmt: skip
def test_a_label_contains_only_the_label(text: str, *, expected: bool) -> None:
    assert is_label(text) is expected


@pytest.mark.parametrize(
    "above",
    ["<h2>Background</h2>", "<p>3 March 2026</p><h3>Background</h3>"],
)
def test_a_subheading_does_not_replace_the_headline_in_title(above: str) -> None:
    """The text says what the headline says, and the site's name says something else."""
    assert title(above, HEADLINE) == HEADLINE
    assert title(f"<h2>{HEADLINE}</h2>", "Port of Merrow") == HEADLINE


def test_a_page_title_that_is_only_the_site_name_is_reported() -> None:
    home = "<h1><a href='/'>Port of Merrow</a></h1>"
    assert title(home, "Port of Merrow") == "Port of Merrow"


def test_a_footer_does_not_make_a_headline_of_the_sites_name() -> None:
    html = (
        f"<html><head><title>Port of Merrow</title></head><body><p><b>{HEADLINE}</b></p>"
        f"<p>3 March 2026</p>{TEXT}<div>© 2026 Port of Merrow</div>"
    )
    page = Page("https://merrow.example/?id=7", html.encode())
    assert read_release(page, READING).content.title == HEADLINE


@pytest.mark.parametrize(
    ("head", "expected"),
    [
        (f"{HEADLINE}--Port of Merrow", HEADLINE),
        (f"{HEADLINE}----Port of Merrow", HEADLINE),
        (f"{HEADLINE}——Port of Merrow", HEADLINE),
        (f"{HEADLINE}_Port of Merrow", HEADLINE),
        (f"{HEADLINE}--at last", f"{HEADLINE}--at last"),
    ],
)
def test_signs_without_spaces_part_the_sites_name(head: str, expected: str) -> None:
    shown = expected if "last" in expected else ""
    assert title(f"<p>{shown}</p>" if shown else "", head) == expected


@pytest.mark.parametrize(
    ("head", "expected"),
    [
        ("About - Harbour letter", "Harbour letter"),
        ("Startseite - Hafenbrief", "Hafenbrief"),
        (f"{HEADLINE} - Harbour letter", HEADLINE),
    ],
)
def test_the_logo_heads_a_page_that_is_called_about(head: str, expected: str) -> None:
    site = head.rpartition(" - ")[2]
    assert title(f"<h1><a href='/'>{site}</a></h1>", head) == expected


@pytest.mark.parametrize(
    ("label", "title"),
    [
        ("제목", "항만공사, 여객선 새 부두 개장"), ("标题：", "港务局举行新码头启用仪式"),
        ("件名", "港湾局は新しい桟橋を開設しました"), ("Tiêu đề", "Khánh thành cầu tàu mới ở cảng"),
        ("หัวข้อ", "เปิดท่าเทียบเรือใหม่อย่างเป็นทางการ"), ("عنوان خبر", "اسکله تازه بندر گشوده شد"),
    ],
)  # fmt: skip
def test_a_headline_may_be_in_a_labelled_cell(label: str, title: str) -> None:
    text = f"{title}. " * 9
    for cell in ("th", "td"):
        html = (
            f"<meta charset=utf-8><title>Board</title><h2>Press</h2><table><tr><{cell}>{label}"
            f"</{cell}><td>{title}</td><tr><{cell}>#</{cell}><td>2026-03-01</td><tr>"
            f"<td colspan=2><p>{text}</p><p>{text}</p></td></table>"
        )
        page = Page("https://board.example/view?id=7", html.encode())
        read = read_release(page, READING)
        assert (read.content.title, title in read.content.body_text) == (title, True)


@pytest.mark.parametrize("name", ["Port Authority", "Merrow"])
def test_a_lower_heading_that_begins_title_replaces_the_name_of_the_institution(name: str) -> None:
    head = f"{HEADLINE} - News - {name}"
    assert title(f"<header><h1>{name}</h1></header><h3>{HEADLINE}</h3>", head) == HEADLINE


def test_a_lower_heading_shorter_than_the_headline_does_not_replace_it() -> None:
    above = f"<h1>{HEADLINE}</h1><p>2 March 2026</p><h4>News of Merrow</h4>"
    assert title(above, "News of Merrow | Merrow") == HEADLINE


def test_another_version_of_the_headline_in_title_does_not_replace_the_headline() -> None:
    other = "Second lock of the harbour opens to much larger ships"
    above = f"<h1>{HEADLINE}</h1><p>2 March 2026</p><h4>{other}</h4>"
    assert title(above, f"{other} | Merrow") == HEADLINE


def test_a_heading_in_the_logo_is_not_the_headline() -> None:
    for logo in (
        "<h1 class=logo>Port of Merrow</h1>",
        "<div id=site-logo><h1>Port of Merrow</h1></div>",
    ):
        assert title(f"{logo}<h2>{HEADLINE}</h2>") == HEADLINE
