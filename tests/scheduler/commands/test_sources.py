"""`communique sources`: the next visit and its reason, hubs, and selectors that match nothing."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from data.models import FeedHub, FeedSubscription
from scheduler.commands.sources.show import push_fields, push_line
from tests.command import communique, make_home
from tests.press_room import listing_html, release_html, served

HUB = FeedHub("https://acme.example/feed", "https://hub.example/", "https://acme.example/feed", 1.0)
SUBSCRIPTION = FeedSubscription(
    "https://p.example/websub/callback/x", "acme", HUB.hub, HUB.topic, "hush"
)
FAR = 4_102_444_800.0
"""1 January 2100."""


def shown(home: Path) -> tuple[Any, str]:
    """The next visit in the JSON output, and the lines of the text output."""
    told = communique("sources", "show", "harbour", "--json", home=home)
    assert told.returncode == 0, told.stderr
    return json.loads(told.stdout)["next_visit"], communique(
        "sources", "show", "harbour", home=home
    ).stdout


def test_the_next_visit_and_its_reason_are_shown_after_the_first(tmp_path: Path) -> None:
    with served() as room:
        room.page("/news/", listing_html([1, 2]))
        for number in (1, 2):
            room.page(f"/news/{number}.html", release_html(number))
        home = make_home(tmp_path / "home", f"{room.base}/news/")
        assert shown(home)[0] is None
        assert communique("collect", home=home).returncode == 0
    due, lines = shown(home)
    assert 120 <= due["seconds"] <= 6 * 3600
    assert due["hourly"] > 0
    assert not due["asked"]
    assert "minutes after the last visit; the source usually publishes " in due["why"]
    assert f"# {due['why']}\n" in lines
    with (home / "communique.toml").open("a") as settings:
        settings.write("least_interval = 900\ninterval = 900\n")
    # The settings end in [collect].
    even, lines = shown(home)
    assert (even["seconds"], even["hourly"]) == (900, None)
    assert "15 minutes after the last visit\n" in lines


def test_all_commands_report_an_unmatched_selector(tmp_path: Path) -> None:
    with served() as room:
        room.page("/news/", listing_html([1, 2]))
        for number in (1, 2):
            room.page(f"/news/{number}.html", release_html(number))
        home = make_home(tmp_path / "home", f"{room.base}/news/")
        file = home / "sources" / "harbour.toml"
        text = file.read_text()
        file.write_text(f'{text}[release]\ntitle = "h1"\nbody = "div.article"\n')
        checked = communique("sources", "check", "harbour", home=home)
        assert (checked.returncode, checked.stdout) == (0, f"harbour: ok ({file})\n")
        collected = communique("collect", home=home)
        assert "release.body ('div.article') matches nothing on any of 2 pages" in collected.stderr
        checked = communique("sources", "check", "harbour", home=home)
        assert checked.returncode == 1
        assert checked.stdout.startswith("harbour: problems (")
        assert "release.body matched nothing in the last visit" in checked.stderr
        told = "degraded (selector.no_match): release.body in its source file matches nothing"
        assert told in communique("sources", "show", "harbour", home=home).stdout
        shown = communique("sources", "show", "harbour", "--json", home=home)
        assert json.loads(shown.stdout)["health"]["code"] == "selector.no_match"
        assert "selector.no_match" in communique("health", home=home).stdout
        communique("sources", "sample", "harbour", home=home)
        checked = communique("sources", "check", "harbour", "--json", home=home)
        (one,) = json.loads(checked.stdout)["sources"]
        assert one["unmatched"] == ["release.body"]
        assert "release.body ('div.article') matches nothing on the page" in one["differences"][0]
        # For another file, only the sample pages are checked.
        file.write_text(f'{text}[release]\ntitle = "h1"\nbody = "div.text"\n')
        checked = communique("sources", "check", "harbour", "--json", home=home)
        (one,) = json.loads(checked.stdout)["sources"]
        assert one["unmatched"] == []
        assert not any("matches nothing" in said for said in one["differences"])
        # A killed process may leave pages without expected.json.
        (home / "samples" / "harbour" / "expected.json").unlink()
        assert communique("sources", "check", "harbour", home=home).returncode == 0
        assert communique("sources", "sample", "harbour", home=home).returncode == 0
        communique("collect", home=home)
        assert "selector.no_match" not in communique("health", home=home).stdout


@pytest.mark.parametrize("hub", [None, replace(HUB, hub="")])
def test_a_feed_without_a_hub_has_no_push_line(hub: FeedHub | None) -> None:
    assert push_line(hub, None) == ""
    assert push_fields(hub, None) is None


@pytest.mark.parametrize(
    ("ours", "said"),
    [
        (None, "the service will subscribe there"),
        (SUBSCRIPTION, "it has not confirmed our subscription"),
        (replace(SUBSCRIPTION, expires=5.0), "it has not confirmed our subscription"),
        (
            replace(SUBSCRIPTION, expires=FAR),
            "pushed by hub https://hub.example/, lease until 2100-01-01 00:00 UTC",
        ),
        (replace(SUBSCRIPTION, expires=FAR, heard=60.0), "last push 1970-01-01 00:01 UTC"),
    ],
)
def test_a_push_line_shows_the_hub_and_no_secret(ours: FeedSubscription | None, said: str) -> None:
    line = push_line(HUB, ours)
    assert line.endswith(said)
    assert HUB.hub in line
    assert "hush" not in str(push_fields(HUB, ours)) + line
    assert SUBSCRIPTION.callback not in str(push_fields(HUB, ours)) + line
