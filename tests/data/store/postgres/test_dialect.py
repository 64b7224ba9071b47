"""Statements that SQLite takes, as psycopg takes them."""

from __future__ import annotations

import datetime as dt

import pytest

from data.models import Facet
from data.store.open import open_store
from data.store.postgres.connection import translated
from tests.drafts import draft
from tests.postgres_server import PostgresServer
from tests.postgres_store import emptied


@pytest.mark.parametrize(
    ("sql", "psycopg"),
    [
        ("SELECT a FROM t WHERE b = ? AND c = ?", "SELECT a FROM t WHERE b = %s AND c = %s"),
        ("SELECT :name, :name", "SELECT %(name)s, %(name)s"),
        ("SELECT ?2, ?1, ?2", "SELECT %(2)s, %(1)s, %(2)s"),
        ("SELECT json_extract(c, '$.a?b:c')", "SELECT json_extract(c, '$.a?b:c')"),
        ("SELECT '100 % of it''s ?', ?", "SELECT '100 %% of it''s ?', %s"),
        ("SELECT ?::tsvector, CAST(:a AS TEXT)", "SELECT %s::tsvector, CAST(%(a)s AS TEXT)"),
        ("SELECT 1 FROM t CROSS JOIN u ON u.a = t.a", "SELECT 1 FROM t JOIN u ON u.a = t.a"),
        ("SELECT 1 FROM t r INDEXED BY i WHERE true", "SELECT 1 FROM t r WHERE true"),
    ],
)
def test_arguments_are_written_as_psycopg_writes_them_and_hints_left_out(
    sql: str, psycopg: str
) -> None:
    assert translated(sql) == (psycopg, "?1" in sql)


def test_a_character_that_no_column_can_store_is_replaced_and_the_rest_is_kept(
    postgres_server: PostgresServer, noon: dt.datetime
) -> None:
    store = open_store(emptied(postgres_server))
    title = "Nul \0 and \N{LATIN SMALL LETTER E WITH ACUTE} and '%s' and \\ and \N{SNOWFLAKE}"
    store.record(draft(title=title), seen=noon, since=noon)
    (kept,) = store.releases(Facet())
    assert kept.content.title == title
    ((column,),) = store._ask("SELECT title FROM releases")  # noqa: SLF001
    assert column == title.replace("\0", "\N{REPLACEMENT CHARACTER}")
