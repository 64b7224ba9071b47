"""Releases without pages of their own: each stands whole in the list, behind an anchor."""

from __future__ import annotations

from html import escape

from tests.systems.shapes.board import NEWS_PATH, Board, Entry
from tests.systems.shapes.server import Answer, Request, shape


def document(one: Entry) -> str:
    """A link to the release as a document."""
    return f"<p><a href='/files/release-{one.number}.pdf'>PDF</a></p>"


def sections(board: Board, request: Request, parts: list[str]) -> Answer:
    """One page of all sections."""
    return board.listing("\n".join(parts)) if request.path == NEWS_PATH else None


@shape("accordion", "de", releases=None)
def accordion(board: Board, request: Request) -> Answer:
    """Buttons open and close the texts."""
    parts = [
        f"<div class='accordion-item'><h3 class='accordion-header'><button class='accordion-button"
        f" collapsed' data-bs-toggle='collapse' data-bs-target='#pm-{one.number}'"
        f" aria-controls='pm-{one.number}' aria-expanded='false'>{escape(one.title)}</button></h3>"
        f"<div id='pm-{one.number}' class='accordion-collapse collapse'>"
        f"<div class='accordion-body'><p class='datum'>"
        f"{board.date(one.day)}</p>{one.html}{document(one)}</div></div></div>"
        for one in board.entries
    ]
    return sections(board, request, ["<div class='accordion'>", *parts, "</div>"])


@shape("anchors", "en", releases=None)
def anchors(board: Board, request: Request) -> Answer:
    """A table of contents leads to headings on the page."""
    contents = "".join(
        f"<li><a href='#r{one.number}'>{escape(one.title)}</a> ({board.date(one.day)})</li>"
        for one in board.entries
    )
    parts = [
        f"<section><h2 id='r{one.number}'>{escape(one.title)}</h2><p><em>{board.date(one.day)}</em>"
        f"</p>{one.html}<p><a href='#top'>Back to top</a></p></section>"
        for one in board.entries
    ]
    return sections(board, request, [f"<ul class='toc'>{contents}</ul>", *parts])


@shape("modals", "es", releases=None)
def modals(board: Board, request: Request) -> Answer:
    """Each row opens a dialog with the text."""
    rows = "".join(
        f"<li><span class='fecha'>{board.date(one.day)}</span> <a href='#modal-{one.number}'"
        f" data-toggle='modal' data-target='#modal-{one.number}'>{escape(one.title)}</a></li>"
        for one in board.entries
    )
    dialogs = [
        f"<div class='modal fade' id='modal-{one.number}' role='dialog'><div class='modal-header'>"
        f"<button class='close'>×</button><h4 class='modal-title'>{escape(one.title)}</h4></div>"
        f"<div class='modal-body'><p>{board.date(one.day)}</p>{one.html}</div></div>"
        for one in board.entries
    ]
    return sections(board, request, [f"<ul class='comunicados'>{rows}</ul>", *dialogs])


@shape("details", "fr", releases=None)
def details(board: Board, request: Request) -> Answer:
    """The browser's own element opens and closes the texts."""
    parts = [
        f"<details id='cp{one.number}'><summary>{escape(one.title)} <time datetime='{one.day}'>"
        f"{board.date(one.day)}</time></summary>{one.html}{document(one)}</details>"
        for one in board.entries
    ]
    return sections(board, request, parts)
