"""A release and a listing of an invented ferry board, in each form in which scripts carry state."""

from __future__ import annotations

import html
import json
from collections.abc import Callable
from typing import Any
from urllib.parse import quote

FIRST = (
    "The ferry board has hung a second lamp on the northern mole, so that pilots need not wait for "
    "daylight when they bring ships of more than ninety metres into the eastern basin."
)
SECOND = (
    "“We were asked for it by everyone who has ever been out there in November,” said the harbour "
    "master, Ottilie Brandauer; the old lamp had been lit since 1911."
)
BODY = f"<p>{FIRST}</p><h2>What it cost</h2><p>{SECOND}</p>"
TEXT = f"{FIRST}\n\nWhat it cost\n\n{SECOND}"

RELEASE: dict[str, Any] = {
    "id": 4711,
    "slug": "second-lamp",
    "title": "A second lamp for the northern mole",
    "publishedAt": "2026-11-17T09:30:00Z",
    "image": {"url": "/lamp.jpg", "alt": "The lamp"},
    "body": BODY,
}
OTHERS = [
    {
        "slug": f"other-{number}",
        "title": f"Other news of the ferry board, number {number}",
        "publishedAt": f"2026-10-{number + 10}T08:00:00Z",
        "body": f"<p>{'Something else entirely is told here, and at length. ' * 20}</p>",
    }
    for number in range(3)
]
STATE: dict[str, Any] = {
    "site": {"name": "Ferry Board", "cookies": {"title": "Cookies", "text": FIRST * 9}},
    "data": {"post": RELEASE, "related": OTHERS},
}
POSTS = [
    {"title": one["title"], "path": f"/news/{one['slug']}", "publishedAt": one["publishedAt"]}
    for one in (RELEASE, *OTHERS)
]


def flat(value: Any) -> list[Any]:
    """A payload as Nuxt 3 writes it: every value once, named by its place."""
    payload: list[Any] = []

    def put(part: Any) -> int:
        place = len(payload)
        payload.append(None)
        if isinstance(part, dict):
            payload[place] = {key: put(inner) for key, inner in part.items()}
        elif isinstance(part, list):
            payload[place] = [put(inner) for inner in part]
        else:
            payload[place] = part
        return place

    payload.append(["ShallowReactive", 1])
    put(value)
    return payload


def scripted(value: Any) -> str:
    """A value as an old script writes it: names without quotes, single quotes, ``!0``."""
    if isinstance(value, dict):
        return "{" + ",".join(f"{key}:{scripted(part)}" for key, part in value.items()) + ",}"
    if isinstance(value, list):
        return "[" + ",".join(map(scripted, value)) + "]"
    if isinstance(value, str):
        return "'" + value.replace("\\", "\\\\").replace("'", "\\'").replace("/", "\\u002F") + "'"
    return json.dumps(value)


def called(state: Any) -> str:
    """The same, in a function that is called at once, its commonest texts given to it."""
    text = scripted(state).replace(f"'{scripted(RELEASE['title'])[1:-1]}'", "b")
    given = f"!0,{json.dumps(RELEASE['title'])},void 0,new Date(12)"
    return f"window.__NUXT__=(function(a,b,c,d){{return {text}}}({given}));"


def streamed(state: Any) -> str:
    """The same in pieces, as Next.js sends them; the long text is a row of its own."""
    text = json.dumps(state).replace(json.dumps(BODY), '"$1f"')
    rows = f'0:["$","main",null,{{"children":"x"}}]\n1f:T{len(BODY.encode()):x},{BODY}2:{text}\n'
    half = len(rows) // 2
    push = "self.__next_f.push([1,{}])"
    return "</script><script>".join(push.format(json.dumps(p)) for p in (rows[:half], rows[half:]))


def island(text: str, attributes: str = 'type="application/json"') -> str:
    """A script that holds data."""
    return f"<script {attributes}>{text}</script>"


def noted(value: Any) -> Any:
    """A value as Livewire 3 writes it: lists and objects come with notes."""
    if isinstance(value, dict):
        return {key: noted(inner) for key, inner in value.items()}
    return [[noted(one) for one in value], {"s": "arr"}] if isinstance(value, list) else value


def snapshot(state: Any) -> str:
    """A snapshot of Livewire 3."""
    return json.dumps({"data": noted(state), "memo": {"id": "a1"}, "checksum": "9f"})


FORMS: dict[str, Callable[[Any], str]] = {
    "next": lambda state: island(
        json.dumps({"props": {"pageProps": state}}), 'id="__NEXT_DATA__" type="application/json"'
    ),
    "nuxt 3": lambda state: island(
        json.dumps(flat(state)), 'id="__NUXT_DATA__" type="application/json"'
    ),
    "nuxt 2": lambda state: f"<script>{called(state)}</script>",
    "assigned": lambda state: (
        f"<script>window.x = 1; window.__INITIAL_STATE__ = {json.dumps(state)};go()</script>"
    ),
    "assigned in brackets": lambda state: (
        f'<script>window["__PRELOADED_STATE__"]={json.dumps(state)}</script>'
    ),
    "a script's literal": lambda state: f"<script>var initialState = {scripted(state)};</script>",
    "parsed": lambda state: (
        f"<script>window.__STATE__ = JSON.parse({json.dumps(json.dumps(state))})</script>"
    ),
    "escaped and parsed": lambda state: (
        "<script>window.__STATE__ = JSON.parse(decodeURIComponent("
        f'"{quote(json.dumps(state))}"))</script>'
    ),
    "props": lambda state: f"<div data-props='{html.escape(json.dumps(state))}'></div>",
    "inertia": lambda state: (
        f'<div id="app" data-page="{html.escape(json.dumps({"props": state}))}"></div>'
    ),
    "vue": lambda state: f'<x-news :state="{html.escape(json.dumps(state))}"></x-news>',
    "alpine": lambda state: f'<div x-data=" {html.escape(scripted(state))}"></div>',
    "stimulus": lambda state: (
        f'<div data-controller="a" data-a-page-value="{html.escape(json.dumps(state))}"></div>'
    ),
    "livewire 2": lambda state: (
        '<div wire:initial-data="'
        f'{html.escape(json.dumps({"fingerprint": {}, "serverMemo": {"data": state}}))}"></div>'
    ),
    "livewire 3": lambda state: f'<div wire:snapshot="{html.escape(snapshot(state))}"></div>',
    "angular": lambda state: island(
        json.dumps({"G.1234": {"b": state, "s": 200}}), 'id="ng-state" type="application/json"'
    ),
    "angular of old": lambda state: island(
        html.escape(json.dumps(state)).replace("&quot;", "&q;").replace("&amp;", "&a;")
        .replace("&lt;", "&l;").replace("&gt;", "&g;").replace("&#x27;", "&s;"),
        'id="serverApp-state" type="application/json"',
    ),
    "an answer kept as text": lambda state: island(
        json.dumps({"status": 200, "body": json.dumps(state)}),
        'type="application/json" data-sveltekit-fetched',
    ),
    "next's stream": lambda state: f"<script>{streamed(state)}</script>",
    "an island within a comment": lambda state: island(f"<!-- {json.dumps(state)} -->"),
}  # fmt: skip
