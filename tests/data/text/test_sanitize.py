"""Only images of the web are loaded, whatever links lead to."""

from __future__ import annotations

import pytest

from data.text.sanitize import sanitize, sanitize_absolute

BASE = "http://harbour.example/news/"


@pytest.mark.parametrize(
    "source",
    [
        "mailto:a@b.c",
        "tel:+4712",
        "MailTo:a@b.c",
        "&#109;ailto:a@b.c",
        " tel:+4712",
        "data:image/gif,x",
    ],
)
def test_an_image_comes_from_the_web(source: str) -> None:
    fragment = f'<p>See src="tel:1" <img src="{source}" alt="A"> and <img src="http://h.example/b.png"></p>'
    for safe in (sanitize(fragment, BASE), sanitize_absolute(fragment)):
        assert safe.count("src=") == 2
        assert 'See src="tel:1"' in safe
        assert 'src="http://h.example/b.png"' in safe


def test_a_link_may_lead_to_a_mailbox_or_a_telephone() -> None:
    fragment = (
        '<p><a href="mailto:a@b.c">mail</a> <a href="tel:+4712">call</a> <img src="tel:1"></p>'
    )
    for safe in (sanitize(fragment, BASE), sanitize_absolute(fragment)):
        assert 'href="mailto:a@b.c"' in safe
        assert 'href="tel:+4712"' in safe
