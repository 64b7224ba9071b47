"""The files of watches: what they may say, and how mistakes are told."""

from __future__ import annotations

from pathlib import Path

import pytest

from data.errors import UnknownWatch, WatchError
from data.watches.watch import (
    FeedAccess,
    Mail,
    Service,
    Watch,
    Webhook,
    load_watch,
    parse_watch,
    to_toml,
)

KEY = "whsec_" + 32 * "A"
SIGNED_BY = 'name = "A"\n[webhook]\nurl = "https://a.example/"\nsecret = "{}"'


@pytest.mark.parametrize(
    ("line", "key", "said"),
    [
        ("", "name", "missing"),
        ('name = ""', "name", "empty"),
        ('name = "A"\nqueri = "x"', "queri", "did you mean query"),
        ('name = "A"\nquery = 3', "query", "a text in quotes"),
        ('name = "A"\nquery = "(((?!"', "query", "holds no word"),
        ('name = "A"\nquery = "-x"', "query", "only excludes words"),
        (f'name = "A"\nquery = "{"a " * 600}"', "query", "1200 characters"),
        (f'name = "A"\nquery = "{"a " * 33}"', "query", "more than 32 words"),
        ('name = "A"\nkinds = ["relase"]', "kinds", '"relase" can\'t be used; write "edit" or'),
        ('name = "A"\nkinds = []', "kinds", "leave it out"),
        ('name = "A"\nsources = ["../x"]', "sources", "is no id"),
        ('name = "A"\nlanguages = ["german"]', "languages", 'did you mean "de"'),
        ("name = ", "syntax", "not TOML"),
        ('name = "A"\n[webhook]\nurl = "https://a.example/"', "webhook.secret", "missing"),
        (f'name = "A"\n[webhook]\nurl = "file:///a"\nsecret = "{KEY}"', "webhook.url", "http"),
        (f'name = "A"\n[webhook]\nurl = "http://a b"\nsecret = "{KEY}"', "webhook.url", "http"),
        *(
            (SIGNED_BY.replace("https://a.example/", url).format(KEY), "webhook.url", "a host")
            for url in (
                *("http://[zz", "http://[::1", "http:///x", "http://:80/", "http://a..b/"),
                *("http://xn--/", "http://xn--a/", "http://a:abc/", "http://127.0.0.1:99999/"),
                *("http://a:0/", f"http://{'a' * 64}.example/", "http://a%41.example/"),
            )
        ),
        (SIGNED_BY.format("hush"), "webhook.secret", "write whsec_ and 24 to 64 bytes"),
        (SIGNED_BY.format("whsec_AAAA"), "webhook.secret", "24 to 64 bytes"),
        ('name = "A"\ntimezone = "Vienna"', "timezone", "is no IANA zone"),
        ('name = "A"\ndigest = "weekly 08:00"', "digest", 'Write "daily 08:00"'),
        ('name = "A"\ndigest = "daily 24:00"', "digest", 'Write "daily 08:00"'),
        ('name = "A"\nquiet = "22-07"', "quiet", 'such as "22:00-07:00"'),
        ('name = "A"\nquiet = "07:00-07:00"', "quiet", "two different times"),
        ('name = "A"\n[mail]\nto = []', "mail.to", "it is empty"),
        ('name = "A"\n[mail]\nto = ["a@b.example\\nBcc: c@d.example"]', "mail.to", "it can't be"),
        ('name = "A"\n[mail]\nto = ["a b@c.example"]', "mail.to[0]", "such as desk@news.example"),
        ('name = "A"\n[feed]\ntoken = "short"', "feed.token", "16 or more"),
        ('name = "A"\n[apprise]\nurl = "syslog://"', "apprise.url", "is this machine itself"),
        ('name = "A"\n[apprise]\nurl = "file:///etc/passwd"', "apprise.url", "is this machine"),
        ('name = "A"\n[apprise]\nurl = "no address"', "apprise.url", "is no address of Apprise"),
        (SIGNED_BY.format("whsec_é"), "webhook.secret", "24 to 64 bytes"),
    ],
)
def test_a_mistake_names_the_file_the_key_and_the_fix(line: str, key: str, said: str) -> None:
    with pytest.raises(WatchError) as error:
        parse_watch(line, "watches/a.toml")
    assert str(error.value).startswith("watches/a.toml: ")
    assert key in error.value.key
    assert said in str(error.value)


@pytest.mark.parametrize(
    "watch",
    [
        Watch("Only a name"),
        Watch(
            'Tricky "name" \\ \x7f é 東',
            query='"harbour closed" -drill',
            sources=("a", "b"),
            topics=("transport",),
            languages=("pt-BR",),
            kinds=("health", "gone"),
            backlog=True,
            timezone="Europe/Vienna",
            digest="monday 08:00",
            quiet="22:00-07:30",
            webhook=Webhook("https://hooks.example/a?b=c", KEY),
            apprise=Service("json://hooks.example/a"),
            feed=FeedAccess(20 * "t"),
            mail=Mail(("desk@news.example", "o'neil+x@news.example")),
        ),
    ],
)
def test_what_is_written_is_read_as_it_was(watch: Watch) -> None:
    assert parse_watch(to_toml(watch), "a.toml") == watch


@pytest.mark.parametrize(
    "url",
    [
        "http://localhost",
        "https://me:word@hooks.example:8443/a?b=%20#c",
        "http://127.0.0.1:65535/",
        "http://[::1]:8080/x",
        "https://xn--mnchen-3ya.example./",
    ],
)
def test_a_webhook_may_be_at_any_host_and_port(url: str) -> None:
    watch = parse_watch(SIGNED_BY.replace("https://a.example/", url).format(KEY), "a.toml")
    assert watch.webhook == Webhook(url, KEY)


def test_a_watch_that_is_not_there_is_told_with_one_that_may_be_meant(tmp_path: Path) -> None:
    (tmp_path / "harbour.toml").write_text('name = "Harbour"\n')
    assert load_watch(tmp_path, "harbour").name == "Harbour"
    with pytest.raises(UnknownWatch, match="did you mean harbour"):
        load_watch(tmp_path, "harbor")
    with pytest.raises(UnknownWatch):
        load_watch(tmp_path / "x", "../harbour")
