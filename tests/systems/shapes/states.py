"""Lists in attributes, variables, noscript and templates, where only scripts would look."""

from __future__ import annotations

import json
from html import escape

from tests.systems.shapes.board import NEWS_PATH, Board, table_row
from tests.systems.shapes.request_pagers import items_of
from tests.systems.shapes.server import Answer, Request, shape


@shape("state-in-an-attribute", "nl")
def state_in_an_attribute(board: Board, request: Request) -> Answer:
    """A component's properties hold the items."""
    if request.path != NEWS_PATH:
        return None
    state = escape(json.dumps({"items": items_of(board.entries), "lang": board.lang}), quote=True)
    return board.page(f"<div class='vue-root'><news-list data-props=\"{state}\"></news-list></div>")


@shape("state-in-a-variable", "tr")
def state_in_a_variable(board: Board, request: Request) -> Answer:
    """A script assigns an array of objects, written as JavaScript."""
    if request.path != NEWS_PATH:
        return None
    rows = ",\n".join(
        f"{{ id: {one.number}, title: {json.dumps(one.title)}, date: '{one.day.isoformat()}',"
        f" link: '{one.url}', }}"
        for one in board.entries
    )
    return board.page(f"<div id='haberler'></div><script>var haberler = [{rows}];\nciz();</script>")


@shape("list-in-noscript", "fr")
def list_in_noscript(board: Board, request: Request) -> Answer:
    """Readers without scripts see the list."""
    if request.path != NEWS_PATH:
        return None
    rows = board.rows(board.entries)
    return board.listing(f"<div id='root'></div><noscript><ul class='liste'>{rows}</ul></noscript>")


@shape("list-in-a-shadow-template", "en")
def list_in_a_shadow_template(board: Board, request: Request) -> Answer:
    """A component brings its content as a declarative shadow tree."""
    if request.path != NEWS_PATH:
        return None
    rows = board.rows(board.entries)
    tree = f"<template shadowrootmode='open'><style>a{{}}</style><ul>{rows}</ul></template>"
    return board.listing(f"<press-list>{tree}</press-list>")


@shape("hidden-list-beside", "uk")
def hidden_list_beside(board: Board, request: Request) -> Answer:
    """A hidden list of other dated pages stands before the visible one."""
    if request.path != NEWS_PATH:
        return None
    other = "".join(
        f"<li><span>{board.date(one.day)}</span> <a href='/docs/{one.number}.html'>Doc {one.number}"
        "</a></li>"
        for one in board.entries[:20]
    )
    hidden = f"<div style='display:none' class='ms-hidden'><ul>{other}</ul></div>"
    return board.listing(f"{hidden}<ul class='novyny'>{board.rows(board.entries, table_row)}</ul>")
