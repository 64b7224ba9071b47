"""Language files: what they may contain, and that one file adds a language."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
import unicodedata
from collections import defaultdict
from operator import attrgetter
from pathlib import Path

import pytest
from babel import Locale

from data.errors import LanguageError
from data.languages import vocabulary as subject
from data.languages.vocabulary import (
    BarrierWords,
    DateLabels,
    DateWords,
    LanguageWords,
    LinkWords,
    PostWords,
    PressLinkWords,
    pattern,
    vocabulary,
)
from data.text.folding import fold_date
from spiders.page import phrases

EXPRESSIONS = [
    "dates.relative",
    "counters.labels",
    *(f"date_labels.{key}" for key in DateLabels.__struct_fields__),
    *(f"barriers.{key}" for key in BarrierWords.__struct_fields__),
    *(f"press_links.{key}" for key in PressLinkWords.__struct_fields__),
    *(f"posts.{key}" for key in PostWords.__struct_fields__),
    *(f"links.{key}" for key in LinkWords.__struct_fields__),
]

PHRASES = Path(phrases.__file__).with_suffix(".toml")

SCRIPTS = {"LATIN", "CYRILLIC", "GREEK", "ARMENIAN", "GEORGIAN", "HEBREW", "ARABIC"}
"""Scripts with letters that look alike."""

MADE_UP = r"""
[dates]
order = "DMY"
months = [
  "prunam", "dunam", "trinam", "kvarnam", "kvinam", "sesnam", "sepnam", "oknam", "naunam",
  "deknam", "dekunam", "dekdunam",
]
yesterday = ["antautago"]
relative = ['\bprefore \d']

[date_labels]
changed = ["reverkita"]

[pager]
next = ["posta folio"]
page = ["folio"]

[archive]
archive = ["malnovaro"]

[headings]
related = ["ceteraj komunikoj"]

[barriers]
maintenance = ["riparado"]

[counters]
labels = ["vidoj"]

[press_links]
releases = ["komunikoj"]
"""

USE = """
import datetime as dt, json, sys
from pathlib import Path
from data.languages import vocabulary
vocabulary.WORDS_FOLDER = Path(sys.argv[1])
from data.dates.context import DateContext
from data.dates.parse import parse_date
from data.dates.relative import is_relative
from data.text.words import uncounted
from spiders.barriers import barrier_to_listing
from spiders.discovery.press_links import press_links
from spiders.listing.paging.period_links import period_in
from spiders.listing.paging.pagination import next_pages
from spiders.page.date_labels import is_of_change
from spiders.page.page import Page
from spiders.page.phrases import is_related
reading = DateContext("UTC", now=dt.datetime(2026, 3, 9, 12, tzinfo=dt.UTC))
links = "<a href='?folio=1'>1</a> <a href='?folio=2'>Posta folio</a>"
page = Page("https://harbour.example/news/", f"<body><ul>{links}</ul></body>".encode())
period = period_in("Malnovaro 2024")
print(json.dumps([
    str(parse_date("7 trinam 2026", reading, "t").day),
    str(parse_date("Antautago", reading, "t").day),
    is_relative("prefore 3 horoj"),
    is_of_change("Reverkita:"),
    next_pages(page).next,
    period.when if period else None,
    is_related("Ceteraj komunikoj"),
    barrier_to_listing(Page(page.url, b"<title>Riparado</title>")).kind,
    uncounted("Vidoj: 17"),
    [one.score for one in press_links(Page(page.url, b"<a href='/k'>Komunikoj</a>"))],
]))
"""


@pytest.mark.thorough
def test_one_file_adds_a_language(tmp_path: Path) -> None:
    folder = tmp_path / "words"
    shutil.copytree(subject.WORDS_FOLDER, folder)
    (folder / "qaa.toml").write_text(MADE_UP, "utf-8")
    shown = subprocess.run(  # noqa: S603 - this Python
        [sys.executable, "-c", USE, folder], capture_output=True, text=True, check=True
    ).stdout
    assert json.loads(shown) == [
        "2026-03-07",
        "2026-03-08",
        True,
        True,
        "https://harbour.example/news/?folio=2",
        "2024",
        True,
        "maintenance",
        "",
        [1.0],
    ]


@pytest.mark.parametrize(
    ("content", "key", "fact"),
    [
        ('[pager]\nnxt = ["weiter"]', "pager.nxt", "next"),
        ('[dates]\nmonths = ["januar"]', "dates", "12"),
        ('[dates]\norder = "DYM"', "dates.order", "DMY"),
        ("[pager\n", "syntax", "TOML"),
        ("[date_labels]\nchanged = ['updated(']", "date_labels.changed", "updated("),
    ],
)
def test_a_mistake_in_a_file_is_reported_with_file_and_key(
    content: str, key: str, fact: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(subject, "WORDS_FOLDER", tmp_path)
    (tmp_path / "qaa.toml").write_text(content, "utf-8")
    # Without their caches, which hold the bundled files.
    monkeypatch.setattr(subject, "vocabulary", vocabulary.__wrapped__)
    with pytest.raises(LanguageError) as caught:
        pattern.__wrapped__("date_labels.changed")
    assert caught.value.path == str(tmp_path / "qaa.toml")
    assert caught.value.key == key
    assert fact in caught.value.fix


@pytest.mark.parametrize("tag", vocabulary())
def test_each_file_is_named_after_a_language_and_has_valid_expressions(tag: str) -> None:
    assert tag in Locale("en").languages
    for key in EXPRESSIONS:
        for expression in attrgetter(key)(vocabulary()[tag]):
            assert re.compile(expression)


@pytest.mark.parametrize(
    "path", [*sorted(subject.WORDS_FOLDER.glob("*.toml")), PHRASES], ids=attrgetter("stem")
)
def test_no_word_mixes_scripts(path: Path) -> None:
    text = re.sub(r"\\(?:u[0-9A-F]{4}|[a-zA-Z])", " ", path.read_text("utf-8"))
    words = set(re.findall(r"[^\W\d_]+", text))
    scripts = {word: {unicodedata.name(letter).split()[0] for letter in word} for word in words}
    assert {word for word, found in scripts.items() if len(found & SCRIPTS) > 1} == set()


def test_a_name_of_different_months_is_ambiguous_in_all_languages_but_one() -> None:
    months: dict[str, set[int]] = defaultdict(set)
    for dates in (one.dates for one in vocabulary().values()):
        ambiguous = set(map(fold_date, dates.ambiguous))
        for number, names in enumerate(dates.months, 1):
            for name in (fold_date(name.replace("·", " ")) for name in names.split()):
                if name not in ambiguous:
                    months[name].add(number)
    assert {name: found for name, found in months.items() if len(found) > 1} == {}


def test_every_key_of_a_file_is_documented() -> None:
    text = (Path(__file__).parents[3] / "docs/how-to/add-a-language.md").read_text("utf-8")
    tables = LanguageWords.__struct_fields__
    assert all(f"`[{table}]`" in text for table in tables)
    for table in tables:
        for key in getattr(LanguageWords(), table).__struct_fields__:
            assert f"`{key}`" in text, f"{table}.{key}"
    assert DateWords().order is None
