"""Every hop of a redirect is looked at, in a real child that fetches.

The rule of what is public lets the press room on loopback through here, and nothing else that it
refuses: so a redirect starts from a page that may be read.
"""

from __future__ import annotations

import base64
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.press_room import Answer, Room, release_html, served

FETCH = """
import sys
from spiders.download import middlewares, ssrf

for module in (middlewares, ssrf):
    def is_public(address, before=module.is_public):
        return address == "127.0.0.1" or before(address)
    module.is_public = is_public
from scheduler.children import fetch

sys.exit(fetch.main())
"""


@pytest.fixture
def room() -> Iterator[Room]:
    with served() as room:
        room.page("/good", release_html(1))
        yield room


def fetched(home: Path, *urls: str) -> dict[str, dict[str, object]]:
    """What came of asking for addresses, by the address."""
    home.mkdir()
    lines = [json.dumps({"home": str(home)}), json.dumps(urls)]
    done = subprocess.run(  # noqa: S603 - our own program
        [sys.executable, "-c", FETCH],
        input="\n".join(lines) + "\n",
        capture_output=True,
        text=True,
        check=True,
    )
    return {one["asked"]: one for one in map(json.loads, done.stdout.splitlines())}


@pytest.mark.parametrize(
    "place",
    [
        "http://169.254.169.254/latest/meta-data/",
        "http://[fd00:ec2::254]/latest/",
        "http://2852039166/latest/",
        "http://10.0.0.1/",
        "http://[64:ff9b::a00:1]/",
        "file:///etc/passwd",
        "data:text/html,<h1>x</h1>",
        "ftp://127.0.0.1/x",
    ],
)
def test_no_redirect_leads_where_no_source_may(room: Room, tmp_path: Path, place: str) -> None:
    room.answers["/away"] = Answer(status=302, headers={"Location": place}, etag=False)
    # Over a hop that may be made, too.
    room.answers["/far"] = Answer(status=301, headers={"Location": "/away"}, etag=False)
    asked = [f"{room.base}{path}" for path in ("/good", "/away", "/far")]
    told = fetched(tmp_path / "home", *asked)
    assert told[asked[0]]["status"] == 200
    assert b"ships counted" in base64.b64decode(str(told[asked[0]]["body"]))
    for url in asked[1:]:
        assert told[url]["status"] in {0, 302}
        assert not told[url].get("body")
        assert told[url].get("message") or told[url]["status"] == 302


def test_a_redirect_without_end_is_given_up(room: Room, tmp_path: Path) -> None:
    room.answers["/round"] = Answer(status=302, headers={"Location": "/round?"}, etag=False)
    room.answers["/round?"] = Answer(status=302, headers={"Location": "/round"}, etag=False)
    for number in range(50):
        more = {"Location": f"/{number + 1}"}
        room.answers[f"/{number}"] = Answer(status=302, headers=more, etag=False)
    asked = [f"{room.base}{path}" for path in ("/good", "/round", "/0")]
    told = fetched(tmp_path / "home", *asked)
    assert told[asked[0]]["status"] == 200
    for url in asked[1:]:
        assert told[url]["message"] == "its redirects do not end"
    assert len(room.log) < 40


@pytest.mark.parametrize(
    "place",
    [
        *(
            "javascript:void(0)",
            "mailto:a@b.example",
            "http://[",
            "http://",
            "//[x]/",
            "http://h:99999/",
        ),
        *("http://%zz/", "about:blank", "\x01"),
    ],
)
def test_an_address_that_is_none_costs_no_page(room: Room, tmp_path: Path, place: str) -> None:
    room.answers["/moved"] = Answer(status=302, headers={"Location": place}, etag=False)
    refresh = f'<meta http-equiv="refresh" content="0;url={place}">'
    room.page("/refresh", release_html(2).replace("</head>", f"{refresh}</head>"))
    room.page("/base", release_html(3).replace("</head>", f'<base href="{place}">{refresh}</head>'))
    told = fetched(
        tmp_path / "home", *(f"{room.base}{path}" for path in ("/moved", "/refresh", "/base"))
    )
    moved, *pages = told.values()
    assert "ValueError" not in str(moved.get("message"))
    assert not moved.get("body")
    for page in pages:
        if place in {"http://h:99999/", "http://%zz/", "\x01"}:
            # A browser would go there and fail as well.
            assert "ValueError" not in str(page.get("message"))
        else:
            assert b"ships counted" in base64.b64decode(str(page["body"]))
