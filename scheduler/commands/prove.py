"""communique prove: write a self-contained proof of a server's responses for a release."""

from contextlib import closing
from pathlib import Path

import click

from data.archive.capture_search import lost_captures, lost_text
from data.archive.log.tree_log import log_of
from data.archive.proof.proof_folder import ProofFolder, ProvenCapture, Subject, Written
from data.errors import ArchiveError
from data.export.destination import destination
from data.interchange.release_fields import deposit_fields, release_fields
from data.models import Release
from data.store.core.store import Store
from data.wording import counted
from scheduler.cli import PATH_TYPE, complain, print_json, say, wants_json, with_home
from scheduler.home.home import Home
from scheduler.operations.releases import find


@click.command()
@click.argument("release")
@click.option(
    "--to",
    type=PATH_TYPE,
    metavar="FOLDER",
    help="Folder to create (default proof-ID in the current folder).",
)
@with_home
def prove(home: Home, *, release: str, to: Path | None) -> None:
    """Write a proof of what a server returned for a release.

    RELEASE is an id, the start of an id, or an address. The command writes a folder that others can
    check without this archive. It contains the records of each version, of the retraction and of
    archived attachments, proofs that they are in the log, the signatures of the log, the release as
    JSON and a README. Its verify.py checks everything without a network, and needs only Python.
    """
    with closing(home.store()) as plain:
        store, secrets = plain.public_view(), plain.secrets()
        found = find(store, release)
        fields = {**release_fields(found), "deposits": deposit_fields(store.receipts(found.id))}
        # The addresses of a public view may lack secrets.
        versions = plain.all_versions(found.id)
        urls = [one.url for version in versions for one in version.content.attachments]
        kept = plain.file_captures(urls)
        attached = {url: kept.get(url) for url in urls}
        shown = [
            *captures_of(store, found),
            *(ProvenCapture("attachment", one) for one in attached.values() if one),
        ]
        subject = Subject(found.content.title, found.url, fields, shown)
    if lost := lost_captures(home.archive, (one.capture for one in subject.shown)):
        raise ArchiveError(str(home.archive), lost_text(lost))
    target = to or Path(f"proof-{found.id}")
    with destination(target) as temporary, closing(log_of(home.path)) as log:
        temporary.mkdir()
        written = ProofFolder(home.archive, log, temporary, secrets).write(subject)
    if wants_json():
        print_json(
            {
                "path": str(target),
                "release": found.id,
                "records": written.records,
                "witnesses": written.witnesses,
                "dated": written.dated,
                "missing": written.missing,
                **({"with_secrets": written.with_secrets} if written.with_secrets else {}),
            }
        )
    else:
        print_proof(written, target)
        if count := [*attached.values()].count(None):
            complain(f"the proof lacks {counted(count, 'attachment')}, not archived yet")


def captures_of(store: Store, release: Release) -> list[ProvenCapture]:
    """Return the captures of a release's versions, of its last visit, and of its retraction."""
    sightings = store.sightings(release.id)
    shown = [
        ProvenCapture(f"version {one.number}", one.capture)
        for one in store.all_versions(release.id)
        if one.capture
    ]
    if sightings.seen and all(one.capture != sightings.seen for one in shown):
        shown.append(ProvenCapture("last seen", sightings.seen))
    if sightings.gone:
        shown.append(ProvenCapture("gone", sightings.gone))
    return shown


def print_proof(written: Written, to: Path) -> None:
    """Print the path of a proof and how to check it. Warnings are printed to standard error."""
    say(f"{to}: {counted(written.records, 'record')}")
    say(f"check it: python3 -I {to}/verify.py")
    if not written.witnesses:
        complain(
            "no witness has cosigned this log yet, so the owner of its key could have changed it; "
            "see `communique mirror witness --help`"
        )
    if written.with_secrets:
        complain(
            f"{counted(written.with_secrets, 'record')} in the proof repeat a secret from the "
            "address of the source: give the folder only to people who may know this secret"
        )
    for one in written.missing:
        complain(f"no longer in the archive: {one}")
