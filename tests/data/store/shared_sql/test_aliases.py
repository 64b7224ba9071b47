"""Which stored releases are at an address."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

from data.store.core.store import Store
from tests.drafts import draft

NOON = dt.datetime(2026, 3, 2, 12, tzinfo=dt.UTC)
PAGE = "https://harbour.example/news_%"


def test_the_sections_of_a_page_are_those_at_its_address_with_a_fragment(
    store: Store,
) -> None:
    others = (PAGE, f"{PAGE}2#a", "https://harbour.example/newsX_#a", f"{PAGE}?page=2#a")
    for number, url in enumerate((f"{PAGE}#b", f"{PAGE}#a", *others)):
        one = draft(title=f"Notice {number} of the harbour", body_text=f"Text {number} " * 40)
        store.record(replace(one, url=url, aliases=(), digest=url), seen=NOON, since=NOON)
    assert store.parts_of_page("harbour", PAGE) == (f"{PAGE}#a", f"{PAGE}#b")
    assert store.parts_of_page("harbour", "https://harbour.example/other") == ()
    assert store.parts_of_page("ferry", PAGE) == ()
    assert set(store.ids_at("harbour", ["https://harbour.example/news_%25#a"])) == {
        "https://harbour.example/news_%25#a"
    }


def test_a_release_is_found_by_its_fragment_and_a_page_by_any_of_its_fragments(
    store: Store,
) -> None:
    url = "https://harbour.example/news"
    for number, fragment in enumerate(("#a", "#b", "/1")):
        one = draft(title=f"Notice {number} of the harbour", body_text=f"Text {number} " * 40)
        made = replace(one, url=url + fragment, aliases=(), digest=fragment)
        store.record(made, seen=NOON, since=NOON)

    def found(name: str) -> list[str]:
        return [one.url for one in store.find_releases(name, limit=9)]

    assert found(f"{url}#b") == [f"{url}#b"]
    assert found(f"{url}/1#comment-form") == [f"{url}/1"]
    assert found(f"{url}#c") == []


def test_another_address_of_a_release_is_one_event(store: Store) -> None:
    url = "https://harbour.example/news/1"
    first = store.record(draft(url), seen=NOON, since=NOON).release
    other = draft(f"{url}0", title="Tides", body_text="The tides of March. " * 40)
    store.record(other, seen=NOON, since=NOON)
    led = draft(url, aliases=("https://harbour.example/short", f"{url}0"))
    printed = draft(f"{url}/print", canonical=url)
    for one in (led, printed):
        before = store.change_cursor()
        for _ in range(2):
            assert store.record(one, seen=NOON, since=NOON).release.id == first.id
        assert set(store.changes_since(before, limit=9) or ()) == {first.id}
        events = store.release_events(before, limit=9) or ()
        assert [event.kind for event in events] == ["update"]
    assert store.find_releases("https://harbour.example/short", limit=9)[0].id == first.id


def test_addresses_at_a_path_may_have_any_query_and_fragment(
    store: Store, noon: dt.datetime
) -> None:
    site = "https://harbour.example/view"
    at_path = [f"{site}?code=1", f"{site}?code=2", f"{site}#part-2"]
    for url in (*at_path, f"{site}/3", f"{site}er?code=1"):
        store.record(draft(url, title=f"Notice {url}"), seen=noon, since=noon)
    found = [url for url, _ in store.addresses_at_path(f"{site}?code=%2A%2A%2A")]
    assert found == sorted(at_path)
