"""The documentation page of the API, with example requests that work on this site.

The examples are invented releases of a harbour. Their responses are instances of the response
classes. So an example can contain only fields that really exist.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple
from urllib.parse import quote

import msgspec
from markupsafe import Markup

from data.models import Facet, Media, Run, Selection
from data.settings import SiteSettings
from data.store.core.store import Store
from feeds.catalog import catalog_of
from feeds.pages.renderer import PageRenderer
from feeds.server.api import schemas
from feeds.server.api.list_handlers import CHANGES_CURSOR
from feeds.server.api.openapi_document import API_DESCRIPTION, query_parameters
from feeds.server.api.operations import Operation, Write, encode_cursor
from feeds.server.api.parameters import fields_of

EXAMPLE_RELEASE: Final = "7f3c9a52-4a41-5d0c-9b5e-3a1f1e0f6b11"
EXAMPLE_STORY: Final = "0c8d3a6e-52a7-5f0e-8f4e-6f2b8d1c9e77"
EXAMPLE_COPY: Final = "2b91f0c7-6d1e-5c55-a3a0-9d0e4b7a1f20"
EXAMPLE_SOURCE: Final = "lindmouth"

EXAMPLE_START: Final = dt.datetime(2026, 3, 9, 8, 30, tzinfo=dt.UTC)

FILE_URL: Final = "https://lindmouth.example/signals.pdf"

STORY_CANDIDATES: Final = 50
"""Number of recent releases that are searched for an example of a release with a story."""

API_PAGE_FILE = "api/index.html"
"""File name of the documentation page, used to resolve its relative links. The page is not
published as a file; the server generates it."""


class ApiExample(NamedTuple):
    """The query of an example request, and its response."""

    query: str
    answer: schemas.ResponseBody


def examples() -> Mapping[str, ApiExample]:
    """Return the example of each operation, by operation name."""
    release = schemas.Release(
        id=EXAMPLE_RELEASE,
        source=EXAMPLE_SOURCE,
        url="https://lindmouth.example/news/signal-station",
        aliases=("https://lindmouth.example/news/signal-station",),
        title="New signal station opened",
        published="2026-03-02T09:30:00+01:00",
        precision="second",
        updated="2026-03-02T08:41:07+00:00",
        first_seen="2026-03-02T08:32:11+00:00",
        last_seen="2026-03-09T08:30:02+00:00",
        language="en",
        section="Notices",
        topics=("transport",),
        publisher="Harbour Board of Lindmouth",
        summary=None,
        body_html="<p>The Harbour Board opened its new signal station.</p>",
        body_text="The Harbour Board opened its new signal station.",
        images=(),
        attachments=(Media(FILE_URL, "application/pdf", 48_213, "Signals"),),
        revision=2,
        story=EXAMPLE_STORY,
        retracted=None,
        provenance=schemas.Provenance(
            published=schemas.DateRule(raw="2026-03-02T09:30", rule="json-ld", zone="Europe/Oslo"),
            title=schemas.Rule(rule="json-ld"),
            body=schemas.Rule(rule="template"),
            capture=schemas.CaptureRecord(
                record_id="urn:uuid:5b2f2c0e-3f0a-4a57-9d3b-6f0c1f7a2d41",
                file="20260302083140-000001.warc.gz",
                offset=182_044,
                digest="sha256:9b1deb4d3b7d4bad9bdd2b0d7b3dcb6d9b1deb4d3b7d4bad9bdd2b0d7b3dcb6d",
                leaf=4711,
            ),
        ),
        links=schemas.ReleaseLinks(
            page=f"https://press.example/releases/{EXAMPLE_RELEASE}/",
            feed=f"https://press.example/feeds/source/{EXAMPLE_SOURCE}.atom",
        ),
    )
    found = schemas.FoundRelease(
        **msgspec.structs.asdict(release), passage=release.body_text, file=None
    )
    source = schemas.Source(
        id=EXAMPLE_SOURCE,
        name="Harbour Board of Lindmouth",
        url="https://lindmouth.example/news",
        timezone="Europe/Oslo",
        releases=412,
        removed=None,
    )
    after = encode_cursor("an example", ("2026-03-02", EXAMPLE_RELEASE))
    change = schemas.Change(
        kind="edit",
        at="2026-03-02T08:41:07.213+00:00",
        id=EXAMPLE_RELEASE,
        revision=2,
        release=release,
    )
    counts = schemas.Counts(
        total=1,
        more=False,
        sources={EXAMPLE_SOURCE: 1},
        topics={"transport": 1},
        languages={"en": 1},
        periods={"2026": 1, "2026-03": 1},
        states={"corrected": 1},
    )
    health = schemas.SourceHealth(
        id=EXAMPLE_SOURCE,
        state="ok",
        visiting=False,
        degraded=False,
        code="ok",
        last_release="2026-03-02T09:30:00+01:00",
        expected_by="2026-03-16",
        last_run="2026-03-09T08:30:00+00:00",
        reason="it works",
        acknowledged=False,
        muted_until=None,
        paused=False,
    )
    revision = schemas.Revision(
        revision=1,
        seen="2026-03-02T08:32:11+00:00",
        reason="served",
        title="New signal station",
        body_html="<p>The Harbour Board opens its new signal station.</p>",
        body_text="The Harbour Board opens its new signal station.",
        attachments=(),
        classes=(),
        weight=0.0,
        announced=False,
    )
    edit = schemas.Edit(
        revision=2,
        seen="2026-03-02T08:41:07+00:00",
        changes=(
            schemas.Difference(
                field="title", text="New signal station [-opens-] {+opened+}", coarse=False
            ),
        ),
        classes=("title",),
        weight=0.3,
        announced=False,
    )
    copy = schemas.Republished(source="tidewire", release=EXAMPLE_COPY, share=0.83)
    attachment = schemas.Attachment(
        url=FILE_URL,
        title="Signals",
        digest="sha256:5f70bf18a086007016e948b04aed3b82103a36bea41755b6cddfaf10ace3c6ef",
        kind="pdf",
        pages=("Signals of the northern mole", "Lamps and horns"),
        cut="",
        tool="",
    )
    run = Run(EXAMPLE_SOURCE, EXAMPLE_START, 1.7, pages=3, found=12, new=1, unchanged=11)
    return {
        "releases": ApiExample(
            "limit=1", schemas.ReleasePage(releases=(release,), total=412, next=after)
        ),
        "release": ApiExample("", release),
        "revisions": ApiExample("limit=1", schemas.Revisions(revisions=(revision,), next=after)),
        "attachments": ApiExample("", schemas.Attachments(attachments=(attachment,))),
        "differences": ApiExample("", schemas.EditPage(edits=(edit,), next=None)),
        "search": ApiExample(
            "q=harbour+signal*&limit=1",
            schemas.FoundPage(releases=(found,), counts=counts, warnings=(), next=None),
        ),
        "changes": ApiExample(
            "limit=1",
            schemas.ChangePage(
                changes=(change,), next=encode_cursor(CHANGES_CURSOR, (8, 7)), more=False
            ),
        ),
        "story": ApiExample(
            "", schemas.Story(id=EXAMPLE_STORY, publishers=(copy,), releases=(release,), next=None)
        ),
        "sources": ApiExample("limit=1", schemas.SourcePage(sources=(source,), next=after)),
        "source": ApiExample("", source),
        "sections": ApiExample(
            "limit=1",
            schemas.SectionPage(
                sections=(schemas.Section(slug="notices", label="Notices", releases=120),),
                next=after,
            ),
        ),
        "languages": ApiExample(
            "limit=1",
            schemas.LanguagePage(
                languages=(schemas.Language(language="en", releases=380),), next=after
            ),
        ),
        "topics": ApiExample(
            "limit=1",
            schemas.TopicPage(
                topics=(
                    schemas.Topic(slug="transport", label="Transport", parent=None, releases=96),
                ),
                next=after,
            ),
        ),
        "days": ApiExample(
            "limit=1",
            schemas.DayPage(days=(schemas.Day(day="2026-03-02", releases=3),), next=after),
        ),
        "health": ApiExample("", schemas.HealthReport(sources=(health,))),
        "runs": ApiExample("limit=1", schemas.RunPage(runs=(run,), next=after)),
    }


def rendered_page(
    store: Store, site: SiteSettings, reads: Sequence[Operation], writes: Sequence[Write]
) -> bytes:
    """Render the API's documentation page, with ids of existing releases in its examples."""
    pages = PageRenderer(catalog_of(store, site), store.facets())
    names, shown = names_in(store), examples()
    return pages.render(
        "api.html",
        API_PAGE_FILE,
        Facet(),
        title=pages.catalog.texts.gettext("API for programs"),
        introduction=[" ".join(part.split()) for part in API_DESCRIPTION.split("\n\n")],
        coded=coded,
        operations=[
            *(
                described(
                    one, ApiExample("", one.example) if one.example else shown[one.name], names
                )
                for one in reads
            ),
            *map(described_write, writes),
        ],
        site_url=pages.catalog.site,
        rate=site.api_rate,
        needs_token=site.access == "token",
    )


def names_in(store: Store) -> Mapping[str, str]:
    """Return an id for the example request of each operation, taken from the newest releases."""
    found = store.select(Selection(), limit=STORY_CANDIDATES).found
    releases = [one for one in map(store.release, (place.id for place in found)) if one]
    story = next((one.story for one in releases if one.story), EXAMPLE_STORY)
    release, source = (
        (releases[0].id, releases[0].source) if releases else (EXAMPLE_RELEASE, EXAMPLE_SOURCE)
    )
    of_release = ("release", "revisions", "attachments", "differences")
    return dict.fromkeys(of_release, release) | {
        "story": story,
        "source": source,
        "sections": source,
    }


def described(
    one: Operation, example: ApiExample, names: Mapping[str, str]
) -> Mapping[str, object]:
    """Return the description of an operation for the documentation page."""
    path = one.path.replace("{id}", quote(names.get(one.name, "ID"), safe=""))
    return {
        "name": one.name,
        "path": one.path,
        "summary": one.summary,
        "parameters": [
            {**parameter, "kind": kind_of(parameter["schema"])}
            for parameter in query_parameters(one)
        ],
        "example": f"{path}?{example.query}" if example.query else path,
        "body": "",
        "needs_token": one.access == "operate",
        "answer": indented(example.answer),
        "refused": sorted(one.refused.items()),
    }


def described_write(one: Write) -> Mapping[str, object]:
    """Return the description of an operation that writes for the documentation page."""
    return {
        "name": one.name,
        "path": f"POST {one.path}",
        "summary": one.summary,
        "parameters": [
            {
                "name": name,
                "kind": field_kind(schema),
                "description": schema.get("description", ""),
            }
            for name, schema in fields_of(one.body).items()
        ],
        "example": one.path.replace("{id}", "ID"),
        "body": msgspec.json.encode(one.example.body).decode(),
        "needs_token": True,
        "answer": indented(one.example.answer),
        "refused": (),
    }


def field_kind(schema: Mapping[str, Any]) -> str:
    """Return a short description of the type of a field in a body."""
    if "enum" in schema:
        return " or ".join(schema["enum"])
    kinds = [schema, *schema.get("anyOf", ())]
    return " or ".join(one["type"] for one in kinds if one.get("type", "null") != "null")


def kind_of(schema: Mapping[str, Any]) -> str:
    """Return a short description of a parameter's type."""
    if schema.get("type") == "integer":
        return f"{schema['minimum']} to {schema['maximum']}, default {schema['default']}"
    if "enum" in schema:
        return " or ".join(schema["enum"])
    return "a day: 2026-11-24" if schema.get("format") == "date" else "text"


def indented(answer: Any) -> str:
    """Return a response as indented JSON."""
    return msgspec.json.format(msgspec.json.encode(answer), indent=2).decode()


def coded(text: str) -> Markup:
    """Return a trusted text as HTML, in which text in backticks becomes a ``<code>`` element."""
    parts = text.split("`")
    return Markup("").join(
        Markup("<code>{}</code>").format(part) if place % 2 else part
        for place, part in enumerate(parts)
    )
