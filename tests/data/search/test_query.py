"""Searching: what is found, in what order, in every script."""

from __future__ import annotations

import datetime as dt
import json
from contextlib import suppress
from itertools import count
from pathlib import Path
from typing import Final

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from data.errors import QueryError
from data.models import Facet
from data.search import query as results_module
from data.search.query import Query, upgraded
from data.store.core.store import Store
from data.store.postgres import search as postgres_search
from data.store.shared_sql import search as search_module
from data.store.sqlite.store import SqliteStore
from tests.command import communique
from tests.drafts import BODY, draft, published

HOUR = dt.timedelta(hours=1)

DAYS = ("2024-12-31", "2025-01-01", "2025-01-02", "2025-03-04", "2025-03-04", "2026-01-05")
LANGUAGES = ("en", "en-GB", "de", "az", "en", "zz-unknown")


@pytest.fixture
def lamps(store: Store) -> Store:
    """Six releases of two sources, and one without a day, that all speak of lamps."""
    for number, (day, language) in enumerate(zip(DAYS, LANGUAGES, strict=True)):
        source = ("harbour", "wire")[number % 2]
        one = draft(
            f"http://{source}.example/{number}",
            source=source,
            title=f"Lamps {number}",
            body_text=f"All about lamps, and the number {number}.",
            language=language,
            topics=("transport",) if number < 2 else (),
            published=published(day),
        )
        store.record(one, seen=NOON, since=NOON)
    store.update_search_index()
    return store


def found_names(store: Store, query: Query, *, limit: int = 2) -> list[str]:
    """The names of all matches, page after page."""
    found, cursor = [], None
    while True:
        hits = store.search_newest(query, limit=limit, cursor=cursor)
        assert len(hits.releases) <= limit
        found += [one.url.rpartition("/")[2] for one in hits.releases]
        cursor = hits.cursor
        if cursor is None:
            return found


def test_pages_lead_to_the_first_match_and_hold_each_once(lamps: Store) -> None:
    newest_first = ["5", "4", "3", "2", "1", "0"]
    for limit in range(1, 8):
        assert found_names(lamps, Query("lamps"), limit=limit) == newest_first
    assert (
        found_names(lamps, Query("lamps", since=dt.date(2025, 1, 1)), limit=3) == newest_first[:5]
    )


def test_counts_are_those_of_all_matches(lamps: Store) -> None:
    found = lamps.count_matches(Query("lamps"))
    assert (found.total, found.more) == (6, False)
    assert found.sources == {"harbour": 3, "wire": 3}
    assert found.topics == {"transport": 2}
    assert found.languages == {"en": 3, "de": 1, "az": 1}
    assert found.periods == {
        "2024": 1,
        "2025": 4,
        "2026": 1,
        "2024-12": 1,
        "2025-01": 2,
        "2025-03": 2,
        "2026-01": 1,
    }
    assert found.states == {}
    assert lamps.count_matches(Query("nowhere")).total == 0
    assert lamps.count_matches(Query("")).total == 0


@pytest.mark.parametrize(
    ("query", "found"),
    [
        (Query("lamps", language="en"), "410"),
        (Query("lamps", language="EN-gb"), "1"),
        (Query("lamps", language="de,az"), "32"),
        (Query("", language="en"), "410"),
        (Query("", "wire", since=dt.date(2025, 2, 1)), "53"),
        (Query("-4", topic="transport"), "10"),
        (Query("-lamps", "wire"), ""),
        (Query("-lamps -4"), ""),
        (Query("?", "wire"), ""),
        (Query("", since=dt.date(2025, 3, 1), until=dt.date(2025, 12, 31)), "43"),
        (Query("-4", until=dt.date(2025, 12, 31)), "3210"),
        (Query("lamps", since=dt.date(2026, 1, 1), until=dt.date(2025, 1, 1)), ""),
    ],
)
def test_filters_alone_and_with_words(lamps: Store, query: Query, found: str) -> None:
    assert found_names(lamps, query) == list(found)
    assert lamps.count_matches(query).total == len(found)


def test_corrected_and_retracted_releases_are_found_by_state(lamps: Store) -> None:
    text = "All about lamps, and the number 0. It was wrong in the year before."
    edited = draft(
        "http://harbour.example/0",
        title="Lamps 0",
        body_text=text,
        language="en",
        published=published(DAYS[0]),
    )
    assert lamps.record(edited, seen=NOON + HOUR, since=NOON + HOUR).kind == "changed"
    gone = lamps.search_newest(Query("lamps"), limit=1).releases[0]
    lamps.retract(gone.id, at=NOON + HOUR)
    lamps.update_search_index()
    assert lamps.count_matches(Query("lamps")).states == {"corrected": 1, "retracted": 1}
    assert found_names(lamps, Query("lamps", state="corrected")) == ["0"]
    assert found_names(lamps, Query("", state="retracted,corrected")) == ["5", "0"]
    lamps.mark_unchanged(gone.id, seen=NOON + 2 * HOUR)
    lamps.update_search_index()
    assert lamps.count_matches(Query("lamps")).states == {"corrected": 1}


def test_an_edited_release_is_counted_once_and_a_hidden_one_not_at_all(
    lamps: Store,
) -> None:
    newest = lamps.search_newest(Query("lamps"), limit=1).releases[0]
    lamps.hide(newest.id, at=NOON, why="It is an advertisement.")
    assert found_names(lamps, Query("lamps")) == ["4", "3", "2", "1", "0"]
    assert lamps.count_matches(Query("lamps")).total == 5


def test_above_the_bound_the_newest_are_counted(
    lamps: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert results_module.MAX_COUNTED == 10_000
    for bound in count(3):
        monkeypatch.setattr(search_module, "MAX_COUNTED", bound)
        found = lamps.count_matches(Query("lamps"))
        assert (found.total, found.more) == (min(bound, 6), bound < 6)
        assert sum(found.sources.values()) == found.total
        if not found.more:
            break
    assert found.total == 6


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.integers(), st.text(), st.text(st.sampled_from("\"*-() :,%\x00'ab"), max_size=20))
def test_no_cursor_and_no_filter_is_a_wrong_one(
    lamps: Store, cursor: int, text: str, syntax: str
) -> None:
    assert len(lamps.search_newest(Query("lamps"), limit=2, cursor=cursor).releases) <= 2
    for query in (Query("lamps", text, syntax), Query("-no", language=text, state=syntax)):
        assert len(lamps.search_newest(query, limit=2).releases) <= lamps.count_matches(query).total


def test_very_many_sources_are_queued_at_once(lamps: Store) -> None:
    wanted = ",".join([*map(str, range(3000)), "wire"])
    assert found_names(lamps, Query("lamps", wanted)) == ["5", "3", "1"]


NOON = dt.datetime(2026, 3, 2, 12, tzinfo=dt.UTC)

TEXTS = {
    "lamps": ("Lamps for the mole", "The harbour board bought forty lamps for the northern mole."),
    "tides": (
        "Tides in March",
        "High water at the mole, as harbour lamps will show; lamps of old.",
    ),
    "cafe": ("Café Zürich opens", "Le café de la gare à Genève ouvre ses portes aux élèves."),
    "zh": ("港口新信号站启用", "港务局星期一启用了新的信号站，耗资四百二十万克朗。"),
    "ja": ("新しい信号所が開所", "港湾局は月曜日に新しい信号所を開所しました。"),
    "th": ("เปิดสถานีสัญญาณใหม่", "การท่าเรือเปิดสถานีสัญญาณใหม่ในวันจันทร์"),
    "hi": ("नया सिग्नल स्टेशन", "बंदरगाह बोर्ड ने सोमवार को नया सिग्नल स्टेशन खोला।"),
    "ar": ("افتتاح محطة الإشارات", "افتتح مجلس الميناء محطة الإشارات الجديدة يوم الاثنين."),
    "ru": ("Открыта сигнальная станция", "Портовое управление открыло станцию; ёлка и йод."),
    "az": ("İLIN SON IŞIĞI", "Limanda yeni çıraq yandırıldı."),
    "ko": ("새 신호소 개소", "항만청은 월요일 새 신호소를 열었다."),
}


def nested(step: str, times: int, inner: str) -> str:
    """A query within itself, with another word in place of ``x`` each time."""
    for number in range(times):
        inner = step.replace("x", f"w{number}").format(inner)
    return inner


@pytest.mark.parametrize("step", ["x OR -({})", "-(x OR {})", "x ({} OR x)", "(x OR x {})"])
def test_a_query_can_be_searched_however_deep_it_is_or_is_refused(lamps: Store, step: str) -> None:
    searched = 0
    for times in range(1, 11):
        saved = {"inner": nested(step, times, "lamps")}
        query = Query(nested(step, times, "saved:inner"), "harbour", saved=saved)
        with suppress(QueryError):
            lamps.search_newest(query, limit=5)
            searched += 1
    assert 3 < searched < 10


@pytest.fixture
def filled(store: Store) -> Store:
    """A store with a release in each script, indexed."""
    fill(store)
    return store


def fill(store: Store) -> None:
    """Record a release in each script, and enter them into the index."""
    for number, (name, (title, body)) in enumerate(TEXTS.items()):
        store.record(
            draft(
                f"http://harbour.example/{name}",
                title=title,
                body_text=body,
                topics=("transport", f"topic-{number}"),
                section="Warnings" if name == "cafe" else None,
                published=published(f"2026-02-{number + 1:02}"),
            ),
            seen=NOON,
            since=NOON,
        )
    store.update_search_index()


def names(store: Store, text: str, **filters: object) -> list[str]:
    """The names of the releases that a query finds, best first."""
    query = Query(text, **filters)  # type: ignore[arg-type]  # a test's own keywords
    return [release.url.rpartition("/")[2] for release in store.search(query, limit=20)]


MATCHES: Final[tuple[tuple[str, list[str]], ...]] = (
    ("lamps mole", ["lamps", "tides"]),
    ("LAMPS", ["lamps", "tides"]),
    ("lamps -tides", ["lamps"]),
    ('"northern mole"', ["lamps"]),
    ('"mole northern"', []),
    ('mole -"northern mole"', ["tides"]),
    ("harb*", ["lamps", "tides"]),
    ("harb", []),
    ("信号*", ["ja", "zh"]),
    ("cafe geneve", ["cafe"]),
    ("CAFÉ", ["cafe"]),
    ("信号站", ["zh"]),
    ("信号", ["ja", "zh"]),
    ("站", ["zh"]),
    ("月曜日", ["ja"]),
    ("สัญญาณ", ["th"]),
    ("स्टेशन", ["hi"]),
    ("محطة", ["ar"]),
    ("станция", ["ru"]),
    ("елка", ["ru"]),
    ("신호소", ["ko"]),
    ("ilin ışığı", ["az"]),
    ("ÇIRAQ YANDIRILDI", ["az"]),
    ("-lamps", []),
    ("", []),
    ("nowhere", []),
)
"""Queries, and the names of the releases that they find."""


def test_words_phrases_beginnings_and_exclusions_in_every_script(filled: Store) -> None:
    found = {query: sorted(names(filled, query)) for query, _ in MATCHES}
    assert found == {query: sorted(expected) for query, expected in MATCHES}


def test_a_title_counts_more_than_a_body(filled: Store) -> None:
    assert names(filled, "lamps") == ["lamps", "tides"]


def test_filters_choose_by_source_topic_and_days_inclusive(filled: Store) -> None:
    other = draft("http://wire.example/1", source="wire", title="Lamps", body_text="Lamps again.")
    filled.record(other, seen=NOON, since=NOON)
    filled.update_search_index()
    assert names(filled, "lamps", source="wire") == ["1"]
    assert names(filled, "lamps", source="nobody") == []
    assert names(filled, "lamps", topic="topic-1") == ["tides"]
    assert names(filled, "lamps", source="harbour", topic="transport") == ["lamps", "tides"]
    first, second = dt.date(2026, 2, 1), dt.date(2026, 2, 2)
    assert names(filled, "lamps", until=first) == ["lamps"]
    assert names(filled, "lamps", since=second, until=second) == ["tides"]


def test_an_edit_is_found_by_its_new_words_and_no_longer_by_the_old(filled: Store) -> None:
    title, body = TEXTS["lamps"]
    edited = draft(
        "http://harbour.example/lamps",
        title=title,
        body_text=body.replace("forty", "fifty"),
        topics=("economy",),
        published=published("2026-02-01"),
    )
    filled.record(edited, seen=NOON, since=NOON)
    assert names(filled, "fifty") == [], "the index is entered apart from the write"
    assert filled.update_search_index() == 1
    assert filled.update_search_index() == 0
    assert names(filled, "fifty") == ["lamps"]
    assert names(filled, "forty") == []
    assert names(filled, "lamps", topic="economy") == ["lamps"]
    assert names(filled, "lamps", topic="topic-0") == []


def test_of_many_matches_the_newest_are_ranked_in_any_order_of_arrival(
    sqlite_store: SqliteStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    store, ranked = sqlite_store, 40
    monkeypatch.setattr("data.store.shared_sql.search.MAX_RANKED_MATCHES", ranked)
    first = dt.date(2000, 1, 1)
    days = [first + dt.timedelta(days=number) for number in range(ranked + 2)]
    with store.transaction():
        for day in reversed(days):
            one = draft(
                f"http://harbour.example/{day}",
                title="Tides",
                body_text=f"Tides of {day}",
                topics=(),
                published=published(str(day)),
            )
            store.record(one, seen=NOON, since=NOON)
    store.update_search_index()
    found = [*store.search(Query("tides"), limit=ranked + 2)]
    assert {one.published.day for one in found} == set(days[2:])
    assert names(store, "tides", until=days[1]) == [str(days[1]), str(days[0])]


def test_newest_releases_and_searches_are_answered_by_indexes_alone(
    sqlite_store: SqliteStore,
) -> None:
    filled, said = sqlite_store, list[str]()
    fill(filled)
    db = filled._connection.db  # noqa: SLF001 - to look over its shoulder
    db.set_trace_callback(said.append)
    for facet in (Facet(), Facet("harbour"), Facet(topic="transport"), Facet("harbour", "x")):
        list(filled.releases(facet, limit=50))
    names(filled, "lamps", source="harbour", since=dt.date(2026, 2, 1))
    db.set_trace_callback(None)
    asked = [sql for sql in said if sql.startswith("SELECT")]
    steps = [row[3] for sql in asked for row in db.execute(f"EXPLAIN QUERY PLAN {sql}")]
    assert len(steps) > len(asked) > 5
    assert [s for s in steps if "TEMP B-TREE" in s or ("SCAN" in s and "INDEX" not in s)] == []


EXPRESSIONS: Final[tuple[tuple[str, list[str]], ...]] = (
    ("mole OR 信号", ["ja", "lamps", "tides", "zh"]),
    ("tides OR northern -forty", ["tides"]),
    ("(tides OR northern) AND NOT march", ["lamps"]),
    ("lamps -(tides OR nowhere)", ["lamps"]),
    ('lamps NOT "high water"', ["lamps"]),
    ("title:lamps", ["lamps"]),
    ("body:lamps", ["lamps", "tides"]),
    ("body:lamps -title:lamps", ["tides"]),
    ('title:"lamps for"', ["lamps"]),
    ("title:(tides OR opens) OR title:信号站", ["cafe", "tides", "zh"]),
    ("title:mar* lamps", ["tides"]),
    ('body:"harbour lam*"', ["tides"]),
    ("topic:transport mole", ["lamps", "tides"]),
    ("mole topic:topic-1,topic-2", ["tides"]),
    ("topic:topic-1 OR topic:(topic-2 topic-3)", ["tides"]),
    ("lamps -topic:topic-1", ["lamps"]),
    ("kind:warnings", ["cafe"]),
    ("kind:transport", []),
    ("topic:Warnings", ["cafe"]),
    ("source:harbour mole", ["lamps", "tides"]),
    ("source:wire mole", []),
    ("lang:en mole", ["lamps", "tides"]),
    ("mole lang:de", []),
    ("mole after:2026-02-01", ["tides"]),
    ("mole before:2026-02-02", ["lamps"]),
    ("mole before:2026", []),
    ("mole after:2026-01", ["lamps", "tides"]),
    ("lamps (after:2026-02-01 OR northern)", ["lamps", "tides"]),
    ("mole -after:2026-02-01", ["lamps"]),
    ("(mole before:2026-02-02) OR (信号 after:2026-02-04)", ["ja", "lamps"]),
    ("mole OR before:2026-02-02", ["lamps", "tides"]),
    ("state:retracted", []),
    ("mole -state:corrected", ["lamps", "tides"]),
    ("lamps OR -tides", []),
)
"""Queries with operators and fields, and the names of the releases that they find."""


def test_operators_brackets_and_fields_select_releases(filled: Store) -> None:
    found = {}
    for query, _ in EXPRESSIONS:
        hits = filled.search_newest(Query(query), limit=20).releases
        found[query] = sorted(one.url.rpartition("/")[2] for one in hits)
        assert filled.count_matches(Query(query)).total == len(hits)
        if best := names(filled, query):
            assert sorted(best) == found[query]
    assert found == {query: sorted(expected) for query, expected in EXPRESSIONS}


def test_a_saved_search_is_part_of_a_query(filled: Store) -> None:
    saved = {"lights": "lamps OR saved:signals", "signals": "信号"}
    query = Query("saved:lights -tides", saved=saved)
    hits = filled.search_newest(query, limit=20).releases
    assert sorted(one.url.rpartition("/")[2] for one in hits) == ["ja", "lamps", "zh"]


def test_pages_of_a_query_with_periods_lead_to_the_first_match(lamps: Store) -> None:
    query = Query("(lamps before:2025) OR (lamps after:2025-01-01) OR nowhere")
    for limit in range(1, 8):
        assert found_names(lamps, query, limit=limit) == ["5", "4", "3", "2", "0"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("lamps", ["5", "4", "3", "2", "1", "0", "undated"]),
        ("lamps before:2025", ["0"]),
        ("lamps after:2025", ["5"]),
        ("lamps before:9999", ["5", "4", "3", "2", "1", "0"]),
        ("lamps -before:9999", ["undated"]),
        ("lamps NOT (before:2025 OR after:2024)", ["undated"]),
        ("lamps (harvest OR after:2025)", ["5", "undated"]),
        ("after:2025 OR harvest", ["5", "undated"]),
    ],
)
def test_undated_releases_are_last_and_neither_before_nor_after_a_day(
    lamps: Store, text: str, expected: list[str]
) -> None:
    url, title = "http://harbour.example/undated", "Lamps of the harvest"
    lamps.record(draft(url, title=title, published=None, position=0), seen=NOON, since=NOON)
    lamps.update_search_index()
    query = Query(text)
    for limit in (1, 2, 9):
        assert found_names(lamps, query, limit=limit) == expected
        matches, first = lamps.count_and_search(query, limit=limit)
        assert first == lamps.search_newest(query, limit=limit)
        assert matches == lamps.count_matches(query)
        assert matches.total == len(expected)
        years = [count for period, count in matches.periods.items() if len(period) == 4]
        assert sum(years) == len([one for one in expected if one != "undated"])
    filtered = Query(text, since=dt.date(1, 1, 1))
    assert found_names(lamps, filtered) == [one for one in expected if one != "undated"]


def test_windows_of_the_newest_rows_hold_all_matches(
    lamps: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(postgres_search, "MIN_WINDOWED", 0)
    for window in range(8):
        monkeypatch.setattr(postgres_search, "WINDOW", window)
        assert found_names(lamps, Query("lamps"), limit=3) == ["5", "4", "3", "2", "1", "0"]
        assert lamps.count_matches(Query("lamps before:2026")).total == 5


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.text() | st.text(st.sampled_from("ab\"*-() ^:{}'+ORNEAR信\u0301\u200b"), max_size=30))
def test_any_text_is_a_query_or_has_a_fault_at_a_position(filled: Store, text: str) -> None:
    fault = None
    try:
        assert filled.search(Query(text, source=text, topic=text), limit=5) == ()
        assert len(filled.search(Query(text), limit=5)) <= 5
    except QueryError as error:
        fault = error
    assert fault is None or 0 <= fault.position <= len(text)
    assert len(filled.search(Query(upgraded(text)), limit=5)) <= 5


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A HOME with some releases, one of them edited, one also told by another source."""
    file, home = tmp_path / "lines.jsonl", tmp_path / "home"

    def bring(source: str, *names: str, **changes: str) -> None:
        lines = [
            {
                "url": f"https://{source}.example/{name}",
                "title": TEXTS[name][0],
                "published": "2026-03-02",
                "body_text": TEXTS[name][1],
                **changes,
            }
            for name in names
        ]
        file.write_text("\n".join(map(json.dumps, lines)))
        assert communique("import", str(file), "--source", source, home=home).returncode == 0

    bring("harbour", "tides", "zh", "ar")
    bring("harbour", "lamps", body_text=BODY)
    bring("wire", "lamps", body_text=BODY)
    bring("harbour", "tides", body_text=TEXTS["tides"][1].replace("High", "Low", 1))
    return home


def test_search_and_show_on_the_command_line(home: Path) -> None:
    hits = json.loads(communique("search", "tides", "--json", home=home).stdout)["releases"]
    (hit,) = hits
    assert (hit["title"], hit["revision"], hit["published"]) == ("Tides in March", 2, "2026-03-02")
    assert "mole" in hit["passage"]
    assert "body_text" not in hit
    assert "Tides in March (corrected)\n" in communique("search", "tides", home=home).stdout
    assert "Tides in March" in communique("search", "tides", "mole", home=home).stdout
    assert communique("search", "nowhere", home=home).stdout == "no matches\n"
    misspelt = communique("search", "tidse", home=home).stdout
    assert misspelt == "no matches; try instead: Tides\n"
    for filter_, named in {"source": "source", "topic": "topic", "lang": "tag"}.items():
        for value in ("nope!", ""):
            lost = communique("search", "tides", f"--{filter_}", value, home=home)
            assert (lost.returncode, lost.stdout) == (2, ""), (filter_, value)
            assert named in lost.stderr
    every = communique("search", "tides", "--source", "wire,harbour", "--json", home=home)
    assert json.loads(every.stdout)["releases"][0]["id"] == hit["id"]
    noted = communique("search", "tides or mole", home=home)
    assert noted.stderr.startswith("communique: “or” is searched as a word")
    either = communique("search", "nowhere OR (title:tides source:harbour)", "--json", home=home)
    assert [one["id"] for one in json.loads(either.stdout)["releases"]] == [hit["id"]]
    for query, fault in (("tides (mole", "character 7"), ("source:harbor", "harbour")):
        refused = communique("search", query, home=home)
        assert (refused.returncode, refused.stdout) == (2, "")
        assert fault in refused.stderr
    never = communique("search", "tides", "--since", "2026-02-31", home=home)
    assert never.returncode == 2
    assert "'2026-02-31' is not a valid day" in never.stderr

    def shown(*arguments: str) -> str:
        result = communique("show", *arguments, home=home)
        assert result.returncode == 0, result.stderr
        return result.stdout

    for name in (hit["id"], hit["id"][:9], "http://www.harbour.example/tides/"):
        assert json.loads(shown(name, "--json"))["id"] == hit["id"]
    assert "Low water at the mole" in shown(hit["id"])
    versions = json.loads(shown(hit["id"], "--revisions", "--json"))["revisions"]
    assert [one["body_text"][:4] for one in versions] == ["High", "Low "]
    (edit,) = json.loads(shown(hit["id"], "--diff", "--json"))["edits"]
    assert edit["revision"] == 2
    assert edit["changes"][0]["text"].startswith("[-High-]{+Low+} water")
    assert "<del>High</del><ins>Low</ins>" in edit["changes"][0]["html"]
    assert "[-High-]{+Low+}" in shown(hit["id"], "--diff")
    assert ", ".join([*edit["classes"], "silent"]) in shown(hit["id"], "--diff").split("\n")[0]
    assert f"weight {edit['weight']:.2f}" in shown(hit["id"], "--diff").split("\n")[0]
    assert "Version 1" in shown(hit["id"], "--revisions")
    told = shown(hit["id"], "--provenance")
    assert "by the rule import" in told
    assert f"seen at {hit['url']}" in told
    source = json.loads(shown(hit["id"], "--provenance", "--json"))
    assert source["published"] == {"raw": "2026-03-02", "rule": "import", "zone": "UTC"}


def test_the_command_line_pages_to_the_last_hit(home: Path) -> None:
    for order in ([], ["--newest"]):
        pages: list[str] = []
        arguments = ["search", "mole", *order, "--limit", "2", "--json"]
        following: str | None = ""
        while following is not None:
            cursor = ["--cursor", following] if following else []
            page = json.loads(communique(*arguments, *cursor, home=home).stdout)
            assert (page["total"], page["more"]) == (3, False)
            pages += [one["id"] for one in page["releases"]]
            following = page["next"]
        assert len(pages) == len(set(pages)) == 3
    first = communique("search", "mole", "--limit", "1", home=home).stdout
    assert "\n3 matches; --cursor 1 " in first
    state = ("search", "tides", "--state", "corrected", "--json")
    assert len(json.loads(communique(*state, home=home).stdout)["releases"]) == 1
    lost = communique("search", "tides", "--lang", "xx", home=home)
    assert '"xx" is not a language tag' in lost.stderr


def test_show_displays_the_story_and_what_is_unknown(home: Path) -> None:
    result = communique("show", "https://wire.example/lamps", "--json", home=home)
    tellings = json.loads(result.stdout)["tellings"]
    assert [one["source"] for one in tellings] == ["harbour", "wire"]
    assert [one["overlap"] for one in tellings] == [1.0, 1.0]
    shown = communique("show", "https://wire.example/lamps", home=home).stdout
    assert "first published" in shown
    assert "100% the same, at the same time" in shown
    unknown = communique("show", "https://nowhere.example/", home=home)
    assert unknown.returncode == 1
    assert "there is no release" in unknown.stderr
    empty = communique("show", "", home=home)
    assert (empty.returncode, "RELEASE is empty" in empty.stderr) == (1, True)
