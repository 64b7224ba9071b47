"""Whether a page shows the name of an institution."""

from __future__ import annotations

import pytest

from scheduler.adding.site_inspection import shows_name
from spiders.page.page import Page

TEXT = """
<title>日本銀行 - News</title><img alt="Senator Ángela Alsobrooks"><!-- Maria Cantwell -->
<script>var owner = "Board of Tides"</script><p>Официальный сайт: Министерство финансов</p>
<a href="https://harbour.example/">Ministry of Fish</a>
"""


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("日本銀行", True),
        ("日本政府", False),
        ("Angela D. Alsobrooks", True),
        ("Maria Cantwell", False),
        ("Board of Tides", False),
        ("Министерство Финансов", True),
        ("Ministry of Finance", False),
        ("Harbour", False),
        ("of", True),
    ],
)
def test_a_name_is_shown_if_most_of_its_words_are_in_texts_of_the_page(
    name: str, *, shown: bool
) -> None:
    page = Page("https://acme.example/", TEXT.encode(), "text/html; charset=utf-8")
    assert shows_name([page], [name]) is shown
    assert shows_name([Page("https://acme.example/", b""), page], ["Unknown Board", name]) is shown


def test_words_that_are_far_apart_are_not_a_name() -> None:
    between = "asks all users of the harbour to write a letter before the end of the month"
    words = f"The legal department {between}, our services {between}, and an agency {between}."
    page = Page("https://acme.example/", f"<p>{words} {words}".encode(), "text/html")
    assert not shows_name([page], ["Legal Services Agency"])
    assert shows_name([page], ["Legal Department"])
