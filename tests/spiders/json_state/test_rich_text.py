"""A text of page state in Markdown, or in plain lines, becomes HTML."""

from __future__ import annotations

import pytest

from spiders.json_state.rich_text import MAX_MARKDOWN_CHARACTERS, from_markdown


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("One\nline\n\nTwo", "<p>One<br />\nline</p>\n<p>Two</p>\n"),
        ("## Costs", "<h2>Costs</h2>\n"),
        ("A **bold** [link](/a)", '<p>A <strong>bold</strong> <a href="/a">link</a></p>\n'),
        ("* a\n* b", "<ul>\n<li>a</li>\n<li>b</li>\n</ul>\n"),
        ("• a\n• b", "<ul>\n<li>a</li>\n<li>b</li>\n</ul>\n"),
        ("    far from the edge", "<p>far from the edge</p>\n"),
        ("less < more & <i>so</i>", "<p>less &lt; more &amp; &lt;i&gt;so&lt;/i&gt;</p>\n"),
        ("[x](javascript:alert)", "<p>[x](javascript:alert)</p>\n"),
    ],
)
def test_markdown_and_plain_lines_are_read(text: str, html: str) -> None:
    assert from_markdown(text) == html


def test_a_very_long_text_is_treated_as_plain() -> None:
    assert from_markdown("**a** " * MAX_MARKDOWN_CHARACTERS).startswith("<p>**a**")
