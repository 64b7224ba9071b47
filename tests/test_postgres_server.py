"""The PostgreSQL of the tests keeps its databases over a restart, and asks for a password."""

from __future__ import annotations

from typing import Literal

import psycopg
import pytest

from tests.postgres_server import PASSWORD, PostgresServer


@pytest.mark.parametrize("mode", ["fast", "immediate"])
def test_committed_data_survives_a_restart(
    postgres_server: PostgresServer, postgres_url: str, mode: Literal["fast", "immediate"]
) -> None:
    with psycopg.connect(postgres_url) as db:
        db.execute("CREATE TABLE kept (word text)")
        db.execute("INSERT INTO kept VALUES ('here')")
    postgres_server.restart(mode)
    with psycopg.connect(postgres_url) as db:
        assert db.execute("SELECT word FROM kept").fetchall() == [("here",)]


def test_a_wrong_password_is_refused(postgres_url: str) -> None:
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        psycopg.connect(postgres_url.replace(PASSWORD, "another"))


def test_text_results_are_sorted_by_language_unless_the_query_decides(postgres_url: str) -> None:
    words = "SELECT word FROM (VALUES ('b'), ('A'), ('a'), ('B')) given (word) ORDER BY word"
    with psycopg.connect(postgres_url) as db:
        assert [word for (word,) in db.execute(words)] == ["a", "A", "b", "B"]
        assert [word for (word,) in db.execute(words + ' COLLATE "C"')] == ["A", "B", "a", "b"]
