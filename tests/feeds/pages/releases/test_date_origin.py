"""The origin of a date is explained in words: its text, how it was read, what is unknown."""

from __future__ import annotations

import datetime as dt
import re
from pathlib import Path
from typing import Any

import pytest

import spiders
from data.models import Published
from feeds.pages.releases.date_origin import SENTENCE_BY_RULE, date_origin
from feeds.translations import texts_of

AT = dt.datetime(2022, 11, 24, 8, tzinfo=dt.UTC)
ENGLISH = texts_of("en")
CALL = re.compile(
    r"(?:parse_date|find_dates|scan|on_day|date|stated)\([^()]*(?:\([^()]*\))?[^()]*\)"
)


def said(rule: str, **changes: Any) -> str:
    fields = {"precision": "day", "zone": "Asia/Baku", "raw": "24 noyabr 2022"} | changes
    return date_origin(Published(AT, rule=rule, **fields), ENGLISH)


READ = "“24 noyabr 2022”, interpreted as a date in Baku. No time is given."
COUNTED = "“24 noyabr 2022”, relative to the day of the visit (in Baku time). No time is given."


@pytest.mark.parametrize(
    ("rule", "sentence"),
    [
        ("class", f"The page contains {READ}"),
        ("declared", f"The page contains {READ}"),
        ("json-ld:datePublished", f"The page’s metadata contains {READ}"),
        ("url", f"The page’s address contains {READ}"),
        ("listing:relative", f"The list of releases contains {COUNTED}"),
        ("feed:pubDate", f"The publisher’s feed contains {READ}"),
        (
            "of my own",
            "“24 noyabr 2022” was found, interpreted as a date in Baku. No time is given.",
        ),
    ],
)
def test_the_origin_of_a_day_is_explained(rule: str, sentence: str) -> None:
    assert said(rule) == sentence


def test_the_origin_of_a_time_has_its_zone_and_a_missing_date_is_reported() -> None:
    assert said("time", precision="second", raw="2022-11-24T12:00", zone="+04:00") == (
        "The page marks “2022-11-24T12:00” as a time, interpreted as a time in UTC+04:00."
    )
    assert said("undated", precision="none", raw="") == "No date is given."
    assert said("undated", precision="none", raw="2099") == (
        "The page contains “2099”, which can’t be its date."
    )


def test_right_to_left_quotes_are_isolated() -> None:
    assert "“\u2068٢٤ نوفمبر\u2069”" in said("class", raw="٢٤ نوفمبر")


def test_long_and_hostile_quotes_are_cut_to_one_line() -> None:
    sentence = said("class", raw="x\n\u0007<b>" * 1000)
    assert len(sentence) < 200
    assert "\n" not in sentence
    assert "\u0007" not in sentence


def test_every_rule_that_finds_a_date_has_a_sentence() -> None:
    rules = set[str]()
    for file in Path(spiders.__path__[0]).rglob("*.py"):
        text = file.read_text("utf-8")
        calls = CALL.findall(text)
        rules.update(
            rule for call in calls for rule in re.findall(r', f?"([a-z-]+)[^"]*"\)$', call)
        )
    assert {"declared", "listing", "feed", "url", "pdf", "state"} <= rules
    assert rules <= set(SENTENCE_BY_RULE)
