"""The API page shows words in backticks as code and escapes everything else."""

from __future__ import annotations

from feeds.server.api.documentation_page import coded


def test_words_in_backticks_are_code() -> None:
    assert coded("Take `next` <now>") == "Take <code>next</code> &lt;now&gt;"
    assert coded("`a<b`") == "<code>a&lt;b</code>"
    assert coded("") == ""
