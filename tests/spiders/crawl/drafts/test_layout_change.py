"""What a new design changed is told from edits: line by line, title by title."""

from __future__ import annotations

from typing import Any

import pytest

from data.dates.context import DateContext
from data.identity.decision import first_release
from data.models import Draft, Media
from data.revisions.alignment import aligned
from data.text.words import tokens
from spiders.crawl.drafts.layout_change import MAX_COMPARED_LINES, MAX_LINE, LayoutChange, passages
from spiders.crawl.drafts.page_sketch import Shown, is_rebuilt, skeleton_of
from spiders.page.page import Page
from tests.drafts import BODY, draft, published
from tests.themes import THEMES, posts, shown

SEEN = published("2026-03-02").at
OLD = skeleton_of(Page("http://a.example/", b'<div class="one two"><p class="x">a</p></div>'))
NEW = skeleton_of(Page("http://a.example/", b'<main id="m"><section class="y">a</section></main>'))


def parted(
    before: dict[str, Any], after: dict[str, Any], *, anew: bool = True, lines: tuple[str, ...] = ()
) -> tuple[Draft | None, Draft | None]:
    """How one change is parted, on a page that is built anew or not."""
    known = first_release(draft(**before), SEEN)
    now = draft(**after, digest="2", skeleton=NEW if anew else OLD)
    redesign = LayoutChange(DateContext("Europe/Oslo"), lambda _: OLD)
    redesign.note(now, known, Shown(frozenset(lines)))
    return redesign.split(now)


def with_body(*lines: str) -> dict[str, Any]:
    """A body that has these lines."""
    return {"body_text": "\n\n".join(lines)}


def test_labels_dates_and_buttons_that_come_or_go_are_not_edits() -> None:
    for line in (
        "2 March 2026",
        "Published: 02/03/2026",
        "Share",
        "New signal station opened",
    ):
        renewed, edit = parted(with_body(BODY), with_body(line, BODY), anew=False)
        assert edit is None, line
        assert renewed is None or renewed.reread, line


def test_bylines_and_topics_belong_to_the_design_on_a_rebuilt_page() -> None:
    for line in (
        "Posted in Shipping",
        "by pressdesk",
        "Press release",
        "Tags: port, quay",
        "Average (0 Votes)",
    ):
        assert parted(with_body(line, BODY), with_body(BODY))[1] is None, line
        assert parted(with_body(line, BODY), with_body(BODY), anew=False)[1] is not None, line


def test_theme_text_belongs_to_the_design_on_a_rebuilt_page() -> None:
    line = (
        "This entry was posted on Monday, March 2nd, 2026 at 9:15 am and is filed under Shipping."
        " You can follow any responses to this entry through the RSS 2.0 feed."
    )
    assert parted(with_body(BODY, line), with_body(BODY))[1] is None
    assert parted(with_body(BODY), with_body(BODY, line))[1] is None


def test_another_day_in_the_text_is_an_edit() -> None:
    before, after = with_body(BODY, "Deadline: 5 May 2026"), with_body(BODY, "Deadline: 9 May 2026")
    assert parted(before, after)[1] is not None
    assert parted(with_body("Apply by 5 May 2026", BODY), with_body(BODY))[1] is not None


def test_a_link_to_another_page_is_an_edit_unless_the_page_was_rebuilt() -> None:
    html = '<p>The board follows <a href="http://board.example/{}">the rules</a> of the pier.</p>'
    before, after = ({"body_html": html.format(year)} for year in (2025, 2026))
    renewed, edit = parted(before, after, anew=False)
    assert (renewed, edit and edit.content.body_html) == (None, html.format(2026))
    renewed, edit = parted(before, after)
    assert (renewed and renewed.reread, edit) == (True, None)


BOARD = "http://board.example"


@pytest.mark.parametrize(
    ("count", "was", "moved", "is_edit"),
    [
        (3, "/id/{}", f"{BOARD}/id/{{}}.html", False),
        (3, "/id/{}.html", f"{BOARD}/id/{{}}.php", False),
        (3, "/id?n={}", "http://pier.example/id?n={}", False),
        (2, "/id/{}", f"{BOARD}/id/{{}}.html", True),
        (3, "/id/{}", f"{BOARD}/id/{{}}0", True),
        (3, "/id/{}", f"{BOARD}/news/other-{{}}", True),
        (3, "/draft/plan{}", f"{BOARD}/final/plan{{}}", True),
        (3, "/january/{}", f"{BOARD}/february/{{}}", True),
        (3, "/tender/open/{}", f"{BOARD}/tender/cancelled/{{}}", True),
        (3, "/2025/rules{}", f"{BOARD}/2026/rules{{}}", True),
        (3, "/id/{}", f"{BOARD}/sorry", True),
        (3, "/id?n={}", f"{BOARD}/id.php?n={{}}0", True),
        (3, "/id/{}", "http://pier.example/", True),
        (3, "", "http://pier.example/", True),
        (3, "/rules", "http://pier.example/rules", True),
    ],
)
def test_only_links_to_several_pages_that_keep_their_paths_can_move_without_an_edit(
    count: int, was: str, moved: str, *, is_edit: bool
) -> None:
    html = '<p>The board follows <a href="{}">the rules</a> of the pier.</p>'
    redesign = LayoutChange(DateContext("Europe/Oslo"), lambda _: OLD)
    drafts = []
    for number in range(count):
        url, before = f"http://harbour.example/{number}", html.format(BOARD + was.format(number))
        known = first_release(draft(url=url, body_html=before), SEEN)
        now = html.format(moved.format(number))
        drafts.append(draft(url=url, body_html=now, digest="2", skeleton=OLD))
        redesign.note(drafts[-1], known, Shown())
    for one in drafts:
        renewed, edit = redesign.split(one)
        assert (edit is not None) == is_edit
        assert is_edit or (renewed and renewed.reread and renewed.content == one.content)


def test_a_paragraph_that_the_page_still_shows_is_not_gone() -> None:
    said = "The station was paid for by the port fund."
    renewed, edit = parted(
        with_body(BODY, said), with_body(BODY), lines=("thestationwaspaidforbytheportfund",)
    )
    assert edit is None
    assert renewed is not None
    assert said in renewed.content.body_text, "it was read better before"
    assert parted(with_body(BODY, said), with_body(BODY))[1] is not None


def test_a_text_that_could_not_be_read_before_is_not_an_edit_where_a_new_theme_shows_it() -> None:
    contact, own = "Inquiries: press office, Quay 4", "Dues stay as they are next year."
    redesign = LayoutChange(DateContext("Europe/Oslo"), lambda _: OLD)
    shown = Shown(frozenset(["inquiriespressofficequay4"]))
    for number, before in enumerate((contact, f"{own}\n\n{contact}", BODY)):
        url = f"https://harbour.example/{number}"
        known = first_release(draft(url=url, body_text=before), SEEN)
        after = own if before == contact else f"{BODY} It is said."
        redesign.note(draft(url=url, body_text=after, digest="2", skeleton=NEW), known, shown)
    changes = [
        draft(url="https://harbour.example/0", body_text=own, digest="2", skeleton=NEW),
        draft(url="https://harbour.example/1", body_text=BODY, digest="2", skeleton=NEW),
    ]
    (renewed, edit), (_, other) = map(redesign.split, changes)
    assert edit is None, "nothing but the contact of all pages was read before"
    assert renewed is not None
    assert renewed.content.body_text == own
    assert other is not None


def test_a_writer_or_a_site_in_a_title_is_not_an_edit_and_the_shorter_title_stays() -> None:
    site = {"publisher": "Harbour Board"}
    plain, long = "Quay 4 closed", "Quay 4 closed – Harbour Board"
    renewed, edit = parted({"title": plain, **site}, {"title": long, **site}, anew=False)
    assert edit is None
    assert renewed is not None
    assert renewed.content.title == plain
    renewed, edit = parted({"title": long, **site}, {"title": plain, **site}, anew=False)
    assert edit is None
    assert renewed is not None
    assert renewed.content.title == plain
    assert parted({"title": plain}, {"title": f"{plain} by pressdesk"})[1] is None
    assert parted({"title": plain}, {"title": f"{plain} until noon"})[1] is not None


def test_an_edit_during_a_redesign_names_only_the_edited_fields() -> None:
    before = {"title": "Quay 4 closed", **with_body("by pressdesk", BODY)}
    after = {"title": "Quay 4 open again", **with_body(BODY)}
    renewed, edit = parted(before, after)
    assert renewed is not None
    assert (renewed.content.title, renewed.content.body_text) == ("Quay 4 closed", BODY)
    assert edit is not None
    assert not edit.reread
    assert edit.content.title == "Quay 4 open again"


def test_a_file_that_the_page_still_links_to_is_not_gone() -> None:
    file = Media("http://harbour.example/map.pdf", "application/pdf")
    known = first_release(draft(attachments=(file,)), SEEN)
    now = draft(digest="2")
    redesign = LayoutChange(DateContext("Europe/Oslo"), lambda _: b"")
    redesign.note(now, known, Shown(files=frozenset(["https://harbour.example/map.pdf"])))
    renewed, edit = redesign.split(now)
    assert edit is None
    assert renewed is not None
    assert renewed.content.attachments == (file,)


def test_a_skeleton_differs_between_themes_and_not_between_posts_of_a_theme() -> None:
    said = posts()
    pages = {
        theme: [skeleton_of(Page("http://a.example/", shown(theme, post, said, "/").encode()))
                for post in said]
        for theme in THEMES
    }  # fmt: skip
    for theme, sketches in pages.items():
        assert not any(is_rebuilt(sketches[0], one) for one in sketches), theme
        for other in THEMES:
            assert other == theme or is_rebuilt(sketches[0], pages[other][0]), (theme, other)
    assert not is_rebuilt(b"", pages["classic"][0]), "nothing is known of it"


def test_two_bodies_are_aligned_twice_per_visit_of_a_release(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    counted: list[int] = []

    def count(*lines: Any, steps: int) -> Any:
        counted.append(steps)
        return aligned(*lines, steps=steps)

    monkeypatch.setattr("spiders.crawl.drafts.layout_change.aligned", count)
    renewed, edit = parted(with_body(BODY), with_body("Share", BODY))
    assert edit is None
    assert renewed is not None
    assert len(counted) == 2


def test_bodies_of_very_many_lines_differ_as_a_whole() -> None:
    old, new = ("\n".join([word, "It is closed."] * 3000) for word in ("Yes.", "No."))
    assert passages(old, new) == [([old], [new])]
    assert parted({"body_text": old}, {"body_text": new})[1] is not None


@pytest.fixture
def read(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Texts whose words were read."""
    texts: list[str] = []

    def noted(text: str) -> list[str]:
        texts.append(text)
        return tokens(text)

    monkeypatch.setattr("spiders.crawl.drafts.layout_change.tokens", noted)
    return texts


def test_the_end_of_a_very_long_line_is_compared_too(read: list[str]) -> None:
    line = "The lamp is lit. " * MAX_LINE
    edited = f"{line}It is out."
    assert passages(line, edited) == [([line], [edited])]
    assert parted({"body_text": line}, {"body_text": edited})[1] is not None
    assert passages(line, line.replace("lamp", "LAMP", 3)) == []
    assert max(map(len, read)) <= MAX_LINE


def test_few_lines_of_a_very_long_body_are_read(read: list[str]) -> None:
    old = "Share\n" * (20 * MAX_COMPARED_LINES)
    parted({"body_text": old}, {"body_text": f"{old}It is out."})
    assert len(read) < 2 * MAX_COMPARED_LINES
