"""OPML 2.0: every feed of a selection in one file, for a reader to take over at once."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from lxml import etree

from data.models import Facet
from feeds.directory import Directory

GROUPS = ("All", "Sources", "Topics", "Sources by topic", "Dates")


def render(directory: Directory, facets: Iterable[Facet]) -> bytes:
    """The bytes of an OPML file of these facets, grouped and in a fixed order."""
    root = etree.Element("opml", version="2.0")
    head = etree.SubElement(root, "head")
    etree.SubElement(head, "title").text = directory.title
    body = etree.SubElement(root, "body")
    for group, members in grouped(directory, facets).items():
        outline = etree.SubElement(body, "outline", text=group)
        for facet in members:
            title = directory.heading(facet)
            etree.SubElement(
                outline,
                "outline",
                type="rss",
                text=title,
                title=title,
                xmlUrl=directory.feed(facet, "atom"),
                htmlUrl=directory.page(facet),
            )
    return etree.tostring(root, encoding="UTF-8", xml_declaration=True, pretty_print=True)


def grouped(directory: Directory, facets: Iterable[Facet]) -> Mapping[str, list[Facet]]:
    """Facets by group, without empty groups: dates newest first, all others by name."""
    groups: dict[str, list[Facet]] = {group: [] for group in GROUPS}
    for facet in facets:
        groups[group_of(facet)].append(facet)
    for group, members in groups.items():
        if group == "Dates":
            members.sort(key=lambda facet: facet.period or "", reverse=True)
        else:
            members.sort(key=lambda facet: (directory.name(facet).casefold(), str(facet)))
    return {group: members for group, members in groups.items() if members}


def group_of(facet: Facet) -> str:
    """The group of a facet."""
    if facet.period is not None:
        return "Dates"
    if facet.source is not None:
        return "Sources by topic" if facet.topic is not None else "Sources"
    return "Topics" if facet.topic is not None else "All"
