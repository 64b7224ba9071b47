"""communique mirror key and witness: the key of the archive's log, and cosignatures."""

from typing import Final

import click

from data.archive.log.keys import read_key
from data.archive.log.tree_log import log_of
from data.archive.log.witness import Witness
from data.errors import ArchiveError
from data.wording import counted
from scheduler.cli import (
    PATH_OR_URL,
    SentenceGroup,
    as_json,
    complain,
    print_json,
    say,
    with_home,
    with_later_home,
)
from scheduler.home.errors import NoHome
from scheduler.home.home import Home

OLD_KEY: Final = (
    "other services with the old key can no longer sign: copy log.key and the folder archive/log, "
    "without its file writer, to their home directories"
)


@click.group(cls=SentenceGroup)
def key() -> None:
    """Manage the key that signs the archive's log."""


@key.command()
@as_json
@with_home
def show(home: Home, *, as_json: bool) -> None:
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
    if as_json:
        key = chain[-1] if chain else None
        print_json({"log": key, "earlier": chain[:-1], "witness": witness})
        return
    if chain:
        say(f"log      {chain[-1]}")
    for one in reversed(chain[:-1]):
        say(f"earlier  {one}")
    if witness:
        say(f"witness  {witness}")


@key.command()
@as_json
@with_home
def rotate(home: Home, *, as_json: bool) -> None:
    """Replace the key of the log with a new one.

    Both keys sign the replacement, so that anyone who knows the old key can trust the new one. The
    old private key is deleted.
    """
    log = home.log(signs=True)
    log.rotate_key()
    old, new = log.key_chain().keys[-2:]
    if as_json:
        print_json({"log": str(new), "earlier": str(old)})
    else:
        say(f"log      {new}", f"earlier  {old}")
    if home.has_fleet:
        complain(OLD_KEY)


@click.command()
@click.argument("log", type=PATH_OR_URL, required=False, metavar="[URL|PATH]")
@as_json
@with_later_home
def witness(home: Home, *, log: str | None, as_json: bool) -> int:
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
        return attest_log(home, as_json=as_json)
    fresh = not (home.path / "witness.key").exists()
    signed = witness_log(home, log)
    checkpoint = signed.checkpoint
    if as_json:
        print_json(
            {
                "origin": checkpoint.origin,
                "size": checkpoint.size,
                "before": signed.before,
                "log": str(signed.log),
                "witness": str(signed.witness),
            }
        )
        return 0
    leaves = counted(checkpoint.size, "leaf", "leaves")
    say(f"{checkpoint.origin}: signed at {leaves}, {checkpoint.size - signed.before} new")
    say(f"log      {signed.log}", f"witness  {signed.witness}")
    if fresh:
        say(f"{home.path} is a new witness: a key was created for it")
    return 0


def attest_log(home: Home, *, as_json: bool) -> int:
    """Request the signatures and the time stamp in the settings, and return the exit code."""
    from scheduler.mirror.attest import attest, is_configured  # noqa: PLC0415 - as above

    if not is_configured(home):
        raise click.UsageError(
            "give the URL or path of a log, or set archive.witnesses, archive.witnessed or"
            " archive.timestamp"
        )
    done = attest(home)
    if as_json:
        print_json(done)
    else:
        for one in done.cosignatures:
            say(f"{one.witness}: signed at {counted(one.size, 'leaf', 'leaves')}")
        for theirs in done.witnessed:
            say(f"{theirs.log}: signed by us at {counted(theirs.size, 'leaf', 'leaves')}")
        if done.timestamp is not None:
            say(f"dated at {counted(done.timestamp, 'leaf', 'leaves')}")
    for error in done.errors:
        complain(error)
    return 1 if done.errors else 0
