"""The next page by a form or a postback; forms that write at the site are never sent."""

from __future__ import annotations

from urllib.parse import parse_qsl

import pytest

from spiders.items import Form
from spiders.listing.paging.controls import MAX_BODY
from spiders.listing.paging.pagination import next_pages
from spiders.page.page import Page
from spiders.sources.source_file import ListingRules

URL = "https://board.example/presse/liste.aspx?lang=de"
STATE = (
    '<input type="hidden" name="__VIEWSTATE" value="dDwtMTI3OTMzNDM4NDs7Ps">'
    '<input type="hidden" name="__EVENTVALIDATION" value="ev/1">'
)


def found(body: str, rules: ListingRules | None = None) -> tuple[str | None, Form | None]:
    pages = next_pages(Page(URL, f"<html><body>{body}".encode(), "text/html"), rules)
    return pages.next, pages.form


def fields(body: str, rules: ListingRules | None = None) -> dict[str, str]:
    """What the request for the next page posts."""
    address, form = found(body, rules)
    assert form
    assert form.address == address
    assert form.url == URL
    return dict(parse_qsl(form.body, keep_blank_values=True))


def post(inner: str, more: str = "") -> str:
    return f'<form method="post" {more}>{inner}</form>'


def aspx(pager: str, more: str = "") -> str:
    return (
        f'<form method="post" action="./liste.aspx?lang=de" id="aspnetForm">{STATE}{more}'
        f'<ul><li><a href="/presse/1">Hafen öffnet</a></ul>{pager}</form>'
    )


def grid(current: int, numbers: str) -> str:
    """The pager of a GridView, with a cell for each number; dots lead to the next ten pages."""
    cells = []
    for label in numbers.split():
        target = {"<..": current - 1, "..>": current + 1}.get(label) or int(label)
        text = label if label.isdecimal() else "..."
        link = f"""<a href="javascript:__doPostBack('ctl00$M$g','Page${target}')">{text}</a>"""
        cells.append(f"<td><span>{text}</span></td>" if target == current else f"<td>{link}</td>")
    return f"<table><tr>{''.join(cells)}</tr></table>"


@pytest.mark.parametrize(
    ("current", "numbers"), [(1, "1 2 3"), (2, "1 2 3"), (10, "9 10 ..>"), (11, "<.. 11 12")]
)
def test_a_grid_has_its_next_page_behind_a_postback(current: int, numbers: str) -> None:
    sent = fields(aspx(grid(current, numbers)))
    assert sent == {
        "__EVENTTARGET": "ctl00$M$g",
        "__EVENTARGUMENT": f"Page${current + 1}",
        "__VIEWSTATE": "dDwtMTI3OTMzNDM4NDs7Ps",
        "__EVENTVALIDATION": "ev/1",
    }


def test_the_last_page_of_a_grid_has_no_next_page() -> None:
    assert found(aspx(grid(3, "1 2 3"))) == (None, None)


@pytest.mark.parametrize(
    "pager",
    [
        # Hungarian, Kazakh, Arabic, Thai, Georgian
        """<p class="pager"><a href="javascript:__doPostBack('ctl00$P$n','')">Következő</a>""",
        """<a onclick="setTimeout('__doPostBack(\\'ctl00$P$n\\',\\'\\')', 0); return false;"
            href="#">Келесі</a>""",
        """<a href='javascript:WebForm_DoPostBackWithOptions(new
            WebForm_PostBackOptions("ctl00$P$n", "", true, "", "", false, true))'>التالي</a>""",
        """<span class="DataPager"><a href="javascript:__doPostBack(&#39;ctl00$P$n&#39;,&#39;&#39;)"
            >ถัดไป</a></span>""",
        """<a id="lnkNext" href="javascript:__doPostBack('ctl00$P$n','')">შემდეგი</a>""",
    ],
)
def test_a_link_to_the_next_page_by_a_postback_is_followed(pager: str) -> None:
    sent = fields(aspx(pager))
    assert sent["__EVENTTARGET"] == "ctl00$P$n"
    assert sent["__VIEWSTATE"]


def test_fields_for_a_person_to_fill_in_are_not_sent() -> None:
    more = (
        '<input name="ctl00$mail" type="email" value="you@board.example">'
        '<input name="ctl00$q" value="Hafen"><textarea name="ctl00$note">x</textarea>'
        '<input type="checkbox" name="ctl00$agree" checked><input type="radio" name="r" checked>'
        '<input type="submit" name="ctl00$send" value="Abonnieren">'
        '<select name="ctl00$year"><option value="25">2025<option value="24" selected>2024</select>'
    )
    sent = fields(aspx(grid(1, "1 2"), more))
    assert sent.keys() - {
        "__EVENTTARGET",
        "__EVENTARGUMENT",
        "__VIEWSTATE",
        "__EVENTVALIDATION",
    } == {"ctl00$year"}
    assert sent["ctl00$year"] == "24"


@pytest.mark.parametrize(
    ("body", "name", "value"),
    [
        # Czech, Turkish, Korean, Hebrew: buttons and lists of a form.
        (
            (
                '<form method="post"><input type="hidden" name="start" value="10">'
                '<input type="submit" name="next" value="Další"></form>'
            ),
            "next",
            "Další",
        ),
        (
            post(
                '<button name="sayfa" value="1" disabled>1</button>'
                '<button name="sayfa" value="2">2</button><button name="sayfa">3</button>',
                'class="sayfalama"',
            ),
            "sayfa",
            "2",
        ),
        (
            post(
                '<select name="pageIndex" onchange="this.form.submit()"><option value="1">1쪽'
                '<option value="2" selected>2쪽<option value="3">3쪽</select>'
            ),
            "pageIndex",
            "3",
        ),
        (
            post(
                '<select name="year" onchange="this.form.submit()"><option value="">בחר שנה'
                "<option>2026<option selected>2025<option>2024</select>"
            ),
            "year",
            "2024",
        ),
        (
            post('<input type="image" name="nextPage" src="r.gif" alt="Next">'),
            "nextPage.x",
            "1",
        ),
    ],
)
def test_a_form_that_pages_is_sent_with_its_control(body: str, name: str, value: str) -> None:
    assert fields(body)[name] == value


def test_a_list_of_years_counts_under_any_name_but_one_of_numbers_does_not() -> None:
    def choice(*labels: str) -> str:
        options = "".join(f"<option>{label}</option>" for label in labels)
        script = "javascript:setTimeout('__doPostBack(\\'ctl00$ddlRok\\',\\'\\')', 0)"
        return aspx(f'<select name="ctl00$ddlRok" onchange="{script}">{options}</select>')

    assert fields(choice("2026", "2025"))["ctl00$ddlRok"] == "2025"
    assert found(choice("1", "2")) == (None, None)


def test_a_get_form_becomes_an_address() -> None:
    body = (
        '<form action="/presse/suche"><input type="hidden" name="kat" value="7"><input name="q">'
        '<button name="page" value="2" class="next">Weiter</button></form>'
    )
    assert found(body) == ("https://board.example/presse/suche?kat=7&page=2", None)


def test_a_list_of_years_starts_with_the_newest_and_ends_with_the_oldest() -> None:
    lists = (
        '<form><select name="jahr" onchange="this.form.submit()"><option value="">Jahr'
        "<option>2025<option>2024</select></form>"
    )
    assert found(lists)[0] == "https://board.example/presse/liste.aspx?jahr=2025"
    assert found(lists.replace("<option>2024", "<option selected>2024"))[0] is None


@pytest.mark.parametrize(
    "body",
    [
        # Newsletter, comment, login, contact, survey, order, cookies
        (
            '<form method="post" action="/newsletter"><input type="hidden" name="page" value="1">'
            '<input type="submit" name="next" value="Weiter"></form>'
        ),
        post('<input type="email" name="mail"><button class="next">Next</button>'),
        post('<textarea name="t"></textarea><input type="submit" name="page" value="Next">'),
        (
            '<form method="post"><input name="u"><input type="password" name="p">'
            '<button name="next">Next</button></form>'
        ),
        post('<button name="page" value="2">Next</button>', 'id="survey"'),
        post('<input type="radio" name="a"><button name="page">Next</button>'),
        post('<button name="page">Weiter</button>', 'class="cookie-consent"'),
        post('<button name="delete" value="2">Next</button>'),
        post('<button name="go">Next</button>'),
        f'<div class="login">{post("<button name=next>Next</button>")}</div>',
        # Another site, or no address
        post('<button name="page">Next</button>', 'action="https://other.example/"'),
        post('<button name="page">Next</button>', 'action="javascript:go()"'),
        post('<button name="page" formaction="//other.example/">Next</button>'),
        '<form method="dialog"><button name="page">Next</button></form>',
        post('<button name="page">Next</button>', 'action="http://[/"'),
        # A calendar, and a postback without its form
        """<p class="calendar"><a href="javascript:__doPostBack('c','V1')">Next</a>""",
        aspx("""<table id="Calendar1"><tr><td><a title="Go to the next month"
            href="javascript:__doPostBack('c','V1')">&gt;</a></table>"""),
        aspx("""<a href="javascript:__doPostBack('ctl00$Newsletter$subscribe','')">Next</a>"""),
        aspx("""<a href="javascript:__doPostBack('ctl00$Delete','Page$2')">2</a>"""),
        '<button name="page" value="2">Next</button>',
        # A verb in the address, in a field that selects an action, or in place of the method
        post('<button name="page" value="2">Next</button>', 'action="/admin/purge"'),
        post('<button name="page" formaction="/board/delete.php">Next</button>'),
        post('<input type="hidden" name="op" value="wipe"><button name="page">Next</button>'),
        post('<input type="hidden" name="_method" value="PUT"><button name="page">Next</button>'),
        post('<button name="page">Next</button><input type="hidden" name="do" value="page.edit">'),
        aspx("""<a href="javascript:__doPostBack('ctl00$Main$Grid','Delete$2')">2</a>"""),
        (
            '<form><input type="hidden" name="task" value="remove"><select name="year"'
            ' onchange="this.form.submit()"><option>2025<option>2024</select></form>'
        ),
    ],
)
def test_a_form_that_may_write_or_leads_elsewhere_is_never_sent(body: str) -> None:
    assert found(body) == (None, None)


def test_a_form_with_a_huge_hidden_field_is_not_sent() -> None:
    huge = f'<input type="hidden" name="__VIEWSTATE2" value="{"x" * MAX_BODY}">'
    assert found(aspx(grid(1, "1 2"), huge)) == (None, None)


def test_the_address_of_a_large_form_is_short_and_has_no_secret() -> None:
    state = f'<input type="hidden" name="big" value="{"state" * 9000}">'
    csrf = '<input type="hidden" name="__RequestVerificationToken" value="hidden-token">'
    address, form = found(aspx(grid(1, "1 2"), state + csrf))
    assert form
    assert address
    assert "hidden-token" in form.body
    assert "hidden-token" not in address
    assert len(address) < 1000
    other, _ = found(aspx(grid(1, "1 2"), state.replace("state", "other") + csrf))
    assert other != address


def test_a_declared_selector_may_name_a_control() -> None:
    body = aspx("""<a class="on" href="javascript:__doPostBack('ctl00$p','n')"><i></i></a>""")
    assert fields(body, ListingRules(next="a.on"))["__EVENTARGUMENT"] == "n"


def test_a_link_that_looks_like_a_posted_address_is_requested_by_get() -> None:
    address, form = found('<a rel="next" href="?__wb_method=POST&amp;page=2">Next</a>')
    assert address == "https://board.example/presse/liste.aspx?__wb_method=POST&page=2"
    assert form is None
