"""`communique catalogue list`, `show` and `check`."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from spiders.catalogue.catalogue import bundled_catalogues
from tests.command import communique


def test_bundled_catalogues_and_their_entries_are_listed(tmp_path: Path) -> None:
    listed = json.loads(communique("catalogue", "--json", home=tmp_path).stdout)["catalogues"]
    assert {one["catalogue"] for one in listed} == {*bundled_catalogues()}
    assert "us-congress" in communique("catalogue", "list", home=tmp_path).stdout
    asked = ("catalogue", "show", "us-congress", "--group", "senate")
    senate = json.loads(communique(*asked, "--json", home=tmp_path).stdout)
    assert senate["licence"] == "CC0-1.0"
    assert len(senate["entries"]) == 100
    assert {one["tier"] for one in senate["entries"]} == {"listed"}
    assert senate["entries"][0]["name"] in communique(*asked, home=tmp_path).stdout


@pytest.mark.parametrize(
    "arguments",
    [("show", "worl"), ("show", "world", "nobody"), ("show", "world", "--country", "ZW")],
)
def test_an_unknown_catalogue_entry_or_country_is_an_error_of_usage(
    arguments: tuple[str, ...], tmp_path: Path
) -> None:
    refused = communique("catalogue", *arguments, home=tmp_path)
    assert refused.returncode == 2
    assert len(refused.stderr.splitlines()) == 1


def test_a_catalogue_is_checked(tmp_path: Path) -> None:
    assert communique("catalogue", "check", "world", home=tmp_path).returncode == 0
    own = tmp_path / "own.jsonl"
    own.write_text("{}\n{}\n")
    checked = communique("catalogue", "check", str(own), home=tmp_path)
    assert (checked.returncode, checked.stdout) == (2, "")
    assert f"{own}: line 1" in checked.stderr
    told = json.loads(communique("catalogue", "check", str(own), "--json", home=tmp_path).stdout)
    assert len(told["errors"]) == 1
