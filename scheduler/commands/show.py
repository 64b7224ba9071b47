"""communique show: one release, its versions, what changed between them, where it came from."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import click

from data.archive.foreign import imported_from
from data.archive.served import fault_of
from data.archive.warc.reader import path_of
from data.errors import CommuniqueError
from data.identity.retraction import Vanished
from data.interchange.release_fields import (
    dated_capture_fields,
    provenance_fields,
    release_fields,
    revision_fields,
    version_capture_fields,
)
from data.models import Capture, HiddenRelease, Release, Return, Revision
from data.revisions.diff import COARSE
from data.revisions.stored_difference import Edit, edits
from data.store.protocol import Store
from data.store.public_view import public_view
from data.stories.copies import StoryMember, story_members
from data.wording import counted
from scheduler.cli import as_json, print_json, say, with_home
from scheduler.home import Home

MINUTE = "%Y-%m-%d %H:%M"
NAMED = 100
"""Characters of a name that are repeated to whoever gave it."""

LISTED = 10
"""Releases that are listed where a name is that of several."""


class NoSuchRelease(CommuniqueError):
    """No release has the id or address that was given."""

    def __init__(self, name: str) -> None:
        super().__init__(
            f"there is no release {name[:NAMED]!r}; give an id, the beginning of one, or an address"
            " under which it was seen (`communique search` finds them)"
        )
        self.name = name


class AmbiguousRelease(CommuniqueError):
    """Several releases have the name that was given."""

    exit_code = 2

    def __init__(self, name: str, found: tuple[str, ...]) -> None:
        what = "an address of several releases" if "://" in name else "the beginning of several ids"
        super().__init__(f"{name!r} is {what}; give the id of one: {'; '.join(found)}")
        self.name = name
        self.found = found


@click.command()
@click.argument("release")
@click.option("--revisions", "view", flag_value="revisions", help="Show every version.")
@click.option("--diff", "view", flag_value="diff", help="Show what changed between versions.")
@click.option(
    "--provenance", "view", flag_value="provenance", help="Show where its fields are from."
)
@as_json
@with_home
def show(home: Home, *, release: str, view: str | None, as_json: bool) -> int:
    """Show a release: RELEASE is its id, the beginning of it, or an address of it."""
    store = public_view(home.store())
    found = find(store, release)
    versions = versions_of(home, store, found) if view else []
    if view == "revisions":
        told: Any = {"id": found.id, "revisions": [revision_fields(one) for one in versions]}
        text = "\n\n".join(map(revision_text, versions))
    elif view == "diff":
        steps = edits(versions)
        told = {"id": found.id, "edits": [edit_fields(one) for one in steps]}
        text = "\n\n".join(map(edit_text, steps)) or "it has never been edited"
    elif view == "provenance":
        sightings = store.sightings(found.id)
        seen, gone = (as_called_now(home.archive, one) for one in (sightings.seen, sightings.gone))
        kept = store.file_captures(
            one.url for one in (*found.content.attachments, *found.content.images)
        )
        files = {url: as_called_now(home.archive, one) for url, one in kept.items()}
        captures = [*(one.capture for one in versions), seen, gone, *files.values()]
        faults = faults_of(home.archive, captures)
        told = {
            "id": found.id,
            **provenance_fields(replace(found, capture=as_called_now(home.archive, found.capture))),
            "revisions": version_capture_fields(versions),
            "last_seen": dated_capture_fields(seen),
            "gone": dated_capture_fields(gone),
            "files": {url: dated_capture_fields(one) for url, one in files.items()},
            "unreadable": faults,
            "imported": imported_from(home.archive, found.capture) or None,
        }
        text = provenance_text(found, versions, seen, gone, files)
        text += "".join(f"\n{record} can't be read: {why}" for record, why in faults.items())
        if told["imported"]:
            text += f"\nthe present version was taken in from the file {told['imported']}"
    else:
        vanished = next((one for one in store.vanished(found.source) if one.id == found.id), None)
        why, hidden = store.why_retracted(found.id), store.hidden_release(found.id)
        returns = store.returns_of(found.id)
        story = story_members(store.story(found.story)) if found.story else ()
        told = {
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
    if as_json:
        print_json(told)
    else:
        say(*text.split("\n"))
    return 0


def find(store: Store, name: str) -> Release:
    """The one release of a name. Raises NoSuchRelease or AmbiguousRelease."""
    # Every id begins with an empty name.
    found = store.find_releases(name, limit=LISTED) if name else ()
    if not found:
        raise NoSuchRelease(name)
    if len(found) > 1:
        raise AmbiguousRelease(name, tuple(f"{one.id} ({one.content.title})" for one in found))
    return found[0]


def versions_of(home: Home, store: Store, release: Release) -> list[Revision]:
    """The versions of a release, with what shows them now."""
    versions = store.revisions(release.id)
    return [replace(one, capture=as_called_now(home.archive, one.capture)) for one in versions]


def as_called_now(archive: Path, capture: Capture | None) -> Capture | None:
    """A capture by the name that its file has now, which ends in ``.open`` while it grows."""
    if capture is None or not capture.file:
        return capture
    return replace(capture, file=path_of(archive, capture.file).name)


def edit_fields(edit: Edit) -> dict[str, Any]:
    """The step to a version, ready for JSON."""
    return {
        "revision": edit.after.number,
        "seen": edit.after.seen.isoformat(),
        "changes": [
            {"field": one.field, "text": one.text, "html": one.html, "coarse": one.is_coarse}
            for one in edit.changes
        ],
        "captures": {
            "before": dated_capture_fields(edit.before.capture),
            "after": dated_capture_fields(edit.after.capture),
        },
    }


def telling_fields(telling: StoryMember) -> dict[str, Any]:
    """A release of the story, ready for JSON: ``lag`` is seconds after the first publisher."""
    return {
        "id": telling.release.id,
        "source": telling.release.source,
        "language": telling.release.content.language,
        "lag": telling.lag.total_seconds(),
        "overlap": telling.overlap,
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
    """A release for people to read.

    ``gone`` is given if its page is gone and that is not confirmed yet; ``returns`` are the times
    when it was retracted and came back, the last one first.
    """
    content = release.content
    lines = [
        content.title,
        f"{release.published.iso or 'no date'} | {release.source} | {release.url}",
        f"id {release.id}, revision {release.revision}, updated {release.updated:{MINUTE}} UTC",
    ]
    if hidden:
        lines.append(f"hidden: shown to nobody since {hidden.at:{MINUTE}} UTC ({hidden.why})")
    said = f" ({why})" if why else ""
    if content.redacted:
        lines.append(f"redacted: this archive took out what it said{said}")
    elif release.retracted:
        lines.append(f"retracted: gone from its site since {release.retracted:%Y-%m-%d}{said}")
    elif gone:
        held = "; held, as many others are gone too" if gone.held else ""
        lines.append(f"gone, unconfirmed: first found so at {gone.since:{MINUTE}} UTC{held}")
    lines += [
        f"back online since {one.until:{MINUTE}} UTC; it was retracted on {one.since:%Y-%m-%d}"
        for one in returns
    ]
    for place, one in enumerate(story):
        told = "first published" if place == 0 else retold(one, story[0])
        lines.append(f"story: {one.release.source} ({one.release.id[:8]}), {told}")
    files = [f"attachment: {media.url}" for media in content.attachments]
    return "\n".join([*lines, *files, "", content.body_text])


def retold(one: StoryMember, first: StoryMember) -> str:
    """How a later release of a story is like the first, for people to read."""
    own, other = one.release.content.language, first.release.content.language
    how = f"in {own}" if own and own != other else f"{one.overlap:.0%} the same"
    if not one.lag:
        return f"{how}, at the same time"
    return f"{how}, {after(one.lag)} later"


def after(lag: dt.timedelta) -> str:
    """A time that went by, in its largest unit."""
    for unit, seconds in (("day", 86_400), ("hour", 3600), ("minute", 60)):
        count = int(lag.total_seconds() // seconds)
        if count:
            return counted(count, unit)
    return "less than a minute"


def revision_text(revision: Revision) -> str:
    """A version for people to read."""
    how = "read anew" if revision.reason == "reading" else "first seen"
    head = f"Revision {revision.number}, {how} {revision.seen:{MINUTE}} UTC"
    return f"{head}\n{revision.content.title}\n\n{revision.content.body_text}"


def edit_text(edit: Edit) -> str:
    """What a version changed, for people to read."""
    how = "read anew" if edit.after.reason == "reading" else "first seen"
    head = f"Revision {edit.after.number}, {how} {edit.after.seen:{MINUTE}} UTC"
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
    """Where a record is, for people to read."""
    if not capture.file:
        at = f"{capture.at:{MINUTE}} UTC"
        return f"{capture.record_id}, taken out of the archive, leaf {capture.leaf}, captured {at}"
    return (
        f"{capture.record_id} at byte {capture.offset} of {capture.file}, leaf {capture.leaf},"
        f" captured {capture.at:{MINUTE}} UTC"
    )


def faults_of(archive: Path, captures: Iterable[Capture | None]) -> dict[str, str]:
    """Why the records of captures can't be read, by their ids; those that can are left out."""
    found = {one.record_id: fault_of(archive, one) for one in captures if one}
    return {record: fault for record, fault in found.items() if fault}


def provenance_text(
    release: Release,
    versions: Sequence[Revision],
    seen: Capture | None,
    gone: Capture | None,
    files: Mapping[str, Capture | None],
) -> str:
    """Where the fields came from, and what holds the pages as served, for people to read."""
    date = release.published
    stated = "no accepted publication date"
    if date.iso or date.raw:
        stated = f"{date.iso or stated} from {date.raw!r} by the rule {date.rule}, zone {date.zone}"
    rules = ("title", release.content.title_rule), ("body", release.content.body_rule)
    lines = [
        f"published: {stated}",
        *(f"{what}: by the rule {rule}" for what, rule in rules if rule),
        f"first seen {release.first_seen:{MINUTE}} UTC, last {release.last_seen:{MINUTE}} UTC",
        *(f"seen at {url}" for url in release.aliases),
    ]
    if release.digest:
        # The payload digest of its record is of the same page while it was encoded (gzip, br).
        lines.append(f"SHA-256 of the page as last served, decoded: {release.digest}")
    shown = [(f"version {one.number}", one.capture) for one in versions]
    shown += [("last seen", seen), ("gone", gone), *files.items()]
    lines += [f"{what}: {capture_text(capture)}" for what, capture in shown if capture]
    if not any(capture for _, capture in shown):
        lines.append("what was served is in no archive")
    return "\n".join(lines)
