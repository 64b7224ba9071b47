"""Parts of pages that browsers show without scripts: noscript and declarative shadow trees."""

from __future__ import annotations

import datetime as dt

import pytest

from data.dates.context import DateContext
from spiders.listing.read import read_listing
from spiders.page.page import Page
from spiders.page.unscripted import MAX_PARTS, without_scripts
from spiders.release.read import read_release

READING = DateContext("Europe/Athens", now=dt.datetime(2026, 11, 20, tzinfo=dt.UTC))

SHADOW = '<news-list><template shadowrootmode="open"><style>a{{}}</style>{}</template></news-list>'
HIDDEN = {
    "noscript": "<div id='list' aria-busy='true'></div><noscript>{}</noscript>",
    "shadow": SHADOW,
    "older shadow": SHADOW.replace("shadowrootmode", "shadowroot"),
}
EL = [
    ("3 Νοεμβρίου 2026", "Νέοι κανόνες στο φράγμα"),
    ("21 Οκτωβρίου 2026", "Η δεξαμενή κλείνει για επισκευή"),
    ("2 Οκτωβρίου 2026", "Η στάθμη κάθε ώρα στον ιστότοπο"),
]
TEXT = "Οι φύλακες των φραγμάτων συναντήθηκαν την Τρίτη και αποφάσισαν τα ακόλουθα μέτρα. " * 5


def page(inside: str, path: str = "/nea/") -> Page:
    """A page in Greek with menus and a foot."""
    html = (
        '<!DOCTYPE html><html lang="el"><head><title>Υπηρεσία Φραγμάτων</title><noscript><link '
        'rel="stylesheet" href="a.css"></noscript></head><body><noscript><iframe src="/count">'
        '</iframe></noscript><nav><a href="/">Αρχική</a><a href="/kouti">Κουτί</a></nav><main>'
        f"{inside}</main><footer>© 2026 Υπηρεσία Φραγμάτων</footer></body></html>"
    )
    return Page(f"https://weir.example{path}", html.encode())


def rows(name: str = "nea") -> str:
    """A list of three releases."""
    return (
        "<ul>"
        + "".join(
            f'<li><time>{day}</time> <a href="/{name}/{number}">{title}</a></li>'
            for number, (day, title) in enumerate(EL)
        )
        + "</ul>"
    )


@pytest.mark.parametrize("form", HIDDEN)
def test_a_list_in_such_a_part_is_read_if_the_page_shows_none(form: str) -> None:
    listing = read_listing(page(HIDDEN[form].format(rows())), READING)
    assert [item.url for item in listing.items] == [
        f"https://weir.example/nea/{n}" for n in range(3)
    ]
    assert all(item.published for item in listing.items)


@pytest.mark.parametrize("form", HIDDEN)
def test_the_visible_list_wins(form: str) -> None:
    both = page(rows() + HIDDEN[form].format(rows("alla")))
    assert all("/nea/" in item.url for item in read_listing(both, READING).items)


@pytest.mark.parametrize("form", HIDDEN)
def test_a_release_in_such_a_part_is_read_if_the_page_shows_none(form: str) -> None:
    day, title = EL[0]
    article = f"<article><h1>{title}</h1><p>{day}</p><p>{TEXT}</p></article>"
    content = read_release(page(HIDDEN[form].format(article), "/nea/0"), READING).content
    assert (content.title, content.published and content.published.iso) == (title, "2026-11-03")
    assert TEXT.strip() in content.body_text


def test_a_visible_text_is_not_replaced() -> None:
    note = (
        "<noscript><p>Ενεργοποιήστε τη JavaScript. "
        + "Δείτε και τα άλλα νέα. " * 90
        + "</noscript>"
    )
    shown = f"<article><h1>{EL[0][1]}</h1><p>{EL[0][0]}</p><p>{TEXT}</p></article>{note}"
    body = read_release(page(shown, "/nea/0"), READING).content.body_text
    assert "JavaScript" not in body


def test_templates_that_scripts_fill_are_not_read() -> None:
    for inside in (
        f"<template id='row'>{rows()}</template>",
        SHADOW.format('<ul><li><a href="/nea/{{ id }}">{{ title }}</a></ul>'),
        "<noscript><img src='/count.gif'></noscript>",
    ):
        assert without_scripts(page(inside)) is None
        assert not read_listing(page(inside), READING).items


def test_parts_that_never_end_and_too_many_parts_are_left_out(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert without_scripts(page("<noscript><p>a" * 1000)) is None
    assert without_scripts(Page("https://weir.example/", b"<body><noscript><p>a")) is None
    many = page(f"<noscript>{rows()}</noscript>" * (MAX_PARTS + 50))
    found = without_scripts(many)
    assert found is not None
    hollow = page("<noscript><p>a</p></noscript>" * (9 * MAX_PARTS))
    calls: list[Page] = []

    def counted(one: Page) -> Page | None:
        calls.append(one)
        return without_scripts(one)

    monkeypatch.setattr("spiders.listing.read.without_scripts", counted)
    assert not read_listing(hollow, READING).items
    assert len(calls) == 1
    assert 50 < found.body.count(b"<noscript>") < 60
