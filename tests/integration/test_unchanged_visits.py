"""A visit that finds nothing new takes little of a database that many share."""

from __future__ import annotations

from pathlib import Path

import psycopg

from tests.command import SETTINGS, collect, make_home
from tests.press_room import listing_html, release_html, served


def test_a_visit_notes_all_releases_that_have_not_changed_in_one_transaction(
    tmp_path: Path, postgres_url: str
) -> None:
    with served() as room, psycopg.connect(postgres_url, autocommit=True) as db:
        home = make_home(tmp_path, f"{room.base}/news/")
        text = f"{SETTINGS}\n[store]\nurl = '{postgres_url}'\n[archive]\nenabled = false\n"
        (home / "communique.toml").write_text(text)

        def transactions_of_an_unchanged_visit(releases: int) -> int:
            room.page("/news/", listing_html([*range(1, releases + 1)]))
            for number in range(1, releases + 1):
                room.page(f"/news/{number}.html", release_html(number))
            collect(home)
            collect(home)
            taken = "SELECT last_value FROM writes"
            ((before,),) = db.execute(taken).fetchall()
            assert collect(home)["unchanged"] == releases
            ((after,),) = db.execute(taken).fetchall()
            return int(after - before)

        of_few = transactions_of_an_unchanged_visit(2)
        assert transactions_of_an_unchanged_visit(12) == of_few
