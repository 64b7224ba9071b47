"""Lines of JSON: fields as in the API, which `communique import` can read, and the ninjs standard.

ninjs 2.1 is the IPTC's format of news items: https://www.iptc.org/std/ninjs/ninjs-schema_2.1.json
"""

from collections.abc import Iterable
from typing import Any, ClassVar, Final

import msgspec

from data.export.formats.export_format import ExportFormat, Output
from data.interchange.release_fields import release_fields
from data.models import Media, Release
from data.text.paragraphing import with_paragraphs

STANDARD: Final = {
    "name": "ninjs",
    "version": "2.1",
    "schema": "https://www.iptc.org/std/ninjs/ninjs-schema_2.1.json",
}


class JsonLines(ExportFormat):
    """One JSON object per line, with the same fields as in the API."""

    name: ClassVar[str] = "jsonl"

    def write(self, releases: Iterable[Release], output: Output) -> None:
        """Write one line per release."""
        encoder = msgspec.json.Encoder()
        line = bytearray()
        for release in releases:
            encoder.encode_into(release_fields(release), line)
            line += b"\n"
            output.write(line)


class Ninjs(ExportFormat):
    """One news item per line. A retracted release is ``canceled``."""

    name: ClassVar[str] = "ninjs"

    def write(self, releases: Iterable[Release], output: Output) -> None:
        """Write one line per release."""
        for release in releases:
            output.write(msgspec.json.encode(news_item(release)) + b"\n")


def news_item(release: Release) -> dict[str, Any]:
    """Return a release as a news item. Properties without a value are omitted.

    If its page gives a publication time after the last visit, the item is embargoed until then.
    """
    content, published = release.content, release.published
    is_ahead = published.precision == "second" and published.at > release.last_seen
    addresses = dict.fromkeys((release.url, *release.aliases))
    item = {
        "uri": f"urn:uuid:{release.id}",
        "standard": STANDARD,
        "type": "text",
        "representationtype": "full",
        "version": str(release.revision),
        "firstcreated": release.first_seen.isoformat(),
        "versioncreated": release.updated.isoformat(),
        "contentcreated": published.at.isoformat() if published.precision != "none" else None,
        "embargoed": published.at.isoformat() if is_ahead else None,
        "pubstatus": "canceled" if release.retracted else "usable",
        "language": content.language,
        "title": content.title,
        "headlines": [{"role": "main", "contenttype": "text/plain", "value": content.title}],
        "descriptions": text_objects("summary", ("text/plain", content.summary)),
        "bodies": text_objects(
            "main",
            ("text/plain", content.body_text),
            ("text/html", with_paragraphs(content.body_html)),
        ),
        "by": content.author,
        "organisations": [{"name": content.publisher, "rel": "publisher"}]
        if content.publisher
        else None,
        "infosources": [{"literal": release.source, "role": "source"}],
        "subjects": [{"literal": topic, "rel": "about"} for topic in content.topics],
        "associations": [association("picture", one) for one in content.images]
        + [association("component", one) for one in content.attachments],
        "altids": [{"role": "url", "value": address} for address in addresses],
    }
    return {name: value for name, value in item.items() if value}


def text_objects(role: str, *texts: tuple[str, str | None]) -> list[dict[str, str]]:
    """Return the texts that are not empty, each with its media type and role."""
    return [{"role": role, "contenttype": kind, "value": text} for kind, text in texts if text]


def association(kind: str, media: Media) -> dict[str, Any]:
    """Return an image or attachment as an associated item."""
    rendition: dict[str, Any] = {"name": "original", "href": media.url, "contenttype": media.type}
    if media.length:
        rendition["sizeinbytes"] = media.length
    return {
        "name": media.title or media.url,
        "uri": media.url,
        "type": kind,
        "renditions": [rendition],
    }
