"""Every hop of a redirect is looked at, in a real child that fetches.

The rule of what is public lets the press room on loopback through here, and nothing else that it
refuses: so a redirect starts from a page that may be read.
"""

from __future__ import annotations

import base64
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import pytest

from tests.press_room import Answer, Room, release_html, served
from tests.spiders.download import fetching

FETCH = """
import sys
from data.network import addresses

def is_public(address, before=addresses.is_public):
    return address == "127.0.0.1" or before(address)

addresses.is_public = is_public
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
    return fetching.fetched(home, *urls, program=FETCH)


FORBIDDEN = (
    "http://169.254.169.254/latest/meta-data/",
    "http://[fd00:ec2::254]/latest/",
    "http://2852039166/latest/",
    "http://10.0.0.1/",
    "http://[64:ff9b::a00:1]/",
    "file:///etc/passwd",
    "data:text/html,<h1>x</h1>",
    "ftp://127.0.0.1/x",
)


def test_no_redirect_reaches_a_forbidden_address(room: Room, tmp_path: Path) -> None:
    for number, place in enumerate(FORBIDDEN):
        room.answers[f"/away-{number}"] = Answer(
            status=302, headers={"Location": place}, etag=False
        )
        # Over a hop that may be made, too.
        room.answers[f"/far-{number}"] = Answer(
            status=301, headers={"Location": f"/away-{number}"}, etag=False
        )
    good = f"{room.base}/good"
    told = fetched(tmp_path / "home", *(f"{room.base}{path}" for path in room.answers))
    assert told[good]["status"] == 200
    assert b"ships counted" in base64.b64decode(str(told.pop(good)["body"]))
    assert len(told) == 2 * len(FORBIDDEN)
    for url, one in told.items():
        assert one["status"] in {0, 302}, url
        assert not one.get("body"), url
        assert one.get("message") or one["status"] == 302, url


def test_an_endless_redirect_is_abandoned(room: Room, tmp_path: Path) -> None:
    room.answers["/round"] = Answer(status=302, headers={"Location": "/round?"}, etag=False)
    room.answers["/round?"] = Answer(status=302, headers={"Location": "/round"}, etag=False)
    for number in range(50):
        more = {"Location": f"/{number + 1}"}
        room.answers[f"/{number}"] = Answer(status=302, headers=more, etag=False)
    asked = [f"{room.base}{path}" for path in ("/good", "/round", "/0")]
    told = fetched(tmp_path / "home", *asked)
    assert told[asked[0]]["status"] == 200
    for url in asked[1:]:
        assert told[url]["message"] == "too many redirects"
    assert len(room.log) < 40


UNUSABLE = (
    "javascript:void(0)", "mailto:a@b.example", "http://[", "http://", "//[x]/",
    "http://h:99999/", "http://%zz/", "about:blank", "\x01",
)  # fmt: skip
FOLLOWED = {"http://h:99999/", "http://%zz/", "\x01"}
"""A browser would go there and fail as well."""


@pytest.mark.thorough
def test_an_invalid_address_breaks_no_page(room: Room, tmp_path: Path) -> None:
    for place in UNUSABLE:
        key = quote(place, safe="")
        room.answers[f"/moved-{key}"] = Answer(status=302, headers={"Location": place}, etag=False)
        refresh = f'<meta http-equiv="refresh" content="0;url={place}">'
        for kind, head in (("refresh", refresh), ("base", f'<base href="{place}">{refresh}')):
            room.page(f"/{kind}-{key}", release_html(2).replace("</head>", f"{head}</head>"))
    told = fetched(tmp_path / "home", *(f"{room.base}{path}" for path in room.answers))
    assert len(told) == 3 * len(UNUSABLE) + 1
    for place in UNUSABLE:
        moved, *pages = (
            told[f"{room.base}/{kind}-{quote(place, safe='')}"]
            for kind in ("moved", "refresh", "base")
        )
        assert "ValueError" not in str(moved.get("message")), place
        assert not moved.get("body"), place
        for page in pages:
            if place in FOLLOWED:
                assert "ValueError" not in str(page.get("message")), place
            else:
                assert b"ships counted" in base64.b64decode(str(page["body"])), place
