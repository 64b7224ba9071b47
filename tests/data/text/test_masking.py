"""What is told of an address holds no secret of it."""

from __future__ import annotations

import pytest

from data.text.masking import masked, masked_toml, without_user


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("http://user:s3cret@a.example/x", "http://a.example/x"),
        ("https://s3cret@a.example", "https://a.example"),
        ("https://user:p%40s3cret@a.example:8443/", "https://a.example:8443/"),
        ("https://a.example/x?token=s3cret&page=2", "https://a.example/x?token=***&page=2"),
        ("http://a.example/?page=2&Access_Token=s3cret", "http://a.example/?page=2&Access_Token=***"),
        ("http://a.example/?X-Amz-Signature=s3cret#top", "http://a.example/?X-Amz-Signature=***#top"),
        ("<GET http://u:s3cret@a.example/?key=s3cret>", "<GET http://a.example/?key=***>"),
        ("https://a.example/?a=1&amp;password=s3cret", "https://a.example/?a=1&amp;password=***"),
        ("https://a.example/#access_token=s3cret", "https://a.example/#access_token=***"),
        ("postgresql://u:a?#/'\"<>@s3cret@db.example/x", "postgresql://db.example/x"),
        ("it failed: postgres://u:s3cret#1@h:1/x (gone)", "it failed: postgres://h:1/x (gone)"),
        ("postgres://postgresql://u:s3cret@h u:@x", "postgres://h u:@x"),
        ("two: http://x:s3cret@a.example http://y:s3cret@b.example",
         "two: http://a.example http://b.example"),
    ],
)  # fmt: skip
def test_users_passwords_and_secret_parameters_are_hidden(text: str, shown: str) -> None:
    assert masked(text) == shown
    assert "s3cret" not in masked(text)


@pytest.mark.parametrize(
    "text",
    [
        "https://a.example/news/?author=brandt&page=2&keyword=key",
        "https://a.example/@user/post?monkey=1",
        "write to press@a.example; see https://a.example/",
        "no address at all",
    ],
)
def test_other_texts_and_parameters_stay(text: str) -> None:
    assert masked(text) == text


def test_an_address_without_credentials_has_the_same_target() -> None:
    assert without_user("https://u:p@a.example/?x=http://v@b") == "https://a.example/?x=http://v@b"
    assert without_user("https://a.example/x@y") == "https://a.example/x@y"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ('[health]\nping = "https://hc.example/4f-s3cret"', '[health]\nping = ""'),
        ('  smtp_password="s3cret" # it is', '  smtp_password="" # it is'),
        ("health.ping = 's3cret'\nname = 'key = \"a\"'", "health.ping = ''\nname = 'key = \"a\"'"),
        ('a = {port = 25, smtp_password = "s3cret"}', 'a = {port = 25, smtp_password = ""}'),
        ('"smtp_password" = "a\\"s3cret"', '"smtp_password" = ""'),
        ('smtp_password = """a\n\\"""s3cret""" # 1', 'smtp_password = "" # 1'),
        ("smtp_password = '''a\ns3cret'''\nx = 1", "smtp_password = ''\nx = 1"),
        ('url = "https://u:s3cret@a.example/"', 'url = "https://a.example/"'),
        ('name = "Ping"\nconduct_code = "x"', 'name = "Ping"\nconduct_code = "x"'),
    ],
)  # fmt: skip
def test_secrets_of_settings_are_left_out(text: str, shown: str) -> None:
    assert masked_toml(text) == shown
