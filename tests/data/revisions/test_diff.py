"""Differences between revisions, as people read them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import html

from data.models import Content, Media
from data.revisions import diff
from data.revisions.diff import changes, compare
from tests.examples import thorough

OLD = "The station cost 4.2 million crowns.\n\nIt opened on Monday, said Odile Brandt.\n\nThe end."


def content(**fields: Any) -> Content:
    """A content with a title."""
    return Content(**{"title": "Lamps", **fields})


def body(old: str, new: str) -> tuple[str, str]:
    """The difference of two bodies as text and as HTML."""
    (change,) = changes(content(body_text=old), content(body_text=new))
    return change.text, change.html


def test_a_figure_that_changed_is_shown_in_its_paragraph_and_the_rest_is_left_out() -> None:
    text, html = body(OLD, OLD.replace("4.2", "4.6"))
    assert text == "The station cost [-4.2-]{+4.6+} million crowns."
    assert html.startswith(
        "<p>The station cost <del>4.2</del><ins>4.6</ins> million crowns.</p><p>"
    )
    assert html.endswith("<p>The end.</p>")


def test_words_side_by_side_make_one_change() -> None:
    text, _ = body(OLD, OLD.replace("Odile Brandt", "Ivo Marell"))
    assert text == "It opened on Monday, said [-Odile Brandt-]{+Ivo Marell+}."


def test_added_and_removed_paragraphs_are_reported() -> None:
    text, html = body(OLD, OLD.replace("\n\nThe end.", "\n\nA second station follows.\n\nThe end."))
    assert text == "{+A second station follows.+}"
    assert "<p><ins>A second station follows.</ins></p><p>The end.</p>" in html
    text, _ = body(OLD, OLD.partition("\n\n")[2])
    assert text == "[-The station cost 4.2 million crowns.-]"


@pytest.mark.parametrize(
    ("old", "new", "shown"),
    [
        ("今年の船は三隻です。", "今年の船は四隻です。", "今年の船は[-三-]{+四+}隻です。"),
        ("เปิดวันที่ ๕ มีนาคม", "เปิดวันที่ ๖ มีนาคม", "เปิดวันที่ [-๕-]{+๖+} มีนาคม"),
        ("किताब की दुकान", "किताब का दुकान", "किताब [-की-]{+का+} दुकान"),
    ],
)
def test_scripts_without_spaces_differ_by_letters_and_marks_stay_with_theirs(
    old: str, new: str, shown: str
) -> None:
    assert body(old, new)[0] == shown


def test_added_and_removed_attachments_are_named_but_not_their_versions() -> None:
    def files(*names: str) -> Content:
        return content(
            attachments=tuple(Media(f"https://a.example/{n}", "application/pdf") for n in names)
        )

    (change,) = changes(files("a.pdf?v=1", "b.pdf"), files("a.pdf?v=2", "c.pdf"))
    assert change.field == "attachments"
    assert change.text == "[-https://a.example/b.pdf-]\n\n{+https://a.example/c.pdf+}"
    assert changes(files("a.pdf?v=1"), files("a.pdf?v=2")) == ()


def test_markup_in_a_text_is_escaped() -> None:
    _, shown = body("One <b> & two", "One <script>alert(1)</script> & two")
    assert "<script>" not in shown
    assert "&amp; two" in shown


def test_two_long_and_different_texts_are_compared_in_bounded_time() -> None:
    old, new = (" ".join(f"{letter}{n % 7}" for n in range(30_000)) for letter in "ab")
    found = compare("body", old, new)
    assert [piece.kind for piece in found.pieces] == ["gone", "added"]
    assert found.is_coarse


texts = st.text(st.sampled_from("ab1. \n<&é́ก三"), max_size=40)


@given(texts, texts)
def test_the_pieces_make_up_both_texts_and_html_shows_them(old: str, new: str) -> None:
    pieces = compare("body", old, new).pieces
    assert "".join(p.text for p in pieces if p.kind != "added") == old
    assert "".join(p.text for p in pieces if p.kind != "gone") == new
    for change in changes(content(body_text=old), content(body_text=new)):
        root = html.fragment_fromstring(change.html, create_parent=True)
        shown = "".join(map(str, root.itertext()))
        assert "".join(shown.split()) == "".join("".join(p.text for p in pieces).split())


@pytest.mark.thorough
def test_a_short_difference_shows_changes_anywhere_in_the_text() -> None:
    old = "Start. " + "The ferry waits at the pier. " * 40 + "It leaves at nine."
    (found,) = changes(content(body_text=old), content(body_text=old.replace("nine", "ten")))
    assert len(found.text) > 1000
    told = found.brief(500)
    assert len(told) < 250
    assert told.startswith("Start. The ferry waits")
    assert told.endswith(" … " + old[:-5][-80:] + "[-nine-]{+ten+}.")
    assert found.brief(60) == told[:59] + "…"
    # Of a text that is another, both begin.
    (whole,) = changes(content(body_text="Ship " * 200), content(body_text="Quay " * 200))
    assert "{+Quay" in whole.brief(2000)


@pytest.mark.parametrize(
    ("old", "new", "most"),
    [
        ("a b " * 100_000 + "a", "c d " * 100_000 + "c", 4_100),
        ("a b " * 400 + "a", "c d " * 3_000 + "c", 4_200),
        *thorough(
            ("a b", "c d " * 700_000, 1_400_000),
            ("c d " * 700_000, "a b", 1_400_000),
        ),
    ],
)
def test_no_more_words_are_read_than_are_compared(
    old: str, new: str, most: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    counts = [0]
    split = diff._split  # noqa: SLF001 - the words that it finds are counted

    def counted(text: str) -> Iterator[str]:
        for word in split(text):
            counts[0] += 1
            yield word

    monkeypatch.setattr(diff, "_split", counted)
    found = compare("body", old, new)
    assert found.is_coarse
    assert found.pieces == (diff.Piece("gone", old), diff.Piece("added", new))
    assert counts[0] <= most


def test_a_short_text_is_compared_with_a_long_one_word_by_word() -> None:
    found = compare("body", "lamp lit", "The lamp is lit. " * 20_000)
    assert not found.is_coarse
    assert "lamp" in found.pieces[1].text
