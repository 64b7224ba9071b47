"""Rows in the data store of a page are its list, and the store leads to the next rows."""

from __future__ import annotations

import pytest

from tests.listing_pages import HOST, day, listing_html, read, rows_of, titles

NEXT = "/module/list.jsp?page=1&amp;column=12"
ROWS = {
    "item": "<li><span>{d:%Y-%m-%d}</span><a href={u} title='{t}'>{t}</a></li>",
    "table": "<tr><td><a href={u}>{t}</a></td><td>{d:%Y-%m-%d}</td></tr>",
    "line": "<p><a href={u}>{t}</a></p><span>{d:%Y-%m-%d}</span>",
}
WANT = [(f"/art/12_{n}.html", title, day(n).isoformat()) for n, title in enumerate(titles("zh"))]


def store(row: str, following: str = NEXT) -> str:
    rows = "".join(
        f"<record><![CDATA[{row.format(u=url, t=title, d=day(n))}]]></record>"
        for n, (url, title, _) in enumerate(WANT)
    )
    link = f"<a href='{following}'></a>" if following else ""
    return (
        f"<datastore>\n<nextgroup><![CDATA[{link}]]></nextgroup><recordset>{rows}</recordset>"
        f"</datastore>"
    )


@pytest.mark.parametrize("kind", ROWS)
def test_the_rows_of_a_store_in_a_script_are_read(kind: str) -> None:
    small = "<datastore><record><![CDATA[<li><a href=/x>其他</a></li>]]></record></datastore>"
    script = f"<div id=4417></div><script type='text/xml'>{small}{store(ROWS[kind])}</script>"
    found = read(listing_html("zh", script))
    assert rows_of(found) == WANT
    assert found.next == f"{HOST}{NEXT.replace('&amp;', '&')}"


def test_a_response_that_is_a_store_is_read_up_to_the_last_one() -> None:
    found = read(f"<?xml version='1.0' encoding='utf-8'?>{store(ROWS['item'], '')}")
    assert rows_of(found) == WANT
    assert found.next is None


@pytest.mark.parametrize("rows", ["", "<record><![CDATA[", "<record><![CDATA[" * 9_000])
def test_a_store_without_rows_is_no_list(rows: str) -> None:
    page = listing_html("zh", f"<script type='text/xml'><datastore>{rows}</datastore></script>")
    assert not read(page).items
