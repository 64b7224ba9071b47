"""What a page carries in its scripts for a browser to draw: releases and listings."""

from __future__ import annotations

import datetime as dt
import html
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from data.dates.context import DateContext
from spiders.extract.page_values import extract
from spiders.json_state.scripts import MAX_ATTRIBUTES, MAX_CHARACTERS, states
from spiders.listing.read import read_listing
from spiders.page.page import Page
from spiders.release.read import read_release
from tests.examples import examples
from tests.page_states import (
    BODY,
    FIRST,
    FORMS,
    OTHERS,
    POSTS,
    RELEASE,
    SECOND,
    STATE,
    TEXT,
    island,
)

NOW = dt.datetime(2026, 11, 20, 12, 0, tzinfo=dt.UTC)
READING = DateContext("Europe/Vienna", now=NOW)
PLACE = "https://ferry.example/news/second-lamp"


def shell(inside: str, url: str = PLACE) -> Page:
    """A page that shows nothing by itself."""
    return Page(
        url,
        (
            '<!DOCTYPE html><html lang="en"><head><title>Ferry Board</title></head><body>'
            '<nav><a href="/">Home</a><a href="/times">Times</a></nav><div class="spin">Loading…'
            f"</div><footer>Quay 4, telephone 555 0142</footer>{inside}</body></html>"
        ).encode(),
    )


@pytest.mark.parametrize("form", FORMS)
def test_a_release_is_read_from_scripts_if_the_page_shows_none(form: str) -> None:
    read = read_release(shell(FORMS[form](STATE)), READING)
    content = read.content
    assert content.title == RELEASE["title"]
    assert content.body_text == TEXT
    assert (content.title_rule, content.body_rule) == ("state", "state")
    assert content.published is not None
    assert content.published.iso == "2026-11-17T10:30:00+01:00"
    assert [image.url for image in content.images] == ["https://ferry.example/lamp.jpg"]
    assert read.confidence["body"] > 0.8


@pytest.mark.parametrize("form", FORMS)
def test_a_listing_is_read_from_scripts_if_the_page_shows_none(form: str) -> None:
    page = shell(FORMS[form]({"posts": POSTS, "total": 4}), "https://ferry.example/news/")
    listing = read_listing(page, READING)
    assert [item.url for item in listing.items] == [
        f"https://ferry.example{post['path']}" for post in POSTS
    ]
    assert listing.items[0].title == RELEASE["title"]
    assert all(item.published for item in listing.items)
    assert listing.rule == "state"
    assert "render = true" in " ".join(listing.reasons)


def test_the_next_page_of_a_listing_in_scripts_is_that_of_the_page() -> None:
    inside = '<a rel="next" href="/news/?page=2">Older</a>' + FORMS["next"]({"posts": POSTS})
    listing = read_listing(shell(inside, "https://ferry.example/news/"), READING)
    assert (len(listing.items), listing.next) == (4, "https://ferry.example/news/?page=2")


def test_a_cache_that_keeps_records_by_their_keys_is_a_list() -> None:
    cache: dict[str, Any] = {
        f"Post:{number}": {"__typename": "Post", **post} for number, post in enumerate(POSTS)
    }
    cache["ROOT_QUERY"] = {"posts": [{"__ref": key} for key in cache]}
    page = shell(f"<script>window.__APOLLO_STATE__ = {json.dumps(cache)}</script>")
    assert len(read_listing(page, READING).items) == len(POSTS)


def test_relative_endings_are_completed_from_the_page_or_doubted() -> None:
    posts = [{key: one[key] for key in ("slug", "title", "publishedAt")} for one in OTHERS]
    guessed = read_listing(
        shell(FORMS["next"]({"posts": posts}), "https://ferry.example/press"), READING
    )
    assert guessed.items[0].url == "https://ferry.example/press/other-0"
    assert "guess" in " ".join(guessed.reasons)
    told = FORMS["next"]({"posts": posts, "top": {"to": "/en/press/other-1"}})
    sure = read_listing(shell(told, "https://ferry.example/press"), READING)
    assert {item.url for item in sure.items} >= {"https://ferry.example/en/press/other-1"}
    assert sure.confidence >= guessed.confidence


def node(kind: str, *inner: Any, **more: Any) -> dict[str, Any]:
    """A node of ProseMirror's kind."""
    return {"type": kind, **({"content": list(inner)} if inner else {}), **more}


RICH: dict[str, Any] = {
    "prosemirror": node(
        "doc",
        node("paragraph", node("text", text=FIRST[:40]), node("text", text=FIRST[40:])),
        node("heading", node("text", text="What it cost"), attrs={"level": 2}),
        node("image", attrs={"src": "/x.png"}),
        node("paragraph", node("text", text=SECOND)),
    ),
    "portable text": [
        {"_type": "block", "style": style, "children": [{"_type": "span", "text": text}]}
        for style, text in (("normal", FIRST), ("h2", "What it cost"), ("normal", SECOND))
    ],
    "contentful": {
        "nodeType": "document",
        "content": [
            {"nodeType": kind, "data": {}, "content": [{"nodeType": "text", "value": text}]}
            for kind, text in (
                ("paragraph", FIRST), ("heading-2", "What it cost"), ("paragraph", SECOND),
            )
        ],
    },
    "editor.js": {
        "time": 1, "version": "2.2",
        "blocks": [
            {"type": "paragraph", "data": {"text": FIRST}},
            {"type": "header", "data": {"text": "What it cost", "level": 2}},
            {"type": "paragraph", "data": {"text": SECOND}},
        ],
    },
    "lexical": {
        "root": {
            "type": "root",
            "children": [
                {"type": kind, "children": [{"type": "text", "text": text}]}
                for kind, text in (
                    ("paragraph", FIRST), ("heading", "What it cost"), ("paragraph", SECOND),
                )
            ],
        }
    },
    "parts of a page": [
        {"component": "text", "html": f"<p>{FIRST}</p><h2>What it cost</h2>"},
        {"component": "text", "html": f"<p>{SECOND}</p>"},
    ],
    "drupal": {"value": "raw", "format": "basic", "processed": BODY},
    "markdown": f"{FIRST}\n\n## What it cost\n\n{SECOND}",
}  # fmt: skip


@pytest.mark.parametrize("kind", RICH)
def test_rich_text_of_editors_is_read_as_text(kind: str) -> None:
    state = {"post": RELEASE | {"body": RICH[kind]}}
    assert read_release(shell(FORMS["next"](state)), READING).content.body_text == TEXT


def test_points_and_links_of_rich_text_are_kept() -> None:
    items = [
        node("listItem", node("paragraph", node("text", text=text))) for text in ("Copper", "Glass")
    ]
    link = {"nodeType": "hyperlink", "data": {"uri": "/cost"}, "content": [{"text": "the cost"}]}
    body = node(
        "doc", node("paragraph", node("text", text=FIRST)), node("bulletList", *items), link
    )
    content = read_release(
        shell(FORMS["next"]({"post": RELEASE | {"body": body}})), READING
    ).content
    assert "Copper\nGlass" in content.body_text.replace("\n\n", "\n")
    assert '<a href="https://ferry.example/cost"' in content.body_html


def test_the_visible_text_is_used_if_it_is_no_worse_than_the_state() -> None:
    shown = (
        f"<article><h1>{RELEASE['title']}</h1><p>{FIRST}</p><p>{SECOND}</p><p>Shown.</p></article>"
    )
    page = shell(shown + FORMS["next"](STATE))
    content = read_release(page, READING).content
    assert content.body_rule != "state"
    assert "Shown." in content.body_text


def test_a_state_that_may_belong_to_another_page_yields_no_release() -> None:
    for state in (
        {"related": OTHERS},
        {"cookieBanner": {"title": "We use cookies here", "text": FIRST * 9}},
        {"posts": OTHERS, "footer": {"title": "Ferry Board", "text": "Quay 4"}},
    ):
        read = read_release(shell(FORMS["next"](state), "https://ferry.example/news/x9"), READING)
        assert read.content.body_rule != "state"


def test_a_page_with_a_release_in_its_state_is_not_a_listing() -> None:
    assert extract("1", shell(FORMS["next"](STATE)), READING)["kind"] == "release"
    listing = shell(FORMS["next"]({"posts": POSTS}), "https://ferry.example/news/")
    assert extract("2", listing, READING)["kind"] == "listing"


def test_scripts_in_a_body_out_of_the_state_are_cut() -> None:
    bad = BODY + '<script>alert(1)</script><img src="x" onerror="alert(2)"><a href="javascript:3">x'
    page = shell(FORMS["assigned in brackets"]({"post": RELEASE | {"body": bad}}).replace(
        "</script><img", "<\\/script><img"
    ))  # fmt: skip
    content = read_release(page, READING).content
    assert FIRST in content.body_text
    assert not any(word in content.body_html for word in ("alert", "javascript", "onerror"))


NESTED = '{"body":' * 5_000 + "1" + "}" * 5_000
BACK: list[Any] = [["Reactive", 1], {"data": 2, "self": 1}, [1, 2, 1, 2], ["Ref", 3], ["EmptyRef"]]
HOSTILE = {
    "deep": f"window.__STATE__ = {NESTED}",
    "deep literal": "window.__STATE__ = " + "{a:[" * 5_000,
    "unclosed": "window.__STATE__ = {'a': 'b",
    "names": f"window.__NUXT__=(function({','.join(f'a{n}' for n in range(3_000))}){{return {{a:",
    "numbers": "window.__STATE__ = [" + "9" * 100_000 + "]",
    "escapes": 'window.__STATE__ = {"body": "\\ud800\\udfff\\u{110000}", a: "\\ud83d"}' + " " * 99,
    "assignments": "window.a = {" * 5_000,
    "stream": 'self.__next_f.push([1,"1:Tffffff,x"])' + "self.__next_f.push([1" * 999,
}  # fmt: skip


@pytest.mark.parametrize("kind", HOSTILE)
def test_a_hostile_state_is_read_as_nothing(kind: str) -> None:
    page = shell(f"<script>{HOSTILE[kind]}</script>")
    assert not read_listing(page, READING).items
    assert read_release(page, READING).content.body_rule != "state"


def test_a_payload_that_holds_itself_ends() -> None:
    page = shell(island(json.dumps(BACK), 'id="__NUXT_DATA__" type="application/json"'))
    assert len([*states(page.tree)]) == 1
    assert read_release(page, READING).content.body_rule != "state"
    doubled = [["Reactive", 1], *([n + 1, n + 1] for n in range(1, 60)), BODY]
    page = shell(island(json.dumps(doubled), 'id="__NUXT_DATA__" type="application/json"'))
    assert read_release(page, READING).content.body_rule != "state"
    assert not read_listing(page, READING).items


def test_no_more_is_read_of_a_page_than_its_bound() -> None:
    filler = island(json.dumps({"filler": "x" * (MAX_CHARACTERS - 100)}))
    page = shell(filler + FORMS["next"](STATE))
    assert len([*states(page.tree)]) == 1


def test_an_empty_part_of_a_stream_raises_nothing() -> None:
    page = shell('<script>self.__next_f.push([]1,"0:[]")</script>')
    assert [*states(page.tree)] == []


@examples(60)
@given(st.data(), st.sampled_from(sorted(FORMS)))
def test_a_broken_state_raises_nothing(data: st.DataObject, form: str) -> None:
    said = FORMS[form](STATE | {"posts": POSTS})
    at = data.draw(st.integers(0, len(said) - 1))
    size = data.draw(st.integers(0, 400))
    put = data.draw(
        st.sampled_from(["", "{", "}", "]", '"', "'", "\\", "\\u", "\x00", ":", ",", "é"])
    )
    page = shell(said[:at] + put + said[at + size :])
    # What comes of it is text that can be written, without halves of characters.
    assert is_text(read_release(page, READING).content.body_html)
    assert all(is_text(item.title) for item in read_listing(page, READING).items)


def is_text(text: str) -> bool:
    """Whether a text can be encoded."""
    return text.encode(errors="replace").decode() == text


ROWS = [
    {"title": "Новые правила у шлюза", "url": "/press/1", "date": "2026-11-03"},
    {"title": "Шлюз закрыт на ремонт", "url": "/press/2", "date": "2026-10-21"},
    {"title": "Уровень воды каждый час", "url": "/press/3", "date": "2026-10-02"},
]


@pytest.mark.parametrize("target", ["var news", "const rows", "let x", "App.news", "my.app.list"])
def test_a_list_of_records_is_read_from_any_variable(target: str) -> None:
    script = f"<script>{target} = {json.dumps(ROWS, ensure_ascii=False)};\ndraw();</script>"
    listing = read_listing(shell(script, "https://weir.example/press/"), READING)
    assert [item.title for item in listing.items] == [row["title"] for row in ROWS]


def test_lists_of_plain_values_and_bare_names_are_not_states() -> None:
    text = json.dumps([row["title"] for row in ROWS] * 9)
    for script in (f"var colours = {text}", f"colours = {json.dumps(ROWS)}"):
        assert not [*states(shell(f"<script>{script}</script>").tree)]


def test_no_more_attributes_are_read_than_their_bound() -> None:
    value = html.escape(json.dumps(ROWS))
    page = shell(f'<i data-a="{value}"></i>' * (MAX_ATTRIBUTES + 9))
    assert len([*states(page.tree)]) == MAX_ATTRIBUTES


@pytest.mark.parametrize("value", ["{" * 500, "[" * 500, '{"a":' * 100, "{{ title }}" * 20])
def test_an_attribute_that_is_not_a_value_is_skipped(value: str) -> None:
    assert not [*states(shell(f'<i data-a="{html.escape(value)}"></i>').tree)]
