"""What is learned from the pages of a source, and what is read by it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import msgspec
import pytest

from data.dates.context import DateContext
from data.identity.decision import first_release
from data.models import Release
from data.store.core.store import Store
from data.store.sqlite.store import SqliteStore
from spiders.items import ExtractedRelease, ListingItem
from spiders.learning import samples
from spiders.learning.induction import induce
from spiders.learning.samples import Sample
from spiders.learning.source_templates import SourceTemplates
from spiders.learning.template import LEARNED, Template, TemplateReader, decode_template, described
from spiders.page.page import Page
from spiders.release.read import read_release
from spiders.sources.source_file import ReleaseRules
from tests import themes
from tests.drafts import draft

NOW = dt.datetime(2026, 3, 20, tzinfo=dt.UTC)
READING = DateContext("Europe/Oslo", now=NOW)
NONE = ReleaseRules()
TOPICS = (
    "ferry crossing", "signal lamp", "dredging barge", "pilot station", "tide gauge", "fish market",
    "lifeboat crew", "swing bridge", "ice breaker", "customs house", "repair dock", "harbour choir",
)  # fmt: skip
CONTACT = "Contact: press office of the Harbour Board, Quay 4, Lindmouth, telephone 555 0142"


def paragraphs(number: int) -> str:
    """The text of a release, told apart from all others by its subject."""
    topic = TOPICS[number % len(TOPICS)]
    return (
        f"<p>The Harbour Board has decided on the {topic}, after {number + 3} meetings with those "
        f"who work there and a long winter in which the {topic} was closed to the public.</p>"
        f"<p>Work on the {topic} begins in May and will cost {number * 17 + 40},000 crowns, said "
        f"harbour master Odile Brandt, who has seen {number + 20} such works before.</p>"
        f"<p>Ships of the line are not affected. The {topic} opens again in the autumn.</p>"
    )


def old(number: int, *, footer: bool = False, date: str | None = None) -> Page:
    """A release page in the first layout."""
    day = f"{number % 20 + 1} February 2026" if date is None else date
    tail = f"<p>{CONTACT}</p>" if footer else ""
    return page(
        number,
        f'<div id="top"><a href="/">Home</a> <a href="/tides">Tides</a></div><div class="main">'
        f'<h2 class="headline">Decision {number} on the {TOPICS[number % 12]}</h2>'
        f'<p class="when">{day}</p><div class="text">{paragraphs(number)}'
        f'<div class="tools">Listen to this page · Larger letters</div>{tail}</div></div>'
        '<div class="foot">Harbour Board of Lindmouth</div>',
    )


def relaunched(number: int) -> Page:
    """The same release after the site's relaunch: nothing is called what it was."""
    return page(
        number,
        '<header><nav><a href="/">Start</a> <a href="/press">Press</a></nav></header><main>'
        f"<article><h1>Decision {number} on the {TOPICS[number % 12]}</h1>"
        f'<time datetime="2026-02-{number % 20 + 1:02}">{number % 20 + 1} Feb</time>'
        f'<section class="prose">{paragraphs(number)}</section></article></main>'
        "<footer>Harbour Board of Lindmouth</footer>",
    )


def page(number: int, body: str) -> Page:
    """A page of the invented Harbour Board."""
    html = (
        '<!DOCTYPE html><html lang="en"><head><title>Harbour Board</title></head>'
        f"<body>{body}</body></html>"
    )
    return Page(f"https://harbour.example/news/{number}", html.encode())


def lessons(*pages: Page, rules: ReleaseRules = NONE) -> list[Sample]:
    """Pages as detection reads them."""
    return [Sample(one, read_release(one, READING, rules), READING) for one in pages]


def learned(*pages: Page, rules: ReleaseRules = NONE) -> Template:
    """What is learned from pages."""
    found = induce("harbour", rules, lessons(*pages, rules=rules), NOW)
    assert found is not None
    return found


def read(template: Template, one: Page) -> ExtractedRelease:
    """A page as a template reads it."""
    found = TemplateReader(template).read(one, READING)
    assert found is not None
    return found


@pytest.fixture
def shelf(tmp_path: Path) -> Iterator[Store]:
    """A store for templates."""
    with closing(SqliteStore(tmp_path / "store.db")) as store:
        yield store


def rules_of(found: ExtractedRelease) -> str:
    """The rule that found the body, without its selector."""
    return found.content.body_rule.partition(" ")[0]


@pytest.mark.parametrize("layout", [old, relaunched])
def test_a_template_learned_from_three_pages_reads_all_others(
    layout: Callable[[int], Page],
) -> None:
    template = learned(layout(1), layout(2), layout(3))
    for number in range(4, 12):
        found = read(template, layout(number)).content
        assert found.title == f"Decision {number} on the {TOPICS[number]}"
        assert found.published is not None
        assert found.published.iso == f"2026-02-{number + 1:02}"
        assert found.body_html.replace("\n", "") == paragraphs(number)
        assert found.body_text == paragraphs(number)[3:-4].replace("</p><p>", "\n\n")


def test_a_footer_that_names_who_the_text_names_is_not_part_of_the_text() -> None:
    def named(number: int) -> Page:
        return page(
            number,
            f'<h1>Decision {number} on the {TOPICS[number]}</h1><p class="when">{number} Feb 2026'
            f'</p><div class="text">{paragraphs(number)}</div>'
            '<div class="foot">Harbour Board</div>',
        )

    assert learned(named(1), named(2), named(3)).rules.body == "div.text"


def test_the_most_general_stable_names_are_learned() -> None:
    rules = learned(old(1), old(2), old(3)).rules
    assert (rules.title, rules.published, rules.body) == ("h2.headline", "p.when", "div.text")
    assert rules.drop == ("div.tools",)


def tabled(number: int, *, path: str = '<td class="small">Press &gt; Notices</td>') -> Page:
    """A release laid out by tables, its date in a cell that is named like the one before it."""
    return page(
        number,
        f'<table><tr>{path}<td class="small">{number % 20 + 1} February 2026</td></tr>'
        f"<tr><td><h1>Decision {number} on the {TOPICS[number % 12]}</h1></td></tr>"
        f'<tr><td class="text">{paragraphs(number)}</td></tr></table>',
    )


def test_a_date_without_a_class_is_learned_by_its_place_in_the_row() -> None:
    template = learned(tabled(1), tabled(2), tabled(3))
    assert template.rules.published == "td.small:nth-of-type(2)"
    found = read(template, tabled(7)).content
    assert found.published is not None
    assert found.published.iso == "2026-02-08"
    assert TemplateReader(template).read(tabled(8, path=""), READING) is None


def viewed(number: int) -> Page:
    """A page whose date meets the counter of its views; only some counters begin with a figure."""
    views = f"{number} views" if number > 3 else "No views"
    page_of_none = old(number, date="").body.decode()
    when = f"<span>2/{number % 20 + 1}/26</span><span>{views}</span>"
    html = page_of_none.replace('<p class="when"></p>', f'<p class="when">{when}</p>')
    return Page(f"https://harbour.example/news/{number}", html.encode())


def test_a_learned_date_ends_at_its_element() -> None:
    context = DateContext("Europe/Oslo", order="MDY", now=NOW)
    pages = [viewed(number) for number in (1, 2, 3)]
    rules = ReleaseRules(published="p.when")
    seen = [Sample(one, read_release(one, context, rules), context) for one in pages]
    template = induce("harbour", rules, seen, NOW)
    assert template is not None
    found = TemplateReader(template).read(viewed(9), context)
    assert found is not None
    assert found.content.published is not None
    assert found.content.published.iso == "2026-02-10"
    declared = read_release(viewed(9), context, rules).content.published
    assert declared is not None
    assert declared.iso == "2026-02-10"


def test_two_pages_teach_nothing_nor_do_pages_without_anything_in_common() -> None:
    assert induce("harbour", NONE, lessons(old(1), old(2)), NOW) is None
    assert induce("harbour", NONE, lessons(old(1), relaunched(2), old(3)), NOW) is None


def test_names_with_digits_are_not_learned() -> None:
    def numbered(number: int) -> Page:
        body = old(number).text.replace('class="text"', f'class="text" id="post-{number}"')
        return Page(old(number).url, body.encode())

    assert learned(numbered(1), numbered(2), numbered(3)).rules.body == "div.text"


def test_a_declared_selector_takes_precedence_over_learning() -> None:
    rules = ReleaseRules(title="div.foot", body="div.main")
    template = learned(old(1), old(2), old(3), rules=rules)
    assert (template.rules.title, template.rules.body) == ("div.foot", "div.main")
    assert read(template, old(4)).content.title == "Harbour Board of Lindmouth"


def test_lines_that_end_all_pages_are_not_content() -> None:
    template = learned(*(old(number, footer=True) for number in (1, 2, 3)))
    found = read(template, old(4, footer=True)).content
    assert "Contact" not in found.body_text
    assert "Contact" not in found.body_html
    assert "opens again in the autumn" in found.body_text
    assert template.boilerplate == (CONTACT,)


TABLE = "<table><tr><th>Quay</th><th>Depth</th></tr><tr><td>Quay 4</td><td>9 m</td></tr></table>"


def figured(number: int, figure: str) -> Page:
    """A release with a figure, which holds pictures and tables alike."""
    return page(
        number,
        f"<main><h1>Decision {number} on the {TOPICS[number % 12]}</h1>"
        f'<p class="when">{number % 20 + 1} February 2026</p><div class="text">'
        f'{paragraphs(number)}<figure class="board-media">{figure}</figure>'
        f"<p>The board meets again after {number + 2} weeks.</p></div></main>",
    )


def test_a_table_is_text_where_other_pages_have_removed_pictures() -> None:
    said = '<img src="/quay.jpg"><figcaption>The quay, seen from the lock of Ostholm</figcaption>'
    template = learned(*(figured(number, said) for number in range(3)))
    assert template.rules.drop == ("figure.board-media",)
    assert "Quay 4 9 m" in read(template, figured(7, TABLE)).content.body_text


def test_a_declared_drop_takes_tables_too() -> None:
    rules = ReleaseRules(drop=("figure.board-media",))
    template = learned(*(figured(number, TABLE) for number in range(3)), rules=rules)
    assert "Quay 4 9 m" not in read(template, figured(7, TABLE)).content.body_text


def test_a_page_without_the_date_does_not_fit_and_is_detected(shelf: Store) -> None:
    learner = SourceTemplates("harbour", [NONE], shelf)
    for number in (1, 2, 3):
        learner.read(old(number), READING, NONE, None)
    found = learner.read(old(4, date=""), READING, NONE, None)
    assert rules_of(found) == "blocks"
    assert found.content.published is None
    assert rules_of(learner.read(old(5), READING, NONE, None)) == "learned"


def test_a_relaunch_is_detected_then_learned_and_the_old_layout_forgotten(shelf: Store) -> None:
    learner = SourceTemplates("harbour", [NONE], shelf)
    before = [learner.read(old(number), READING, NONE, None) for number in range(1, 6)]
    assert list(map(rules_of, before)) == ["blocks", "blocks", "learned", "learned", "learned"]
    after = [learner.read(relaunched(number), READING, NONE, None) for number in range(6, 11)]
    assert list(map(rules_of, after)) == ["blocks", "blocks", "learned", "learned", "learned"]
    titles = [found.content.title for found in after]
    assert titles == [f"Decision {number} on the {TOPICS[number % 12]}" for number in range(6, 11)]
    for number in range(11, 19):
        learner.read(relaunched(number), READING, NONE, None)
    learner.read(relaunched(19), READING, NONE, None)
    (kept,) = shelf.templates("harbour")
    assert "section.prose" in kept


def stored(number: int, *, updated: bool) -> tuple[Page, ListingItem, Release]:
    """A stored page; one that was ``updated`` says so where others have their date."""
    html = old(number).body
    if updated:
        note = b'<p class="when">18 March 2026</p><h2 class="headline">'
        html = html.replace(b'<h2 class="headline">', note)
    one = Page(old(number).url, html)
    said = read_release(old(number), READING, NONE).content
    made = first_release(draft(one.url, title=said.title, published=said.published), NOW)
    return one, ListingItem(one.url, said.title, said.published), made


@pytest.mark.parametrize("updated", [False, True])
def test_a_decision_that_would_spoil_stored_pages_is_not_taken(
    shelf: Store,
    updated: bool,  # noqa: FBT001 - whether they say when they were updated
) -> None:
    newest = [stored(number, updated=updated) for number in range(6, 11)]
    learner = SourceTemplates("harbour", [NONE], shelf, lambda _rules: newest)
    found = [learner.read(old(number), READING, NONE, None) for number in range(1, 6)]
    assert rules_of(found[-1]) == ("blocks" if updated else "learned")
    assert bool(shelf.templates("harbour")) is not updated


def visit(shelf: Store, *pages: Page) -> tuple[str, ...]:
    """A visit that meets these pages; the addresses that the next one is to look at again."""
    learner = SourceTemplates("harbour", [NONE], shelf)
    for one in pages:
        learner.read(one, READING, NONE, None)
    learner.finish()
    return SourceTemplates("harbour", [NONE], shelf).wanted


def test_a_gradual_relaunch_is_learned_from_all_its_visits(shelf: Store) -> None:
    assert visit(shelf, old(1), old(2), old(3)) == ()
    assert visit(shelf, relaunched(4)) == ()
    assert visit(shelf, relaunched(5)) == ()
    wanted = visit(shelf, relaunched(6))
    assert wanted == tuple(relaunched(number).url for number in (4, 5, 6))
    (text,) = shelf.templates("harbour")
    template = decode_template(text)
    assert template is not None
    assert any("the last 3 pages did not match" in line for line in described(template))
    assert visit(shelf, *(relaunched(number) for number in (4, 5, 6))) == ()
    (text,) = shelf.templates("harbour")
    assert "section.prose" in text
    assert rules_of(
        SourceTemplates("harbour", [NONE], shelf).read(relaunched(7), READING, NONE, None)
    ) == ("learned")


def test_additions_of_a_new_theme_do_not_make_pages_misfits(shelf: Store) -> None:
    said = [replace(post, body=post.body + themes.CONTACT) for post in themes.posts()]
    context = replace(READING, now=dt.datetime(2026, 11, 1, tzinfo=dt.UTC))

    def shown(theme: str, post: themes.Post) -> Page:
        html = themes.shown(theme, post, said, "/")
        return Page(f"https://harbour.example/{post.name}", html.encode())

    learner = SourceTemplates("harbour", [NONE], shelf)
    before = [learner.read(shown("sections", post), context, NONE, None) for post in said[::-1]]
    learner.finish()
    learner = SourceTemplates("harbour", [NONE], shelf)
    after = []
    for post, found in zip(said[::-1], before, strict=True):
        stored = draft(body_text=found.content.body_text, body_rule=f"{LEARNED} main")
        known = first_release(stored, NOW)
        again = learner.read(shown("utility", post), context, NONE, None, known, edited=True)
        after.append(again.content)
    assert after[-1].body_rule.startswith(LEARNED)
    assert "press desk" not in after[-1].body_text


def test_a_page_that_fits_in_between_clears_a_layout_of_doubt(shelf: Store) -> None:
    visit(shelf, old(1), old(2), old(3))
    for number in (4, 6, 8):
        assert visit(shelf, relaunched(number), old(number + 1)) == ()
    (text,) = shelf.templates("harbour")
    template = decode_template(text)
    assert template is not None
    assert (template.misfits, template.fitted, template.pages) == ((), 6, 9)


def test_pages_that_teach_nothing_are_not_looked_at_for_ever(shelf: Store) -> None:
    visit(shelf, old(1), old(2), old(3))
    odd = [old(number, date="") for number in range(4, 12)]
    assert visit(shelf, *odd[:3]) == tuple(one.url for one in odd[:3])
    assert visit(shelf, *odd[:3]) == (), "once is enough while nothing is added"
    assert visit(shelf, *odd[3:6]) == tuple(one.url for one in odd[:6])
    assert visit(shelf, *odd[:6]) == ()
    assert not shelf.templates("harbour")


def test_a_later_visit_uses_the_learned_template_and_adds_evidence(shelf: Store) -> None:
    first = SourceTemplates("harbour", [NONE], shelf)
    for number in (1, 2, 3):
        first.read(old(number), READING, NONE, None)
    first.finish()
    second = SourceTemplates("harbour", [NONE], shelf)
    assert rules_of(second.read(old(4), READING, NONE, None)) == "learned"
    second.finish()
    (text,) = shelf.templates("harbour")
    template = decode_template(text)
    assert template is not None
    assert (template.pages, template.fitted) == (4, 4)
    assert "fitted 4 of 4 pages" in described(template)[0]


def test_a_template_learned_under_other_declared_rules_is_discarded(shelf: Store) -> None:
    first = SourceTemplates("harbour", [NONE], shelf)
    for number in (1, 2, 3):
        first.read(old(number), READING, NONE, None)
    assert shelf.templates("harbour")
    SourceTemplates("harbour", [ReleaseRules(title="h2")], shelf)
    assert not shelf.templates("harbour")


def test_pages_that_were_read_before_the_layout_was_known_are_read_again(shelf: Store) -> None:
    learner = SourceTemplates("harbour", [NONE], shelf)
    for number in (1, 2, 3):
        learner.read(old(number, footer=True), READING, NONE, None)
    improved = learner.improved()
    assert {found.url for found in improved} == {old(1).url, old(2).url}
    assert not any("Contact" in found.content.body_text for found in improved)
    assert learner.improved() == ()


def test_a_template_that_can_not_be_read_is_passed_over() -> None:
    assert decode_template('{"source": 1}') is None


def headed(number: int, beside: str = "", text: str = "") -> Page:
    """A page whose headline stands in a header, with something beside it or not."""
    body = text or paragraphs(number)
    return Page(
        f"https://harbour.example/news/{number}",
        (
            f'<html lang="en"><head><title>{topic_title(number)} - Harbour Board</title></head>'
            "<body>"
            f'<header class="top">Harbour Board</header><article><header class="entry-header">'
            f'<h1 class="entry-title">{topic_title(number)}</h1>{beside}</header>'
            f'<time class="day" datetime="2026-03-{number + 1:02}">{number + 1} March 2026</time>'
            f'<div class="entry-content">{body}</div></article></body></html>'
        ).encode(),
    )


def topic_title(number: int) -> str:
    """The title of a release."""
    return f"Works on the {TOPICS[number % len(TOPICS)]} begin in May"


def lessons_of(*pages: Page) -> list[Sample]:
    """Pages as detection reads them."""
    return [Sample(page, read_release(page, READING), READING) for page in pages]


def test_a_title_is_learned_as_the_heading_and_never_as_the_header_around_it() -> None:
    template = induce("harbour", NONE, lessons_of(*map(headed, (1, 2, 3))), NOW)
    assert template is not None
    assert template.rules.title in {"h1", "h1.entry-title", ".entry-title"}
    later = headed(4, '<div class="meta">March 5, 2026 by pressdesk</div>')
    read = TemplateReader(template).read(later, READING)
    assert read is None or read.content.title == topic_title(4)


def test_a_learned_title_element_does_not_match_if_it_contains_more_text() -> None:
    template = induce("harbour", NONE, lessons_of(*map(headed, (1, 2, 3))), NOW)
    assert template is not None
    rules = msgspec.structs.replace(template.rules, title="header.entry-header")
    wide = TemplateReader(msgspec.structs.replace(template, rules=rules))
    assert wide.read(headed(4), READING) is not None
    assert wide.read(headed(4, "<div>March 5, 2026 by pressdesk</div>"), READING) is None


def test_pages_of_one_paragraph_teach_no_body_that_cuts_later_ones_short(shelf: Store) -> None:
    one = [paragraphs(n).partition("</p>")[0] + "</p>" for n in range(9)]
    learner = SourceTemplates("harbour", [NONE], shelf)
    for number in (1, 2, 3, 4, 5):
        learner.read(headed(number, text=one[number]), READING, NONE, None)
    long = learner.read(headed(6), READING, NONE, None).content.body_text
    assert len(long.split("\n\n")) == 3


def test_a_date_is_never_learned_as_the_text_of_the_whole_article() -> None:
    pages = [
        Page(
            f"https://harbour.example/news/{n}",
            f"<html lang=en><body><h1>{topic_title(n)}</h1><article>Lindmouth, {n + 1} March 2026. "
            f"The board decided on the {TOPICS[n]} after {n + 3} meetings with those who work "
            "there, and after a long winter.</article></body></html>".encode(),
        )
        for n in (1, 2, 3)
    ]
    template = induce("harbour", NONE, lessons_of(*pages), NOW)
    assert template is None or template.rules.published is None


def test_a_date_is_never_learned_as_a_title_that_holds_one() -> None:
    def bulletin(number: int) -> Page:
        title = f"Bulletin of {number} March 2026 on the {TOPICS[number]}"
        return Page(
            f"https://harbour.example/news/{number}",
            f'<html lang=en><head><meta property="og:title" content="{title}"></head><body>'
            f'<h1>{title}</h1><p class="when">{number} March 2026</p>'
            f'<div class="text">{paragraphs(number)}</div></body></html>'.encode(),
        )

    assert learned(bulletin(1), bulletin(2), bulletin(3)).rules.published == "p.when"


def test_a_template_that_errs_on_the_first_page_it_was_not_learned_from_is_forgotten(
    shelf: Store,
) -> None:
    learner = SourceTemplates("harbour", [NONE], shelf)
    for number in (1, 2, 3):
        learner.read(headed(number), READING, NONE, None)
    assert shelf.templates("harbour")
    # The names stay, but what was the body holds something else now.
    page = headed(5)
    other = page.body.replace(b"entry-content", b"text").replace(
        b"</article>",
        b'<div class="entry-content"><p>Opening hours: nine to five</p></div></article>',
    )
    read = learner.read(Page(page.url, other), READING, NONE, None)
    assert "meetings" in read.content.body_text
    assert not shelf.templates("harbour")


def test_a_page_is_extracted_again_with_the_same_method(shelf: Store) -> None:
    visit(shelf, old(1), old(2), old(3), old(4))
    found = {}
    for rule in ("blocks", f"{LEARNED} div.text"):
        learner = SourceTemplates("harbour", [NONE], shelf)
        learner.read(old(4), READING, NONE, None)
        known = first_release(draft(body_text="Something else.", body_rule=rule), NOW)
        found[rule] = learner.read(old(5), READING, NONE, None, known, reextract=True)
        assert rules_of(learner.read(old(5), READING, NONE, None, known)) == LEARNED
    assert [rules_of(one) == LEARNED for one in found.values()] == [False, True]


def test_nothing_is_learned_from_pages_of_very_many_elements(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    pages = [old(1), old(2), old(3)]
    assert induce("acme", NONE, lessons(*pages), READING.now)
    elements = sum(len([*one.tree.iter()]) for one in pages)
    monkeypatch.setattr(samples, "MAX_ELEMENTS", elements - 1)
    assert induce("acme", NONE, lessons(*pages), READING.now) is None


@pytest.mark.parametrize("odd", ["a\\", 'a"', "a\n", "a] b", "a:b"])
def test_layouts_are_learned_from_pages_with_names_that_css_cannot_quote(odd: str) -> None:
    def marked(number: int) -> Page:
        plain = old(number)
        title = f"Decision {number} on the {TOPICS[number % 12]}"
        meta = f"</title><meta name='{odd}' content='{title}'>".encode()
        body = plain.body.replace(b"</title>", meta)
        body = body.replace(b'<div class="tools">', b'<o:p class="tools">')
        return replace(plain, body=body.replace(b"<h2", b"<http:><h2"))

    template = learned(*map(marked, (1, 2, 3)))
    assert read(template, marked(4)).content.title == f"Decision 4 on the {TOPICS[4]}"
