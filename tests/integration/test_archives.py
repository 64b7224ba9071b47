"""A listing is walked through its archives, and its history is complete only if nothing is left."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from tests.command import collect, communique, make_home
from tests.examples import thorough
from tests.integration.test_history import exported, limit, told
from tests.press_room import Room, listing_html, release_html, served

PER_YEAR = 4
YEARS = (2026, 2025, 2024, 2023)


@pytest.fixture
def room() -> Iterator[Room]:
    """A press room with four releases in each of four years."""
    with served() as room:
        for number in range(len(YEARS) * PER_YEAR):
            room.page(f"/news/{number}.html", release_html(number, day=day(number)))
        yield room


@pytest.fixture
def home(room: Room, tmp_path: Path) -> Path:
    """A HOME that collects from it."""
    return make_home(tmp_path / "home", f"{room.base}/news/")


def of_year(year: int) -> list[int]:
    """The numbers of the releases of a year, newest first."""
    first = YEARS.index(year) * PER_YEAR
    return [*range(first, first + PER_YEAR)]


def day(number: int) -> str:
    """The day of a release: number 0 is the newest."""
    return f"{28 - number} March {YEARS[number // PER_YEAR]}"


def rows(numbers: Sequence[int], *, more: str = "") -> str:
    """A page that lists some releases."""
    html = listing_html([*numbers], more=more)
    for number in numbers:
        link = f'</span> <a href="/news/{number}.html'
        html = html.replace(f"{2 + number % 20} March 2026{link}", f"{day(number)}{link}")
    return html


def posts(numbers: Sequence[int], *, more: str) -> str:
    """A page of posts without dates."""
    teaser = "The Harbour Board of Lindmouth counted the ships in its basins last week."
    shown = "".join(
        f'<article class="post"><h2 class="entry-title"><a href="/news/{n}.html">Notice {n}: ships '
        f"counted at pier {n}</a></h2><p>{teaser} Pier {n} stays open all winter.</p></article>"
        for n in numbers
    )
    return f"<html><body><main><h1>Notices</h1>{shown}</main><aside>{more}</aside></body></html>"


def links(addresses: Sequence[tuple[str, object]]) -> str:
    """A list of links."""
    return "<ul>{}</ul>".format("".join(f'<li><a href="{a}">{t}</a></li>' for a, t in addresses))


def tabs(years: Sequence[int] = YEARS, *, address: str = "/news/{}/") -> str:
    """Links to the archives of years."""
    return links([(address.format(year), year) for year in years])


def asked(room: Room) -> list[str]:
    """The pages of the listing and its archives that were requested, in order."""
    return [path for path, _ in room.log if not re.search(r"/news/\d+\.html|robots|favicon", path)]


def walked(home: Path) -> dict[str, Any]:
    """The report of one visit."""
    run = collect(home)
    assert run["errors"] == []
    return run


@pytest.mark.thorough
def test_the_archives_of_years_are_read_newest_first_and_once(room: Room, home: Path) -> None:
    room.page("/news/", rows(of_year(2026), more=tabs()))
    for year in YEARS:
        room.page(f"/news/{year}/", rows(of_year(year), more=tabs()))
    assert told(walked(home)) == (16, "complete", 0)
    assert asked(room) == ["/news/", *(f"/news/{year}/" for year in YEARS)]
    room.log.clear()
    assert told(walked(home)) == (0, "complete", 0)
    assert asked(room) == ["/news/"]


@pytest.mark.thorough
def test_an_archive_may_have_several_pages(room: Room, home: Path) -> None:
    room.page("/news/", rows([0, 1], more=tabs()))
    for year in YEARS:
        numbers = of_year(year)
        on = f'<a rel="next" href="/news/{year}/?page=2">Older</a>'
        room.page(f"/news/{year}/", rows(numbers[:2], more=tabs() + on))
        room.page(f"/news/{year}/?page=2", rows(numbers[2:], more=tabs()))
    assert told(walked(home)) == (16, "complete", 0)
    assert asked(room)[1:5] == [
        "/news/2026/", "/news/2026/?page=2", "/news/2025/", "/news/2025/?page=2",
    ]  # fmt: skip


@pytest.mark.thorough
def test_a_walk_through_archives_continues_in_the_next_visits(room: Room, home: Path) -> None:
    room.page("/news/", rows(of_year(2026), more=tabs()))
    for year in YEARS:
        room.page(f"/news/{year}/", rows(of_year(year)))
    limit(home, max_pages=3)
    assert told(walked(home)) == (8, "walking", 0)
    room.log.clear()
    assert told(walked(home)) == (8, "complete", 0)
    assert asked(room) == ["/news/", "/news/2025/", "/news/2024/", "/news/2023/"]


@pytest.mark.thorough
@pytest.mark.parametrize(
    ("language", "label"),
    [
        ("en", "News archive"),
        *thorough(("uk", "Архів новин"), ("ar", "أرشيف الأخبار"), ("ja", "過去のお知らせ")),
    ],
)
def test_an_archive_behind_a_link_may_list_years(
    room: Room, home: Path, language: str, label: str
) -> None:
    front = rows([0, 1], more=links([("/news/archive/", label)]))
    room.page("/news/", front.replace('lang="en"', f'lang="{language}"'))
    index = tabs(YEARS, address="/news/archive/{}.html")
    room.page("/news/archive/", f"<html><meta charset=utf-8><h1>{label}</h1>{index}</html>")
    for year in YEARS:
        room.page(f"/news/archive/{year}.html", rows(of_year(year)))
    assert told(walked(home)) == (16, "complete", 0)


@pytest.mark.thorough
def test_months_are_read_like_years_and_empty_ones_end_no_walk(room: Room, home: Path) -> None:
    months = [(year, month) for year in YEARS for month in (3, 2, 1)]
    menu = "".join(f'<option value="/news/{y}/{m:02}/">{m:02}/{y}</option>' for y, m in months)
    room.page("/news/", rows([0], more=f"<select>{menu}</select>"))
    for year, month in months:
        listed = of_year(year) if month == 3 else []
        html = rows(listed) if listed else "<html><body><p>Nothing.</p></body></html>"
        room.page(f"/news/{year}/{month:02}/", html)
    assert told(walked(home)) == (16, "complete", 0)


@pytest.mark.thorough
def test_archives_that_repeat_a_list_that_was_walked_cost_one_request(
    room: Room, home: Path
) -> None:
    """The column of months beside the posts of a blog."""
    beside = tabs(address="/news/archive/{}/")
    for place in range(4):
        on = f'<a rel="next" href="/news/?page={place + 2}">Older</a>' if place < 3 else ""
        path = f"/news/?page={place + 1}" if place else "/news/"
        room.page(path, rows(of_year(YEARS[place]), more=beside + on))
    for year in YEARS:
        room.page(f"/news/archive/{year}/", rows(of_year(year), more=beside))
    assert told(walked(home)) == (16, "complete", 0)
    assert asked(room)[4:] == ["/news/archive/2023/"]


@pytest.mark.thorough
def test_undated_archives_that_repeat_the_list_end_soon(room: Room, home: Path) -> None:
    years = range(2026, 2006, -1)
    beside = tabs([*years], address="/news/archive/{}/")
    for place in range(2):
        on = '<a rel="next" href="/news/?page=2">Older</a>' * (not place)
        listed = range(8 * place, 8 * place + 8)
        path = "/news/?page=2" if place else "/news/"
        room.page(path, posts([*listed], more=beside + on))
    for year in years:
        few = [year % 16, (year + 1) % 16]
        room.page(f"/news/archive/{year}/", posts(few, more=beside))
    assert told(walked(home)) == (16, "complete", 0)
    assert asked(room)[2:] == [f"/news/archive/{year}/" for year in (2026, 2025, 2024, 2007)]


def test_an_archive_that_returns_the_same_page_for_every_year_is_bounded(
    room: Room, home: Path
) -> None:
    years = [*range(2026, 1996, -1)]
    same = rows(of_year(2026), more=tabs(years, address="/news/?year={}"))
    room.page("/news/", same)
    for year in years:
        room.page(f"/news/?year={year}", same)
    run = walked(home)
    assert told(run) == (4, "bounded", 0)
    assert "same releases" in str(run["bound"])
    assert len(asked(room)) < 8


def test_an_endless_calendar_of_archives_ends(room: Room, home: Path) -> None:
    """Each year leads to the year before, back to the year 1."""

    def before(year: int) -> str:
        earlier = [(f"/news/{one}/", one) for one in (year, year - 1)]
        return links(earlier)

    room.page("/news/", rows(of_year(2026), more=before(2026)))
    for year in range(2026, 1950, -1):
        listed = of_year(year) if year in YEARS else []
        html = rows(listed) if listed else "<html><body><p>Nothing.</p></body></html>"
        room.page(f"/news/{year}/", html.replace("</body>", f"{before(year)}</body>"))
    run = walked(home)
    assert told(run) == (16, "bounded", 0)
    assert "are empty" in str(run["bound"])
    assert len(asked(room)) < 24


@pytest.mark.thorough
def test_a_circle_of_archives_ends(room: Room, home: Path) -> None:
    room.page("/news/", rows([0, 1], more=links([("/news/archive/", "News archive")])))
    room.page("/news/archive/", rows([2, 3], more=links([("/news/old/", "Older news")])))
    room.page("/news/old/", rows([0, 3], more=links([("/news/archive/", "News archive")])))
    assert told(walked(home)) == (4, "complete", 0)
    assert sorted(asked(room)) == ["/news/", "/news/archive/", "/news/old/"]


def test_an_archive_on_another_site_or_of_other_content_is_ignored(room: Room, home: Path) -> None:
    reports = links([("/news/2025/", "2025"), ("/news/2024/", "2024"), ("/news/2023/", "2023")])
    with served() as other:
        other.page("/archive/", rows([9, 10]))
        away = links([(f"{other.base}/archive/", "News archive")])
        room.page("/news/", rows([0, 1], more=reports + away))
        for year in (2025, 2024, 2023):
            listed = [
                (f"/reports/{n}", f"Budget report of the harbour, part {n}") for n in (1, 2, 3)
            ]
            room.page(f"/news/{year}/", f"<html><h1>Reports</h1>{links(listed)}</html>")
        assert told(walked(home)) == (2, "complete", 0)
        assert other.log == []
    assert not [path for path, _ in room.log if path.startswith("/reports/")]


def test_an_archive_that_redirects_elsewhere_or_is_missing_is_skipped(
    room: Room, home: Path
) -> None:
    room.page("/news/", rows(of_year(2026), more=tabs()))
    with served() as other:
        other.page("/", rows([9, 10]))
        room.page("/news/2025/", "", status=302, headers={"Location": f"{other.base}/"})
        room.page("/news/2023/", rows(of_year(2023)))
        run = collect(home)
    assert told(run)[:2] == (8, "complete")
    assert exported(home) == sorted(f"{n}.html" for n in (*of_year(2026), *of_year(2023)))


@pytest.mark.parametrize(
    ("in_one_visit", "forbidden", "shown"),
    [
        (False, (2025, 2024, 2023), (0, 1, 2, 3)),
        *thorough(
            (True, (2026,), (0, 1)), (False, (2026,), (0, 1)),
            (True, (2025, 2024, 2023), (0, 1, 2, 3)),
            *(
                (is_one, *years)
                for is_one in (True, False)
                for years in (
                    ((2025,), (0, 1, 2, 3)), ((2024,), (0, 1)), ((2023,), (0, 1, 2, 3)),
                    (YEARS, (0, 1)),
                )
            ),
        ),
    ],
)  # fmt: skip
def test_an_archive_that_robots_txt_forbids_bounds_the_history_with_that_reason(
    room: Room,
    home: Path,
    forbidden: tuple[int, ...],
    shown: tuple[int, ...],
    *,
    in_one_visit: bool,
) -> None:
    room.page("/news/", rows(shown, more=tabs()))
    for year in YEARS:
        room.page(f"/news/{year}/", rows(of_year(year)))
    rules = "\n".join(f"Disallow: /news/{year}/" for year in forbidden)
    room.page("/robots.txt", f"User-agent: *\n{rules}\n", content_type="text/plain")
    if not in_one_visit:
        limit(home, max_pages=2)
    run = walked(home)
    while run["history"] == "walking":
        run = walked(home)
    assert run["history"] == "bounded"
    assert f"robots.txt forbids the archive of {max(forbidden)}" in str(run["bound"])
    open_years = [year for year in YEARS if year not in forbidden]
    listed = {*shown, *(number for year in open_years for number in of_year(year))}
    assert exported(home) == sorted(f"{number}.html" for number in listed)
    assert not [path for path in asked(room) if path.endswith(tuple(f"{y}/" for y in forbidden))]
    # The next visit reports the same, and finds nothing else.
    assert told(walked(home)) == (0, "bounded", 0)


def test_an_index_of_archives_that_robots_txt_forbids_bounds_the_history(
    room: Room, home: Path
) -> None:
    room.page("/news/", rows([0, 1], more=links([("/archive/", "News archive")])))
    room.page("/archive/", rows([2, 3]))
    rules = "User-agent: *\nDisallow: /archive/\n"
    room.page("/robots.txt", rules, content_type="text/plain")
    run = walked(home)
    assert told(run) == (2, "bounded", 0)
    assert "robots.txt forbids" in str(run["bound"])


@pytest.mark.thorough
def test_a_visible_pager_is_tried_if_the_stated_next_page_fails(room: Room, home: Path) -> None:
    for place in range(4):
        stated = f'<link rel="next" href="/news/page/{place + 2}/">'
        pager = "".join(f'<a href="/news/?p={n}">{n}</a> ' for n in range(1, 5))
        path = f"/news/?p={place + 1}" if place else "/news/"
        room.page(path, rows(of_year(YEARS[place]), more=f"{stated}<p>{pager}</p>"))
    assert told(walked(home)) == (16, "complete", 0)


def test_a_visible_pager_is_tried_if_the_stated_next_page_has_nothing_new(
    room: Room, home: Path
) -> None:
    for place in range(4):
        stated = '<link rel="next" href="/news/?set=next">'
        pager = "".join(f'<a href="/news/?p={n}">{n}</a> ' for n in range(1, 5))
        path = f"/news/?p={place + 1}" if place else "/news/"
        room.page(path, rows(of_year(YEARS[place]), more=f"{stated}<p>{pager}</p>"))
    room.page("/news/?set=next", rows(of_year(2026)))
    assert told(walked(home)) == (16, "complete", 0)


@pytest.mark.thorough
@pytest.mark.parametrize("in_one_visit", [True, False])
def test_a_pager_that_counts_down_is_followed(
    room: Room, home: Path, *, in_one_visit: bool
) -> None:
    def pager(shown: int) -> str:
        numbers = range(4, 0, -1)
        return "<p>{}</p>".format(
            " ".join(f"<b>{n}</b>" if n == shown else f'<a href="?p={n}">{n}</a>' for n in numbers)
        )

    for number in range(4, 0, -1):
        html = rows(of_year(YEARS[4 - number]), more=pager(number))
        room.page(f"/news/?p={number}", html)
        if number == 4:
            room.page("/news/", html)
    if not in_one_visit:
        limit(home, max_pages=2)
        assert told(walked(home))[1] == "walking"
    run = walked(home)
    while run["history"] == "walking":
        run = walked(home)
    assert run["history"] == "complete"
    assert len(exported(home)) == 16


@pytest.mark.thorough
@pytest.mark.parametrize(
    ("below", "reason"),
    [
        ("<button>Load more</button>", "Load more"),
        *thorough(
            ("<p>Showing 1-4 of 248</p>", "248"),
            ("<p>第1页/共25页</p>", "25"),
            (
                "<select><option>2026</option><option>2025</option><option>2019</option></select>",
                "2019",
            ),
        ),
    ],
)
def test_a_history_is_bounded_while_the_page_shows_more(
    room: Room, home: Path, below: str, reason: str
) -> None:
    room.page("/news/", rows(of_year(2026), more=below))
    run = walked(home)
    assert told(run) == (4, "bounded", 0)
    assert reason in str(run["bound"])
    assert reason in communique("collect", home=home).stdout
    assert reason in communique("sources", "show", "harbour", home=home).stdout


@pytest.mark.thorough
def test_a_false_total_bounds_no_list_whose_pager_was_read(room: Room, home: Path) -> None:
    for place in range(4):
        numbers = " ".join(
            f"<b>{n}</b>" if n == place + 1 else f'<a href="?p={n}">{n}</a>' for n in range(1, 5)
        )
        path = f"/news/?p={place + 1}" if place else "/news/"
        below = f"<p>500 results</p><p class=pager>{numbers}</p>"
        room.page(path, rows(of_year(YEARS[place]), more=below))
    assert told(walked(home)) == (16, "complete", 0)


@pytest.mark.thorough
def test_archives_that_cover_the_list_replace_its_more_button(room: Room, home: Path) -> None:
    room.page("/news/", rows([0, 1], more=f"{tabs()}<button>Load more</button>"))
    for year in YEARS:
        room.page(f"/news/{year}/", rows(of_year(year)))
    assert told(walked(home)) == (16, "complete", 0)


def test_a_bounded_walk_continues_as_soon_as_the_page_leads_on(room: Room, home: Path) -> None:
    room.page("/news/", rows(of_year(2026), more="<button>Load more</button>"))
    assert told(walked(home)) == (4, "bounded", 0)
    on = '<a rel="next" href="/news/?p=2">Older</a>'
    room.page("/news/", rows(of_year(2026), more=on))
    room.page("/news/?p=2", rows(of_year(2025)))
    assert told(walked(home)) == (4, "complete", 0)


def test_releases_that_left_the_front_page_are_read_in_the_newest_archive(
    room: Room, home: Path
) -> None:
    room.page("/news/", rows([8, 9], more=tabs()))
    for year in YEARS:
        room.page(f"/news/{year}/", rows(of_year(year) if year < 2025 else []))
    room.page("/news/2026/", "<html><p>Nothing.</p></html>")
    room.page("/news/2025/", "<html><p>Nothing.</p></html>")
    assert told(walked(home)) == (8, "complete", 0)
    room.page("/news/", rows([0, 1], more=tabs()))
    room.page("/news/2026/", rows(of_year(2026)))
    room.page("/news/2025/", rows(of_year(2025)))
    assert told(walked(home)) == (8, "complete", 0)


@pytest.mark.thorough
@pytest.mark.parametrize("address", ["/category/notices/", *thorough("/notices/")])
def test_archives_of_a_whole_site_add_no_posts_of_other_categories(
    room: Room, tmp_path: Path, address: str
) -> None:
    """The list has two posts of 2026; the years beside it have all posts."""
    home = make_home(tmp_path / "part", f"{room.base}{address}")
    beside = tabs(address="/{}/")
    room.page(address, rows([0, 3], more=beside))
    for year in YEARS:
        room.page(f"/{year}/", rows([*of_year(year)], more=beside))
    assert told(walked(home)) == (2, "complete", 0)
    assert exported(home) == ["0.html", "3.html"]


def test_archives_of_a_whole_site_are_not_read_after_the_last_page_of_a_list(
    room: Room, tmp_path: Path
) -> None:
    home = make_home(tmp_path / "part", f"{room.base}/notices/")
    beside = tabs(address="/{}/")
    on = '<a rel="next" href="/notices/?page=2">Older</a>'
    room.page("/notices/", rows([0, 4], more=beside + on))
    room.page("/notices/?page=2", rows([8, 12], more=beside))
    for year in YEARS:
        room.page(f"/{year}/", rows(of_year(year), more=beside))
    assert told(walked(home)) == (4, "complete", 0)
    assert asked(room) == ["/notices/", "/notices/?page=2"]


INDEXES = [
    ("en", "News", "{}"),
    ("de", "Mitteilungen", "Jahr {}"),
    ("ru", "Новости", "{} год"),
    ("zh", "新闻", "{}年"),
    ("ko", "보도자료", "{}년"),
    ("ar", "الأخبار", "أخبار {}"),
    ("pl", "Aktualności", "Archiwum {}"),
]


def index(language: str, name: str, label: str, years: Sequence[int] = YEARS) -> str:
    """A front page that lists only years."""
    listed = links([(f"/news/{year}/", label.format(year)) for year in years])
    menu = links([("/", "⌂"), ("/pier/", name), ("/contact/", "✉ board")])
    return (
        f"<!DOCTYPE html><html lang={language}><meta charset=utf-8><title>{name}</title><body>"
        f"<nav>{menu}</nav><div id=content><h1>{name}</h1>{listed}</div>"
        "<footer><p>© 2026 board<p><a href=/imprint/>i</a></footer>"
    )


@pytest.mark.thorough
@pytest.mark.parametrize(("language", "name", "label"), [INDEXES[0], *thorough(*INDEXES[1:])])
def test_a_front_page_that_lists_only_years_is_walked(
    room: Room, home: Path, language: str, name: str, label: str
) -> None:
    room.page("/news/", index(language, name, label))
    for year in YEARS:
        room.page(f"/news/{year}/", rows(of_year(year)))
    assert told(walked(home)) == (16, "complete", 0)


@pytest.mark.thorough
def test_each_visit_reads_the_newest_archives_of_a_front_page_without_releases(
    room: Room, home: Path
) -> None:
    room.page("/news/", index("en", "News", "{}"))
    for year in YEARS:
        room.page(f"/news/{year}/", rows(of_year(year)[1:]))
    assert told(walked(home)) == (12, "complete", 0)
    room.page("/news/2026/", rows(of_year(2026)))
    room.log.clear()
    assert told(walked(home)) == (1, "complete", 0)
    assert asked(room) == ["/news/", "/news/2026/", "/news/2025/", "/news/2024/"]
    room.log.clear()
    assert told(walked(home)) == (0, "complete", 0)
    assert asked(room) == ["/news/", "/news/2026/", "/news/2025/"]


def test_a_front_page_of_years_without_releases_is_an_error(room: Room, home: Path) -> None:
    room.page("/news/", index("fr", "Actualités", "{}"))
    for year in YEARS:
        room.page(f"/news/{year}/", "<html><body><h1>Archives</h1><p>Rien.</p></body></html>")
    run = collect(home)
    assert [error["kind"] for error in run["errors"]] == ["empty"]
    assert "archives" in run["errors"][0]["message"]


@pytest.mark.thorough
def test_a_list_that_lost_its_rows_is_not_an_index_of_its_archives(room: Room, home: Path) -> None:
    room.page("/news/", rows(of_year(2026), more=tabs()))
    for year in YEARS:
        room.page(f"/news/{year}/", rows(of_year(year), more=tabs()))
    assert told(walked(home)) == (16, "complete", 0)
    room.page("/news/", index("en", "News", "{}"))
    run = collect(home)
    assert [error["kind"] for error in run["errors"]] == ["empty"]
    assert told(run)[:1] == (0,)


@pytest.mark.thorough
def test_a_missing_release_of_an_archive_is_retracted(room: Room, home: Path) -> None:
    limit(home, retract_after=0)
    room.page("/news/", index("en", "News", "{}"))
    for year in YEARS:
        room.page(f"/news/{year}/", rows(of_year(year)))
    assert told(walked(home)) == (16, "complete", 0)
    room.page("/news/2026/", rows(of_year(2026)[1:]))
    room.page("/news/0.html", "gone", status=404)
    collect(home)
    assert collect(home)["retracted"] == 1


@pytest.mark.thorough
def test_the_months_of_a_form_are_read_as_archives(room: Room, home: Path) -> None:
    options = "".join(f'<option value="{y}-03">March {y}</option>' for y in YEARS)
    form = f'<form action="/news/"><select name="month">{options}</select><input type="submit">'
    room.page("/news/", rows([0, 1], more=f"{form}</form>"))
    for year in YEARS:
        room.page(f"/news/?month={year}-03", rows(of_year(year), more=f"{form}</form>"))
    assert told(walked(home)) == (16, "complete", 0)


@pytest.mark.thorough
@pytest.mark.parametrize(
    "labels",
    [
        ["2026/27", "2025/26", "2024/25", "2023/24"],
        ["2026", "2025", "2023–2024", "Releases before 2023"],
        *thorough(
            ["令和8年", "令和7年", "令和6年", "令和5年"],
            ["Q1 2026", "Q1 2025", "Q1 2024", "Q1 2023"],
        ),
    ],
)
def test_archives_of_other_periods_are_read(room: Room, home: Path, labels: Sequence[str]) -> None:
    more = links([(f"/news/{year}/", label) for year, label in zip(YEARS, labels, strict=True)])
    room.page("/news/", rows([0, 1], more=more))
    for year in YEARS:
        room.page(f"/news/{year}/", rows(of_year(year)))
    assert told(walked(home)) == (16, "complete", 0)


@pytest.mark.thorough
def test_the_whole_list_behind_a_link_is_read(room: Room, home: Path) -> None:
    room.page("/news/", rows([0, 1], more='<a href="/news/all/">View all press releases</a>'))
    room.page("/news/all/", rows([*range(16)]))
    assert told(walked(home)) == (16, "complete", 0)


def test_a_pager_that_leads_only_to_its_last_page_makes_no_complete_history(
    room: Room, home: Path
) -> None:
    room.page("/news/", rows(of_year(2026), more='<p>Page 1 of 4 <a href="?p=4">Last »</a></p>'))
    room.page("/news/?p=4", rows(of_year(2023), more='<p>Page 4 of 4 <a href="./">First</a></p>'))
    run = walked(home)
    assert told(run) == (8, "bounded", 0)
    assert "the last page has the number 4, but only 2 pages were read" in str(run["bound"])


@pytest.mark.parametrize("counts_up", [False, True], ids=["from 4 to 1", "from 1 to 4"])
@pytest.mark.parametrize(
    "front_is_numbered", [False, pytest.param(True, marks=pytest.mark.thorough)]
)
def test_a_pager_that_counts_down_and_hides_the_current_number_is_followed(
    room: Room, home: Path, *, front_is_numbered: bool, counts_up: bool
) -> None:
    order = range(1, 5) if counts_up else range(4, 0, -1)
    for number in range(4, 0, -1):
        others = (f'<a href="?p={n}">{n}</a>' for n in order if n != number)
        html = rows(of_year(YEARS[4 - number]), more=f"<p>{' '.join(others)}</p>")
        if number < 4 or front_is_numbered:
            room.page(f"/news/?p={number}", html)
        if number == 4:
            room.page("/news/", html)
    assert told(walked(home)) == (16, "complete", 0)


@pytest.mark.thorough
def test_a_pager_without_a_mark_is_followed_and_page_one_is_read_once(
    room: Room, home: Path
) -> None:
    pager = " ".join(f'<a href="?p={n}">{n}</a>' for n in range(1, 5))
    for number in range(1, 5):
        room.page(f"/news/?p={number}", rows(of_year(YEARS[number - 1]), more=f"<p>{pager}</p>"))
    room.page("/news/", rows(of_year(2026), more=f"<p>{pager}</p>"))
    assert told(walked(home)) == (16, "complete", 0)
    assert asked(room) == ["/news/", *(f"/news/?p={n}" for n in (2, 3, 4, 1))]
