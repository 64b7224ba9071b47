"""Pages that replace a site's pages, in the markup of the products that create them."""

from __future__ import annotations

from pathlib import Path

from benchmarks.breakages_parts.web_server import Answer

MARKUP = Path(__file__).parent / "markup"


def shown(name: str, status: int = 200, **headers: str) -> Answer:
    """An answer with the markup of such a name; headers have an underscore for each hyphen."""
    return said((MARKUP / f"{name}.html").read_text("utf-8"), status, **headers)


def said(markup: str, status: int = 200, **headers: str) -> Answer:
    """An answer with this markup."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Answer(markup.encode(), status, headers=named)


def leads_to(place: str, status: int = 302) -> Answer:
    """A redirect."""
    return Answer(status=status, headers={"Location": place})
