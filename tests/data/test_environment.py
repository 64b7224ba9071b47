"""Settings that the environment names, and secrets in files of their own."""

from __future__ import annotations

from pathlib import Path

import pytest

from data.environment import variables_of
from data.errors import SettingsError
from data.settings import Settings
from data.settings.load import load_settings


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A communique.toml that says some things."""
    path = tmp_path / "communique.toml"
    path.write_text(
        '[network]\ncontact = "file@press.example"\ndelay = 2.0\n'
        '[alerts]\nsmtp_host = "mail.example"\nsender = "a@press.example"\nsmtp_password = "old"\n'
    )
    return path


def test_variables_override_the_file_and_the_file_overrides_defaults(file: Path) -> None:
    environ = {"COMMUNIQUE_NETWORK__CONTACT": "desk@press.example", "COMMUNIQUE_HOME": "/elsewhere"}
    network = load_settings(file, environ).network
    assert (network.contact, network.delay, network.timeout) == ("desk@press.example", 2.0, 60.0)


def test_variables_are_enough_where_no_file_exists(tmp_path: Path) -> None:
    environ = {
        "COMMUNIQUE_SITE__PORT": "9000",
        "COMMUNIQUE_SITE__ACCESS": "token",
        "COMMUNIQUE_SITE__TITLE": '"Quoted" = 1\n[x]',
        "COMMUNIQUE_ARCHIVE__ENABLED": "false",
        "COMMUNIQUE_ARCHIVE__WITNESSED": '["https://a.example", "b"]',
        "COMMUNIQUE_NETWORK__DELAY": "0.5",
        "COMMUNIQUE_ARCHIVE__MAX_FILE": "5_000",
    }
    settings = load_settings(tmp_path / "communique.toml", environ)
    assert (settings.site.port, settings.site.access) == (9000, "token")
    assert settings.site.url == "http://127.0.0.1:9000"
    assert settings.site.title == '"Quoted" = 1\n[x]'
    assert settings.archive.enabled is False
    assert settings.archive.witnessed == ("https://a.example", "b")
    assert settings.archive.max_file == 5000
    assert settings.network.delay == 0.5


@pytest.mark.parametrize(
    ("variable", "value", "said"),
    [
        ("COMMUNIQUE_NETWORK__CONTAKT", "x", "did you mean COMMUNIQUE_NETWORK__CONTACT?"),
        ("COMMUNIQUE_NET__", "x", "no such setting exists"),
        ("COMMUNIQUE_SITE__PORT", "high", "not valid TOML. Write it as in communique.toml"),
        ("COMMUNIQUE_SITE__PORT", "", "not valid TOML. Write it as in communique.toml"),
        ("COMMUNIQUE_SITE__PORT", "99999", "to 65535"),
        (
            "COMMUNIQUE_SITE__PORT",
            "1\nvalue2 = 2",
            "not valid TOML. Write it as in communique.toml",
        ),
        ("COMMUNIQUE_SITE__ACCESS", "all", '"open" or "token"'),
        ("COMMUNIQUE_SITE__URL", "press.example", "The public address"),
        ("COMMUNIQUE_ARCHIVE__ENABLED", "1", "true or false"),
        ("COMMUNIQUE_SITE__PROXIES", '["press.example"]', "is not an address or network"),
        ("COMMUNIQUE_ARCHIVE__WITNESSED", "https://a.example", '["one", "two"]'),
        ("COMMUNIQUE_ARCHIVE__WITNESSED", '"https://a.example"', "a list"),
        ("COMMUNIQUE_ALERTS__SMTP_PASSWORD_FILE", "absent", "No such file"),
        ("COMMUNIQUE_STORE__URL_FILE", "empty", "the file is empty; write the value into it"),
        ("COMMUNIQUE_SITE_ACCESS", "token", "COMMUNIQUE_SITE__ACCESS"),
        ("COMMUNIQUE_STORE_URL_FILE", "empty", "COMMUNIQUE_STORE__URL"),
        ("COMMUNIQUE_NETWORK__DELAY", "inf", "to 1000000000"),
        ("COMMUNIQUE_NETWORK__TIMEOUT", "1e300", "1000000000 or less"),
        ("COMMUNIQUE_COLLECT__INTERVAL", "9999999999999999", "to 1000000000"),
        ("COMMUNIQUE_COLLECT__REVISIT_DAYS", "9999999999", "to 36500"),
        ("COMMUNIQUE_COLLECT__RETRACT_AFTER", "99999999999999999", "to 1000000000"),
        ("COMMUNIQUE_SITE__ENTRIES", "99999999999999999999", "to 1000000000"),
    ],
)
def test_an_error_is_reported_with_the_variable(
    file: Path, variable: str, value: str, said: str
) -> None:
    (file.parent / "empty").write_text("\n")
    with pytest.raises(SettingsError) as caught:
        load_settings(file, {variable: value})
    assert caught.value.key == variable
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("name", ["smtp", "/run/secrets/smtp"])
def test_a_secret_is_read_from_a_file_without_its_line_feed(file: Path, name: str) -> None:
    secret = file.parent / Path(name).name
    secret.write_text("pass word \r\n")
    named = name if "/" not in name else str(secret)

    def password(environ: dict[str, str]) -> str:
        return load_settings(file, environ).alerts.smtp_password

    assert password({"COMMUNIQUE_ALERTS__SMTP_PASSWORD_FILE": named}) == "pass word "
    file.write_text(f'[alerts]\nsmtp_password_file = "{named}"\n')
    assert password({}) == "pass word "
    assert password({"COMMUNIQUE_ALERTS__SMTP_PASSWORD": "other"}) == "other"


def test_a_secret_given_twice_is_refused_and_not_shown(file: Path) -> None:
    (file.parent / "smtp").write_text("hidden-one")
    environ = {
        "COMMUNIQUE_ALERTS__SMTP_PASSWORD": "hidden-two",
        "COMMUNIQUE_ALERTS__SMTP_PASSWORD_FILE": "smtp",
    }
    with pytest.raises(SettingsError, match="SMTP_PASSWORD sets it too") as e:
        load_settings(file, environ)
    assert "hidden" not in str(e.value)
    file.write_text('[alerts]\nsmtp_password = "hidden-two"\nsmtp_password_file = "smtp"\n')
    with pytest.raises(SettingsError, match=r"alerts\.smtp_password sets it too") as e:
        load_settings(file, {})
    assert "hidden" not in str(e.value)
    (file.parent / "empty").touch()
    file.write_text('[store]\nurl_file = "empty"\n')
    with pytest.raises(SettingsError, match=r"store\.url_file: .*the file is empty"):
        load_settings(file, {})
    file.write_text('[alerts]\nsmtp_password_file = "absent"\n')
    with pytest.raises(SettingsError, match=r"alerts\.smtp_password_file: .*absent"):
        load_settings(file, {})


def test_each_setting_has_one_variable_that_no_other_one_has() -> None:
    variables = variables_of(Settings)
    assert variables["COMMUNIQUE_ALERTS__SMTP_PASSWORD"][:2] == ("alerts", "smtp_password")
    assert "COMMUNIQUE_ALERTS__SMTP_PASSWORD_FILE" not in variables
    assert variables["COMMUNIQUE_ARCHIVE__MAX_FILE"][:2] == ("archive", "max_file")
