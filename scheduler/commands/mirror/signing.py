"""communique mirror key and witness: the key of the archive's log, and cosignatures."""

import click

from data.archive.log.keys import read_key
from data.archive.log.tree_log import log_of
from data.archive.log.witness import Witness
from data.errors import ArchiveError
from data.wording import counted
from scheduler.cli import (
    PATH_OR_URL,
    SentenceGroup,
    answer,
    complain,
    with_home,
    with_later_home,
)
from scheduler.home.errors import NoHome
from scheduler.home.home import Home


@click.group(cls=SentenceGroup)
def key() -> None:
    """Manage the key that signs the archive's log."""


@key.command()
@with_home
def show(home: Home) -> None:
    """Show the public keys of the log and of this witness.

    Give the log's current key to witnesses, and to anyone who checks proofs. The first visit
    creates the key. Earlier keys are also shown.
    """
    log = log_of(home.path)
    path = home.path / "witness.key"
    Witness(home.path / "witness", path).check_key()
    witness = str(read_key(path).verifier) if path.exists() else None
    chain: list[str] = []
    if (log.folder / "key").exists() or (log.folder / "checkpoint").exists():
        log.key()
        chain = [str(one) for one in log.key_chain().keys]
    if not chain and not witness:
        raise ArchiveError(str(home.log_key), "the log has no key yet; the first visit creates it")
    answer(
        {"log": chain[-1] if chain else None, "earlier": chain[:-1], "witness": witness},
        *(f"log      {one}" for one in chain[-1:]),
        *(f"earlier  {one}" for one in reversed(chain[:-1])),
        *([f"witness  {witness}"] if witness else []),
    )


@key.command()
@with_home
def rotate(home: Home) -> None:
    """Replace the key of the log with a new one.

    Both keys sign the replacement, so that anyone who knows the old key can trust the new one. The
    old private key is deleted.
    """
    log = home.log(signs=True)
    log.rotate_key()
    old, new = log.key_chain().keys[-2:]
    answer({"log": str(new), "earlier": str(old)}, f"log      {new}", f"earlier  {old}")
    if home.has_fleet:
        complain(
            "other services with the old key can no longer sign: copy log.key and the folder"
            " archive/log, without its file writer, to their home directories"
        )


@click.command()
@click.argument("log", type=PATH_OR_URL, required=False, metavar="[URL|PATH]")
@with_later_home
def witness(home: Home, *, log: str | None) -> int:
    """Cosign the log of another instance.

    Give the URL or PATH of the other instance's site, home directory or log. Its log is signed if
    it has only grown since the last time. A log that is forked, smaller than before or signed by
    another key is rejected. The last state of each log is stored in HOME/witness.

    Without an argument, the witnesses and the timestamp authority in the settings sign our own log
    (archive.witnesses, archive.timestamp), and we sign the logs in archive.witnessed.
    """
    # Imported here: only a witness needs an HTTP client.
    from scheduler.mirror.attest import witness_log  # noqa: PLC0415

    if log is None:
        if not home.path.is_dir():
            raise NoHome(home.path)
        return attest_log(home)
    fresh = not (home.path / "witness.key").exists()
    signed = witness_log(home, log)
    checkpoint = signed.checkpoint
    answer(
        {
            "origin": checkpoint.origin,
            "size": checkpoint.size,
            "before": signed.before,
            "log": str(signed.log),
            "witness": str(signed.witness),
        },
        f"{checkpoint.origin}: signed at {leaves_of(checkpoint.size)},"
        f" {checkpoint.size - signed.before} new",
        f"log      {signed.log}",
        f"witness  {signed.witness}",
        *([f"{home.path} is a new witness: a key was created for it"] if fresh else []),
    )
    return 0


def leaves_of(count: int) -> str:
    """Format a number of leaves."""
    return counted(count, "leaf", "leaves")


def attest_log(home: Home) -> int:
    """Request the signatures and the time stamp in the settings, and return the exit code."""
    from scheduler.mirror.attest import attest, is_configured  # noqa: PLC0415 - as above

    if not is_configured(home):
        raise click.UsageError(
            "give the URL or path of a log, or set archive.witnesses, archive.witnessed or"
            " archive.timestamp"
        )
    done = attest(home)
    lines = [
        *(f"{one.witness}: signed at {leaves_of(one.size)}" for one in done.cosignatures),
        *(f"{one.log}: signed by us at {leaves_of(one.size)}" for one in done.witnessed),
    ]
    if done.timestamp is not None:
        lines.append(f"dated at {leaves_of(done.timestamp)}")
    answer(done, *lines)
    for error in done.errors:
        complain(error)
    return 1 if done.errors else 0
