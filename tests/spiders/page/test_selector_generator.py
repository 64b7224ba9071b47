"""Selectors of elements, whatever their tags."""

from __future__ import annotations

import pytest
from lxml import etree

from spiders.page.css import CssSelector, selectors_of


@pytest.mark.parametrize("tag", ["o:p", "http:", "a.b", "x@y", "p"])
def test_each_selector_finds_its_element(tag: str) -> None:
    markup = f"<{tag} class=post><b class=lead>A</b><div id=text><i>B</i></div></{tag}>"
    root = etree.fromstring(f"<div class=page>{markup}</div>", etree.HTMLParser())
    for element in root.iter():
        for selector in selectors_of(element):
            assert element in CssSelector(selector).elements(root)
    lead, holder = root.find(".//b"), root.find(".//body/div/*")
    assert lead is not None
    assert holder is not None
    assert selectors_of(lead)
    assert bool(selectors_of(holder)) is (tag == "p")
