"""The next page of a listing is found however it is linked, and is never the page itself."""

from __future__ import annotations

import pytest

from spiders.listing.paging.pagination import next_pages
from spiders.page.page import Page
from spiders.sources.source_file import ListingRules

URL = "http://press.example/news?page=2"
NEXT = "http://press.example/news?page=3"


def find(body: str, url: str = URL, rules: ListingRules | None = None) -> str | None:
    return next_pages(Page(url, f"<html><body>{body}".encode(), "text/html"), rules).next


@pytest.mark.parametrize(
    "body",
    [
        '<a rel="next" href="?page=3">3</a>',
        '<link rel="next" href="/news?page=3">',
        '<a href="?page=1">Previous</a> <a href="?page=3">Next</a>',
        '<a class="nextpostslink" href="?page=3">»</a>',
        '<div class="pager"><a href="?page=1">«</a><a href="?page=3">»</a></div>',
        '<li class="pager-next"><a href="?page=3"><img src="r.gif"></a></li>',
        '<a href="?page=3"><img alt="Next page" src="r.gif"></a>',
        '<a href="?page=3" aria-label="Next page"><i></i></a>',
        '<a href="?page=1">1</a> <b>2</b> <a href="?page=3">3</a> <a href="?page=4">4</a>',
        '<ul><li><a href="?page=1">1</a><li>2<li><a href="?page=3">3</a></ul>',
        '<a class="btn" href="?page=3">Load more</a>',
        """<button class="load-more" data-url="/news?page=3">Show more</button>""",
        """<a href="javascript:void(0)" onclick="go('/news?page=3')">Weiter</a>""",
        *(
            f'<a href="?page=1">{back}</a><a href="?page=3">{on}</a>'
            for back, on in (
                ("Zurück", "Nächste Seite ›"), ("Précédent", "Suivant"), ("Назад", "Следующая"),
                ("Əvvəlki", "Növbəti"), ("ÖNCEKİ", "İLERİ"), ("السابق", "التالي"),
                ("上一页", "下一页"), ("前へ", "次へ"), ("이전", "다음"), ("Anterior", "Próxima"),
                ("Newer posts", "Older posts"), ("← Yeni xəbərlər", "Əvvəlki xəbərlər →"),
                ("Новые записи", "Предыдущие записи"), ("← Stránka 1", "Stránka 3 →"),
                ("قبلی", "بعدی"), ("הקודם", "הבא"),
            )
        ),
    ],
)  # fmt: skip
def test_the_next_page_is_found(body: str) -> None:
    assert find(body) == NEXT


@pytest.mark.parametrize(
    "body",
    [
        "",
        '<a href="?page=2">Next</a>',
        '<a href="#">Next</a>',
        '<a href="#!page=3">Next</a>',
        '<a href="?page=1">Previous</a>',
        '<a href="?page=1">1</a> <b>2</b>',
        '<a href="http://other.example/news?page=3">Next</a>',
        '<div class="carousel"><a class="next" href="/banner/3">›</a></div>',
        '<p>In <a href="/r/3">3</a> cases</p>',
    ],
)
def test_a_last_page_has_no_next(body: str) -> None:
    assert find(body) is None


@pytest.mark.parametrize(
    "label",
    ["Далее", "Weiter »", "tovább", "dalej", "Подробнее >>", "More >", "Leia mais »", "Suite »"],
)
@pytest.mark.parametrize("address", ["?id={}", "/story/{}.html"])
def test_a_link_in_every_row_is_not_a_next_page(label: str, address: str) -> None:
    rows = "".join(
        f'<div><b>{day}.11.2025</b> <a href="{address.format(day)}">{label}</a></div>'
        for day in range(10, 15)
    )
    assert find(rows, "http://press.example/news") is None
    pager = '<p><b>1</b> <a href="?pg=2">2</a> <a href="?pg=3">3</a></p>'
    assert find(rows + pager, "http://press.example/news") == "http://press.example/news?pg=2"
    same = f'<p class="pages"><a href="?page=2">{label}</a></p>'
    assert find(rows + same, "http://press.example/news") == "http://press.example/news?page=2"


@pytest.mark.parametrize(
    "label",
    [
        "Meer nieuws laden", "Weitere Meldungen laden", "Load more press releases",
        "Ver más noticias", "Показать ещё новости", "Więcej aktualności", "Ещё 10 новостей",
        "Next 10 releases", "Nächste 20 Meldungen", "Vis flere nyheter", "Daha fazla haber",
    ],
)  # fmt: skip
def test_a_next_link_may_name_its_target(label: str) -> None:
    assert (
        find(f'<a href="?start=30">{label}</a>', "http://press.example/news?start=20")
        == "http://press.example/news?start=30"
    )
    assert find(f'<a href="/about?part=us">{label}</a>') is None


@pytest.mark.parametrize("label", ["Go to next page", "Weiter zu Seite 3", "Aller à la suivante"])
def test_an_arrow_may_describe_its_target_in_a_sentence(label: str) -> None:
    assert find(f'<a href="?page=3" aria-label="{label}"><svg></svg></a>') == NEXT
    assert find(f'<a href="?page=3" title="{label}"><i class="arrow"></i></a>') == NEXT


@pytest.mark.parametrize(
    "body",
    [
        '<div hx-get="/news?page=3" hx-trigger="revealed">...</div>',
        '<ul id="list" data-next-url="/news?page=3"></ul>',
        '<section data-next-page="?page=3"></section>',
        '<div class="end"><span data-next-href="?page=3"></span></div>',
    ],
)
def test_an_endless_list_names_what_it_loads(body: str) -> None:
    assert find(body) == NEXT


@pytest.mark.parametrize(
    "body",
    [
        '<table><tr><th><a href="?month=10">&lt;&lt;</a><th><a href="?month=12">&gt;&gt;</a>',
        '<div><a class="next" href="/news?mini=2026-12">Next</a></div>',
        '<div class="datepicker"><a class="next" href="/days/2026/12">»</a></div>',
        '<div hx-get="/weather" hx-trigger="load"></div>',
    ],
)
def test_a_calendar_or_a_lazy_box_is_not_a_next_page(body: str) -> None:
    assert find(body, "http://press.example/news") is None


@pytest.mark.parametrize(
    ("call", "following"),
    [
        ('createPageHTML(20, 0, "index", "html");', "index_1.html"),
        ("createPageHTML(20,7,'list','shtml');", "list_8.shtml"),
        ("createPageHTML('pager', 20, 0, 'index', 'htm', 300);", "index_1.htm"),
        ('createPageHTML(20, 19, "index", "html");', None),
        ('createPageHTML(1, 0, "index", "html");', None),
        ("function createPageHTML(count, index, name, ending) {}", None),
    ],
)
def test_a_pager_that_a_script_draws_is_followed(call: str, following: str | None) -> None:
    found = find(f"<div class=page><script>{call}</script></div>", "http://press.example/xw/")
    assert found == (f"http://press.example/xw/{following}" if following else None)


def test_a_monthly_archive_is_walked_to_its_older_months() -> None:
    assert (
        find('<a href="?month=10">Older</a>', "http://press.example/news?month=11")
        == "http://press.example/news?month=10"
    )


def test_an_offset_parameter_is_followed() -> None:
    numbers = "".join(
        f'<a href="/news?start={start}">{number}</a>' if number != 3 else "<b>3</b>"
        for number, start in enumerate(range(0, 60, 10), 1)
    )
    assert (
        find(numbers, "http://press.example/news?start=20") == "http://press.example/news?start=30"
    )


def test_a_number_marked_as_current_counts_though_it_is_a_link() -> None:
    numbers = (
        '<ul class="pages"><li><a href="?page=1">1</a><li class="active"><a href="?page=2">2</a>'
    )
    assert find(f'{numbers}<li><a href="?page=3">3</a></ul>') == NEXT


def test_a_declared_selector_wins() -> None:
    body = '<a rel="next" href="?page=9">9</a><a class="on" href="?page=3">on</a>'
    for selector in ("a.on", "a.on::attr(href)"):
        assert find(body, rules=ListingRules(next=selector)) == NEXT
    assert find(body, rules=ListingRules(next="a.gone")) is None


@pytest.mark.parametrize("path", ["/", "/index2.html"])
def test_an_arrow_alone_is_followed_to_the_next_file_of_a_static_site(path: str) -> None:
    back = "<li><a href='/'>\u27ea</a></li><li><a href='/'>\u27e8</a></li>" * (path != "/")
    number = 2 if path == "/" else 3
    body = (
        f"<nav><ul>{back}<li>Page {number - 1} / 5</li><li><a href='/index{number}.html'>\u27e9</a>"
        "</li><li><a href='/index5.html'>\u27eb</a></li></ul></nav>"
    )
    assert find(body, f"http://press.example{path}") == f"http://press.example/index{number}.html"


def test_a_headline_that_begins_with_more_is_not_a_next_page() -> None:
    body = '<a href="?article=5">More ships than ever were counted</a>'
    assert find(body, "http://press.example/spip.php?section=1") is None


FRONT = "http://press.example/news"


@pytest.mark.parametrize(
    "icon",
    [
        '<img src="/img/arrow-right.gif">', '<img src="/img/next.png" alt="">',
        '<i class="fa fa-chevron-right"></i>', '<span class="glyphicon glyphicon-chevron-right"/>',
        '<i class="bi bi-arrow-right"></i>', '<i class="material-icons">navigate_next</i>',
        '<span class="material-symbols-outlined">chevron_right</span>',
        '<svg class="icon"><title>Next page</title><path d="M0 0"/></svg>',
        '<svg><use xlink:href="#icon-arrow-right"></use></svg>',
        '<svg><use href="/sprite.svg#chevron-right"></use></svg>',
        '<span style="background: url(/theme/arrow_right.png)"></span>',
        '<i class="fa-solid fa-angle-right" aria-hidden="true"></i>',
    ],
)  # fmt: skip
def test_an_icon_that_points_onward_is_a_next_page(icon: str) -> None:
    back = icon.replace("right", "left").replace("next", "previous").replace("Next", "Previous")
    body = f'<p><a href="?page=1">{back}</a> <a href="?page=3">{icon}</a></p>'
    assert find(body) == NEXT
    assert find(f'<p><a href="?page=1">{back}</a></p>') is None


def test_an_empty_link_is_known_by_its_class() -> None:
    body = (
        '<a class="arrow arrow-left" href="?page=1"></a><a class="arrow-right" href="?page=3"></a>'
    )
    assert find(body) == NEXT


def test_an_icon_that_leads_to_the_last_page_or_another_site_is_not_a_next_page() -> None:
    last = '<a href="?page=40"><i class="fa fa-angle-double-right"></i></a>'
    out = '<a href="/partners"><i class="fa fa-arrow-right"></i></a>'
    assert find(last + out) is None


@pytest.mark.parametrize("language", ["ar", "fa", "he", "ur"])
def test_in_a_page_from_right_to_left_the_next_page_is_on_the_left(language: str) -> None:
    def found(back: str, onward: str) -> str | None:
        html = f"""<html lang="{language}" dir="rtl"><div class="pager"><a href="?page=1">{back}</a>
            <a href="?page=3">{onward}</a></div></html>"""
        return next_pages(Page(URL, html.encode(), "text/html; charset=utf-8")).next

    assert found("→", "←") == NEXT
    assert found("«", "»") == NEXT
    assert found("»", "«") == NEXT
    icon = '<i class="fa fa-chevron-{}"></i>'
    assert found(icon.format("right"), icon.format("left")) == NEXT


@pytest.mark.parametrize(
    "labels",
    [
        ("[1]", "[2]", "[3]", "[4]"), ("(1)", "(2)", "(3)", "(4)"), ("-1-", "-2-", "-3-", "-4-"),
        ("١", "٢", "٣", "٤"), ("۱", "۲", "۳", "۴"), ("१", "२", "३", "४"), ("১", "২", "৩", "৪"),
        ("๑", "๒", "๓", "๔"), ("１", "２", "３", "４"), ("一", "二", "三", "四"),
        ("第1页", "第2页", "第3页", "第4页"), ("1ページ", "2ページ", "3ページ", "4ページ"),
        ("Page 1", "Page 2", "Page 3", "Page 4"), ("Стр. 1", "Стр. 2", "Стр. 3", "Стр. 4"),
        ("صفحة ١", "صفحة ٢", "صفحة ٣", "صفحة ٤"), ("หน้า 1", "หน้า 2", "หน้า 3", "หน้า 4"),
        ("1-10", "11-20", "21-30", "31-40"), ("1 – 20", "21 – 40", "41 – 60", "61 – 75"),
    ],
)  # fmt: skip
def test_a_page_number_may_have_many_forms(labels: tuple[str, ...]) -> None:
    """Page 2 is shown, and its number has no link."""
    body = "".join(
        f"<b>{label}</b> " if place == 2 else f'<a href="?page={place}">{label}</a> '
        for place, label in enumerate(labels, 1)
    )
    html = f'<html><meta charset="utf-8"><body><p>{body}</p>'
    assert next_pages(Page(URL, html.encode())).next == NEXT


@pytest.mark.parametrize("digits", ["0123456789", "٠١٢٣٤٥٦٧٨٩", "๐๑๒๓๔๕๖๗๘๙", "०१२३४५६७८९"])
def test_the_number_that_a_pager_leaves_out_is_that_of_the_page(digits: str) -> None:
    for shown in (2, 5):
        here = f"http://press.example/news?start={10 * shown - 10}"
        labels = [f"{n}".translate(str.maketrans("0123456789", digits)) for n in range(1, 8)]
        links = " ".join(
            f'<a href="?start={10 * place}">{label}</a>'
            for place, label in enumerate(labels)
            if place != shown - 1
        )
        html = f"<html><meta charset=utf-8><body><p>{links}</p>".encode()
        assert next_pages(Page(here, html)).next == f"http://press.example/news?start={10 * shown}"
        # Of other numbers in a row, the missing one is not a page.
        rows = html.replace(b"?start=", b"/works/")
        assert next_pages(Page(here, rows)).next is None


def test_the_number_that_links_to_the_page_itself_is_the_page_number() -> None:
    links = "".join(f'<a href="/news?page={n}">{n}</a> ' for n in range(1, 6))
    assert find(f"<p>{links}</p>") == NEXT
    assert find(f"<p>{links}</p>", FRONT) == "http://press.example/news?page=2"
    assert find(f"<p>{links}</p>", "http://press.example/news?page=5") is None


@pytest.mark.parametrize("attribute", ["selected", 'selected="selected"'])
def test_a_list_of_options_may_be_the_pager(attribute: str) -> None:
    options = "".join(
        f'<option value="/news?page={n}" {attribute if n == 2 else ""}>Page {n} of 9</option>'
        for n in range(1, 10)
    )
    assert find(f'<select onchange="location=this.value">{options}</select>') == NEXT


def test_options_that_are_not_addresses_lead_nowhere() -> None:
    options = "".join(f"<option value={n}>{n}</option>" for n in (10, 20, 50))
    assert find(f"<select name=per_page>{options}</select>", FRONT) is None


@pytest.mark.parametrize(
    "body",
    [
        '<p><a href="?page=7">7</a> <a href="?page=8">8</a> <b>9</b></p>',
        '<p><a href="?page=8">« Previous page</a></p>',
        '<p><a href="?page=8">Vorherige</a></p>',
        '<p><b>[9]</b> <a href="?page=8">[8]</a> <a href="?page=7">[7]</a></p>',
    ],
)
def test_a_first_page_with_the_highest_number_leads_to_the_page_before(body: str) -> None:
    assert find(body, FRONT) == "http://press.example/news?page=8"
    assert find(body, "http://press.example/news?page=9") is None


def test_days_and_years_are_not_page_numbers() -> None:
    days = "".join(f'<a href="/news?d={n}">{n}</a> ' for n in range(1, 31) if n != 12)
    assert find(f"<table><tr><td>{days}<b>12</b></table>", FRONT) is None
    years = '<a href="/news/2026">2026</a> <b>2025</b> <a href="/news/2024">2024</a>'
    assert find(f"<p>{years}</p>", "http://press.example/news/2025") is None


def test_other_next_pages_are_known_if_the_stated_one_fails() -> None:
    body = '<link rel="next" href="/news/page/2"><p><b>1</b> <a href="?page=2">2</a></p>'
    found = next_pages(Page(FRONT, f"<html>{body}".encode()))
    assert found.next == "http://press.example/news/page/2"
    assert found.others == ("http://press.example/news?page=2",)


CHAPTER = '<link rel="prev" href="/contact/"><link rel="next" href="/category/notices/">'


@pytest.mark.parametrize(
    ("url", "pager", "expected"),
    [
        ("/blog/", '<b>1</b> <a href="page/2/">2</a> <a href="page/5/">5</a>', "/blog/page/2/"),
        ("/blog/page/5/", '<a href="../../">1</a> <a href="../4/">4</a> <b>5</b>', None),
        ("/blog/", "", "/category/notices/"),
    ],
    ids=["first page", "last page", "no pager"],
)
def test_a_pager_with_numbers_overrules_a_stated_next_page_of_another_section(
    url: str, pager: str, expected: str | None
) -> None:
    found = find(f'{CHAPTER}<nav class="md-pagination">{pager}</nav>', f"http://press.example{url}")
    assert found == (expected and f"http://press.example{expected}")


def test_a_pager_that_counts_down_can_be_followed_from_any_page() -> None:
    body = '<p><a href="?page=1">1</a> <b>2</b> <a href="?page=3">3</a></p>'
    found = next_pages(Page(URL, f"<html>{body}".encode()))
    assert (found.next, found.before) == (NEXT, "http://press.example/news?page=1")
    assert not found.counts_down
    first = next_pages(Page(FRONT, b'<html><p><a href="?page=8">8</a> <b>9</b></p>'))
    assert (first.next, first.counts_down) == ("http://press.example/news?page=8", True)


ROMAN = "<a href='?page=1'>I</a> <b>II</b> <a href='?page=3'>III</a> <a href='?page=4'>IV</a>"
DOTS = "<li><a href='?page=1'>•</a></li><li>{}</li><li><a href='?page=3'>•</a></li>"


@pytest.mark.parametrize(
    "pager",
    [
        f"<p class=pages>{ROMAN}</p>",
        f"<p>{ROMAN.lower()}</p>",
        f"<ul class=pager>{DOTS.format('<span>●</span>')}</ul>",
        f"<ul>{DOTS.replace('•', '').format('<span class=dot></span>')}</ul>",
        "<p><a href='?page=1'></a><a class=is-active href='?page=2'></a><a href='?page=3'></a></p>",
        f"<gov-pager><template shadowrootmode=open><nav>{ROMAN}</nav></template></gov-pager>",
        "<app-pagination current-page=2 total-pages=4 next-href='/news?page=3'></app-pagination>",
        "<ds-pager page=2 total=4 base-url='/news?page='></ds-pager>",
        "<ds-pager :page=2 :pages=4 url-pattern='/news?page={page}'></ds-pager>",
        "<x-pager data-current=2 total-items=31 page-size=10 href=/news param=page></x-pager>",
    ],
)
def test_the_next_page_is_found_in_pagers_without_digits_or_links(pager: str) -> None:
    assert find(pager) == NEXT


@pytest.mark.parametrize(
    "pager",
    [
        # The letters of an index of names.
        "".join(f"<a href='?page=3&letter={one}'>{one}</a> " for one in "ABCDEFGHIJKLMNOPQRSTUVWX"),
        # The last dot, dots of a carousel, and dots of which none is the current one.
        "<p><a href='?page=1'>•</a> <b>●</b></p>",
        "<p><a href='#one'>•</a> <b>●</b> <a href='#two'>•</a></p>",
        "<p><a href='?page=1'>•</a> <a href='?page=3'>•</a></p>",
        "<app-pagination current-page=4 total-pages=4 base-url='/news?page='></app-pagination>",
        "<app-pagination current-page=2 total-pages=4></app-pagination>",
        "<ds-pager page=2 total=4 next-url='https://other.example/news?page=3'></ds-pager>",
    ],
)
def test_other_letters_dots_and_elements_lead_to_no_page(pager: str) -> None:
    assert find(pager) is None


@pytest.mark.parametrize(("here", "following"), [("", "?from=7"), ("?from=7", "?from=14")])
def test_labels_that_are_offsets_lead_to_the_next_page(here: str, following: str) -> None:
    url = f"http://press.example/news{here}"
    shown = int(here.rpartition("=")[2] or 0)
    pager = " | ".join(
        f"<b>{at}</b>" if at == shown else f"<a href='?from={at}#list'>{at}</a>"
        for at in (0, 7, 14, 21)
    )
    assert (find(f"<p>{pager}</p>", url) or "").partition("#")[0] == (
        f"http://press.example/news{following}"
    )
