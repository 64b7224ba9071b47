"""`communique bot`, the key directory and the page about visits, as other sites see them."""

from __future__ import annotations

import json
import stat
from pathlib import Path

import pytest

from data.access.permissions import Permissions
from data.clock import utc_now
from data.models import Run, RunError, Source
from data.network.request_signer import DIRECTORY_PATH
from data.settings import SiteSettings
from feeds.server.access import Access
from feeds.server.app import create_app
from scheduler.home.backup.contents import own_files
from scheduler.home.home import home_at
from tests.command import communique, make_home
from tests.feeds.serving import served_by
from tests.press_room import Answer, served
from tests.signature_judge import directory_problem

SIGNED = """
[network]
sign = true
contact = "desk@press.example"

[site]
url = "https://press.example"
"""


@pytest.fixture
def home(tmp_path: Path) -> Path:
    folder = tmp_path / "home"
    folder.mkdir()
    (folder / "communique.toml").write_text(SIGNED)
    return folder


def test_the_key_is_shown_replaced_and_revoked(home: Path) -> None:
    shown = json.loads(communique("bot", "show", "--json", home=home).stdout)
    assert "+https://press.example/bot; desk@press.example" in shown["agent"]
    assert shown["directory"] == f"https://press.example{DIRECTORY_PATH}"
    (old,) = shown["keys"]
    rotated = json.loads(communique("bot", "rotate", "--json", home=home).stdout)["keys"]
    assert [one["id"] for one in rotated][:1] == [old["id"]]
    assert len(rotated) == 2
    (new,) = json.loads(communique("bot", "rotate", "--revoke", "--json", home=home).stdout)["keys"]
    assert new["id"] not in {one["id"] for one in rotated}
    assert new["id"] in communique("bot", "show", home=home).stdout


def test_without_signatures_there_is_no_key(home: Path) -> None:
    (home / "communique.toml").write_text("")
    shown = json.loads(communique("bot", "show", "--json", home=home).stdout)
    assert (shown["page"], shown["directory"], shown["keys"]) == (None, None, [])
    assert not (home / "bot.key").exists()


def test_the_key_is_secret_and_in_no_backup(home: Path) -> None:
    communique("bot", "show", home=home)
    assert stat.S_IMODE((home / "bot.key").stat().st_mode) == 0o600
    assert "bot.key" not in {name for name, _ in own_files(home_at(home))}


def test_anyone_reads_the_signed_keys_and_the_page_about_visits(home: Path) -> None:
    assert communique("publish", home=home).returncode == 0
    made = home_at(home)
    site = SiteSettings(access="token", url="https://press.example")
    access = Access(Permissions(made.tokens))
    app = create_app(made.site, made.store_url, site, access=access, signer=made.request_signer())
    for web in served_by(app):
        assert web.get("/").status_code == 401
        keys = web.get(DIRECTORY_PATH)
        assert keys.headers["content-type"] == "application/http-message-signatures-directory+json"
        url = f"https://press.example{DIRECTORY_PATH}"
        assert directory_problem(keys.content, url, dict(keys.headers)) == ""
        page = web.get("/bot", follow_redirects=True)
        assert page.status_code == 200
        assert "desk@press.example" in page.text
        assert "User-agent: Communique" in page.text
        assert "about every 15 minutes" in page.text
        assert "at least 1 second apart" in page.text
        assert DIRECTORY_PATH in page.text
    # A static host has the same keys, without a signature.
    assert (made.site / DIRECTORY_PATH.removeprefix("/")).read_bytes() == keys.content


def test_a_site_without_a_contact_has_no_page_about_visits(home: Path) -> None:
    (home / "communique.toml").write_text("")
    assert communique("publish", home=home).returncode == 0
    assert not (home / "site" / "bot").exists()


@pytest.mark.parametrize("absent", ["contact", "url"])
def test_signing_needs_a_contact_and_a_public_address(home: Path, absent: str) -> None:
    lines = [one for one in SIGNED.splitlines() if not one.startswith(absent)]
    (home / "communique.toml").write_text("\n".join(lines))
    result = communique("bot", "show", home=home)
    assert result.returncode == 2
    assert absent in result.stderr


def doctor(home: Path) -> list[tuple[str, str]]:
    """Level and text of the doctor's findings about signatures."""
    checks = json.loads(communique("doctor", "--json", home=home).stdout)["checks"]
    return [(one["level"], one["text"]) for one in checks if one["check"] == "signatures"]


def test_the_doctor_reads_the_keys_as_another_site_does(home: Path) -> None:
    base = "http://127.0.0.1:1"
    text = SIGNED.replace("https://press.example", base) + "\n"
    (home / "communique.toml").write_text(text.replace("sign =", "allow_private = true\nsign ="))
    assert doctor(home)[0][0] == "ok", "no key yet"
    communique("bot", "show", home=home)
    ((level, said),) = doctor(home)
    assert level == "error"
    assert "can't be read" in said
    (home / "bot.key").chmod(0o644)
    assert "other users can read" in doctor(home)[0][1]


def test_the_doctor_accepts_our_keys_and_rejects_those_of_others(home: Path) -> None:
    with served() as room:
        text = SIGNED.replace("https://press.example", room.base)
        (home / "communique.toml").write_text(
            text.replace("sign =", "allow_private = true\nsign =")
        )
        signer = home_at(home).request_signer()
        assert signer is not None
        ours, headers = signer.directory(), signer.directory_headers()
        for body, sent, level in (
            (ours, headers, "ok"),
            (ours, {}, "warning"),
            (b'{"keys": []}', headers, "error"),
            (b"<h1>Welcome</h1>", {}, "error"),
            (b"[1]", {}, "error"),
        ):
            room.answers[DIRECTORY_PATH] = Answer(body, headers=sent)
            assert [one for one, _ in doctor(home)] == [level], body
        room.reset()
        assert "404" in doctor(home)[0][1]


def refused(home: Path, kind: str) -> None:
    """Let the last visit to the only source fail with a kind of error."""
    store = home_at(home).store()
    store.register(Source("harbour", "Harbour Board", "https://harbour.example/news/"))
    error = RunError("https://harbour.example/news/", kind, "it refuses")
    store.add_run(Run("harbour", utc_now(), 1.0, errors=(error,)))
    store.close()


def test_a_blocked_source_lists_what_may_help_and_offers_a_letter(tmp_path: Path) -> None:
    home = make_home(tmp_path / "home", "https://harbour.example/news/")
    (home / "communique.toml").write_text(SIGNED.replace("sign = true", "delay = 3.0"))
    refused(home, "http:403")
    for command in (("health",), ("sources", "show", "harbour")):
        said = communique(*command, home=home).stdout
        assert "network.sign" in said
        assert "bot letter harbour" in said
    told = json.loads(communique("bot", "letter", "harbour", "--json", home=home).stdout)
    assert (told["code"], len(told["ways"])) == ("site.blocked", 3)
    filled = ("Harbour Board", "desk@press.example", "https://press.example/bot", "3 seconds")
    assert all(one in told["letter"] for one in filled)
    assert "https://harbour.example/news/" in told["letter"]
    assert DIRECTORY_PATH not in told["letter"]
    assert "at least 2 minutes and\n  at most 6 hours apart" in told["letter"]
    assert "Allow:" not in told["letter"]
    assert "firewall" in told["letter"]
    (home / "communique.toml").write_text(SIGNED)
    assert "network.sign" not in communique("health", home=home).stdout
    assert DIRECTORY_PATH in communique("bot", "letter", "harbour", home=home).stdout


def test_the_letter_to_a_site_that_admits_us_asks_whether_its_owner_agrees(tmp_path: Path) -> None:
    home = make_home(tmp_path / "home", "https://harbour.example/news/")
    told = json.loads(communique("bot", "letter", "harbour", "--json", home=home).stdout)
    assert "whether you agree" in told["letter"]
    assert not [one for one in ("we can't", "Allow:", "firewall") if one in told["letter"]]


def test_only_asking_helps_against_robots_txt(tmp_path: Path) -> None:
    home = make_home(tmp_path / "home", "https://harbour.example/news/")
    refused(home, "robots")
    told = json.loads(communique("bot", "letter", "harbour", "--json", home=home).stdout)
    assert len(told["ways"]) == 1
    assert "Allow: /news/" in told["letter"]
    assert "set network.contact" in told["letter"]
    assert "at least 1 second apart" in told["letter"]
    result = communique("bot", "letter", "harbor", home=home)
    assert result.returncode == 2
    assert "harbour" in result.stderr
