"""What the models that find bodies are told of a page's blocks."""

from __future__ import annotations

import pytest

from spiders.body.block_features import MAX_SIZE, block_features
from spiders.body.layout_features import AT
from spiders.body.text_blocks import segment
from spiders.page.embedded_metadata import read_metadata
from spiders.page.page import Page


def counted(text: str) -> tuple[float, float]:
    """The letters and the spaces that a paragraph of this text is told to have."""
    html = f"<html><body><div><p>{text}</p></div></body></html>"
    page = Page("https://merrow.example/news/1", html.encode())
    columns = block_features(segment(page.tree), read_metadata(page)).columns
    return float(columns[AT["size"], 0]), float(columns[AT["spaces"], 0])


@pytest.mark.parametrize(
    "text",
    [
        "市政府今天宣布沿河自行车道全线通车,市民可以从东门骑行到北门,全程三公里。" * 3,
        "เทศบาลนครหนองบัวเปิดตลาดน้ำแห่งใหม่ริมคลองให้ประชาชนเข้าชมได้ทุกวันตลอดทั้งปี" * 2,
    ],
)
def test_a_script_without_spaces_has_as_many_words_as_any_other(text: str) -> None:
    letters, spaces = counted(text)
    assert letters == len(text)
    assert spaces > letters / 6


def test_existing_spaces_are_counted() -> None:
    text = "Die Behörde öffnet im Frühjahr die große Schleuse für längere Schiffe."
    assert counted(text) == (len(text), text.count(" "))
    assert counted("https://merrow.example/a/very/long/address/without/any/space")[1] == 0


def test_a_very_large_block_looks_like_a_large_one() -> None:
    letters, spaces = counted("The lock opens again in May. " * 1000)
    assert letters == MAX_SIZE
    assert spaces < MAX_SIZE
