"""What is wrong in what was collected is told by its kind."""

from __future__ import annotations

import datetime as dt

import pytest

from tests.systems.posts import ZONE, posts
from tests.systems.truth import Held, Kept, compare

ADDRESS = "https://board.example/1"
HELD = [Held(post.title, post.day, post.html) for post in posts()[:3]]


def kept(
    held: Held, *, title: str = "", published: str = "", text: str = "", url: str = ADDRESS
) -> Kept:
    """A release that is as the post is, but for what is named."""
    day = held.day.isoformat()
    said = text or plain(held.html)
    return Kept("1", url, title or held.title, published or day, said)


def plain(html: str) -> str:
    """The text of a post of ours."""
    return "".join(part.split(">", 1)[-1] + " " for part in html.split("<"))


def test_unchanged_items_are_right() -> None:
    assert compare(HELD, [kept(post) for post in HELD]).right


def test_a_post_that_was_not_collected_is_lost() -> None:
    found = compare(HELD, [kept(post) for post in HELD[1:]])
    assert found.lost == (HELD[0].title,)
    assert not found.complete
    assert found.recall == pytest.approx(2 / 3)


def test_a_release_that_no_post_is_like_is_a_stray() -> None:
    stray = kept(HELD[0], title="Careers", text="We look for divers")
    found = compare(HELD, [*(kept(post) for post in HELD), stray])
    assert found.strays == ("Careers <https://board.example/1>",)
    assert found.precision == 3 / 4


def test_a_post_that_was_collected_twice_is_a_double() -> None:
    found = compare(HELD, [*(kept(post) for post in HELD), kept(HELD[0], url="https://b.example/")])
    assert found.doubles == ("https://b.example/",)


def test_wrong_titles_days_and_bodies_are_reported() -> None:
    day = (HELD[1].day + dt.timedelta(1)).isoformat()
    found = compare(
        HELD, [kept(HELD[0], title="Home"), kept(HELD[1], published=day), kept(HELD[2], text="Not")]
    )
    assert (len(found.titles), len(found.days), len(found.bodies)) == (1, 1, 1)
    assert not found.right


def test_the_same_posts_are_generated_each_time_with_unique_titles_and_addresses() -> None:
    now = dt.datetime.now(ZONE)
    made = posts(now=now)
    assert made == posts(now=now)
    assert len({post.title for post in made}) == len({post.slug for post in made}) == 45
    assert [post.day for post in made] == sorted(post.day for post in made)
    assert all(
        "<p>" in post.html and post.html.count("<p>") == 1 for post in posts(brief=True)[-6:]
    )
