"""Citations of releases as a sentence, in BibTeX and in CSL-JSON, with any title."""

from __future__ import annotations

import json
import re

import pytest

from data.models import Published, Release, Source
from feeds.catalog import Catalog
from feeds.entries.entry import entry_of
from feeds.pages.structured_data import Citation, citation_of, key_of
from tests.feeds.sample_store import NOON, make_release

CATALOG = Catalog(
    site="https://press.example",
    title="Press",
    sources={"acme": Source("acme", "ACME", "https://acme.example/", "Asia/Baku")},
    topics={},
)


def cited(release: Release) -> Citation:
    return citation_of(release, entry_of(release, CATALOG, mixed=True))


def test_a_citation_names_publisher_title_day_address_and_the_copy() -> None:
    release = make_release(1)
    assert cited(release).text == (
        "ACME Press Service: Statement 1. Press release, 2022-11-24. https://acme.example/news/1 "
        f"(copy of 2022-11-24: https://press.example/releases/{release.id}/)"
    )


def test_a_title_is_not_a_command_in_bibtex() -> None:
    title = r"100 % of \input{/etc/passwd} & #1 {_$^~} } @misc{x,"
    text = cited(make_release(1, title=title)).bibtex
    (value,) = re.findall(r"  title = \{\{(.*)\}\},\n", text)
    assert value == (
        r"100 \% of \textbackslash{}input\{/etc/passwd\} \& \#1"
        r" \{\_\$\textasciicircum{}\textasciitilde{}\} \} @misc\{x,"
    )
    fields = text.replace(value, "").splitlines()
    assert fields[0] == f"@misc{{{key_of(make_release(1).id)},"
    assert fields[-1] == "}"
    assert all(re.fullmatch(r"  \w+ = \{.*\},", line) for line in fields[1:-1])


def test_an_address_does_not_end_its_field() -> None:
    text = cited(make_release(1, url=r"https://acme.example/a}b{c")).bibtex
    assert "url = {https://acme.example/a%7Db%7Bc}" in text


def test_csl_json_is_a_report_with_its_day() -> None:
    (item,) = json.loads(cited(make_release(1, title='A "title"\u202e')).csl)
    assert item["type"] == "report"
    assert item["genre"] == "Press release"
    assert item["title"] == 'A "title"'
    assert item["issued"] == {"date-parts": [[2022, 11, 24]]}
    assert item["author"] == [{"literal": "ACME Press Service"}]
    assert item["URL"] == "https://acme.example/news/1"
    assert item["language"] == "en"


def test_an_undated_release_is_cited_without_a_date() -> None:
    cite = cited(make_release(1, published=Published(NOON, "none", "Asia/Baku", "", "undated")))
    assert "Undated." in cite.text
    assert "year = " not in cite.bibtex
    assert "issued" not in json.loads(cite.csl)[0]


def test_a_key_depends_only_on_the_id() -> None:
    before, after = make_release(1), make_release(1, title="Other", url="https://b.example/2")
    keys = [re.findall(r"@misc\{(.*),", cited(one).bibtex) for one in (before, after)]
    assert keys[0] == keys[1] == [key_of(before.id)]
    assert key_of(make_release(2).id) != key_of(before.id)


@pytest.mark.parametrize("title", ["\u202eevil\u2066", "x" * 10_000, "a\nb\rc", "\x00\x07a"])
def test_hostile_titles_stay_on_their_line(title: str) -> None:
    cite = cited(make_release(1, title=title))
    assert "\n" not in cite.text
    lengths = {len(cited(make_release(1)).bibtex.splitlines()), len(cite.bibtex.splitlines())}
    assert len(lengths) == 1
    assert not re.search("[\u202a-\u202e\u2066-\u2069\x00\x07]", cite.text + cite.bibtex + cite.csl)
