"""What is taken off the edges of a body."""

from __future__ import annotations

import pytest
from lxml import html

from data.dates.context import DateContext
from data.dates.parse import parse_date
from spiders.body import frames
from spiders.body.frames import Footers
from spiders.body.text_blocks import segment
from spiders.body.trim_edges import is_bar, is_date_line, says_when, tail_start, trim_edges

READING = DateContext("Europe/Berlin", order="DMY")
TEXT = "The bridge was closed for two days because the river had risen above the mark of 1954."


def kept(*parts: str) -> list[str]:
    page = html.fromstring(f"<div>{''.join(parts)}</div>")
    blocks = segment(page).blocks
    return [block.text for block in trim_edges(blocks, "The bridge is open", None, READING)]


@pytest.mark.parametrize(
    "line",
    [
        "Views: 380 | Print version | Close | Send to a friend",
        "« Все новости Просмотров: 286",
        "Paylaş · Çap versiyası",
        "打印本页 关闭窗口",
    ],
)
def test_a_line_of_buttons_and_counters_is_a_bar(line: str) -> None:
    assert is_bar(line)


@pytest.mark.parametrize("line", ["", "Print run of the report: 400", TEXT, "12 24 36"])
def test_a_line_with_a_sentence_is_not_a_button_bar(line: str) -> None:
    assert not is_bar(line)


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("Bulletin No. 7 of 10 March 2026.", True),
        ("Lindmouth, 10 March 2026, Press Office, No. 270", True),
        ("From April on no boat may pass the weir, the board ruled on 10 March 2026.", False),
    ],
)
def test_a_line_with_the_day_is_not_a_sentence_that_ends_with_it(line: str, says: bool) -> None:  # noqa: FBT001
    day = parse_date("10 March 2026", READING, "line")
    assert says_when(line, READING, day) is says


@pytest.mark.parametrize(
    "line", ["12.03.2026", "Thursday, 12 March 2026", "Published: 12 March 2026, 10:40"]
)
def test_a_line_with_little_but_a_date_is_a_date_line(line: str) -> None:
    assert is_date_line(line, READING)


def test_a_sentence_with_a_date_is_not_a_date_line() -> None:
    assert not is_date_line("On 12 March 2026 the bridge was opened to all.", READING)


def test_headline_date_and_share_bar_are_removed_and_the_text_is_kept() -> None:
    assert kept(
        "<p>Works / 12 March 2026 / The bridge is open</p><p>12 March 2026</p>",
        f"<p>{TEXT}</p><p>Nobody was hurt.</p><p>Print</p>",
    ) == [TEXT, "Nobody was hurt."]


@pytest.mark.parametrize(
    "line",
    [
        "The bridge is open to lorries again, the office for roads said on Tuesday.",
        "After two days of rain the bridge is open again.",
        "The bridge is open to all but lorries since the decision of 2026.",
        "After two days of rain, the bridge is open.",
        "The mayor says: \u201cThe bridge is open again!\u201d",
        "The bridge is open. Lorries may cross it again since Tuesday.",
    ],
)
def test_a_first_sentence_with_the_headline_stays(line: str) -> None:
    assert kept("<h1>The bridge is open</h1>", f"<p>{line}</p><p>{TEXT}</p>") == [line, TEXT]


@pytest.mark.parametrize(
    "line",
    [
        "\u201eThe Bridge is open!\u201c",
        "The bridge is open.",
        "The bridge is open | Office for Roads of Lower Merrow",
        "Press release No. 12: The bridge is open.",
        "The bridge is open (Tuesday, 12 March 2026)",
    ],
)
def test_a_repeated_headline_with_a_section_or_date_is_removed(line: str) -> None:
    assert kept(f"<p>{line}</p><p>{TEXT}</p>") == [TEXT]


def test_labelled_rows_above_the_text_of_a_board_go() -> None:
    rows = "<tr><th>Office</th><td>Roads</td><th>Views</th><td>127</td></tr>"
    board = f"<tr><td colspan=4><p>{TEXT}</p><p>Nobody was hurt.</p></td></tr>"
    assert kept(f"<table>{rows}{board}</table>") == [TEXT, "Nobody was hurt."]
    labelled = f"<tr><th>Text</th><td>{TEXT}</td></tr>"
    assert kept(f"<table>{rows}{labelled}</table>") == [TEXT]


def test_a_body_that_consists_of_its_headline_is_kept() -> None:
    assert kept("<p>The bridge is open</p>") == ["The bridge is open"]


def test_rows_of_figures_stay() -> None:
    rows = "<tr><th>Cars a day</th><td>14,000</td></tr><tr><th>Lorries</th><td>900</td></tr>"
    assert kept(f"<table>{rows}</table><p>{TEXT}</p>")[0] == "Cars a day"
    assert kept(f"<table><tr><th>Bridge</th><td>{TEXT[:30]}</td></tr>{rows}</table>")[0] == "Bridge"


def test_a_file_at_the_end_is_removed_and_one_inside_the_text_stays() -> None:
    file = '<p>Annex: <a href="/get?id=4">Report on the bridge</a> (pdf, 1 KB)</p>'

    assert kept(f"<p>{TEXT}</p>", file) == [TEXT]
    assert len(kept(f"<p>{TEXT}</p>", file, f"<p>{TEXT}</p>")) == 3


@pytest.mark.parametrize(
    "tail", ["Other news", "Weitere Meldungen", "Digər xəbərlər", "Другие новости", "أخبار ذات صلة"]
)
def test_text_after_an_announcement_of_related_news_is_removed(tail: str) -> None:
    assert kept(f"<p>{TEXT}</p><h3>{tail}</h3><p>Ferries run again</p>") == [TEXT]


def test_an_announcement_at_the_top_ends_nothing() -> None:
    blocks = segment(html.fromstring(f"<div><h3>Topics</h3><p>{TEXT}</p></div>")).blocks

    assert tail_start(blocks, 0) == len(blocks)


def test_a_body_is_never_emptied() -> None:
    assert kept("<p>12 March 2026</p>") == ["12 March 2026"]


KUBRICK = (
    "This entry was posted on Thursday, March 12th, 2026 at 10:40 am and is filed under "
    "<a href=/category/works>Works</a>. You can follow any responses to this entry through the "
    "<a href=/feed>RSS 2.0</a> feed. Both comments and pings are currently closed."
)
TWENTY_TEN = (
    "This entry was posted in <a href=/w>Works</a> and tagged <a href=/r>river</a> by"
    " <a href=/a>office</a>. Bookmark the <a href=/p>permalink</a>."
)
VERSCHLAGWORTET = (
    "Dieser Beitrag wurde unter <a href=/w>Bau</a> veröffentlicht und mit <a href=/f>Fluss</a>"
    " verschlagwortet. Setze ein Lesezeichen auf den <a href=/p>Permalink</a>."
)


@pytest.mark.parametrize(
    "line",
    [
        KUBRICK,
        TWENTY_TEN,
        VERSCHLAGWORTET,
        "Cet article a été publié le 12 mars 2026 et est classé dans <a href=/w>Travaux</a>.",
        "Posted in <a href=/w>Works</a> | <a href=/c>No Comments »</a>",
        "Filed under: <a href=/w>Works</a>, <a href=/r>Roads</a>",
        "Tagged <a href=/r>river</a>, <a href=/b>bridge</a>",
        "Leave a comment",
        "Edit this entry",
        "You can leave a response, or trackback from your own site.",
    ],
)
def test_metadata_of_a_post_below_its_text_go(line: str) -> None:
    assert kept(f"<p>{TEXT}</p><p>Nobody was hurt.</p><p><small>{line}</small></p>") == [
        TEXT,
        "Nobody was hurt.",
    ]


@pytest.mark.parametrize(
    "line",
    [
        "This article was published in the Official Gazette of 12 March 2026.",
        "Posted in the hall, the new timetable is free for all travellers.",
        "Tagged fish are counted again in autumn.",
        "You can comment on the plan until 12 March.",
        "Der Beitrag wurde auf zwei Millionen Euro gesenkt.",
    ],
)
def test_a_sentence_that_begins_like_metadata_is_kept(line: str) -> None:
    assert kept(f"<p>{TEXT}</p><p>{line}</p>")[-1] == line


def test_the_foot_of_the_page_is_not_an_end_of_a_text() -> None:
    foot = "<footer>Harbour Board, Quay 1</footer>"
    assert kept(f"<main><p>{TEXT}</p><p>Nobody was hurt.</p></main>{foot}") == [
        TEXT,
        "Nobody was hurt.",
    ]
    own = f"<article><p>{TEXT}</p><footer>Harbour Board, Quay 1</footer></article>"
    assert kept(own)[-1] == "Harbour Board, Quay 1"


def test_a_text_completely_in_a_footer_stays() -> None:
    assert kept(f"<footer><p>{TEXT}</p><p>Nobody was hurt.</p></footer>")[-1] == "Nobody was hurt."


@pytest.mark.parametrize(
    ("page", "expected"),
    [
        ("<footer>{}</footer>", True),
        ("<footer><div><p>{}</p></div></footer>", True),
        ("<div><footer><article>{}</article></footer></div>", True),
        ("<article><footer>{}</footer></article>", False),
        ("<main><div><footer><p>{}</p></footer></div></main>", False),
        ("<footer><article><footer>{}</footer></article></footer>", True),
        ("<div>{}</div>", False),
    ],
)
def test_a_footer_is_of_the_page_outside_of_its_parts(page: str, expected: bool) -> None:  # noqa: FBT001
    tree = html.document_fromstring(page.format("Harbour Board, Quay 1"))
    footers = Footers()
    (block,) = segment(tree).blocks
    assert footers.has(block.container.element) is expected
    assert footers.has(block.container.element) is expected


def test_each_element_around_the_end_of_a_text_is_checked_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Elements deep in a page were walked through for each block at its end."""
    steps = []
    parts = {"article"}

    class CountedParts:
        def __contains__(self, tag: object) -> bool:
            steps.append(tag)
            return tag in parts

    monkeypatch.setattr(frames, "PARTS", CountedParts())
    deep = html.document_fromstring(f"{'<div>' * 100}{'<p>Ships came in.</p>' * 100}")
    footers = Footers()
    assert not any(footers.has(block.container.element) for block in segment(deep).blocks)
    assert len(steps) <= len([*deep.iter()])
