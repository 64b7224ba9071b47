"""Which watches an event matches."""

from __future__ import annotations

import datetime as dt
import random
from dataclasses import replace
from typing import Any

import pytest

from data.identity.decision import first_release
from data.models import AlertKind, Content, EditClasses
from data.search.folded_release import evaluator
from data.watches.matching import AlertEvent, WatchIndex, folded, release_event, rule_of
from data.watches.watch_file import Watch
from tests.drafts import draft

TEXT = Content(
    "Harbour closed at Lindmouth",
    language="pt-BR",
    topics=("transport", "weather"),
    body_text="The pilot station reopens.\n\nÉclair tests, said Odile. 東京港が閉鎖された",
)


def matches(
    content: Content | None = TEXT,
    kind: AlertKind = "release",
    *,
    backlog: bool = False,
    **watch: Any,
) -> bool:
    """Whether a watch of these keys matches an event of the source harbour."""
    index = WatchIndex({"one": Watch("One", query_language=2, **watch)})
    return index.matching(AlertEvent(kind, "harbour", content, backlog)) == ("one",)


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", True),
        ("HARBOUR", True),
        ("harbour pilot", True),
        ("harbour drill", False),
        ("harb", False),
        ("harb*", True),
        ("closet*", False),
        ('"pilot station"', True),
        ('"station pilot"', False),
        # A phrase doesn't run from the title into the body.
        ('"lindmouth the"', False),
        ('"pilot stat*"', True),
        ('"pilot rat*"', False),
        ("eclair", True),
        ("harbour -drill", True),
        ("harbour -pilot", False),
        ('harbour -"pilot station"', False),
        ('harbour -"station pilot"', True),
        ("-drill", True),
        ("-pilot", False),
        ("storm OR pilot", True),
        ("storm OR drill", False),
        ("(storm OR closed) -(drill OR ferry)", True),
        ("title:harbour body:station", True),
        ("title:station", False),
        ('body:"pilot stat*" OR title:x', True),
        ("lang:pt topic:weather source:harbour", True),
        ("lang:en OR source:acme", False),
        ("after:2025 OR state:corrected", False),
        # Scripts without spaces: a run of letters is a phrase.
        ("東京", True),
        ("京東", False),
    ],
)
def test_words_match_as_in_searches(query: str, expected: bool) -> None:  # noqa: FBT001
    assert matches(query=query) is expected


@pytest.mark.parametrize(
    ("keys", "expected"),
    [
        ({"sources": ("harbour", "acme")}, True),
        ({"sources": ("acme",)}, False),
        ({"topics": ("weather",)}, True),
        ({"topics": ("sport",)}, False),
        ({"languages": ("pt",)}, True),
        ({"languages": ("pt-br",)}, True),
        ({"languages": ("pt-PT", "en")}, False),
        ({"kinds": ("edit",)}, False),
        ({"query": "harbour", "sources": ("acme",)}, False),
        ({"query": "harbour", "topics": ("sport", "transport")}, True),
    ],
)
def test_each_key_narrows_a_watch_to_any_of_its_values(
    keys: dict[str, Any],
    expected: bool,  # noqa: FBT001
) -> None:
    assert matches(**keys) is expected


def test_a_query_in_the_older_language_keeps_its_meaning() -> None:
    index = WatchIndex({"one": Watch("One", query="storm OR pilot")})
    assert index.matching(AlertEvent("release", "harbour", TEXT)) == ()
    both = replace(TEXT, title="Storm or calm")
    assert index.matching(AlertEvent("release", "harbour", both)) == ("one",)


def test_the_state_and_the_day_of_a_release_match() -> None:
    at = dt.datetime(2026, 3, 2, tzinfo=dt.UTC)
    release = replace(first_release(draft(), at), revision=2)
    index = WatchIndex(
        {
            "edited": Watch("A", query="state:corrected before:2027", query_language=2),
            "retracted": Watch("B", query="state:retracted", query_language=2),
            "undated": Watch("C", query="-before:9999 lang:en", query_language=2),
        }
    )
    event = release_event("edit", release)
    assert event is not None
    assert index.matching(event) == ("edited",)


@pytest.mark.parametrize(
    ("fields", "is_match"),
    [
        ({}, True),
        ({"min_weight": 0.5}, True),
        ({"min_weight": 0.51}, False),
        ({"edit_classes": ("figure", "title")}, True),
        ({"edit_classes": ("title",)}, False),
        ({"edit_classes": ("silent",)}, True),
        ({"edit_classes": ("announced",)}, False),
        ({"query": "edit:figure weight:>0.4", "query_language": 2}, True),
        ({"query": "edit:title", "query_language": 2}, False),
    ],
)
def test_a_watch_is_narrowed_by_the_classes_of_edits(
    fields: dict[str, Any], *, is_match: bool
) -> None:
    index = WatchIndex({"one": Watch("One", **fields)})
    edit = EditClasses(("figure",), 0.5)
    found = index.matching(AlertEvent("edit", "harbour", TEXT, edit=edit))
    assert found == (("one",) if is_match else ())
    # Other events have no weight, which does not exclude them.
    others = index.matching(AlertEvent("retraction", "harbour", TEXT))
    assert others == (() if "query" in fields else ("one",))


def test_a_watch_names_a_saved_search() -> None:
    watch = {"one": Watch("One", query="saved:work -drill", query_language=2)}
    event = AlertEvent("release", "harbour", TEXT)
    assert WatchIndex(watch, {"work": "dredging OR pilot"}).matching(event) == ("one",)
    assert WatchIndex(watch, {"work": "dredging"}).matching(event) == ()
    assert WatchIndex(watch).matching(event) == ()


def test_a_watch_of_a_topic_matches_a_section_of_that_name() -> None:
    of_section = replace(TEXT, section="Storm  WARNINGS", topics=())
    assert matches(of_section, topics=("storm-warnings",))
    assert not matches(of_section, topics=("transport",))
    assert not matches(topics=("storm-warnings",))


def test_a_release_without_a_language_matches_no_watch_of_languages() -> None:
    assert not matches(replace(TEXT, language=None), languages=("en",))


def test_backlog_is_matched_only_if_requested() -> None:
    assert not matches(backlog=True)
    index = WatchIndex({"all": Watch("All", backlog=True), "news": Watch("News")})
    assert index.matching(AlertEvent("release", "harbour", TEXT, backlog=True)) == ("all",)
    assert index.matching(AlertEvent("release", "harbour", TEXT)) == ("all", "news")


def test_health_matches_only_by_source_and_kind() -> None:
    assert not matches(None, "health")
    assert matches(None, "health", kinds=("health",), query="storm", topics=("sport",))
    assert not matches(None, "health", kinds=("health",), sources=("acme",))


def test_our_own_network_concerns_watches_of_any_source() -> None:
    watches = {
        "acme": Watch("Acme", kinds=("health",), sources=("acme",)),
        "news": Watch("News", sources=("acme",)),
    }
    assert WatchIndex(watches).matching(AlertEvent("health", "")) == ("acme",)


def test_a_hidden_release_is_not_an_event() -> None:
    at = dt.datetime(2026, 3, 2, tzinfo=dt.UTC)
    release = first_release(draft(), at)
    assert release_event("release", release) is not None
    assert release_event("release", replace(release, hidden=True)) is None


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ('"the pilot station"', True),
        ('"pilot the station"', False),
        ('title:"harbour closed"', True),
        ('body:"harbour closed"', False),
        ('title:"pilot station"', False),
        ("body:pilot", True),
        ("body:lindmouth", False),
        ("title:lind*", True),
        ("body:lind*", False),
        ("lindmo*", True),
        ("lindma*", False),
        ('"harbour clos*"', True),
        ('"pilot clos*"', False),
        ("title:pilot OR drill", False),
        ("(harbour pilot) OR drill", True),
        ("(harbour drill) OR (pilot storm)", False),
    ],
)
@pytest.mark.parametrize("other", ["", "harbour OR ferry", "source:harbour,acme -drill"])
def test_keys_of_the_index_select_no_more_than_the_query(
    query: str,
    other: str,
    expected: bool,  # noqa: FBT001
) -> None:
    assert matches(query=f"({query}) ({other})" if other else query) is expected


def test_an_index_of_many_watches_finds_what_each_expression_matches() -> None:
    chance = random.Random(7)
    words = ["harbour", "closed", "pilot", "station", "drill", "storm", "odile", "tests", "ferry"]
    watches = {}
    for number in range(600):
        some = chance.sample(words, chance.randint(0, 4))
        forms = ["{}", "{}", "-{}", "{:.4}*", "title:{}", "-body:{:.4}*", '"pilot {}"', "lang:pt"]
        terms = [chance.choice(forms).format(one) for one in some]
        query = " ".join(terms[:2])
        if len(terms) > 2:
            query = chance.choice(["({}) OR ({})", "{} ({})"]).format(query, " OR ".join(terms[2:]))
        sources = chance.choice([(), (), ("harbour",), ("acme", "harbour"), ("acme",)])
        some_kinds: list[tuple[AlertKind, ...]] = [("edit",), ("release", "edit"), ("release",)]
        kinds = chance.choice(some_kinds)
        watch = Watch("W", query=query, query_language=2, sources=sources, kinds=kinds)
        watches[f"w{number:03}"] = watch
        if number % 10 == 0:
            watches[f"w{number:03}-again"] = watch
    event = AlertEvent("edit", "harbour", TEXT)
    release = folded(event, frozenset(["harbour"]))
    expected = [
        name
        for name, watch in watches.items()
        if "edit" in watch.kinds and evaluator(rule_of(name, watch, {}).expression)(release)
    ]
    assert 20 < len(expected) < 580
    assert WatchIndex(watches).matching(event) == tuple(expected)
