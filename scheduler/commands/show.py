"""communique show: a release, its versions, edits and provenance."""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import click

from data.archive.archived_response import fault_of
from data.archive.foreign_archives import imported_from
from data.archive.warc.reader import path_of
from data.errors import ArchiveError
from data.identity.retraction import Vanished
from data.interchange.release_fields import (
    dated_capture_fields,
    deposit_fields,
    provenance_fields,
    release_fields,
    revision_fields,
    version_capture_fields,
)
from data.models import Capture, HiddenRelease, Release, Return, Revision
from data.revisions.diff import COARSE
from data.revisions.stored_difference import Edit, edits
from data.stories.copies import StoryMember, story_members
from data.wording import counted
from scheduler.cli import answer, with_home
from scheduler.home.home import Home
from scheduler.operations.releases import find

TO_MINUTE = "%Y-%m-%d %H:%M"
"""Format of times in the text output."""


@click.command()
@click.argument("release")
@click.option("--revisions", "view", flag_value="revisions", help="Show all versions.")
@click.option("--diff", "view", flag_value="diff", help="Show what changed between versions.")
@click.option(
    "--provenance",
    "view",
    flag_value="provenance",
    help="Show where each field of the release comes from.",
)
@with_home
def show(home: Home, *, release: str, view: str | None) -> None:
    """Show a release.

    RELEASE is an id, the start of an id, or an address.
    """
    store = home.store().public_view()
    found = find(store, release)
    # Versions that only web archives captured are included.
    versions = [
        replace(one, capture=in_current_file(home.archive, one.capture))
        for one in (store.all_versions(found.id) if view else ())
    ]
    if view == "revisions":
        pairs = zip(versions, [None, *versions], strict=False)
        fields: Any = {"id": found.id, "revisions": [revision_fields(*pair) for pair in pairs]}
        text = "\n\n".join(map(revision_text, versions))
    elif view == "diff":
        steps = edits(versions)
        fields = {"id": found.id, "edits": [edit_fields(one) for one in steps]}
        text = "\n\n".join(map(edit_text, steps)) or "this release was never edited"
    elif view == "provenance":
        sightings = store.sightings(found.id)
        seen, gone = (
            in_current_file(home.archive, one) for one in (sightings.seen, sightings.gone)
        )
        kept = store.file_captures(
            (one.url for one in (*found.content.attachments, *found.content.images)),
            release=found.id,
        )
        files = {url: in_current_file(home.archive, one) for url, one in kept.items()}
        captures = [*(one.capture for one in versions), seen, gone, *files.values()]
        faults = {one.record_id: fault_of(home.archive, one) for one in captures if one}
        faults = {record: fault for record, fault in faults.items() if fault}
        receipts = store.receipts(found.id)
        fields = {
            "id": found.id,
            **provenance_fields(
                replace(found, capture=in_current_file(home.archive, found.capture))
            ),
            "revisions": version_capture_fields(versions),
            "last_seen": dated_capture_fields(seen),
            "gone": dated_capture_fields(gone),
            "files": {url: dated_capture_fields(one) for url, one in files.items()},
            "deposits": deposit_fields(receipts),
            "unreadable": faults,
            "imported": import_of(home.archive, found.capture),
            "imported_revisions": {
                str(one.number): origin
                for one in versions
                if (origin := import_of(home.archive, one.capture))
            },
        }
        text = provenance_text(found, versions, seen, gone, files)
        text += "".join(
            f"\nversion {one.revision} at {one.archive}: {one.at:{TO_MINUTE}} UTC, {one.url}"
            for one in receipts
        )
        text += "".join(f"\n{record} can't be read: {why}" for record, why in faults.items())
        for number, origin in fields["imported_revisions"].items():
            text += f"\nversion {number} was imported from {origin}"
    else:
        vanished = next((one for one in store.vanished(found.source) if one.id == found.id), None)
        why, hidden = store.why_retracted(found.id), store.hidden_release(found.id)
        returns = store.returns_of(found.id)
        story = story_members(store.story(found.story)) if found.story else ()
        fields = {
            **release_fields(found),
            "tellings": [telling_fields(one) for one in story],
            "gone": vanished.since.isoformat() if vanished else None,
            "why_retracted": why if why and not found.content.redacted else None,
            "why_redacted": why if why and found.content.redacted else None,
            "returns": [{"since": one.since, "until": one.until} for one in returns],
            "hidden": hidden and {"since": hidden.at.isoformat(), "why": hidden.why},
        }
        text = release_text(found, story, vanished, why, hidden, returns=returns)
    store.close()
    answer(fields, *text.split("\n"))


def in_current_file(archive: Path, capture: Capture | None) -> Capture | None:
    """Return a capture with the current name of its file.

    While the file grows, the name ends in ``.open``.
    """
    if capture is None or not capture.file:
        return capture
    return replace(capture, file=path_of(archive, capture.file).name)


def edit_fields(edit: Edit) -> dict[str, Any]:
    """Return an edit as JSON values."""
    return {
        "revision": edit.after.number,
        "seen": edit.after.seen.isoformat(),
        "changes": [
            {"field": one.field, "text": one.text, "html": one.html, "coarse": one.is_coarse}
            for one in edit.changes
        ],
        "classes": edit.classes.classes,
        "weight": edit.classes.weight,
        "announced": edit.classes.announced,
        "captures": {
            "before": dated_capture_fields(edit.before.capture),
            "after": dated_capture_fields(edit.after.capture),
        },
    }


def telling_fields(telling: StoryMember) -> dict[str, Any]:
    """Return a release of a story as JSON values.

    ``lag`` is the number of seconds after the story's first publication.
    """
    return {
        "id": telling.release.id,
        "source": telling.release.source,
        "language": telling.release.content.language,
        "lag": telling.lag.total_seconds(),
        "overlap": telling.overlap,
        "share": telling.share,
    }


def release_text(
    release: Release,
    story: tuple[StoryMember, ...],
    gone: Vanished | None,
    why: str,
    hidden: HiddenRelease | None,
    *,
    returns: Sequence[Return],
) -> str:
    """Format a release as readable text.

    ``gone`` is set if the release's page is missing, but the retraction is not confirmed yet.
    ``why`` is the reason for a retraction or redaction. ``returns`` are past retractions after
    which the release was online again, newest first.
    """
    content = release.content
    lines = [
        content.title,
        f"{release.published.iso or 'no date'} | {release.source} | {release.url}",
        f"id {release.id}, revision {release.revision}, updated {release.updated:{TO_MINUTE}} UTC",
    ]
    if hidden:
        lines.append(f"hidden since {hidden.at:{TO_MINUTE}} UTC ({hidden.why})")
    reason = f" ({why})" if why else ""
    if content.redacted:
        lines.append(f"redacted: this archive removed its texts{reason}")
    elif release.retracted:
        lines.append(f"retracted: gone from its site since {release.retracted:%Y-%m-%d}{reason}")
    elif gone:
        held = "; held for review, because many releases are gone" if gone.held else ""
        lines.append(f"gone, unconfirmed: first missing at {gone.since:{TO_MINUTE}} UTC{held}")
    lines += [
        f"back online since {one.until:{TO_MINUTE}} UTC; it was retracted on {one.since:%Y-%m-%d}"
        for one in returns
    ]
    for place, one in enumerate(story):
        how = "first published" if place == 0 else copy_details(one, story[0])
        lines.append(f"story: {one.release.source} ({one.release.id[:8]}), {how}")
    files = [f"attachment: {media.url}" for media in content.attachments]
    return "\n".join([*lines, *files, "", content.body_text])


def copy_details(one: StoryMember, first: StoryMember) -> str:
    """Describe how much of a copy equals its story's first release, and the copy's delay."""
    own, other = one.release.content.language, first.release.content.language
    how = f"in {own}" if own and own != other else f"{one.overlap:.0%} the same"
    if not one.lag:
        return f"{how}, at the same time"
    return f"{how}, {largest_unit(one.lag)} later"


def largest_unit(lag: dt.timedelta) -> str:
    """Format a duration in days, hours or minutes."""
    for unit, seconds in (("day", 86_400), ("hour", 3600), ("minute", 60)):
        count = int(lag.total_seconds() // seconds)
        if count:
            return counted(count, unit)
    return "less than a minute"


def revision_text(revision: Revision) -> str:
    """Format a version of a release as readable text."""
    how = first_seen_or_extracted(revision)
    head = f"{version_name(revision)}, {how} {revision.seen:{TO_MINUTE}} UTC"
    return f"{head}\n{revision.content.title}\n\n{revision.content.body_text}"


def version_name(revision: Revision) -> str:
    """Return the name of a version for the text output."""
    if revision.is_numbered:
        return f"Version {revision.number}"
    return f"Version {revision.number} from a web archive"


def first_seen_or_extracted(revision: Revision) -> str:
    """Return whether a version is new on its site or was re-extracted, as text."""
    return "re-extracted" if revision.reason == "reading" else "first seen"


def edit_text(edit: Edit) -> str:
    """Format an edit as readable text."""
    how = first_seen_or_extracted(edit.after)
    head = f"{version_name(edit.after)}, {how} {edit.after.seen:{TO_MINUTE}} UTC"
    if edit.classes.text:
        head += f" ({edit.classes.text})"
    backed = [
        f"version {one.number} as served: {capture_text(one.capture)}"
        for one in (edit.before, edit.after)
        if one.capture
    ]
    differing = edit.changes
    lines = [f"{one.field}: {one.text}" for one in differing]
    if any(one.is_coarse for one in differing):
        lines.append(COARSE)
    return "\n".join([head, *lines, *backed])


def capture_text(capture: Capture) -> str:
    """Return the location of a capture's record in the archive, as text."""
    if not capture.file:
        at = f"{capture.at:{TO_MINUTE}} UTC"
        return f"{capture.record_id}, removed from the archive, leaf {capture.leaf}, captured {at}"
    return (
        f"{capture.record_id} at byte {capture.offset} of {capture.file}, leaf {capture.leaf},"
        f" captured {capture.at:{TO_MINUTE}} UTC"
    )


def import_of(archive: Path, capture: Capture | None) -> str | None:
    """Return the name of the file from which a capture was imported, or None.

    Captures whose records can't be read are listed as unreadable instead.
    """
    try:
        return (imported_from(archive, capture) or None) if capture else None
    except ArchiveError:
        return None


def provenance_text(
    release: Release,
    versions: Sequence[Revision],
    seen: Capture | None,
    gone: Capture | None,
    files: Mapping[str, Capture | None],
) -> str:
    """Format the origin of each field, and the captures of pages and files, as text."""
    date = release.published
    stated = "no accepted publication date"
    if date.iso or date.raw:
        stated = f"{date.iso or stated} from {date.raw!r} by the rule {date.rule}, zone {date.zone}"
    rules = ("title", release.content.title_rule), ("body", release.content.body_rule)
    lines = [
        f"published: {stated}",
        *(f"{what}: by the rule {rule}" for what, rule in rules if rule),
        (
            f"first seen {release.first_seen:{TO_MINUTE}} UTC, "
            f"last {release.last_seen:{TO_MINUTE}} UTC"
        ),
        *(f"seen at {url}" for url in release.aliases),
    ]
    if release.digest:
        # The digest in the page's record differs if the page was compressed (gzip, br).
        lines.append(f"SHA-256 of the page as last served, decoded: {release.digest}")
    shown = [(f"version {one.number}", one.capture) for one in versions]
    shown += [("last seen", seen), ("gone", gone), *files.items()]
    lines += [f"{what}: {capture_text(capture)}" for what, capture in shown if capture]
    if not any(capture for _, capture in shown):
        lines.append("no capture is in the archive")
    return "\n".join(lines)
