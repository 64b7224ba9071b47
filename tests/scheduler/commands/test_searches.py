"""Saved searches: on the command line, on pages, in feeds and in watches."""

from __future__ import annotations

import json
from pathlib import Path

import httpx
import pytest

from data.errors import QueryError, SearchError
from data.search.saved_searches import (
    MAX_SEARCHES,
    SavedSearches,
    check_query,
    load_searches,
    save_search,
)
from data.settings import SiteSettings
from feeds.server.app import HomeFolders, create_app
from tests.command import communique
from tests.feeds.serving import served_by


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A HOME with three releases."""
    lines = [
        {"url": f"https://harbour.example/{n}", "title": title, "published": "2026-03-02"}
        | {"body_text": f"This is the text about {title} and the harbour."}
        for n, title in enumerate(("Lamps", "Tides", "Ferries"))
    ]
    file = tmp_path / "lines.jsonl"
    file.write_text("\n".join(map(json.dumps, lines)))
    home = tmp_path / "home"
    assert communique("import", str(file), "--source", "harbour", home=home).returncode == 0
    return home


def titles(home: Path, *query: str) -> list[str]:
    result = communique("search", *query, "--json", home=home)
    assert result.returncode == 0, result.stderr
    return sorted(one["title"] for one in json.loads(result.stdout)["releases"])


def test_a_saved_search_is_used_by_commands_and_watches(home: Path) -> None:
    saved = communique("searches", "save", "sea", "tides", "OR", "ferries", "--json", home=home)
    told = json.loads(saved.stdout)
    assert (told["query"], told["new"]) == ("tides OR ferries", True)
    assert titles(home, "saved:sea -ferries") == ["Tides"]
    communique("searches", "save", "all", "saved:sea OR lamps", home=home)
    assert titles(home, "saved:all") == ["Ferries", "Lamps", "Tides"]
    listed = json.loads(communique("searches", "--json", home=home).stdout)
    assert [one["name"] for one in listed["searches"]] == ["all", "sea"]
    added = communique("watch", "add", "Sea", "--query", "saved:sea", "--backlog", home=home)
    assert "saved" not in added.stderr
    tried = communique("watch", "test", "sea", "--json", home=home)
    assert len(json.loads(tried.stdout)["matches"]) == 2
    assert communique("searches", "save", "sea", "lamps", home=home).stdout.startswith("replaced")
    assert titles(home, "saved:sea") == ["Lamps"]
    assert communique("searches", "remove", "sea", home=home).returncode == 0
    shown = communique("watch", "show", "sea", home=home)
    assert "no search is saved as 'sea'" in shown.stderr
    assert communique("searches", home=home).returncode == 2, "the other search uses it"
    checked = communique("doctor", "--json", home=home).stdout
    assert "no search is saved as 'sea'" in checked


def test_mistakes_are_refused_and_write_nothing(home: Path) -> None:
    for arguments, words in (
        (("save", "Sea", "tides"), "lower-case"),
        (("save", "sea", "tides OR"), "character 7"),
        (("save", "sea", "saved:sea tides"), "contains itself"),
        (("save", "sea", "?"), "not excluded"),
        (("save", "sea", "NOT tides"), "not excluded"),
        (("save", "sea", "saved:se"), "no search is saved as 'se'"),
        (("remove", "sea"), "no search is saved"),
    ):
        result = communique("searches", *arguments, home=home)
        assert (result.returncode, result.stdout) == (2, ""), arguments
        assert words in result.stderr
    assert not [*home.glob("searches/*")]


def test_the_page_and_feeds_of_a_saved_search(home: Path) -> None:
    save_search(home / "searches", "sea", "tides OR ferries")
    url = f"sqlite:{home / 'communique.db'}"
    app = create_app(
        home / "site", url, SiteSettings(), home=HomeFolders(searches=home / "searches")
    )
    for web in served_by(app):
        page = web.get("/searches/sea", follow_redirects=True)
        assert page.status_code == 200
        assert "Ferries" in page.text.replace("<mark>", "").replace("</mark>", "")
        assert web.get("/searches/none").status_code == 404
        feed = web.get("/feeds/search.atom?q=saved:sea&ql=2")
        assert feed.text.count("<entry") == 2
        assert web.get("/feeds/search.atom?q=saved:none&ql=2").status_code == 400
        assert "saved%3Asea" in web.get("/opml.xml?q=saved:sea&ql=2").text
        assert _found(web, "saved:sea") == 2
        save_search(home / "searches", "sea", "lamps")
        assert _found(web, "saved:sea") == 1


def _found(web: httpx.Client, query: str) -> int:
    """The number of releases that the API finds, also for a client with an earlier response."""
    tag = web.get("/api/search", params={"q": query}).headers["etag"]
    again = web.get("/api/search", params={"q": query}, headers={"if-none-match": tag})
    assert again.status_code == 304
    return len(web.get("/api/search", params={"q": query}).json()["releases"])


def test_files_are_checked_and_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "searches"
    odd = 'say "northern mole" \\ \x7f OR é'
    assert save_search(folder, "odd", odd)
    assert not save_search(folder, "odd", odd)
    (folder / "broken.toml").write_text("query = 1")
    (folder / "newer.toml").write_text('query = "a"\nquery_language = 3')
    found, errors = load_searches(folder)
    assert found == {"odd": odd}
    assert len(errors) == 2
    saved = SavedSearches(folder)
    assert ("odd" in saved, "broken" in saved, "../odd" in saved) == (True, False, False)
    assert dict(SavedSearches(None)) == {}
    with pytest.raises(QueryError, match="broken"):
        save_search(folder, "other", "saved:broken")
    with pytest.raises(QueryError, match="no search is saved as 'broken'; `communique searches`"):
        check_query("saved:broken", saved)
    monkeypatch.setattr("data.search.saved_searches.MAX_SEARCHES", 3)
    assert MAX_SEARCHES == 1000
    with pytest.raises(SearchError, match="maximum"):
        save_search(folder, "more", "tides")
