"""Handlers of API operations: list of releases, search, release, versions, story."""

from collections.abc import Callable, Collection, Iterable, Sequence
from functools import partial
from itertools import islice
from typing import Final, TypeVar

import msgspec

from data.errors import QueryError
from data.interchange.release_fields import revision_fields
from data.languages.tags import feed_language
from data.models import Facet, Position, Release, Revision, Selection
from data.revisions.stored_difference import edits
from data.search.expression import check_sources
from data.search.passages import file_hits, passage
from data.search.query import Query
from data.store.core.store import Store
from data.stories.copies import republished, story_members
from data.text.urls import web_address
from data.topics.facets import section_of
from data.wording import meant
from feeds.pages.search_problems import notes_on
from feeds.replay.memento import RELEASE_HIDDEN
from feeds.server.api import schemas
from feeds.server.api.operations import UNKNOWN_ID, ApiContext, reading
from feeds.server.api.parameters import (
    PRESENTATION_PARAMETERS,
    FieldsParameters,
    FilterParameters,
    PageParameters,
    Parameters,
    ReleasesParameters,
    SearchParameters,
    StoryParameters,
    said_of,
)
from feeds.server.api.problems import ApiError
from feeds.server.api.representations import answer_fields, release_answer
from feeds.translations import texts_of

One = TypeVar("One")

RESULTS_PER_QUERY: Final = 10
"""Number of search results read from the store per query. A page exceeds `MAX_PAGE_CHARACTERS` by
at most the texts of this many releases."""

ENGLISH_TEXTS: Final = texts_of("en")
"""Texts for warnings in responses. The API is in English only."""

MAX_RELEASES_PER_ADDRESS: Final = 200
"""Maximum number of releases that are returned for one address."""

MAX_COMPARED_RELEASES: Final = 200
"""Maximum number of releases of a story that are compared with its first release."""

NO_RELEASE: Final = "no release has this id; /api/releases lists all releases"


MAX_PAGE_CHARACTERS: Final = 1_000_000
"""Maximum total length in characters of the release texts on a page. A page ends early when its
texts exceed this length."""


of_release = partial(
    reading, id_description="The id of a release.", by_changes=True, refused=UNKNOWN_ID
)
"""Decorator of handlers of one release."""


@reading("/api/releases", "Releases, newest first", by_changes=True)
def releases(context: ApiContext, asked: ReleasesParameters) -> schemas.ReleasePage:
    """Return a page of the releases that match the filters, newest first.

    Raises ApiError if a filter is invalid.
    """
    if asked.url:
        return releases_at(context, asked)
    check_days(asked)
    sources = current_sources(context, asked.source)
    selection = Selection(
        sources=sources,
        topics=known_topics(context, asked.topic),
        section=known_section(context, sources, asked.section),
        language=requested_language(asked.language),
        since=asked.since or None,
        until=asked.until or None,
        state=asked.state or None,
    )
    found, after = selected(context, selection, asked)
    total = None if asked.cursor else total_of(context.store, selection)
    return schemas.ReleasePage(releases=found, total=total, next=after)


def total_of(store: Store, selection: Selection) -> int | None:
    """Return the number of releases of a selection, or None if counting them takes too long."""
    found = store.count_selected(selection)
    if found is not None:
        return found
    only = Facet(next(iter(selection.sources), None), next(iter(selection.topics), None))
    lists = (selection.sources, selection.topics)
    is_facet = all(len(one) <= 1 for one in lists) and selection == Selection(*lists)
    return store.facets().get(only, 0) if is_facet else None


def releases_at(context: ApiContext, asked: ReleasesParameters) -> schemas.ReleasePage:
    """Return the releases that were seen at an address.

    Raises ApiError if the address is not a web address, or if the request has other filters.
    """
    others = said_of(asked).keys() - {*PRESENTATION_PARAMETERS, "url"}
    if others or asked.cursor:
        name = min(others, default="cursor")
        raise ApiError(422, f"`url` and `{name}` exclude each other: omit one", parameter="url")
    if web_address(asked.url) is None:
        why = "`url` is not a web address: send one such as https://acme.example/news/1"
        raise ApiError(422, why, parameter="url")
    every = context.store.find_releases(asked.url, limit=MAX_RELEASES_PER_ADDRESS)
    found = [one for one in every if not one.hidden]
    some = tuple(release_answer(context.site, one) for one in found[: asked.limit])
    return schemas.ReleasePage(releases=some, total=len(found), next=None)


@reading(
    "/api/stories/{id}",
    "Copies of a text at several institutions, and its translations",
    id_description="The id of a story: the `story` field of a release.",
    by_changes=True,
    refused={404: UNKNOWN_ID[404]},
)
def story(context: ApiContext, asked: StoryParameters) -> schemas.Story:
    """Return the releases of one story. Raises ApiError if the story is unknown."""
    found, after = selected(context, Selection(story=context.name), asked)
    if not found and not asked.cursor:
        raise ApiError(
            404, "no story has this id; the field `story` of a release contains the id of its story"
        )
    publishers = _publishers(context)
    return schemas.Story(id=context.name, publishers=publishers, releases=found, next=after)


def _publishers(context: ApiContext) -> tuple[schemas.Republished, ...]:
    """Return the publishers that republished a story's first release, sorted by shared text.

    The publisher that copied the largest share of the text comes first.
    """
    page = context.store.select(Selection(story=context.name), limit=MAX_COMPARED_RELEASES)
    members, _ = read_releases(page.found, context.store.release)
    return tuple(
        schemas.Republished(source=one.release.source, release=one.release.id, share=one.share)
        for one in republished(story_members(members))
    )


def selected(
    context: ApiContext, selection: Selection, asked: PageParameters
) -> tuple[tuple[schemas.Release, ...], str | None]:
    """Return a page of the selected releases, and the cursor of the next page or None."""
    page = context.store.select(selection, context.place(asked, Position), limit=asked.limit)
    found, cut = read_releases(page.found, context.store.release)
    answers = tuple(release_answer(context.site, one) for one in found)
    return answers, context.cursor(asked, cut or page.reached)


@of_release("/api/releases/{id}", "One release")
def release(context: ApiContext, _: FieldsParameters) -> schemas.Release:
    """Return the current version of the release whose id is in the request's path.

    Raises ApiError with status 404 or 410 if it is unknown or hidden.
    """
    return release_answer(context.site, known_release(context))


@of_release("/api/releases/{id}/revisions", "Versions of a release, oldest first")
def revisions(context: ApiContext, asked: PageParameters) -> schemas.Revisions:
    """Return a page of a release's versions, oldest first.

    Raises ApiError if the release is unknown or hidden, or the cursor is invalid.
    """
    known_release(context)
    after = context.place(asked, int) or 0
    versions = context.store.all_versions(context.name)
    start = next((at for at, one in enumerate(versions, start=1) if one.number == after), 0)
    some = within_limits(versions[start:], asked.limit, counted_characters)
    before = [versions[start - 1] if start else None, *some]
    found = [revision_fields(*pair) for pair in zip(some, before, strict=False)]
    cursor = some[-1].number if start + len(some) < len(versions) else None
    return schemas.Revisions(
        revisions=msgspec.convert(found, tuple[schemas.Revision, ...], from_attributes=True),
        next=context.cursor(asked, cursor),
    )


@of_release("/api/releases/{id}/attachments", "Texts of a release's attachments, by page")
def attachments(context: ApiContext, _: Parameters) -> schemas.Attachments:
    """Return the texts of a release's attachments.

    Raises ApiError if the release is unknown or hidden.
    """
    release = known_release(context)
    texts = context.store.texts_of_releases([release])
    digests = dict(release.content.file_digests)
    found = [
        {
            "url": one.url,
            "title": one.title,
            "digest": digest,
            **msgspec.structs.asdict(texts[digest]),
        }
        for one in release.content.attachments
        if (digest := digests.get(one.url, "")) in texts
    ]
    return msgspec.convert({"attachments": found}, schemas.Attachments)


@of_release(
    "/api/releases/{id}/differences",
    "Differences between the versions of a release, oldest first",
)
def differences(context: ApiContext, asked: PageParameters) -> schemas.EditPage:
    """Return a page of the differences between successive versions of a release, oldest first.

    Raises ApiError if the release is unknown or hidden, or the cursor is invalid.
    """
    known_release(context)
    after = context.place(asked, int) or 0
    every = edits(one for one in context.store.revisions(context.name) if one.number >= after)
    some = within_limits(
        ((one, one.changes) for one in every),
        asked.limit,
        lambda pair: sum(len(diff.text) for diff in pair[1]),
    )
    answers = tuple(
        schemas.Edit(
            revision=one.after.number,
            seen=one.after.seen.isoformat(),
            changes=tuple(
                schemas.Difference(field=diff.field, text=diff.text, coarse=diff.is_coarse)
                for diff in changes
            ),
            **msgspec.structs.asdict(one.classes),
        )
        for one, changes in some
    )
    cursor = answers[-1].revision if len(some) < len(every) else None
    return schemas.EditPage(edits=answers, next=context.cursor(asked, cursor))


@reading("/api/search", "Full-text search, the newest day or the best match first, with counts")
def search(context: ApiContext, asked: SearchParameters) -> schemas.FoundPage:
    """Return a page of search results. The first page also has counts per facet.

    Raises ApiError for an invalid parameter.
    """
    check_days(asked)
    query = Query(
        asked.q,
        ",".join(current_sources(context, asked.source)) or None,
        ",".join(known_topics(context, asked.topic)) or None,
        asked.since or None,
        asked.until or None,
        requested_language(asked.language),
        asked.state or None,
        saved=context.saved,
        moves=context.store.source_moves(),
    )
    try:
        check_sources(query.expression, query.text, context.store.sources())
    except QueryError as error:
        raise ApiError(422, str(error), parameter="q", position=error.position) from error
    if query.is_empty:
        raise ApiError(422, "`q` needs at least one word that is not excluded", parameter="q")
    after = context.place(asked, int)
    best_first = asked.sort != "newest" and bool(query.wanted)
    matches = context.store.count_matches(query) if best_first and not asked.cursor else None
    ranked = context.store.rank(query) if best_first else ()
    some: list[schemas.FoundRelease] = []
    size = 0
    while len(some) < asked.limit and size <= MAX_PAGE_CHARACTERS:
        limit = min(RESULTS_PER_QUERY, asked.limit - len(some))
        if best_first:
            hits = context.store.ranked_page(ranked, limit=limit, cursor=after)
        elif asked.cursor or matches:
            hits = context.store.search_newest(query, limit=limit, cursor=after)
        else:
            matches, hits = context.store.count_and_search(query, limit=limit)
        texts = context.store.texts_of_releases(hits.releases)
        in_files = file_hits(hits.releases, texts, query)
        for one in hits.releases:
            fields = answer_fields(context.site, one) | {
                "passage": passage(one.content, query),
                "file": in_files.get(one.id),
            }
            some.append(msgspec.convert(fields, schemas.FoundRelease, from_attributes=True))
            size += counted_characters(one)
        after = hits.cursor
        if after is None:
            break
    return schemas.FoundPage(
        releases=tuple(some),
        counts=msgspec.convert(matches, schemas.Counts, from_attributes=True) if matches else None,
        warnings=() if asked.cursor else tuple(notes_on(ENGLISH_TEXTS, query)),
        next=context.cursor(asked, after),
    )


def known_release(context: ApiContext) -> Release:
    """Return the release whose id is in the request's path.

    Raises ApiError with status 404 if the release is unknown, or 410 if it is hidden.
    """
    found = context.store.release(context.name)
    if found is None:
        raise ApiError(404, NO_RELEASE)
    if found.hidden:
        raise ApiError(410, RELEASE_HIDDEN)
    return found


def check_days(asked: FilterParameters) -> None:
    """Raise ApiError if ``since`` is after ``until``."""
    if asked.since and asked.until and asked.since > asked.until:
        why = f"since={asked.since} is after until={asked.until}: swap them"
        raise ApiError(422, why, parameter="since")


def known_topics(context: ApiContext, value: str) -> tuple[str, ...]:
    """Parse a comma-separated list of topics. Raises ApiError for an unknown topic."""
    if not (found := separated_names(value)):
        return ()
    parents = context.store.topic_parents()
    # A topic of the taxonomy may not have a release yet.
    known = {*context.store.topics(), *parents, *parents.values()}
    for name in found:
        if name not in known:
            near = meant(name[:40], sorted(known)) or "; /api/topics lists all topics"
            raise ApiError(422, f"no topic has the slug {name[:40]!r}{near}", parameter="topic")
    return found


def known_section(context: ApiContext, sources: Collection[str], value: str) -> str | None:
    """Return the slug of a section, given its slug or name.

    Raises ApiError if none of the requested sources has the section.
    """
    if not value:
        return None
    found = section_of(value)
    labels = context.store.section_labels()
    known = {slug for source, slug in labels if not sources or source in sources}
    if found is None or found.slug not in known:
        near = (
            meant(value[:40], sorted(known))
            or "; /api/sources/{id}/sections lists the sections of a source"
        )
        raise ApiError(422, f"no section is named {value[:40]!r}{near}", parameter="section")
    return found.slug


def separated_names(value: str) -> tuple[str, ...]:
    """Return the values in a comma-separated list, at most 50."""
    return tuple(dict.fromkeys(filter(None, map(str.strip, value.split(",")))))[:50]


def requested_language(value: str) -> str | None:
    """Parse the language tag in a parameter.

    Returns None if the parameter is empty. Raises ApiError if the tag is invalid.
    """
    if value and not feed_language(value):
        why = f"{value!r} is not a language tag; send one of those in /api/languages"
        raise ApiError(422, why, parameter="language")
    return value or None


def current_sources(context: ApiContext, value: str) -> tuple[str, ...]:
    """Parse a comma-separated list of source ids, and replace previous ids of renamed sources.

    Raises ApiError for an unknown source.
    """
    if not value:
        return ()
    moves, known = context.store.source_moves(), context.store.sources()
    found = tuple(moves.get(name, name) for name in separated_names(value))
    for name in found:
        if name not in known:
            near = meant(name[:40], sorted(known)) or "; /api/sources lists all sources"
            raise ApiError(422, f"no source has the id {name[:40]!r}{near}", parameter="source")
    return found


def counted_characters(one: Release | Revision) -> int:
    """Return the number of characters that count towards `MAX_PAGE_CHARACTERS`."""
    return len(one.content.body_html) + len(one.content.body_text)


def within_limits(items: Iterable[One], limit: int, characters: Callable[[One], int]) -> list[One]:
    """Return the first ``limit`` items, at most until their texts exceed `MAX_PAGE_CHARACTERS`."""
    some: list[One] = []
    size = 0
    for one in islice(items, limit):
        some.append(one)
        size += characters(one)
        if size > MAX_PAGE_CHARACTERS:
            break
    return some


def read_releases(
    found: Sequence[Position], read: Callable[[str], Release | None]
) -> tuple[list[Release], Position | None]:
    """Read releases at the found positions until the page is full.

    Also returns the position of the last release, or None if no more releases follow. Releases that
    were hidden after the search are skipped.
    """
    releases: list[Release] = []
    size = 0
    for number, place in enumerate(found, 1):
        release = read(place.id)
        if release is None or release.hidden:
            continue
        releases.append(release)
        size += counted_characters(release)
        if size > MAX_PAGE_CHARACTERS and number < len(found):
            return releases, place
    return releases, None
