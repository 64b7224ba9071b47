"""What readers would call an edit, and what changes on a page without being one."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import pytest

from data.models import Content, Media, Revision
from data.revisions import edits
from data.revisions.diff import changes
from data.revisions.edit_classes import classify
from data.revisions.edits import fingerprint, significant_changes
from data.revisions.stored_difference import changes_between, encode_difference

NOON = dt.datetime(2026, 3, 2, 12, tzinfo=dt.UTC)

TEXT = "The Harbour Board opened its new signal station on Monday."
BOX = ("Pilots get a new boat", "Low tide at noon")


def content(
    text: str = TEXT, *, related: tuple[str, ...] = (), files: tuple[Media, ...] = ()
) -> Content:
    """A release, and the links to others that stand below it."""
    links = "".join(
        f'<li><a href="/{number}">{name}</a></li>' for number, name in enumerate(related)
    )
    return Content(
        "Station opened",
        body_html=f"<p>{text}</p><ul>{links}</ul>",
        body_text="\n".join([text, "", *related]),
        attachments=files,
    )


def file(url: str, length: int | None = None) -> Media:
    return Media(url, "application/pdf", length, "Full text")


def test_links_to_other_releases_that_rotate_are_not_edits() -> None:
    before = content(related=BOX)
    for after in (content(related=BOX[::-1]), content(related=BOX[:1]), content(related=("Fog",))):
        assert significant_changes(before, after) == frozenset()
    assert significant_changes(before, content(TEXT + " It rained.", related=BOX)) == {"body"}


def test_a_changed_line_is_an_edit_unless_it_is_only_a_link() -> None:
    said = 'Read <a href="/1">the speech</a> of its master.'
    html = f"<p>{TEXT}</p><p>{said}</p><p>It rained.</p>"
    before = Content("Station opened", body_html=html, body_text=f"{TEXT}\n\nRead the speech.")
    assert significant_changes(before, content()) == {"body"}
    assert significant_changes(content(), content(f"{TEXT}\nIt rained.")) == {"body"}


@pytest.mark.parametrize(
    ("address", "fields"),
    [
        ("https://port.example/b", {"links"}),
        ("https://port.example/a?year=2026", {"links"}),
        ("http://www.port.example/a", set()),
        ("https://port.example/a?utm_source=mail", set()),
        ("https://port.example/a;jsessionid=1F0B?sid=8c1f0a44e2d94b7f9a11", set()),
        ("https://port.example/a?v=k7Qx2w&t=1796112000", set()),
    ],
)
def test_a_link_to_another_page_is_an_edit(address: str, fields: set[str]) -> None:
    text = f'{TEXT} Read <a href="{{}}">the speech</a> of its master.'
    before, after = (content(text.format(one)) for one in ("https://port.example/a", address))
    after = replace(after, body_text=before.body_text)
    assert significant_changes(before, after) == fields
    assert [one.field for one in changes(before, after)] == [*fields]
    if fields:
        assert classify(before, after).classes == ("link",)
        assert changes(before, after)[0].text == (
            f"the speech: [-https://port.example/a-]{{+{address}+}}"
        )
        edit = Revision("", 2, NOON, after, difference=encode_difference(before, after))
        assert changes_between(Revision("", 1, NOON, before), edit) == changes(before, after)


@pytest.mark.parametrize(
    "html",
    [
        "<p>" + "<a href='/1'>Pilots</a> " * 500 + "</p>",
        "<div><a href='/1'>Pilots</a>" * 90 + "text" * 500 + "</div>" * 90,
    ],
)
def test_the_text_of_a_block_is_read_once_however_many_links_it_has(
    html: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    read: list[int] = []
    squeezed = edits.squeezed

    def count(text: str) -> str:
        read.append(len(text))
        return squeezed(text)

    monkeypatch.setattr(edits, "squeezed", count)
    before = Content("Station opened", body_html=html, body_text=TEXT)
    assert significant_changes(before, content("It rained.")) == {"body"}
    assert sum(read) < len(html)


@pytest.mark.parametrize(
    ("before", "after", "same"),
    [
        ("http://harbour.example/a.pdf?v=1", "http://harbour.example/a.pdf?v=2", True),
        ("http://harbour.example/get?id=7&hash=x", "http://harbour.example/get?id=7&hash=y", True),
        ("http://harbour.example/get?id=7", "http://harbour.example/get?id=8", False),
        ("http://harbour.example/a.pdf", "http://harbour.example/b.pdf", False),
    ],
)
def test_a_file_is_another_by_its_address_and_not_by_the_version_in_it(
    before: str, after: str, *, same: bool
) -> None:
    old, new = content(files=(file(before),)), content(files=(file(after),))
    assert significant_changes(old, new) == (frozenset() if same else {"attachments"})
    assert (fingerprint(old) == fingerprint(new)) is same


def test_a_document_that_is_a_release_is_another_by_its_length() -> None:
    def document(length: int) -> Content:
        url = "http://harbour.example/a.pdf"
        return Content("Station opened", attachments=(file(url, length),), body_rule="document")

    assert significant_changes(document(100), document(100)) == frozenset()
    assert significant_changes(document(100), document(200)) == {"attachments"}


@pytest.mark.parametrize(
    ("old", "new"),
    [("values ≤ 5 mg", "values ≥ 5 mg"), ("rates of +5 %", "rates of −5 %"), ("if <3", "if 3")],
)
def test_a_sign_before_a_number_is_an_edit_of_a_figure(old: str, new: str) -> None:
    before, after = content(f"{TEXT} It has {old}."), content(f"{TEXT} It has {new}.")
    assert significant_changes(before, after) == {"body"}
    assert classify(before, after).classes == ("figure",)


def test_the_space_after_a_sign_is_not_an_edit() -> None:
    before, after = content(f"{TEXT} It cost +5 %."), content(f"{TEXT} It cost + 5 %.")
    assert significant_changes(before, after) == frozenset()


def test_a_title_is_another_by_its_words() -> None:
    assert (
        significant_changes(Content("Station  opened!"), Content("Station opened")) == frozenset()
    )
    assert significant_changes(Content("Station opened"), Content("Station shut")) == {"title"}
