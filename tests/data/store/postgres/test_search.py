"""PostgreSQL finds by the same words as SQLite, and other forms of them where it has a stemmer."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from data.errors import SlowSearch
from data.search.query import Query, upgraded
from data.store.core.store import Store
from data.store.open import open_store
from data.store.postgres import lexemes
from data.store.postgres.store import PostgresStore
from data.store.shared_sql import search as search_module
from data.store.sqlite.store import SqliteStore
from tests.drafts import draft, published
from tests.examples import examples
from tests.postgres_server import PostgresServer
from tests.postgres_store import emptied

NOON = dt.datetime(2026, 3, 2, 12, tzinfo=dt.UTC)

ODD = (
    "aİıIßéẞﬁ½™信号がか\u3099ก่ั한\u1112\u1161\u11ab €_-\u0301\u0345\u200d\u0e31şÇ\ud800\0𐐀𝜜Å0"
    " ฿・ .'\\:*|&!<>()~"
)
"""Letters that fold to several, to none, with their neighbours, or have a meaning in a query."""

TEXTS = st.text(st.sampled_from(ODD), max_size=30) | st.text(max_size=20)
CLEAN = TEXTS.map(lambda text: text.translate({0: None}).encode(errors="ignore").decode())
"""Texts as they come from pages: without NUL, and without halves of surrogate pairs."""

QUERIES = TEXTS | st.text(st.sampled_from('ab 信号"*-'), max_size=12)


@pytest.fixture
def both(postgres_server: PostgresServer, tmp_path: Path) -> Iterator[tuple[Store, ...]]:
    """An empty store on each kind of database."""
    with (
        closing(SqliteStore(tmp_path / "communique.db")) as one,
        closing(open_store(emptied(postgres_server))) as other,
    ):
        yield one, other


@pytest.fixture
def postgres(postgres_server: PostgresServer) -> Iterator[PostgresStore]:
    """An empty store on PostgreSQL."""
    with closing(PostgresStore(emptied(postgres_server))) as opened:
        yield opened


def record(store: Store, number: int, title: str, body: str, **content: str | None) -> None:
    """Record a release whose address ends in a number."""
    one = draft(
        f"http://harbour.example/{number}",
        title=title,
        body_text=body,
        published=published(f"2026-01-{number + 1:02}"),
        **content,
    )
    store.record(one, seen=NOON, since=NOON)


def found(store: Store, query: Query) -> list[str]:
    """The addresses of what a query finds, the newest first; the best are the same, and as many."""
    hits = [one.url for one in store.search_newest(query, limit=50).releases]
    assert store.count_matches(query).total == len(hits)
    if best := store.search(query, limit=50):
        assert sorted(one.url for one in best) == sorted(hits)
    return hits


@settings(examples(30), suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(st.tuples(CLEAN, CLEAN), min_size=1, max_size=4),
    st.lists(QUERIES, max_size=6),
    st.data(),
)
def test_both_databases_find_the_same_releases_for_any_query(
    both: tuple[Store, ...],
    texts: list[tuple[str, str]],
    queries: list[str],
    data: st.DataObject,
) -> None:
    for number, (title, body) in enumerate(texts):
        for store in both:
            record(store, number, f"{title} lamps", f"{body} of pier {number}", language=None)
    for store in both:
        store.update_search_index()
    body = data.draw(st.sampled_from(texts))[1]
    part = body[data.draw(st.integers(0, len(body))) :][:5]
    for text in (*queries, body, f'"{part}"', f'lamps -"{part}"', f'"of pier" "{part}'):
        plain = upgraded(text)
        for query in (plain, f"nowhere OR ({plain or 1})", f"title:({plain or 1}) OR body:pier"):
            one, other = (found(store, Query(query)) for store in both)
            assert one == other, query
    assert len(found(both[1], Query('"of pier"'))) >= 1


def test_a_text_too_long_for_word_positions_is_found_by_its_phrases(
    both: tuple[Store, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lexemes, "LAST_PLACE", 30)
    monkeypatch.setattr(lexemes, "MAX_WORD_POSITIONS", 3)
    words = " ".join(f"pier {n}" for n in range(40))
    text = f"{words} northern mole 信号站 harbour lamps {words}"
    for store in both:
        record(store, 1, "The short one", "northern mole", language=None)
        record(store, 2, "The long one", text, language=None)
        store.update_search_index()
    for query in (
        '"northern mole"', '"mole northern"', "信号站", '"harbour lam*"', '"pier 39"',
        '"39 northern"',
        'one -"northern mole"', 'one -"pier 39"', '"one pier"', '"one northern"', '"lamps pier 0"',
        "title:northern", "body:northern", 'title:"long one"', 'body:"long one" OR title:short',
        "title:lon*", 'one -body:"harbour lamps"', '"mole northern" OR (one -"pier 39")',
        "body:信号站",
    ):  # fmt: skip
        one, other = (found(store, Query(query)) for store in both)
        assert one == other, query
    assert [url[-1] for url in found(both[1], Query('"northern mole"'))] == ["2", "1"]


def test_a_text_too_large_for_a_vector_is_indexed_in_part(
    postgres: PostgresStore,
) -> None:
    body = " ".join(f"{n:040x}" for n in range(60_000))
    record(postgres, 1, "A large one", f"{body} end", language="en")
    record(postgres, 2, "A word that is too long", "lamp" * 3000, language="de")
    assert postgres.update_search_index() == 2
    assert len(found(postgres, Query('"A large one"'))) == 1
    assert len(found(postgres, Query(f'"{5:040x} {6:040x}"'))) == 1
    assert len(found(postgres, Query("lamplamplamp*"))) == 1


FORMS = [
    ("en", "The harbours were opened", "harbour opening", "harbinger"),
    ("de", "Die Häuser der Stadt", "Häusern", "Hausmann"),
    ("fr", "Les élections européennes", "élection européenne", "élite"),
    ("ru", "Открыты новые станции", "станция", "станок"),
    ("es-MX", "Las elecciones nacionales", "elección nacional", "nación"),
]


@pytest.mark.parametrize(("language", "title", "form", "other"), FORMS)
def test_other_forms_of_a_word_are_found_by_the_language_of_the_release(
    postgres: PostgresStore, language: str, title: str, form: str, other: str
) -> None:
    record(postgres, 1, title, "Nothing more.", language=language)
    postgres.update_search_index()
    assert len(found(postgres, Query(form))) == 1
    assert len(found(postgres, Query(form, language=language[:2]))) == 1
    assert not found(postgres, Query(f'"{form}"')), "in quotation marks a word is as it is written"
    assert not found(postgres, Query(other))
    assert len(found(postgres, Query(f'"{title}" -{form.rpartition(" ")[2]}'))) == 1, (
        "nor what must go"
    )


def test_a_stem_of_one_language_does_not_match_in_another(both: tuple[Store, ...]) -> None:
    for store in both:
        record(store, 1, "Die Lampe", "Nichts.", language="de")
        record(store, 2, "The lamp", "Nothing.", language="en")
        record(store, 3, "The lamp", "Nothing.", language=None)
        store.update_search_index()
    sqlite, postgres = both
    assert found(sqlite, Query("lamps")) == []
    assert [url[-1] for url in found(postgres, Query("lamps"))] == ["2"]
    assert [url[-1] for url in found(postgres, Query("lamps lamp"))] == ["2"]
    assert [url[-1] for url in found(postgres, Query("Lampen"))] == ["1"]


def test_words_of_grammar_are_found_as_they_are(postgres: PostgresStore) -> None:
    record(postgres, 1, "To be or not to be", "That is the question.", language="en")
    postgres.update_search_index()
    for query in ("to be", '"or not to be"', "the", "is"):
        assert len(found(postgres, Query(query))) == 1


def test_a_search_that_takes_too_long_is_stopped(
    postgres: PostgresStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(3):
        record(postgres, number, f"Lamps {number}", "Nothing.")
    postgres.update_search_index()
    # Each row that is looked at takes its time.
    hidden = "CREATE VIEW hidden_releases AS SELECT 0 AS release FROM (SELECT pg_sleep(5)) AS slept"
    postgres._connection.execute("ALTER TABLE hidden_releases RENAME TO hidden_for_now")  # noqa: SLF001 - to make it slow
    postgres._connection.execute(hidden)  # noqa: SLF001
    usual = search_module.SEARCH_TIMEOUT_SECONDS
    monkeypatch.setattr("data.store.shared_sql.search.SEARCH_TIMEOUT_SECONDS", 0.05)
    try:
        for ask in (
            lambda: postgres.search(Query("lamps"), limit=5),
            lambda: postgres.search_newest(Query("lamps"), limit=5),
            lambda: postgres.count_matches(Query("lamps")),
        ):
            with pytest.raises(SlowSearch, match="stopped after"):
                ask()
    finally:
        postgres._connection.execute("DROP VIEW hidden_releases")  # noqa: SLF001
        postgres._connection.execute("ALTER TABLE hidden_for_now RENAME TO hidden_releases")  # noqa: SLF001
    monkeypatch.setattr("data.store.shared_sql.search.SEARCH_TIMEOUT_SECONDS", usual)
    assert len(found(postgres, Query("lamps"))) == 3, "what comes after it is asked as ever"


@pytest.mark.thorough
def test_filters_may_be_many_and_long(postgres: PostgresStore) -> None:
    record(postgres, 1, "Lamps", "Nothing.")
    postgres.update_search_index()
    for names in (",".join(map(str, range(3000))), "x" * 100_000, "," * 5000):
        assert found(postgres, Query("lamps", source=names, topic=names)) == []
        assert len(found(postgres, Query("lamps", source=f"{names},harbour"))) == 1
