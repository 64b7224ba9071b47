"""A page that lists a single release is a list of one; a release and a page about us are none."""

from __future__ import annotations

import pytest

from tests.listing_pages import NEWS, listing_html, read, rows_of, titles

POST = (
    "<article class=post><h2 class=entry-title><a href='/{lang}/1/'>{title}</a></h2>"
    "<a href='/{lang}/1/'><img src=a.jpg></a><p>{title}. {title}.</p></article>"
)


@pytest.mark.parametrize("language", ["en", "ar", "hi", "ko"])
def test_a_single_undated_post_is_a_list_of_one(language: str) -> None:
    title = titles(language)[0]
    found = rows_of(read(listing_html(language, POST.format(lang=language, title=title))))
    assert found == [(f"/{language}/1/", title, None)]


def test_a_single_dated_row_reaches_to_its_headline() -> None:
    title = titles("nl")[0]
    body = (
        "<div class=col><h6 class=category><a href=/category/haven/>Haven en vaart</a></h6>"
        f"<h2><a href=/2025/11/16/pier/>{title}</a></h2><p>{title}. <a class=more "
        "href=/2025/11/16/pier/>Lees meer…</a></p><div class=by>Door <a href=/author/admin/>"
        "<b>admin</b></a>, <a href=/2025/11/16/pier/><time class=published "
        "datetime=2025-11-16T18:23:46+01:00>8 maanden</time><time class=updated "
        "datetime=2025-11-17T18:25:32+01:00>17 november 2025</time> geleden</a></div></div>"
    )
    assert rows_of(read(listing_html("nl", body))) == [("/2025/11/16/pier/", title, "2025-11-16")]


def test_a_date_and_its_item_in_elements_of_their_own_are_a_list_of_one() -> None:
    title = titles("ru")[0]
    body = f"<div>01.02.2018</div><div><a href=/a.php>{title}</a></div>"
    assert rows_of(read(listing_html("ru", body))) == [("/a.php", title, "2018-02-01")]


def text(language: str) -> str:
    """Paragraphs of a release."""
    return "".join(f"<p>{title}. {' '.join(titles(language))}.</p>" for title in titles(language))


def test_a_release_with_one_related_post_is_not_a_list() -> None:
    title = titles("he")[1]
    body = f"<div class=body>{text('he')}</div>{POST.format(lang='he', title=title)}"
    assert read(listing_html("he", body), "/news/5").items == ()


def test_a_release_whose_headline_links_to_itself_is_not_a_list() -> None:
    title = titles("bg")[0]
    body = (
        f"<article class=post><h2><a href='/bg/1/#top'>{title}</a></h2>{text('bg')}"
        "<p><a href='/files/1.pdf'>PDF</a></p></article>"
    )
    assert read(listing_html("bg", body), "/bg/1/").items == ()


def test_a_card_of_a_page_about_the_board_is_not_a_list() -> None:
    card = f"<div class=card><h3><a href=/team/>{titles('fr')[0]}</a></h3><p>…</p></div>"
    html = listing_html("fr", f"<h1>Qui sommes-nous ?</h1>{card}", heading=False)
    assert NEWS["fr"][0] not in card
    assert read(html, "/qui/").items == ()
