"""`communique token`: create, list and revoke tokens."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.command import communique


@pytest.fixture
def home(tmp_path: Path) -> Path:
    folder = tmp_path / "home"
    folder.mkdir()
    return folder


def test_a_token_is_shown_once_listed_and_revoked(home: Path) -> None:
    made = communique("token", "new", "desk", "--scope", "operate", "--json", home=home)
    token = json.loads(made.stdout)
    assert token["scopes"] == ["operate"]
    listed = communique("token", "list", "--json", home=home)
    assert token["token"] not in listed.stdout
    (one,) = json.loads(listed.stdout)["tokens"]
    assert (one["name"], one["scopes"], one["last_used"]) == ("desk", ["operate"], None)
    assert communique("token", home=home).stdout.startswith("desk: operate; made 2")
    assert communique("token", "revoke", "desk", home=home).stdout == "revoked desk\n"
    assert json.loads(communique("token", "--json", home=home).stdout)["tokens"] == []


def test_a_new_token_is_the_only_output_and_can_read(home: Path) -> None:
    (home / "communique.toml").write_text('[site]\naccess = "token"\n')
    made = communique("token", "new", "reader", home=home)
    text = made.stdout.strip()
    assert text.startswith("communique_")
    assert f"/feeds/all.atom?token={text}" in made.stderr
    assert communique("token", home=home).stdout.startswith("reader: read; ")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("new", "Desk"), "lower-case"),
        (("new", "desk", "--scope", "all"), "'all' is not one of 'read', 'operate'"),
        (("revoke", "dsk"), "no token named 'dsk'; did you mean desk?"),
        (("new", "desk"), "choose another name"),
    ],
)
def test_a_mistake_is_one_sentence(home: Path, arguments: tuple[str, ...], said: str) -> None:
    communique("token", "new", "desk", home=home)
    result = communique("token", *arguments, home=home)
    assert result.returncode == 2
    assert said in result.stderr
    assert "Traceback" not in result.stderr


def test_a_broken_file_is_reported_beside_valid_ones(home: Path) -> None:
    communique("token", "new", "desk", home=home)
    (home / "tokens" / "broken.toml").write_text("sha256 = 1\n")
    result = communique("token", "list", "--json", home=home)
    assert result.returncode == 2
    told = json.loads(result.stdout)
    assert [one["name"] for one in told["tokens"]] == ["desk"]
    assert "broken.toml" in told["errors"][0]


def test_a_token_does_not_create_a_home(tmp_path: Path) -> None:
    result = communique("token", "new", "desk", home=tmp_path / "mistyped")
    assert result.returncode == 2
    assert not (tmp_path / "mistyped").exists()
