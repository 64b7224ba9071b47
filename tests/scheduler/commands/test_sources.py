"""`communique sources`: the next visit and its reason, and selectors that match nothing."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from tests.command import communique, make_home
from tests.press_room import listing_html, release_html, served


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
    assert "minutes after the last visit; usual on " in due["why"]
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
        communique("collect", home=home)
        assert "selector.no_match" not in communique("health", home=home).stdout
