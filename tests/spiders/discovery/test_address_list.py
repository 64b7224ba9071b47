"""Lists of addresses: lines, and OPML files that others made."""

from __future__ import annotations

import pytest

from spiders.discovery.address_list import BadList, ListedAddress, read_addresses

OPML = """<?xml version="1.0" encoding="{encoding}"?>
<opml version="2.0"><head><title>Press</title></head><body>
<outline text="Harbours">
  <outline type="rss" text="Port of Ærø &amp; Sons" title="other" xmlUrl="http://a.example/feed"
    htmlUrl="http://a.example/"/>
  <outline title="Second" htmlUrl=" http://b.example/news "/>
  <outline text="Once more" xmlurl="http://a.example/feed"/>
  <outline text="Nowhere" xmlUrl=""/>
</outline>
<outline type="link" text="Third &lt;b&gt;" url="http://c.example/"/>
<outline text="File" xmlUrl="/etc/passwd"/>
</body></opml>
"""


def test_lines_are_addresses_or_files() -> None:
    found = read_addresses("\ufeff# rooms\r\n\r\n http://a.example/ \r\nsaved.html".encode(), "x")
    assert found == [ListedAddress("http://a.example/"), ListedAddress("saved.html")]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "latin-1"])
def test_outlines_give_each_address_once_with_its_name(encoding: str) -> None:
    named = encoding.removesuffix("-sig")
    found = read_addresses(OPML.format(encoding=named).encode(encoding), "feeds.opml")
    assert [(one.address, one.name) for one in found] == [
        ("http://a.example/feed", "Port of Ærø & Sons"),
        ("http://b.example/news", "Second"),
        ("http://c.example/", "Third"),
        ("/etc/passwd", "File"),
    ]
    # What others wrote names no file of ours.
    assert not any(one.may_be_file for one in found)


def test_the_readable_part_of_a_broken_file_is_returned() -> None:
    cut = OPML.format(encoding="utf-8").partition('<outline text="Once')[0] + "<outline text='&x"
    assert len(read_addresses(cut.encode(), "feeds.opml")) == 2


def test_a_file_that_is_not_text_is_refused() -> None:
    with pytest.raises(BadList, match=r"^ls: .*text file"):
        read_addresses(b"\x7fELF\2\1\1\0\0\nhttp://a.example/\n", "ls")


@pytest.mark.parametrize("content", [b"", b"\n \n", b"# only a comment\n"])
def test_a_list_without_lines_is_refused(content: bytes) -> None:
    with pytest.raises(BadList, match=r"^empty\.txt: .*no address"):
        read_addresses(content, "empty.txt")


@pytest.mark.parametrize("body", ["", "<outline text='Harbours'><outline text='Port'>"])
def test_a_file_without_any_address_is_refused(body: str) -> None:
    with pytest.raises(BadList, match=r"feeds.opml: .*OPML"):
        read_addresses(f"<opml version='2.0'><body>{body}".encode(), "feeds.opml")


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (
            '<!DOCTYPE opml [<!ENTITY a SYSTEM "file:///etc/passwd">]><opml>&a;</opml>',
            "declares XML entities, which are not allowed",
        ),
        ("<", "is not XML"),
    ],
)
def test_what_is_not_a_list_is_refused(content: str, why: str) -> None:
    with pytest.raises(BadList, match=f"feeds.opml: the document {why}"):
        read_addresses(content.encode(), "feeds.opml")


def test_outlines_nested_too_deep_are_not_followed() -> None:
    deep = "<outline text='a'>" * 100_000
    found = read_addresses(f"<opml><outline xmlUrl='http://a.example/'/>{deep}".encode(), "x")
    assert [one.address for one in found] == ["http://a.example/"]
