"""Language editions: told by their addresses, or by the figures and names in their texts."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from typing import Any

import pytest

from data.store.core.store import Store
from data.stories.translations import (
    Translation,
    commonness,
    consonants,
    marks_in,
    pattern,
    translation_pairs,
)
from tests.drafts import draft, published

CYRILLIC = str.maketrans("abdegiklmnoprstuvz", "абдегиклмнопрстувз")
SYLLABLES = ["bar", "dol", "gem", "kun", "lis", "mor", "nat", "pel", "ruv", "sig", "tan", "vol"]


def person(number: int) -> str:
    """A name that no other release has."""
    return (SYLLABLES[number % 12] + SYLLABLES[number * 5 % 12] + SYLLABLES[number // 12]).title()


def english(number: int) -> str:
    """A release."""
    return (
        f"The president received {person(number)} of {person(number + 40)} in the palace, and spoke"
        f" of {number * 137} loans for the harbour, said {person(number + 80)} of the bank."
    )


def russian(number: int) -> str:
    """The same in another script and with other words between."""
    names = [person(number + n).lower().translate(CYRILLIC) for n in (0, 40, 80)]
    return (
        f"Глава государства принял во дворце гостя по имени {names[0]} из города {names[1]}. Речь"
        f" шла о {number * 137} займах, сообщил {names[2]} из банка."
    )


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ("https://x.example/en/news/1-bridge", "https://x.example/fr/news/1-bridge"),
        ("https://x.example/news/bridge", "https://x.example/si/news/bridge"),
        ("https://en.x.example/bridge", "https://x.example/bridge"),
        ("https://x.example/n?id=5&lang=en", "https://x.example/n?lang=ta&id=5"),
        ("https://x.example/bridge_en.html", "https://x.example/bridge_de.html"),
        ("https://x.example/pt-BR/bridge", "https://x.example/en/bridge"),
    ],
)
def test_addresses_that_differ_in_the_language_only_have_one_pattern(left: str, right: str) -> None:
    assert pattern(left)[0] == pattern(right)[0]
    assert pattern(left)[1] != pattern(right)[1]


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ("https://x.example/en/news/1", "https://x.example/fr/news/2"),
        ("https://x.example/n?id=5", "https://x.example/n?id=6"),
        ("https://x.example/qq/news/1", "https://x.example/news/1"),
    ],
)
def test_other_addresses_have_their_own(left: str, right: str) -> None:
    assert pattern(left)[0] != pattern(right)[0]


def test_names_keep_their_consonants_in_every_script() -> None:
    spellings = ["Dissanayake", "දිසානායක", "டிசாநாயக்க", "Диссанаяке"]
    assert len({consonants(name) for name in spellings}) == 1


def test_a_day_of_several_releases_is_paired_right_and_strangers_stay_alone() -> None:
    texts = [(n, "en", english(n)) for n in range(1, 20)]
    texts += [(100 + n, "ru", russian(n)) for n in range(1, 20)]
    all_ = [
        Translation(number, language, f"https://x.example/{number}", marks_in(text))
        for number, language, text in texts
    ]
    by_number = {one.number: one for one in all_}
    day = [by_number[n] for n in (1, 2, 3, 103, 102, 118)]
    pairs = {(a.number, b.number) for a, b in translation_pairs(day, commonness(all_))}
    assert pairs == {(2, 102), (3, 103)}


class CountedDay(list[Translation]):
    """Releases of a day that count how often one of them is read."""

    def __init__(self, releases: Iterable[Translation]) -> None:
        super().__init__(releases)
        self.reads = 0

    def __getitem__(self, place: Any) -> Any:
        self.reads += 1
        return super().__getitem__(place)


def test_each_pair_of_a_day_is_compared_a_few_times_though_all_are_alike() -> None:
    marks = marks_in(f"{english(1)} {russian(1)}")
    strange = frozenset({"strange"})
    past = [Translation(n, "en" if n % 2 else "ru", f"/{n}", strange) for n in range(100)]
    day = CountedDay(
        Translation(n, "en" if n % 2 else "ru", f"https://x.example/{n}", marks) for n in range(60)
    )
    assert not [*translation_pairs(day, commonness(past))]
    pairs = 60 * 59 // 2
    assert day.reads < 10 * pairs


def test_editions_of_one_visit_are_one_story(store: Store, noon: dt.datetime) -> None:
    for n in range(1, 20):
        day = published(f"2026-02-{n:02}")
        for language, text in (("en", english(n)), ("ru", russian(n))):
            url = f"http://harbour.example/{language}-text-{n}/{text.split()[3]}"
            one = draft(url, language=language, published=day, title=f"{n}", body_text=text)
            store.record(one, seen=noon, since=noon)
    store.update_search_index()
    stories: dict[str | None, set[str]] = {}
    for release in store.by_first_seen():
        stories.setdefault(release.story, set()).add(release.content.title)
    assert len(stories) == 19
    assert all(len(titles) == 1 for titles in stories.values())
    assert None not in stories


def test_editions_by_address_need_no_other_releases(store: Store, noon: dt.datetime) -> None:
    for language in ("en", "fr"):
        url = f"http://harbour.example/{language}/news/signal-station"
        store.record(draft(url, language=language, title=language), seen=noon, since=noon)
    other = draft("http://harbour.example/fr/news/tides", language="fr", body_text="Autre chose.")
    store.record(other, seen=noon, since=noon)
    store.update_search_index()
    stories = [release.story for release in store.by_first_seen()]
    assert stories[0] == stories[1] is not None
    assert stories[2] is None
