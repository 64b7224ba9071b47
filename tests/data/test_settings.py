"""communique.toml: what it says, what is left out, and what is wrong in it."""

from __future__ import annotations

from pathlib import Path

import pytest

from data.errors import SettingsError
from data.settings import Settings
from data.settings.load import load_settings


def written(folder: Path, text: str) -> Settings:
    """The settings that a file with this text holds."""
    path = folder / "communique.toml"
    path.write_text(text)
    return load_settings(path)


@pytest.mark.parametrize(
    ("text", "url"),
    [
        ("", "http://127.0.0.1:8080"),
        ("[site]\nport = 9000\n", "http://127.0.0.1:9000"),
        ('[site]\nhost = "0.0.0.0"\nport = 9000\n', "http://127.0.0.1:9000"),
        ('[site]\nhost = "::1"\n', "http://[::1]:8080"),
        ('[site]\nport = 9000\nurl = "https://press.example"\n', "https://press.example"),
        ("[site]\nport = 0\n", "http://127.0.0.1:8080"),
    ],
)
def test_feeds_name_where_the_site_listens_unless_a_public_address_is_given(
    tmp_path: Path, text: str, url: str
) -> None:
    assert written(tmp_path, text).site.url == url


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ('[site]\nurl = "not a url"\n', "site.url"),
        ('[site]\nurl = "ftp://press.example"\n', "site.url"),
        ('[site]\nurl = "http://[::1"\n', "site.url"),
        ('[site]\nhub = "https://a]b.example"\n', "site.hub"),
        # What feeds name is for everybody.
        ('[site]\nurl = "https://me:password@press.example"\n', "site.url"),
        ('[site]\nhub = "https://me:password@hub.example"\n', "site.hub"),
        ('[site]\nurl = "https://press.example/?a=b"\n', "site.url"),
        ("[site]\nentries = 0\n", "site.entries"),
        # It would listen on all addresses of the machine.
        ('[site]\nhost = ""\n', "site.host"),
        ('[network]\ncontact = "press@acme.example\\r\\nCookie: a=b"\n', "network.contact"),
        ("[network]\nallow_privat = true\n", "network.allow_privat"),
        ('[alerts]\nsmtp_host = "mail.example"\n', "alerts.sender"),
        ('[bucket]\naccess_key = "key"\n', "bucket.secret_key"),
        ('[bucket]\nsecret_key = "secret"\n', "bucket.access_key"),
        ('[bucket]\nendpoint = "http://key:secret@s3.example"\n', "bucket.endpoint"),
        ('[site]\ntarget = "https://press.example/site"\n', "site.target"),
        ('[site]\ntarget = "s3://press/a?b"\n', "site.target"),
        (
            '[site]\ntarget = "s3://press"\n[archive]\ntarget = "s3://press/archive"\n',
            "archive.target",
        ),
        (
            '[site]\ntarget = "s3://press/a/b/"\n[archive]\ntarget = "s3://press/a"\n',
            "archive.target",
        ),
        ('[alerts]\noperator = "ops@press.example"\n', "alerts.smtp_host"),
        ('[alerts]\noperator = "ops@press.example, x@y.example"\n', "alerts.operator"),
        ('[alerts]\nsmtp_tls = "ssl"\n', "alerts.smtp_tls"),
        ("[nonsense]\n", "nonsense"),
        ("x = = 1\n", "syntax"),
    ],
)
def test_an_error_is_reported_with_its_key(tmp_path: Path, text: str, key: str) -> None:
    with pytest.raises(SettingsError) as caught:
        written(tmp_path, text)
    assert caught.value.key == key
    assert str(tmp_path / "communique.toml") in str(caught.value)


@pytest.mark.parametrize(
    ("text", "variable", "value"),
    [
        ('[alerts]\nsmtp_host = "mail.example"\n', "ALERTS__SENDER", ""),
        ('[site]\ntarget = "s3://press"\n', "ARCHIVE__TARGET", "s3://press/archive"),
        ('[bucket]\naccess_key = "key"\n', "BUCKET__SECRET_KEY", ""),
        ('[run]\nexecutor = "procrastinate"\n', "STORE__URL", ""),
    ],
)
def test_an_error_is_reported_with_the_variable_that_sets_the_key(
    tmp_path: Path, text: str, variable: str, value: str
) -> None:
    path = tmp_path / "communique.toml"
    path.write_text(text)
    with pytest.raises(SettingsError) as caught:
        load_settings(path, {f"COMMUNIQUE_{variable}": value})
    assert f"COMMUNIQUE_{variable}" in str(caught.value)
    assert str(path) not in str(caught.value)


def test_an_unknown_setting_is_reported_with_the_known_ones(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"did you mean allow_private\?"):
        written(tmp_path, "[network]\nallow_privat = true\n")
    with pytest.raises(
        SettingsError, match=r"site\.url: the value can't be used as written\. The public"
    ):
        written(tmp_path, '[site]\nurl = "not a url"\n')
    with pytest.raises(SettingsError, match="a whole number from 0 to 65535"):
        written(tmp_path, "[site]\nport = 99999\n")
    with pytest.raises(SettingsError, match="a whole number, without a decimal point"):
        written(tmp_path, "[archive]\nbudget = 1e9\n")


def test_a_file_in_another_encoding_is_reported_with_advice(tmp_path: Path) -> None:
    path = tmp_path / "communique.toml"
    path.write_bytes('[site]\ntitle = "Bürgeramt"\n'.encode("cp1252"))
    with pytest.raises(SettingsError, match="byte 18 is not UTF-8"):
        load_settings(path)


def test_site_and_archive_may_share_a_bucket(tmp_path: Path) -> None:
    path = tmp_path / "communique.toml"
    path.write_text('[site]\ntarget = "s3://press/a"\n[archive]\ntarget = "s3://press/ab"\n')
    assert load_settings(path).archive.target == "s3://press/ab"
