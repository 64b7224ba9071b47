"""Normal forms of Unicode, whatever marks a text has."""

from __future__ import annotations

import unicodedata
from itertools import groupby
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from data.text.clean import clean_text
from data.text.folding import fold_search
from data.text.normal_forms import Form, normalized, stream_safe

marked = st.text(
    st.sampled_from("ae\u0301\u0316\u0327\u0f73\uff9e\u3099\u094dק\u05b8"), max_size=120
)


def longest_run(text: str) -> int:
    """The most combining marks in a row."""
    runs = groupby(text, lambda char: unicodedata.combining(char) > 0)
    return max((sum(1 for _ in run) for is_mark, run in runs if is_mark), default=0)


@pytest.mark.parametrize("read", [clean_text, fold_search, lambda text: normalized("NFD", text)])
@pytest.mark.parametrize("marks", ["\u0301\u0316", "\u0f73\u0316", "\uff9e\u0327", "\u0344\u0316"])
def test_no_form_of_a_text_has_a_long_run_of_marks(read: object, marks: str) -> None:
    assert callable(read)
    # A mark may decompose into two.
    assert longest_run(read(f"a{marks * 500} b")) <= 60


@given(marked, st.sampled_from(get_args(Form)))
def test_ordinary_texts_have_the_forms_of_unicode(text: str, form: Form) -> None:
    if longest_run(unicodedata.normalize("NFKD", text)) <= 30:
        assert normalized(form, text) == unicodedata.normalize(form, text)


@given(marked)
def test_nothing_is_lost_and_once_is_enough(text: str) -> None:
    safe = stream_safe(text)
    assert safe.replace("\u034f", "") == text
    assert stream_safe(safe) == safe
