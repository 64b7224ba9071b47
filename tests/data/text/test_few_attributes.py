"""Fragments of HTML whose tags have too many attributes."""

from __future__ import annotations

from data.text.html_text import line_of, text_of
from data.text.markup import MIN_CHECKED_BYTES, with_few_attributes
from data.text.sanitize import sanitize, sanitize_absolute

MANY = "".join(f" a{n}=x" for n in range(MIN_CHECKED_BYTES // 5))
FRAGMENT = f"<p>Before</p><p title=early{MANY} title=late dir=rtl>within</p><p>after\ud800</p>"


def test_a_tag_loses_the_attributes_after_the_first_ones() -> None:
    kept = with_few_attributes(FRAGMENT)
    assert kept.startswith("<p>Before</p><p title=early a0=x a1=x")
    assert kept.endswith(">within</p><p>after\ud800</p>")
    assert kept.count("=x") < 300


def test_a_fragment_of_ordinary_tags_is_unchanged() -> None:
    ordinary = '<p title="a > b" dir=ltr>A lamp</p>' * (MIN_CHECKED_BYTES // 20)
    assert with_few_attributes(ordinary) == ordinary


def test_sanitized_html_has_only_the_first_attributes() -> None:
    fragment = FRAGMENT.replace("\ud800", "")
    safe = sanitize(fragment, "http://harbour.example/")
    assert safe == sanitize_absolute(fragment)
    assert 'title="early"' in safe
    assert "rtl" not in safe
    assert "within" in safe


def test_the_text_of_such_a_fragment_is_whole() -> None:
    fragment = FRAGMENT.replace("\ud800", "")
    assert text_of(fragment) == "Before\n\nwithin\n\nafter"
    assert line_of(fragment) == "Before within after"
