"""What is guessed about a site that nobody has described, and the file that is proposed for it."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import pytest

from data.dates.context import DateContext
from spiders.discovery.field_review import SampleRelease, draft_rules, review
from spiders.discovery.proposal import Guess, SourceDraft, source_id
from spiders.discovery.propose import FetchedSite, languages_of, propose
from spiders.discovery.site_name import guess_name
from spiders.discovery.time_zone import guess_zone
from spiders.items import ListingItem
from spiders.page.javascript import needs_scripts
from spiders.page.page import Page
from spiders.release.read import read_release
from spiders.sources.source_file import ReleaseRules, parse_source
from tests.examples import thorough
from tests.golden import NOW, Room, rooms
from tests.press_room import listing_html, release_html

URL = "https://www.harbour.example/news/"


def page(text: str, url: str = URL) -> Page:
    return Page(url, text.encode())


def at(text: str) -> dt.datetime:
    return dt.datetime.fromisoformat(text)


@pytest.mark.parametrize(
    ("host", "languages", "stated", "zone", "sure"),
    [
        ("www.interior.gov.az", (), (), "Asia/Baku", True),
        ("www.gov.uk", ("en",), (), "Europe/London", True),
        ("presse.bund.de", (), (), "Europe/Berlin", True),
        ("press.example", ("de-AT",), (), "Europe/Vienna", False),
        ("press.example", ("de-AT",), ("2026-07-01T10:00+02:00",), "Europe/Vienna", True),
        ("press.example", ("en-gb",), (), "Europe/London", False),
        ("press.example", ("az",), (), "Asia/Baku", False),
        ("press.example", ("de",), (), "Europe/Berlin", False),
        ("a.example", ("de",), ("2026-07-01T10:00+02:00", "2026-01-01T10:00+01:00"),
         "Europe/Berlin", True),
        ("press.example", ("en",), ("2026-07-01T10:00-04:00",), "America/New_York", False),
        ("press.example", ("en-US",), (), "America/New_York", False),
        ("press.gov", (), (), "America/New_York", False),
        ("press.gov", (), ("2026-07-01T10:00-06:00",), "America/Denver", True),
        ("press.ru", (), ("2026-07-01T10:00+05:00",), "Asia/Yekaterinburg", True),
        ("press.az", (), ("2026-07-01T10:00+09:00",), "Asia/Baku", False),
        ("press.az", (), ("2026-07-01T10:00+00:00",), "Asia/Baku", True),
        ("startup.io", (), (), "UTC", False),
        ("press.example", (), ("2026-07-01T10:00+04:00",), "Etc/GMT-4", False),
        ("press.example", (), ("2026-07-01T10:00+05:45",), "UTC", False),
        ("", (), (), "UTC", False),
    ],
)  # fmt: skip
def test_a_time_zone_is_certain_only_if_the_place_is(
    host: str, languages: tuple[str, ...], stated: tuple[str, ...], zone: str, *, sure: bool
) -> None:
    guess = guess_zone(host, languages, map(at, stated))
    assert (guess.value, guess.sure) == (zone, sure)
    assert guess.rule


@pytest.mark.parametrize(
    "room",
    [one if at % 4 == 0 else thorough(one)[0] for at, one in enumerate(rooms())],
    ids=lambda room: room.folder.name,
)
def test_of_a_room_that_was_never_seen_no_certain_guess_is_wrong(room: Room) -> None:
    (path,) = room.folder.glob("listing.*")
    listing = Page(room.listing.url, path.read_bytes())
    release = Page(room.release.url, (room.folder / "release.html").read_bytes())
    site = FetchedSite(listing, NOW, releases=((ListingItem(release.url, ""), release),))
    proposal = propose(site, ()).proposal
    if proposal.timezone.sure:
        assert proposal.timezone.value == room.source.timezone
    assert proposal.file.url == listing.url
    spoken = replace(room.context, languages=languages_of([listing, release]))
    assert proposal.date_order in (None, room.context.day_order, spoken.day_order)


@pytest.mark.parametrize(
    ("listing", "releases", "name"),
    [
        ('<meta property="og:site_name" content="Harbour"><title>News</title>', [], "Harbour"),
        ('<script type="application/ld+json">{"@type":"WebSite","name":"Harbour"}', [], "Harbour"),
        ("<title>News | Harbour</title>", ["<title>Lamp lit | Harbour</title>"], "Harbour"),
        ("<title>Harbour - News</title>", ["<title>Harbour - Lamp lit</title>"], "Harbour"),
        ("<title>Harbour > News</title>", ["<title>Harbour > Lamp lit</title>"], "Harbour"),
        ("<title>News › Harbour</title>", ["<title>Lamp lit › Harbour</title>"], "Harbour"),
        ("<title>A</title><h1>A</h1>", ["<title>Notice - Harbour</title>"] * 3, "Harbour"),
        ("<title>お知らせ_港湾局</title>", [], "港湾局"),
        ("<title>Media centre</title>", [], "harbour.example"),
        ("<title>News Releases</title>", [], "harbour.example"),
        ("<title>Home</title>", [], "harbour.example"),
        ("<title>News &amp; Events | Official Website</title>", [], "harbour.example"),
        ("<title>官网</title><p>© 2026 港湾局", [], "港湾局"),
        ("<title>Opinion Search</title><p>Copyright © 2019-2026 Harbour Board. All rights reserved",
         [], "Harbour Board"),
        ('<meta property="og:site_name" content="Home"><title>Harbour Board :: News</title>',
         [], "Harbour Board"),
        ('<meta property="og:site_name" content="Lamp lit"><title>Lamp lit | Harbour</title>',
         [], "Harbour"),
        ('<meta property="og:site_name" content="harbour.example"><title>News | Harbour</title>',
         [], "Harbour"),
        ("<title>Welcome to Harbour Board</title>", [], "Harbour Board"),
        ("<title>Harbour Board - Coast and Sea</title>", [], "Harbour Board"),
        ("", [], "harbour.example"),
    ],
)  # fmt: skip
def test_a_site_gets_the_name_that_it_states(listing: str, releases: list[str], name: str) -> None:
    assert guess_name(page(listing), [page(text) for text in releases]).value == name


def test_a_name_that_forms_the_host_name_is_certain() -> None:
    for host, name in {
        "ndcourts.example": "North Dunmere Court System",
        "www.harbour.example": "The Harbour Board",
        "hbl.example": "Harbour Board of Lindmouth",
    }.items():
        title = page(f"<title>News | {name}</title>", f"https://{host}/news/")
        assert guess_name(title, []).sure, name
    logo = "<title>News</title><a href='/'><img alt='Harbour Board logo'></a>"
    assert guess_name(page(logo), []) == Guess(
        "Harbour Board", 0.8, "its link to the home page, which fits the host name"
    )
    assert guess_name(page(logo.replace("Harbour Board logo", "img1.jpg")), []).rule == "the host"
    unlike = page("<title>News | Society of Pilots</title>")
    assert not guess_name(unlike, []).sure
    numbered = page("<title>News</title>", "http://127.0.0.1:8000/news/")
    assert guess_name(numbered, []).confidence < 0.2


def test_the_part_of_a_title_that_is_not_a_headline_names_a_site_before_its_copyright_does() -> (
    None
):
    rights = "<h1>Pilots at work</h1><p>© 2026 Lindmouth Group</p>"
    for title in ("Pilots at work | Society of Pilots", "Society of Pilots | Pilots at work"):
        assert guess_name(page(f"<title>{title}</title>{rights}"), []).value == "Society of Pilots"
    headline = f"<title>Pilots at work</title>{rights}"
    assert guess_name(page(headline), []).value == "Lindmouth Group", "a headline names no site"


def test_a_feed_s_title_names_a_site_whose_page_does_not() -> None:
    feed = page("<rss><channel><title><![CDATA[Harbour Board - News]]></title></channel></rss>")
    assert guess_name(page("<title>News</title>"), [], feed).value == "Harbour Board"


@pytest.mark.parametrize(
    ("name", "url", "taken", "expected"),
    [
        (Guess("Harbour Board", 0.9, ""), URL, (), "harbour-board"),
        (Guess("Günəşqala Universiteti", 0.9, ""), URL, (), "gunesqala-universiteti"),
        (Guess("港湾局", 0.9, ""), URL, (), "harbour"),
        (Guess("News", 0.3, ""), "https://news.city.lindmouth.gov.uk/", (), "lindmouth"),
        (Guess("Harbour Board", 0.9, ""), URL, ("harbour-board",), "harbour"),
        (Guess("Harbour", 0.9, ""), URL, ("harbour", "source"), "harbour-2"),
        (Guess("…", 0.9, ""), "http://127.0.0.1/", (), "source"),
        (Guess("Representative A. B. Butterfield of Lindmouth", 0.95, ""),
         "https://butterfield.house.gov/", (), "butterfield-house"),
        (Guess("State of Lindmouth Department of Harbours and Roads", 0.95, ""),
         "http://127.0.0.1:80/", (), "lindmouth-harbours-roads"),
        (Guess("127.0.0.1", 0.1, ""), "http://127.0.0.1/", (), "source"),
        (Guess("www.harbour.example", 0.3, ""), URL, (), "harbour"),
        (Guess("sound " * 30, 0.9, ""), "http://127.0.0.1/", (), "-".join(["sound"] * 4)),
    ],
)  # fmt: skip
def test_a_source_gets_an_id_that_is_free(
    name: Guess, url: str, taken: tuple[str, ...], expected: str
) -> None:
    assert source_id(name, url, taken) == expected


def test_a_proposal_is_written_as_the_shortest_equivalent_file() -> None:
    sure = Guess('Harbour "Board"\\', 0.9, "og:site_name")
    proposal = SourceDraft("harbour", sure, URL, Guess("Europe/Oslo", 0.9, "the domain .no"))
    assert len(proposal.toml.splitlines()) == 3
    assert proposal.file.name == 'Harbour "Board"\\'
    assert proposal.file == parse_source(proposal.toml, "x.toml")


def test_a_proposal_marks_the_lines_to_check_and_contains_the_required_ones() -> None:
    doubtful = Guess("Harbour", 0.3, "the host")
    full = SourceDraft(
        "harbour", doubtful, URL, Guess("UTC", 0.1, "nothing"), feed=f"{URL}feed", render=True,
        date_order="DMY", rules=ReleaseRules(title="h2", published=".day::text"),
    )  # fmt: skip
    assert 'name = "Harbour"  # check this: the host' in full.toml
    file = full.file
    assert (file.feed, file.render, file.date_order) == (f"{URL}feed", True, "DMY")
    assert file.releases[0] == full.rules


def listing_and_releases(release: str, days: tuple[int, ...] = (5, 4, 3)) -> FetchedSite:
    rows = "".join(
        f'<li>{n} March 2026 <a href="/r/{n}">Lamp number {n} is lit on the mole</a></li>'
        for n in days
    )
    text = "<p>{}</p>".format("The harbour board counted ships in its basins last week. " * 4)
    pages = [
        (ListingItem(f"https://www.harbour.example/r/{n}", ""),
         page(release.format(n=n, text=text), f"https://www.harbour.example/r/{n}"))
        for n in days
    ]  # fmt: skip
    listing = page(f"<html lang=en><title>News - Harbour</title><ul>{rows}</ul>")
    return FetchedSite(listing, NOW, releases=tuple(pages))


def test_no_selector_is_written_if_detection_is_right() -> None:
    site = listing_and_releases(
        "<html lang=en><title>Lamp number {n} is lit on the mole - Harbour</title>"
        "<h1>Lamp number {n} is lit on the mole</h1><time>{n} March 2026</time>{text}"
    )
    found = propose(site, ())
    assert found.file.releases == (ReleaseRules(),)
    confidence = {field.name: field.confidence for field in found.fields}
    assert confidence["title"] > 0.9
    assert confidence["published"] > 0.9


def test_a_selector_is_written_if_the_listing_contradicts_the_page() -> None:
    site = listing_and_releases(
        '<html lang=en><script type="application/ld+json">{{"@type": "NewsArticle", "headline": '
        '"Harbour portal", "datePublished": "2019-05-05"}}</script><h1>Harbour portal</h1>'
        '<div class="caption">Lamp number {n} is lit on the mole</div>'
        '<span class="day">{n} March 2026</span>{text}'
    )
    found = propose(site, ())
    assert [look.read.content.title for look in found.looks] == [
        f"Lamp number {n} is lit on the mole" for n in (5, 4, 3)
    ]
    assert all(
        look.read.content.published and look.read.content.published.rule == "declared"
        for look in found.looks
    )
    assert found.file.releases[0].published == ".day"
    assert not any(doubt.startswith(("title", "published")) for doubt in found.doubts)


def test_a_field_without_a_working_selector_is_reported_with_the_line_to_write() -> None:
    site = listing_and_releases(
        '<html lang=en><meta property="article:published_time" content="2019-05-05">'
        "<h1>Lamp number {n} is lit on the mole</h1>{text}"
    )
    found = propose(site, ())
    assert found.file.releases == (ReleaseRules(),)
    (doubt,) = [doubt for doubt in found.doubts if doubt.startswith("published")]
    assert "2019-05-05" in doubt
    assert "2026-03-05" in doubt
    assert "[release] published =" in doubt


@pytest.mark.parametrize(
    ("days", "order", "doubt"),
    [
        (("05/03/2026", "03/03/2026", "04/02/2026", "11/01/2026"), "DMY", False),
        (("03/05/2026", "03/03/2026", "02/04/2026", "01/11/2026"), "MDY", False),
        (("05/05/2026", "04/04/2026"), None, False),
        (("25/10/2026", "20/10/2026", "14/10/2026"), "DMY", False),
        (("11/13/26", "3/3/26", "2/4/26", "1/11/26"), "MDY", False),
        (("25.10.2026", "03.10.2026", "04.09.2026"), None, False),
        (("09/08/2026", "07/06/2026", "05/04/2026"), None, True),
    ],
)
def test_the_order_of_day_and_month_is_saved_if_only_the_list_shows_it(
    days: tuple[str, ...], order: str | None, *, doubt: bool
) -> None:
    rows = "".join(
        f'<li>{day} <a href="/r/{n}">Lamp number {n} is lit on the mole</a></li>'
        for n, day in enumerate(days)
    )
    found = propose(FetchedSite(page(f"<html lang=en><ul>{rows}</ul>"), NOW), ())
    assert found.file.date_order == order
    months = [item.published.day.month for item in found.listing.items if item.published]
    assert order is None or months in ([3, 3, 2, 1], [11, 3, 2, 1], [10, 10, 10])
    assert any("date_order" in one for one in found.doubts) is doubt


def looks(*releases: str) -> list[SampleRelease]:
    context = DateContext("UTC", now=NOW)
    return [
        SampleRelease(found, read_release(found, context), ListingItem(URL, "Lamp"))
        for found in map(page, releases)
    ]


def test_pages_that_all_have_the_same_text_are_reported() -> None:
    fields = {field.name: field for field in review(looks(*[release_html(1)] * 3), "Harbour")}
    assert "all pages have the same text" in fields["body"].advice
    assert fields["publisher"].value == "Harbour"


def test_releases_that_need_a_browser_are_reported_with_the_line_to_write() -> None:
    empty = '<div id="root"></div><script src="/app.js"></script>'
    fields = {field.name: field for field in review(looks(*[empty] * 3), "Harbour")}
    assert "write render = true" in fields["body"].advice
    shown = read_release(found := page("<ul></ul>", f"{URL}#!/7"), DateContext("UTC", now=NOW))
    within = SampleRelease(found, shown, ListingItem(f"{URL}#!/7", "Lamp"))
    fields = {field.name: field for field in review([within], "Harbour")}
    assert "write render = true" in fields["body"].advice
    fields = {field.name: field for field in review(looks("<p></p>"), "Harbour")}
    assert "selector of the text" in fields["body"].advice


def test_one_page_is_too_little_for_a_selector() -> None:
    (look,) = looks("<h1>Portal</h1><p class=t>Lamp</p>")
    assert draft_rules([look], DateContext("UTC", now=NOW)) == ReleaseRules()
    assert review([], "Harbour") == ()


@pytest.mark.parametrize(
    ("text", "scripted"),
    [
        ('<div id="root"></div><script src="/app.js"></script>', True),
        ('<div id="app"></div><p>Footer</p><script>go()</script>', True),
        ("<noscript>Please enable JavaScript to go on.</noscript><script src=x></script>", True),
        ("<p>No news today.</p>", False),
        (listing_html(list(range(20))) + "<script src=x></script>", False),
        ("", False),
    ],
)  # fmt: skip
def test_a_page_that_is_empty_without_a_browser_is_recognized(text: str, *, scripted: bool) -> None:
    assert needs_scripts(page(text)) is scripted


@pytest.mark.parametrize(
    "text",
    ["", "\x00\xff\x89PNG",
     *thorough("<div>" * 100_000, "<a href='/x'>" * 4_000, "<title>" + "a | " * 50_000),
     '<script type="application/ld+json">' + '[{"@type":"Organization","name":' * 2_000,
     "<ul>" + "<li>1 May 2026 <a href='//[x'>Lamp number one is lit</a>" * 500],
)  # fmt: skip
def test_hostile_pages_give_a_proposal_with_doubts_and_never_an_exception(text: str) -> None:
    pages = tuple((ListingItem(URL, "Lamp"), page(text)) for _ in range(3))
    found = propose(FetchedSite(page(text), NOW, releases=pages), ())
    assert found.file.url == URL
    assert found.doubts
    assert len(found.proposal.id) <= 64


def test_a_shifted_list_changes_no_page_with_its_own_headline() -> None:
    text = "<p>" + "The harbour board counted ships in its basins last week. " * 4 + "</p>"
    titles = {n: f"Lamp number {n} is lit on the mole" for n in (5, 4, 3, 2)}
    pages = tuple(
        (ListingItem(f"{URL}{n}", titles[n - 1], None),
         page(f'<html lang=en><h1>{titles[n]}</h1>{text}<p class="previous">'
              f'<a href="/news/{n - 1}">{titles[n - 1]}</a></p>',
              f"{URL}{n}"))
        for n in (5, 4, 3)
    )  # fmt: skip
    found = propose(FetchedSite(page("<html lang=en>"), NOW, releases=pages), ())
    assert found.file.releases == (ReleaseRules(),)
    assert any(doubt.startswith("title") for doubt in found.doubts)


def test_a_country_that_a_site_states_as_its_address_decides_its_zone() -> None:
    address = '{"@type": "Organization", "address": {"addressCountry": "IE"}}'
    site = page(f'<html lang="en-gb"><script type="application/ld+json">{address}</script>')
    zone = propose(FetchedSite(site, NOW), ()).proposal.timezone
    assert (zone.value, zone.sure) == ("Europe/Dublin", True)
    assert not propose(FetchedSite(page('<html lang="en-gb">'), NOW), ()).proposal.timezone.sure


def test_a_zone_that_is_put_right_turns_no_date_round() -> None:
    rows = "".join(
        f'<li>{day} <a href="/r/{n}">Lamp number {n} is lit on the mole</a></li>'
        for n, day in enumerate(("11/13/26", "9/3/26", "7/2/26", "3/1/26"))
    )
    found = propose(FetchedSite(page(f"<html lang=en><ul>{rows}</ul>"), NOW), ())
    assert found.file.date_order == "MDY"
    days = [item.published.iso for item in found.listing.items if item.published]
    assert days == ["2026-11-13", "2026-09-03", "2026-07-02", "2026-03-01"]


LISTED = "".join(
    f"<li class=row><a href='/news/{n}-ships-at-the-pier.html'>Ships counted at pier {n} of the "
    f"harbour</a> <span>{20 - n} November 2026</span></li>"
    for n in range(10)
)


@pytest.mark.parametrize(
    ("below", "told"),
    [
        ("<button>Load more</button>", "Load more"),
        ("<p>Showing 1-10 of 248</p>", "248"),
        ("<p><b>1</b> <a href='#'>2</a> <a href='#'>3</a></p>", "up to 3"),
        ("<p><a href='?page=2'>Next</a></p>", ""),
        ("<p><a href='/news/2025/'>2025</a> <a href='/news/2024/'>2024</a></p>", ""),
        ("", ""),
    ],
)
def test_a_list_that_announces_more_than_it_links_is_less_certain(below: str, told: str) -> None:
    html = f"<html lang=en><h1>News</h1><ul>{LISTED}</ul>{below}"
    site = FetchedSite(page(html, URL), NOW, offline=True)
    plain = propose(FetchedSite(page(f"<html><ul>{LISTED}</ul>", URL), NOW, offline=True), ())
    certainty = propose(site, ()).certainty
    reason = next((why for why in certainty.reasons if "older releases" in why), "")
    assert told in reason
    assert bool(reason) == bool(told)
    assert (certainty.value < plain.certainty.value) == bool(told)
